#ifndef PACK_USED_H
#define PACK_USED_H

#include <pthread.h>

#include "pack/idset.h"

/*
 * The packs that what is being written relies on: those that hold chunks that
 * were known before, and those that were stored now.  Threads may share it.
 */
struct used {
	pthread_mutex_t	lock;
	struct idset	packs;
};

void	used_init(struct used *);
void	used_drop(struct used *);

/* Add a pack by its SHA-256; -1 only without memory. */
int	used_add(struct used *, const struct id *, struct err *);

/* Call each for every pack, sorted; a non-zero return ends it. */
int	used_each(struct used *, int (*each)(void *cookie,
	    const struct id *pack, struct err *), void *cookie, struct err *);

#endif
