#ifndef TESTS_STORE_FAR_H
#define TESTS_STORE_FAR_H

#include <pthread.h>

struct err;
struct store;

/* What a store that is far has seen. */
struct far {
	struct store	*below;		/* borrowed */
	pthread_mutex_t	 lock;
	pthread_cond_t	 asked;
	unsigned	 asking, most;	/* gets under way; at most */
};

/*
 * A store to be read, whose first get waits until there is a second one at the
 * same time: for 20 seconds, then it answers all the same.
 */
struct store	*store_far_new(struct far *, struct store *below,
		    struct err *);

#endif
