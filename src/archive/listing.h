#ifndef ARCHIVE_LISTING_H
#define ARCHIVE_LISTING_H

#include <stddef.h>

#include "base/buf.h"

struct err;

/* The names in a folder, in order of their bytes. */
struct listing {
	struct buf	  pool;
	const char	**names;
	size_t		  n;
};

void	listing_init(struct listing *);
void	listing_drop(struct listing *);

/* Read them; the descriptor stays open.  ERR_SYSTEM with errno. */
int	listing_read(struct listing *, int folder, struct err *);

#endif
