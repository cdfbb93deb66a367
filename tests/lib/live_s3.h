#ifndef LIVE_S3_H
#define LIVE_S3_H

#include <limits.h>

struct scratch;
struct store;
struct store_options;

/*
 * A private S3 server (scripts/start-s3) for one test program, in a scratch
 * folder below TMPDIR (default /tmp).  Every call fails the test when it
 * cannot, but live_s3_start() answers 0, and says so, when the server is not
 * installed.
 */
struct live_s3 {
	struct scratch	*scratch;
	char		 endpoint[128], endpoint_tls[128];
	char		 ca[PATH_MAX];
	char		 owner_key[64], owner_secret[64];
	char		 writer_key[64], writer_secret[64];
	char		 bucket[64], locked[64];
};

int	live_s3_start(struct live_s3 *);
void	live_s3_stop(struct live_s3 *);

/* From now on the environment holds these credentials. */
void	live_s3_be_owner(const struct live_s3 *);
void	live_s3_be_writer(const struct live_s3 *);

/*
 * tests/lib/s3_admin.py as the owner, with these arguments up to NULL; what
 * it said is appended to out (size bytes) unless that is NULL.
 */
void	live_s3_admin(const struct live_s3 *, char *out, size_t size, ...);

#endif
