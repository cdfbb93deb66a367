#ifndef SITE_SETUP_H
#define SITE_SETUP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "crypto/charter.h"
#include "site/frappe.h"
#include "store/store.h"

struct err;

/* What muster-init was asked for; NULL where nothing was said. */
struct setup_want {
	const char		 *store;
	const char		 *bench;
	const char		 *site;
	const char		 *defaults_file;
	const char		 *recovery_key;	/* to make */
	const char		 *passphrase_file;
	bool			  bare;		/* no passphrase */
	const char *const	 *recipients;	/* other keys' public lines */
	const char		 *policy;	/* to make */
};

/* Everything that will be made, in memory. */
struct setup {
	struct setup_want	  want;
	char			 *store, *policy, *writer_key, *recovery_key;
	char			 *defaults_file, *passphrase_file, *state;
	char			 *ca_file;
	struct store_options	  bucket;	/* where the store is one */
	char			  site[CHARTER_NAME_MAX + 1];
	struct sites		  sites;
	const struct site_found	 *found;	/* NULL: none to be found */
	struct store_secret	 *secret;
	struct signer		 *signer;
	struct recovery_key	 *root;
	char			  root_name[RECOVERY_NAME_SIZE];
	struct charter		  charter;
	struct buf		  envelope, text;	/* charter, policy */
	const char		 *made[6];	/* what is on disk by now */
	size_t			  n_made;
};

/*
 * Find the site, generate the keys, write charter and policy in memory and
 * check that nothing would be overwritten; a bucket must answer.  Nothing
 * outside is changed.  The setup must be dropped whatever is returned; want
 * must outlive it.
 */
int	setup_plan(struct setup *, const struct setup_want *, struct err *);

/*
 * Make it: recovery key, store, charter, writer key, policy, in this order, so
 * that there never is a store whose key was not saved.  On -1, made says what
 * has been made until then, and the error's line ends with it.
 */
int	setup_make(struct setup *, struct err *);

/* Wipe the keys and release everything. */
void	setup_drop(struct setup *);

#endif
