#ifndef TESTS_STORE_MEM_H
#define TESTS_STORE_MEM_H

struct err;
struct store;

/* A store in memory, for tests; it has gone when it is closed. */
struct store	*store_mem_new(struct err *);

#endif
