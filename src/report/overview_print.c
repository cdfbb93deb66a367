/*
 * The report in a terminal.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/num.h"
#include "cli/table.h"
#include "policy/policy.h"
#include "report/overview.h"

#define NANO INT64_C(1000000000)
#define CELL 256

static int
row(struct table *t, const char *what, const char *now, const char *more,
    struct err *e)
{
	const char *const cells[] = { "", what, now, more };

	return table_row(t, cells, e);
}

static char *
ago(const struct overview *o, int64_t when, char text[CELL])
{
	char span[NUM_TEXT_MAX], at[CLOCK_TEXT_MAX];

	(void)snprintf(text, CELL, "%s, %s ago", clock_format(when, at),
	    num_format_seconds((double)((o->now - when) / NANO), span));
	return text;
}

static int
snapshot_rows(const struct overview *o, struct table *t, struct err *e)
{
	const struct past_snapshot *s = overview_snapshot(o);
	char text[CELL], more[CELL], size[NUM_TEXT_MAX], fresh[NUM_TEXT_MAX];

	if (s == NULL)
		return row(t, "snapshot", "none", "", e);
	(void)snprintf(more, sizeof(more), "%s, %s new%s%s; %zu in the store",
	    num_format_size(s->bytes, size),
	    num_format_size(s->new_bytes, fresh),
	    s->unread > 0 ? ", NOT ALL READ" : "",
	    s->complete ? "" : ", LACKS COMPONENTS", o->h.n_snapshots);
	if (row(t, "snapshot", ago(o, s->finished, text), more, e) == -1)
		return -1;
	if (!s->complete)
		return row(t, "rpo", "all could be lost now",
		    "no snapshot has every component", e);
	(void)snprintf(text, sizeof(text), "%s could be lost now",
	    num_format_seconds(overview_lost(o), size));
	(void)snprintf(more, sizeof(more), "objective %s; worst so far %s",
	    num_format_seconds((double)o->policy->rpo, fresh),
	    num_format_seconds(overview_worst(o), size));
	return row(t, "rpo", text, more, e);
}

static int
drill_rows(const struct overview *o, struct table *t, struct err *e)
{
	const struct past_drill *d = overview_drill(o);
	char text[CELL], more[CELL], took[NUM_TEXT_MAX], aim[NUM_TEXT_MAX];

	if (d == NULL)
		return row(t, "drill", "none", "", e);
	(void)snprintf(more, sizeof(more), "%s %s, %.3g %% restored, "
	    "bottleneck: %s", d->kind, d->passed ? "passed" : "FAILED",
	    d->coverage * 100, d->bottleneck);
	if (row(t, "drill", ago(o, d->finished, text), more, e) == -1)
		return -1;
	if ((d = history_newest_whole(&o->h)) == NULL)
		return row(t, "rto", "not known", "no full drill yet", e);
	(void)snprintf(text, sizeof(text), "%s to recover",
	    num_format_seconds(d->total + (double)d->declared, took));
	(void)snprintf(more, sizeof(more), "objective %s",
	    num_format_seconds((double)o->policy->rto, aim));
	return row(t, "rto", text, more, e);
}

static int
forecast_row(const struct overview *o, struct table *t, struct err *e)
{
	char text[CELL], size[NUM_TEXT_MAX];
	int days;

	if (!o->has_forecast)
		return row(t, "forecast", "not yet", "", e);
	days = forecast_days_left(&o->f, overview_limit(o));
	if (days < 0)
		(void)snprintf(text, sizeof(text), "the RTO holds");
	else
		(void)snprintf(text, sizeof(text), "the RTO is MISSED in %d "
		    "days", days);
	return row(t, "forecast", text, o->f.sized ? num_format_size(
	    (uint64_t)(o->f.bytes_per_day < 0 ? 0 : o->f.bytes_per_day),
	    size) : "no trend yet", e);
}

static int
verdict_rows(const struct overview *o, struct table *t, struct err *e)
{
	const struct past_verdict *v = overview_verdict(o);
	const json_t *rules, *r;
	char text[CELL];
	const char *result;
	size_t i;

	if (v == NULL)
		return row(t, "verdict", "none", "", e);
	if (row(t, "verdict", v->overridden ? "NO-GO, OVERRIDDEN" : v->go ?
	    "GO" : "NO-GO", ago(o, v->utc, text), e) == -1)
		return -1;
	rules = json_object_get(o->verdict, "musterRules");
	json_array_foreach(rules, i, r) {
		result = json_string_value(json_object_get(r, "result"));
		if (result != NULL && strcmp(result, "pass") != 0 &&
		    row(t, result, json_string_value(json_object_get(r,
		    "name")), json_string_value(json_object_get(r, "seen")),
		    e) == -1)
			return -1;
	}
	return 0;
}

int
overview_print(const struct overview *o, struct err *e)
{
	char text[CELL];
	struct table *t;
	int rc = -1;

	printf("%s in %s\n", o->policy->site, o->url);
	if ((t = table_new("llll", NULL, e)) == NULL)
		return -1;
	(void)snprintf(text, sizeof(text), "%llu statements were taken away "
	    "or dated back (muster-report --trail)",
	    (unsigned long long)o->chain_problems);
	if (snapshot_rows(o, t, e) == 0 && drill_rows(o, t, e) == 0 &&
	    forecast_row(o, t, e) == 0 && verdict_rows(o, t, e) == 0 &&
	    (o->chain_problems == 0 || row(t, "trail", text, "", e) == 0))
		rc = table_print(t, e);
	table_free(t);
	return rc;
}
