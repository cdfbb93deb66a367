/*
 * Rules about the drill.  A receipt opens the gate only when it is the newest
 * of the site, was signed by a host that the charter lets sign receipts, is
 * of this store, this policy and a snapshot that exists, when every check that
 * the policy demands is in it by name, and all passed.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "drill/drill.h"
#include "drill/figures.h"
#include "gate/rules.h"
#include "policy/policy.h"
#include "snapshot/trail.h"

#define NANO 1000000000
#define MILLION 1000000

struct search {
	struct evidence	*x;
	uint64_t	 damaged;
	struct err	 why;
};

/*
 * A sampled drill that passed says less than a whole one before it: where a
 * whole one is wanted, it does not take its place.
 */
static bool
is_beside(const struct evidence *x, const struct receipt *r)
{
	return x->has_r && receipt_is_whole(x->r.kind) && r->passed &&
	    !receipt_is_whole(r->kind) &&
	    x->o->policy->gate_coverage >= MILLION;
}

/* The newest receipt of the site wins: they come oldest first. */
static int
consider(void *cookie, const struct trail_item *item, struct err *e)
{
	struct search *f = cookie;
	struct receipt r;

	(void)e;
	memset(&r, 0, sizeof(r));
	if (item->statement == NULL ||
	    receipt_parse(&r, item->statement, &f->why) == -1) {
		if (item->statement == NULL)
			f->why = *item->why;
		(void)err_add(&f->why, "%s", item->object);
		f->damaged++;
		receipt_drop(&r);
		return 0;
	}
	if (strcmp(r.site, f->x->o->policy->site) != 0 ||
	    strcmp(r.kind, "sabotage") == 0 ||
	    strcmp(r.kind, "doctor") == 0 || is_beside(f->x, &r)) {
		receipt_drop(&r);
		return 0;
	}
	receipt_drop(&f->x->r);
	f->x->r = r;
	f->x->r.digest = item->digest;
	(void)snprintf(f->x->r.object, sizeof(f->x->r.object), "%s",
	    item->object);
	(void)snprintf(f->x->r.signer, sizeof(f->x->r.signer), "%s",
	    item->signer);
	f->x->has_r = true;
	return 0;
}

static void
rule_fresh(struct evidence *x)
{
	const struct policy *p = x->o->policy;
	int64_t age = (x->now - x->r.finished) / NANO;
	char required[RECEIPT_TEXT_MAX], seen[RECEIPT_TEXT_MAX];
	char text[NUM_TEXT_MAX];

	(void)snprintf(required, sizeof(required), "at most %s old",
	    num_format_seconds((double)p->gate_drill_age, text));
	(void)snprintf(seen, sizeof(seen), "%s%s",
	    num_format_seconds((double)(age < 0 ? -age : age), text),
	    age < 0 ? " in the future" : " old");
	rule_add(x, "drill age", age >= -(int64_t)p->gate_clock_skew &&
	    age <= (int64_t)p->gate_drill_age ? RULE_PASS : RULE_FAIL,
	    x->r.object, required, seen);
}

/* The snapshot it drilled must exist, and be of this site and store. */
static int
rule_same(struct evidence *x, struct err *e)
{
	enum rule_result result = RULE_PASS;
	struct snapshot *s;
	struct err why;
	char seen[RECEIPT_TEXT_MAX];

	err_clear(&why);
	if ((s = malloc(sizeof(*s))) == NULL)
		return err_memory(e);
	if (trail_get_snapshot(x->d, &x->r.snapshot, s, &why) == -1) {
		if (why.kind == ERR_INTERRUPTED) {
			free(s);
			*e = why;
			return -1;
		}
		result = why.kind == ERR_ABSENT || why.kind == ERR_DAMAGED ?
		    RULE_FAIL : RULE_UNKNOWN;
		(void)snprintf(seen, sizeof(seen), "%.500s", why.text);
	} else {
		if (strcmp(s->site, x->r.site) != 0 ||
		    strcmp(s->store, x->d->charter.store) != 0 ||
		    strcmp(x->r.store, x->d->charter.store) != 0)
			result = RULE_FAIL;
		(void)snprintf(seen, sizeof(seen), "%s", s->object);
	}
	rule_add(x, "drill snapshot", result, x->r.object,
	    "a snapshot of this site and store", seen);
	free(s);
	return 0;
}

