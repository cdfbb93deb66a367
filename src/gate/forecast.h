#ifndef GATE_FORECAST_H
#define GATE_FORECAST_H

#include <stdbool.h>
#include <stdint.h>

#include "gate/history.h"

/* Where size and speed are going. */
struct forecast {
	double	bytes;		/* of the newest snapshot */
	double	bytes_per_day;	/* 0 without a trend */
	double	seconds;	/* of the newest restore, as it counts */
	double	fixed;		/* of it, not by size: declared */
	double	speed;		/* bytes a second */
	double	speed_per_day;	/* 0 without a trend */
	bool	sized, timed;	/* there is a trend */
};

/* False when there is no snapshot or no full drill that passed. */
bool	forecast_make(struct forecast *, const struct history *);

/* How long a restore would take in so many days; -1: for ever. */
double	forecast_seconds(const struct forecast *, double days);

/*
 * In how many days a restore will take longer than limit seconds: 0 when it
 * does now, -1 when not within FORECAST_DAYS.
 */
#define FORECAST_DAYS 3650
int	forecast_days_left(const struct forecast *, double limit);

#endif
