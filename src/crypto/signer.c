/*
 * Ed25519 signing keys: see keys.h and keys_internal.h.
 */
#include <sodium.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "crypto/guard.h"
#include "crypto/id.h"
#include "crypto/keys.h"
#include "crypto/keys_internal.h"

/* libsodium's form: 32 bytes of seed, then the public key. */
struct signer {
	uint8_t	pair[crypto_sign_SECRETKEYBYTES];
};

_Static_assert(SIGNATURE_SIZE == crypto_sign_BYTES, "signature");
_Static_assert(SIGNER_PUBLIC_SIZE == crypto_sign_PUBLICKEYBYTES, "public");
_Static_assert(SECRET_SIZE == crypto_sign_SEEDBYTES, "seed");
_Static_assert(crypto_sign_SECRETKEYBYTES == 64, "seed and public key");

struct signer *
signer_from(const uint8_t seed[SECRET_SIZE], struct err *e)
{
	uint8_t public[SIGNER_PUBLIC_SIZE];
	struct signer *s;

	if ((s = guard_new(sizeof(*s), e)) == NULL)
		return NULL;
	(void)crypto_sign_seed_keypair(public, s->pair, seed);
	guard_freeze(s);
	return s;
}

struct signer *
signer_new(struct err *e)
{
	struct signer *s = NULL;
	uint8_t *seed;

	if ((seed = guard_new(SECRET_SIZE, e)) == NULL)
		return NULL;
	randombytes_buf(seed, SECRET_SIZE);
	s = signer_from(seed, e);
	guard_free(seed);
	return s;
}

void
signer_free(struct signer *s)
{
	guard_free(s);
}

const uint8_t *
signer_seed(const struct signer *s)
{
	return s->pair;
}

void
signer_public(const struct signer *s, uint8_t out[SIGNER_PUBLIC_SIZE])
{
	memcpy(out, s->pair + SECRET_SIZE, SIGNER_PUBLIC_SIZE);
}

void
signer_sign(const struct signer *s, const void *p, size_t n,
    uint8_t out[SIGNATURE_SIZE])
{
	(void)crypto_sign_detached(out, NULL, p, n, s->pair);
}

bool
signature_fits(const uint8_t sig[SIGNATURE_SIZE], const void *p, size_t n,
    const uint8_t public[SIGNER_PUBLIC_SIZE])
{
	return crypto_sign_verify_detached(sig, p, n, public) == 0;
}

void
keyid_of(const uint8_t public[32], char out[KEYID_SIZE])
{
	struct id id;

	id_sha256(public, 32, &id);
	(void)num_hex(id.b, (KEYID_SIZE - 1) / 2, out);
}
