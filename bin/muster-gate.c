/*
 * muster-gate: GO or NO-GO.  Only exit status 0 opens the gate.
 */
#include <stddef.h>

#include "cli/cmd.h"
#include "report/job.h"

static struct job want;

static const struct opt options[] = {
	{ 'p', "policy", NULL, &want.policy, NULL, "file",
	    "policy (else $MUSTER_POLICY, ./muster.yaml, "
	    "/etc/muster/muster.yaml)" },
	{ 's', "store", NULL, &want.store, NULL, "name",
	    "store to judge (else the policy's drill.from)" },
	{ 'n', "dry-run", &want.dry_run, NULL, NULL, NULL,
	    "judge and say so, but sign and store no verdict" },
	{ 0, "subject", NULL, &want.subject, NULL, "deploy",
	    "what is to be deployed: git:<sha> or sha256:<digest>" },
	{ 0 },
};

static int
run(char *operands[], struct err *e)
{
	(void)operands;
	if (job_check_subject(&want, e) == -1)
		return CMD_USAGE;
	return job_gate(&want, e);
}

int
main(int argc, char *argv[])
{
	const struct cmd c = {
		.name = "muster-gate", .operands = "", .min = 0, .max = 0,
		.purpose = "GO or NO-GO for a deploy, signed",
		.options = options, .run = run,
	};

	return cmd_main(&c, argc, argv);
}
