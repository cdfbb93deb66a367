/*
 * Every system call that prepares the place of a throwaway server fails once,
 * and each time the error says so and the scratch folder takes the rest away.
 *
 * wrap: statvfs chown chmod mkdir mkdtemp getpwnam_r stat
 *
 * Mutants that this test must catch: no check of free space; a mkdir that is
 * not checked; a folder that is not handed over; a missing user taken for
 * root.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/scratch.h"
#include "db/server_place.h"

static const char *failing;	/* this call */
static int countdown;		/* when it reaches 0 */
static int calls;

static bool
fails(const char *call)
{
	if (failing == NULL || strcmp(failing, call) != 0)
		return false;
	calls++;
	if (--countdown != 0)
		return false;
	errno = EIO;
	return true;
}

int	__real_statvfs(const char *, struct statvfs *);
int	__wrap_statvfs(const char *, struct statvfs *);
int	__real_chown(const char *, uid_t, gid_t);
int	__wrap_chown(const char *, uid_t, gid_t);
int	__real_chmod(const char *, mode_t);
int	__wrap_chmod(const char *, mode_t);
int	__real_mkdir(const char *, mode_t);
int	__wrap_mkdir(const char *, mode_t);
char	*__real_mkdtemp(char *);
char	*__wrap_mkdtemp(char *);
int	__real_stat(const char *, struct stat *);
int	__wrap_stat(const char *, struct stat *);
int	__real_getpwnam_r(const char *, struct passwd *, char *, size_t,
	    struct passwd **);
int	__wrap_getpwnam_r(const char *, struct passwd *, char *, size_t,
	    struct passwd **);

static unsigned long free_blocks;	/* 0: as it is */

int
__wrap_statvfs(const char *path, struct statvfs *v)
{
	int rc;

	if (fails("statvfs"))
		return -1;
	rc = __real_statvfs(path, v);
	if (free_blocks > 0)
		v->f_bavail = free_blocks;
	return rc;
}

int
__wrap_chown(const char *path, uid_t uid, gid_t gid)
{
	return fails("chown") ? -1 : __real_chown(path, uid, gid);
}

int
__wrap_chmod(const char *path, mode_t mode)
{
	return fails("chmod") ? -1 : __real_chmod(path, mode);
}

int
__wrap_mkdir(const char *path, mode_t mode)
{
	return fails("mkdir") ? -1 : __real_mkdir(path, mode);
}

char *
__wrap_mkdtemp(char *path)
{
	return fails("mkdtemp") ? NULL : __real_mkdtemp(path);
}

int
__wrap_stat(const char *path, struct stat *st)
{
	/* Looking for programs may fail: then they are elsewhere. */
	if (strstr(path, "bin/") == NULL && fails("stat"))
		return -1;
	return __real_stat(path, st);
}

int
__wrap_getpwnam_r(const char *name, struct passwd *pw, char *text, size_t n,
    struct passwd **found)
{
	if (failing != NULL && strcmp(failing, "getpwnam_r") == 0) {
		*found = NULL;
		return EIO;
	}
	return __real_getpwnam_r(name, pw, text, n, found);
}

static int
make(const char *call, struct server_place *p, struct err *e)
{
	struct scratch *s = scratch_new("/tmp", e);
	char path[256];
	int rc;

	assert_non_null(s);
	(void)snprintf(path, sizeof(path), "%s", scratch_path(s));
	calls = 0;
	failing = call;
	rc = server_place_make(p, NULL, s, e);
	failing = NULL;
	scratch_free(s);
	assert_int_equal(access(path, F_OK), -1);
	return rc;
}

static void
fail_each(const char *call, int times, const char *why)
{
	struct server_place p;
	struct err e = { 0 };
	int i;

	for (i = 1; i <= times; i++) {
		countdown = i;
		assert_int_equal(make(call, &p, &e), -1);
		assert_int_equal(e.kind, ERR_SYSTEM);
		if (strstr(e.text, why) == NULL)
			fail_msg("%s %d: %s", call, i, e.text);
	}
	countdown = -1;
	if (make(call, &p, &e) == -1)
		fail_msg("%s", e.text);
	assert_int_equal(calls, times);	/* none is made without a check */
}

static void
test_every_call_that_fails_is_told(void **state)
{
	(void)state;
	fail_each("statvfs", 1, "cannot look at /tmp");
	fail_each("mkdtemp", 1, "cannot make a folder in /tmp");
	fail_each("mkdir", 3, "cannot make folder /tmp");
}

static void
test_every_call_of_root_that_fails_is_told(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	fail_each("chmod", 1, "cannot let the server into /tmp");
	fail_each("chown", 5, "cannot ");
	fail_each("stat", 2, "cannot look at /tmp");
}

static void
test_without_an_unprivileged_user_root_starts_none(void **state)
{
	struct server_place p;
	struct err e = { 0 };

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(make("getpwnam_r", &p, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_non_null(strstr(e.text, "no user mysql or nobody"));
}

static void
test_a_full_disk_is_told_before_anything_is_tried(void **state)
{
	struct server_place p;
	struct err e = { 0 };

	(void)state;
	free_blocks = 1000;
	assert_int_equal(make(NULL, &p, &e), -1);
	free_blocks = 0;
	assert_int_equal(e.kind, ERR_INPUT);
	assert_non_null(strstr(e.text, "MB free"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_call_that_fails_is_told),
		cmocka_unit_test(test_every_call_of_root_that_fails_is_told),
		cmocka_unit_test(
		    test_without_an_unprivileged_user_root_starts_none),
		cmocka_unit_test(
		    test_a_full_disk_is_told_before_anything_is_tried),
	};

	return cmocka_run_group_tests_name("place of a server", tests, NULL,
	    NULL);
}
