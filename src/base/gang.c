/*
 * Threads that share a list: see gang.h.
 */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/gang.h"
#include "base/intr.h"

struct shift {
	const struct gang *gang;
	pthread_mutex_t	 lock;		/* of all below */
	size_t		 next;
	unsigned	 workers;	/* that have begun */
	bool		 failed;
	struct err	 first;
};

static bool
take(struct shift *s, size_t *thing)
{
	bool any;

	(void)pthread_mutex_lock(&s->lock);
	any = !s->failed && s->next < s->gang->n;
	if (any)
		*thing = s->next++;
	(void)pthread_mutex_unlock(&s->lock);
	return any;
}

static void *
work(void *cookie)
{
	struct shift *s = cookie;
	struct err e;
	unsigned worker;
	size_t thing;

	err_clear(&e);
	(void)pthread_mutex_lock(&s->lock);
	worker = s->workers++;
	(void)pthread_mutex_unlock(&s->lock);
	while (take(s, &thing)) {
		if (intr_check(&e) == 0 &&
		    s->gang->work(s->gang->cookie, thing, worker, &e) == 0)
			continue;
		(void)pthread_mutex_lock(&s->lock);
		if (!s->failed)
			s->first = e;
		s->failed = true;
		(void)pthread_mutex_unlock(&s->lock);
	}
	return NULL;
}

int
gang_run(const struct gang *g, struct err *e)
{
	struct shift s = { .gang = g };
	pthread_t threads[GANG_MAX];
	sigset_t all, old;
	unsigned n = 0;

	(void)pthread_mutex_init(&s.lock, NULL);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	while (n + 1 < g->workers && n + 1 < GANG_MAX && n + 1 < g->n &&
	    pthread_create(&threads[n], NULL, work, &s) == 0)
		n++;
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	(void)work(&s);
	while (n > 0)
		(void)pthread_join(threads[--n], NULL);
	(void)pthread_mutex_destroy(&s.lock);
	if (s.failed)
		*e = s.first;
	return s.failed ? -1 : 0;
}
