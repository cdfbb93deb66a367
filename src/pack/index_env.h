#ifndef PACK_INDEX_ENV_H
#define PACK_INDEX_ENV_H

#include <pthread.h>

#include "pack/index.h"

struct MDB_env;
struct MDB_txn;

/*
 * The LMDB under an index: how it is opened, thrown away, and grown; what is
 * in it is index.c's.  Functions that return int rc return LMDB's codes.
 */
struct index {
	struct MDB_env	*env;
	unsigned	 chunks, packs, names, meta;	/* MDB_dbi */
	pthread_rwlock_t map;
	char		*folder;
	struct lock	*hurry;		/* held: nothing waits for the disk */
};

/* Turn LMDB's code into an error; content found wrong is condemned. */
int	index_trouble(const struct index *, int rc, const char *what,
	    struct err *);

/*
 * Begin a transaction to read or to write, and end it without a change.  The
 * map stays as it is in between.
 */
int	index_begin(struct index *, unsigned flags, struct MDB_txn **);
void	index_end(struct index *, struct MDB_txn *);

/*
 * Do a change in one transaction: all of it, or nothing when fn does not
 * return 0.  fn is called again when the map had to grow.
 */
typedef int (*index_change_fn)(struct index *, struct MDB_txn *, void *what);
int	index_change(struct index *, index_change_fn, void *what);

/* Numbers in keys, which sort, and in values of `meta`. */
void		index_put_number(unsigned char [4], unsigned);
unsigned	index_get_number(const unsigned char [4]);

#endif
