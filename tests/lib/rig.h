#ifndef TESTS_RIG_H
#define TESTS_RIG_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/charter.h"
#include "pack/chunks.h"
#include "store/store.h"

struct pack_report;
struct signer;

/*
 * All that chunks need: a store in memory, keys, a charter with small packs,
 * and a folder that holds an index.  A failure of the rig fails the test.
 */
struct rig {
	struct charter		 charter;
	struct store_secret	*secret;
	struct recovery_key	*recovery, *second, *stranger;
	struct signer		*signer;
	struct store		*store;
	char			 folder[PATH_MAX];
};

#define RIG_PACK_SIZE (1u << 20)

void	rig_open(struct rig *);
void	rig_close(struct rig *);

/*
 * Open chunks on it: to write and to read (with the recovery key), with an
 * index in a folder of that name within the rig's.
 */
struct chunks	*rig_chunks(struct rig *, const char *index);

/* The options of that, to be changed. */
struct chunks_options rig_options(struct rig *, const char *index);

/* Put these bytes in one stream and append its refs. */
void	rig_put(struct chunks *, enum content, const void *, size_t,
	    struct refs *);

/* Read refs by a source; all bytes, which the caller frees. */
uint8_t	*rig_get(struct chunks *, const struct refs *, size_t *);

/* Check one pack with a checker: 0, or -1 with what it says of it. */
int	rig_check_pack(struct chunks *, const struct id *sha256,
	    struct pack_report *, struct err *);

/* Put an object in place of whatever has the name. */
void	rig_replace(struct store *, const char *name, const void *, size_t);

/* The name of the nth pack (from 0); how many there are. */
size_t	rig_pack(struct store *, size_t n, char name[STORE_NAME_MAX]);

#endif
