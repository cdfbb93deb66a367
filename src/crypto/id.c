/*
 * Ids and SHA-256.  libcrypto's implementation is used because it has the
 * CPU's SHA instructions (three times libsodium's speed); its algorithm is
 * fetched once, since a fetch costs more than hashing a small chunk.
 *
 * id_sha256() cannot fail: should libcrypto not find memory for its context,
 * libsodium computes the same digest without any.
 */
#include <openssl/evp.h>
#include <pthread.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "crypto/id.h"

struct sha256 {
	EVP_MD_CTX	*ctx;
};

static EVP_MD *algorithm;		/* written once, by fetch() */
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void
fetch(void)
{
	algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
}

static EVP_MD_CTX *
context_new(void)
{
	EVP_MD_CTX *ctx;

	(void)pthread_once(&fetched, fetch);
	if (algorithm == NULL || (ctx = EVP_MD_CTX_new()) == NULL)
		return NULL;
	if (EVP_DigestInit_ex2(ctx, algorithm, NULL) == 1)
		return ctx;
	EVP_MD_CTX_free(ctx);
	return NULL;
}

int
id_compare(const struct id *a, const struct id *b)
{
	return memcmp(a->b, b->b, ID_SIZE);
}

char *
id_format(const struct id *id, char out[ID_TEXT_SIZE])
{
	return num_hex(id->b, ID_SIZE, out);
}

int
id_parse(const char *text, struct id *id)
{
	if (strlen(text) != ID_TEXT_SIZE - 1)
		return -1;
	return num_unhex(text, id->b, ID_SIZE);
}

void
id_sha256(const void *p, size_t n, struct id *id)
{
	EVP_MD_CTX *ctx;
	bool done;

	ctx = context_new();
	done = ctx != NULL && EVP_DigestUpdate(ctx, p, n) == 1 &&
	    EVP_DigestFinal_ex(ctx, id->b, NULL) == 1;
	if (!done)
		(void)crypto_hash_sha256(id->b, p, n);
	EVP_MD_CTX_free(ctx);
}

struct sha256 *
sha256_new(struct err *e)
{
	struct sha256 *s;

	if ((s = calloc(1, sizeof(*s))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	if ((s->ctx = context_new()) == NULL) {
		(void)err_memory(e);
		free(s);
		return NULL;
	}
	return s;
}

/*
 * Once its context is set up, SHA-256 has no way to fail; a digest that is
 * silently wrong must not exist, so the impossible ends the process.
 */
void
sha256_add(struct sha256 *s, const void *p, size_t n)
{
	if (EVP_DigestUpdate(s->ctx, p, n) != 1)
		abort();
}

void
sha256_end(struct sha256 *s, struct id *id)
{
	if (EVP_DigestFinal_ex(s->ctx, id->b, NULL) != 1)
		abort();
}

void
sha256_free(struct sha256 *s)
{
	if (s == NULL)
		return;
	EVP_MD_CTX_free(s->ctx);
	free(s);
}
