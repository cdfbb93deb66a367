/*
 * muster-seal: seal whatever comes on standard input as a component of its
 * own: redis-cli --rdb - | muster-seal --as redis.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "cli/cmd.h"
#include "report/job.h"

static struct job want;

static const struct opt options[] = {
	{ 0, "as", NULL, &want.stream, NULL, "name",
	    "name of the component: letters, digits, - and _ (required)" },
	{ 'p', "policy", NULL, &want.policy, NULL, "file",
	    "policy (else $MUSTER_POLICY, ./muster.yaml, "
	    "/etc/muster/muster.yaml)" },
	{ 's', "store", NULL, &want.store, NULL, "name",
	    "store of the policy to write to (else the first)" },
	{ 0, "lock-wait", NULL, &want.lock_wait, NULL, "time",
	    "wait so long for another run to end (30s, 5m)" },
	{ 'n', "dry-run", &want.dry_run, NULL, NULL, NULL,
	    "read and fingerprint it, store nothing" },
	{ 0 },
};

static bool
is_name(const char *s)
{
	size_t n = strlen(s), i;

	for (i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && s[i] != '-' &&
		    s[i] != '_')
			return false;
	return n > 0 && n < SNAPSHOT_NAME_MAX && strcmp(s, "db") != 0 &&
	    strcmp(s, "files") != 0 && strcmp(s, "config") != 0;
}

static int
run(char *operands[], struct err *e)
{
	(void)operands;
	if (want.stream == NULL || !is_name(want.stream)) {
		(void)err_set(e, ERR_INPUT, "--as: expected a name of letters, "
		    "digits, - and _ that is not db, files or config");
		return CMD_USAGE;
	}
	if (isatty(STDIN_FILENO) == 1) {
		(void)err_set(e, ERR_INPUT, "standard input is a terminal: "
		    "expected the output of a program, or a file");
		return CMD_USAGE;
	}
	return job_take(&want, e);
}

int
main(int argc, char *argv[])
{
	const struct cmd c = {
		.name = "muster-seal", .operands = "", .min = 0, .max = 0,
		.purpose = "seal standard input as a component",
		.options = options, .run = run,
	};

	return cmd_main(&c, argc, argv);
}
