/*
 * muster: runs the others (muster db is muster-db), and the job that stands
 * before a deploy: muster predeploy takes a snapshot, ships it to the other
 * stores, drills it, and asks the gate.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "cli/cmd.h"
#include "report/job.h"
#include "report/job_doctor.h"

#define PATH_SIZE 4096

static struct job want;

static const struct opt job_options[] = {
	{ 'p', "policy", NULL, &want.policy, NULL, "file",
	    "policy (else $MUSTER_POLICY, ./muster.yaml, "
	    "/etc/muster/muster.yaml)" },
	{ 'k', "recovery-key", NULL, &want.recovery_key, NULL, "file",
	    "key that opens the snapshot (else the policy's)" },
	{ 0, "passphrase-file", NULL, &want.passphrase_file, NULL, "file",
	    "its passphrase (else the policy's, or asked)" },
	{ 0, "lock-wait", NULL, &want.lock_wait, NULL, "time",
	    "wait so long for another run to end (30s, 5m)" },
	{ 0, "subject", NULL, &want.subject, NULL, "deploy",
	    "what is to be deployed: git:<sha> or sha256:<digest>" },
	{ 0 },
};

static const struct opt no_options[] = { { 0 } };

static const char purpose[] =
    "backup, and proof that it can be restored in time\n"
    "\n"
    "the job before a deploy:\n"
    "  predeploy  snapshot, ship, drill, gate: GO or NO-GO\n"
    "\n"
    "commands ('muster help snapshot', man muster-snapshot):\n"
    "  init       make a store, keys and a starter policy\n"
    "  key        make, show and prove keys; on paper and back\n"
    "  doctor     is everything there that a run needs?\n"
    "  snapshot   take all components, bound in one signed snapshot\n"
    "  db         take a snapshot of the database only\n"
    "  files      take a snapshot of the file trees only\n"
    "  config     take a snapshot of the configuration only\n"
    "  seal       seal standard input as a component\n"
    "  ship       copy what the other stores lack, and read it back\n"
    "  list       say which snapshots, receipts and verdicts a store holds\n"
    "  verify     read a store back: structure, content\n"
    "  cat        write an archive as plain tar to standard output\n"
    "  restore    put a snapshot, a component or single paths back\n"
    "  drill      timed test restore in a throwaway place; a signed receipt\n"
    "  gate       GO or NO-GO for a deploy, signed\n"
    "  report     how the backups are doing: summary, page, metrics, trail";

/*
 * Only the gate says GO, also over what the doctor and the drill found wrong;
 * a snapshot, shipment or drill that could not be done
 * ends it before, so that no older receipt is taken for this one's.
 */
static int
predeploy(char *operands[], struct err *e)
{
	struct job_doctor doctor = { .sign = true, .if_demanded = true,
	    .brief = true };
	int status;

	(void)operands;
	if (job_check_subject(&want, e) == -1)
		return CMD_USAGE;
	status = job_take(&want, e);
	if (status != CMD_YES && status != CMD_PARTIAL)
		return status;
	want.may_be_none = true;
	if ((status = job_ship(&want, e)) != CMD_YES)
		return status;
	doctor.policy = want.policy;
	status = job_doctor(&doctor, e);
	if (e->kind != ERR_NONE)
		return status;
	status = job_drill(&want, e);
	if (status != CMD_YES && status != CMD_NO)
		return status;
	return job_gate(&want, e);
}

/* The program beside us, else in PATH; ps shows it by its own name. */
static int
run_other(char *argv[])
{
	char self[PATH_SIZE], path[PATH_SIZE + 300], name[300];
	char *slash, *word = argv[1];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (strlen(word) > 200 || strchr(word, '/') != NULL)
		goto unknown;
	(void)snprintf(name, sizeof(name), "muster-%s", word);
	argv[1] = name;
	if (n > 0) {
		self[n] = '\0';
		if ((slash = strrchr(self, '/')) != NULL)
			*slash = '\0';
		(void)snprintf(path, sizeof(path), "%s/%s", self, name);
		(void)execv(path, argv + 1);
	}
	(void)execvp(name, argv + 1);
	if (errno != ENOENT) {
		fprintf(stderr, "muster: cannot run %s: %s\n", name,
		    strerror(errno));
		return CMD_TROUBLE;
	}
unknown:
	fprintf(stderr, "muster: no command %s\n"
	    "try 'muster --help'\n", word);
	return CMD_USAGE;
}

static int
nothing(char *operands[], struct err *e)
{
	(void)operands;
	(void)err_set(e, ERR_INPUT, "expected a command");
	return CMD_USAGE;
}

int
main(int argc, char *argv[])
{
	const struct cmd job = {
		.name = "muster predeploy", .operands = "",
		.min = 0, .max = 0,
		.purpose = "snapshot, ship, drill, gate: may this deploy "
		    "proceed?",
		.options = job_options, .run = predeploy,
	};
	char help[] = "--help";
	const struct cmd self = {
		.name = "muster", .operands = "command [argument ...]",
		.min = 0, .max = 0,
		.purpose = purpose,
		.options = no_options, .run = nothing,
	};

	if (argc == 2 && strcmp(argv[1], "help") == 0)
		argv[1] = help;
	if (argc == 3 && strcmp(argv[1], "help") == 0) {
		argv[1] = argv[2];
		argv[2] = help;
	}
	if (argc < 2 || argv[1][0] == '-')
		return cmd_main(&self, argc, argv);
	if (strcmp(argv[1], "predeploy") == 0)
		return cmd_main(&job, argc - 1, argv + 1);
	return run_other(argv);
}
