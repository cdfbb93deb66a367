/*
 * A drill: the snapshot is restored into a throwaway server and folder, the
 * copy is taken again by the code that took production, and the fingerprints
 * must be equal.  The stopwatch runs over everything, the proof included, so
 * that the figure held against the RTO is never flattered.
 *
 *	phases: open -> provision -> load -> files -> config -> check
 *	(a physical backup: unpack -> compare -> prepare -> start, for load)
 *
 * What is restored is chosen before (sampled.c).
 *
 * A component that meets damaged or missing bytes ends as a failed check; the
 * others go on, so that the receipt tells all that is wrong, and the checks
 * that cannot be carried out are recorded as failed.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "archive/recorded.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/gang.h"
#include "base/intr.h"
#include "base/num.h"
#include "base/scratch.h"
#include "db/sample.h"
#include "drill/figures.h"
#include "drill/inside.h"
#include "drill/mask.h"
#include "pack/chunks.h"
#include "policy/policy.h"
#include "snapshot/sealed.h"
#include "snapshot/take.h"
#include "snapshot/trail.h"
#include "store/store.h"

#define LITTLE ((uint64_t)32 << 20)	/* no server starts with less */

void
drill_phase_begin(struct drill *x, const char *name)
{
	struct phase *p = &x->r->phases[x->r->n_phases];

	(void)snprintf(p->name, sizeof(p->name), "%s", name);
	x->phase_began = clock_monotonic();
	if (x->o->step != NULL)
		x->o->step(x->o->cookie, name);
}

void
drill_phase_end(struct drill *x, uint64_t bytes)
{
	struct phase *p = &x->r->phases[x->r->n_phases++];

	p->seconds = (double)(clock_monotonic() - x->phase_began) / 1e9;
	p->bytes = bytes;
}

/*
 * Is this error a "no" about the backup rather than trouble with the drill?
 * What the throwaway server refuses is a no; a store that cannot be reached
 * is not.
 */
static bool
is_verdict(const struct drill *x, const struct err *e)
{
	struct chunks_stats stats;

	chunks_stats(x->d->chunks, &stats);
	return e->kind == ERR_DAMAGED || e->kind == ERR_ABSENT ||
	    e->kind == ERR_CHANGED ||
	    (e->kind == ERR_REMOTE && stats.fetch_troubles == 0);
}

int
drill_record(struct drill *x, const struct step *step, int rc, struct err *e)
{
	const struct outcome made = {
		step->name, step->required, rc == -1 ? e->text : step->seen,
		rc == 0, (double)(clock_monotonic() - step->begun) / 1e9,
		NULL,
	};
	struct err add;

	if (rc == -1 && !is_verdict(x, e))
		return -1;
	if (rc == -1)
		x->broken = true;
	if (receipt_add(x->r, &made, &add) == -1) {
		*e = add;
		return -1;
	}
	if (rc == -1)
		err_clear(e);
	return 0;
}

static int
begin(struct drill *x, struct err *e)
{
	struct receipt *r = x->r;
	const struct policy *p = x->o->policy;

	r->started = clock_utc() - (int64_t)(x->o->open_seconds * 1e9);
	(void)snprintf(r->site, sizeof(r->site), "%s", x->s->site);
	memcpy(r->store, x->d->charter.store, sizeof(r->store));
	(void)snprintf(r->from, sizeof(r->from), "%s",
	    store_url(x->d->store));
	(void)snprintf(r->kind, sizeof(r->kind), "%s", x->o->kind != NULL ?
	    x->o->kind : x->o->share > 0 ? "sampled" : "full");
	recovery_key_name(x->d->recovery, r->key);
	if (gethostname(r->host, sizeof(r->host) - 1) == -1)
		(void)snprintf(r->host, sizeof(r->host), "unknown");
	r->snapshot = x->s->digest;
	r->policy = p->digest;
	r->point = x->s->point;
	r->rto = x->o->share > 0 ? 0 : p->rto;	/* a part says nothing */
	r->rpo = p->rpo;
	r->declared = p->drill_provision;
	r->bytes = snapshot_bytes(x->s);
	r->coverage = 1;
	(void)snprintf(r->phases[0].name, sizeof(r->phases[0].name), "open");
	r->phases[0].seconds = x->o->open_seconds;
	r->n_phases = 1;
	if (x->o->share > 0 && snapshot_is_physical(x->s))
		return err_set(e, ERR_INPUT, "a physical backup of the "
		    "database starts whole or not at all: expected a drill "
		    "without --sample");
	if (strcmp(x->s->site, p->site) != 0)
		return err_set(e, ERR_INPUT, "the snapshot is of site %s, the "
		    "policy of %s", x->s->site, p->site);
	return 0;
}

