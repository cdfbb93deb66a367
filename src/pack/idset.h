#ifndef PACK_IDSET_H
#define PACK_IDSET_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/id.h"

struct err;

/* A set of ids in memory.  One thread at a time. */
struct idset {
	struct id	*slots;		/* all zero: free */
	size_t		 n, size;	/* size: 0 or a power of two */
};

void	idset_init(struct idset *);
void	idset_drop(struct idset *);

/* Add it: 1, or 0 when it was in the set already, or -1 (ERR_MEMORY). */
int	idset_add(struct idset *, const struct id *, struct err *);

/* Is it in the set? */
bool	idset_has(const struct idset *, const struct id *);

/* Remove it, if it is there. */
void	idset_remove(struct idset *, const struct id *);

#endif
