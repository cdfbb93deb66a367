/*
 * Putting a file where the file system knows none without a name, and where
 * it can neither be named nor closed: whole under its name, or not there.
 *
 * wrap: openat linkat renameat2 close
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../lib/tree_kit.h"
#include "base/err.h"

#define NEVER 99

static struct tree_kit kit;
static int nameless;		/* errno of O_TMPFILE, or 0 */
static int links, renames, closes;	/* the nth fails, from 1 on */
static int a_file = -1;		/* whose close counts */

int	__real_openat(int, const char *, int, ...);
int	__wrap_openat(int, const char *, int, ...);
int	__real_linkat(int, const char *, int, const char *, int);
int	__wrap_linkat(int, const char *, int, const char *, int);
int	__real_renameat2(int, const char *, int, const char *, unsigned);
int	__wrap_renameat2(int, const char *, int, const char *, unsigned);
int	__real_close(int);
int	__wrap_close(int);

int
__wrap_openat(int folder, const char *name, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;
	int fd;

	if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	if ((flags & O_TMPFILE) == O_TMPFILE && nameless != 0) {
		errno = nameless;
		return -1;
	}
	fd = __real_openat(folder, name, flags, mode);
	if ((flags & O_ACCMODE) == O_WRONLY && fd != -1)
		a_file = fd;
	return fd;
}

int
__wrap_linkat(int from, const char *old, int to, const char *name, int flags)
{
	if (--links != 0)
		return __real_linkat(from, old, to, name, flags);
	errno = EIO;
	return -1;
}

int
__wrap_renameat2(int from, const char *old, int to, const char *name,
    unsigned flags)
{
	if (--renames != 0)
		return __real_renameat2(from, old, to, name, flags);
	errno = EIO;
	return -1;
}

int
__wrap_close(int fd)
{
	if (fd != a_file || --closes != 0)
		return __real_close(fd);
	(void)__real_close(fd);
	errno = EIO;
	return -1;
}

static int
set_up(void **state)
{
	(void)state;
	nameless = 0;
	links = renames = closes = NEVER;
	a_file = -1;
	tree_kit_open(&kit);
	tree_kit_file(&kit, "d/one", "1\n", 2);
	tree_kit_take(&kit);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	tree_kit_close(&kit);
	return 0;
}

static void
nothing_is_left(const char *why)
{
	struct err e;

	assert_int_equal(tree_kit_restore(&kit, NULL, &e), -1);
	assert_int_equal(e.kind, ERR_SYSTEM);
	if (strstr(e.text, why) == NULL)
		fail_msg("%s", e.text);
	tree_kit_sh(&kit, "[ -z \"$(find $dst -type f)\" ]");
}

static void
where_files_need_names_they_have_one(void **state)
{
	static const int says[] = { EOPNOTSUPP, EISDIR, EINVAL, ENOENT };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
		nameless = says[i];
		tree_kit_sh(&kit, "rm -rf $dst; mkdir $dst");
		renames = NEVER;
		if (tree_kit_restore(&kit, NULL, &e) == -1)
			fail_msg("%s", e.text);
		assert_int_equal(renames, NEVER - 1);
		tree_kit_same(&kit);
	}
}

static void
a_file_that_cannot_be_made_is_an_error(void **state)
{
	(void)state;
	nameless = ENOSPC;
	nothing_is_left("src/d/one: create a file: No space left");
}

static void
a_file_that_cannot_be_named_is_not_there(void **state)
{
	(void)state;
	links = 1;
	nothing_is_left("cannot restore src/d/one: name: Input/output");
	tree_kit_sh(&kit, "rm -rf $dst; mkdir $dst");
	nameless = EOPNOTSUPP;
	renames = 1;
	nothing_is_left("cannot restore src/d/one: name: Input/output");
}

static void
a_file_that_cannot_be_closed_is_not_there(void **state)
{
	(void)state;
	a_file = -1;
	closes = 1;
	nothing_is_left("cannot restore src/d/one: ");
	tree_kit_sh(&kit, "rm -rf $dst; mkdir $dst");
	nameless = EOPNOTSUPP;
	a_file = -1;
	closes = 1;
	nothing_is_left("cannot restore src/d/one: ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    where_files_need_names_they_have_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_file_that_cannot_be_made_is_an_error, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    a_file_that_cannot_be_named_is_not_there, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    a_file_that_cannot_be_closed_is_not_there, set_up,
		    tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
