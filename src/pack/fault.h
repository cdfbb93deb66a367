#ifndef PACK_FAULT_H
#define PACK_FAULT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/err.h"

/*
 * What went wrong in a thread that has nobody to tell: the first error stays
 * and everybody who asks gets it.
 */
struct fault {
	pthread_mutex_t	lock;
	atomic_bool	raised;
	struct err	err;
};

void	fault_init(struct fault *);
void	fault_drop(struct fault *);

/* Make this the error, unless there is one. */
void	fault_raise(struct fault *, const struct err *);

/* 0, or -1 and a copy of the error.  Cheap. */
int	fault_check(struct fault *, struct err *);

#endif
