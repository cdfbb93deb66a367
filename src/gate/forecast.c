/*
 * Straight lines through the past: see forecast.h.
 */
#include <stdlib.h>
#include <string.h>

#include "gate/forecast.h"

#define DAY (86400 * 1e9)
#define SIZE_POINTS 3
#define SIZE_DAYS 1.0
#define SPEED_POINTS 5
#define SPEED_DAYS 7.0
#define PAST_DAYS 90.0

/* Sums for a least-squares line. */
struct line {
	size_t	n;
	double	x, y, xx, xy, first, last;
};

static void
line_add(struct line *l, double x, double y)
{
	if (l->n++ == 0)
		l->first = x;
	l->last = x;
	l->x += x;
	l->y += y;
	l->xx += x * x;
	l->xy += x * y;
}

static double
line_slope(const struct line *l)
{
	double n = (double)l->n, below = n * l->xx - l->x * l->x;

	return below > 0 ? (n * l->xy - l->x * l->y) / below : 0;
}

static bool
line_holds(const struct line *l, size_t points, double days)
{
	return l->n >= points && l->last - l->first >= days;
}

static bool
is_full(const struct past_drill *d)
{
	return d->passed && d->coverage >= 1 && d->total > 0 &&
	    receipt_is_whole(d->kind);
}

static void
see_sizes(struct forecast *f, const struct history *h,
    const struct past_snapshot *last)
{
	struct line l = { .n = 0 };
	double x;
	size_t i;

	for (i = 0; i < h->n_snapshots; i++) {
		if (!h->snapshots[i].complete ||
		    h->snapshots[i].physical != last->physical)
			continue;
		x = (double)(h->snapshots[i].point - last->point) / DAY;
		if (x >= -PAST_DAYS)
			line_add(&l, x, (double)h->snapshots[i].bytes);
	}
	f->sized = line_holds(&l, SIZE_POINTS, SIZE_DAYS);
	f->bytes_per_day = f->sized ? line_slope(&l) : 0;
}

static bool
see_speeds(struct forecast *f, const struct history *h,
    const struct past_snapshot *last)
{
	struct line l = { .n = 0 };
	const struct past_drill *newest = NULL, *d;
	double x;
	size_t i;

	for (i = 0; i < h->n_drills; i++) {
		d = &h->drills[i];
		if (!is_full(d) || d->physical != last->physical)
			continue;
		newest = d;
		x = (double)(d->finished - last->point) / DAY;
		if (x >= -PAST_DAYS)
			line_add(&l, x, (double)d->bytes / d->total);
	}
	if (newest == NULL)
		return false;
	f->fixed = (double)newest->declared;
	f->seconds = newest->total + f->fixed;
	f->speed = (double)newest->bytes / newest->total;
	f->timed = line_holds(&l, SPEED_POINTS, SPEED_DAYS);
	f->speed_per_day = f->timed ? line_slope(&l) : 0;
	return true;
}

bool
forecast_make(struct forecast *f, const struct history *h)
{
	const struct past_snapshot *last = NULL;
	size_t i;

	memset(f, 0, sizeof(*f));
	for (i = history_complete(h, 0); i < h->n_snapshots;
	    i = history_complete(h, i + 1))
		last = &h->snapshots[i];
	if (last == NULL)
		return false;
	f->bytes = (double)last->bytes;
	see_sizes(f, h, last);
	return see_speeds(f, h, last);
}

double
forecast_seconds(const struct forecast *f, double days)
{
	double bytes = f->bytes + f->bytes_per_day * days;
	double speed = f->speed + f->speed_per_day * days;

	if (bytes < 0)
		bytes = 0;
	if (bytes <= 0 || f->speed <= 0)
		return f->seconds;
	if (speed <= 0)
		return -1;
	return f->fixed + bytes / speed;
}

int
forecast_days_left(const struct forecast *f, double limit)
{
	double t;
	int day;

	if (f->seconds > limit)
		return 0;
	for (day = 0; day <= FORECAST_DAYS; day++) {
		t = forecast_seconds(f, day);
		if (t < 0 || t > limit)
			return day;
	}
	return -1;
}
