#ifndef CRYPTO_PASSPHRASE_H
#define CRYPTO_PASSPHRASE_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct passphrase_source;

#define PASSPHRASE_MAX 1024		/* bytes, end of line included */

/* A passphrase, in guarded memory; of this room only. */
struct passphrase {
	size_t	len;
	char	text[PASSPHRASE_MAX];	/* not terminated */
};

/*
 * Get it from its source; with `twice` a person is asked a second time and
 * both must be the same.  The first line counts, without its end; an empty
 * one is ERR_INPUT.  While a person is asked, the terminal does not echo; it
 * does again when this returns and before any signal is acted on.
 * ERR_INTERRUPTED when a signal asked us to stop.
 */
struct passphrase	*passphrase_get(const struct passphrase_source *,
			    bool twice, struct err *);
void			 passphrase_free(struct passphrase *);

#endif
