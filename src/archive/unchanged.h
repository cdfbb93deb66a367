#ifndef ARCHIVE_UNCHANGED_H
#define ARCHIVE_UNCHANGED_H

#include <sys/stat.h>

#include "archive/job.h"

struct chunks;
struct err;
struct stat_cache;

/*
 * Runs of entries that are taken over from the snapshot before, unread.
 */

/* Note how the job's newest item looks to the scan. */
int	unchanged_see(struct job *, const struct stat *, struct err *);

/*
 * When the run looks as its job knows it from before, and all its chunks are
 * in the store: fill segments and stats, settle its links; 1.  0 when it must
 * be read, with the job's `compare` set when it is only its turn to be.
 */
int	unchanged_take_over(struct chunks *, const struct stat_cache *,
	    struct job *, struct err *);

/*
 * The job was read again to be compared: note it when it has other content
 * than before although it looked, and still looks, the same.
 */
int	unchanged_compare(int root, const struct stat_cache *, struct job *,
	    struct err *);

/*
 * Remember the job's run for next time, unless something was noted or an
 * entry is as young as this (UTC ns): then it might still change without a
 * sign, within the grain of a timestamp.
 */
void	unchanged_remember(struct stat_cache *, const struct job *,
	    int64_t young);

#endif
