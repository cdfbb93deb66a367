/*
 * The commands muster-snapshot, -db, -files and -config: see take_main.h.
 */
#include <stddef.h>
#include <string.h>

#include "cli/cmd.h"
#include "report/notify.h"
#include "report/take_main.h"

static struct job want;
static struct notify told;
static const char *name_of_job;

/* The first one is only for what takes files. */
static const struct opt options[] = {
	{ 0, "verify-unchanged", NULL, &want.reread, NULL, "percent",
	    "read so much of the unchanged files as well, and compare" },
	{ 'p', "policy", NULL, &want.policy, NULL, "file",
	    "policy (else $MUSTER_POLICY, ./muster.yaml, "
	    "/etc/muster/muster.yaml)" },
	{ 's', "store", NULL, &want.store, NULL, "name",
	    "store of the policy to write to (else the first)" },
	{ 0, "lock-wait", NULL, &want.lock_wait, NULL, "time",
	    "wait so long for another run to end (30s, 5m)" },
	{ 'n', "dry-run", &want.dry_run, NULL, NULL, NULL,
	    "read and fingerprint everything, store nothing" },
	{ 0 },
};

static int
run(char *operands[], struct err *e)
{
	(void)operands;
	if (!want.dry_run)
		notify_begin(&told, want.policy, name_of_job);
	return job_take(&want, e);
}

static void
ended(int status)
{
	notify_end(&told, status);
}

int
take_main(const char *name, const char *purpose, const struct job *job,
    int argc, char *argv[])
{
	const struct cmd c = {
		.name = name, .operands = "", .min = 0, .max = 0,
		.purpose = purpose, .run = run, .ended = ended, .options =
		    job->only_one && job->only != PART_FILES ? options + 1 :
		    options,
	};

	want = *job;
	name_of_job = name + strlen("muster-");
	return cmd_main(&c, argc, argv);
}
