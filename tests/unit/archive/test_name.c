/* Names of entries: what may be one, their order, their forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "archive/archive.h"
#include "archive/name.h"
#include "base/err.h"

static void
names_that_could_lead_elsewhere_are_refused(void **state)
{
	static const char *const bad[] = {
		"", "/", "/etc", "..", "../x", "a/..", "a/../b", ".", "./a",
		"a/.", "a//b", "a/", "a/./b",
	};
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(name_check(bad[i], &e), -1);
		assert_int_equal(e.kind, ERR_DAMAGED);
	}
}

static void
names_are_bytes(void **state)
{
	static const char *const good[] = {
		"a", "a/b", "...", "a/..b", "b../c", "\xff\xfe/\x01",
		"new\nline", " ", "e\xcc\x81", "a\\b", "-rf", "*",
	};
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(name_check(good[i], &e), 0);
}

static void
names_that_are_too_long_are_refused(void **state)
{
	static char name[ARCHIVE_PATH_MAX + 2];
	struct err e;
	size_t i;

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	for (i = 255; i < sizeof(name) - 1; i += 256)
		name[i] = '/';
	assert_int_equal(name_check(name, &e), -1);	/* a byte too long */
	name[ARCHIVE_PATH_MAX] = '\0';
	assert_int_equal(name[ARCHIVE_PATH_MAX - 1], 'x');
	assert_int_equal(name_check(name, &e), 0);
	name[255] = 'x';				/* a part of 511 */
	assert_int_equal(name_check(name, &e), -1);
	assert_non_null(strstr(e.text, "a part of it is too long"));
}

static void
a_folder_is_followed_by_what_is_below_it(void **state)
{
	static const char *const order[] = {
		"a", "a/a", "a/a/z", "a/b", "a!", "a-b", "a.b", "a0", "ab",
		"b", "\x7f", "\x80", "\xff",
	};
	const size_t n = sizeof(order) / sizeof(order[0]);
	size_t i, j;

	(void)state;
	for (i = 0; i < n; i++)
		for (j = 0; j < n; j++)
			assert_int_equal(name_compare(order[i], order[j]) < 0,
			    i < j);
	assert_int_equal(name_compare("x/y", "x/y"), 0);
}

static void
being_below_is_by_parts_not_by_letters(void **state)
{
	(void)state;
	assert_true(name_is_below("a/b", "a"));
	assert_true(name_is_below("a", "a"));
	assert_true(name_is_below("a", ""));
	assert_false(name_is_below("ab", "a"));
	assert_false(name_is_below("a", "a/b"));
}

static void
what_a_person_writes_becomes_a_name(void **state)
{
	static const struct {
		const char *path, *name;
	} t[] = {
		{ "/home/x", "home/x" }, { "home/x/", "home/x" },
		{ "//home//./x/.", "home/x" }, { "./a", "a" },
		{ "/a/...", "a/..." }, { "/", "" },
	};
	struct err e;
	char *name;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_non_null(name = name_from_path(t[i].path, true, &e));
		assert_string_equal(name, t[i].name);
		free(name);
	}
	assert_null(name_from_path("/a/../b", true, &e));
	assert_int_equal(e.kind, ERR_INPUT);
	assert_null(name_from_path("/", false, &e));
	assert_int_equal(e.kind, ERR_INPUT);
}

static void
messages_show_odd_bytes_as_numbers_and_are_short(void **state)
{
	char text[NAME_TEXT_MAX], longest[2000];

	(void)state;
	assert_string_equal(name_format("a\n\\\xff", text),
	    "a\\012\\\\377");
	/* as a person types them, but what would change a terminal */
	assert_string_equal(name_format("M\xc3\xbcller's \xe2\x82\xac \xf0"
	    "\x9f\x98\x80", text), "M\xc3\xbcller's \xe2\x82\xac "
	    "\xf0\x9f\x98\x80");
	assert_string_equal(name_format("\x7f\x1b[2J\xc2\x9b", text),
	    "\\177\\033[2J\\302\\233");
	assert_string_equal(name_format("\xe2\x80\xae" "gpj", text),
	    "\\342\\200\\256gpj");
	assert_string_equal(name_format("\xc0\xaf\xed\xa0\x80\xe2\x82", text),
	    "\\300\\257\\355\\240\\200\\342\\202");
	memset(longest, '\n', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_true(strlen(name_format(longest, text)) < NAME_TEXT_MAX);
	assert_non_null(strstr(text, "..."));
}

/* A change of this would move every segment boundary of every store. */
static void
the_hash_is_the_one_of_the_format(void **state)
{
	(void)state;
	assert_true(name_hash("") == 0xecba3df2c3383c52);
	assert_true(name_hash("home/frappe") == 0xce244ebbe7d26db8);
	assert_true(name_hash("a") != name_hash("b"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_could_lead_elsewhere_are_refused),
		cmocka_unit_test(names_are_bytes),
		cmocka_unit_test(names_that_are_too_long_are_refused),
		cmocka_unit_test(a_folder_is_followed_by_what_is_below_it),
		cmocka_unit_test(being_below_is_by_parts_not_by_letters),
		cmocka_unit_test(what_a_person_writes_becomes_a_name),
		cmocka_unit_test(
		    messages_show_odd_bytes_as_numbers_and_are_short),
		cmocka_unit_test(the_hash_is_the_one_of_the_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
