/*
 * muster-cat: write an archive as plain tar to standard output.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "archive/tree.h"
#include "base/err.h"
#include "cli/cmd.h"
#include "report/say.h"
#include "snapshot/access.h"

static struct access_want want = { .bare = true, .use = DEPOT_READ };
static struct {
	const char	*snapshot;
} more;

static const struct opt options[] = {
	{ 'p', "policy", NULL, &want.policy, NULL, "file",
	    "policy (else $MUSTER_POLICY, ./muster.yaml, "
	    "/etc/muster/muster.yaml)" },
	{ 's', "store", NULL, &want.store, NULL, "name|url",
	    "store of the policy, or a store's URL without a policy" },
	{ 'k', "recovery-key", NULL, &want.recovery_key, NULL, "file",
	    "key that opens the snapshot (else the policy's)" },
	{ 0, "passphrase-file", NULL, &want.passphrase_file, NULL, "file",
	    "its passphrase (else the policy's, or asked)" },
	{ 'S', "snapshot", NULL, &more.snapshot, NULL, "id",
	    "which snapshot (else the newest that has it)" },
	{ 0 },
};

static int
cat(struct access *a, char *operands[], struct err *e)
{
	const char *const *paths = (const char *const *)operands + 1;

	const struct part *p;
	struct snapshot *s;
	int status = CMD_TROUBLE;

	if (isatty(STDOUT_FILENO) == 1) {
		(void)err_set(e, ERR_INPUT, "standard output is a terminal: "
		    "send the tar to a file or a program");
		return CMD_USAGE;
	}
	if ((s = calloc(1, sizeof(*s))) == NULL) {
		(void)err_memory(e);
		return CMD_TROUBLE;
	}
	if (say_find(a, more.snapshot, operands[0], s, e) == -1)
		goto done;
	if ((p = snapshot_part(s, operands[0])) == NULL) {
		(void)snapshot_lacks(s, operands[0], e);
		goto done;
	}
	if (archive_cat(a->depot.chunks, &p->root, paths, STDOUT_FILENO,
	    e) == -1) {
		if (e->kind == ERR_DAMAGED || e->kind == ERR_ABSENT)
			status = CMD_NO;
		goto done;
	}
	status = CMD_YES;
done:
	free(s);
	return status;
}

static int
run(char *operands[], struct err *e)
{
	struct access a;
	int status;

	if (access_open(&a, &want, e) == -1)
		return CMD_TROUBLE;
	status = cat(&a, operands, e);
	access_close(&a);
	return status;
}

int
main(int argc, char *argv[])
{
	const struct cmd c = {
		.name = "muster-cat", .operands = "component [path ...]",
		.min = 1, .max = -1,
		.purpose = "write an archive as plain tar to standard output",
		.options = options, .run = run,
	};

	return cmd_main(&c, argc, argv);
}
