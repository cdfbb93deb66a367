#ifndef CRYPTO_STATEMENT_H
#define CRYPTO_STATEMENT_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/charter.h"

struct buf;
struct err;
struct json_t;

/*
 * Signed statements: DSSE envelopes (secure-systems-lab/dsse v1.0.2) around
 * in-toto Statements v1.  The payload is JSON with sorted keys and no spaces;
 * the signature is Ed25519 over DSSE's PAE; keyid is the first 16 hex digits
 * of the SHA-256 of the public key.
 */
#define STATEMENT_SNAPSHOT "urn:muster:snapshot:v1"
#define STATEMENT_RECEIPT  "urn:muster:receipt:v1"
#define STATEMENT_VERDICT  "https://slsa.dev/verification_summary/v1"
#define STATEMENT_MAX	   (16u << 20)	/* bytes of an envelope */

/* Sign any payload of a type; appends the envelope's bytes to out. */
int	envelope_sign(const char *payload_type, const void *, size_t,
	    const struct signer *, struct buf *out, struct err *);

/*
 * Check an envelope against one public key and append its payload to out.
 * ERR_DENIED when only strangers signed it; ERR_DAMAGED when it is no envelope
 * of that type, or is not what the key signed.
 */
int	envelope_open(const void *, size_t, const char *payload_type,
	    const uint8_t public[SIGNER_PUBLIC_SIZE], struct buf *out,
	    struct err *);

/*
 * Make and sign an in-toto statement.  subject (an array) and predicate (an
 * object) are borrowed.
 */
int	statement_sign(const char *predicate_type, struct json_t *subject,
	    struct json_t *predicate, const struct signer *, struct buf *out,
	    struct err *);

/* What a reader expects of a statement. */
struct statement_want {
	const char		*type;		/* its predicateType */
	const struct charter	*charter;	/* whose signers are trusted */
	unsigned		 role;		/* one of enum charter_role */
};

/*
 * Check an envelope against the charter's signers, of which one with the
 * role must have signed it, and return the whole statement (subject and
 * predicate inside, types checked); the caller decrefs it.  signer, if not
 * NULL, tells who (borrowed from the charter).  ERR_DENIED: signed by
 * strangers or without the role; ERR_DAMAGED: not what was signed, or no
 * statement of that type; ERR_UNSUPPORTED: a newer version.
 */
struct json_t	*statement_open(const void *, size_t,
		    const struct statement_want *,
		    const struct charter_signer **signer, struct err *);

#endif
