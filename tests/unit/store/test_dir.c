/*
 * The store suite on a directory, and what only a directory can get wrong:
 * links, modes, leftovers, a folder that is moved or removed, a full disk.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "store/store.h"
#include "../../lib/store_suite.h"

#define LEFTOVER "put-00112233445566778899aabbccddeeff"
#define PUT(s, name) store_put(s, name, "x", 1, &any_digest, &e)

static const struct id any_digest;
static char top[] = "/tmp/muster-test-dir-XXXXXX";
static char dir[64];
static int round_no;

/* A new empty folder is the current one; dir is its path. */
static void
make_dir(void)
{
	(void)snprintf(dir, sizeof(dir), "%s/%d", top, round_no++);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(chdir(dir), 0);
}

static struct store *
fresh(void)
{
	struct store *s = NULL;
	struct err e;

	make_dir();
	if (store_create("store", &e) == -1 ||
	    (s = store_open("store", &e)) == NULL)
		fail_msg("%s", e.text);
	return s;
}

static void
a_directory_locks_nothing_and_says_so(void **state)
{
	const struct store_kept k = { STORE_COMPLIANCE, INT64_MAX };
	struct store *s = fresh();
	struct store_kept seen;
	struct err e;

	(void)state;
	assert_int_equal(PUT(s, "a"), STORE_PUT);
	assert_int_equal(store_keep(s, "a", &k, &e), -1);
	assert_int_equal(e.kind, ERR_UNSUPPORTED);
	assert_int_equal(store_keep(s, "../a", &k, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_int_equal(store_kept(s, "a", &seen, &e), 0);
	assert_int_equal(seen.lock, STORE_UNLOCKED);
	store_close(s);
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void
objects_are_read_only_and_folders_private(void **state)
{
	struct store *s = fresh();
	struct err e;

	(void)state;
	assert_int_equal(PUT(s, "a/b/c"), STORE_PUT);
	assert_int_equal(mode_of("store"), 0700);
	assert_int_equal(mode_of("store/a"), 0700);
	assert_int_equal(mode_of("store/a/b"), 0700);
	assert_int_equal(mode_of("store/a/b/c"), 0400);
	assert_int_equal(mode_of("store/.tmp"), 0700);
	store_close(s);
}

static void
a_put_leaves_no_temporary_file(void **state)
{
	struct store *s = fresh();
	struct err e;

	(void)state;
	assert_int_equal(PUT(s, "a"), STORE_PUT);
	assert_int_equal(PUT(s, "a"), STORE_EXISTED);
	assert_int_equal(rmdir("store/.tmp"), 0);	/* it is empty */
	store_close(s);
}

static void
a_store_that_is_not_there_is_absent(void **state)
{
	struct err e;

	(void)state;
	make_dir();
	assert_null(store_open("nothing", &e));
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_string_equal(e.text, "cannot open store nothing: "
	    "there is no such directory");
}

static void
a_file_is_no_store(void **state)
{
	struct err e;

	(void)state;
	make_dir();
	assert_int_equal(file_create_path("file", 0600, "x", 1, &e), 0);
	assert_null(store_open("file", &e));
	assert_int_equal(e.kind, ERR_SYSTEM);
	assert_int_equal(e.sys, ENOTDIR);
	assert_int_equal(store_create("file", &e), -1);
}

static void
creating_makes_all_folders_and_may_be_redone(void **state)
{
	struct store *s;
	struct err e;

	(void)state;
	make_dir();
	assert_int_equal(store_create("a/b/store", &e), 0);
	assert_int_equal(mode_of("a/b/store"), 0700);
	assert_int_equal(store_create("a/b/store", &e), 0);
	assert_non_null(s = store_open("a/b/store", &e));
	assert_string_equal(store_url(s), "a/b/store");
	store_close(s);
}

static void
what_a_killed_run_left_is_swept_by_the_next_put(void **state)
{
	struct store *s = fresh();
	struct err e;

	(void)state;
	assert_int_equal(mkdir("store/.tmp", 0700), 0);
	assert_int_equal(file_create_path("store/.tmp/" LEFTOVER, 0400, "x",
	    1, &e), 0);
	assert_int_equal(file_create_path("store/.tmp/other", 0600, "x", 1,
	    &e), 0);
	assert_int_equal(PUT(s, "a"), STORE_PUT);
	assert_false(file_exists("store/.tmp/" LEFTOVER));
	assert_true(file_exists("store/.tmp/other"));	/* not ours */
	store_close(s);
}

static void
what_a_living_run_is_writing_is_not_swept(void **state)
{
	struct store *s = fresh();
	struct err e;
	int fd;

	(void)state;
	assert_int_equal(mkdir("store/.tmp", 0700), 0);
	fd = open("store/.tmp/" LEFTOVER, O_WRONLY | O_CREAT, 0600);
	assert_int_not_equal(fd, -1);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(PUT(s, "a"), STORE_PUT);
	assert_true(file_exists("store/.tmp/" LEFTOVER));
	(void)close(fd);
	store_close(s);
}

static void
symlinks_in_the_store_are_never_followed(void **state)
{
	struct store *s = fresh();
	struct store_info info;
	struct err e;
	char c;

	(void)state;
	assert_int_equal(mkdir("outside", 0700), 0);
	assert_int_equal(file_create_path("outside/x", 0600, "x", 1, &e), 0);
	assert_int_equal(symlink("../outside", "store/folder"), 0);
	assert_int_equal(symlink("../outside/x", "store/object"), 0);

	err_clear(&e);
	assert_int_equal(store_get(s, "object", 0, 1, &c, &e), -1);
	assert_int_equal(e.kind, ERR_SYSTEM);
	assert_non_null(strstr(e.text, "symbolic link"));
	assert_int_equal(store_get(s, "folder/x", 0, 1, &c, &e), -1);
	assert_int_equal(e.kind, ERR_SYSTEM);
	assert_int_equal(store_head(s, "folder/x", &info, &e), -1);
	assert_int_equal(store_remove(s, "folder/x", &e), -1);
	assert_int_equal(PUT(s, "folder/y"), STORE_FAILED);
	assert_int_equal(PUT(s, "object"), STORE_FAILED);
	assert_int_equal(e.kind, ERR_EXISTS);
	assert_true(file_exists("outside/x"));
	assert_false(file_exists("outside/y"));
	store_close(s);
}

static int
count(void *cookie, const struct store_info *info, struct err *e)
{
	(void)info;
	(void)e;
	++*(int *)cookie;
	return 0;
}

static void
a_list_passes_over_what_is_no_object(void **state)
{
	struct store *s = fresh();
	struct err e;
	int n = 0;

	(void)state;
	assert_int_equal(PUT(s, "real"), STORE_PUT);
	assert_int_equal(symlink("real", "store/link"), 0);
	assert_int_equal(symlink("..", "store/up"), 0);
	assert_int_equal(mkfifo("store/fifo", 0600), 0);
	assert_int_equal(mkdir("store/lost+found", 0), 0);
	assert_int_equal(mkdir("store/empty", 0700), 0);
	assert_int_equal(file_create_path("store/.hidden", 0600, "", 0, &e), 0);
	assert_int_equal(file_create_path("store/a b", 0600, "", 0, &e), 0);
	assert_int_equal(store_list(s, "", count, &n, &e), 0);
	assert_int_equal(n, 1);
	store_close(s);
}

static void
a_fifo_in_the_store_does_not_stop_us(void **state)
{
	struct store *s = fresh();
	struct store_info info;
	struct err e;
	char c;

	(void)state;
	assert_int_equal(mkfifo("store/fifo", 0600), 0);
	assert_int_equal(store_get(s, "fifo", 0, 1, &c, &e), -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	assert_int_equal(store_head(s, "fifo", &info, &e), -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	store_close(s);
}

static void
a_name_that_needs_a_file_to_be_a_folder_cannot_be_put(void **state)
{
	struct store *s = fresh();
	struct err e;

	(void)state;
	assert_int_equal(PUT(s, "a"), STORE_PUT);
	assert_int_equal(PUT(s, "a/b"), STORE_FAILED);
	assert_int_equal(PUT(s, "c/d"), STORE_PUT);
	assert_int_equal(PUT(s, "c"), STORE_FAILED);
	assert_int_equal(e.kind, ERR_EXISTS);
	store_close(s);
}

static void
an_open_store_stays_where_it_is_when_its_path_changes(void **state)
{
	struct store *s = fresh();
	struct err e;

	(void)state;
	assert_int_equal(rename("store", "moved"), 0);
	assert_int_equal(mkdir("store", 0700), 0);
	assert_int_equal(PUT(s, "a/b"), STORE_PUT);
	assert_true(file_exists("moved/a/b"));
	assert_int_equal(rmdir("store"), 0);	/* still empty */
	store_close(s);
}

static void
a_store_removed_under_us_is_trouble_and_not_empty(void **state)
{
	struct store *s = fresh();
	struct store_info info;
	struct err e;
	int n = 0;

	(void)state;
	assert_int_equal(rmdir("store"), 0);
	assert_int_equal(store_head(s, "a", &info, &e), -1);
	assert_int_equal(e.kind, ERR_SYSTEM);
	assert_int_equal(store_list(s, "a/", count, &n, &e), -1);
	assert_int_equal(e.kind, ERR_SYSTEM);
	assert_int_equal(store_list(s, "", count, &n, &e), -1);
	assert_int_equal(e.kind, ERR_SYSTEM);
	assert_int_equal(PUT(s, "a"), STORE_FAILED);
	store_close(s);
}

static void
refused_access_is_denied_and_not_absent(void **state)
{
	struct store *s = fresh();
	struct store_info info;
	struct err e;
	int n = 0;
	char c;

	(void)state;
	if (getuid() != 0)
		skip();			/* needs another user */
	assert_int_equal(PUT(s, "a/b"), STORE_PUT);
	assert_int_equal(chmod("store", 0755), 0);
	assert_int_equal(seteuid(65534), 0);
	assert_int_equal(store_head(s, "a/b", &info, &e), -1);
	assert_int_equal(e.kind, ERR_DENIED);
	assert_int_equal(store_get(s, "a/b", 0, 1, &c, &e), -1);
	assert_int_equal(e.kind, ERR_DENIED);
	assert_int_equal(store_list(s, "", count, &n, &e), -1);
	assert_int_equal(e.kind, ERR_DENIED);
	assert_int_equal(store_remove(s, "a/b", &e), -1);
	assert_int_equal(e.kind, ERR_DENIED);
	assert_int_equal(PUT(s, "c"), STORE_FAILED);
	assert_int_equal(e.kind, ERR_DENIED);
	assert_int_equal(store_create("/proc/1/x", &e), -1);
	assert_int_equal(seteuid(0), 0);
	store_close(s);
}

struct ordered {
	char	last[STORE_NAME_MAX];
	int	n;
};

static int
check_order(void *cookie, const struct store_info *info, struct err *e)
{
	struct ordered *o = cookie;

	if (strcmp(o->last, info->name) >= 0)
		return err_set(e, ERR_DAMAGED, "%s after %s", info->name,
		    o->last);
	(void)strcpy(o->last, info->name);
	o->n++;
	return 0;
}

static void
a_folder_of_many_pages_is_listed_whole_and_in_order(void **state)
{
	struct store *s = fresh();
	struct ordered o = { .n = 0 };
	struct err e;
	char name[64];
	unsigned i;
	int fd;

	(void)state;
	assert_int_equal(mkdir("store/many", 0700), 0);
	for (i = 0; i < 40000; i++) {
		(void)snprintf(name, sizeof(name), "store/many/%08x",
		    i * 2654435761u);
		fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0400);
		assert_int_not_equal(fd, -1);
		(void)close(fd);
	}
	if (store_list(s, "", check_order, &o, &e) != 0)
		fail_msg("%s", e.text);
	assert_int_equal(o.n, 40000);
	store_close(s);
}

static void
a_full_disk_is_said_and_leaves_no_part(void **state)
{
	static char big[512 << 10];
	struct store *s;
	struct err e;
	int i, n = 0, put = 0;
	char name[16];

	(void)state;
	make_dir();
	assert_int_equal(mkdir("store", 0700), 0);
	if (mount("none", "store", "tmpfs", 0, "size=2m") == -1)
		skip();			/* needs root and mounts */
	assert_non_null(s = store_open("store", &e));
	for (i = 0; i < 8; i++) {
		(void)snprintf(name, sizeof(name), "p/%d", i);
		if (store_put(s, name, big, sizeof(big), &any_digest, &e) ==
		    STORE_FAILED)
			break;
		put++;
	}
	assert_in_range(put, 2, 4);
	assert_int_equal(e.sys, ENOSPC);
	assert_non_null(strstr(e.text, "into store: "));
	assert_non_null(strstr(e.text, "No space left on device"));
	assert_int_equal(store_list(s, "", count, &n, &e), 0);
	assert_int_equal(n, put);
	assert_int_equal(rmdir("store/.tmp"), 0);	/* it is empty */
	store_close(s);
	assert_int_equal(umount2("store", MNT_DETACH), 0);
}

static void
what_is_not_read_soon_is_the_same_past_the_page_cache(void **state)
{
	const struct store_options o = { .unread = true };
	const size_t n = (3u << 20) + 5, size = 4u << 20;
	uint8_t *data = aligned_alloc(4096, size);
	uint8_t *back = aligned_alloc(4096, size);
	struct store *s;
	struct err e;

	(void)state;
	make_dir();
	assert_true(data != NULL && back != NULL);
	for (size_t i = 0; i < n; i++)
		data[i] = (uint8_t)(i * 7919 >> 5);
	assert_non_null(s = store_open_with(".", &o, &e));
	assert_int_equal(store_put(s, "a", data, n, &any_digest, &e),
	    STORE_PUT);
	assert_int_equal(store_put(s, "b", data + 1, n - 1, &any_digest, &e),
	    STORE_PUT);
	assert_int_equal(store_get(s, "a", 0, n, back, &e), 0);
	assert_memory_equal(back, data, n);
	assert_int_equal(store_get(s, "a", 1 << 20, 2 << 20, back, &e), 0);
	assert_memory_equal(back, data + (1 << 20), 2 << 20);
	assert_int_equal(store_get(s, "b", 3, n - 4, back, &e), 0);
	assert_memory_equal(back, data + 4, n - 4);
	assert_int_equal(mode_of("a"), 0400);
	assert_int_equal(rmdir(".tmp"), 0);	/* it is empty */
	store_close(s);
	free(data);
	free(back);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_is_not_read_soon_is_the_same_past_the_page_cache),
		cmocka_unit_test(a_directory_locks_nothing_and_says_so),
		cmocka_unit_test(objects_are_read_only_and_folders_private),
		cmocka_unit_test(a_put_leaves_no_temporary_file),
		cmocka_unit_test(a_store_that_is_not_there_is_absent),
		cmocka_unit_test(a_file_is_no_store),
		cmocka_unit_test(creating_makes_all_folders_and_may_be_redone),
		cmocka_unit_test(
		    what_a_killed_run_left_is_swept_by_the_next_put),
		cmocka_unit_test(what_a_living_run_is_writing_is_not_swept),
		cmocka_unit_test(symlinks_in_the_store_are_never_followed),
		cmocka_unit_test(a_list_passes_over_what_is_no_object),
		cmocka_unit_test(a_fifo_in_the_store_does_not_stop_us),
		cmocka_unit_test(
		    a_name_that_needs_a_file_to_be_a_folder_cannot_be_put),
		cmocka_unit_test(
		    an_open_store_stays_where_it_is_when_its_path_changes),
		cmocka_unit_test(
		    a_store_removed_under_us_is_trouble_and_not_empty),
		cmocka_unit_test(refused_access_is_denied_and_not_absent),
		cmocka_unit_test(
		    a_folder_of_many_pages_is_listed_whole_and_in_order),
		cmocka_unit_test(a_full_disk_is_said_and_leaves_no_part),
	};
	struct err e;
	int failed;

	if (mkdtemp(top) == NULL)
		return 1;
	(void)chmod(top, 0755);		/* another user must come through */
	failed = cmocka_run_group_tests_name("dir", tests, NULL, NULL);
	failed += store_suite_run("store in a directory", fresh);
	if (chdir("/") == -1 || file_remove_tree(top, &e) == -1)
		failed++;
	return failed;
}
