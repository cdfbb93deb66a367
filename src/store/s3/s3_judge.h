#ifndef STORE_S3_S3_JUDGE_H
#define STORE_S3_S3_JUDGE_H

#include <stdbool.h>

struct err;
struct s3_config;
struct s3_reply;
struct s3_request;

/*
 * What an answer means, by curl's code, the HTTP status, and lengths alone.
 * The text of an error's body only tells apart what is a failure anyway.
 */
enum s3_verdict {
	S3_DONE,		/* it was done, all of it */
	S3_ABSENT,		/* certainly no such object; HEAD: perhaps */
	S3_EXISTS,		/* an object of that name was there */
	S3_SHORT,		/* the object ends before what was asked for */
	S3_DENIED,
	S3_EXPIRED,		/* the credentials: others may do */
	S3_LACKING,		/* the server does not know how */
	S3_REFUSED,		/* no, and it will be no again */
	S3_STOPPED,		/* a signal asked us to stop */
	/* worth another try */
	S3_AGAIN,		/* after a moment */
	S3_SLOWER,		/* when everybody has become slower */
	S3_UNREACHED,		/* there was no connection */
	S3_ODD			/* a few times only: it makes no sense */
};

/*
 * Judge the answer to a request; of a list the caller says whether it was
 * whole and made sense.  An error's body is understood first.
 */
enum s3_verdict	s3_judge(const struct s3_request *, struct s3_reply *,
		    bool list_is_whole);

/* Say in words why it failed; the kind follows from the verdict.  -1. */
int	s3_judge_explain(const struct s3_config *, const struct s3_request *,
	    const struct s3_reply *, enum s3_verdict, struct err *);

#endif
