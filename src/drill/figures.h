#ifndef DRILL_FIGURES_H
#define DRILL_FIGURES_H

#include <stdbool.h>

#include "drill/receipt.h"
#include "snapshot/snapshot.h"

struct chunks;
struct err;

/*
 * The figures of a drill whose phases are over: the total, how much of the
 * streaming phases went into fetching and opening (they overlap, so they are
 * beside the total and not in it), and what was the bottleneck.
 */
void	figures_fill(struct receipt *, const struct chunks *);

/*
 * What limits the speed: the longest phase; or "fetch" or "open" when the
 * streaming phases are the longest together and the workers did nothing but
 * that for more than half of them.  Borrowed text.
 */
const char	*figures_bottleneck(const struct receipt *);

/* Recovery as an operator would time it: with the declared provisioning. */
double	figures_rto(const struct receipt *);

/*
 * Hold the objectives of the receipt against its figures and add the checks
 * `rto` and `rpo`.  broken: something could not be restored, so no time is
 * good.  -1 only when an outcome could not be added.
 */
int	figures_check(struct receipt *, const struct snapshot *, bool broken,
	    struct err *);

/*
 * Why the figures cannot be true, or NULL: no time at all, bytes faster than
 * any machine moves them, a wall clock that did not run with the stopwatch.
 * Borrowed text.
 */
const char	*figures_implausible(const struct receipt *);

#endif
