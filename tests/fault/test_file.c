/*
 * file_replace() and file_create() with each of their system calls failing in
 * turn, under writes of at most three bytes.
 *
 * Each time a reader must find the whole old or the whole new content, no
 * stray file may be left, and the number of calls must be the one known here:
 * a new call that nobody made fail is noticed.
 *
 * Mutants that this test was seen to catch: no fsync of the file, no fsync of
 * the folder, rename before fsync, one write() without loop, write straight
 * to the final name, no unlink on error, close ignored.
 *
 * wrap: getrandom openat fchmod write fsync close renameat renameat2 linkat
 * wrap: unlinkat
 */
#include <sys/stat.h>
#include <sys/types.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"

#define OLD "the old content"
#define NEW "and this is new"	/* 15 bytes: 5 writes of 3 */

/* getrandom openat fchmod 5*write fsync close rename fsync */
#define CALLS 12

static char	home[] = "/tmp/muster-test-XXXXXX";
static int	dir = -1;

static bool	counting;
static int	calls;		/* seen since counting began */
static int	fail_at;	/* this one fails, once; 0: none */
static int	fail_with;
static bool	no_rename_flags;
static char	order[64];	/* one letter a call */

ssize_t	__real_getrandom(void *, size_t, unsigned int);
int	__real_openat(int, const char *, int, ...);
int	__real_fchmod(int, mode_t);
ssize_t	__real_write(int, const void *, size_t);
int	__real_fsync(int);
int	__real_close(int);
int	__real_renameat(int, const char *, int, const char *);
int	__real_renameat2(int, const char *, int, const char *, unsigned int);
int	__real_linkat(int, const char *, int, const char *, int);
int	__real_unlinkat(int, const char *, int);
ssize_t	__wrap_getrandom(void *, size_t, unsigned int);
int	__wrap_openat(int, const char *, int, ...);
int	__wrap_fchmod(int, mode_t);
ssize_t	__wrap_write(int, const void *, size_t);
int	__wrap_fsync(int);
int	__wrap_close(int);
int	__wrap_renameat(int, const char *, int, const char *);
int	__wrap_renameat2(int, const char *, int, const char *, unsigned int);
int	__wrap_linkat(int, const char *, int, const char *, int);
int	__wrap_unlinkat(int, const char *, int);

static bool
fails(char letter)
{
	if (!counting)
		return false;
	if (calls < (int)sizeof(order) - 1)
		order[calls] = letter;
	if (++calls != fail_at)
		return false;
	errno = fail_with;
	return true;
}

ssize_t
__wrap_getrandom(void *p, size_t n, unsigned int flags)
{
	return fails('g') ? -1 : __real_getrandom(p, n, flags);
}

int
__wrap_openat(int d, const char *name, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if ((flags & O_CREAT) != 0) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return fails('o') ? -1 : __real_openat(d, name, flags, mode);
}

int
__wrap_fchmod(int fd, mode_t mode)
{
	return fails('m') ? -1 : __real_fchmod(fd, mode);
}

ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	if (!counting)
		return __real_write(fd, p, n);
	return fails('w') ? -1 : __real_write(fd, p, n < 3 ? n : 3);
}

int
__wrap_fsync(int fd)
{
	if (counting)
		return fails(fd == dir ? 'D' : 's') ? -1 : __real_fsync(fd);
	return __real_fsync(fd);
}

/* A close that fails has closed all the same, as on Linux. */
int
__wrap_close(int fd)
{
	bool failed = fails('c');
	int keep = errno;
	int rc = __real_close(fd);

	if (failed)
		errno = keep;
	return failed ? -1 : rc;
}

int
__wrap_renameat(int a, const char *from, int b, const char *to)
{
	return fails('r') ? -1 : __real_renameat(a, from, b, to);
}

int
__wrap_renameat2(int a, const char *from, int b, const char *to,
    unsigned int flags)
{
	if (fails('R'))
		return -1;
	if (counting && no_rename_flags) {
		errno = EINVAL;
		return -1;
	}
	return __real_renameat2(a, from, b, to, flags);
}

int
__wrap_linkat(int a, const char *from, int b, const char *to, int flags)
{
	return fails('l') ? -1 : __real_linkat(a, from, b, to, flags);
}

int
__wrap_unlinkat(int d, const char *name, int flags)
{
	return fails('u') ? -1 : __real_unlinkat(d, name, flags);
}

static int
enter(void **state)
{
	(void)state;
	(void)strcpy(home + strlen(home) - 6, "XXXXXX");
	if (mkdtemp(home) == NULL)
		return -1;
	dir = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	no_rename_flags = false;
	return dir == -1 ? -1 : 0;
}

static int
leave(void **state)
{
	struct err e;

	(void)state;
	(void)close(dir);
	return file_remove_tree(home, &e);
}

