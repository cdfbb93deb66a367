#ifndef STORE_S3_S3_FETCH_H
#define STORE_S3_S3_FETCH_H

#include <stddef.h>
#include <stdint.h>

struct err;

/*
 * One small request to a metadata service: no proxy, no redirect, short
 * time-outs.  The body goes to out as text (size bytes with the NUL), which
 * should be guarded memory.  *status is the HTTP status; -1 (ERR_ABSENT when
 * nobody listens there) when there is none.
 */
struct s3_fetch {
	const char	*verb, *url;
	const char	*header[2];	/* "Name: value", or NULL */
	uint32_t	 timeout;	/* milliseconds */
};

int	s3_fetch(const struct s3_fetch *, char *out, size_t size, long *status,
	    struct err *);

#endif
