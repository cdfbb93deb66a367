/*
 * One run at a time: flock(2), which the kernel lets go when its holder is
 * gone, however it went.  The file is never removed: a lock on a file that
 * another run just unlinked would protect nothing.
 */
#include <sys/file.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/intr.h"
#include "base/lock.h"

#define TRIES_PER_SECOND 20

struct lock {
	int	fd;
};

/*
 * Asking again and again is not elegant, but a blocking flock would sleep
 * through a signal that another thread got.
 */
static int
wait_for(int fd, uint64_t wait, struct err *e)
{
	const struct timespec pause = { 0, 1000000000 / TRIES_PER_SECOND };
	uint64_t left;

	left = wait < UINT64_MAX / TRIES_PER_SECOND ?
	    wait * TRIES_PER_SECOND : UINT64_MAX;
	for (;;) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_sys(e, "lock");
		if (intr_check(e) == -1)
			return -1;
		if (left-- == 0)
			return err_set(e, ERR_LOCKED, "another run holds it");
		(void)nanosleep(&pause, NULL);	/* a signal ends it: fine */
	}
}

struct lock *
lock_take(const char *path, uint64_t wait, struct err *e)
{
	struct lock *l = NULL;

	if ((l = malloc(sizeof(*l))) == NULL) {
		(void)err_memory(e);
		goto done;
	}
	l->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (l->fd == -1) {
		(void)err_sys(e, "open");
		goto done;
	}
	if (wait_for(l->fd, wait, e) == -1)
		goto done;
	return l;
done:
	(void)err_add(e, "cannot lock %s", path);
	lock_free(l);
	return NULL;
}

void
lock_free(struct lock *l)
{
	if (l == NULL)
		return;
	fd_drop(&l->fd);
	free(l);
}
