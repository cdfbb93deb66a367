/*
 * See index_crash.h.  The handler reads nothing but an array that is never
 * freed, and calls only what is safe in one.
 */
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "pack/index_crash.h"

#define PATHS 8

enum state { FREE, BUSY, WATCHED };

static struct {
	atomic_int	state;
	char		path[PATH_MAX];
} paths[PATHS];

static const int signals[] = { SIGBUS, SIGSEGV, SIGABRT };

#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

static struct sigaction before[SIGNALS];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void
handle(int sig, siginfo_t *info, void *context)
{
	size_t i;
	int fd;

	(void)context;
	for (i = 0; i < PATHS; i++) {
		if (atomic_load(&paths[i].state) != WATCHED)
			continue;
		fd = open(paths[i].path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (fd != -1)
			(void)close(fd);
	}
	for (i = 0; i < SIGNALS; i++)
		if (signals[i] == sig)
			(void)sigaction(sig, &before[i], NULL);
	/* What was sent is sent again, what was a fault happens again. */
	if (info->si_code <= 0)
		(void)raise(sig);
}

/* Unless ours are the handlers already. */
static void
install(void)
{
	struct sigaction ours, now;
	size_t i;

	memset(&ours, 0, sizeof(ours));
	(void)sigemptyset(&ours.sa_mask);
	ours.sa_sigaction = handle;
	ours.sa_flags = SA_SIGINFO;
	(void)pthread_mutex_lock(&mutex);
	for (i = 0; i < SIGNALS; i++)
		if (sigaction(signals[i], NULL, &now) == 0 &&
		    now.sa_sigaction != handle) {
			before[i] = now;
			(void)sigaction(signals[i], &ours, NULL);
		}
	(void)pthread_mutex_unlock(&mutex);
}

void
index_crash_watch(const char *path)
{
	size_t i;
	int is;

	install();
	if (strlen(path) >= PATH_MAX)
		return;
	for (i = 0; i < PATHS; i++) {
		is = FREE;
		if (!atomic_compare_exchange_strong(&paths[i].state, &is,
		    BUSY))
			continue;
		memcpy(paths[i].path, path, strlen(path) + 1);
		atomic_store(&paths[i].state, WATCHED);
		return;
	}
}

void
index_crash_forget(const char *path)
{
	size_t i;

	for (i = 0; i < PATHS; i++)
		if (atomic_load(&paths[i].state) == WATCHED &&
		    strcmp(paths[i].path, path) == 0) {
			atomic_store(&paths[i].state, FREE);
			return;
		}
}
