/*
 * muster-drill: restore a stored snapshot into a throwaway server and folder,
 * prove it identical, time it, and sign a receipt.
 */
#include <stddef.h>

#include "base/err.h"
#include "cli/cmd.h"
#include "report/job.h"
#include "report/notify.h"

static struct job want;
static bool sabotage;
static struct notify told;

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
	{ 0, "exercise", &want.exercise, NULL, NULL, NULL,
	    "as in a disaster: needs -k with the escrowed key" },
	{ 0, "sample", NULL, &want.sample, NULL, "percent",
	    "only such a share of tables and files, at random" },
	{ 0, "seed", NULL, &want.seed, NULL, "number",
	    "of --sample: the same choice as that one" },
	{ 0, "sabotage", &sabotage, NULL, NULL, NULL,
	    "damage a copy at random: the alarm must go off" },
	{ 0, "damage", NULL, &want.sabotage, NULL, "what",
	    "sabotage: this damage rather than any" },
	{ 0 },
};

static int
run(char *operands[], struct err *e)
{
	want.snapshot = operands[0];
	if (want.exercise && (want.recovery_key == NULL || sabotage)) {
		(void)err_set(e, ERR_INPUT, "--exercise needs --recovery-key "
		    "with the escrowed key, and no --sabotage");
		return CMD_USAGE;
	}
	if (!sabotage && want.sabotage != NULL) {
		(void)err_set(e, ERR_INPUT, "--damage goes with --sabotage");
		return CMD_USAGE;
	}
	if (want.sample != NULL && (want.exercise || sabotage)) {
		(void)err_set(e, ERR_INPUT, "--sample goes with neither "
		    "--exercise nor --sabotage: those are of all");
		return CMD_USAGE;
	}
	if (want.seed != NULL && want.sample == NULL) {
		(void)err_set(e, ERR_INPUT, "--seed goes with --sample");
		return CMD_USAGE;
	}
	if (sabotage && want.sabotage == NULL)
		want.sabotage = "any";
	notify_begin(&told, want.policy, sabotage ? "sabotage" :
	    want.exercise ? "exercise" : "drill");
	return job_drill(&want, e);
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
		.name = "muster-drill", .operands = "[snapshot]",
		.min = 0, .max = 1,
		.purpose = "timed test restore in a throwaway place; signs a "
		    "receipt",
		.options = options, .run = run, .ended = ended,
	};

	return cmd_main(&c, argc, argv);
}
