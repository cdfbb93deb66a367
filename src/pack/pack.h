#ifndef PACK_PACK_H
#define PACK_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/id.h"
#include "crypto/seal.h"

struct buf;
struct err;

/*
 * The bytes of a pack (muster-format(5)): header, sealed chunks, directory,
 * trailer.  Nothing here needs a key.  Whatever is read comes from outside:
 * every number is bounded and fits to the others, or it is ERR_DAMAGED; a
 * newer version is ERR_UNSUPPORTED.
 */
#define PACK_VERSION 1
#define PACK_HEADER_SIZE 16
#define PACK_TRAILER_SIZE 64
#define PACK_ENTRY_SIZE 59
#define PACK_SLOT_SIZE (8 + SEAL_SLOT_SIZE)
#define PACK_CHUNK_MAX (32u << 20)		/* opened */
#define PACK_DIRECTORY_MAX (64u << 20)
#define PACK_SIZE_MAX (256u << 20)
#define PACK_KEYS_MAX 4096u			/* data keys of a pack */
#define PACK_SLOTS_MAX CHARTER_MAX_RECOVERY	/* slots of a data key */
#define PACK_NAME_SIZE 74			/* packs/ab/<64 digits>, NUL */

/* How the opened bytes of a chunk hold its content. */
enum pack_coding {
	PACK_STORED = 0,
	PACK_ZSTD = 1
};

/* One data key, sealed to one recovery key. */
struct pack_slot {
	uint8_t	recipient[8];		/* its name's 16 digits as bytes */
	uint8_t	box[SEAL_SLOT_SIZE];
};

/* Where a chunk is, and what it was sealed as. */
struct pack_entry {
	struct id	id;
	uint64_t	offset;
	uint64_t	number;		/* within its data key */
	uint32_t	sealed, opened;	/* lengths */
	uint16_t	key;		/* which data key of the pack */
	uint8_t		coding;
};

/* Could a chunk be there, in a pack whose body ends at `end`? */
bool	pack_entry_fits(const struct pack_entry *, uint64_t end);

struct pack_trailer {
	struct id	digest;		/* SHA-256 of the directory */
	uint64_t	offset, len;	/* of the directory */
};

struct pack_directory {
	uint8_t			*keys;	/* the key table's bytes, as stored */
	size_t			 keys_len;
	struct pack_entry	*v;
	size_t			 n;
};

/*
 * The object's name for a SHA-256; returns its buffer.  And the reverse: -1
 * for anything that is not exactly a pack's name.
 */
char	*pack_name(const struct id *, char [PACK_NAME_SIZE]);
int	 pack_name_parse(const char *, struct id *);

/* The first bytes of every pack. */
void	pack_header(uint8_t [PACK_HEADER_SIZE]);
int	pack_header_check(const uint8_t [PACK_HEADER_SIZE], struct err *);

/* Append a key table of one data key with these slots. */
int	pack_keys_build(const struct pack_slot *, size_t n, struct buf *,
	    struct err *);

/*
 * The slots of one data key out of a key table: at most PACK_SLOTS_MAX into
 * v, how many into *n.
 */
int	pack_keys_find(const void *table, size_t len, uint16_t key,
	    struct pack_slot *v, size_t *n, struct err *);

/*
 * Append directory and trailer of a pack whose sealed chunks end at `end`;
 * out is what follows them.
 */
int	pack_end_build(uint64_t end, const struct pack_directory *,
	    struct buf *out, struct err *);

/* Read the trailer of an object of that size. */
int	pack_trailer_parse(const uint8_t [PACK_TRAILER_SIZE], uint64_t size,
	    struct pack_trailer *, struct err *);

/*
 * Read a directory, its digest checked.  On 0 the directory owns its memory;
 * on -1 there is nothing to drop.
 */
int	pack_directory_parse(const void *, const struct pack_trailer *,
	    struct pack_directory *, struct err *);
void	pack_directory_drop(struct pack_directory *);

#endif
