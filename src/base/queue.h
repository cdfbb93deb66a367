#ifndef BASE_QUEUE_H
#define BASE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct queue;

/* A bounded queue of pointers between threads, in order. */
struct queue	*queue_new(size_t max, struct err *);

/* Release it; nobody may wait in it.  Items left in it are not freed. */
void		 queue_free(struct queue *);

/* Wait for room and append.  False when the queue was closed: not taken. */
bool		 queue_push(struct queue *, void *);

/* Wait for an item.  NULL when closed and empty. */
void		*queue_pop(struct queue *);

/* No more pushes; poppers drain what is there, then get NULL. */
void		 queue_close(struct queue *);

#endif
