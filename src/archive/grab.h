#ifndef ARCHIVE_GRAB_H
#define ARCHIVE_GRAB_H

#include "archive/job.h"

struct chunks;
struct err;
struct grab;

/* Content above this has a segment of its own. */
#define GRAB_SMALL_MAX ((size_t)1 << 20)

/*
 * Reads files into segments as the options say, which it borrows; one for
 * each thread.
 */
struct grab	*grab_new(struct chunks *, int root,
		    const struct tree_options *, struct err *);
void		 grab_free(struct grab *);

/*
 * Take all entries of a job: its segments, notes and stats are filled, the
 * links it is first for are settled.  What cannot be read is noted and left
 * out; -1 is for what is wrong with us or the store.
 */
int	grab_job(struct grab *, struct job *, struct err *);

#endif
