/*
 * The report as a Prometheus textfile, for the node exporter's textfile
 * collector: times are UTC seconds, sizes bytes, answers 0 or 1.
 */
#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "policy/policy.h"
#include "report/overview.h"

#define NANO 1e9

struct metrics {
	struct buf	*b;
	const char	*site;
	struct err	*e;
	int		 rc;
};

/* One gauge; label is `phase="load"` or empty. */
static void
sample(struct metrics *m, const char *name, const char *label, double value)
{
	if (m->rc == 0)
		m->rc = buf_addf(m->b, m->e, "muster_%s{site=\"%s\"%s%s} "
		    "%.15g\n", name, m->site, label[0] != '\0' ? "," : "",
		    label, value);
}

static void
head(struct metrics *m, const char *name, const char *help)
{
	if (m->rc == 0)
		m->rc = buf_addf(m->b, m->e, "# HELP muster_%s %s\n"
		    "# TYPE muster_%s gauge\n", name, help, name);
}

static void
gauge(struct metrics *m, const char *name, const char *help, double value)
{
	head(m, name, help);
	sample(m, name, "", value);
}

static void
snapshots(struct metrics *m, const struct overview *o)
{
	const struct past_snapshot *s = overview_snapshot(o);

	gauge(m, "snapshots", "Snapshots in the store.",
	    (double)o->h.n_snapshots);
	if (s == NULL)
		return;
	gauge(m, "snapshot_last_success_timestamp_seconds",
	    "When the newest complete snapshot was finished.",
	    (double)s->finished / NANO);
	gauge(m, "snapshot_complete", "1 if it has every component of the "
	    "policy: 0 only if none has.", s->complete);
	if (s->complete)
		gauge(m, "recovery_point_timestamp_seconds",
		    "The moment that the newest snapshot shows.",
		    (double)s->point / NANO);
	gauge(m, "snapshot_bytes", "Its size, opened.", (double)s->bytes);
	gauge(m, "snapshot_stored_bytes", "What was stored for it.",
	    (double)s->new_bytes);
	gauge(m, "snapshot_unread_objects", "What could not be read.",
	    (double)s->unread);
}

static void
drills(struct metrics *m, const struct overview *o)
{
	const struct past_drill *d = overview_drill(o);
	const struct past_drill *whole = history_newest_whole(&o->h);
	char label[SNAPSHOT_NAME_MAX + 16];
	size_t i;

	if (d == NULL)
		return;
	gauge(m, "drill_last_run_timestamp_seconds",
	    "When the newest drill was finished.",
	    (double)d->finished / NANO);
	gauge(m, "drill_success", "Whether it passed.", d->passed);
	gauge(m, "drill_duration_seconds", "How long it took.", d->total);
	gauge(m, "drill_bytes", "What it restored.", (double)d->bytes);
	gauge(m, "drill_coverage_ratio", "Of the snapshot's bytes.",
	    d->coverage);
	if (whole != NULL)
		gauge(m, "rto_measured_seconds", "How long a recovery takes, "
		    "with declared provisioning: the newest full drill.",
		    whole->total + (double)whole->declared);
	head(m, "drill_phase_duration_seconds", "Of it, by phase.");
	for (i = 0; i < d->n_phases; i++) {
		if (strpbrk(d->phases[i].name, "\"\\\n") != NULL)
			continue;
		(void)snprintf(label, sizeof(label), "phase=\"%s\"",
		    d->phases[i].name);
		sample(m, "drill_phase_duration_seconds", label,
		    d->phases[i].seconds);
	}
}

static double
rules_failed(const struct overview *o)
{
	const json_t *rules = json_object_get(o->verdict, "musterRules"), *r;
	const char *result;
	double n = 0;
	size_t i;

	json_array_foreach(rules, i, r) {
		result = json_string_value(json_object_get(r, "result"));
		n += result == NULL || strcmp(result, "pass") != 0;
	}
	return n;
}

static void
verdicts(struct metrics *m, const struct overview *o)
{
	const struct past_verdict *v = overview_verdict(o);

	if (v == NULL)
		return;
	gauge(m, "gate_last_run_timestamp_seconds", "When it judged last.",
	    (double)v->utc / NANO);
	gauge(m, "gate_go", "Whether it said GO.", v->go && !v->overridden);
	gauge(m, "gate_overridden", "Whether that was overridden.",
	    v->overridden);
	gauge(m, "gate_rules_not_passed", "Rules that did not pass.",
	    rules_failed(o));
}

int
overview_metrics(const struct overview *o, struct buf *b, struct err *e)
{
	struct metrics m = { b, o->policy->site, e, 0 };

	gauge(&m, "report_timestamp_seconds", "When this was written.",
	    (double)(o->now / 1000000000));
	gauge(&m, "rto_objective_seconds", "Recovery time objective.",
	    (double)o->policy->rto);
	gauge(&m, "rpo_objective_seconds", "Recovery point objective.",
	    (double)o->policy->rpo);
	snapshots(&m, o);
	drills(&m, o);
	verdicts(&m, o);
	if (o->has_forecast)
		gauge(&m, "rto_missed_in_days",
		    "Days until the RTO is missed; -1: not in sight.",
		    forecast_days_left(&o->f, overview_limit(o)));
	gauge(&m, "trail_problems",
	    "Statements taken away, dated back or damaged.",
	    (double)o->chain_problems);
	return m.rc;
}
