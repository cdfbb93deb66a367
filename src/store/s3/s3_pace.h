#ifndef STORE_S3_S3_PACE_H
#define STORE_S3_S3_PACE_H

#include <pthread.h>
#include <stdint.h>

struct err;

/*
 * When requests may start: one pace for all threads of a store.  As long as
 * the server does not complain, at once.  After a "slow down" nobody starts
 * for a while, then one after the other with a gap between, which grows with
 * every complaint and shrinks with every success.  Times are nanoseconds.
 */
struct s3_pace {
	pthread_mutex_t	 mutex;
	int64_t		 next;		/* clock_monotonic() */
	int64_t		 gap;
	int64_t		 slowed;	/* when it last became slower */
	/* sleeps; answers -1 when a signal asks us to stop */
	int		 (*sleep)(int64_t, struct err *);
};

void	s3_pace_init(struct s3_pace *);
void	s3_pace_drop(struct s3_pace *);

/*
 * Wait for one's turn.  -1: a signal came, or (ERR_REMOTE) the turn would
 * come after the deadline, in clock_monotonic().
 */
int	s3_pace_wait(struct s3_pace *, int64_t deadline, struct err *);

/*
 * The server complained about a request that was begun then, and wants this
 * many seconds of rest (0: it did not say).  Complaints about requests that
 * were on their way when it became slower already count once.
 */
void	s3_pace_slower(struct s3_pace *, int64_t began, uint64_t rest);

/* A request succeeded. */
void	s3_pace_faster(struct s3_pace *);

/* Nanoseconds to wait before try n (from 1) of one request, with jitter. */
int64_t	s3_pace_backoff(unsigned n, uint32_t first_ms, uint32_t longest_ms);

/* The usual way to sleep. */
int	s3_pace_sleep(int64_t, struct err *);

#endif
