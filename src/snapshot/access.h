#ifndef SNAPSHOT_ACCESS_H
#define SNAPSHOT_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/policy.h"
#include "snapshot/depot.h"

struct err;
struct lock;
struct store;
struct store_options;

/*
 * How a command gets at a store: by the policy, or (for a recovery with
 * nothing else at hand) by a store's URL and a key alone.
 */
struct access_want {
	const char	*policy;	/* file, or NULL: the usual places */
	const char	*store;		/* name in the policy, or a URL */
	const char	*recovery_key;	/* overrides the policy's */
	const char	*passphrase_file;
	uint64_t	 lock_wait;	/* seconds for the lock; 0: none */
	/* a URL and keys only; no policy needed */
	bool		 bare;
	bool		 exclusive;	/* hold the site's lock, */
	const char	*lock;		/* or this one of its locks */
	bool		 drill_store;	/* default: the store drills are from */
	/* statements of a far store may be remembered ones: remembered.h */
	bool		 remember;
	enum depot_use	 use;
	void		(*progress)(void *cookie, uint64_t bytes,
			    uint64_t entries);	/* of chunks, or NULL */
};

#define ACCESS_PATH_SIZE 4096

/* Where the texts live that depot options point at. */
struct access_paths {
	char	index[ACCESS_PATH_SIZE];
	char	credential[ACCESS_PATH_SIZE];
};

struct access {
	struct policy	*policy;	/* NULL when bare */
	struct depot	 depot;
	struct lock	*lock;
};

/*
 * Load the policy, take the lock if asked, open the depot.  A store that is
 * not a name of the policy but has a '/' or ':' in it is a URL, of which the
 * policy may say more.  The
 * passphrase comes from passphrase_file, the policy, $MUSTER_PASSPHRASE_FILE,
 * $CREDENTIALS_DIRECTORY/muster-passphrase, or the terminal.
 */
int	access_open(struct access *, const struct access_want *,
	    struct err *);

/* Release all; zeros are accepted. */
void	access_close(struct access *);

/*
 * What the policy says of a store, for store_open_with(), borrowed from it;
 * and the store, opened for what is put or read once.
 */
void	access_store_options(const struct policy_store *,
	    struct store_options *);
struct store	*access_store_open(const struct policy_store *, struct err *);

/*
 * Only the depot options that access_open() would use, for another store of
 * the same policy; they point into paths.  p may be NULL with a bare URL.
 */
int	access_depot_options(const struct policy *p,
	    const struct access_want *, struct depot_options *,
	    struct access_paths *, struct err *);

#endif
