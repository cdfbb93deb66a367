/*
 * The charts of the report's page: see page_charts.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "policy/policy.h"
#include "report/chart.h"
#include "report/overview.h"
#include "report/page.h"
#include "report/page_charts.h"

#define POINTS 400			/* the newest so many are drawn */
#define COLUMNS 20
#define COLOURS 7
#define DAY (INT64_C(86400) * 1000000000)
#define FORECAST_SHOWN 90

/* Which drills tell how long a recovery takes. */
static bool
is_shown(const struct past_drill *d)
{
	return receipt_is_whole(d->kind) && d->coverage >= 1;
}

/* Indices of the newest `most` drills that are shown, oldest first. */
static size_t
shown_drills(const struct overview *o, size_t most, size_t *at)
{
	size_t i, n = 0, k;

	for (i = o->h.n_drills; i-- > 0 && n < most; )
		if (is_shown(&o->h.drills[i]))
			at[n++] = i;
	for (k = 0; k < n / 2; k++) {
		i = at[k];
		at[k] = at[n - 1 - k];
		at[n - 1 - k] = i;
	}
	return n;
}

static double
larger(double a, double b)
{
	return a > b ? a : b;
}

static void
rto_chart(const struct overview *o, struct page *p)
{
	static const char *const legend[] = { "c0", "passed", "failed",
	    "failed", NULL };
	struct chart c = { .page = p, .unit = CHART_SECONDS, .to = o->now };
	size_t at[POINTS], i, n = shown_drills(o, POINTS, at);
	char text[NUM_TEXT_MAX], when[CLOCK_TEXT_MAX], title[128];
	const struct past_drill *d;
	int64_t x[POINTS] = { 0 };
	double y[POINTS];

	if (n == 0)
		return;
	c.top = (double)o->policy->rto;
	for (i = 0; i < n; i++) {
		d = &o->h.drills[at[i]];
		x[i] = d->finished;
		y[i] = d->total + (double)d->declared;
		c.top = larger(c.top, y[i]);
	}
	c.from = x[0];
	c.top *= 1.05;
	chart_begin(&c, "Recovery time, measured by drills",
	    "How long each drill took, against the objective");
	chart_limit(&c, (double)o->policy->rto, "RTO");
	chart_line(&c, x, y, n, "c0");
	for (i = 0; i < n; i++) {
		d = &o->h.drills[at[i]];
		(void)snprintf(title, sizeof(title), "%s: %s, %s",
		    clock_format(x[i], when), num_format_seconds(y[i], text),
		    d->passed ? "passed" : "failed");
		chart_dot(&c, x[i], y[i], d->passed ? "" : "failed", title);
	}
	chart_note(&c, x[n - 1], y[n - 1],
	    num_format_seconds(y[n - 1], text));
	chart_end(&c, legend);
}

static void
rpo_chart(const struct overview *o, struct page *p)
{
	struct chart c = { .page = p, .unit = CHART_SECONDS, .to = o->now };
	char text[NUM_TEXT_MAX], when[CLOCK_TEXT_MAX], title[128];
	size_t i, k = 0, n = o->h.n_snapshots, first = n;
	int64_t x[POINTS] = { 0 };
	double y[POINTS];

	for (i = 0; i < POINTS && first > 0; )
		i += o->h.snapshots[--first].complete;
	c.top = (double)o->policy->rpo;
	for (i = history_complete(&o->h, first); i < n;
	    i = history_complete(&o->h, i + 1), k++) {
		x[k] = o->h.snapshots[i].point;
		y[k] = overview_gap(o, i);
		c.top = larger(c.top, y[k]);
	}
	if (k == 0)
		return;
	c.from = x[0];
	c.top *= 1.05;
	chart_begin(&c, "What could have been lost after each recovery point",
	    "From each recovery point to the end of the next snapshot, "
	    "against the objective");
	chart_limit(&c, (double)o->policy->rpo, "RPO");
	chart_line(&c, x, y, k, "c0");
	for (i = 0; i < k; i++) {
		(void)snprintf(title, sizeof(title), "%s: %s",
		    clock_format(x[i], when), num_format_seconds(y[i], text));
		chart_dot(&c, x[i], y[i], y[i] > (double)o->policy->rpo ?
		    "failed" : "", title);
	}
	chart_note(&c, x[k - 1], y[k - 1],
	    num_format_seconds(y[k - 1], text));
	chart_end(&c, NULL);
}

