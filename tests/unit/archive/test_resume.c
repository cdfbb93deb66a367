/* Going on with a restore: what is there is believed for its bytes alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/tree_kit.h"
#include "base/err.h"

static struct tree_kit kit;
static struct tree_restore_options o;

static int
set_up(void **state)
{
	(void)state;
	tree_kit_open(&kit);
	tree_kit_sh(&kit, "cd $src; mkdir a b; "
	    "head -c 300000 /dev/urandom >a/large; echo one >a/one; "
	    "echo two >b/two; : >b/empty; ln a/one b/second; "
	    "ln -s a/one link; mkfifo pipe; mknod dev c 1 3; "
	    "setfattr -n user.k -v v a/one; "
	    "find . -exec touch -h -d '2020-02-02 02:02:02.123456789' {} +");
	tree_kit_take(&kit);
	o = tree_kit_restore_options(&kit);
	o.resume = true;
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
restore(void)
{
	struct err e;

	if (tree_kit_restore(&kit, &o, &e) == -1)
		fail_msg("%s", e.text);
	assert_string_equal(kit.notes, "");
	tree_kit_same(&kit);
}

static void
refused(const char *name)
{
	struct err e;

	assert_int_equal(tree_kit_restore(&kit, &o, &e), -1);
	assert_int_equal(e.kind, ERR_EXISTS);
	if (strstr(e.text, name) == NULL)
		fail_msg("%s", e.text);
}

static void
what_is_whole_stays_and_what_is_absent_comes(void **state)
{
	(void)state;
	restore();			/* nothing was there */
	assert_int_equal(kit.stats.kept, 0);
	tree_kit_sh(&kit, "ls -i $dst/src/a/large >$dst.inode");
	restore();			/* all of it was */
	assert_int_equal(kit.stats.kept, 5);
	assert_int_equal(kit.stats.files, 5);
	assert_int_equal(kit.stats.folders, 3);
	assert_int_equal(kit.stats.others, 3);
	tree_kit_sh(&kit, "cd $dst/src; rm -r b link pipe dev");
	restore();
	assert_int_equal(kit.stats.kept, 2);
	tree_kit_sh(&kit, "ls -i $dst/src/a/large | cmp - $dst.inode");
}

static void
what_the_entry_does_not_say_of_a_file_is_undone(void **state)
{
	(void)state;
	restore();
	tree_kit_sh(&kit, "cd $dst/src; chown 7:7 a/one a; touch a/large; "
	    "chmod 777 b b/two; touch -h link; setfattr -x user.k a/one; "
	    "setfattr -n user.other -v x b/two; setfacl -m u:9:r b/empty");
	restore();
	assert_int_equal(kit.stats.kept, 3);	/* not the linked one */
}

/* Another name of a file may be anybody's: nothing of it is changed there. */
static void
what_is_also_elsewhere_is_not_touched_there(void **state)
{
	(void)state;
	restore();
	tree_kit_sh(&kit, "cd $dst/src; ln b/two ../../elsewhere; "
	    "chmod 604 b/two; ls -i b/two >$dst.inode");
	restore();
	assert_int_equal(kit.stats.kept, 4);
	tree_kit_sh(&kit, "[ $(stat -c %a $dst/../elsewhere) = 604 ]; "
	    "[ $(stat -c %h $dst/../elsewhere) = 1 ]; "
	    "! ls -i $dst/src/b/two | cmp -s - $dst.inode");
	/* one that lacks nothing stays: there is nothing to be set */
	tree_kit_sh(&kit, "ln $dst/src/a/large $dst/../large; "
	    "ls -i $dst/src/a/large >$dst.inode");
	restore();
	assert_int_equal(kit.stats.kept, 5);
	tree_kit_sh(&kit, "cd $dst; ls -i $dst/src/a/large | "
	    "cmp - $dst.inode");
}

