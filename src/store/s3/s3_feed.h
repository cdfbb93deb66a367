#ifndef STORE_S3_S3_FEED_H
#define STORE_S3_S3_FEED_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct s3_limit;
struct s3_request;

/* The body of a request on its way out; all borrowed. */
struct s3_feed {
	const struct s3_request	*request;
	struct s3_limit		*limit;		/* or NULL */
	size_t			 fed;		/* bytes, so far */
	struct err		*e;		/* why the source failed */
};

#define S3_FEED_FAILED SIZE_MAX

/*
 * The next bytes, at most n, into p: how many; 0 at the end.  Waits when there
 * is a limit.  S3_FEED_FAILED when a signal came, or, with *e set, when the
 * body's source failed.
 */
size_t	s3_feed_read(struct s3_feed *, char *p, size_t n);

/* Once more from an offset, which must be 0 or within bytes in memory. */
int	s3_feed_seek(struct s3_feed *, uint64_t offset);

#endif
