/* Signals that ask us to stop, and locks that wait meanwhile. */
#include <sys/wait.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/intr.h"
#include "base/lock.h"

static char	path[] = "/tmp/muster-test-XXXXXX";

static int
make(void **state)
{
	int fd;

	(void)state;
	(void)strcpy(path + strlen(path) - 6, "XXXXXX");
	if ((fd = mkstemp(path)) == -1)
		return -1;
	return close(fd);
}

static int
drop(void **state)
{
	(void)state;
	return unlink(path);
}

/* Run a check in a process of its own: the flag cannot be taken back. */
static void
assert_apart(int (*check)(void))
{
	pid_t pid = fork();
	int status;

	assert_int_not_equal(pid, -1);
	if (pid == 0)
		_exit(check());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int
first_signal_is_remembered(void)
{
	struct err e;

	intr_watch();
	if (intr_pending() != 0 || intr_check(&e) != 0)
		return 1;
	(void)raise(SIGPIPE);
	(void)raise(SIGTERM);
	(void)raise(SIGINT);
	if (intr_pending() != SIGTERM || intr_check(&e) != -1)
		return 2;
	return e.kind != ERR_INTERRUPTED ||
	    strcmp(e.text, "interrupted by SIGTERM") != 0;
}

static void
the_first_signal_that_asks_us_to_stop_is_remembered(void **state)
{
	(void)state;
	assert_apart(first_signal_is_remembered);
}

static int
masked_and_ignored(void)
{
	sigset_t all;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGCHLD, SIG_IGN);
	intr_watch();
	(void)raise(SIGINT);
	return intr_pending() != SIGINT || signal(SIGCHLD, SIG_DFL) != SIG_DFL;
}

static void
whoever_started_us_cannot_make_us_unstoppable(void **state)
{
	(void)state;
	assert_apart(masked_and_ignored);
}

static int
hangup_ignored(void)
{
	(void)signal(SIGHUP, SIG_IGN);
	intr_watch();
	(void)raise(SIGHUP);
	if (intr_pending() != 0)
		return 1;
	(void)raise(SIGTERM);
	return intr_pending() != SIGTERM;
}

static void
a_run_under_nohup_outlives_its_terminal(void **state)
{
	(void)state;
	assert_apart(hangup_ignored);
}

static void
a_lock_is_held_once_and_free_again(void **state)
{
	struct lock *l;
	struct err e;

	(void)state;
	assert_non_null(l = lock_take(path, 0, &e));
	assert_null(lock_take(path, 0, &e));
	assert_int_equal(e.kind, ERR_LOCKED);
	assert_non_null(strstr(e.text, path));
	lock_free(l);
	assert_non_null(l = lock_take(path, UINT64_MAX, &e));
	lock_free(l);
	lock_free(NULL);
	assert_null(lock_take("/nonexistent/lock", 0, &e));
	assert_int_equal(e.sys, ENOENT);
}

static void
a_lock_dies_with_its_holder(void **state)
{
	struct lock *l;
	struct err e;
	char byte;
	int p[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(p), 0);
	if ((pid = fork()) == 0) {
		if (lock_take(path, 0, &e) != NULL)
			(void)!write(p[1], "x", 1);
		for (;;)
			(void)pause();
	}
	assert_int_equal(read(p[0], &byte, 1), 1);
	assert_null(lock_take(path, 0, &e));
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_non_null(l = lock_take(path, 30, &e));	/* it waits, too */
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	lock_free(l);
	(void)close(p[0]);
	(void)close(p[1]);
}

static int
waiting_is_interrupted(void)
{
	struct err e;

	(void)signal(SIGHUP, SIG_DFL);	/* whatever started us */
	intr_watch();
	(void)alarm(20);	/* if it is not, the test dies of this */
	(void)raise(SIGHUP);
	return lock_take(path, 1000, &e) != NULL ||
	    e.kind != ERR_INTERRUPTED;
}

static int	full_pipe[2];

/* The first byte out of the pipe says that signals are watched by now. */
static int
writing_is_interrupted(void)
{
	static uint8_t much[1 << 20];
	struct err e;

	intr_watch();
	(void)alarm(20);
	if (fd_write(full_pipe[1], much, sizeof(much), &e) != -1)
		return 1;
	return e.kind != ERR_INTERRUPTED ||
	    strcmp(e.text, "interrupted by SIGTERM") != 0;
}

/* More than one signal: the first may come just before it begins to wait. */
static void
a_signal_ends_the_wait_for_a_reader(void **state)
{
	char byte;
	pid_t pid;
	int status;

	(void)state;
	assert_int_equal(pipe(full_pipe), 0);
	if ((pid = fork()) == 0)
		_exit(writing_is_interrupted());
	assert_int_not_equal(pid, -1);
	assert_int_equal(read(full_pipe[0], &byte, 1), 1);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		(void)kill(pid, SIGTERM);
		(void)usleep(10000);
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	(void)close(full_pipe[0]);
	(void)close(full_pipe[1]);
}

static void
a_signal_ends_the_wait_for_a_lock(void **state)
{
	struct lock *l;
	struct err e;

	(void)state;
	assert_non_null(l = lock_take(path, 0, &e));
	assert_apart(waiting_is_interrupted);
	lock_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_first_signal_that_asks_us_to_stop_is_remembered),
		cmocka_unit_test(
		    whoever_started_us_cannot_make_us_unstoppable),
		cmocka_unit_test(a_run_under_nohup_outlives_its_terminal),
		cmocka_unit_test_setup_teardown(
		    a_lock_is_held_once_and_free_again, make, drop),
		cmocka_unit_test_setup_teardown(a_lock_dies_with_its_holder,
		    make, drop),
		cmocka_unit_test_setup_teardown(
		    a_signal_ends_the_wait_for_a_lock, make, drop),
		cmocka_unit_test(a_signal_ends_the_wait_for_a_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
