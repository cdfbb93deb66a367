#ifndef REPORT_NOTIFY_H
#define REPORT_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "report/runs.h"

/*
 * What the policy's notify wants to be told of a run: pings when it starts
 * and ends, and metrics for Prometheus.  Whatever goes wrong here is a warning
 * on standard error, and never changes how the run ends.  One of zeros, or
 * NULL, does nothing.
 */
struct notify {
	const char	*policy;	/* file, or NULL */
	int64_t		 begun;		/* UTC ns; 0: nothing is to be told */
	int64_t		 ticks;		/* by the stopwatch */
	struct run	 run;
};

/* The run of a job ("drill") begins, by this policy. */
void	notify_begin(struct notify *, const char *policy, const char *job);

/*
 * A figure of the run, for its metrics: a name such as "ship_sent_bytes",
 * and what a label says of it (a store's name), or "".
 */
void	notify_fact(struct notify *, const char *name, const char *label,
	    double value);

/* It ended, and the process exits with this status. */
void	notify_end(struct notify *, int status);

#endif
