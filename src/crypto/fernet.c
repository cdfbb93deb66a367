/*
 * Fernet tokens are version 0x80, 8 bytes of time, 16 of IV, AES-128-CBC with
 * PKCS7 padding, HMAC-SHA256 over all of it; the key is 16 bytes for the HMAC
 * and 16 for AES.  Both as base64url.
 */
#include <openssl/evp.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "crypto/fernet.h"
#include "crypto/guard.h"

#define HEAD 25				/* version, time, IV */
#define BLOCK 16
#define MAC crypto_auth_hmacsha256_BYTES
#define TOKEN_MAX 65536

struct fernet_key {
	uint8_t	sign[16], cipher[16];
};

/* base64url; padding may be missing, as some writers leave it out. */
static int
decode(const char *text, size_t len, uint8_t *out, size_t size, size_t *n)
{
	const char *end;

	while (len > 0 && text[len - 1] == '=')
		len--;
	if (sodium_base642bin(out, size, text, len, NULL, n, &end,
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING) == -1 ||
	    end != text + len)
		return -1;
	return 0;
}

struct fernet_key *
fernet_key_parse(const char *text, size_t len, struct err *e)
{
	struct fernet_key *k;
	size_t n;

	if ((k = guard_new(sizeof(*k), e)) == NULL)
		return NULL;
	if (decode(text, len, (uint8_t *)k, sizeof(*k), &n) == 0 &&
	    n == sizeof(*k))
		return k;
	guard_free(k);
	(void)err_set(e, ERR_INPUT, "not 32 bytes in base64url");
	return NULL;
}

void
fernet_key_free(struct fernet_key *k)
{
	guard_free(k);
}

static bool
mac_fits(const struct fernet_key *k, const uint8_t *p, size_t n)
{
	crypto_auth_hmacsha256_state st;
	uint8_t mac[MAC];
	bool fits;

	(void)crypto_auth_hmacsha256_init(&st, k->sign, sizeof(k->sign));
	(void)crypto_auth_hmacsha256_update(&st, p, n - MAC);
	(void)crypto_auth_hmacsha256_final(&st, mac);
	fits = sodium_memcmp(mac, p + n - MAC, MAC) == 0;
	sodium_memzero(&st, sizeof(st));
	return fits;
}

/* Into plain, of as many bytes as the cipher text. */
static bool
decrypts(const struct fernet_key *k, const uint8_t *p, size_t n,
    uint8_t *plain)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int got = 0, last = 0;
	bool right;

	right = c != NULL && EVP_DecryptInit_ex(c, EVP_aes_128_cbc(), NULL,
	    k->cipher, p + HEAD - BLOCK) == 1 &&
	    EVP_DecryptUpdate(c, plain, &got, p + HEAD,
	    (int)(n - HEAD - MAC)) == 1 &&
	    EVP_DecryptFinal_ex(c, plain + got, &last) == 1;
	EVP_CIPHER_CTX_free(c);
	return right;
}

int
fernet_check(const struct fernet_key *k, const char *token, size_t len,
    struct err *e)
{
	uint8_t *p = NULL, *plain = NULL;
	size_t n = 0;
	int rc = -1;

	if (len > TOKEN_MAX)
		return err_set(e, ERR_DAMAGED, "too long for a token");
	if ((p = guard_new(len + 1, e)) == NULL ||
	    (plain = guard_new(len + BLOCK + 1, e)) == NULL)
		goto done;
	if (decode(token, len, p, len, &n) == -1 || n < HEAD + BLOCK + MAC ||
	    p[0] != 0x80 || (n - HEAD - MAC) % BLOCK != 0)
		(void)err_set(e, ERR_DAMAGED, "not a token");
	else if (!mac_fits(k, p, n))
		(void)err_set(e, ERR_DAMAGED, "made with another key");
	else if (!decrypts(k, p, n, plain))
		(void)err_set(e, ERR_DAMAGED, "does not decrypt");
	else
		rc = 0;
done:
	guard_free(p);
	guard_free(plain);
	return rc;
}
