#ifndef CRYPTO_AEAD_H
#define CRYPTO_AEAD_H

#include <stddef.h>
#include <stdint.h>

/*
 * XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03, section 2): by libcrypto
 * where it can, else by libsodium; the bytes are the same.
 */
#define AEAD_KEY 32
#define AEAD_NONCE 24
#define AEAD_TAG 16

/* What goes in besides the text. */
struct aead {
	const uint8_t	*key;		/* AEAD_KEY bytes */
	const uint8_t	*nonce;		/* AEAD_NONCE bytes */
	const uint8_t	*bound;		/* associated data */
	size_t		 n_bound;
};

/* Seal n bytes into out: as many, then the tag. */
void	aead_seal(const struct aead *, const void *, size_t n, uint8_t *out);

/*
 * Open n sealed bytes, the tag the last AEAD_TAG of them (n is not less).
 * -1 when they were changed: then out, of n - AEAD_TAG bytes, holds zeros.
 * Until it returns, nobody may look at out.
 */
int	aead_open(const struct aead *, const uint8_t *, size_t n, void *out);

#endif
