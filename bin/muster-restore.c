/*
 * muster-restore: put a snapshot, a component or single paths back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cli/cmd.h"
#include "cli/progress.h"
#include "policy/policy.h"
#include "report/say.h"
#include "report/watch.h"
#include "snapshot/access.h"
#include "snapshot/restore.h"

static struct access_want want = { .bare = true, .use = DEPOT_READ };
static struct restore_options restore;
static struct {
	const char	*snapshot, *server, *as;
	bool		 dry_run;
	uint64_t	 notes;
} more;

static const struct opt options[] = {
	{ 't', "target", NULL, &restore.target, NULL, "folder",
	    "where files go: FOLDER/COMPONENT/..., or FOLDER itself with "
	    "--component" },
	{ 'c', "component", NULL, &restore.part, NULL, "name",
	    "only this component: db, files, config, ..." },
	{ 'S', "snapshot", NULL, &more.snapshot, NULL, "id",
	    "which snapshot (else the newest that has it)" },
	{ 'd', "server", NULL, &more.server, NULL, "file",
	    "load the databases into the server of this MySQL option file "
	    "(else they become files)" },
	{ 0, "database-as", NULL, &more.as, NULL, "old=new",
	    "load a database under another name" },
	{ 0, "into-nonempty", &restore.into_nonempty, NULL, NULL, NULL,
	    "the target folder may hold other files; none of them is ever "
	    "replaced" },
	{ 0, "resume", &restore.resume, NULL, NULL, NULL,
	    "go on with a restore of files that was stopped: what is there "
	    "is compared" },
	{ 'n', "dry-run", &more.dry_run, NULL, NULL, NULL,
	    "check, say what would be put where, and change nothing" },
	{ 'p', "policy", NULL, &want.policy, NULL, "file",
	    "policy (else $MUSTER_POLICY, ./muster.yaml, "
	    "/etc/muster/muster.yaml)" },
	{ 's', "store", NULL, &want.store, NULL, "name|url",
	    "store of the policy, or a store's URL without a policy" },
	{ 'k', "recovery-key", NULL, &want.recovery_key, NULL, "file",
	    "key that opens the snapshot (else the policy's)" },
	{ 0, "passphrase-file", NULL, &want.passphrase_file, NULL, "file",
	    "its passphrase (else the policy's, or asked)" },
	{ 0 },
};

static void
on_note(void *cookie, const char *path, const char *why)
{
	(void)cookie;
	if (more.notes++ < 20 || cmd_verbose()) {
		progress_end();
		fprintf(stderr, "muster-restore: note: %s: %s\n", path, why);
	}
}

static int
put_back(struct access *a, struct err *e)
{
	struct restore_stats r;
	struct snapshot *s;
	int status = CMD_TROUBLE;

	if ((s = calloc(1, sizeof(*s))) == NULL) {
		(void)err_memory(e);
		return CMD_TROUBLE;
	}
	if (say_find(a, more.snapshot, restore.part, s, e) == -1)
		goto done;
	if (more.dry_run) {
		if (restore_check(&a->depot, s, &restore, e) == 0 &&
		    say_restore_plan(s, &restore, more.server, e) == 0)
			status = CMD_YES;
		goto done;
	}
	if (restore_snapshot(&a->depot, s, &restore, &r, e) == -1) {
		status = r.changed ? CMD_CHANGED : CMD_TROUBLE;
		if (r.changed && e->kind == ERR_INTERRUPTED &&
		    more.server == NULL)
			(void)err_add(e, "stopped before its end (--resume "
			    "goes on)");
		goto done;
	}
	if (say_restore(s, &r, more.notes, e) == 0)
		status = more.notes > 0 ? CMD_PARTIAL : CMD_YES;
done:
	progress_end();
	free(s);
	return status;
}

/* What the option table cannot check. */
static int
check_options(const char *path, char old[256], struct err *e)
{
	size_t n;

	if (path != NULL && restore.part == NULL)
		return err_set(e, ERR_INPUT, "of which component is %s? "
		    "expected --component", path);
	if (restore.target == NULL && more.server == NULL)
		return err_set(e, ERR_INPUT, "expected --target FOLDER, "
		    "--server FILE, or both");
	if (restore.resume && more.server != NULL)
		return err_set(e, ERR_INPUT, "--resume is for files: expected "
		    "no --server");
	if (more.as == NULL)
		return 0;
	n = strcspn(more.as, "=");
	if (n == 0 || n > 255 || more.as[n] == '\0' || more.as[n + 1] == '\0')
		return err_set(e, ERR_INPUT,
		    "--database-as: expected old=new");
	(void)snprintf(old, 256, "%.*s", (int)n, more.as);
	restore.rename_from = old;
	restore.rename_to = more.as + n + 1;
	return 0;
}

static int
run(char *operands[], struct err *e)
{
	struct db_login server = { .defaults_file = more.server };
	char old[256];
	struct access a;
	int status;

	if (check_options(operands[0], old, e) == -1)
		return CMD_USAGE;
	restore.server = more.server != NULL ? &server : NULL;
	restore.paths = operands[0] != NULL ?
	    (const char *const *)operands : NULL;
	restore.step = watch_step;
	want.progress = watch_progress;
	restore.note = on_note;
	if (access_open(&a, &want, e) == -1)
		return CMD_TROUBLE;
	if (a.policy != NULL) {
		restore.scratch = a.policy->drill_scratch;
		restore.memory = a.policy->drill_memory;
	}
	status = put_back(&a, e);
	access_close(&a);
	return status;
}

int
main(int argc, char *argv[])
{
	const struct cmd c = {
		.name = "muster-restore", .operands = "[path ...]",
		.min = 0, .max = -1,
		.purpose = "put a snapshot, a component or single paths back",
		.options = options, .run = run,
	};

	return cmd_main(&c, argc, argv);
}
