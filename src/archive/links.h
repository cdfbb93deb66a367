#ifndef ARCHIVE_LINKS_H
#define ARCHIVE_LINKS_H

#include <stdbool.h>
#include <sys/stat.h>

struct err;
struct link;
struct links;

/*
 * Files with several names, while a tree is scanned: which name came first,
 * and whether the file was taken under it.  Threads may share one.
 */
struct links	*links_new(struct err *);
void		 links_free(struct links *);

/*
 * A name of a regular file with several of them was met, in order.  The
 * answer is released with link_release().  *first: it is the first one met.
 */
struct link	*links_meet(struct links *, const struct stat *,
		    const char *path, bool *first, struct err *);

/* For the first name: the file is in the archive, or is not. */
void		 link_settle(struct link *, bool taken);

/*
 * For a later name: wait until that is known; the first name, borrowed, when
 * the file is in the archive, else NULL.
 */
const char	*link_wait(struct link *);

/* The first name, borrowed, whatever became of it. */
const char	*link_path(const struct link *);

/* Accepts NULL.  Whoever was the first must have settled it. */
void		 link_release(struct link *);

#endif