struct expected {
	struct evidence	*x;
	size_t		 n, missing;
	char		 first[RECEIPT_TEXT_MAX];
};

static int
expect(void *cookie, const char *name)
{
	struct expected *w = cookie;
	size_t i;

	w->n++;
	for (i = 0; i < w->x->r.n_checks; i++)
		if (strcmp(w->x->r.checks[i].name, name) == 0)
			return 0;
	if (w->missing++ == 0)
		(void)snprintf(w->first, sizeof(w->first), "%s", name);
	return 0;
}

static void
rule_checks(struct evidence *x)
{
	struct expected w = { .x = x };
	char required[RECEIPT_TEXT_MAX], seen[RECEIPT_TEXT_MAX];
	size_t i;

	if (x->has_s)
		(void)drill_expected(x->o->policy, &x->s, x->r.kind,
		    expect, &w);
	(void)snprintf(required, sizeof(required), "%zu checks by name", w.n);
	if (!x->has_s)
		(void)snprintf(seen, sizeof(seen), "no snapshot to say which");
	else if (w.missing > 0)
		(void)snprintf(seen, sizeof(seen), "%zu not carried out: "
		    "%.300s", w.missing, w.first);
	else
		(void)snprintf(seen, sizeof(seen), "%zu", x->r.n_checks);
	rule_add(x, "drill complete", !x->has_s ? RULE_UNKNOWN : w.n > 0 &&
	    w.missing == 0 ? RULE_PASS : RULE_FAIL, x->r.object,
	    x->has_s ? required : "every check, by name", seen);
	for (i = 0; i < x->r.n_checks && x->r.checks[i].passed; i++)
		;
	if (i < x->r.n_checks)
		(void)snprintf(seen, sizeof(seen), "%.150s: %.300s",
		    x->r.checks[i].name, x->r.checks[i].seen);
	rule_add(x, "drill passed", x->r.passed && i == x->r.n_checks ?
	    RULE_PASS : RULE_FAIL, x->r.object, "every check passed",
	    i < x->r.n_checks ? seen : "all did");
}

static void
rule_rto(struct evidence *x)
{
	const struct policy *p = x->o->policy;
	double limit = (double)p->rto *
	    (1.0 - (double)p->gate_margin / MILLION);
	char required[RECEIPT_TEXT_MAX], seen[RECEIPT_TEXT_MAX];
	char text[NUM_TEXT_MAX];
	double took;

	if (p->rto == 0)
		return;
	(void)snprintf(required, sizeof(required), "restore in at most %s",
	    num_format_seconds(limit, text));
	if (p->gate_margin > 0) {
		size_t n = strlen(required);

		(void)snprintf(required + n, sizeof(required) - n,
		    " (%s less %g %%)", num_format_seconds((double)p->rto,
		    text), (double)p->gate_margin * 100 / MILLION);
	}
	took = x->timed.total + (double)x->timed.declared;
	if (x->has_timed)
		(void)snprintf(seen, sizeof(seen), "%s",
		    num_format_seconds(took, text));
	else
		(void)snprintf(seen, sizeof(seen), "no drill of a whole "
		    "snapshot: the time of a sample says nothing");
	rule_add(x, "rto", x->has_timed && x->timed.total > 0 &&
	    took <= limit ? RULE_PASS : RULE_FAIL, x->has_timed ?
	    x->timed.object : x->r.object, required, seen);
}

/* The server that production runs now is the one the copy was loaded in. */
static void
rule_server(struct evidence *x)
{
	const struct part *db = NULL;
	const char *dot;
	size_t i, n;

	for (i = 0; x->has_s && i < x->s.n_parts; i++)
		if (x->s.parts[i].kind == PART_DB)
			db = &x->s.parts[i];
	if (db == NULL)
		return;
	n = strcspn(db->db.version, ".");
	dot = db->db.version + n;
	n += *dot == '.' ? 1 + strspn(dot + 1, "0123456789") : 0;
	rule_add(x, "drill server", n > 0 && strncmp(db->db.version,
	    x->r.server, n) == 0 && !isdigit((unsigned char)x->r.server[n]) ?
	    RULE_PASS : RULE_FAIL, x->r.object, db->db.version,
	    x->r.server[0] != '\0' ? x->r.server : "none");
}

