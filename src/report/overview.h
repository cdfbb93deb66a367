#ifndef REPORT_OVERVIEW_H
#define REPORT_OVERVIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "gate/forecast.h"
#include "gate/history.h"
#include "snapshot/depot.h"

struct err;
struct buf;
struct json_t;
struct page;
struct policy;

/* All that a report tells of a site, out of one store. */
struct overview {
	const struct policy	*policy;
	const char		*url;
	int64_t			 now;
	struct history		 h;
	struct forecast		 f;
	bool			 has_forecast;
	struct json_t		*verdict;	/* the last one's predicate */
	uint64_t		 chain_problems;
};

/* Read it; the caller drops it, also after -1. */
int	overview_load(struct overview *, const struct depot *,
	    const struct policy *, struct err *);
void	overview_drop(struct overview *);

/*
 * The newest of each, or NULL; of snapshots, the newest with every component,
 * if there is one; of drills, the newest that is one (the newest
 * of a whole snapshot, whose time counts: history_newest_whole()).
 */
const struct past_snapshot	*overview_snapshot(const struct overview *);
const struct past_drill		*overview_drill(const struct overview *);
const struct past_verdict	*overview_verdict(const struct overview *);

/*
 * What could have been lost at worst, in seconds: from snapshot i's recovery
 * point to the end of the next one, or to now.  One that lacks a component
 * brings no site back: it is passed over as the next, and has no gap: -1.
 */
double	overview_gap(const struct overview *, size_t i);

/* The largest of all gaps, and that until now; -1 when there is none. */
double	overview_worst(const struct overview *);
double	overview_lost(const struct overview *);

/* RTO less margin, which the gate demands. */
double	overview_limit(const struct overview *);

/* The report for people, on standard output. */
int	overview_print(const struct overview *, struct err *);

/* As one JSON object; a new reference or NULL. */
struct json_t	*overview_json(const struct overview *);

/* As a Prometheus textfile; as one HTML page. */
int	overview_metrics(const struct overview *, struct buf *, struct err *);
void	overview_page(const struct overview *, struct page *);

#endif
