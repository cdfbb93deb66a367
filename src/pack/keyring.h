#ifndef PACK_KEYRING_H
#define PACK_KEYRING_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/id.h"

struct data_key;
struct err;
struct index;
struct place;
struct recovery_key;

/*
 * The data keys that a recovery key opens, the recent ones kept.  Threads may
 * share it.
 */
struct keyring;
struct keyring_item;

/* recovery is borrowed; NULL: every key is ERR_DENIED. */
struct keyring	*keyring_new(const struct recovery_key *, struct err *);
void		 keyring_free(struct keyring *);

/*
 * The data key of a chunk's place, to be released after use.  ERR_DENIED when
 * none of its slots opens, ERR_ABSENT when the index forgot the pack.
 */
struct keyring_item *keyring_take(struct keyring *, struct index *,
			    const struct place *, struct err *);

/* The same when the pack's key table is at hand. */
struct keyring_item *keyring_take_from(struct keyring *, const struct place *,
			    const void *table, size_t len, struct err *);

/* The key itself, borrowed; and that it is not used any more. */
const struct data_key *keyring_key(const struct keyring_item *);
void	keyring_release(struct keyring *, struct keyring_item *);

#endif