/* Count the names that are in the receipt exactly once. */
struct census {
	const struct receipt	*r;
	size_t			 expected, once;
};

static int
count_name(void *cookie, const char *name)
{
	struct census *c = cookie;
	size_t i, n = 0;

	for (i = 0; i < c->r->n_checks; i++)
		n += strcmp(c->r->checks[i].name, name) == 0;
	c->expected++;
	c->once += n == 1;
	return 0;
}

/* A check that was skipped, done twice or made up spoils the receipt. */
static int
check_census(struct receipt *r, const struct policy *p,
    const struct snapshot *s, struct err *e)
{
	struct census c = { .r = r };
	char required[RECEIPT_TEXT_MAX], seen[RECEIPT_TEXT_MAX];
	const struct outcome made = { "complete", required, seen, false, 0,
	    NULL };

	(void)drill_expected(p, s, r->kind, count_name, &c);
	if (c.once == c.expected && r->n_checks == c.expected)
		return 0;
	(void)snprintf(required, sizeof(required), "%zu checks, each once",
	    c.expected);
	(void)snprintf(seen, sizeof(seen), "%zu, of them %zu as expected",
	    r->n_checks, c.once);
	return receipt_add(r, &made, e);
}

static int
finish(struct drill *x, struct err *e)
{
	struct receipt *r = x->r;
	size_t i;

	if (check_census(r, x->o->policy, x->s, e) == -1)
		return -1;
	r->passed = r->n_checks > 0;
	for (i = 0; i < r->n_checks; i++)
		r->passed = r->passed && r->checks[i].passed;
	r->finished = clock_utc();
	return 0;
}

struct packs {
	struct store	*store;
	struct id	*list;
};

/* Is it there?  What of its bytes is needed, the restore shows. */
static int
see_pack(void *cookie, size_t i, unsigned worker, struct err *e)
{
	const struct packs *p = cookie;
	struct store_info info;
	char name[STORE_NAME_MAX];

	(void)worker;
	return store_head(p->store, inventory_pack_name(&p->list[i], name),
	    &info, e);
}

/* The packs that the inventory names: as many, and all there? */
static int
check_inventory(const struct drill *x, struct err *e)
{
	struct packs p = { .store = x->d->store };
	struct gang g = { .workers = GANG_FAR, .work = see_pack, .cookie = &p };
	int rc;

	if (inventory_list(p.store, &x->s->inventory, &p.list, &g.n, e) == -1)
		return -1;
	rc = gang_run(&g, e);
	free(p.list);
	if (rc == 0 && g.n != x->s->packs)
		return err_set(e, ERR_DAMAGED, "it lists %zu packs", g.n);
	return rc;
}

/* What says what is allowed, what is needed and how it was taken. */
static int
check_papers(struct drill *x, struct err *e)
{
	char required[RECEIPT_TEXT_MAX];
	struct step step = { "charter", "every one intact and signed by the "
	    "root", "all are", clock_monotonic() };
	int rc = 0;

	if (x->d->refused > 0) {
		*e = x->d->refusal;
		e->kind = ERR_DAMAGED;	/* a no, whatever it was */
		rc = -1;
	}
	if (drill_record(x, &step, rc, e) == -1)
		return -1;

	(void)snprintf(required, sizeof(required), "intact, its %llu packs "
	    "there", (unsigned long long)x->s->packs);
	step = (struct step){ "inventory", required, required,
	    clock_monotonic() };
	rc = check_inventory(x, e);
	if (rc == -1 && e->kind == ERR_REMOTE)
		return -1;		/* the store's server, not ours */
	if (drill_record(x, &step, rc, e) == -1)
		return -1;

	x->broken = false;	/* the copy may be whole all the same */
	step = (struct step){ "recipe", "readable with the recovery key",
	    "read", clock_monotonic() };
	rc = sealed_get(x->d->chunks, x->s, &x->recipe, e);
	return drill_record(x, &step, rc, e);
}

