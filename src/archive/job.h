#ifndef ARCHIVE_JOB_H
#define ARCHIVE_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "archive/archive.h"
#include "archive/tree.h"
#include "base/buf.h"
#include "base/err.h"

struct link;
struct stat_run;

/* One entry to be taken. */
struct job_item {
	char		*name;
	mode_t		 type;		/* S_IFMT bits, as the scan saw it */
	struct link	*link;		/* of a file with several names */
	bool		 first;		/* its first name */
};

struct job_note {
	enum tree_note_kind kind;
	char		*name;
	char		*why;
};

/*
 * A run of entries that one worker reads into segments: what to take, and
 * what came of it.
 */
struct job {
	struct job_item	*items;
	size_t		 n_items, size_items;
	uint64_t	 weight;	/* bytes of content, as scanned */

	/* For the stat cache (unchanged.h): */
	struct buf	 look;		/* how all items look to the scan */
	int64_t		 newest;	/* of their ctimes, UTC ns */
	struct stat_run	*known;		/* from before, or NULL */
	struct id	 digest;	/* of look */
	bool		 compare;	/* if unchanged, read and compare */

	struct segment	*segments;
	size_t		 n_segments, size_segments;
	struct job_note	*notes;
	size_t		 n_notes, size_notes;
	struct tree_stats stats;	/* without what the notes count */
	struct err	 err;		/* why, when rc is -1 */
	int		 rc;
	bool		 done;
};

/* An empty one. */
struct job	*job_new(struct err *);

/* Release it and all in it; links not settled are settled: not taken. */
void	job_free(struct job *);

/* The name is copied; the link is the job's then, on -1 as well. */
int	job_add(struct job *, const char *name, mode_t type, struct link *,
	    bool first, struct err *);
int	job_note(struct job *, enum tree_note_kind, const char *name,
	    const char *why, struct err *);

/* A segment_fn for a job: what is in the segment goes to the job. */
int	job_segment(void *job, const struct segment *, struct err *);

#endif
