/*
 * muster-key: make, show and prove keys; bring them to paper and back.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "cli/cmd.h"
#include "crypto/key_info.h"
#include "crypto/paper.h"
#include "snapshot/proof.h"

static struct {
	const char	*passphrase_file;
	const char	*old_passphrase_file;
	const char	*from;
	const char	*root;
	const char	*store;
	bool		 bare;
} want;

static const struct opt options[] = {
	{ 's', "store", NULL, &want.store, NULL, "url",
	    "prove: the store that the key must open" },
	{ 0, "passphrase-file", NULL, &want.passphrase_file, NULL, "file",
	    "new, prove: the key's passphrase (else it is asked for)" },
	{ 0, "from", NULL, &want.from, NULL, "file",
	    "new: the key of this file again, under a new passphrase or root" },
	{ 0, "old-passphrase-file", NULL, &want.old_passphrase_file, NULL,
	    "file", "new --from: the old file's passphrase" },
	{ 0, "bare", &want.bare, NULL, NULL, NULL,
	    "new: no passphrase; whoever reads the file has the key" },
	{ 0, "root", NULL, &want.root, NULL, "line",
	    "new: public line of the key that signs the charter" },
	{ 0 },
};

static int
usage(struct err *e, const char *what)
{
	(void)err_set(e, ERR_INPUT, "%s", what);
	return CMD_USAGE;
}

static const char *
file_of(const char *named)
{
	return named != NULL ? named : getenv("MUSTER_PASSPHRASE_FILE");
}

static int
show(const char *path, struct err *e)
{
	char text[KEY_INFO_TEXT_MAX];
	struct key_info i;

	if (key_info_load(&i, path, e) == -1)
		return CMD_TROUBLE;
	if (cmd_json())
		return cmd_answer("key", key_info_json(&i), e) == -1 ?
		    CMD_TROUBLE : CMD_YES;
	if (!cmd_quiet())
		(void)fputs(key_info_format(&i, text), stdout);
	return CMD_YES;
}

/* A new key, or the same one again under another passphrase or root. */
static int
make(const char *path, struct err *e)
{
	const struct passphrase_source of_new = {
		file_of(want.passphrase_file), true, "New passphrase"
	}, of_old = { want.old_passphrase_file, true, "Its old passphrase" };
	uint8_t root[SIGNER_PUBLIC_SIZE];
	struct recovery_key *k = NULL;
	struct charter_recovery signs;
	int status = CMD_TROUBLE;

	if (want.bare && want.passphrase_file != NULL)
		return usage(e, "--bare takes no passphrase");
	if (want.root != NULL &&
	    charter_recovery_parse(want.root, &signs, e) == -1)
		return CMD_USAGE;
	k = want.from == NULL ? recovery_key_new(e) :
	    recovery_key_load(want.from, &of_old, e);
	if (k == NULL)
		return CMD_TROUBLE;
	recovery_key_root(k, root);
	if (want.root != NULL)
		memcpy(root, signs.sign_public, sizeof(root));
	if (recovery_key_save(k, path, want.bare ? NULL : &of_new, root,
	    e) == 0)
		status = show(path, e);
	recovery_key_free(k);
	return status;
}

static int
prove(const char *path, struct err *e)
{
	const struct passphrase_source from = {
		file_of(want.passphrase_file), true, "Passphrase of the key"
	};
	char text[PROOF_TEXT_MAX];
	struct proof p;

	if (want.store == NULL)
		return usage(e, "prove needs --store");
	if (proof_of_file(&p, path, &from, want.store, e) == -1 ||
	    (cmd_json() && cmd_answer("proof", proof_json(&p), e) == -1))
		return CMD_TROUBLE;
	if (!cmd_json() && !cmd_quiet())
		(void)puts(proof_format(&p, want.store, text));
	return p.opens ? CMD_YES : CMD_NO;
}

static int
run(char *operands[], struct err *e)
{
	const char *verb = operands[0], *path = operands[1];
	int rc;

	if (keys_init(e) == -1)
		return CMD_TROUBLE;
	if (strcmp(verb, "show") == 0)
		return show(path, e);
	if (strcmp(verb, "new") == 0)
		return make(path, e);
	if (strcmp(verb, "prove") == 0)
		return prove(path, e);
	if (strcmp(verb, "paper") == 0)
		rc = paper_print(path, STDOUT_FILENO, e);
	else if (strcmp(verb, "type") == 0)
		rc = paper_type(STDIN_FILENO, path, e);
	else
		return usage(e, "expected show, new, prove, paper or type");
	return rc == -1 ? CMD_TROUBLE : CMD_YES;
}

/* Verb and file may stand before the options, where people put them. */
int
main(int argc, char *argv[])
{
	const struct cmd c = {
		.name = "muster-key", .operands = "show|new|prove|paper|type "
		    "file", .min = 2, .max = 2,
		.purpose = "make, show and prove keys; on paper and back",
		.options = options, .run = run,
	};
	char *verb, *file;

	if (argc > 3 && argv[1][0] != '-' && argv[2][0] != '-') {
		verb = argv[1];
		file = argv[2];
		memmove(argv + 1, argv + 3, (size_t)(argc - 3) * sizeof(*argv));
		argv[argc - 2] = verb;
		argv[argc - 1] = file;
	}
	return cmd_main(&c, argc, argv);
}
