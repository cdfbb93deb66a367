/*
 * Rules that hold the newest evidence against the past: what is suddenly
 * smaller, slower, or on its way over the objective is not what it was.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/num.h"
#include "drill/figures.h"
#include "gate/forecast.h"
#include "gate/rules.h"
#include "policy/policy.h"

#define NANO INT64_C(1000000000)
#define MILLION 1000000.0
#define PAST 10				/* so many before it are looked at */
#define PAST_LEAST 3
#define MATERIAL 20			/* a twentieth of the RTO matters */

/*
 * Sizes of a kind in the newest PAST snapshots before the one judged, of the
 * same method.
 */
static size_t
past_sizes(const struct evidence *x, enum part_kind kind, double v[PAST])
{
	const bool physical = snapshot_is_physical(&x->s);
	const struct past_snapshot *p;
	size_t i, n = 0;

	for (i = x->h.n_snapshots; i-- > 0 && n < PAST; ) {
		p = &x->h.snapshots[i];
		if (id_compare(&p->digest, &x->s.digest) != 0 &&
		    p->point <= x->s.point && p->sizes[kind] > 0 &&
		    p->physical == physical)
			v[n++] = (double)p->sizes[kind];
	}
	return n;
}

/* What is wrong with a component's size; false when nothing is. */
static bool
size_is_wrong(const struct evidence *x, const struct part *p,
    char seen[RECEIPT_TEXT_MAX])
{
	const struct policy *o = x->o->policy;
	char now[NUM_TEXT_MAX], before[NUM_TEXT_MAX];
	double v[PAST], median, size = (double)p->root.size;
	size_t n;

	if (p->root.entries == 0) {
		(void)snprintf(seen, RECEIPT_TEXT_MAX, "%s is empty", p->name);
		return true;
	}
	if ((n = past_sizes(x, p->kind, v)) < PAST_LEAST)
		return false;
	median = history_median(v, n);
	if (size >= median * (1 - o->gate_shrink / MILLION) &&
	    (o->gate_growth == 0 ||
	    size <= median * (1 + o->gate_growth / MILLION)))
		return false;
	(void)snprintf(seen, RECEIPT_TEXT_MAX, "%s is %s, the median of %zu "
	    "before it %s", p->name, num_format_size(p->root.size, now), n,
	    num_format_size((uint64_t)median, before));
	return true;
}

static void
rule_size(struct evidence *x)
{
	const struct policy *p = x->o->policy;
	char required[RECEIPT_TEXT_MAX], seen[RECEIPT_TEXT_MAX], more[64] = "";
	double v[PAST];
	size_t i;

	if (p->gate_growth > 0)
		(void)snprintf(more, sizeof(more), " or %g %% larger",
		    (double)p->gate_growth * 100 / MILLION);
	(void)snprintf(required, sizeof(required), "no component empty, or "
	    "%g %% smaller%s than it was",
	    (double)p->gate_shrink * 100 / MILLION, more);
	for (i = 0; i < x->s.n_parts; i++)
		if (size_is_wrong(x, &x->s.parts[i], seen)) {
			rule_add(x, "snapshot size", RULE_FAIL, x->s.object,
			    required, seen);
			return;
		}
	(void)snprintf(seen, sizeof(seen), "as before (%zu looked at)",
	    past_sizes(x, x->s.parts[0].kind, v));
	rule_add(x, "snapshot size", RULE_PASS, x->s.object, required, seen);
}

/*
 * What a disaster just before the end of each snapshot would have cost: from
 * the point before to that end; and from the newest point to now.  One that
 * lacks a component brings no site back.
 */
static void
rule_gaps(struct evidence *x)
{
	const struct policy *p = x->o->policy;
	const struct past_snapshot *v = x->h.snapshots;
	int64_t from = x->now - (int64_t)p->gate_rpo_period * NANO;
	int64_t gap, worst = 0, when = 0;
	char required[RECEIPT_TEXT_MAX], seen[RECEIPT_TEXT_MAX];
	char text[NUM_TEXT_MAX], more[NUM_TEXT_MAX], at[CLOCK_TEXT_MAX];
	const size_t n = x->h.n_snapshots;
	size_t i, next;

	if (p->gate_rpo_period == 0 || p->rpo == 0)
		return;
	for (i = history_complete(&x->h, 0); i < n; i = next) {
		next = history_complete(&x->h, i + 1);
		if (next < n && v[next].finished < from)
			continue;
		gap = (next < n ? v[next].finished : x->now) - v[i].point;
		if (gap > worst) {
			worst = gap;
			when = v[i].point;
		}
	}
	(void)snprintf(required, sizeof(required), "over %s at most %s could "
	    "have been lost", num_format_seconds((double)p->gate_rpo_period,
	    text), num_format_seconds((double)p->rpo, more));
	(void)snprintf(seen, sizeof(seen), "at worst %s, after %s",
	    num_format_seconds((double)(worst / NANO), text),
	    clock_format(when, at));
	rule_add(x, "rpo period", worst > 0 &&
	    worst / NANO <= (int64_t)p->rpo ? RULE_PASS : RULE_FAIL,
	    "snapshots/", required, seen);
}