/* Number of a phase's name in the legend, which grows with new names. */
static size_t
colour_of(const char *name, const char *names[COLOURS])
{
	size_t i;

	for (i = 0; i < COLOURS - 1 && names[i] != NULL; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	names[i] = name;		/* beyond: the last one, shared */
	return i;
}

static const char *const classes[COLOURS] = {
	"c0", "c1", "c2", "c3", "c4", "c5", "c6"
};

static void
phase_column(struct chart *c, const struct past_drill *d, const size_t at[2],
    const char *names[COLOURS])
{
	char text[NUM_TEXT_MAX], when[CLOCK_TEXT_MAX], title[192];
	double span[2] = { 0, 0 };
	size_t i;

	for (i = 0; i < d->n_phases; i++) {
		span[1] = span[0] + d->phases[i].seconds;
		(void)snprintf(title, sizeof(title), "%s, %s: %s",
		    clock_format(d->finished, when), d->phases[i].name,
		    num_format_seconds(d->phases[i].seconds, text));
		chart_column(c, at[0], at[1], span,
		    classes[colour_of(d->phases[i].name, names)], title);
		span[0] = span[1];
	}
}

static void
end_with_names(struct chart *c, const char *names[COLOURS])
{
	const char *legend[2 * COLOURS + 1] = { NULL };
	size_t i;

	for (i = 0; i < COLOURS && names[i] != NULL; i++) {
		legend[2 * i] = classes[i];
		legend[2 * i + 1] = names[i];
	}
	chart_end(c, legend);
}

static void
phases_chart(const struct overview *o, struct page *p)
{
	struct chart c = { .page = p, .unit = CHART_SECONDS };
	const char *names[COLOURS] = { NULL };
	size_t at[COLUMNS], i, n = shown_drills(o, COLUMNS, at);

	if (n == 0)
		return;
	for (i = 0; i < n; i++)
		c.top = larger(c.top, o->h.drills[at[i]].total);
	c.from = o->h.drills[at[0]].finished;
	c.to = o->h.drills[at[n - 1]].finished;
	chart_begin(&c, "Where the time goes: phases of the last drills",
	    "The phases of each drill, stacked");
	for (i = 0; i < n; i++)
		phase_column(&c, &o->h.drills[at[i]], (size_t[]){ i, n },
		    names);
	end_with_names(&c, names);
}

static void
size_column(struct chart *c, const struct past_snapshot *s,
    const size_t at[2])
{
	static const char *const words[HISTORY_KINDS] = {
		"database", "files", "config", "streams"
	};
	char text[NUM_TEXT_MAX], when[CLOCK_TEXT_MAX], title[192];
	double span[2] = { 0, 0 };
	size_t i;

	for (i = 0; i < HISTORY_KINDS; i++) {
		if (s->sizes[i] == 0)
			continue;
		span[1] = span[0] + (double)s->sizes[i];
		(void)snprintf(title, sizeof(title), "%s, %s: %s",
		    clock_format(s->finished, when), words[i],
		    num_format_size(s->sizes[i], text));
		chart_column(c, at[0], at[1], span, classes[i], title);
		span[0] = span[1];
	}
}

static void
sizes_chart(const struct overview *o, struct page *p)
{
	static const char *const legend[] = { "c0", "database", "c1", "files",
	    "c2", "configuration", "c3", "streams", NULL };
	struct chart c = { .page = p, .unit = CHART_BYTES };
	size_t n = o->h.n_snapshots, columns, i, at;

	if (n == 0)
		return;
	/* evenly over all of them, the newest always */
	columns = n > 2 * COLUMNS ? 2 * COLUMNS : n;
	for (i = 0; i < n; i++)
		c.top = larger(c.top, (double)o->h.snapshots[i].bytes);
	c.from = o->h.snapshots[0].finished;
	c.to = o->h.snapshots[n - 1].finished;
	chart_begin(&c, "Size of snapshots", "The size of each snapshot, by "
	    "component");
	for (i = 0; i < columns; i++) {
		at = columns > 1 ? i * (n - 1) / (columns - 1) : 0;
		size_column(&c, &o->h.snapshots[at],
		    (size_t[]){ i, columns });
	}
	chart_end(&c, legend);
}

static void
forecast_chart(const struct overview *o, struct page *p)
{
	struct chart c = { .page = p, .unit = CHART_SECONDS,
	    .from = o->now, .to = o->now + FORECAST_SHOWN * DAY };
	int64_t x[FORECAST_SHOWN + 1];
	double y[FORECAST_SHOWN + 1], t;
	double limit = overview_limit(o);
	char text[NUM_TEXT_MAX];
	size_t n = 0;
	int day;

	if (!o->has_forecast)
		return;
	c.top = limit;
	for (day = 0; day <= FORECAST_SHOWN; day++) {
		if ((t = forecast_seconds(&o->f, day)) < 0)
			break;
		x[n] = o->now + day * DAY;
		y[n++] = t;
		c.top = larger(c.top, t < 3 * limit ? t : 3 * limit);
	}
	c.top *= 1.05;
	chart_begin(&c, "Forecast: recovery time over the next 90 days",
	    "The expected recovery time, against the objective less the "
	    "margin");
	chart_limit(&c, limit, "RTO less margin");
	chart_line(&c, x, y, n, "c2 dash");
	if (n > 0)
		chart_note(&c, x[n - 1], y[n - 1],
		    num_format_seconds(y[n - 1], text));
	chart_end(&c, NULL);
}

void
page_charts(const struct overview *o, struct page *p)
{
	rto_chart(o, p);
	rpo_chart(o, p);
	phases_chart(o, p);
	sizes_chart(o, p);
	forecast_chart(o, p);
}
