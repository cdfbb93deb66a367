#ifndef CRYPTO_KEYS_INTERNAL_H
#define CRYPTO_KEYS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/keys.h"

/* What the modules of this room show each other; nobody else includes it. */

struct err;

#define SECRET_SIZE 32			/* store secret, every seed */
#define STORE_ID_BYTES 16
#define SIGNATURE_SIZE 64
#define RECOVERY_LINE "muster-recovery-1 "
#define KEYID_SIZE 17			/* 16 hex digits and NUL */

/* The first 16 hex digits of the SHA-256 of a public key. */
void	keyid_of(const uint8_t public[32], char [KEYID_SIZE]);

/* A store secret of known bytes, and its bytes (borrowed). */
struct store_secret	*store_secret_from(const uint8_t [SECRET_SIZE],
			    struct err *);
const uint8_t		*store_secret_bytes(const struct store_secret *);

/* The store's id: the only thing derived from the secret that is public. */
void	store_secret_id(const struct store_secret *,
	    uint8_t [STORE_ID_BYTES]);

/* A signer of a known seed; its seed (borrowed); a signature. */
struct signer	*signer_from(const uint8_t seed[SECRET_SIZE], struct err *);
const uint8_t	*signer_seed(const struct signer *);
void	signer_sign(const struct signer *, const void *, size_t,
	    uint8_t [SIGNATURE_SIZE]);

/* Is this the signature of these bytes by that key? */
bool	signature_fits(const uint8_t [SIGNATURE_SIZE], const void *, size_t,
	    const uint8_t public[SIGNER_PUBLIC_SIZE]);

/* The recovery key of a known seed; root of NULL: its own. */
struct recovery_key	*recovery_key_from(const uint8_t seed[SECRET_SIZE],
			    const uint8_t *root, struct err *);

/* The public X25519 half, borrowed. */
const uint8_t	*recovery_key_box_public(const struct recovery_key *);

/*
 * Open a sealed box of len bytes into len - 48 bytes of guarded memory; -1
 * when it was not sealed to this key.
 */
int	recovery_key_unseal(const struct recovery_key *, const uint8_t *,
	    size_t len, uint8_t *out);

#endif
