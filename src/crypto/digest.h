#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct id;

/*
 * Digests that foreign protocols demand; libcrypto.  -1 only without memory,
 * or (MD5) when the system's policy forbids the algorithm.
 */

/* HMAC-SHA-256 (RFC 2104) of len bytes with a key of n bytes. */
int	digest_hmac(const void *key, size_t n, const void *, size_t len,
	    struct id *, struct err *);

/* MD5, for Content-MD5 (RFC 1864): never to trust anything. */
#define DIGEST_MD5_SIZE 16
int	digest_md5(const void *, size_t, uint8_t [DIGEST_MD5_SIZE],
	    struct err *);

#endif
