#ifndef CRYPTO_ID_H
#define CRYPTO_ID_H

#include <stddef.h>
#include <stdint.h>

#define ID_SIZE 32
#define ID_TEXT_SIZE 65

/* A chunk's id, a fingerprint, a SHA-256: 32 bytes. */
struct id {
	uint8_t	b[ID_SIZE];
};

/* Compare two ids: <0, 0, >0 as memcmp(3). */
int	id_compare(const struct id *, const struct id *);

/* As 64 hexadecimal digits; returns its buffer. */
char	*id_format(const struct id *, char [ID_TEXT_SIZE]);

/* The reverse; -1 when it is not exactly 64 lower-case digits. */
int	id_parse(const char *, struct id *);

/* SHA-256 (FIPS 180-4) of some bytes; libcrypto, with the CPU's help. */
void	id_sha256(const void *, size_t, struct id *);

/*
 * The same, in pieces: new, add any number of times, end once, free.  NULL
 * (ERR_MEMORY) only without memory.
 */
struct sha256;
struct err;
struct sha256	*sha256_new(struct err *);
void		 sha256_add(struct sha256 *, const void *, size_t);
void		 sha256_end(struct sha256 *, struct id *);
void		 sha256_free(struct sha256 *);

#endif
