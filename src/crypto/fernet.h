#ifndef CRYPTO_FERNET_H
#define CRYPTO_FERNET_H

#include <stddef.h>

struct err;
struct fernet_key;

/*
 * Fernet (github.com/fernet/spec), as Frappe keeps its stored passwords: only
 * to see that a token opens.
 */

/* From its base64url text; ERR_INPUT when that is no key. */
struct fernet_key	*fernet_key_parse(const char *, size_t len,
			    struct err *);
void			 fernet_key_free(struct fernet_key *);

/*
 * Does the token's HMAC fit, and does it decrypt with right padding?  0, or
 * -1 with ERR_DAMAGED and what is wrong.  What it holds is wiped at once.
 */
int	fernet_check(const struct fernet_key *, const char *token, size_t len,
	    struct err *);

#endif
