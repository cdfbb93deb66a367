/* Whole files, folders, secrets; removal that does not leave its folder. */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
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

static char	home[] = "/tmp/muster-test-XXXXXX";

static int
enter(void **state)
{
	(void)state;
	(void)strcpy(home + strlen(home) - 6, "XXXXXX");
	return mkdtemp(home) == NULL ? -1 : chdir(home);
}

static int
leave(void **state)
{
	struct err e;

	(void)state;
	return chdir("/") == -1 ? -1 : file_remove_tree(home, &e);
}

static void
assert_content(const char *path, const char *text)
{
	struct buf b;
	struct err e;

	buf_init(&b, 1000000);
	assert_int_equal(file_load(path, &b, &e), 0);
	assert_string_equal(buf_text(&b, &e), text);
	buf_drop(&b);
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
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
replacing_makes_content_and_mode_exact(void **state)
{
	struct err e;
	mode_t old = umask(077);

	(void)state;
	assert_int_equal(file_replace_path("f", 0644, "one", 3, &e), 0);
	assert_content("f", "one");
	assert_int_equal(mode_of("f"), 0644);
	assert_int_equal(file_replace_path("./f", 0600, "second", 6, &e), 0);
	assert_content("f", "second");
	assert_int_equal(mode_of("f"), 0600);
	assert_int_equal(file_replace_path("f", 0600, NULL, 0, &e), 0);
	assert_content("f", "");
	assert_int_equal(entries("."), 1);
	(void)umask(old);
}

static void
creating_never_touches_what_exists(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(file_create_path("f", 0600, "one", 3, &e), 0);
	assert_int_equal(file_create_path("f", 0600, "two", 3, &e), -1);
	assert_int_equal(e.kind, ERR_EXISTS);
	assert_string_equal(e.text, "cannot create f: it exists already");
	assert_content("f", "one");
	assert_int_equal(symlink("nowhere", "l"), 0);
	assert_int_equal(file_create_path("l", 0600, "two", 3, &e), -1);
	assert_int_equal(e.kind, ERR_EXISTS);
	assert_int_equal(entries("."), 2);
}

static void
by_path_and_by_folder_are_the_same(void **state)
{
	char path[100];
	struct err e;
	int dir;

	(void)state;
	dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(file_create(dir, "f", 0600, "a", 1, &e), 0);
	assert_int_equal(file_replace(dir, "f", 0600, "b", 1, &e), 0);
	(void)snprintf(path, sizeof(path), "%s/f", home);
	assert_content(path, "b");
	assert_int_equal(file_replace_path(path, 0600, "c", 1, &e), 0);
	assert_content("f", "c");
	assert_int_equal(close(dir), 0);
}

static void
a_path_that_names_no_file_is_refused(void **state)
{
	static const char *const bad[] = { "", "/", "x/", ".", "..", "a/.." };
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(file_create_path(bad[i], 0600, "", 0, &e),
		    -1);
		assert_int_equal(e.kind, ERR_INPUT);
		assert_int_equal(file_replace_path(bad[i], 0600, "", 0, &e),
		    -1);
	}
	assert_int_equal(file_create_path("no/f", 0600, "", 0, &e), -1);
	assert_int_equal(e.sys, ENOENT);
}

static void
loading_appends_within_the_buffers_bound(void **state)
{
	static char much[40000];
	struct buf b;
	struct err e;

	(void)state;
	memset(much, 'x', sizeof(much));
	assert_int_equal(file_create_path("f", 0600, much, sizeof(much), &e),
	    0);
	buf_init(&b, sizeof(much) + 3);
	assert_int_equal(buf_add(&b, "abc", 3, &e), 0);
	assert_int_equal(file_load("f", &b, &e), 0);
	assert_int_equal(b.len, sizeof(much) + 3);
	assert_memory_equal(b.data + 3, much, sizeof(much));
	b.len = 4;
	assert_int_equal(file_load("f", &b, &e), -1);
	assert_int_equal(e.kind, ERR_MEMORY);
	assert_int_equal(b.len, 4);
	buf_drop(&b);
}

