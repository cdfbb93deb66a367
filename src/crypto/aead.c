/*
 * XChaCha20-Poly1305: see aead.h.
 *
 * XChaCha20 is ChaCha20 (RFC 8439) under a key that HChaCha20 makes of the
 * key and the first 16 bytes of the nonce; the other 8 follow four zeros.
 * libsodium makes that key; libcrypto's ChaCha20-Poly1305, in assembler for
 * each CPU and in one pass, does the bulk.
 *
 * Whatever libcrypto does not manage, for lack of memory or because it was
 * built without the cipher, libsodium does again; so only libsodium ever says
 * that something was changed.
 */
#include <openssl/evp.h>
#include <sodium.h>

#include <limits.h>
#include <pthread.h>
#include <string.h>

#include "crypto/aead.h"

#define SHORT_NONCE 12

_Static_assert(AEAD_KEY == crypto_aead_xchacha20poly1305_ietf_KEYBYTES &&
    AEAD_NONCE == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES &&
    AEAD_TAG == crypto_aead_xchacha20poly1305_ietf_ABYTES, "sizes");

static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_CIPHER *cipher;		/* NULL: libcrypto has none */

static void
find_cipher(void)
{
	cipher = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
}

/* A context that is keyed and knows what is bound; NULL if it cannot be. */
static EVP_CIPHER_CTX *
begin(const struct aead *a, int sealing)
{
	uint8_t key[crypto_core_hchacha20_OUTPUTBYTES];
	uint8_t nonce[SHORT_NONCE] = { 0 };
	EVP_CIPHER_CTX *c;
	int n;

	(void)pthread_once(&once, find_cipher);
	if (cipher == NULL || a->n_bound > INT_MAX ||
	    (c = EVP_CIPHER_CTX_new()) == NULL)
		return NULL;
	(void)crypto_core_hchacha20(key, a->nonce, a->key, NULL);
	memcpy(nonce + 4, a->nonce + 16, 8);
	if (EVP_CipherInit_ex2(c, cipher, key, nonce, sealing, NULL) != 1 ||
	    EVP_CipherUpdate(c, NULL, &n, a->bound, (int)a->n_bound) != 1) {
		EVP_CIPHER_CTX_free(c);
		c = NULL;
	}
	sodium_memzero(key, sizeof(key));
	return c;
}

static int
seal_fast(const struct aead *a, const void *p, size_t n, uint8_t *out)
{
	EVP_CIPHER_CTX *c;
	int some, last, rc = -1;

	if (n > INT_MAX || (c = begin(a, 1)) == NULL)
		return -1;
	if (EVP_CipherUpdate(c, out, &some, p, (int)n) == 1 &&
	    (size_t)some == n &&
	    EVP_CipherFinal_ex(c, out + n, &last) == 1 && last == 0 &&
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG,
	    out + n) == 1)
		rc = 0;
	EVP_CIPHER_CTX_free(c);
	return rc;
}

static int
open_fast(const struct aead *a, const uint8_t *p, size_t n, uint8_t *out)
{
	uint8_t tag[AEAD_TAG];
	EVP_CIPHER_CTX *c;
	int some, last, rc = -1;

	n -= AEAD_TAG;
	if (n > INT_MAX || (c = begin(a, 0)) == NULL)
		return -1;
	memcpy(tag, p + n, AEAD_TAG);
	if (EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG, tag) ==
	    1 && EVP_CipherUpdate(c, out, &some, p, (int)n) == 1 &&
	    (size_t)some == n &&
	    EVP_CipherFinal_ex(c, out + n, &last) == 1 && last == 0)
		rc = 0;
	EVP_CIPHER_CTX_free(c);
	return rc;
}

void
aead_seal(const struct aead *a, const void *p, size_t n, uint8_t *out)
{
	if (seal_fast(a, p, n, out) == 0)
		return;
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(out, NULL, p, n,
	    a->bound, a->n_bound, NULL, a->nonce, a->key);
}

int
aead_open(const struct aead *a, const uint8_t *p, size_t n, void *out)
{
	if (open_fast(a, p, n, out) == 0)
		return 0;
	sodium_memzero(out, n - AEAD_TAG);
	return crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, p,
	    n, a->bound, a->n_bound, a->nonce, a->key) == 0 ? 0 : -1;
}
