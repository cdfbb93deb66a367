/*
 * Starting and running a child, making a scratch folder, taking a lock, a
 * queue: with each call that can fail failing in turn.
 *
 * Each time it must be said, no descriptor may stay open, no process and no
 * folder be left.  The number of calls is asserted: a new one is noticed.
 *
 * wrap: malloc calloc open openat pipe2 fork fcntl waitid read
 * wrap: realpath mkdtemp flock fstat opendir
 */
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/queue.h"
#include "base/scratch.h"

static char	home[] = "/tmp/muster-test-XXXXXX";
static bool	counting;
static int	calls;
static int	fail_at;
static pid_t	self;

void	*__real_malloc(size_t);
void	*__real_calloc(size_t, size_t);
int	 __real_open(const char *, int, ...);
int	 __real_openat(int, const char *, int, ...);
int	 __real_pipe2(int [2], int);
pid_t	 __real_fork(void);
int	 __real_fcntl(int, int, ...);
int	 __real_waitid(idtype_t, id_t, siginfo_t *, int);
ssize_t	 __real_read(int, void *, size_t);
char	*__real_realpath(const char *, char *);
char	*__real_mkdtemp(char *);
int	 __real_flock(int, int);
int	 __real_fstat(int, struct stat *);
DIR	*__real_opendir(const char *);
void	*__wrap_malloc(size_t);
void	*__wrap_calloc(size_t, size_t);
int	 __wrap_open(const char *, int, ...);
int	 __wrap_openat(int, const char *, int, ...);
int	 __wrap_pipe2(int [2], int);
pid_t	 __wrap_fork(void);
int	 __wrap_fcntl(int, int, ...);
int	 __wrap_waitid(idtype_t, id_t, siginfo_t *, int);
ssize_t	 __wrap_read(int, void *, size_t);
char	*__wrap_realpath(const char *, char *);
char	*__wrap_mkdtemp(char *);
int	 __wrap_flock(int, int);
int	 __wrap_fstat(int, struct stat *);
DIR	*__wrap_opendir(const char *);

/* Calls of the new process, before it executes, are another test's. */
static bool
fails(int with)
{
	if (!counting || getpid() != self || ++calls != fail_at)
		return false;
	errno = with;
	return true;
}

void *
__wrap_malloc(size_t n)
{
	return fails(ENOMEM) ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails(ENOMEM) ? NULL : __real_calloc(n, size);
}

int
__wrap_open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if ((flags & O_CREAT) != 0) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return fails(EMFILE) ? -1 : __real_open(path, flags, mode);
}

int
__wrap_openat(int dir, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if ((flags & O_CREAT) != 0) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return fails(EMFILE) ? -1 : __real_openat(dir, path, flags, mode);
}

int
__wrap_pipe2(int fd[2], int flags)
{
	return fails(EMFILE) ? -1 : __real_pipe2(fd, flags);
}

pid_t
__wrap_fork(void)
{
	return fails(EAGAIN) ? -1 : __real_fork();
}

int
__wrap_fcntl(int fd, int command, ...)
{
	int value;
	va_list ap;

	va_start(ap, command);
	value = va_arg(ap, int);
	va_end(ap);
	return fails(EMFILE) ? -1 : __real_fcntl(fd, command, value);
}

int
__wrap_waitid(idtype_t type, id_t id, siginfo_t *si, int flags)
{
	return fails(ECHILD) ? -1 : __real_waitid(type, id, si, flags);
}

ssize_t
__wrap_read(int fd, void *p, size_t n)
{
	return fails(EIO) ? -1 : __real_read(fd, p, n);
}

char *
__wrap_realpath(const char *path, char *out)
{
	return fails(EACCES) ? NULL : __real_realpath(path, out);
}

char *
__wrap_mkdtemp(char *path)
{
	return fails(ENOSPC) ? NULL : __real_mkdtemp(path);
}

int
__wrap_flock(int fd, int how)
{
	return fails(ENOLCK) ? -1 : __real_flock(fd, how);
}

int
__wrap_fstat(int fd, struct stat *st)
{
	return fails(EIO) ? -1 : __real_fstat(fd, st);
}

DIR *
__wrap_opendir(const char *path)
{
	return fails(EMFILE) ? NULL : __real_opendir(path);
}

static int
enter(void **state)
{
	(void)state;
	self = getpid();
	(void)strcpy(home + strlen(home) - 6, "XXXXXX");
	return mkdtemp(home) == NULL ? -1 : 0;
}

