/*
 * The store secret and what is derived from it, once, when it is made or
 * loaded (muster-format(5), keys).  Context "musterst"; subkeys: 1 chunk ids,
 * 2 the chunker's table, 3 fingerprints, 4 the store's public id.
 */
#include <sodium.h>
#include <string.h>

#include "base/err.h"
#include "crypto/guard.h"
#include "crypto/keys.h"
#include "crypto/keys_internal.h"

#define CONTEXT "musterst"

enum {
	SUBKEY_CHUNK = 1,
	SUBKEY_GEAR = 2,
	SUBKEY_FINGERPRINT = 3,
	SUBKEY_STORE = 4
};

struct store_secret {
	uint8_t	secret[SECRET_SIZE];
	uint8_t	chunk[32];
	uint8_t	gear[32];
	uint8_t	fingerprint[32];
	uint8_t	store[STORE_ID_BYTES];
};

_Static_assert(SECRET_SIZE == crypto_kdf_KEYBYTES, "secret is a KDF key");
_Static_assert(sizeof(CONTEXT) - 1 == crypto_kdf_CONTEXTBYTES, "context");
_Static_assert(randombytes_SEEDBYTES == 32, "the gear subkey is a seed");

int
keys_init(struct err *e)
{
	if (sodium_init() == -1)
		return err_set(e, ERR_SYSTEM, "cannot start libsodium");
	return 0;
}

static void
derive(struct store_secret *s)
{
	const uint8_t *k = s->secret;

	(void)crypto_kdf_derive_from_key(s->chunk, sizeof(s->chunk),
	    SUBKEY_CHUNK, CONTEXT, k);
	(void)crypto_kdf_derive_from_key(s->gear, sizeof(s->gear),
	    SUBKEY_GEAR, CONTEXT, k);
	(void)crypto_kdf_derive_from_key(s->fingerprint,
	    sizeof(s->fingerprint), SUBKEY_FINGERPRINT, CONTEXT, k);
	(void)crypto_kdf_derive_from_key(s->store, sizeof(s->store),
	    SUBKEY_STORE, CONTEXT, k);
}

static struct store_secret *
make(const uint8_t *bytes, struct err *e)
{
	struct store_secret *s;

	if ((s = guard_new(sizeof(*s), e)) == NULL)
		return NULL;
	if (bytes != NULL)
		memcpy(s->secret, bytes, SECRET_SIZE);
	else
		randombytes_buf(s->secret, SECRET_SIZE);
	derive(s);
	guard_freeze(s);
	return s;
}

struct store_secret *
store_secret_new(struct err *e)
{
	return make(NULL, e);
}

struct store_secret *
store_secret_from(const uint8_t bytes[SECRET_SIZE], struct err *e)
{
	return make(bytes, e);
}

const uint8_t *
store_secret_bytes(const struct store_secret *s)
{
	return s->secret;
}

void
store_secret_id(const struct store_secret *s, uint8_t out[STORE_ID_BYTES])
{
	memcpy(out, s->store, STORE_ID_BYTES);
}

void
store_secret_free(struct store_secret *s)
{
	guard_free(s);
}

void
store_secret_chunk_id(const struct store_secret *s, const void *p, size_t n,
    struct id *id)
{
	(void)crypto_generichash(id->b, ID_SIZE, p, n, s->chunk,
	    sizeof(s->chunk));
}

void
store_secret_fingerprint(const struct store_secret *s, const void *p, size_t n,
    struct id *id)
{
	(void)crypto_generichash(id->b, ID_SIZE, p, n, s->fingerprint,
	    sizeof(s->fingerprint));
}

/* 2048 bytes of ChaCha20 (IETF, nonce "LibsodiumDRG"), 256 little-endian. */
void
store_secret_gear(const struct store_secret *s, uint64_t gear[256])
{
	uint8_t bytes[256 * 8];
	size_t i, k;

	randombytes_buf_deterministic(bytes, sizeof(bytes), s->gear);
	for (i = 0; i < 256; i++) {
		gear[i] = 0;
		for (k = 8; k > 0; k--)
			gear[i] = gear[i] << 8 | bytes[8 * i + k - 1];
	}
	sodium_memzero(bytes, sizeof(bytes));
}