static int
damage(struct drill *x, struct err *e)
{
	const struct drill_copy copy = { x->place.login, x->server != NULL ?
	    x->place.database : NULL, x->place.files, x->place.config };

	return x->o->damage == NULL || x->broken ? 0 :
	    x->o->damage(x->o->damage_cookie, &copy, e);
}

static int
run(struct drill *x, struct err *e)
{
	if (begin(x, e) == -1 || check_papers(x, e) == -1)
		return -1;
	if ((x->dry = depot_dry(x->d, e)) == NULL ||
	    drill_choose(x, e) == -1 || drill_provision(x, e) == -1 ||
	    drill_restore(x, e) == -1)
		return -1;
	drill_place(x);
	if (damage(x, e) == -1)
		return -1;
	drill_phase_begin(x, "check");
	if (drill_prove(x, e) == -1 || drill_check(x, e) == -1)
		return -1;
	drill_phase_end(x, 0);
	figures_fill(x->r, x->d->chunks);
	if (intr_check(e) == -1 ||
	    (x->o->share == 0 && drill_rehearse(x, e) == -1) ||
	    figures_check(x->r, x->s, x->broken, e) == -1)
		return -1;
	return finish(x, e);
}

/* A full disk shows in many ways, not all of which say where. */
static void
tell_if_full(const char *where, struct err *e)
{
	char text[NUM_TEXT_MAX];
	struct statvfs v;
	uint64_t left;

	if (e->kind == ERR_INTERRUPTED || statvfs(where, &v) == -1)
		return;
	left = (uint64_t)v.f_bavail * v.f_frsize;
	if (v.f_files > 0 && v.f_favail == 0)
		left = 0;
	if (left >= LITTLE &&
	    strstr(e->text, "No space left on device") != NULL)
		(void)err_add(e, "no file can be made in %s (policy: "
		    "drill.scratch)", where);
	else if (e->sys == ENOSPC || left < LITTLE)
		(void)err_add(e, "there is %s left in %s (policy: "
		    "drill.scratch)", num_format_size(left, text), where);
}

int
drill_run(struct depot *d, const struct snapshot *s,
    const struct drill_options *o, struct receipt *r, struct err *e)
{
	struct drill *x;
	size_t i;
	int rc = -1;

	memset(r, 0, sizeof(*r));
	if ((x = calloc(1, sizeof(*x))) == NULL)
		return err_memory(e);
	x->d = d;
	x->s = s;
	x->o = o;
	x->r = r;
	if ((x->mask = mask_new(e)) != NULL)
		rc = run(x, e);
	if (rc == -1) {
		tell_if_full(o->scratch, e);
		(void)err_add(e, "the drill could not be carried out");
		receipt_drop(r);
	}
	if (x->dry != NULL)
		chunks_close(x->dry);
	db_sample_free(x->tables);
	db_server_free(x->server);
	scratch_free(x->scratch);
	recipe_free(&x->recipe);
	for (i = 0; i < SNAPSHOT_PARTS_MAX; i++)
		recorded_free(x->owners[i]);
	mask_free(x->mask);
	free(x);
	return rc;
}

int
drill_sign(const struct depot *d, struct receipt *r, struct err *e)
{
	struct trail_new new = { .kind = TRAIL_RECEIPTS, .site = r->site,
	    .utc = r->finished };
	int rc = -1;

	if ((new.subject = receipt_subject(r, e)) != NULL &&
	    (new.predicate = receipt_predicate(r, e)) != NULL)
		rc = trail_put(d, &new, r->object, &r->digest, e);
	if (rc == -1)
		(void)err_add(e, "cannot sign the receipt");
	json_decref(new.subject);
	json_decref(new.predicate);
	return rc;
}