static int
leave(void **state)
{
	struct err e;

	(void)state;
	return file_remove_tree(home, &e);
}

static int
entries(const char *path)
{
	DIR *d = opendir(path);
	int n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n - 2;
}

static void
count(int at)
{
	calls = 0;
	fail_at = at;
	counting = true;
}

/* Nothing is left of what was begun. */
static void
assert_clean(int descriptors)
{
	counting = false;
	assert_int_equal(entries("/proc/self/fd"), descriptors);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(entries(home), 0);
}

static void
a_child_that_cannot_be_started_leaves_nothing(void **state)
{
	static const char *const argv[] = { "sleep", "1000", NULL };
	const struct child_spec spec = {
		.argv = argv, .in = -1, .out = -1, .err = -1,
	};
	int n, before = entries("/proc/self/fd");
	struct child *c;
	struct err e;

	(void)state;
	for (n = 1; ; n++) {
		err_clear(&e);
		count(n);
		c = child_start(&spec, &e);
		counting = false;
		if (c != NULL)
			break;
		assert_int_not_equal(e.kind, ERR_NONE);
		assert_memory_equal(e.text, "cannot run sleep: ", 18);
		assert_clean(before);
	}
	/* malloc calloc open pipe2 fork read */
	assert_int_equal(calls, 6);
	assert_int_equal(n, 7);
	child_kill(c);
	assert_clean(before);
}

static void
a_run_that_fails_leaves_nothing(void **state)
{
	static const char *const argv[] = { "sh", "-c", "exit 5", NULL };
	const struct child_spec spec = { .argv = argv, .in = -1 };
	int n, status = -1, rc, before = entries("/proc/self/fd");
	struct err e;

	(void)state;
	/* pipe2 fcntl, the six of the start, at least one waitid */
	for (n = 1; n <= 9; n++) {
		err_clear(&e);
		count(n);
		rc = child_run(&spec, 30, NULL, &status, &e);
		assert_clean(before);
		assert_int_equal(rc, -1);
		assert_int_not_equal(e.kind, ERR_NONE);
	}
	assert_int_equal(status, -1);
	count(0);
	assert_int_equal(child_run(&spec, 30, NULL, &status, &e), 0);
	assert_clean(before);
	assert_int_equal(status, 5);
}

static void
a_scratch_folder_that_fails_leaves_nothing(void **state)
{
	int n, before = entries("/proc/self/fd"), made = 0, failed = 0;
	struct scratch *s;
	struct err e;

	(void)state;
	/* The sweep's two may fail: realpath opendir. */
	for (n = 1; n <= 8; n++) {
		err_clear(&e);
		count(n);
		s = scratch_new(home, &e);
		counting = false;
		made += s != NULL;
		failed += s == NULL && e.kind != ERR_NONE;
		scratch_free(s);
		assert_clean(before);
	}
	/* malloc realpath mkdtemp open flock fstat */
	assert_int_equal(failed, 6);
	assert_int_equal(made, 2);
	count(0);
	s = scratch_new(home, &e);
	assert_int_equal(calls, 8);
	counting = false;
	scratch_free(s);
	assert_clean(before);
}

static void
locks_and_queues_that_fail_leave_nothing(void **state)
{
	int n, before = entries("/proc/self/fd");
	char path[100];
	struct lock *l;
	struct err e;

	(void)state;
	(void)strcpy(path, home);
	(void)strcat(path, "/lock");
	for (n = 1; n <= 3; n++) {	/* malloc open flock */
		err_clear(&e);
		count(n);
		l = lock_take(path, 0, &e);
		counting = false;
		assert_null(l);
		assert_int_not_equal(e.kind, ERR_NONE);
		(void)unlink(path);
		assert_clean(before);
	}
	count(0);
	l = lock_take(path, 0, &e);
	assert_int_equal(calls, 3);
	counting = false;
	assert_non_null(l);
	lock_free(l);
	(void)unlink(path);
	count(1);
	assert_null(queue_new(10, &e));
	assert_int_equal(e.kind, ERR_MEMORY);
	assert_clean(before);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_child_that_cannot_be_started_leaves_nothing),
		TEST(a_run_that_fails_leaves_nothing),
		TEST(a_scratch_folder_that_fails_leaves_nothing),
		TEST(locks_and_queues_that_fail_leave_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
