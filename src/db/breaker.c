/*
 * The connector goes on waiting for the server after a signal, and a server
 * may let us wait for hours (a table that another session locked, a slow
 * assertion).  So a thread beside each connection looks whether we were asked
 * to stop.  It takes no signals itself: those are to end the waits of others.
 */
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/intr.h"
#include "db/breaker.h"

#define LOOK_MS 100

struct breaker {
	int		fd;
	int		end;		/* an eventfd: readable when to end */
	pthread_t	thread;
};

static void *
look(void *cookie)
{
	struct breaker *b = cookie;
	struct pollfd p = { .fd = b->end, .events = POLLIN };

	while (poll(&p, 1, LOOK_MS) == 0)
		if (intr_pending() != 0) {
			(void)shutdown(b->fd, SHUT_RDWR); /* may be gone */
			break;
		}
	return NULL;
}

struct breaker *
breaker_new(int fd, struct err *e)
{
	struct breaker *b;
	sigset_t all, before;
	int rc;

	if ((b = malloc(sizeof(*b))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	b->fd = fd;
	if ((b->end = eventfd(0, EFD_CLOEXEC)) == -1) {
		(void)err_sys(e, "cannot watch a connection");
		goto refuse;
	}
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&b->thread, NULL, look, b);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc == 0)
		return b;
	errno = rc;
	(void)err_sys(e, "cannot start a thread");
refuse:
	fd_drop(&b->end);
	free(b);
	return NULL;
}

void
breaker_free(struct breaker *b)
{
	const uint64_t one = 1;
	struct err e;

	if (b == NULL)
		return;
	(void)fd_write(b->end, &one, sizeof(one), &e);	/* cannot block */
	(void)pthread_join(b->thread, NULL);
	fd_drop(&b->end);
	free(b);
}
