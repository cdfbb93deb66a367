#ifndef CRYPTO_CHARTER_JSON_H
#define CRYPTO_CHARTER_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/charter.h"

struct err;
struct json_t;

/* The payload of a charter's envelope; of this room only. */
#define CHARTER_TYPE "application/vnd.muster.charter+json"
#define CHARTER_SEALED 80		/* the store secret in a sealed box */

/* An envelope and the root that must have signed it. */
struct charter_bytes {
	const void	*p;
	size_t		 n;
	const uint8_t	*root;
};

/* Is every value within the format's limits?  ERR_DAMAGED when not. */
int	charter_check(const struct charter *, struct err *);

/* All but the digest, with the sealed store secrets; NULL without memory. */
struct json_t	*charter_to_json(const struct charter *,
		    uint8_t [CHARTER_MAX_RECOVERY][CHARTER_SEALED]);

/*
 * The reverse, checked.  ERR_DAMAGED, or ERR_UNSUPPORTED for a newer format;
 * both outputs are then undefined.
 */
int	charter_from_json(struct charter *,
	    uint8_t [CHARTER_MAX_RECOVERY][CHARTER_SEALED], const void *,
	    size_t, struct err *);

#endif
