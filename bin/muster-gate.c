/*
 * muster-gate: GO or NO-GO.  Only exit status 0 opens the gate.
 */
#include <stddef.h>

#include "base/err.h"
#include "cli/cmd.h"
#include "report/job.h"
#include "report/notify.h"

static struct job want;
static struct job_verify verify;
static bool keys;
static struct notify told;

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
	{ 0, "explain", &want.explain, NULL, NULL, NULL,
	    "say how to fix what does not pass" },
	{ 0, "save", NULL, &want.save, NULL, "file",
	    "write the verdict to a file, for --verify elsewhere" },
	{ 0, "override", NULL, &want.override, NULL, "reason",
	    "let it pass all the same, with an operator's key" },
	{ 0, "until", NULL, &want.until, NULL, "time",
	    "override: for how long (2h; at most 24h)" },
	{ 'k', "recovery-key", NULL, &want.recovery_key, NULL, "file",
	    "override: the operator's key, a recovery key of the store" },
	{ 0, "passphrase-file", NULL, &want.passphrase_file, NULL, "file",
	    "override: its passphrase (else it is asked for)" },
	{ 0, "keys", &keys, NULL, NULL, NULL,
	    "only print the public keys whose verdicts count" },
	{ 0, "verify", NULL, &verify.file, NULL, "file",
	    "only check a verdict, with no more than --keyring" },
	{ 0, "keyring", NULL, &verify.keyring, NULL, "file",
	    "verify: public keys, as --keys prints them" },
	{ 0, "site", NULL, &verify.site, NULL, "name",
	    "verify: the verdict must be of this site" },
	{ 0, "accept-override", &verify.accept_override, NULL, NULL, NULL,
	    "verify: an override opens the gate, too" },
	{ 0 },
};

static int
run(char *operands[], struct err *e)
{
	(void)operands;
	if (job_check_subject(&want, e) == -1)
		return CMD_USAGE;
	if (verify.file == NULL && (verify.keyring != NULL ||
	    verify.site != NULL || verify.accept_override)) {
		(void)err_set(e, ERR_INPUT, "--keyring, --site and "
		    "--accept-override go with --verify");
		return CMD_USAGE;
	}
	if (verify.file != NULL) {
		verify.subject = want.subject;
		return job_gate_verify(&verify, e);
	}
	if (keys)
		return job_gate_keys(&want, e);
	if (!want.dry_run)
		notify_begin(&told, want.policy, "gate");
	return job_gate(&want, e);
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
		.name = "muster-gate", .operands = "", .min = 0, .max = 0,
		.purpose = "GO or NO-GO for a deploy, signed",
		.options = options, .run = run, .ended = ended,
	};

	return cmd_main(&c, argc, argv);
}
