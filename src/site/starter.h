#ifndef SITE_STARTER_H
#define SITE_STARTER_H

#include <stdbool.h>

struct buf;
struct err;
struct site_found;
struct store_options;

/* What a starter policy is about; all paths are absolute. */
struct starter {
	const char		*site;		/* its name */
	const struct site_found	*found;		/* in a bench, or NULL */
	const char		*defaults_file;	/* or NULL */
	const char		*store;
	/* where that is a bucket: endpoint, region, CA; else NULL */
	const struct store_options *bucket;
	const char		*writer_key;
	const char		*recovery_key;
	const char		*passphrase_file;	/* or NULL */
	const char		*state;		/* or NULL: the default */
};

/*
 * Append a commented policy that says so.  For a site that was not found in
 * a bench the components are comments to be filled in: until then the policy
 * is refused, rather than a backup of nothing taken.  ERR_INPUT for text that
 * YAML cannot hold (not UTF-8, control characters).
 */
int	site_write_policy(const struct starter *, struct buf *, struct err *);

#endif
