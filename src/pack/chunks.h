#ifndef PACK_CHUNKS_H
#define PACK_CHUNKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/id.h"

struct buf;
struct charter;
struct err;
struct recovery_key;
struct refs;
struct store;
struct store_secret;

/* A piece of an archive: its id and how many bytes it is when opened. */
struct ref {
	struct id	id;
	uint32_t	len;
};

/* A growable list of them. */
struct refs {
	struct ref	*v;
	size_t		 n, size;
};

void	refs_init(struct refs *);
void	refs_drop(struct refs *);
int	refs_add(struct refs *, const struct ref *, struct err *);
int	refs_append(struct refs *, const struct refs *, struct err *);

/* Kinds of content differ in the mean size of their chunks (charter). */
enum content {
	CONTENT_ROWS,		/* table rows, manifests: mean 16 KiB */
	CONTENT_RUN,		/* runs of small files, small things: 128 KiB */
	CONTENT_BIG,		/* big files: 1 MiB */
	CONTENT_KINDS
};

/*
 * All chunks of a store, for writing or for reading: what cuts, names,
 * compresses, seals, packs and stores them, on all cores, in bounded memory;
 * and what finds, fetches and opens them again.
 *
 * Threads may share one.
 */
struct chunks;

/*
 * Pointers are borrowed until chunks_close().  A store of NULL: only ids are
 * computed, nothing is stored and nothing can be read.  The index is a folder
 * of this host, made if absent; a process opens it once at a time.
 */
struct chunks_options {
	struct store		  *store;
	const struct charter	  *charter;	/* parameters, recipients */
	const struct store_secret *secret;
	const struct recovery_key *recovery;	/* NULL: cannot read */
	const char		  *index;	/* NULL when store is NULL */
	bool			   writable;
	int			   workers;	/* 0: as many as cores */
	/* Told of bytes that came, by any thread; or NULL. */
	void			 (*progress)(void *cookie, uint64_t bytes,
				    uint64_t entries);
	void			  *cookie;
};

/*
 * Open them.  The index is brought in step with the store first: packs that
 * the store does not list (or lists with another size) are forgotten, packs
 * that the index does not know are read in from their directories, so a
 * damaged or absent index is simply built again.  A pack whose directory
 * cannot be read is remembered as bad and not used; chunks_bad() says how
 * many.
 */
struct chunks	*chunks_open(const struct chunks_options *, struct err *);

/*
 * Stop the workers and release all, after its streams and sources were freed.
 * What was not flushed is dropped.  Accepts NULL.
 */
void		 chunks_close(struct chunks *);

/* How many packs of the store could not be used when it was opened. */
size_t		 chunks_bad(const struct chunks *);

/* The secret of the store whose chunks they are, borrowed. */
const struct store_secret	*chunks_secret(const struct chunks *);

/* Only ids are computed: nothing is stored, nothing can be read. */
bool		 chunks_are_dry(const struct chunks *);

/*
 * Seal and store whatever is still in the open pack, and wait until every
 * pack is in the store.  After 0, every chunk that was put is durable, if no
 * stream is open: one that is may still hold some.
 */
int	chunks_flush(struct chunks *, struct err *);

/*
 * Call each for every pack that holds a chunk that was put since opening, new
 * or known before, in order of the SHA-256; after chunks_flush().
 */
int	chunks_used(struct chunks *, int (*each)(void *cookie,
	    const struct id *pack, struct err *), void *cookie, struct err *);

struct chunks_stats {
	uint64_t	chunks, bytes;		/* all that came */
	uint64_t	new_chunks, new_bytes;	/* not known before */
	uint64_t	stored_bytes;		/* of packs put */
	uint64_t	packs;
	/*
	 * Reading: bytes asked of the store and how long the workers, all
	 * together, waited for them; bytes opened and how long that took.
	 */
	uint64_t	fetched_bytes, opened_bytes;
	double		fetch_seconds, open_seconds;
	unsigned	workers;
	/* reads that failed, and not for damage or absence */
	uint64_t	fetch_troubles;
};

void	chunks_stats(const struct chunks *, struct chunks_stats *);

/*
 * A stream: an ordered run of bytes on its way into chunks.  It is cut at
 * boundaries that content decides; hashing, compression and sealing happen in
 * the workers.  One thread writes to one stream; many streams may be open.
 */
struct stream;

struct stream	*stream_new(struct chunks *, enum content, struct err *);

/*
 * The same, but cut after every so many bytes: for content that changes in
 * place and is never shifted, such as pages.  block is not more than the
 * largest chunk of that kind of content.
 */
struct stream	*stream_new_blocks(struct chunks *, enum content, size_t block,
		    struct err *);

/* Bytes are copied.  An error of a worker shows here or at the end. */
int	stream_write(struct stream *, const void *, size_t, struct err *);

/* How many bytes were written to it. */
uint64_t	stream_size(const struct stream *);

/*
 * A stream that goes on where another one ends, to be written beside it by
 * another thread, before anybody knows how the other one will end.  Nothing
 * but writing, joining and freeing is possible.
 */
struct stream	*stream_new_later(struct chunks *, enum content,
		    struct err *);

/*
 * Append what the later stream was given: 1, and what comes out is what would
 * have, had all been written to the first.  0 when the two are not cut alike
 * within the first MiB of the later one (bytes without any structure, as zeros
 * are): then what the first one holds is of no use any more, and all must be
 * written anew.  The later one can only be freed.  Both are of one kind.
 */
int	stream_join(struct stream *, struct stream *later, struct err *);

/*
 * End it: waits for its chunks' ids and appends them to refs, in order.  An
 * empty stream has none.  The stream can be written anew afterwards.
 */
int	stream_end(struct stream *, struct refs *, struct err *);

/* Release it, ended or not; accepts NULL. */
void	stream_free(struct stream *);

/*
 * Read one chunk: looked up, fetched, opened, decompressed, and its id
 * checked; of several copies any good one will do.  out holds ref->len bytes.
 * ERR_DAMAGED names the pack; ERR_ABSENT: no pack has it; ERR_DENIED: no
 * recovery key that opens it.
 */
int	chunks_get(struct chunks *, const struct ref *, void *out,
	    struct err *);

/* Is the chunk in some pack of the store, by the index?  Reads nothing. */
bool	chunks_have(struct chunks *, const struct ref *);

/*
 * Take a chunk over from an archive before: 1 when some pack of the store has
 * it, by the index; then it counts as if it was put anew.  0 when none has.
 */
int	chunks_keep(struct chunks *, const struct ref *, struct err *);

/*
 * Read a list of chunks in order, fetched and opened ahead by the workers in
 * bounded memory; that begins at once, so that several sources may read ahead
 * of each other (but a list of less than about 4 MiB is read when asked for).
 * The refs are borrowed until it is freed.
 */
struct source;

struct source	*source_new(struct chunks *, const struct ref *, size_t n,
		    struct err *);

/*
 * The next run of authenticated bytes, borrowed until the next call; 1, or 0
 * at the end, or -1.
 */
int	source_read(struct source *, const void **, size_t *, struct err *);
void	source_free(struct source *);

#endif
