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
#include "store/store.h"

static struct {
	const char	*passphrase_file;
	const char	*root;
	const char	*store;
	bool		 bare;
} want;

static const struct opt options[] = {
	{ 's', "store", NULL, &want.store, NULL, "url",
	    "prove: the store that the key must open" },
	{ 0, "passphrase-file", NULL, &want.passphrase_file, NULL, "file",
	    "new, prove: the key's passphrase (else it is asked for)" },
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
passphrase_file(void)
{
	if (want.passphrase_file != NULL)
		return want.passphrase_file;
	return getenv("MUSTER_PASSPHRASE_FILE");
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
	(void)fputs(key_info_format(&i, text), stdout);
	return CMD_YES;
}

static int
make(const char *path, struct err *e)
{
	const struct passphrase_source from = {
		passphrase_file(), true, "New passphrase"
	};
	struct charter_recovery root;
	struct recovery_key *k = NULL;
	int status = CMD_TROUBLE;

	if (want.bare && want.passphrase_file != NULL)
		return usage(e, "--bare takes no passphrase");
	if (want.root != NULL &&
	    charter_recovery_parse(want.root, &root, e) == -1)
		return CMD_USAGE;
	if ((k = recovery_key_new(e)) != NULL && recovery_key_save(k, path,
	    want.bare ? NULL : &from, want.root != NULL ? root.sign_public :
	    NULL, e) == 0)
		status = show(path, e);
	recovery_key_free(k);
	return status;
}

static int
prove(const char *path, struct err *e)
{
	const struct passphrase_source from = {
		passphrase_file(), true, "Passphrase of the key"
	};
	struct recovery_key *k = NULL;
	struct store *s = NULL;
	char text[PROOF_TEXT_MAX];
	struct proof p;
	int status = CMD_TROUBLE;

	if (want.store == NULL)
		return usage(e, "prove needs --store");
	if ((s = store_open(want.store, e)) == NULL ||
	    (k = recovery_key_load(path, &from, e)) == NULL ||
	    proof_of(&p, k, s, e) == -1)
		goto done;
	status = p.opens ? CMD_YES : CMD_NO;
	if (cmd_json() && cmd_answer("proof", proof_json(&p), e) == -1)
		status = CMD_TROUBLE;
	if (!cmd_json() && !cmd_quiet())
		(void)puts(proof_format(&p, want.store, text));
done:
	recovery_key_free(k);
	store_close(s);
	return status;
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
