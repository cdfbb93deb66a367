#ifndef STORE_S3_S3_LIMIT_H
#define STORE_S3_S3_LIMIT_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A limit of bytes a second that all threads share, without bursts: bytes go
 * in small pieces, each at its time.
 */
struct s3_limit {
	pthread_mutex_t	 mutex;
	uint64_t	 rate;		/* 0: no limit */
	int64_t		 next;		/* clock_monotonic() of the next byte */
};

void	s3_limit_init(struct s3_limit *, uint64_t rate);
void	s3_limit_drop(struct s3_limit *);

/*
 * How many of n bytes may go in one piece, at least 1 if n is; and, in *wait,
 * nanoseconds until they may.  They are counted as gone.
 */
size_t	s3_limit_take(struct s3_limit *, size_t n, int64_t *wait);

#endif
