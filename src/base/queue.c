/*
 * A bounded queue between threads: a ring, one mutex, two conditions.
 */
#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/queue.h"

struct queue {
	pthread_mutex_t	 mutex;
	pthread_cond_t	 room;
	pthread_cond_t	 work;
	size_t		 max;
	size_t		 n;
	size_t		 head;
	bool		 closed;
	void		*item[];
};

struct queue *
queue_new(size_t max, struct err *e)
{
	struct queue *q;

	assert(max > 0);
	if (max > SIZE_MAX / sizeof(q->item[0]) / 2 ||
	    (q = calloc(1, sizeof(*q) + max * sizeof(q->item[0]))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	q->max = max;
	/* With default attributes none of these can fail on Linux. */
	(void)pthread_mutex_init(&q->mutex, NULL);
	(void)pthread_cond_init(&q->room, NULL);
	(void)pthread_cond_init(&q->work, NULL);
	return q;
}

void
queue_free(struct queue *q)
{
	if (q == NULL)
		return;
	(void)pthread_cond_destroy(&q->work);
	(void)pthread_cond_destroy(&q->room);
	(void)pthread_mutex_destroy(&q->mutex);
	free(q);
}

bool
queue_push(struct queue *q, void *item)
{
	bool taken;

	assert(item != NULL);
	(void)pthread_mutex_lock(&q->mutex);
	while (q->n == q->max && !q->closed)
		(void)pthread_cond_wait(&q->room, &q->mutex);
	if ((taken = !q->closed)) {
		q->item[(q->head + q->n) % q->max] = item;
		q->n++;
		(void)pthread_cond_signal(&q->work);
	}
	(void)pthread_mutex_unlock(&q->mutex);
	return taken;
}

void *
queue_pop(struct queue *q)
{
	void *item = NULL;

	(void)pthread_mutex_lock(&q->mutex);
	while (q->n == 0 && !q->closed)
		(void)pthread_cond_wait(&q->work, &q->mutex);
	if (q->n > 0) {
		item = q->item[q->head];
		q->head = (q->head + 1) % q->max;
		q->n--;
		(void)pthread_cond_signal(&q->room);
	}
	(void)pthread_mutex_unlock(&q->mutex);
	return item;
}

void
queue_close(struct queue *q)
{
	(void)pthread_mutex_lock(&q->mutex);
	q->closed = true;
	(void)pthread_cond_broadcast(&q->room);
	(void)pthread_cond_broadcast(&q->work);
	(void)pthread_mutex_unlock(&q->mutex);
}
