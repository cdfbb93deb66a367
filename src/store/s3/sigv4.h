#ifndef STORE_S3_SIGV4_H
#define STORE_S3_SIGV4_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;

/*
 * AWS Signature Version 4 in the Authorization header, for the service s3:
 * pure, no clock, no environment.
 */
struct sigv4_header {
	const char	*name, *value;
};

struct sigv4_request {
	const char	*verb;
	const char	*path;		/* as s3_url_path() made it */
	const char	*query;		/* as s3_url_query() made it, or "" */
	const struct sigv4_header *headers;	/* all that are signed, host */
	size_t		 n_headers;		/* among them, any order */
	const char	*payload;	/* value of x-amz-content-sha256 */
	int64_t		 when;		/* that of x-amz-date, as clock_utc() */
};

struct sigv4_key {
	const char	*access, *secret, *region;
};

/*
 * Append the canonical request, and the names of the headers signed, joined
 * by ';'.  Names become lower case, runs of white space in values one blank.
 * ERR_INPUT when a name is there twice, or holds what no header name may.
 */
int	sigv4_canonical(const struct sigv4_request *, struct buf *canonical,
	    struct buf *names, struct err *);

/* Append the value of the Authorization header. */
int	sigv4_sign(const struct sigv4_request *, const struct sigv4_key *,
	    struct buf *authorization, struct err *);

#endif
