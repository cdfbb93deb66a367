/* An index that does not wait for the disk: what is believed afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/file.h"
#include "base/gang.h"
#include "base/lock.h"
#include "pack/index.h"
#include "../../lib/noise.h"

static char folder[PATH_MAX], mark[PATH_MAX + 16];
static size_t map;			/* bytes, at first */

static int
make_folder(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/test-hurry-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(mark, sizeof(mark), "%s/unsynced", folder);
	map = 0;
	return 0;
}

static int
drop_folder(void **state)
{
	struct err e;

	(void)state;
	return file_remove_tree(folder, &e);
}

static struct index *
begin(void)
{
	const struct index_options o = { .folder = folder, .store = "s",
	    .map = map };
	struct err e;
	struct index *ix = index_open(&o, &e);

	if (ix == NULL)
		fail_msg("%s", e.text);
	return ix;
}

static uint8_t keys[4];			/* no table that anybody reads */

static void
add(struct index *ix)
{
	struct pack_directory d = { .keys = keys, .keys_len = sizeof(keys) };
	struct id sha256;
	struct err e;

	noise_fill(sha256.b, ID_SIZE, 1);
	assert_int_equal(index_add(ix, &sha256, 5000, &d, &e), 0);
}

static int
count(void *cookie, const struct index_pack *pack, struct err *e)
{
	(void)pack;
	(void)e;
	++*(size_t *)cookie;
	return 0;
}

/* How many packs another run finds. */
static size_t
packs_then(void)
{
	struct index *ix = begin();
	struct err e;
	size_t n = 0;

	assert_int_equal(index_packs(ix, count, &n, &e), 0);
	index_close(ix);
	return n;
}

static void
it_is_marked_until_all_is_on_the_disk(void **state)
{
	struct index *ix = begin();
	struct err e;

	(void)state;
	index_hurry(ix);
	assert_true(file_exists(mark));
	add(ix);
	assert_int_equal(index_settle(ix, &e), 0);
	assert_false(file_exists(mark));
	assert_int_equal(index_settle(ix, &e), 0);
	index_close(ix);
	assert_int_equal(packs_then(), 1);
}

static void
one_that_was_killed_is_lost_with_the_boot_only(void **state)
{
	struct index *ix = begin();
	struct err e;

	(void)state;
	index_hurry(ix);
	add(ix);
	index_close(ix);		/* as if it were killed */
	assert_true(file_exists(mark));
	assert_int_equal(packs_then(), 1);
	assert_int_equal(file_replace_path(mark, 0600, "another boot\n", 13,
	    &e), 0);
	assert_int_equal(packs_then(), 0);
	assert_false(file_exists(mark));
}

static void
one_hurries_at_a_time(void **state)
{
	struct index *ix = begin();
	char path[PATH_MAX + 16];
	struct lock *other;
	struct err e;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/hurry.lock", folder);
	assert_non_null(other = lock_take(path, 0, &e));
	index_hurry(ix);
	assert_false(file_exists(mark));
	add(ix);
	assert_int_equal(index_settle(ix, &e), 0);
	lock_free(other);
	index_close(ix);
	assert_int_equal(packs_then(), 1);
}

static void
what_cannot_be_marked_waits_for_the_disk(void **state)
{
	struct index *ix = begin();
	struct lock *other;
	char path[PATH_MAX + 16];
	struct err e;

	(void)state;
	assert_int_equal(mkdir(mark, 0700), 0);
	index_hurry(ix);
	(void)snprintf(path, sizeof(path), "%s/hurry.lock", folder);
	assert_non_null(other = lock_take(path, 0, &e));
	lock_free(other);
	add(ix);
	assert_int_equal(index_settle(ix, &e), 0);
	assert_int_equal(rmdir(mark), 0);
	index_close(ix);
	assert_int_equal(packs_then(), 1);
}

#define EACH 200u

static int
add_many(void *cookie, size_t pack, unsigned worker, struct err *e)
{
	struct pack_entry v[EACH];
	struct pack_directory d = { .keys = keys, .keys_len = sizeof(keys),
	    .v = v, .n = EACH };
	struct place places[INDEX_PLACES_MAX];
	struct id sha256;

	(void)worker;
	noise_fill(sha256.b, ID_SIZE, (uint64_t)pack + 1);
	for (unsigned i = 0; i < EACH; i++) {
		v[i] = (struct pack_entry){ .offset = PACK_HEADER_SIZE,
		    .sealed = 100, .opened = 84, .number = i };
		noise_fill(v[i].id.b, ID_SIZE, (pack + 1) * 1000 + i);
	}
	return index_add(cookie, &sha256, 5000, &d, e) == -1 ||
	    index_find(cookie, &v[7].id, 84, places, e) != 1 ? -1 : 0;
}

/* Whoever finds the map too small changes it while others are at work. */
static void
threads_add_while_the_map_grows(void **state)
{
	struct gang g = { .n = 100, .workers = 8, .work = add_many };
	struct err e;

	map = 65536;
	for (int i = 0; i < 40; i++) {
		g.cookie = begin();
		index_hurry(g.cookie);
		if (gang_run(&g, &e) == -1)
			fail_msg("%s", e.text);
		assert_int_equal(index_settle(g.cookie, &e), 0);
		index_close(g.cookie);
		assert_int_equal(packs_then(), g.n);
		assert_int_equal(drop_folder(state), 0);
		assert_int_equal(mkdir(folder, 0700), 0);
	}
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, make_folder, drop_folder)
	const struct CMUnitTest tests[] = {
		T(it_is_marked_until_all_is_on_the_disk),
		T(one_that_was_killed_is_lost_with_the_boot_only),
		T(one_hurries_at_a_time),
		T(what_cannot_be_marked_waits_for_the_disk),
		T(threads_add_while_the_map_grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
