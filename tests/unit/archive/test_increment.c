/* What a small change of a tree costs to store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/tree_kit.h"
#include "base/err.h"

static struct tree_kit kit;

static int
set_up(void **state)
{
	(void)state;
	tree_kit_open(&kit);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	tree_kit_close(&kit);
	return 0;
}

/* Take these paths: how many bytes were new, before compression. */
static uint64_t
take(const char *const *paths)
{
	struct tree_options o = tree_kit_options(&kit);
	struct chunks_stats before, after;

	o.paths = paths;
	chunks_stats(kit.live.chunks, &before);
	tree_kit_take_as(&kit, &o);
	assert_string_equal(kit.notes, "");
	chunks_stats(kit.live.chunks, &after);
	return after.new_bytes - before.new_bytes;
}

static void
nothing_changed_stores_nothing(void **state)
{
	static const char *const paths[] = { "/src", NULL };

	(void)state;
	tree_kit_sh(&kit, "cd $src; for i in $(seq 500); do echo $i >f$i; "
	    "done");
	assert_true(take(paths) > 500 * 1024);
	assert_int_equal(take(paths), 0);
}

/* Folders above and between those that were given change with their others. */
static void
the_time_of_a_folder_that_leads_there_costs_no_file(void **state)
{
	static const char *const paths[] = { "/src/a/public/files",
	    "/src/a/private/files", "/src/a/config.json", "/src/b", NULL };

	(void)state;
	tree_kit_sh(&kit, "cd $src; mkdir -p a/public/files a/private/files "
	    "b; for d in a/public/files a/private/files b; do for i in $(seq "
	    "40); do head -c 100000 /dev/urandom >$d/f$i; done; done; "
	    "echo '{}' >a/config.json");
	assert_true(take(paths) > 12000000);
	tree_kit_sh(&kit, "cd $src; touch -d @1 . a a/public a/private");
	assert_true(take(paths) < 16000);
	tree_kit_sh(&kit, "echo '{ }' >$src/a/config.json");
	assert_true(take(paths) < 16000);
}

/* Its segment, and a part of the manifest. */
static void
one_file_of_many_costs_little(void **state)
{
	static const char *const paths[] = { "/src", NULL };
	uint64_t all, one;

	(void)state;
	tree_kit_sh(&kit, "cd $src; for d in $(seq 20); do mkdir $d; for i in "
	    "$(seq 300); do echo $d $i >$d/f$i; done; done");
	all = take(paths);
	tree_kit_sh(&kit, "echo changed >$src/10/f250");
	one = take(paths);
	print_message("%llu of %llu bytes\n", (unsigned long long)one,
	    (unsigned long long)all);
	assert_true(one > 0 && one < all / 40);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_changed_stores_nothing),
		TEST(the_time_of_a_folder_that_leads_there_costs_no_file),
		TEST(one_file_of_many_costs_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
