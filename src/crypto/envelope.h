#ifndef CRYPTO_ENVELOPE_H
#define CRYPTO_ENVELOPE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "crypto/keys_internal.h"

struct err;

/*
 * A DSSE envelope taken apart, its signatures not yet looked at; of this room
 * only (statement.h is for the others).
 */
#define ENVELOPE_MAX_SIGNATURES 16

struct envelope {
	struct buf	payload;
	struct buf	signed_bytes;	/* DSSE's PAE of type and payload */
	struct {
		char	keyid[KEYID_SIZE];
		uint8_t	sig[SIGNATURE_SIZE];
	} signatures[ENVELOPE_MAX_SIGNATURES];
	size_t		n;
};

/*
 * Read one of at most STATEMENT_MAX bytes; its payload must be of this type.
 * ERR_DAMAGED when it is anything else.  Drop it in either case.
 */
int	envelope_parse(struct envelope *, const void *, size_t,
	    const char *payload_type, struct err *);
void	envelope_drop(struct envelope *);

enum envelope_verdict {
	ENVELOPE_STRANGER,	/* no signature under this key's id */
	ENVELOPE_SIGNED,
	ENVELOPE_WRONG		/* one that does not fit */
};

/* Did this key sign it? */
enum envelope_verdict	envelope_verify(const struct envelope *,
			    const uint8_t public[SIGNER_PUBLIC_SIZE]);

/* DSSE's pre-authentication encoding, appended to out. */
int	envelope_pae(const char *payload_type, const void *, size_t,
	    struct buf *out, struct err *);

#endif
