#ifndef SNAPSHOT_SECOND_H
#define SNAPSHOT_SECOND_H

#include <stdbool.h>
#include <stddef.h>

#include "snapshot/trail.h"

struct err;
struct held;
struct json_t;

/*
 * Statements whose names carry the same second, held until all of them are
 * there: their names do not say which was first, but each names the one
 * before it.  All zeros is an empty one.
 */
struct second {
	struct held	*v;
	size_t		 n;
};

#define SECOND_MAX 256			/* more are not put in order */

/* Does this one belong to another second, or is there no room for it? */
bool	second_is_over(const struct second *, const struct trail_item *);

/*
 * Hold one more.  Takes its own reference of the statement, and copies all
 * else.
 */
int	second_add(struct second *, const struct trail_item *, struct err *);

/*
 * Call each for all that are held, one after the statement that it names as
 * the one before it, and else by name; then hold none.  A non-zero return of
 * each ends it and is returned.
 */
int	second_tell(struct second *, int (*each)(void *cookie,
	    const struct trail_item *, struct err *), void *cookie,
	    struct err *);

/* Release; accepts an empty one. */
void	second_drop(struct second *);

#endif
