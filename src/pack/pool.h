#ifndef PACK_POOL_H
#define PACK_POOL_H

#include <stdbool.h>

#include "base/buf.h"

struct err;
struct zip;

/* One thread's tools: compression, and memory for bytes on their way. */
struct bench {
	struct zip	*zip;
	struct buf	 sealed, opened;
};

int	bench_init(struct bench *, struct err *);
void	bench_drop(struct bench *);

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
