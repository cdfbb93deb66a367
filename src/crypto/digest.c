/*
 * HMAC-SHA-256 and MD5 of libcrypto: see digest.h.
 */
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/err.h"
#include "crypto/digest.h"
#include "crypto/id.h"

int
digest_hmac(const void *key, size_t n, const void *p, size_t len,
    struct id *out, struct err *e)
{
	unsigned size = ID_SIZE;

	if (n > INT_MAX ||
	    HMAC(EVP_sha256(), key, (int)n, p, len, out->b, &size) == NULL)
		return err_memory(e);
	return 0;
}

int
digest_md5(const void *p, size_t n, uint8_t out[DIGEST_MD5_SIZE],
    struct err *e)
{
	if (EVP_Digest(p, n, out, NULL, EVP_md5(), NULL) != 1)
		return err_set(e, ERR_UNSUPPORTED, "this system refuses to "
		    "compute MD5, which the store wants");
	return 0;
}