int
rules_past(struct evidence *x, struct err *e)
{
	(void)e;
	if (!x->has_s)
		return 0;
	rule_size(x);
	rule_gaps(x);
	rule_retention(x);
	return 0;
}

/* Seconds a byte of the drills before this one: same host, kind, method. */
static size_t
past_speeds(const struct evidence *x, double v[PAST])
{
	const struct past_drill *p;
	size_t i, n = 0;

	for (i = x->h.n_drills; i-- > 0 && n < PAST; ) {
		p = &x->h.drills[i];
		if (strcmp(p->object, x->timed.object) != 0 && p->passed &&
		    strcmp(p->kind, x->timed.kind) == 0 &&
		    strcmp(p->host, x->timed.host) == 0 && p->bytes > 0 &&
		    p->finished <= x->timed.finished &&
		    p->physical == x->timed.physical)
			v[n++] = p->total / (double)p->bytes;
	}
	return n;
}

static void
rule_speed(struct evidence *x)
{
	const struct policy *p = x->o->policy;
	char required[RECEIPT_TEXT_MAX], seen[RECEIPT_TEXT_MAX];
	char now[NUM_TEXT_MAX], before[NUM_TEXT_MAX];
	double v[PAST], usual, least = (double)p->rto / MATERIAL;
	bool slow = false;
	const struct past_drill *d = &x->timed;
	size_t n = past_speeds(x, v);

	(void)snprintf(required, sizeof(required), "for its size at most "
	    "%g %% longer than usual", (double)p->gate_slowdown * 100 /
	    MILLION);
	if (n < PAST_LEAST)
		(void)snprintf(seen, sizeof(seen), "%zu before it: too few to "
		    "say what is usual", n);
	else {
		usual = history_median(v, n) * (double)d->bytes;
		slow = d->total > usual * (1 + p->gate_slowdown / MILLION) &&
		    d->total - usual > least;
		(void)snprintf(seen, sizeof(seen), "%s, usual is %s; "
		    "bottleneck: %s", num_format_seconds(d->total, now),
		    num_format_seconds(usual, before), d->bottleneck);
	}
	rule_add(x, "drill speed", slow ? RULE_FAIL : RULE_PASS, d->object,
	    required, seen);
}

static void
rule_forecast(struct evidence *x)
{
	const struct policy *p = x->o->policy;
	double limit = (double)p->rto * (1 - p->gate_margin / MILLION);
	char required[RECEIPT_TEXT_MAX], seen[RECEIPT_TEXT_MAX];
	char text[NUM_TEXT_MAX], then[NUM_TEXT_MAX];
	int days = -1, want = (int)(p->gate_forecast / 86400);
	struct forecast f;

	if (p->gate_forecast == 0 || p->rto == 0)
		return;
	(void)snprintf(required, sizeof(required), "for %s a restore is "
	    "expected to take at most %s",
	    num_format_seconds((double)p->gate_forecast, text),
	    num_format_seconds(limit, then));
	if (!forecast_make(&f, &x->h)) {
		rule_add(x, "forecast", RULE_FAIL, "receipts/", required,
		    "no full drill that passed");
		return;
	}
	days = forecast_days_left(&f, limit);
	if (days >= 0)
		(void)snprintf(seen, sizeof(seen), "missed in %d days", days);
	else
		(void)snprintf(seen, sizeof(seen), "holds for ten years");
	if (!f.sized && !f.timed)
		(void)snprintf(seen + strlen(seen), sizeof(seen) -
		    strlen(seen), " (no trend yet)");
	rule_add(x, "forecast", days >= 0 && days <= want ? RULE_FAIL :
	    RULE_PASS, "receipts/", required, seen);
}

static void
rule_plausible(struct evidence *x)
{
	const char *why = figures_implausible(&x->r);

	rule_add(x, "drill plausible", why == NULL ? RULE_PASS : RULE_FAIL,
	    x->r.object, "figures that can be true", why != NULL ? why :
	    "they can");
}

int
rules_figures(struct evidence *x, struct err *e)
{
	(void)e;
	if (!x->has_r)
		return 0;
	rule_plausible(x);
	if (x->has_timed)		/* else "rto" says that none is */
		rule_speed(x);
	rule_forecast(x);
	return 0;
}
