#ifndef ARCHIVE_BATCH_H
#define ARCHIVE_BATCH_H

#include "archive/archive.h"

struct err;
struct sample;
struct select;

/*
 * Read an archive's segments in batches: neighbours, as one larger segment,
 * so that what lies together in a pack is fetched at once.  With a selection
 * (or NULL), segments that hold nothing of it are left out.
 */
struct batches;

struct batches	*batches_open(struct chunks *, const struct archive_root *,
		    const struct select *, struct err *);
void		 batches_close(struct batches *);

/* From now on only those that a sample has, which is borrowed. */
void		 batches_only(struct batches *, const struct sample *);

/* 1 with the next one, which batch_free() releases; 0 at the end, -1. */
int		 batches_next(struct batches *, struct segment **,
		    struct err *);
void		 batch_free(struct segment *);

#endif
