#ifndef CRYPTO_KEY_INFO_H
#define CRYPTO_KEY_INFO_H

#include <stdbool.h>

#include "crypto/charter.h"
#include "crypto/keys.h"

struct err;
struct json_t;

/* What a key file says that is no secret. */
struct key_info {
	bool	recovery;		/* else a writer key */
	bool	locked;			/* under a passphrase */
	/* a writer key's is its signer's keyid */
	char	name[RECOVERY_NAME_SIZE];
	char	text[128];		/* public halves, one line */
	char	root[64];		/* base64: who signs the charter */
	bool	own_root;		/* that is the key itself */
	char	store[CHARTER_ID_SIZE];	/* of a writer key, else empty */
};

/*
 * Read a key file of either kind without its passphrase.  What is said of one
 * under a passphrase is the file's own word; of any other it was checked.
 * Errors as recovery_key_load() and writer_key_load().
 */
int	key_info_load(struct key_info *, const char *path, struct err *);

/* The same as lines of text for people; returns its buffer. */
#define KEY_INFO_TEXT_MAX 512
char	*key_info_format(const struct key_info *, char [KEY_INFO_TEXT_MAX]);

/* The same for programs; NULL without memory. */
struct json_t	*key_info_json(const struct key_info *);

#endif
