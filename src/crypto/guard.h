#ifndef CRYPTO_GUARD_H
#define CRYPTO_GUARD_H

#include <stddef.h>
#include <stdint.h>

struct err;

/*
 * Memory for secrets, of this room and of the credentials that drivers of
 * stores hold: between guard pages, locked into RAM where the system allows
 * it, left out of core dumps, wiped when freed.
 */

/* n bytes of zeros. */
void	*guard_new(size_t n, struct err *);

/* From now on it can only be read; writing to it ends the process. */
void	 guard_freeze(void *);

/* Wipe and release; accepts NULL. */
void	 guard_free(void *);

/* Standard base64 with padding; size of n bytes of it, with the NUL. */
#define BASE64_SIZE(n) (((n) + 2) / 3 * 4 + 1)

/* Write n bytes as base64 into BASE64_SIZE(n) bytes; returns them. */
char	*base64_format(const void *, size_t n, char *out);

/*
 * The reverse of len characters that must be exactly n bytes in the one
 * canonical form: no blanks, padding whole, unused bits zero.  Else -1.
 */
int	 base64_parse(const char *, size_t len, void *out, size_t n);

#endif
