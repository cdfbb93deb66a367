#ifndef ARCHIVE_STAT_CACHE_H
#define ARCHIVE_STAT_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "archive/tree.h"

struct err;
struct segment;
struct store_secret;

/*
 * The stat cache of one component in one store: how each run of entries
 * looked when it was taken (a digest of names, sizes, times, inodes and
 * owners), and which segments came of it.  A file of this host, in the order
 * of an archive, read and written from front to back beside the scan: memory
 * does not grow with the trees.
 *
 * It is a cache: it can be deleted at any time, and what is damaged, of
 * another version or of another owner in it is as if it was not there.  It
 * says nothing of whether the store still has the chunks.
 */
struct stat_cache;

struct stat_cache_options {
	const char	*file;		/* need not exist */
	const char	*owner;		/* site, component and store */
	const struct store_secret *secret;
	unsigned	 reread;	/* percent to be read nevertheless */
};

/* What is known of one run of entries. */
struct stat_run {
	char		 *name;		/* of its first entry */
	struct id	  digest;
	struct tree_stats stats;	/* without what notes count */
	struct segment	 *segments;	/* without their names */
	size_t		  n_segments;
};

void	stat_run_free(struct stat_run *);

/* Open what is there, and begin the next one beside it. */
struct stat_cache	*stat_cache_open(const struct stat_cache_options *,
			    struct err *);

/*
 * Release it; unless stat_cache_commit() was called, all that was added is
 * forgotten.  Accepts NULL.
 */
void	stat_cache_free(struct stat_cache *);

/*
 * The run that begins with this entry, which the caller frees, or NULL.
 * Names are asked for in the order of an archive.
 */
struct stat_run	*stat_cache_find(struct stat_cache *, const char *name);

/*
 * Is it this one's turn to be read again although nothing seems to have
 * changed?  The turn moves on with each commit, so that all runs are read
 * within 100 / reread snapshots.
 */
bool	stat_cache_samples(const struct stat_cache *, const char *name);

/* Remember a run, in order.  What goes wrong shows in stat_cache_commit(). */
void	stat_cache_add(struct stat_cache *, const struct stat_run *);

/*
 * Put what was added in place of what was there: when the snapshot exists.
 * On -1 what was there stays.
 */
int	stat_cache_commit(struct stat_cache *, struct err *);

/* The keyed digest that the runs' are made with. */
void	stat_cache_digest(const struct stat_cache *, const void *, size_t,
	    struct id *);

#endif
