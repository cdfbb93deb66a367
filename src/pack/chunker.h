#ifndef PACK_CHUNKER_H
#define PACK_CHUNKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/* How many of the last bytes decide whether a chunk may end here. */
#define CHUNKER_WINDOW 64

/* How one kind of content is cut; threads may share it. */
struct chunker_plan {
	uint64_t	gear[256];
	size_t		min, mean, max;
	uint64_t	early, late;	/* masks up to the mean, and after it */
};

/*
 * Fill a plan from the store's table of words and the sizes of the charter.
 * ERR_UNSUPPORTED unless CHUNKER_WINDOW <= min <= mean <= max <= the largest
 * chunk of the format, with mean a power of two.
 */
int	chunker_plan_init(struct chunker_plan *, const uint64_t gear[256],
	    const size_t sizes[3], struct err *);

/*
 * Where a stream stands.  Cut points depend on the bytes since the last cut
 * only, never on the sizes of the pieces they came in.
 */
struct chunker {
	const struct chunker_plan *plan;	/* borrowed */
	size_t			   len;		/* of the chunk so far */
	size_t			   block;	/* cut after so many, or 0 */
	uint64_t		   hash;
};

/* Begin a chunk. */
void	chunker_start(struct chunker *, const struct chunker_plan *);

/* From its beginning on: cut after so many bytes, whatever they are. */
void	chunker_blocks(struct chunker *, size_t block);

/* Begin another chunk, to be cut in the same way. */
void	chunker_again(struct chunker *);

/*
 * Look at the next n bytes: how many of them belong to the chunk, and in *cut
 * whether it ends with the last of those; it has begun anew then.
 */
size_t	chunker_take(struct chunker *, const uint8_t *, size_t n, bool *cut);

#endif
