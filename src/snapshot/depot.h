#ifndef SNAPSHOT_DEPOT_H
#define SNAPSHOT_DEPOT_H

#include <stdbool.h>

#include "base/err.h"
#include "crypto/charter.h"
#include "crypto/keys.h"
#include "store/store.h"

struct buf;
struct chunks;
struct scratch;
struct store;

/*
 * A store opened with the keys at hand: its charter found and checked against
 * the key's root, and, when asked for, its chunks ready.  Everything is the
 * depot's.
 */
struct depot {
	struct store		*store;
	struct charter		 charter;
	/* a key vouched for the charter */
	bool			 authentic;
	/* charters that cannot be believed, and why the last of them not */
	size_t			 refused;
	struct err		 refusal;
	struct writer_key	*writer;	/* or NULL */
	struct recovery_key	*recovery;	/* or NULL */
	const struct store_secret *secret;	/* or NULL */
	/* when it came by the charter */
	struct store_secret	*own_secret;
	struct chunks		*chunks;	/* or NULL */
	struct scratch		*scratch;	/* holds the index, or NULL */
	char			*lasting;	/* folder of index, or NULL */
	char			*memory;	/* of statements, or NULL */
	void			(*progress)(void *cookie, uint64_t bytes,
				    uint64_t entries);	/* or NULL */
};

enum depot_use {
	DEPOT_LOOK,		/* statements only; any key, or none */
	DEPOT_SIGN,		/* statements, and sign some: writer key */
	DEPOT_WRITE,		/* put chunks: writer key */
	DEPOT_READ,		/* open chunks: recovery key */
	DEPOT_DRILL		/* as READ, and sign: writer key as well */
};

/*
 * Open the envelope of the charter of that name against the root that the
 * depot's keys name, or, without a key, against the root that it claims
 * itself.  ERR_DAMAGED when its bytes do not have the SHA-256 in its name.
 */
int	depot_open_charter(const struct depot *, struct charter *,
	    const char *name, const struct buf *envelope, struct err *);

struct depot_options {
	const char	*url;
	struct store_options bucket;	/* all that it points at is borrowed */
	const char	*writer_key;	/* file, or NULL */
	const char	*recovery_key;	/* file, or NULL */
	struct passphrase_source pass;
	const char	*index;		/* folder; NULL: in a scratch folder */
	const char	*scratch;	/* where scratch folders go, or NULL */
	enum depot_use	 use;
	void		(*progress)(void *cookie, uint64_t bytes,
			    uint64_t entries);	/* of chunks, or NULL */
};

/*
 * Open it.  ERR_DENIED says which key is needed when it is not among the
 * options; ERR_ABSENT when it is no store, ERR_DAMAGED when it lost its
 * charter; ERR_UNSUPPORTED when our root signed one of a newer format.
 */
int	depot_open(struct depot *, const struct depot_options *, struct err *);

/* Release all; a depot of zeros is accepted. */
void	depot_close(struct depot *);

/* The signer of statements made here, or NULL; borrowed. */
const struct signer	*depot_signer(const struct depot *);

/*
 * Chunks of this store that are only named, never stored: for taking a site
 * again and comparing fingerprints.  The caller closes them.
 */
struct chunks	*depot_dry(const struct depot *, struct err *);

#endif
