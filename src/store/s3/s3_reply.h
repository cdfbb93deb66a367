#ifndef STORE_S3_S3_REPLY_H
#define STORE_S3_S3_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct err;
struct store_sink;

/*
 * What a server answered, taken apart as it comes in and believed as little as
 * possible: everything has a limit, and what does not fit stops the transfer.
 */
#define S3_BODY_MAX ((size_t)16 << 20)	/* of a list */
#define S3_ERROR_MAX ((size_t)64 << 10)	/* of an error */
#define S3_HEADERS_MAX ((size_t)256 << 10)
#define S3_TEXT_MAX 256

enum s3_trouble {
	S3_NO_TROUBLE = 0,
	S3_HEADERS_TOO_LONG,
	S3_HEADERS_ODD,		/* a length or range that is none */
	S3_BODY_TOO_LONG,
	S3_RANGE_SHORT,		/* the object ends before what was asked */
	S3_RANGE_WRONG,		/* not the bytes that were asked for */
	S3_TOO_EARLY,		/* a success before all bytes were sent */
	S3_SINK_FAILED		/* of ours; it says why */
};

struct s3_reply {
	/* set by s3_reply_init() */
	uint8_t		*sink;		/* where an object's bytes go */
	uint64_t	 offset, want;	/* which of them */
	bool		 object;	/* the body is an object's */
	const struct store_sink *to;	/* or here, as they come */

	/* by the transport: what the sink says when it fails */
	struct err	*sink_says;

	/* by the transport */
	int		 curl;		/* CURLcode; -1 nothing was sent */
	char		 why[S3_TEXT_MAX];	/* what curl says */
	bool		 connected;
	uint64_t	 sent;		/* bytes of the body */
	int64_t		 began;		/* clock_utc() when it was signed */
	int64_t		 expires;	/* of the certificate, UTC ns, or 0 */

	/* by what came in */
	enum s3_trouble	 trouble;
	long		 http;		/* 0: no status came */
	int64_t		 length;	/* -1: it did not say */
	uint64_t	 first, last, total;	/* of Content-Range */
	bool		 has_range;
	uint64_t	 got;		/* bytes of the object */
	size_t		 header_bytes;
	char		 etag[S3_TEXT_MAX];
	char		 lock_mode[S3_TEXT_MAX];
	char		 lock_until[S3_TEXT_MAX];
	char		 bucket_region[S3_TEXT_MAX];
	int64_t		 date;		/* of the server, clock_utc(), or 0 */
	int64_t		 modified;	/* Last-Modified, or 0 */
	uint64_t	 retry_after;	/* seconds, or 0 */
	struct buf	 body;		/* of all but objects */
	/* from an error's body */
	char		 code[S3_TEXT_MAX];
	char		 message[S3_TEXT_MAX];
	char		 region[S3_TEXT_MAX];
};

/*
 * Ready for one answer; object: the body of a success is bytes offset to
 * offset + want - 1 of an object, which go to sink.
 */
void	s3_reply_init(struct s3_reply *, bool object, void *sink,
	    uint64_t offset, uint64_t want);
void	s3_reply_drop(struct s3_reply *);

/* The same again, for a new try. */
void	s3_reply_start_over(struct s3_reply *);

/* A whole line of the header, with or without its end; false: stop. */
bool	s3_reply_header(struct s3_reply *, const char *, size_t);

/* Some bytes of the body; false: stop, trouble says why. */
bool	s3_reply_body(struct s3_reply *, const void *, size_t);

#endif
