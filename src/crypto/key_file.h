#ifndef CRYPTO_KEY_FILE_H
#define CRYPTO_KEY_FILE_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct json_t;

/*
 * The text form that key files share, of this room only: three lines,
 *
 *	muster recovery key 1		(or "muster writer key 1")
 *	{...}				what is public, JSON
 *	...				what is secret, base64
 *
 * The secret binds the exact bytes of the first two lines, so nothing in
 * them can be changed or exchanged.  The secret line is never JSON: it is
 * read from guarded memory into guarded memory.
 */
enum key_kind {
	KEY_RECOVERY,
	KEY_WRITER
};

#define KEY_FILE_MAX 4096
#define KEY_FILE_SECRET_MAX 128		/* bytes, before base64 */
#define KEY_FILE_CHECK 16		/* bytes, of an unencrypted one */

struct key_file {
	enum key_kind	 kind;
	char		*text;		/* guarded, KEY_FILE_MAX */
	size_t		 len;
	size_t		 bound;		/* length of the first two lines */
	struct json_t	*json;		/* the second */
	const char	*secret;	/* the third, without its end */
	size_t		 secret_len;
};

/*
 * Read and take apart.  ERR_DENIED for a loose mode, ERR_DAMAGED when it is no
 * key file, ERR_UNSUPPORTED for a newer version.
 */
int	key_file_load(struct key_file *, const char *path, struct err *);

/* The same from len bytes, for a key that was typed in; they are copied. */
int	key_file_parse(struct key_file *, const void *, size_t, struct err *);

/* Begin one of this kind: writes the first two lines. */
int	key_file_begin(struct key_file *, enum key_kind,
	    const struct json_t *, struct err *);

/*
 * Append n bytes of secret and, 0600 and never over another, write the file:
 * it is on disk then.
 */
int	key_file_save(struct key_file *, const uint8_t *, size_t n,
	    const char *path, struct err *);

/*
 * For secrets that no passphrase protects: the check over the public lines
 * and the n bytes of secret (whose first 32 are its key) that tells a file
 * damaged or patched by someone who cannot read it.
 */
void	key_file_check(const struct key_file *, const uint8_t *, size_t n,
	    uint8_t [KEY_FILE_CHECK]);

/*
 * Take n bytes of such a secret out of the file into guarded memory (guard.h,
 * the caller's).  ERR_DAMAGED when the check is wrong.
 */
uint8_t	*key_file_open_checked(const struct key_file *, size_t n,
	    struct err *);

/* Append the check and save: the reverse. */
int	key_file_save_checked(struct key_file *, const uint8_t *, size_t n,
	    const char *path, struct err *);

/* Wipe and release. */
void	key_file_drop(struct key_file *);

#endif
