#ifndef PACK_INDEX_H
#define PACK_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pack/pack.h"

struct buf;
struct err;

/*
 * Where every chunk of a store is: an LMDB in a folder of this host.  It is a
 * cache of the packs' directories and holds nothing that they do not: it may
 * lag behind the store, it can be deleted at any time, and it holds no
 * plaintext.  Other processes may have it open at the same time; within one
 * process it is opened once.  Threads may share it.
 *
 * Trouble with the disk is ERR_SYSTEM; content that LMDB finds wrong is
 * ERR_DAMAGED, and the next opening begins with an empty index.
 */
struct index;

struct index_options {
	const char	*folder;	/* made if absent */
	const char	*store;		/* the store's id */
	size_t		 map;		/* bytes mapped at first, 0: default */
};

/*
 * Open it.  An index that belongs to another store, has an unknown version,
 * or is damaged is thrown away and an empty one made.
 */
struct index	*index_open(const struct index_options *, struct err *);
void		 index_close(struct index *);

/* What the index knows of a pack. */
struct index_pack {
	struct id	sha256;
	uint64_t	size;
	uint32_t	number;		/* in this index; never used again */
	bool		bad;		/* its directory could not be read */
};

/* Where a copy of a chunk is. */
struct place {
	struct pack_entry entry;
	struct id	  pack;
	uint32_t	  pack_number;
};

#define INDEX_PLACES_MAX 4

/*
 * Remember a pack of the store, and the chunks in it, in one transaction.  A
 * directory of NULL remembers it as bad.  A pack that is known and good
 * already stays as it is; what was bad is replaced.
 */
int	index_add(struct index *, const struct id *sha256, uint64_t size,
	    const struct pack_directory *, struct err *);

/*
 * Many packs are coming: until index_settle() nothing waits for the disk, which
 * makes ten million chunks a matter of minutes.  A mark in the folder says so
 * meanwhile: when the machine stops before all is on the disk, the next opening
 * begins with an empty index.  It does nothing where the mark cannot be made or
 * another process hurries already; index_settle() accepts that.
 */
void	index_hurry(struct index *);
int	index_settle(struct index *, struct err *);

/* Forget packs and the chunks in them; the numbers are sorted. */
int	index_forget(struct index *, const uint32_t *numbers, size_t n,
	    struct err *);

/* Call each for every pack, in byte order of the SHA-256. */
int	index_packs(struct index *,
	    int (*each)(void *cookie, const struct index_pack *, struct err *),
	    void *cookie, struct err *);

/*
 * Find the copies of a chunk that has this length: how many (at most
 * INDEX_PLACES_MAX, 0: none), or -1.
 */
int	index_find(struct index *, const struct id *, uint32_t opened,
	    struct place [INDEX_PLACES_MAX], struct err *);

/* Append a pack's key table.  ERR_ABSENT when the pack is not known. */
int	index_keys(struct index *, uint32_t number, struct buf *, struct err *);

#endif
