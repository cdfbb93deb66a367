/*
 * Names opened beneath a folder, by a kernel with openat2 and by one without:
 * both must give the same.
 * wrap: syscall
 */
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

#include "base/beneath.h"

static int openat2_fails;		/* with this errno, or 0 */
static int openat2_calls;

long	__wrap_syscall(long, long, long, long, long);
long	__real_syscall(long, ...);
long
__wrap_syscall(long n, long a, long b, long c, long d)
{
	openat2_calls += n == SYS_openat2;
	if (n == SYS_openat2 && openat2_fails != 0) {
		errno = openat2_fails;
		return -1;
	}
	return __real_syscall(n, a, b, c, d);
}

static char top[64];
static int folder;

static int
set_up(void **state)
{
	int fd;

	(void)state;
	(void)strcpy(top, "/tmp/muster-beneath.XXXXXX");
	if (mkdtemp(top) == NULL || chdir(top) == -1 ||
	    mkdir("in", 0700) == -1 || mkdir("in/a", 0700) == -1 ||
	    mkdir("in/a/b", 0700) == -1 ||
	    (fd = creat("in/a/b/file", 0600)) == -1 || close(fd) == -1 ||
	    (fd = creat("out", 0600)) == -1 || close(fd) == -1 ||
	    symlink("../out", "in/leave") == -1 ||
	    symlink("a", "in/link") == -1 ||
	    symlink("nowhere", "in/dead") == -1)
		return -1;
	folder = open("in", O_RDONLY | O_DIRECTORY);
	return folder == -1 ? -1 : 0;
}

static int
tear_down(void **state)
{
	char command[128];

	(void)state;
	(void)close(folder);
	(void)snprintf(command, sizeof(command), "rm -rf %s", top);
	return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

/* 0, or the errno. */
static int
outcome(const char *name, int flags)
{
	int fd = beneath_openat(folder, name, flags);

	if (fd == -1)
		return errno;
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	assert_int_equal(close(fd), 0);
	return 0;
}

static void
it_is_the_same_with_openat2_and_without(void **state)
{
	static const struct {
		const char	*name;
		int		 flags, expected;
	} rows[] = {
		{ "a/b/file", O_RDONLY, 0 },
		{ "a//b/./file", O_RDONLY, 0 },
		{ "a/b", O_RDONLY | O_DIRECTORY, 0 },
		{ "a/b/", O_RDONLY, 0 },
		{ ".", O_RDONLY | O_DIRECTORY, 0 },
		{ "a/b/file", O_PATH, 0 },
		{ "a/b/file/", O_RDONLY, ENOTDIR },
		{ "a/b/file/more", O_RDONLY, ENOTDIR },
		{ "a/b/file", O_RDONLY | O_DIRECTORY, ENOTDIR },
		{ "a/b/none", O_RDONLY, ENOENT },
		{ "none/file", O_RDONLY, ENOENT },
		{ "", O_RDONLY, ENOENT },
		{ "link", O_RDONLY, ELOOP },
		{ "link", O_PATH, ELOOP },
		{ "link", O_PATH | O_NOFOLLOW, 0 },
		{ "link", O_RDONLY | O_NOFOLLOW, ELOOP },
		{ "link/b/file", O_RDONLY, ELOOP },
		{ "leave", O_RDONLY, ELOOP },
		{ "dead", O_RDONLY, ELOOP },
		{ "../out", O_RDONLY, EXDEV },
		{ "a/../../out", O_RDONLY, EXDEV },
		{ "/etc/passwd", O_RDONLY, EXDEV },
	};
	char deep[NAME_MAX + 8];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		openat2_fails = 0;
		if (outcome(rows[i].name, rows[i].flags) != rows[i].expected)
			fail_msg("openat2 of \"%s\"", rows[i].name);
		openat2_fails = i % 2 == 0 ? ENOSYS : EPERM;
		if (outcome(rows[i].name, rows[i].flags) != rows[i].expected)
			fail_msg("without openat2: \"%s\"", rows[i].name);
	}
	memset(deep, 'x', sizeof(deep));
	deep[sizeof(deep) - 1] = '\0';
	assert_int_equal(outcome(deep, O_RDONLY), ENAMETOOLONG);
	openat2_fails = 0;
	assert_int_equal(outcome(deep, O_RDONLY), ENAMETOOLONG);
}

static void
a_folder_that_is_always_being_renamed_is_given_up(void **state)
{
	(void)state;
	openat2_fails = EAGAIN;
	openat2_calls = 0;
	assert_int_equal(outcome("a/b/file", O_RDONLY), EAGAIN);
	assert_in_range(openat2_calls, 2, 100);
	openat2_fails = 0;
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_the_same_with_openat2_and_without),
		cmocka_unit_test(
		    a_folder_that_is_always_being_renamed_is_given_up),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
