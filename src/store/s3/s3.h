#ifndef STORE_S3_S3_H
#define STORE_S3_S3_H

struct err;
struct s3_config;
struct s3_keys;
struct store;
struct store_options;

/*
 * The store in a bucket: an object of the store is one of the bucket, its key
 * the prefix and the name.  What else is below the prefix is passed over.
 *
 * Nothing is believed but a complete answer that has all signs of a success;
 * see s3_judge.h.  Puts are made with If-None-Match; where the server does not
 * know it, the object is only looked for before.  With Object Lock, what is
 * put is locked from that moment on, and the first put of a store fails if the
 * bucket did not lock it.  On a versioned bucket a removed object is hidden:
 * its versions stay until the bucket's own rules remove them.
 *
 * Open it; the bucket is not contacted, but credentials are looked for.
 */
struct store	*s3_open(const char *url, const struct store_options *,
		    struct err *);

/* The same of what is known already; takes the keys, also on failure. */
struct store	*s3_open_config(const char *url, const struct s3_config *,
		    struct s3_keys *, struct err *);

/* Is the bucket there, and may we list it? */
int		 s3_check(const char *url, const struct store_options *,
		    struct err *);

#endif