static void
files_that_lack_bytes_are_put_again(void **state)
{
	(void)state;
	restore();
	tree_kit_sh(&kit, "cd $dst/src; : >b/two; truncate -s 250000 a/large;"
	    " printf '\\0\\0\\0\\0' | dd of=a/one conv=notrunc status=none");
	restore();
	assert_int_equal(kit.stats.kept, 1);
	tree_kit_sh(&kit, "cd $dst/src; dd if=/dev/zero of=a/large bs=4096 "
	    "seek=3 count=5 conv=notrunc status=none");
	restore();
	assert_int_equal(kit.stats.kept, 4);
}

static void
files_that_lack_bytes_are_also_found_under_their_link(void **state)
{
	static const char *const only[] = { "src/b/second", NULL };
	struct err e;

	(void)state;
	o.paths = only;
	assert_int_equal(tree_kit_restore(&kit, &o, &e), 0);
	tree_kit_sh(&kit, "cmp $src/b/second $dst/src/b/second; "
	    "[ ! -e $dst/src/a ]; : >$dst/src/b/second");
	assert_int_equal(tree_kit_restore(&kit, &o, &e), 0);
	assert_int_equal(kit.stats.kept, 0);
	tree_kit_sh(&kit, "cmp $src/b/second $dst/src/b/second");
}

static void
what_is_somebody_elses_stays(void **state)
{
	static const char *const others[][2] = {
		{ "echo mine >b/two", "src/b/two" },
		{ "echo more >>b/two", "src/b/two" },
		{ "echo >b/empty", "src/b/empty" },
		{ "rm b/two; mkdir b/two", "src/b/two" },
		{ "rm b/two; ln -s empty b/two", "src/b/two" },
		{ "rm b/two; mkfifo b/two", "src/b/two" },
		{ "rm b/second; cp -p a/one b/second", "src/b/second" },
		{ "rm b/second; mkdir b/second", "src/b/second" },
		{ "ln -sf b/one link", "src/link" },
		{ "rm link; echo >link", "src/link" },
		{ "rm pipe; echo >pipe", "src/pipe" },
		{ "rm dev; mknod dev c 1 5", "src/dev" },
		{ "rm dev; mknod dev b 1 3", "src/dev" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		char line[400];

		tree_kit_sh(&kit, "rm -rf $dst; mkdir $dst");
		restore();
		(void)snprintf(line, sizeof(line), "cd $dst/src; %s; "
		    "find . -ls >$dst.was", others[i][0]);
		tree_kit_sh(&kit, line);
		refused(others[i][1]);
		(void)snprintf(line, sizeof(line), "cd $dst; find ./%s -ls |"
		    " sed 's,src/,,' | grep -xFf - $dst.was", others[i][1]);
		tree_kit_sh(&kit, line);
	}
}

static void
temporary_files_of_a_killed_restore_are_removed(void **state)
{
	struct err e;

	(void)state;
	restore();
	tree_kit_sh(&kit, "cd $dst/src/a; echo x >.muster-0123456789abcdef; "
	    "echo x >.muster-0123456789abcdeg; echo x >.muster-1; "
	    "mkdir .muster-0123456789abcde0");
	assert_int_equal(tree_kit_restore(&kit, &o, &e), 0);
	tree_kit_sh(&kit, "cd $dst/src/a; [ ! -e .muster-0123456789abcdef ] "
	    "&& rm .muster-0123456789abcdeg .muster-1 && "
	    "rmdir .muster-0123456789abcde0");
	restore();
	tree_kit_sh(&kit, "cd $src/a; echo x >.muster-0123456789abcdef");
	tree_kit_take(&kit);
	restore();			/* one of the archive's own stays */
	restore();
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(what_is_whole_stays_and_what_is_absent_comes),
		TEST(what_the_entry_does_not_say_of_a_file_is_undone),
		TEST(what_is_also_elsewhere_is_not_touched_there),
		TEST(files_that_lack_bytes_are_put_again),
		TEST(files_that_lack_bytes_are_also_found_under_their_link),
		TEST(what_is_somebody_elses_stays),
		TEST(temporary_files_of_a_killed_restore_are_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
