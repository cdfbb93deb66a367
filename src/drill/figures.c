/*
 * What a drill's stopwatch means.  The promise: no figure that cannot be true
 * passes for a measurement, and nothing that a recovery has to wait for is
 * left out of the RTO.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "drill/figures.h"
#include "pack/chunks.h"

/*
 * No machine restores faster than this (bytes a second; it is near what one
 * core can copy in memory).
 */
#define SPEED_LIMIT 20e9

/* Time outside of all phases, and what a clock may be corrected meanwhile. */
#define SLACK_SECONDS 10.0
#define SLACK_SHARE 0.1

static bool
is_streaming(const struct phase *p)
{
	return p->bytes > 0;
}

static double
work_seconds(const struct receipt *r, const char *name)
{
	for (size_t i = 0; i < r->n_work; i++)
		if (strcmp(r->work[i].name, name) == 0)
			return r->work[i].seconds;
	return 0;
}

const char *
figures_bottleneck(const struct receipt *r)
{
	const struct phase *longest = NULL;
	double streaming = 0;
	size_t i;

	for (i = 0; i < r->n_phases; i++) {
		if (longest == NULL ||
		    r->phases[i].seconds > longest->seconds)
			longest = &r->phases[i];
		if (is_streaming(&r->phases[i]))
			streaming += r->phases[i].seconds;
	}
	if (longest == NULL)
		return "";
	if (!is_streaming(longest) && longest->seconds > streaming)
		return longest->name;
	if (work_seconds(r, "fetch") > streaming / 2)
		return "fetch";
	if (work_seconds(r, "open") > streaming / 2)
		return "open";
	return longest->name;
}

static void
add_work(struct receipt *r, const char *name, double seconds, uint64_t bytes)
{
	struct phase *w = &r->work[r->n_work++];

	(void)snprintf(w->name, sizeof(w->name), "%s", name);
	w->seconds = seconds;
	w->bytes = bytes;
}

void
figures_fill(struct receipt *r, const struct chunks *c)
{
	struct chunks_stats st;
	double workers;
	size_t i;

	chunks_stats(c, &st);
	workers = st.workers > 0 ? (double)st.workers : 1.0;
	r->n_work = 0;
	add_work(r, "fetch", st.fetch_seconds / workers, st.fetched_bytes);
	add_work(r, "open", st.open_seconds / workers, st.opened_bytes);
	r->total = 0;
	for (i = 0; i < r->n_phases; i++)
		r->total += r->phases[i].seconds;
	(void)snprintf(r->bottleneck, sizeof(r->bottleneck), "%s",
	    figures_bottleneck(r));
}

double
figures_rto(const struct receipt *r)
{
	return r->total + (double)r->declared;
}

static int
check_rto(struct receipt *r, bool broken, struct err *e)
{
	char required[RECEIPT_TEXT_MAX], seen[RECEIPT_TEXT_MAX];
	char text[NUM_TEXT_MAX], more[NUM_TEXT_MAX];
	double took = figures_rto(r);
	const struct outcome made = { "rto", required, seen,
	    r->total > 0 && took <= (double)r->rto && !broken, 0,
	    NULL };

	(void)snprintf(required, sizeof(required), "at most %s",
	    num_format_seconds((double)r->rto, text));
	if (r->declared > 0)
		(void)snprintf(seen, sizeof(seen), "%s and %s declared for "
		    "provisioning", num_format_seconds(r->total, text),
		    num_format_seconds((double)r->declared, more));
	else
		(void)snprintf(seen, sizeof(seen), "%s%s",
		    num_format_seconds(r->total, text),
		    broken ? ", but not all is back" : "");
	return receipt_add(r, &made, e);
}

static int
check_rpo(struct receipt *r, double lost, struct err *e)
{
	char required[RECEIPT_TEXT_MAX], seen[RECEIPT_TEXT_MAX];
	char text[NUM_TEXT_MAX];
	const struct outcome made = { "rpo", required, seen,
	    lost >= 0 && lost <= (double)r->rpo, 0, NULL };

	(void)snprintf(required, sizeof(required),
	    "recovery point at most %s before the snapshot's end",
	    num_format_seconds((double)r->rpo, text));
	(void)snprintf(seen, sizeof(seen), "%s",
	    num_format_seconds(lost, text));
	return receipt_add(r, &made, e);
}

int
figures_check(struct receipt *r, const struct snapshot *s, bool broken,
    struct err *e)
{
	if (r->rto > 0 && check_rto(r, broken, e) == -1)
		return -1;
	if (r->rpo == 0)
		return 0;
	return check_rpo(r, (double)(s->finished - s->point) / 1e9, e);
}

const char *
figures_implausible(const struct receipt *r)
{
	double span = (double)(r->finished - r->started) / 1e9;
	double timed = r->total;
	size_t i;

	if (!(r->total > 0) || !isfinite(r->total))
		return "it took no time at all";
	for (i = 0; i < r->n_phases; i++)
		if ((double)r->phases[i].bytes > SPEED_LIMIT *
		    r->phases[i].seconds)
			return "bytes were restored faster than any machine "
			    "moves them";
	for (i = 0; i < r->n_after; i++)
		timed += r->after[i].seconds;
	if (fabs(span - timed) > SLACK_SECONDS + SLACK_SHARE * timed)
		return "the clock did not run with the stopwatch";
	return NULL;
}
