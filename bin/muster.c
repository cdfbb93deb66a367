/*
 * muster: runs the others (muster db is muster-db), and the jobs that people
 * schedule: muster backup, muster predeploy before a deploy, muster exercise.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "cli/cmd.h"
#include "report/chain.h"
#include "report/notify.h"

#define PATH_SIZE 4096

static struct notify told;
static struct job want = { .notify = &told };

#define POLICY { 'p', "policy", NULL, &want.policy, NULL, "file",	\
    "policy (else $MUSTER_POLICY, ./muster.yaml, "			\
    "/etc/muster/muster.yaml)" }
#define KEY(help) { 'k', "recovery-key", NULL, &want.recovery_key, NULL, \
    "file", help }
#define PASS { 0, "passphrase-file", NULL, &want.passphrase_file, NULL,	\
    "file", "its passphrase (else the policy's, or asked)" }
#define WAIT { 0, "lock-wait", NULL, &want.lock_wait, NULL, "time",	\
    "wait so long for another run to end (30s, 5m)" }

static const struct opt backup_options[] = { POLICY, WAIT, { 0 } };

static const struct opt predeploy_options[] = {
	POLICY, KEY("key that opens the snapshot (else the policy's)"), PASS,
	WAIT,
	{ 0, "subject", NULL, &want.subject, NULL, "deploy",
	    "what is to be deployed: git:<sha> or sha256:<digest>" },
	{ 0, "sample", NULL, &want.sample, NULL, "percent",
	    "drill only such a share of tables and files, at random" },
	{ 0 },
};

static const struct opt exercise_options[] = {
	POLICY, KEY("the escrowed key"), PASS,
	{ 's', "store", NULL, &want.store, NULL, "name",
	    "off-site store to restore from (else drill.from)" },
	{ 0 },
};

static const struct opt no_options[] = { { 0 } };

static const char purpose[] =
    "backup, and proof that it can be restored in time\n"
    "\n"
    "the jobs that people schedule:\n"
    "  backup     snapshot, ship\n"
    "  predeploy  snapshot, ship, drill, gate: GO or NO-GO\n"
    "  exercise   drill as in a disaster: off-site, with the escrowed key\n"
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

static const struct task {
	const char		*word, *name, *purpose;
	int			(*run)(struct job *, struct err *);
	const struct opt	*options;
} tasks[] = {
	{ "backup", "muster backup", "snapshot, ship",
	    chain_backup, backup_options },
	{ "predeploy", "muster predeploy", "snapshot, ship, drill, gate: may "
	    "this deploy proceed?", chain_predeploy, predeploy_options },
	{ "exercise", "muster exercise", "as in a disaster: restore from "
	    "off-site, with the escrowed key", chain_exercise,
	    exercise_options },
};

static const struct task *task;

static int
run_task(char *operands[], struct err *e)
{
	(void)operands;
	notify_begin(&told, want.policy, task->word);
	return task->run(&want, e);
}

static void
ended(int status)
{
	notify_end(&told, status);
}

static int
main_task(int argc, char *argv[])
{
	const struct cmd c = {
		.name = task->name, .operands = "", .min = 0, .max = 0,
		.purpose = task->purpose, .options = task->options,
		.run = run_task, .ended = ended,
	};

	return cmd_main(&c, argc, argv);
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
	for (size_t i = 0; i < sizeof(tasks) / sizeof(tasks[0]); i++)
		if (strcmp(argv[1], tasks[i].word) == 0) {
			task = &tasks[i];
			return main_task(argc - 1, argv + 1);
		}
	return run_other(argv);
}
