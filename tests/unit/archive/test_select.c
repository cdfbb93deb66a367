/* Which entries are wanted, by name and by pattern, and where to look. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "archive/select.h"
#include "base/err.h"

static struct select s;

static void
want(const char *path)
{
	const char *const paths[] = { path, NULL };
	struct err e;

	select_drop(&s);
	if (select_init(&s, paths, &e) == -1)
		fail_msg("%s", e.text);
}

static void
names_and_what_is_below_them_are_wanted(void **state)
{
	(void)state;
	want("/home//a/./b/");
	assert_int_equal(select_entry(&s, "home/a/b"), SELECT_YES);
	assert_int_equal(select_entry(&s, "home/a/b/c"), SELECT_YES);
	assert_int_equal(select_entry(&s, "home/a"), SELECT_PARENT);
	assert_int_equal(select_entry(&s, "home/a/bc"), SELECT_NO);
	assert_int_equal(select_entry(&s, "home/a/a"), SELECT_NO);
}

static void
a_pattern_with_a_slash_is_about_the_whole_name(void **state)
{
	(void)state;
	want("home/*/files/*.pdf");
	assert_int_equal(select_entry(&s, "home/x/files/a.pdf"), SELECT_YES);
	assert_int_equal(select_entry(&s, "home/x/files/.pdf"), SELECT_YES);
	assert_int_equal(select_entry(&s, "home/x/files/a.pdf/in"),
	    SELECT_YES);
	assert_int_equal(select_entry(&s, "home/x/y/files/a.pdf"),
	    SELECT_PARENT);
	assert_int_equal(select_entry(&s, "home/x/files/a.png"),
	    SELECT_PARENT);
	assert_int_equal(select_entry(&s, "home"), SELECT_PARENT);
	assert_int_equal(select_entry(&s, "srv/home/x/files/a.pdf"),
	    SELECT_NO);
	want("/*.pdf");
	assert_int_equal(select_entry(&s, "a.pdf"), SELECT_YES);
	assert_int_equal(select_entry(&s, "b/a.pdf"), SELECT_PARENT);
}

static void
a_pattern_without_a_slash_is_about_a_part(void **state)
{
	(void)state;
	want("lett[a-f]rs?");
	assert_int_equal(select_entry(&s, "a/letters1"), SELECT_YES);
	assert_int_equal(select_entry(&s, "a/letters1/b/c"), SELECT_YES);
	assert_int_equal(select_entry(&s, "letters2"), SELECT_YES);
	assert_int_equal(select_entry(&s, "a/letters"), SELECT_PARENT);
	assert_int_equal(select_entry(&s, "a/xletters1"), SELECT_PARENT);
}

static void
special_characters_of_a_name_are_also_themselves(void **state)
{
	(void)state;
	want("a/b[1].txt");
	assert_int_equal(select_entry(&s, "a/b[1].txt"), SELECT_YES);
	assert_int_equal(select_entry(&s, "a/b1.txt"), SELECT_YES);
	want("a/b\\*");
	assert_int_equal(select_entry(&s, "a/b*"), SELECT_YES);
	assert_int_equal(select_entry(&s, "a/bc"), SELECT_PARENT);
}

static void
only_where_matches_can_be_is_read(void **state)
{
	(void)state;
	want("home/x/*.pdf");
	assert_true(select_range(&s, "home/x/a", "home/x/k"));
	assert_true(select_range(&s, "etc", "srv"));
	assert_true(select_range(&s, "home", "home/a"));
	assert_true(select_range(&s, "home/x/y/z", "home/x/y/zz"));
	assert_false(select_range(&s, "home/y", "home/z"));
	assert_false(select_range(&s, "etc/a", "etc/z"));
	want("*.pdf");
	assert_true(select_range(&s, "etc/a", "etc/z"));
	want("home/x/one");
	assert_false(select_range(&s, "home/x/p", "home/x/q"));
}

static void
what_was_not_found_is_named(void **state)
{
	struct err e;

	(void)state;
	want("home/x/*.pdf");
	(void)select_entry(&s, "home/x/a.png");
	assert_int_equal(select_check(&s, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_string_equal(e.text,
	    "what matches home/x/*.pdf is not in the archive");
	(void)select_entry(&s, "home/x/a.pdf");
	assert_int_equal(select_check(&s, &e), 0);
	want("home/x");
	assert_int_equal(select_check(&s, &e), -1);
	assert_string_equal(e.text, "home/x is not in the archive: "
	    "expected a whole path (muster-cat lists them), or a pattern like "
	    "'*x'");
	select_drop(&s);
}

static void
impossible_paths_are_refused(void **state)
{
	static const char *const bad[] = { "a/../b*", "..", "", "/", "*/.." };
	const char *paths[] = { "good", NULL, NULL };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		paths[1] = bad[i];
		assert_int_equal(select_init(&s, paths, &e), -1);
		assert_int_equal(e.kind, ERR_INPUT);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_what_is_below_them_are_wanted),
		cmocka_unit_test(
		    a_pattern_with_a_slash_is_about_the_whole_name),
		cmocka_unit_test(a_pattern_without_a_slash_is_about_a_part),
		cmocka_unit_test(
		    special_characters_of_a_name_are_also_themselves),
		cmocka_unit_test(only_where_matches_can_be_is_read),
		cmocka_unit_test(what_was_not_found_is_named),
		cmocka_unit_test(impossible_paths_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
