#ifndef STORE_S3_S3_KEYS_H
#define STORE_S3_S3_KEYS_H

#include <stddef.h>
#include <stdint.h>

struct err;

/*
 * Credentials of a bucket: an access key, a secret, perhaps a session token,
 * in guarded memory.  Several threads may use them at once; those that expire
 * are fetched again before they do.
 */
struct s3_keys;

#define S3_ACCESS_MAX 256
#define S3_SECRET_MAX 256
#define S3_TOKEN_MAX 8192

struct s3_secret {
	char	access[S3_ACCESS_MAX];
	char	secret[S3_SECRET_MAX];
	char	token[S3_TOKEN_MAX];	/* or "" */
	int64_t	expires;		/* clock_utc(); 0: never */
};

/*
 * Find credentials: file (and profile of it) if not NULL, which is then the
 * only place; else AWS_ACCESS_KEY_ID and its companions,
 * $CREDENTIALS_DIRECTORY/muster-s3, the shared file of AWS, and the metadata
 * service of a container or an instance.  ERR_DENIED says where was looked.
 */
struct s3_keys	*s3_keys_new(const char *file, const char *profile,
		    struct err *);
void		 s3_keys_free(struct s3_keys *);

/*
 * The credentials as they are now: held for the caller until given back,
 * which must be soon.  NULL when expired ones could not be fetched again.
 */
const struct s3_secret	*s3_keys_hold(struct s3_keys *, struct err *);
void			 s3_keys_release(struct s3_keys *);

/*
 * The server says that the ones signed with at that time have expired: fetch
 * others.  1 when there are new ones, 0 when there is no place to get them
 * from, -1 when that failed.
 */
int	s3_keys_renew(struct s3_keys *, int64_t used, struct err *);

/* Where they are from, for messages; borrowed. */
const char	*s3_keys_origin(const struct s3_keys *);

#endif
