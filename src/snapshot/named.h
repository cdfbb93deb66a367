#ifndef SNAPSHOT_NAMED_H
#define SNAPSHOT_NAMED_H

#include "pack/idset.h"
#include "snapshot/trail.h"

struct err;

/*
 * Which signed statements name others, and whether those are there: each
 * names the one before it, a receipt the snapshot that was drilled, a verdict
 * the snapshot and the receipt that it judged.  So who takes a statement away
 * is seen, unless nothing names it.
 *
 * Shown the statements of a store by named_add(), what names before what is
 * named, it holds in `missing` the digests that are named and not there.  What
 * cannot be believed is there all the same, under the digest of its bytes and
 * under that of its name.
 */
struct named {
	struct idset	there, missing;
};

void	named_init(struct named *);
void	named_drop(struct named *);

/*
 * Take a statement in.  -1 and ERR_DAMAGED when it does not name in the form
 * of muster-format(5) what a statement of its kind names.
 */
int	named_add(struct named *, enum trail_kind, const struct trail_item *,
	    struct err *);

/*
 * Look at the names in the store once more: what another run put there since
 * is not missing.
 */
int	named_look_again(struct named *, struct store *, struct err *);

/*
 * Call each once for every missing one that this statement names, with the
 * start of its object's name, and take it out of the missing ones.
 */
int	named_tell(struct named *, enum trail_kind, const struct trail_item *,
	    void (*each)(void *cookie, const char *prefix, const struct id *),
	    void *cookie, struct err *);

#endif
