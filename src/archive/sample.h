#ifndef ARCHIVE_SAMPLE_H
#define ARCHIVE_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

struct archive_root;
struct chunks;
struct err;
struct segment;

#define SAMPLE_ALL UINT32_C(1000000)	/* a share is in millionths */

/*
 * A random share of a list, by a seed: n of its elements, at least one where
 * there is any.  The list is cut into n stretches of one length, and one
 * element is chosen of each: every element has the same chance, any seed
 * chooses the same again, and memory does not grow with the list.
 */
struct sample {
	uint64_t	seed, n, of;
};

void	sample_init(struct sample *, uint64_t seed, uint32_t share,
	    uint64_t of);

/* Is element i, from 0, chosen? */
bool	sample_has(const struct sample *, uint64_t i);

/* The same question about an archive's segments: for a choice. */
bool	sample_pick(const void *sample, uint64_t i, const struct segment *);

/*
 * Part of an archive of trees: the runs of entries that a sample has, of all
 * that the manifest lists.  What a restore puts, and what is taken of the
 * copy, are then those entries and no others.
 */
struct tree_part {
	struct chunks			*chunks;	/* of the archive */
	const struct archive_root	*root;
	const struct sample		*sample;
};

/* How many segments an archive has; reads its manifest. */
int	archive_count(struct chunks *, const struct archive_root *,
	    uint64_t *n, struct err *);

/*
 * Following a part in the order of the archive, beside a scan: 1 when the
 * name, which must not be before the last one, is in one of its runs; *begins
 * when it is the first one met of that run.  0 when not, -1.
 */
struct part_walk;

struct part_walk	*part_walk_new(const struct tree_part *,
			    struct err *);
int			 part_walk_has(struct part_walk *, const char *name,
			    bool *begins, struct err *);
void			 part_walk_free(struct part_walk *);

#endif
