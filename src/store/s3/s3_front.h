#ifndef STORE_S3_S3_FRONT_H
#define STORE_S3_S3_FRONT_H

struct err;
struct s3_link;
struct s3_reply;
struct s3_request;

/*
 * libs3, which makes requests, behind this one module: another library, or
 * libcurl alone, could take its place.  Start it before the first request;
 * each start wants its stop.
 */
int	s3_front_start(struct err *);
void	s3_front_stop(void);

/*
 * Make a request once.  0 when it was made, whatever came of it: that is in
 * the reply.  -1 when it could not be: nothing was sent.
 */
int	s3_front_do(const struct s3_link *, const struct s3_request *,
	    struct s3_reply *, struct err *);

#endif
