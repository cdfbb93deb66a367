#ifndef STORE_S3_S3_URL_H
#define STORE_S3_S3_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;

/*
 * Where a bucket is: scheme, host, port.  The host is lower case, an IPv6
 * address in brackets.
 */
#define S3_HOST_MAX 256
#define S3_BUCKET_MAX 64
#define S3_KEY_MAX 1024

struct s3_place {
	bool		tls;
	char		host[S3_HOST_MAX];
	uint16_t	port;			/* 0: the scheme's own */
	char		bucket[S3_BUCKET_MAX];
	bool		path_style;		/* else bucket.host */
};

/*
 * Understand an endpoint: [http://|https://]host[:port][/], https when it
 * does not say.  Fills tls, host and port.  ERR_INPUT with what was expected.
 */
int	s3_url_endpoint(struct s3_place *, const char *, struct err *);

/*
 * Understand s3://bucket[/prefix]: fills bucket, and prefix (size bytes)
 * with what goes before every name: "" or "prefix/".
 */
int	s3_url_bucket(struct s3_place *, const char *url, char *prefix,
	    size_t size, struct err *);

/* What requests say in Host: without the scheme's own port.  Appended. */
int	s3_url_host(const struct s3_place *, struct buf *, struct err *);

/*
 * The path of an object as it is signed and sent, beginning with '/': every
 * byte but letters, digits and "-._~/" as %XX.  "" is the bucket.  Appended.
 */
int	s3_url_path(const struct s3_place *, const char *key, struct buf *,
	    struct err *);

/* A parameter of a query, not encoded. */
struct s3_pair {
	const char	*name, *value;
};

/* n of them as they are signed and sent: encoded, sorted.  Appended. */
int	s3_url_query(const struct s3_pair *, size_t n, struct buf *,
	    struct err *);

/*
 * Decode %XX (and '+', when so wanted, as a blank) of len bytes and append
 * them.  ERR_DAMAGED for a '%' without two digits and for a NUL.
 */
int	s3_url_decode(const char *, size_t len, bool plus, struct buf *,
	    struct err *);

#endif
