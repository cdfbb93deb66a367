#ifndef PACK_CHECK_H
#define PACK_CHECK_H

#include <stdint.h>

#include "crypto/id.h"

struct chunks;
struct err;
struct store;
struct store_info;

/*
 * Reading a store's packs back, whole.  One pack is in memory at a time.
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
 * With keys, on all cores: the same, and every chunk opens and has its id.
 * The error is the first one met; checked says how many chunks were right.
 */
int	chunks_check_pack(struct chunks *, const struct id *sha256,
	    struct pack_report *, struct err *);

#endif
