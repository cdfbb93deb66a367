#ifndef STORE_S3_S3_WIRE_H
#define STORE_S3_S3_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/s3/s3_url.h"
#include "store/s3/sigv4.h"

struct err;
struct s3_config;
struct s3_keys;
struct s3_limit;
struct s3_reply;
struct store_source;

/* What requests to a bucket have in common; all borrowed. */
struct s3_link {
	const struct s3_config	*config;
	struct s3_keys		*keys;
	struct s3_limit		*limit;		/* of uploads, or NULL */
};

#define S3_EXTRA_MAX 8
#define S3_QUERY_MAX 8

struct s3_request {
	const char		*verb;	/* GET PUT HEAD DELETE */
	const char		*key;	/* with the prefix; "" is the bucket */
	struct s3_pair		 query[S3_QUERY_MAX];
	size_t			 n_query;
	struct sigv4_header	 extra[S3_EXTRA_MAX];	/* headers */
	size_t			 n_extra;
	const void		*body;		/* of PUT: in memory, or */
	const struct store_source *source;	/* read while it is sent */
	size_t			 len;
	const char		*payload;	/* its SHA-256, hexadecimal */
	uint64_t		 offset, want;	/* of GET; want 0: no range */
	bool			 untagged;	/* of PUT: no object's, so */
						/* that no ETag comes back */
	bool			 fresh;		/* its own connection: then */
						/* the certificate is seen */
};

/*
 * The transport below libs3.  Its calls of libcurl are linked to ours
 * (-Wl,--wrap): what libs3 sets is only noted, and what it performs is our own
 * request, signed and with our options, if it is the one that was announced.
 *
 * Announce what the next call of libs3 in this thread shall do; the three must
 * live until s3_wire_end(), which says whether the request was made at all:
 * -1 with why not.  What came of it is in the reply.
 */
void	s3_wire_begin(const struct s3_link *, const struct s3_request *,
	    struct s3_reply *);
int	s3_wire_end(struct err *);

#endif
