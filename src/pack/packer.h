#ifndef PACK_PACKER_H
#define PACK_PACKER_H

#include <stdbool.h>
#include <stdint.h>

#include "pack/pack.h"

struct charter;
struct err;
struct fault;
struct index;
struct store;
struct used;

/*
 * Where new chunks become packs: one pack is being filled, one may be on its
 * way into the store, by a thread of the packer's own.  Threads may share it.
 */
struct packer;

struct packer_options {
	struct store		*store;
	struct index		*index;
	const struct charter	*charter;
	struct fault		*fault;		/* where the thread's go */
	struct used		*used;		/* told of packs stored */
};

struct packer_stats {
	uint64_t	packs, bytes;		/* put into the store */
};

/* Begin; the options' pointers are borrowed until packer_free(). */
struct packer	*packer_new(const struct packer_options *, struct err *);

/* Drop what is not stored yet, end the thread, release; accepts NULL. */
void		 packer_free(struct packer *);

/*
 * Claim a chunk that the index does not know: 1 and nobody else will, until
 * the index knows it or the claim is given up; 0 when someone has claimed it
 * before; -1 without memory.  Claim first, ask the index afterwards: then
 * nothing falls between the two.
 */
int	packer_claim(struct packer *, const struct id *, struct err *);
void	packer_disclaim(struct packer *, const struct id *);

/*
 * Seal a claimed chunk into the pack being filled: id, opened and coding of
 * what, and the n bytes of its coding.  May wait for the pack before to be
 * stored.
 */
int	packer_add(struct packer *, const struct pack_entry *what,
	    const void *, size_t n, struct err *);

/* Have all packs stored and wait for that; errors are in the fault. */
void	packer_flush(struct packer *);

/* What was put so far. */
void	packer_stats(struct packer *, struct packer_stats *);

#endif