/*
 * Between whole drills sampled ones may do; then the last whole one must have
 * passed not too long ago, and its time is the one that counts.
 */
static void
rule_whole(struct evidence *x)
{
	const struct policy *p = x->o->policy;
	const struct past_drill *d;
	char required[RECEIPT_TEXT_MAX], seen[RECEIPT_TEXT_MAX];
	char text[NUM_TEXT_MAX];
	int64_t age;

	if (receipt_is_whole(x->r.kind)) {
		history_keep(&x->timed, &x->r, x->r.object);
		x->has_timed = true;
		return;
	}
	if ((d = history_newest_whole(&x->h)) != NULL) {
		x->timed = *d;
		x->has_timed = true;
	}
	if (p->gate_coverage >= MILLION)
		return;			/* refused for its kind */
	age = d == NULL ? 0 : (x->now - d->finished) / NANO;
	(void)snprintf(required, sizeof(required), "one of the whole "
	    "snapshot that passed, at most %s old",
	    num_format_seconds((double)p->gate_full_age, text));
	if (d == NULL)
		(void)snprintf(seen, sizeof(seen), "none");
	else
		(void)snprintf(seen, sizeof(seen), "%s, %s old",
		    d->passed ? "passed" : "FAILED",
		    num_format_seconds((double)age, text));
	rule_add(x, "full drill", d != NULL && d->passed &&
	    age <= (int64_t)p->gate_full_age ? RULE_PASS : RULE_FAIL,
	    d != NULL ? d->object : "receipts/", required, seen);
}

static void
rule_origin(struct evidence *x)
{
	const struct policy *p = x->o->policy;
	bool sampled = strcmp(x->r.kind, "sampled") == 0;
	bool whole = receipt_is_whole(x->r.kind);
	char share[2 * RECEIPT_TEXT_MAX], text[RECEIPT_TEXT_MAX], least[64];

	rule_add(x, "drill kind", whole || (sampled &&
	    p->gate_coverage < MILLION) ? RULE_PASS : RULE_FAIL, x->r.object,
	    p->gate_coverage < MILLION ? "full, exercise or sampled" :
	    "full or exercise", x->r.kind);
	(void)snprintf(least, sizeof(least), "at least %g %% of the bytes",
	    (double)p->gate_coverage * 100 / MILLION);
	(void)snprintf(share, sizeof(share), "%.3g %%%s%s",
	    x->r.coverage * 100, sampled ? ": " : "", sampled ?
	    receipt_sample_text(&x->r.sample, text) : "");
	rule_add(x, "drill coverage", x->r.coverage * MILLION + 1e-6 >=
	    (double)p->gate_coverage ? RULE_PASS : RULE_FAIL, x->r.object,
	    least, share);
	rule_policy(x, "drill policy", x->r.object, &x->r.policy);
}

int
rules_drill(struct evidence *x, struct err *e)
{
	struct search f = { .x = x };
	struct err why;
	char seen[RECEIPT_TEXT_MAX];

	err_clear(&why);
	if (trail_each(x->d, TRAIL_RECEIPTS, consider, &f, &why) != 0) {
		if (why.kind == ERR_INTERRUPTED) {
			*e = why;
			return -1;
		}
		rule_add(x, "drill", RULE_UNKNOWN, "", "a signed receipt",
		    why.text);
		return 0;
	}
	if (f.damaged > 0) {
		(void)snprintf(seen, sizeof(seen), "%llu cannot be believed: "
		    "%.400s", (unsigned long long)f.damaged, f.why.text);
		rule_add(x, "drill trail", RULE_FAIL, "receipts/",
		    "every receipt intact and signed", seen);
	}
	if (!x->has_r) {
		rule_add(x, "drill", RULE_FAIL, "",
		    "a signed receipt of the site", "none");
		return 0;
	}
	(void)snprintf(seen, sizeof(seen), "%.250s, signed by %.100s",
	    x->r.object, x->r.signer);
	rule_add(x, "drill", RULE_PASS, x->r.object,
	    "a signed receipt of the site", seen);
	rule_fresh(x);
	if (rule_same(x, e) == -1)
		return -1;
	rule_origin(x);
	rule_whole(x);
	rule_server(x);
	rule_checks(x);
	rule_rto(x);
	return 0;
}
