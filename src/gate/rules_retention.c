/*
 * The rule about retention: nothing is gone that the policy keeps.  A snapshot
 * names the one before it and its time; where that one is not there any more,
 * it may have been pruned only if in each period of the policy a younger one
 * of the same period is there, or the period is out of reach.  One that lacks
 * components which older ones have stands for none of these.  Periods are those
 * of UTC; weeks begin on Monday.
 */
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/num.h"
#include "gate/rules.h"
#include "policy/policy.h"

#define NANO INT64_C(1000000000)
#define HOUR INT64_C(3600)
#define DAY (24 * HOUR)
#define TO_MONDAY (3 * DAY)		/* 1970 began on a Thursday */

enum period { HOURLY, DAILY, WEEKLY, MONTHLY, YEARLY, PERIODS };

/* The number of the period that a moment is in. */
static int64_t
number_of(enum period p, int64_t utc)
{
	time_t s = (time_t)(utc / NANO);
	struct tm tm = { .tm_year = 70 };

	switch (p) {
	case HOURLY:
		return s / HOUR;
	case DAILY:
		return s / DAY;
	case WEEKLY:
		return (s + TO_MONDAY) / (7 * DAY);
	case MONTHLY:
		(void)gmtime_r(&s, &tm);
		return tm.tm_year * 12 + tm.tm_mon;
	default:
		(void)gmtime_r(&s, &tm);
		return tm.tm_year;
	}
}

/*
 * Would the policy keep the newest of this period, and is there none of it
 * that is younger than utc?
 */
static bool
is_missed(const struct history *h, enum period p, uint32_t keep, int64_t utc)
{
	int64_t mine = number_of(p, utc), n, last = mine;
	uint32_t younger = 0;
	size_t i;

	for (i = 0; i < h->n_snapshots; i++) {
		if (h->snapshots[i].finished < utc || !h->snapshots[i].whole)
			continue;
		n = number_of(p, h->snapshots[i].finished);
		if (n == mine)
			return false;
		younger += n > last;
		last = n > last ? n : last;
	}
	return younger < keep;
}

static bool
is_kept(const struct evidence *x, int64_t utc)
{
	const struct policy *p = x->o->policy;
	const uint32_t keep[PERIODS] = {
		p->retention.hourly, p->retention.daily, p->retention.weekly,
		p->retention.monthly, p->retention.yearly,
	};
	uint32_t younger = 0;
	size_t i;
	int k;

	if (x->now - utc < (int64_t)p->retention.within * NANO)
		return true;
	for (i = 0; i < x->h.n_snapshots; i++)
		younger += x->h.snapshots[i].finished > utc &&
		    x->h.snapshots[i].whole;
	if (younger < p->retention.last)
		return true;
	for (k = 0; k < PERIODS; k++)
		if (keep[k] > 0 && is_missed(&x->h, (enum period)k, keep[k],
		    utc))
			return true;
	return false;
}

static bool
is_there(const struct history *h, const struct id *digest)
{
	size_t i;

	for (i = 0; i < h->n_snapshots; i++)
		if (id_compare(&h->snapshots[i].digest, digest) == 0)
			return true;
	return false;
}

static bool
has_retention(const struct policy *p)
{
	return p->retention.within > 0 || p->retention.last > 0 ||
	    p->retention.hourly > 0 || p->retention.daily > 0 ||
	    p->retention.weekly > 0 || p->retention.monthly > 0 ||
	    p->retention.yearly > 0;
}

void
rule_retention(struct evidence *x)
{
	const struct past_snapshot *v = x->h.snapshots;
	char seen[RECEIPT_TEXT_MAX], text[NUM_TEXT_MAX], at[CLOCK_TEXT_MAX];
	size_t i;

	if (!has_retention(x->o->policy) || x->h.n_snapshots == 0)
		return;
	(void)snprintf(seen, sizeof(seen), "%zu, the oldest %s old",
	    x->h.n_snapshots, num_format_seconds((double)((x->now -
	    v[0].finished) / NANO), text));
	for (i = 0; i < x->h.n_snapshots; i++)
		if (v[i].has_previous && !is_there(&x->h, &v[i].previous) &&
		    is_kept(x, v[i].previous_utc)) {
			(void)snprintf(seen, sizeof(seen), "that of %s is "
			    "gone", clock_format(v[i].previous_utc, at));
			rule_add(x, "retention", RULE_FAIL, "snapshots/",
			    "nothing removed that is kept", seen);
			return;
		}
	rule_add(x, "retention", RULE_PASS, "snapshots/",
	    "nothing removed that is kept", seen);
}
