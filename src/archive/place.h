#ifndef ARCHIVE_PLACE_H
#define ARCHIVE_PLACE_H

#include <stdbool.h>

#include "archive/tree.h"

struct entry;
struct entry_reader;
struct err;
struct needs;

/*
 * The folder that an archive is restored into, and what was put there: shared
 * by all threads of a restore.
 */
struct place;

struct place	*place_new(const struct tree_restore_options *,
		    struct tree_stats *, struct err *);
void		 place_free(struct place *);

/*
 * When every entry was put: make the hard links, then give the folders what
 * their entries say, inner ones first.
 */
int		 place_finish(struct place *, struct err *);

/* Make all of it durable. */
int		 place_sync(struct place *, struct err *);

/*
 * Visit the hard links that are waiting for place_finish(): their names and
 * the names of their files.
 */
int	place_each_link(struct place *, int (*each)(void *cookie,
	    const char *name, const char *file, struct err *), void *cookie,
	    struct err *);

/* Is there a regular file of this name? */
bool	place_has(const struct place *, const char *name);

/* A wanted link's file is at another name than the archive says. */
int	place_relink(struct place *, const char *file, const char *now,
	    struct err *);

/*
 * Files that were there without all of their bytes: they were removed, and
 * their content is still needed.
 */
struct needs	*place_torn(struct place *);

/* What one thread needs to put entries there. */
struct placer;

struct placer	*placer_new(struct place *, struct err *);
void		 placer_free(struct placer *);

/*
 * Put an entry, with the content that the reader has for it.  Hard links and
 * what folders are given wait for place_finish().  parent_only: a folder that
 * is not wanted itself; it is given something only if this restore made it.
 */
int	placer_put(struct placer *, const struct entry *,
	    struct entry_reader *, bool parent_only, struct err *);

/* The same for the content of a regular file under another name. */
int	placer_put_as(struct placer *, const char *name,
	    const struct entry *, struct entry_reader *, struct err *);

#endif
