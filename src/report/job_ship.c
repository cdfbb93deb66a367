/*
 * Shipping to every other store of a policy, a thread for each: see job.h.
 *
 * Each store has an outcome of its own: one that cannot be reached must not
 * keep the others from becoming whole.  The status is the worst of them.
 */
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "cli/cmd.h"
#include "cli/progress.h"
#include "crypto/id.h"
#include "report/job.h"
#include "report/notify.h"
#include "report/watch.h"
#include "snapshot/access.h"
#include "snapshot/ship.h"
#include "store/store.h"

#define JOBS_MOST 32
#define NANO INT64_C(1000000000)
#define DAY (86400 * NANO)

/* One store that is shipped to. */
struct course {
	const struct policy_store *store;
	struct depot		*from;
	struct ship_options	 o;
	struct ship_report	 r;
	char			 memory[ACCESS_PATH_SIZE];	/* of locks */
	struct err		 e;
	int			 rc;
	bool			 alone;		/* the only one */
	pthread_t		 thread;
	bool			 started;
};

static pthread_mutex_t printing = PTHREAD_MUTEX_INITIALIZER;

static void
on_problem(void *cookie, const char *object, const char *what)
{
	const struct course *c = cookie;
	struct err e;

	(void)pthread_mutex_lock(&printing);
	progress_end();
	if (!cmd_json())
		printf("BAD %s: %s: %s\n", c->store->name, object, what);
	else	/* standard output is checked at the end */
		(void)cmd_answer("problem", json_pack("{s:s, s:s, s:s}",
		    "store", c->store->name, "object", object, "what", what),
		    &e);
	(void)pthread_mutex_unlock(&printing);
}

static void
on_step(void *cookie, const char *what, uint64_t bytes)
{
	const struct course *c = cookie;

	if (c->alone)
		progress_step(what, bytes);
}

static void *
sail(void *cookie)
{
	struct course *c = cookie;

	c->rc = -1;
	if ((c->o.to = access_store_open(c->store, &c->e)) != NULL)
		c->rc = ship_store(c->from, &c->o, &c->r, &c->e);
	store_close(c->o.to);
	c->o.to = NULL;
	return NULL;
}

