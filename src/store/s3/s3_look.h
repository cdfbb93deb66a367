#ifndef STORE_S3_S3_LOOK_H
#define STORE_S3_S3_LOOK_H

struct err;
struct s3_sender;
struct store_health;

/*
 * store_look() of a bucket: what it says of its versions and its lock, what
 * its certificate and its clock say, and whether our key may remove.  Each is
 * asked once; what is not answered stays unknown.  -1 only when nothing could
 * be asked.
 */
int	s3_look_bucket(struct s3_sender *, struct store_health *,
	    struct err *);

#endif
