#ifndef PACK_POOL_H
#define PACK_POOL_H

#include <pthread.h>
#include <stdbool.h>

#include "base/buf.h"

struct err;
struct zip;

#define BENCHES_MAX 16		/* more are made and released each time */

/* One thread's tools: compression, and memory for bytes on their way. */
struct bench {
	struct zip	*zip;
	struct buf	 sealed, opened;
};

int	bench_init(struct bench *, struct err *);
void	bench_drop(struct bench *);

/* Benches that are kept, for threads that are not workers. */
struct benches {
	pthread_mutex_t	 lock;
	struct bench	*v[BENCHES_MAX];
	size_t		 n;
};

void		 benches_init(struct benches *);
void		 benches_drop(struct benches *);
struct bench	*benches_take(struct benches *, struct err *);
void		 benches_give(struct benches *, struct bench *);

/*
 * Something to do for a worker.  It is part of what it works on; run() may
 * free it, nobody touches it afterwards.
 */
struct task {
	struct task	*prev, *next;
	bool		 queued;
	void		(*run)(struct task *, struct bench *);
};

/* Threads that do tasks in the order they came. */
struct pool;

struct pool	*pool_new(unsigned workers, struct err *);

/* Do what is still queued, end the threads, release all; accepts NULL. */
void		 pool_free(struct pool *);

/* Give it to the next free worker; never waits. */
void		 pool_push(struct pool *, struct task *);

/* Take a task back: true when nobody had begun it, and nobody will. */
bool		 pool_take_back(struct pool *, struct task *);

#endif
