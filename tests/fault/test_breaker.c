/*
 * The watch over a connection: each call that can fail does, once, and leaves
 * nothing behind; a watch that ends without a signal leaves the socket alone.
 *
 * wrap: malloc eventfd pthread_create
 */
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/intr.h"
#include "db/breaker.h"

static const char *failing = "";

static bool
fails(const char *name)
{
	return strcmp(failing, name) == 0;
}

void	*__real_malloc(size_t);
void	*__wrap_malloc(size_t);
int	 __real_eventfd(unsigned, int);
int	 __wrap_eventfd(unsigned, int);
int	 __real_pthread_create(pthread_t *, const pthread_attr_t *,
	    void *(*)(void *), void *);
int	 __wrap_pthread_create(pthread_t *, const pthread_attr_t *,
	    void *(*)(void *), void *);

void *
__wrap_malloc(size_t size)
{
	return fails("malloc") ? NULL : __real_malloc(size);
}

int
__wrap_eventfd(unsigned first, int flags)
{
	if (!fails("eventfd"))
		return __real_eventfd(first, flags);
	errno = EMFILE;
	return -1;
}

int
__wrap_pthread_create(pthread_t *t, const pthread_attr_t *a,
    void *(*run)(void *), void *cookie)
{
	return fails("pthread_create") ? EAGAIN :
	    __real_pthread_create(t, a, run, cookie);
}

/* The lowest free descriptor: nothing stays open if it is the same again. */
static int
lowest_free(void)
{
	int fd = dup(STDIN_FILENO);

	assert_int_not_equal(fd, -1);
	(void)close(fd);
	return fd;
}

static void
every_call_that_fails_is_told(void **state)
{
	static const struct {
		const char	*name, *text;
		enum err_kind	 kind;
	} calls[] = {
		{ "malloc", "out of memory", ERR_MEMORY },
		{ "eventfd", "cannot watch a connection: Too many open files",
		    ERR_SYSTEM },
		{ "pthread_create", "cannot start a thread: Resource "
		    "temporarily unavailable", ERR_SYSTEM },
	};
	sigset_t mask;
	struct err e;
	size_t i;
	int pair[2], free_before;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	free_before = lowest_free();
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		err_clear(&e);
		failing = calls[i].name;
		assert_null(breaker_new(pair[0], &e));
		failing = "";
		assert_int_equal(e.kind, calls[i].kind);
		assert_string_equal(e.text, calls[i].text);
		assert_int_equal(lowest_free(), free_before);
		assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &mask),
		    0);
		assert_int_equal(sigismember(&mask, SIGTERM), 0);
	}
	(void)close(pair[0]);
	(void)close(pair[1]);
}

static void
a_watch_that_ends_leaves_the_socket_alone(void **state)
{
	struct breaker *b;
	struct err e;
	int pair[2];
	char byte;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_non_null(b = breaker_new(pair[0], &e));
	breaker_free(b);
	breaker_free(NULL);
	assert_int_equal(write(pair[0], "x", 1), 1);
	assert_int_equal(read(pair[1], &byte, 1), 1);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

/* In a process of its own, since a signal cannot be taken back. */
static int
wait_on_a_silent_socket(void)
{
	struct breaker *b;
	struct err e;
	int pair[2];
	char byte;

	intr_watch();
	(void)alarm(60);	/* not cut: the test dies of this */
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1 ||
	    (b = breaker_new(pair[0], &e)) == NULL)
		return 1;
	(void)raise(SIGINT);
	if (read(pair[0], &byte, 1) != 0)
		return 2;
	breaker_free(b);
	return 0;
}

static void
a_signal_cuts_the_socket(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0)
		_exit(wait_on_a_silent_socket());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_that_fails_is_told),
		cmocka_unit_test(a_watch_that_ends_leaves_the_socket_alone),
		cmocka_unit_test(a_signal_cuts_the_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
