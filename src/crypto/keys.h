#ifndef CRYPTO_KEYS_H
#define CRYPTO_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/id.h"

struct buf;
struct err;
struct json_t;

/*
 * Who holds what (muster-threats(7)):
 *
 *   store secret   32 random bytes of one store.  Chunk-id key, chunker seed
 *                  and fingerprint key are derived from it.  It opens nothing.
 *   signer         an Ed25519 key pair; public half in the charter.
 *   recovery key   an X25519 key pair (opens packs) and an Ed25519 key pair
 *                  (signs charters), both derived from one 32-byte seed, kept
 *                  under a passphrase (Argon2id) or bare in a key file.
 *   writer key     a file for a host that takes backups: store secret, its
 *                  signer, and the public key that signs charters.  To whom
 *                  packs are sealed it learns from the charter.  Cannot open
 *                  a pack.
 *   charter        a signed document in the store: store id, parameters, the
 *                  store secret sealed to each recovery key, who may sign
 *                  what.  Signed by a recovery key.
 *
 * All secret parts live in guarded memory and are wiped on free.
 */
struct store_secret;
struct signer;
struct recovery_key;
struct writer_key;

/* Once, before anything else of crypto; cmd_main calls it through main(). */
int	keys_init(struct err *);

/* A new store secret from the system's randomness. */
struct store_secret	*store_secret_new(struct err *);
void			 store_secret_free(struct store_secret *);

/*
 * Keyed BLAKE2b-256 of some bytes: a chunk's id.  Threads may share the
 * secret.
 */
void	store_secret_chunk_id(const struct store_secret *, const void *, size_t,
	    struct id *);

/* Keyed BLAKE2b-256 with the fingerprint key. */
void	store_secret_fingerprint(const struct store_secret *, const void *,
	    size_t, struct id *);

/* The chunker's table: 256 words derived from the secret. */
void	store_secret_gear(const struct store_secret *, uint64_t [256]);

#define SIGNER_PUBLIC_SIZE 32

/* A new signing key from the system's randomness. */
struct signer	*signer_new(struct err *);
void		 signer_free(struct signer *);
void		 signer_public(const struct signer *,
		    uint8_t [SIGNER_PUBLIC_SIZE]);

/*
 * Where a passphrase comes from; exactly one is used, the first that is set.
 * Asking for a new one asks twice.  Never an environment variable.
 */
struct passphrase_source {
	const char	*file;		/* 0600, first line */
	bool		 ask;		/* on the terminal, without echo */
	const char	*prompt;
};

/* A new recovery key from the system's randomness; its root is itself. */
struct recovery_key	*recovery_key_new(struct err *);
void			 recovery_key_free(struct recovery_key *);

/*
 * Write the key as text (magic, version, JSON) into a new file of mode 0600:
 * encrypted under the passphrase, or bare when source is NULL.  root is the
 * public key that signs the store's charters, kept in the file so that a
 * recovery with nothing else cannot be fooled; NULL means this key itself.
 * Never over an existing file.
 */
int	recovery_key_save(const struct recovery_key *, const char *path,
	    const struct passphrase_source *,
	    const uint8_t root[SIGNER_PUBLIC_SIZE], struct err *);

/*
 * Read it back.  ERR_DENIED for a wrong passphrase or loose file mode,
 * ERR_DAMAGED for a file that is not a recovery key.
 */
struct recovery_key	*recovery_key_load(const char *path,
			    const struct passphrase_source *, struct err *);

/* The public key that must have signed the store's charter. */
void	recovery_key_root(const struct recovery_key *,
	    uint8_t [SIGNER_PUBLIC_SIZE]);

/* Its own charter signer, borrowed. */
const struct signer	*recovery_key_signer(const struct recovery_key *);

/*
 * Append the public halves as one line of text without its end:
 * "muster-recovery-1 <base64 X25519> <base64 Ed25519>".
 */
int	recovery_key_public_text(const struct recovery_key *, struct buf *,
	    struct err *);

/* The first 16 hex digits of SHA-256 of the X25519 public key: its name. */
#define RECOVERY_NAME_SIZE 17
void	recovery_key_name(const struct recovery_key *,
	    char [RECOVERY_NAME_SIZE]);

/*
 * Read a writer key's file (written by writer_key_save(), charter.h).
 * ERR_DENIED for a loose file mode, ERR_DAMAGED for a file that is none.
 */
struct writer_key	*writer_key_load(const char *path, struct err *);
void			 writer_key_free(struct writer_key *);
const struct store_secret *writer_key_secret(const struct writer_key *);
const struct signer	*writer_key_signer(const struct writer_key *);
void	writer_key_root(const struct writer_key *,
	    uint8_t [SIGNER_PUBLIC_SIZE]);

#endif
