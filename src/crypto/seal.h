#ifndef CRYPTO_SEAL_H
#define CRYPTO_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/charter.h"
#include "crypto/id.h"

struct err;
struct recovery_key;

/*
 * The data key of one pack.  Chunks are XChaCha20-Poly1305 (aead.h,
 * draft-irtf-cfrg-xchacha-03): the nonce
 * is the chunk's number within the key, little-endian in its first 8 bytes,
 * the rest zero; a key never seals a number twice.  Associated data: the text
 * "muster chunk 1", the chunk's id, its opened length and its coding (u32,
 * u8), so a chunk can stand only for what it was sealed as.
 */
struct data_key;

#define SEAL_TAG 16
#define SEAL_SLOT_SIZE 80		/* 32 key + 48 sealed box overhead */

/* A fresh random key. */
struct data_key	*data_key_new(struct err *);
void		 data_key_free(struct data_key *);

/*
 * The key sealed (crypto_box_seal) to a recipient of the charter:
 * SEAL_SLOT_SIZE bytes.
 */
int	data_key_seal(const struct data_key *, const struct charter_recovery *,
	    uint8_t [SEAL_SLOT_SIZE], struct err *);

/* The reverse.  ERR_DENIED when this recovery key does not open the slot. */
struct data_key	*data_key_open(const uint8_t [SEAL_SLOT_SIZE],
		    const struct recovery_key *, struct err *);

/* What the tag binds besides the bytes. */
struct seal_as {
	const struct id	*id;
	uint64_t	 number;
	uint32_t	 opened;	/* length, opened and decompressed */
	uint8_t		 coding;	/* 0 stored, 1 zstd */
};

/* Seal n bytes into out, n + SEAL_TAG of them.  Threads may share the key. */
void	data_key_seal_chunk(const struct data_key *, const struct seal_as *,
	    const void *, size_t n, void *out);

/*
 * Open n sealed bytes into out, n - SEAL_TAG of them, which is the caller's
 * alone until then.  On ERR_DAMAGED out holds zeros.
 */
int	data_key_open_chunk(const struct data_key *, const struct seal_as *,
	    const void *, size_t n, void *out, struct err *);

#endif
