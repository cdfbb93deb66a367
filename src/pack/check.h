#ifndef PACK_CHECK_H
#define PACK_CHECK_H

#include <stdint.h>

#include "crypto/id.h"

struct chunks;
struct err;
struct store;
struct store_info;

/*
 * Reading a store's packs back, whole.  One pack is in memory at a time, or
 * two with a checker.
 */

/*
 * Call each for every object below packs/, in byte order of the names; sha256
 * is NULL when the name is none that a pack has: such an object does not
 * belong there.
 */
int	packs_each(struct store *,
	    int (*each)(void *cookie, const struct store_info *,
	    const struct id *sha256, struct err *), void *cookie,
	    struct err *);

struct pack_report {
	uint64_t	size;		/* bytes of the pack */
	uint64_t	chunks;		/* that its directory names */
	uint64_t	sealed, opened;	/* bytes of them */
	uint64_t	checked;	/* chunks opened, found right */
};

/*
 * Without keys: the pack's SHA-256 is its name, and header, directory and
 * trailer fit together.  ERR_DAMAGED names the pack and what is wrong;
 * ERR_ABSENT when the store has none of that name.
 */
int	pack_check(struct store *, const struct id *sha256,
	    struct pack_report *, struct err *);

/*
 * With keys, on all cores, for many packs, each of which is read while the one
 * before it is checked: the same, and every chunk opens and has its id.
 */
struct pack_checker;

typedef int (*pack_checked_fn)(void *cookie, const struct id *sha256,
	    const struct pack_report *, const struct err *why, struct err *);

/*
 * The callback hears of each pack once, in order, from the thread that adds:
 * why is NULL for a good one, else the first error that was met; checked says
 * how many chunks were right.  What it returns is returned there.  ERR_ABSENT
 * without a store.
 */
struct pack_checker	*pack_checker_new(struct chunks *, pack_checked_fn,
			    void *cookie, struct err *);

/* Read one, and begin to check it. */
int	pack_checker_add(struct pack_checker *, const struct id *sha256,
	    struct err *);

/* Wait for the last one. */
int	pack_checker_end(struct pack_checker *, struct err *);

/* Wait, tell nothing, release; accepts NULL. */
void	pack_checker_free(struct pack_checker *);

#endif