static int
entries(void)
{
	DIR *d = opendir(home);
	int n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n - 2;
}

/* Is the content of the file this? */
static bool
holds(const char *text)
{
	char path[100];
	struct buf b;
	struct err e;
	bool same;

	buf_init(&b, 1000);
	(void)snprintf(path, sizeof(path), "%s/f", home);
	same = file_load(path, &b, &e) == 0 &&
	    strcmp(buf_text(&b, &e), text) == 0;
	buf_drop(&b);
	return same;
}

typedef int	put_fn(int, const char *, mode_t, const void *, size_t,
		    struct err *);

static int
put_counted(put_fn *put, int at, int with, struct err *e)
{
	int rc;

	memset(order, 0, sizeof(order));
	calls = 0;
	fail_at = at;
	fail_with = with;
	err_clear(e);
	counting = true;
	rc = put(dir, "f", 0600, NEW, strlen(NEW), e);
	counting = false;
	return rc;
}

static void
the_calls_are_these_in_this_order(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(put_counted(file_create, 0, 0, &e), 0);
	assert_string_equal(order, "gomwwwwwscRD");
	assert_true(holds(NEW));
	assert_int_equal(put_counted(file_replace, 0, 0, &e), 0);
	assert_string_equal(order, "gomwwwwwscrD");
	assert_int_equal(calls, CALLS);
	assert_int_equal(entries(), 1);
}

static void
a_replacement_that_fails_anywhere_leaves_old_or_new(void **state)
{
	struct err e;
	int n, failed = 0;

	(void)state;
	for (n = 1; n <= CALLS; n++) {
		assert_int_equal(file_replace(dir, "f", 0600, OLD,
		    strlen(OLD), &e), 0);
		assert_int_equal(put_counted(file_replace, n, EIO, &e), -1);
		assert_int_equal(e.kind, ERR_SYSTEM);
		assert_int_equal(e.sys, EIO);
		assert_memory_equal(e.text, "cannot replace f: ", 18);
		/* Only the sync of the folder comes after the new name. */
		assert_true(holds(n < CALLS ? OLD : NEW));
		assert_int_equal(entries(), 1);
		failed++;
	}
	assert_int_equal(failed, CALLS);
}

static void
a_creation_that_fails_anywhere_leaves_nothing_or_new(void **state)
{
	struct err e;
	int n;

	(void)state;
	for (n = 1; n <= CALLS; n++) {
		assert_int_equal(put_counted(file_create, n, ENOSPC, &e), -1);
		assert_int_equal(e.sys, ENOSPC);
		assert_int_equal(entries(), n < CALLS ? 0 : 1);
	}
	assert_true(holds(NEW));
	assert_int_equal(put_counted(file_create, 0, 0, &e), -1);
	assert_int_equal(e.kind, ERR_EXISTS);
	assert_int_equal(entries(), 1);
}

static void
without_rename_flags_a_link_does_the_same(void **state)
{
	struct err e;
	int n;

	(void)state;
	no_rename_flags = true;
	assert_int_equal(put_counted(file_create, 0, 0, &e), 0);
	assert_string_equal(order, "gomwwwwwscRluD");
	assert_true(holds(NEW));
	assert_int_equal(put_counted(file_create, 0, 0, &e), -1);
	assert_int_equal(e.kind, ERR_EXISTS);
	assert_int_equal(entries(), 1);
	assert_int_equal(unlinkat(dir, "f", 0), 0);
	for (n = 12; n <= 14; n++) {
		assert_int_equal(put_counted(file_create, n, EIO, &e), -1);
		/* The name was there before what failed at 13 and 14. */
		assert_int_equal(entries(), n == 12 ? 0 : 1);
		if (n > 12) {
			assert_true(holds(NEW));
			assert_int_equal(unlinkat(dir, "f", 0), 0);
		}
	}
}

static void
an_interrupted_write_is_taken_up_again(void **state)
{
	struct err e;
	int n;

	(void)state;
	for (n = 4; n <= 8; n++) {
		assert_int_equal(put_counted(file_replace, n, EINTR, &e), 0);
		assert_int_equal(calls, CALLS + 1);
		assert_true(holds(NEW));
	}
}

static void
a_failed_sync_is_never_tried_again(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(put_counted(file_replace, 9, EINTR, &e), -1);
	assert_string_equal(order, "gomwwwwwscu");
	assert_int_equal(entries(), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_calls_are_these_in_this_order),
		TEST(a_replacement_that_fails_anywhere_leaves_old_or_new),
		TEST(a_creation_that_fails_anywhere_leaves_nothing_or_new),
		TEST(without_rename_flags_a_link_does_the_same),
		TEST(an_interrupted_write_is_taken_up_again),
		TEST(a_failed_sync_is_never_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
