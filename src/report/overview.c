/*
 * What a report tells of a site: see overview.h.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/num.h"
#include "base/want.h"
#include "policy/policy.h"
#include "report/overview.h"
#include "snapshot/chain.h"
#include "snapshot/trail.h"
#include "store/store.h"

#define NANO INT64_C(1000000000)
#define PAST (400 * INT64_C(86400) * NANO)
#define URN "urn:muster:site:"

static int
keep_verdict(void *cookie, const struct trail_item *item, struct err *e)
{
	struct overview *o = cookie;
	json_t *p = json_object_get(item->statement, "predicate");
	const char *uri = json_string_value(json_object_get(p,
	    "resourceUri"));

	(void)e;
	if (uri == NULL || strncmp(uri, URN, strlen(URN)) != 0 ||
	    strcmp(uri + strlen(URN), o->policy->site) != 0)
		return 0;
	json_decref(o->verdict);
	o->verdict = json_incref(p);
	return 0;
}

static int
count_problems(struct overview *o, const struct depot *d, struct err *e)
{
	static const enum trail_kind kinds[] = {
		TRAIL_RECEIPTS, TRAIL_VERDICTS
	};
	struct chain c;
	size_t i;
	int rc = 0;

	for (i = 0; i < 2 && rc == 0; i++) {
		rc = chain_load(&c, d, kinds[i], o->policy->site,
		    o->policy->gate_clock_skew, e);
		o->chain_problems += c.problems;
		chain_drop(&c);
	}
	return rc;
}

int
overview_load(struct overview *o, const struct depot *d,
    const struct policy *p, struct err *e)
{
	memset(o, 0, sizeof(*o));
	o->policy = p;
	o->url = store_url(d->store);
	o->now = clock_utc();
	if (history_load(&o->h, d, p, o->now - PAST, e) == -1 ||
	    trail_each_since(d, TRAIL_VERDICTS, o->now - PAST, keep_verdict,
	    o, e) != 0 || count_problems(o, d, e) == -1)
		return -1;
	o->has_forecast = forecast_make(&o->f, &o->h);
	return 0;
}

void
overview_drop(struct overview *o)
{
	history_drop(&o->h);
	json_decref(o->verdict);
	memset(o, 0, sizeof(*o));
}

const struct past_snapshot *
overview_snapshot(const struct overview *o)
{
	size_t i, n = o->h.n_snapshots;

	for (i = n; i-- > 0; )
		if (o->h.snapshots[i].complete)
			return &o->h.snapshots[i];
	return n > 0 ? &o->h.snapshots[n - 1] : NULL;
}

const struct past_drill *
overview_drill(const struct overview *o)
{
	size_t i;

	for (i = o->h.n_drills; i-- > 0; )
		if (receipt_is_drill(o->h.drills[i].kind))
			return &o->h.drills[i];
	return NULL;
}

const struct past_verdict *
overview_verdict(const struct overview *o)
{
	return o->h.n_verdicts > 0 ? &o->h.verdicts[o->h.n_verdicts - 1] :
	    NULL;
}

double
overview_gap(const struct overview *o, size_t i)
{
	const struct past_snapshot *v = o->h.snapshots;
	size_t next = history_complete(&o->h, i + 1);
	int64_t end = next < o->h.n_snapshots ? v[next].finished : o->now;

	return v[i].complete ? (double)(end - v[i].point) / 1e9 : -1;
}

double
overview_worst(const struct overview *o)
{
	double gap, worst = -1;
	size_t i;

	for (i = 0; i < o->h.n_snapshots; i++) {
		gap = overview_gap(o, i);
		worst = gap > worst ? gap : worst;
	}
	return worst;
}

double
overview_lost(const struct overview *o)
{
	const struct past_snapshot *s = overview_snapshot(o);

	return s != NULL ? overview_gap(o, (size_t)(s - o->h.snapshots)) : -1;
}

double
overview_limit(const struct overview *o)
{
	return (double)o->policy->rto *
	    (1 - (double)o->policy->gate_margin / 1e6);
}

static json_t *
snapshots_json(const struct overview *o)
{
	const struct past_snapshot *s;
	json_t *list = json_array();
	size_t i;

	for (i = 0; list != NULL && i < o->h.n_snapshots; i++) {
		s = &o->h.snapshots[i];
		if (json_array_append_new(list, json_pack("{s:o, s:o, s:I, "
		    "s:I, s:I, s:b, s:o}",
		    "finished", want_make_time(s->finished), "point",
		    want_make_time(s->point), "bytes", (json_int_t)s->bytes,
		    "new_bytes", (json_int_t)s->new_bytes, "unread",
		    (json_int_t)s->unread, "complete", s->complete,
		    "gap_seconds", s->complete ? json_real(overview_gap(
		    o, i)) : json_null())) == -1) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *
drill_json(const struct past_drill *d)
{
	json_t *phases = json_object();
	size_t i;

	for (i = 0; phases != NULL && i < d->n_phases; i++)
		if (json_object_set_new(phases, d->phases[i].name,
		    json_real(d->phases[i].seconds)) == -1) {
			json_decref(phases);
			return NULL;
		}
	return json_pack("{s:o, s:s, s:s, s:b, s:f, s:I, s:I, s:f, s:s, s:o}",
	    "finished", want_make_time(d->finished), "kind", d->kind,
	    "host", d->host, "passed", d->passed, "seconds", d->total,
	    "declared_seconds", (json_int_t)d->declared, "bytes",
	    (json_int_t)d->bytes, "coverage", d->coverage, "bottleneck",
	    d->bottleneck, "phases", phases);
}

static json_t *
drills_json(const struct overview *o)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; list != NULL && i < o->h.n_drills; i++)
		if (json_array_append_new(list,
		    drill_json(&o->h.drills[i])) == -1) {
			json_decref(list);
			return NULL;
		}
	return list;
}

json_t *
overview_json(const struct overview *o)
{
	const struct forecast *f = &o->f;
	json_t *forecast = NULL;

	if (o->has_forecast)
		forecast = json_pack("{s:f, s:f, s:f, s:f, s:b, s:b, s:i}",
		    "seconds", f->seconds, "bytes_per_day", f->bytes_per_day,
		    "speed", f->speed, "speed_per_day", f->speed_per_day,
		    "size_has_trend", f->sized, "speed_has_trend", f->timed,
		    "missed_in_days", forecast_days_left(f,
		    overview_limit(o)));
	return json_pack("{s:s, s:s, s:o, s:I, s:I, s:f, s:o, s:o, s:O?, "
	    "s:o?, s:I}", "site", o->policy->site, "store", o->url, "time",
	    want_make_time(o->now), "rto_seconds",
	    (json_int_t)o->policy->rto, "rpo_seconds",
	    (json_int_t)o->policy->rpo, "rto_limit_seconds",
	    overview_limit(o), "snapshots", snapshots_json(o), "drills",
	    drills_json(o), "verdict", o->verdict, "forecast", forecast,
	    "trail_problems", (json_int_t)o->chain_problems);
}
