/*
 * A queue of tasks and the threads that do them: see pool.h.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "pack/pack.h"
#include "pack/pool.h"
#include "pack/zip.h"

/* Sealed runs of chunks, and compressed chunks, at their largest. */
#define BENCH_MAX ((size_t)PACK_CHUNK_MAX * 2 + (1u << 20))

struct pool {
	pthread_mutex_t	 lock;
	pthread_cond_t	 some;
	struct task	 head;		/* of a ring */
	bool		 ending;
	unsigned	 n;		/* threads that run */
	struct worker	*workers;
};

struct worker {
	struct pool	*pool;
	pthread_t	 thread;
	struct bench	 bench;
};

int
bench_init(struct bench *b, struct err *e)
{
	buf_init(&b->sealed, BENCH_MAX);
	buf_init(&b->opened, BENCH_MAX);
	return (b->zip = zip_new(e)) == NULL ? -1 : 0;
}

void
bench_drop(struct bench *b)
{
	zip_free(b->zip);
	buf_drop(&b->sealed);
	buf_drop(&b->opened);
	b->zip = NULL;
}

void
benches_init(struct benches *l)
{
	(void)pthread_mutex_init(&l->lock, NULL);
	l->n = 0;
}

void
benches_drop(struct benches *l)
{
	while (l->n > 0) {
		bench_drop(l->v[--l->n]);
		free(l->v[l->n]);
	}
	(void)pthread_mutex_destroy(&l->lock);
}

struct bench *
benches_take(struct benches *l, struct err *e)
{
	struct bench *b = NULL;

	(void)pthread_mutex_lock(&l->lock);
	if (l->n > 0)
		b = l->v[--l->n];
	(void)pthread_mutex_unlock(&l->lock);
	if (b != NULL)
		return b;
	if ((b = calloc(1, sizeof(*b))) == NULL)
		(void)err_memory(e);
	else if (bench_init(b, e) == -1) {
		bench_drop(b);
		free(b);
		b = NULL;
	}
	return b;
}

void
benches_give(struct benches *l, struct bench *b)
{
	(void)pthread_mutex_lock(&l->lock);
	if (l->n < BENCHES_MAX) {
		l->v[l->n++] = b;
		b = NULL;		/* kept */
	}
	(void)pthread_mutex_unlock(&l->lock);
	if (b != NULL) {
		bench_drop(b);
		free(b);
	}
}

static void
detach(struct task *t)
{
	t->prev->next = t->next;
	t->next->prev = t->prev;
	t->queued = false;
}

static void *
work(void *cookie)
{
	struct worker *w = cookie;
	struct pool *p = w->pool;
	struct task *t;

	(void)pthread_mutex_lock(&p->lock);
	for (;;) {
		while (p->head.next == &p->head && !p->ending)
			(void)pthread_cond_wait(&p->some, &p->lock);
		if ((t = p->head.next) == &p->head)
			break;
		detach(t);
		(void)pthread_mutex_unlock(&p->lock);
		t->run(t, &w->bench);
		(void)pthread_mutex_lock(&p->lock);
	}
	(void)pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* Signals are for the main thread: ours are started with all blocked. */
static int
start(struct worker *w)
{
	sigset_t all, old;
	int rc;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&w->thread, NULL, work, w);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc;
}

struct pool *
pool_new(unsigned workers, struct err *e)
{
	struct pool *p;
	struct worker *w;
	int rc;

	if ((p = calloc(1, sizeof(*p))) == NULL ||
	    (p->workers = calloc(workers, sizeof(*p->workers))) == NULL) {
		free(p);
		(void)err_memory(e);
		return NULL;
	}
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_cond_init(&p->some, NULL);
	p->head.prev = p->head.next = &p->head;
	while (p->n < workers) {
		w = &p->workers[p->n];
		w->pool = p;
		if (bench_init(&w->bench, e) == -1)
			goto done;
		if ((rc = start(w)) != 0) {
			bench_drop(&w->bench);
			(void)err_set(e, ERR_SYSTEM, "cannot start a thread:"
			    " %s", strerror(rc));
			goto done;
		}
		p->n++;
	}
	return p;
done:
	pool_free(p);
	return NULL;
}

void
pool_free(struct pool *p)
{
	if (p == NULL)
		return;
	(void)pthread_mutex_lock(&p->lock);
	p->ending = true;
	(void)pthread_cond_broadcast(&p->some);
	(void)pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->n; i++) {
		(void)pthread_join(p->workers[i].thread, NULL);
		bench_drop(&p->workers[i].bench);
	}
	(void)pthread_mutex_destroy(&p->lock);
	(void)pthread_cond_destroy(&p->some);
	free(p->workers);
	free(p);
}

void
pool_push(struct pool *p, struct task *t)
{
	(void)pthread_mutex_lock(&p->lock);
	t->queued = true;
	t->next = &p->head;
	t->prev = p->head.prev;
	t->prev->next = t;
	p->head.prev = t;
	(void)pthread_cond_signal(&p->some);
	(void)pthread_mutex_unlock(&p->lock);
}

bool
pool_take_back(struct pool *p, struct task *t)
{
	bool queued;

	(void)pthread_mutex_lock(&p->lock);
	if ((queued = t->queued))
		detach(t);
	(void)pthread_mutex_unlock(&p->lock);
	return queued;
}
