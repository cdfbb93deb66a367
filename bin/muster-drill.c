/*
 * muster-drill: restore a stored snapshot into a throwaway server and folder,
 * prove it identical, time it, and sign a receipt.
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
	    "store to restore from (else the policy's drill.from)" },
	{ 'k', "recovery-key", NULL, &want.recovery_key, NULL, "file",
	    "key that opens the snapshot (else the policy's)" },
	{ 0, "passphrase-file", NULL, &want.passphrase_file, NULL, "file",
	    "its passphrase (else the policy's, or asked)" },
	{ 0 },
};

static int
run(char *operands[], struct err *e)
{
	want.snapshot = operands[0];
	return job_drill(&want, e);
}

int
main(int argc, char *argv[])
{
	const struct cmd c = {
		.name = "muster-drill", .operands = "[snapshot]",
		.min = 0, .max = 1,
		.purpose = "timed test restore in a throwaway place; signs a "
		    "receipt",
		.options = options, .run = run,
	};

	return cmd_main(&c, argc, argv);
}
