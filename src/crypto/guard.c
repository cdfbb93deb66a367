/*
 * Memory for secrets, and the base64 they are written in: see guard.h.  Both
 * are libsodium's; its base64 takes the same time whatever the content.
 */
#include <sodium.h>
#include <stdbool.h>

#include "base/err.h"
#include "crypto/guard.h"

void *
guard_new(size_t n, struct err *e)
{
	void *p;

	/* Cheap when done before; without it there are no guard pages. */
	if (sodium_init() == -1) {
		(void)err_set(e, ERR_SYSTEM, "cannot start libsodium");
		return NULL;
	}
	if ((p = sodium_malloc(n)) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	sodium_memzero(p, n);
	return p;
}

void
guard_freeze(void *p)
{
	/* Defence in depth: without it the secret is as safe from others. */
	(void)sodium_mprotect_readonly(p);
}

void
guard_free(void *p)
{
	sodium_free(p);
}

char *
base64_format(const void *p, size_t n, char *out)
{
	return sodium_bin2base64(out, BASE64_SIZE(n), p, n,
	    sodium_base64_VARIANT_ORIGINAL);
}

/* libsodium 1.0.18 takes some bytes above 127 for characters of base64. */
static bool
is_ascii(const char *text, size_t len)
{
	unsigned char high = 0;
	size_t i;

	for (i = 0; i < len; i++)
		high |= (unsigned char)text[i];
	return high < 0x80;
}

int
base64_parse(const char *text, size_t len, void *out, size_t n)
{
	size_t got;

	if (len != BASE64_SIZE(n) - 1 || !is_ascii(text, len))
		return -1;
	if (n == 0)
		return 0;
	if (sodium_base642bin(out, n, text, len, NULL, &got, NULL,
	    sodium_base64_VARIANT_ORIGINAL) != 0)
		return -1;
	return got == n ? 0 : -1;
}
