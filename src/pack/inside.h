#ifndef PACK_INSIDE_H
#define PACK_INSIDE_H

#include <pthread.h>

#include "pack/chunker.h"
#include "pack/chunks.h"
#include "pack/fault.h"
#include "pack/index.h"
#include "pack/pool.h"
#include "pack/used.h"

struct data_key;
struct job;
struct keyring;
struct packer;
struct place;

/*
 * What the parts of the room share.  Order of locks: this one, then those of
 * pool, packer, keyring, index, which hold no other.
 */
struct chunks {
	struct chunks_options	 with;
	struct chunker_plan	 plans[CONTENT_KINDS];
	struct index		*index;		/* NULL: only ids */
	struct packer		*packer;	/* NULL: not writable */
	struct keyring		*keys;
	struct pool		*pool;
	struct benches		 benches;	/* of readers */
	struct fault		 fault;		/* of the writing side */
	struct used		 used;		/* by what was written */
	size_t			 bad;		/* packs */

	pthread_mutex_t		 lock;		/* of all below */
	pthread_cond_t		 room;		/* a job is done */
	struct job		*spare[CONTENT_KINDS];
	size_t			 spare_bytes, job_bytes;
	unsigned		 jobs;		/* submitted, not done */
	size_t			 ahead_bytes;	/* being read ahead */
	struct chunks_stats	 stats;
};

/* stream.c: release the memory of jobs that are kept for reuse. */
void	jobs_drop(struct chunks *);

/*
 * sync.c: bring the index in step with the store; *bad counts the packs that
 * cannot be used.
 */
int	index_sync(struct index *, struct store *, size_t *bad, struct err *);

/* A sealed chunk at hand, and where its opened bytes go. */
struct opening {
	const struct place	*at;
	const void		*sealed;
	void			*out;
};

/*
 * fetch.c: open it, with the pack's key, and check its id.  The error names
 * the pack.  The second looks for the key first.
 */
int	chunk_unpack(struct chunks *, struct bench *, const struct opening *,
	    const struct data_key *, struct err *);
int	chunk_open(struct chunks *, struct bench *, const struct opening *,
	    struct err *);

/*
 * fetch.c: store_get() from a pack, timed; and time that opening took since
 * begun (clock_monotonic()).
 */
int	chunks_fetch(struct chunks *, const char *name, uint64_t offset,
	    size_t len, void *out, struct err *);
void	chunks_count_opened(struct chunks *, int64_t begun, size_t bytes);

/* fetch.c: is it about one copy, so that another may do? */
bool	chunk_may_retry(const struct err *);

/* fetch.c: chunks_get() with a worker's tools. */
int	chunk_get(struct chunks *, struct bench *, const struct ref *,
	    void *out, struct err *);

#endif