static void
sail_all(struct course *v, size_t n)
{
	sigset_t all, old;
	size_t i;

	if (n > 1)
		progress_step("ship", 0);
	(void)sigfillset(&all);
	for (i = 0; i + 1 < n; i++) {
		(void)pthread_sigmask(SIG_SETMASK, &all, &old);
		v[i].started = pthread_create(&v[i].thread, NULL, sail,
		    &v[i]) == 0;
		(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
		if (!v[i].started)
			(void)sail(&v[i]);
	}
	(void)sail(&v[n - 1]);		/* the last one is this thread's */
	for (i = 0; i + 1 < n; i++)
		if (v[i].started)
			(void)pthread_join(v[i].thread, NULL);
}

static int
say_json(const struct course *c, struct err *e)
{
	return cmd_answer("ship", json_pack("{s:s, s:s, s:b, s:I, s:I, s:I, "
	    "s:I, s:I, s:I, s:I, s:I, s:s*}", "store", c->store->name, "url",
	    c->store->url, "dry_run", c->o.dry_run, "packs",
	    (json_int_t)c->r.packs, "bytes", (json_int_t)c->r.bytes,
	    "statements", (json_int_t)c->r.statements, "present",
	    (json_int_t)c->r.present, "read_packs",
	    (json_int_t)c->r.read_packs, "read_bytes",
	    (json_int_t)c->r.read_bytes, "locks_extended",
	    (json_int_t)c->r.locked, "problems",
	    (json_int_t)c->r.problems, "error", c->rc == -1 ? c->e.text :
	    NULL), e);
}

static int
say(const struct course *c, struct err *e)
{
	char packs[NUM_TEXT_MAX], sent[NUM_TEXT_MAX], texts[NUM_TEXT_MAX];
	char there[NUM_TEXT_MAX], back[NUM_TEXT_MAX], read[NUM_TEXT_MAX];
	char locks[64] = "";

	if (cmd_json())
		return say_json(c, e);
	if (cmd_quiet() || c->rc == -1)
		return 0;
	(void)num_format_count(c->r.packs, "pack", packs);
	(void)num_format_count(c->r.statements, "statement", texts);
	(void)num_format_count(c->r.present, "pack", there);
	(void)num_format_size(c->r.bytes, sent);
	if (c->r.locked > 0)
		(void)snprintf(locks, sizeof(locks), "; %s %s",
		    c->o.dry_run ? "would extend" : "extended",
		    num_format_count(c->r.locked, "lock", back));
	if (c->o.dry_run) {
		printf("%s: would send %s, %s, and %s; there already: %s%s "
		    "(dry run: nothing was sent)\n", c->store->name, packs,
		    sent, texts, there, locks);
		return 0;
	}
	printf("%s: sent %s, %s, and %s; there already: %s; read back %s, "
	    "%s%s%s\n", c->store->name, packs, sent, texts, there,
	    num_format_count(c->r.read_packs, "pack", back),
	    num_format_size(c->r.read_bytes, read), locks,
	    c->r.problems > 0 ? ": NOT GOOD" : "");
	return 0;
}

static void
tell(struct notify *n, const struct course *c)
{
	const char *store = c->store->name;

	notify_fact(n, "ship_success", store,
	    c->rc == 0 && c->r.problems == 0);
	notify_fact(n, "ship_sent_packs", store, (double)c->r.packs);
	notify_fact(n, "ship_sent_bytes", store, (double)c->r.bytes);
	notify_fact(n, "ship_present_packs", store, (double)c->r.present);
	notify_fact(n, "ship_read_back_packs", store,
	    (double)c->r.read_packs);
	notify_fact(n, "ship_read_back_bytes", store,
	    (double)c->r.read_bytes);
	notify_fact(n, "ship_locks_extended", store, (double)c->r.locked);
	notify_fact(n, "ship_problems", store, (double)c->r.problems);
}

/* The worst outcome is the command's; all errors are in its one line. */
static int
settle(const struct course *v, size_t n, struct err *e)
{
	struct err all = { .kind = ERR_NONE };
	int status = CMD_YES;

	progress_end();
	for (size_t i = 0; i < n; i++) {
		if (say(&v[i], e) == -1)
			return CMD_TROUBLE;
		if (v[i].rc == 0) {
			if (v[i].r.problems > 0 && status == CMD_YES)
				status = CMD_NO;
			continue;
		}
		status = CMD_TROUBLE;
		if (all.kind == ERR_NONE)
			all = v[i].e;
		else
			(void)err_add(&all, "%.400s; and", v[i].e.text);
	}
	if (all.kind != ERR_NONE)
		*e = all;
	return status;
}

static int
add(struct course **v, size_t *n, const struct policy_store *s,
    struct err *e)
{
	struct course *more = realloc(*v, (*n + 1) * sizeof(*more));

	if (more == NULL)
		return err_memory(e);
	*v = more;
	more[*n] = (struct course){ .store = s };
	++*n;
	return 0;
}

/* The stores that were named, or all but the one that is shipped from. */
static int
choose(const struct job *j, const struct policy *p, struct course **v,
    size_t *n, struct err *e)
{
	const struct policy_store *from, *s;

	if ((from = policy_find_store(p, j->store, e)) == NULL)
		return -1;
	for (size_t i = 0; j->to != NULL && j->to[i] != NULL; i++) {
		if ((s = policy_find_store(p, j->to[i], e)) == NULL)
			return -1;
		if (s == from)
			return err_set(e, ERR_INPUT, "--to: %s is the store "
			    "that is shipped from", s->name);
		if (add(v, n, s, e) == -1)
			return -1;
	}
	for (uint32_t i = 0; j->to == NULL && i < p->n_stores; i++)
		if (&p->stores[i] != from &&
		    add(v, n, &p->stores[i], e) == -1)
			return -1;
	if (*n == 0 && !j->may_be_none)
		return err_set(e, ERR_INPUT, "%s: there is no other store to "
		    "ship to: add one below stores", p->path);
	return 0;
}

/*
 * How the store's objects are to be locked.  They are looked after when a
 * quarter of the time is over, or before the gate would miss some of it.
 */
static int
find_locks(struct course *c, const struct policy *p, struct err *e)
{
	int64_t span = c->store->lock_days * DAY;
	int64_t gate = (int64_t)p->gate_locked * NANO;
	struct store_options o;
	char hex[ID_TEXT_SIZE];
	struct id id;

	access_store_options(c->store, &o);
	c->o.lock = o.lock;
	c->o.lock_span = span;
	c->o.lock_least = span - span / 4;
	if (gate > c->o.lock_least && gate < span)
		c->o.lock_least = gate + (span - gate) / 2;
	id_sha256(c->store->url, strlen(c->store->url), &id);
	if (snprintf(c->memory, sizeof(c->memory), "%s/locks-%.16s-%d",
	    p->state, id_format(&id, hex), (int)o.lock) >=
	    (int)sizeof(c->memory))
		return err_set(e, ERR_INPUT, "state: the path is too long");
	c->o.lock_memory = c->memory;
	return 0;
}

int
job_ship(const struct job *j, struct err *e)
{
	struct access_want w = {
		.policy = j->policy, .store = j->store, .exclusive = true,
		.lock = "ship", .use = DEPOT_LOOK,
	};
	struct course *v = NULL;
	struct access a;
	uint64_t jobs = 0;
	size_t n = 0;
	int status = CMD_TROUBLE;

	if (j->jobs != NULL && num_parse(j->jobs, 1, JOBS_MOST, &jobs,
	    e) == -1) {
		(void)err_add(e, "--jobs");
		return CMD_USAGE;
	}
	if (job_lock_wait(j, &w.lock_wait, e) == -1)
		return CMD_USAGE;
	if (access_open(&a, &w, e) == -1)
		return CMD_TROUBLE;
	if (choose(j, a.policy, &v, &n, e) == -1)
		goto done;
	for (size_t i = 0; i < n; i++) {
		v[i].from = &a.depot;
		v[i].alone = n == 1;
		v[i].o = (struct ship_options){
			.found = j->found, .dry_run = j->dry_run,
			.read_all = j->read_all, .jobs = (unsigned)jobs,
			.problem = on_problem, .step = on_step,
			.progress = watch_progress, .cookie = &v[i],
		};
		if (find_locks(&v[i], a.policy, e) == -1)
			goto done;
	}
	if (n > 0)
		sail_all(v, n);
	status = settle(v, n, e);
	for (size_t i = 0; i < n; i++)
		tell(j->notify, &v[i]);
done:
	progress_end();
	free(v);
	access_close(&a);
	return status;
}
