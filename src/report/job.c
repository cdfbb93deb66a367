/*
 * From a command's options to its answer: see job.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "archive/sample.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/num.h"
#include "cli/cmd.h"
#include "cli/progress.h"
#include "drill/drill.h"
#include "gate/sabotage.h"
#include "report/job.h"
#include "report/say.h"
#include "report/watch.h"
#include "snapshot/access.h"
#include "snapshot/take.h"
#include "snapshot/trail.h"
#include "store/store.h"

/* "N%" or "N": 0 to 100. */
static int
find_reread(const struct job *j, struct take_options *o, struct err *e)
{
	size_t len = j->reread == NULL ? 0 : strlen(j->reread);
	char digits[8];
	uint64_t n = 0;

	if (len == 0)
		return 0;
	if (j->reread[len - 1] == '%')
		len--;
	(void)snprintf(digits, sizeof(digits), "%.*s", len < 7 ? (int)len : 7,
	    j->reread);
	if (num_parse(digits, 0, 100, &n, e) == -1)
		return err_add(e, "--verify-unchanged");
	o->reread = (unsigned)n;
	return 0;
}

int
job_lock_wait(const struct job *j, uint64_t *seconds, struct err *e)
{
	*seconds = 0;
	if (j->lock_wait == NULL ||
	    num_parse_duration(j->lock_wait, seconds, e) == 0)
		return 0;
	return err_add(e, "--lock-wait");
}

int
job_take(const struct job *j, struct err *e)
{
	struct access_want w = {
		.policy = j->policy, .store = j->store, .exclusive = true,
		.use = DEPOT_WRITE, .progress = watch_progress,
	};
	struct take_options o = {
		.only_one = j->only_one, .only = j->only,
		.stream = j->stream, .dry_run = j->dry_run,
		.step = watch_step,
	};
	struct access a;
	struct snapshot *s = NULL;
	struct notes *notes = NULL;
	int status = CMD_TROUBLE;

	if (find_reread(j, &o, e) == -1 ||
	    job_lock_wait(j, &w.lock_wait, e) == -1)
		return CMD_USAGE;
	if (access_open(&a, &w, e) == -1)
		return CMD_TROUBLE;
	o.policy = a.policy;
	if ((s = calloc(1, sizeof(*s))) == NULL) {
		(void)err_memory(e);
		goto done;
	}
	if ((notes = notes_new(e)) == NULL ||
	    take_snapshot(&a.depot, &o, notes, s, e) == -1)
		goto done;
	if (say_snapshot(s, notes, e) == -1)
		goto done;
	status = snapshot_unread(s) > 0 ? CMD_PARTIAL : CMD_YES;
done:
	progress_end();
	notes_free(notes);
	free(s);
	access_close(&a);
	return status;
}

/*
 * An exercise shows what is possible when production is lost: not with its
 * credentials, and not from the store that it writes to.
 */
static int
check_exercise(const struct access *a, struct err *e)
{
	const struct policy *p = a->policy;

	if (p->n_stores > 1 &&
	    strcmp(store_url(a->depot.store), p->stores[0].url) == 0)
		return err_set(e, ERR_INPUT, "an exercise restores from "
		    "another store than the one snapshots go to, %s",
		    p->stores[0].name);
	if (p->db.present && p->db.defaults_file != NULL &&
	    access(p->db.defaults_file, R_OK) == 0)
		return err_set(e, ERR_INPUT, "an exercise is for a host "
		    "without production's credentials, and %s can be read "
		    "here", p->db.defaults_file);
	return 0;
}

/* A share and a seed, which is of the system's randomness if none is given. */
static int
find_sample(const struct job *j, struct drill_options *o, struct err *e)
{
	if (j->sample == NULL)
		return 0;
	if (num_parse_percent(j->sample, &o->share, e) == -1)
		return err_add(e, "--sample");
	if (o->share == 0 || o->share > SAMPLE_ALL)
		return err_set(e, ERR_INPUT, "--sample: expected more than 0%% "
		    "and at most 100%%, not %.60s", j->sample);
	if (j->seed != NULL)
		return num_parse(j->seed, 0, RECEIPT_SEED_MAX, &o->seed,
		    e) == -1 ? err_add(e, "--seed") : 0;
	if (getrandom(&o->seed, sizeof(o->seed), 0) != sizeof(o->seed))
		return err_sys(e, "cannot get random bytes");
	o->seed &= RECEIPT_SEED_MAX;
	return 0;
}

int
job_check_sample(const struct job *j, struct err *e)
{
	struct drill_options o = { .share = 0 };

	return find_sample(j, &o, e);
}

static int
sabotage(const struct job *j, struct access *a, const struct snapshot *s,
    struct receipt *r, struct err *e)
{
	const struct sabotage_options o = { .policy = a->policy,
	    .scratch = a->policy->drill_scratch, .step = watch_step };
	enum sabotage_kind kind = sabotage_choose(s);

	if (strcmp(j->sabotage, "any") != 0 &&
	    (sabotage_parse(j->sabotage, &kind) == -1 ||
	    !sabotage_fits(kind, s)))
		return err_set(e, ERR_INPUT, "%.60s is no sabotage of this "
		    "snapshot", j->sabotage);
	return sabotage_run(&a->depot, s, kind, &o, r, e);
}

int
job_drill(const struct job *j, struct err *e)
{
	struct access_want w = {
		.policy = j->policy, .store = j->store,
		.recovery_key = j->recovery_key,
		.passphrase_file = j->passphrase_file, .drill_store = true,
		.use = DEPOT_DRILL, .progress = watch_progress,
	};
	struct drill_options o = { .step = watch_step,
	    .kind = j->exercise ? "exercise" : NULL };
	int64_t begun = clock_monotonic();
	struct trail_newest newest = { .sure = true };
	struct access a;
	struct snapshot *s = NULL;
	struct receipt r = { .n_checks = 0 };
	int status = CMD_TROUBLE;

	if (find_sample(j, &o, e) == -1)
		return e->kind == ERR_INPUT ? CMD_USAGE : CMD_TROUBLE;
	if (access_open(&a, &w, e) == -1)
		return CMD_TROUBLE;
	if ((s = calloc(1, sizeof(*s))) == NULL) {
		(void)err_memory(e);
		goto done;
	}
	newest.site = a.policy->site;
	newest.policy = a.policy;
	if ((j->snapshot == NULL ? trail_find_newest(&a.depot, &newest, s,
	    e) : trail_find_snapshot(&a.depot, a.policy->site, j->snapshot, s,
	    NULL, e)) == -1)
		goto done;
	if (j->exercise && check_exercise(&a, e) == -1)
		goto done;
	o.policy = a.policy;
	o.scratch = a.policy->drill_scratch;
	o.open_seconds = (double)(clock_monotonic() - begun) / 1e9;
	if ((j->sabotage != NULL ? sabotage(j, &a, s, &r, e) :
	    drill_run(&a.depot, s, &o, &r, e)) == -1 ||
	    drill_sign(&a.depot, &r, e) == -1 || say_receipt(&r, e) == -1)
		goto done;
	status = r.passed ? CMD_YES : CMD_NO;
done:
	progress_end();
	receipt_drop(&r);
	free(s);
	access_close(&a);
	return status;
}
