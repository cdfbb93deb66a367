#ifndef SNAPSHOT_PROOF_H
#define SNAPSHOT_PROOF_H

#include <stdbool.h>

#include "base/err.h"
#include "crypto/charter.h"

struct json_t;
struct store;

/* Does a recovery key still open a store? */
struct proof {
	bool		opens;
	char		name[RECOVERY_NAME_SIZE];	/* the key's */
	struct charter	charter;	/* the newest that it opens */
	struct err	why;		/* when it opens none */
};

/*
 * Try the key on the charters of a store: its root must have signed one, and
 * the store's secret sealed in it must open and be that store's.  -1 when
 * that could not be told: the store cannot be read, or has no charter.
 */
int	proof_of(struct proof *, const struct recovery_key *, struct store *,
	    struct err *);

/* The same for the key in a file and the store at a URL. */
int	proof_of_file(struct proof *, const char *path,
	    const struct passphrase_source *, const char *url, struct err *);

/* One line for people, naming the store's URL; returns its buffer. */
#define PROOF_TEXT_MAX 2048
char	*proof_format(const struct proof *, const char *url,
	    char [PROOF_TEXT_MAX]);

/* The same for programs; NULL without memory. */
struct json_t	*proof_json(const struct proof *);

#endif