static void
only_regular_files_are_loaded(void **state)
{
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, 100);
	assert_int_equal(file_load("none", &b, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_string_equal(e.text, "cannot read none: no such file");
	assert_int_equal(file_load(".", &b, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_int_equal(mkfifo("pipe", 0600), 0);
	assert_int_equal(file_load("pipe", &b, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	buf_drop(&b);
}

static void
a_secret_must_be_closed_to_others(void **state)
{
	char out[8];
	struct err e;
	size_t len;

	(void)state;
	assert_int_equal(file_create_path("s", 0600, "secret", 6, &e), 0);
	assert_int_equal(file_load_secret("s", out, sizeof(out), &len, &e),
	    0);
	assert_int_equal(len, 6);
	assert_memory_equal(out, "secret", 6);
	assert_int_equal(file_load_secret("s", out, 6, &len, &e), 0);
	assert_int_equal(file_load_secret("s", out, 5, &len, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_memory_equal(out, "\0\0\0\0\0", 5);
	assert_int_equal(len, 0);
	assert_int_equal(chmod("s", 0640), 0);
	assert_int_equal(file_load_secret("s", out, sizeof(out), &len, &e),
	    -1);
	assert_int_equal(e.kind, ERR_DENIED);
	assert_non_null(strstr(e.text, "mode 640"));
	assert_int_equal(file_load_secret("none", out, 5, &len, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
}

static void
a_credential_may_show_the_mask_of_its_access_list(void **state)
{
	char path[100], out[8];
	struct err e;
	size_t len;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/s", home);
	assert_int_equal(file_create_path(path, 0440, "secret", 6, &e), 0);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", home, 1), 0);
	assert_int_equal(file_load_secret(path, out, sizeof(out), &len, &e),
	    0);
	assert_int_equal(chmod(path, 0444), 0);
	assert_int_equal(file_load_secret(path, out, sizeof(out), &len, &e),
	    -1);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "/tmp", 1), 0);
	assert_int_equal(chmod(path, 0440), 0);
	assert_int_equal(file_load_secret(path, out, sizeof(out), &len, &e),
	    -1);
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
}

static void
a_secret_of_another_user_is_refused(void **state)
{
	char out[8];
	struct err e;
	size_t len;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(file_create_path("s", 0600, "secret", 6, &e), 0);
	assert_int_equal(chown("s", 12345, 0), 0);
	assert_int_equal(file_load_secret("s", out, sizeof(out), &len, &e),
	    -1);
	assert_int_equal(e.kind, ERR_DENIED);
}

static void
folders_are_made_as_far_as_they_are_missing(void **state)
{
	char path[100];
	struct err e;

	(void)state;
	assert_int_equal(file_mkdirs("a//b/./c/", 0750, &e), 0);
	assert_int_equal(mode_of("a"), 0750);
	assert_int_equal(mode_of("a/b/c"), 0750);
	assert_int_equal(file_mkdirs("a/b/c/d", 0700, &e), 0);
	assert_int_equal(mode_of("a/b/c"), 0750);
	(void)snprintf(path, sizeof(path), "%s/x/y", home);
	assert_int_equal(file_mkdirs(path, 0700, &e), 0);
	assert_true(file_exists("x/y"));
	assert_int_equal(file_mkdirs("/", 0700, &e), 0);
	assert_int_equal(file_create_path("f", 0600, "", 0, &e), 0);
	assert_int_equal(file_mkdirs("f/g", 0700, &e), -1);
	assert_int_equal(e.sys, ENOTDIR);
	assert_false(file_exists("f/g"));
	assert_int_equal(file_mkdirs("f", 0700, &e), -1);
}

static void
removal_takes_all_below_and_nothing_else(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(file_mkdirs("keep/sub", 0700, &e), 0);
	assert_int_equal(file_create_path("keep/f", 0600, "x", 1, &e), 0);
	assert_int_equal(file_mkdirs("t/a/b/c", 0700, &e), 0);
	assert_int_equal(file_create_path("t/a/f", 0600, "x", 1, &e), 0);
	assert_int_equal(symlink("../keep", "t/l"), 0);
	assert_int_equal(symlink("../../keep/f", "t/a/m"), 0);
	assert_int_equal(mkfifo("t/a/b/pipe", 0600), 0);
	assert_int_equal(chmod("t/a/b/c", 0), 0);
	assert_int_equal(chmod("t/a/b", 0500), 0);
	assert_int_equal(file_remove_tree("t", &e), 0);
	assert_int_equal(entries("."), 1);
	assert_content("keep/f", "x");
	assert_true(file_exists("keep/sub"));
	assert_int_equal(file_remove_tree("t", &e), 0);
	assert_int_equal(file_remove_tree("keep/f", &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_int_equal(symlink("keep", "l"), 0);
	assert_int_equal(file_remove_tree("l", &e), -1);
	assert_content("keep/f", "x");
}

static void
a_tree_deeper_than_descriptors_is_removed(void **state)
{
	struct err e;
	int i;

	(void)state;
	for (i = 0; i < 3000; i++) {
		assert_int_equal(mkdir("deep", 0700), 0);
		assert_int_equal(mkdir("side", 0700), 0);
		assert_int_equal(chdir("deep"), 0);
	}
	assert_int_equal(chdir(home), 0);
	assert_int_equal(file_remove_tree("deep", &e), 0);
	assert_int_equal(entries("."), 1);
}

static void
a_folder_of_many_files_is_removed(void **state)
{
	char name[20];
	struct err e;
	int i, fd;

	(void)state;
	assert_int_equal(file_mkdirs("t", 0700, &e), 0);
	for (i = 0; i < 5000; i++) {
		(void)snprintf(name, sizeof(name), "t/%d", i);
		assert_int_not_equal(fd = creat(name, 0600), -1);
		assert_int_equal(close(fd), 0);
	}
	assert_int_equal(file_remove_tree("t", &e), 0);
	assert_false(file_exists("t"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(replacing_makes_content_and_mode_exact),
		TEST(creating_never_touches_what_exists),
		TEST(by_path_and_by_folder_are_the_same),
		TEST(a_path_that_names_no_file_is_refused),
		TEST(loading_appends_within_the_buffers_bound),
		TEST(only_regular_files_are_loaded),
		TEST(a_secret_must_be_closed_to_others),
		TEST(a_credential_may_show_the_mask_of_its_access_list),
		TEST(a_secret_of_another_user_is_refused),
		TEST(folders_are_made_as_far_as_they_are_missing),
		TEST(removal_takes_all_below_and_nothing_else),
		TEST(a_tree_deeper_than_descriptors_is_removed),
		TEST(a_folder_of_many_files_is_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
