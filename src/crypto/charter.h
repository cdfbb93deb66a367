#ifndef CRYPTO_CHARTER_H
#define CRYPTO_CHARTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/id.h"
#include "crypto/keys.h"

struct buf;
struct err;

/*
 * The charter of a store: object `charters/<sha256>`, a DSSE envelope signed
 * by a recovery key (keys.h).  It names the store, fixes the parameters, and
 * says who may sign what.
 */
#define CHARTER_ID_SIZE 33		/* 32 hex digits and NUL */
#define CHARTER_NAME_MAX 64
#define CHARTER_MAX_SIGNERS 64
#define CHARTER_MAX_RECOVERY 16
#define CHARTER_KINDS 3			/* kinds of content, pack/chunks.h */

enum charter_role {
	ROLE_SNAPSHOT = 1,
	ROLE_RECEIPT = 2,
	ROLE_VERDICT = 4,
	ROLE_ALL = 7
};

struct charter_signer {
	char		name[CHARTER_NAME_MAX];	/* host or person */
	uint8_t		public[SIGNER_PUBLIC_SIZE];
	unsigned	roles;
};

struct charter_recovery {
	char		name[RECOVERY_NAME_SIZE];
	uint8_t		box_public[32];		/* X25519 */
	uint8_t		sign_public[SIGNER_PUBLIC_SIZE];
};

struct charter {
	char		store[CHARTER_ID_SIZE];
	int64_t		created;
	uint32_t	chunk_min[CHARTER_KINDS];	/* bytes */
	uint32_t	chunk_mean[CHARTER_KINDS];	/* powers of two */
	uint32_t	chunk_max[CHARTER_KINDS];
	uint32_t	pack_size;			/* bytes, about */
	struct charter_signer	signers[CHARTER_MAX_SIGNERS];
	size_t		n_signers;
	struct charter_recovery	recovery[CHARTER_MAX_RECOVERY];
	size_t		n_recovery;
	struct id	digest;		/* SHA-256 of the envelope's bytes */
};

/* What founds a store. */
struct charter_founding {
	const struct store_secret	*secret;
	const struct recovery_key	*root;		/* signs */
	const char *const		*others;	/* ends with NULL */
	const struct charter_signer	*signer;
};

/*
 * Found a store: fill the charter with the store's id (derived from its
 * secret), the default parameters, the public halves of the root and of the
 * other recovery keys (text lines, see recovery_key_public_text()) and this
 * signer.  The envelope's bytes are appended to out.  ERR_INPUT for a line or
 * a name that is none.
 */
int	charter_found(struct charter *, const struct charter_founding *,
	    struct buf *out, struct err *);

/*
 * Read an envelope, trusting only this root; every number is checked against
 * the format's limits.  ERR_DENIED when someone else signed it, ERR_DAMAGED
 * when it is not what was signed, ERR_UNSUPPORTED for a newer format.
 */
int	charter_open(struct charter *, const void *, size_t,
	    const uint8_t root[SIGNER_PUBLIC_SIZE], struct err *);

/*
 * For a reader that has no key: the root that an envelope itself claims, which
 * is one of its own recovery keys that did sign it.  It vouches for nothing.
 * ERR_DAMAGED when none of them did.
 */
int	charter_claimed_root(const void *, size_t,
	    uint8_t root[SIGNER_PUBLIC_SIZE], struct err *);

/*
 * The store secret out of a charter, by one of its recovery keys; the
 * charter's signature and that the secret is this store's are checked.
 * ERR_DENIED when the key is none of its recovery keys.
 */
struct store_secret	*charter_secret(const void *envelope, size_t,
			    const struct recovery_key *, struct err *);

/* Is this the secret of that store? */
bool	charter_fits(const struct charter *, const struct store_secret *);

/* The recovery key of a text line; ERR_INPUT when it is none. */
int	charter_recovery_parse(const char *line, struct charter_recovery *,
	    struct err *);

/*
 * Write a new file (0600) that lets a host take backups: see keys.h.  Never
 * over an existing file.
 */
int	writer_key_save(const char *path, const struct store_secret *,
	    const struct signer *, const uint8_t root[SIGNER_PUBLIC_SIZE],
	    struct err *);

#endif
