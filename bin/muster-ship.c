/*
 * muster-ship: copy what the other stores of a site lack, and read back what
 * arrived.
 */
#include <stddef.h>
#include <string.h>

#include "base/err.h"
#include "cli/cmd.h"
#include "report/job.h"
#include "report/notify.h"

static struct notify told;
static struct job want = { .notify = &told };
static const char *read_back;

static const struct opt options[] = {
	{ 'p', "policy", NULL, &want.policy, NULL, "file",
	    "policy (else $MUSTER_POLICY, ./muster.yaml, "
	    "/etc/muster/muster.yaml)" },
	{ 's', "store", NULL, &want.store, NULL, "name",
	    "store to ship from (else the policy's first)" },
	{ 't', "to", NULL, NULL, &want.to, "name",
	    "store to ship to; may be repeated (else all others)" },
	{ 0, "init", &want.found, NULL, NULL, NULL,
	    "a store that is empty becomes a copy" },
	{ 'r', "read-back", NULL, &read_back, NULL, "sample|all",
	    "how much is read back whole (else sample)" },
	{ 'j', "jobs", NULL, &want.jobs, NULL, "number",
	    "packs under way at once (else 4)" },
	{ 'n', "dry-run", &want.dry_run, NULL, NULL, NULL,
	    "only say what would be sent" },
	{ 0, "lock-wait", NULL, &want.lock_wait, NULL, "time",
	    "wait so long for another run to end (30s, 5m)" },
	{ 0 },
};

static int
run(char *operands[], struct err *e)
{
	(void)operands;
	if (read_back != NULL && strcmp(read_back, "all") == 0)
		want.read_all = true;
	else if (read_back != NULL && strcmp(read_back, "sample") != 0) {
		(void)err_set(e, ERR_INPUT, "--read-back: expected sample or "
		    "all, not '%s'", read_back);
		return CMD_USAGE;
	}
	if (!want.dry_run)
		notify_begin(&told, want.policy, "ship");
	return job_ship(&want, e);
}

static void
ended(int status)
{
	notify_end(&told, status);
}

int
main(int argc, char *argv[])
{
	const struct cmd c = {
		.name = "muster-ship", .operands = "", .min = 0, .max = 0,
		.purpose = "copy what the other stores lack, and read back "
		    "what arrived",
		.options = options, .run = run, .ended = ended,
	};

	return cmd_main(&c, argc, argv);
}
