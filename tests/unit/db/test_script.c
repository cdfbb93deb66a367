/*
 * Splitting an archive's .sql entries into statements.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "db/script.h"

static void
expect(struct script *s, const char *want)
{
	const char *sql;
	struct err e = { 0 };
	size_t len;

	assert_int_equal(script_next(s, &sql, &len, &e), 1);
	assert_int_equal(len, strlen(want));
	assert_memory_equal(sql, want, len);
}

static void
expect_end(struct script *s, int rc)
{
	const char *sql;
	struct err e = { 0 };
	size_t len;

	assert_int_equal(script_next(s, &sql, &len, &e), rc);
	assert_int_equal(e.kind, rc == 0 ? ERR_NONE : ERR_DAMAGED);
}

static void
begin(struct script *s, const char *text)
{
	script_init(s, text, strlen(text));
}

static void
test_statements_come_back_as_they_were_written(void **state)
{
	struct script s;

	(void)state;
	begin(&s, "DELIMITER ;;\nSELECT 1\n;;\nBEGIN\n;\n ;;\nEND;;\n;;\n");
	expect(&s, "SELECT 1");
	expect(&s, "BEGIN\n;\n ;;\nEND;;");
	expect_end(&s, 0);
}

static void
test_a_delimiter_may_have_any_length(void **state)
{
	struct script s;

	(void)state;
	begin(&s, "DELIMITER $$12\na\n$$1\n$$\n;;\n$$12\n");
	expect(&s, "a\n$$1\n$$\n;;");
	expect_end(&s, 0);
}

static void
test_lines_for_the_client_are_passed_over(void **state)
{
	struct script s;

	(void)state;
	begin(&s, "-- how to load\n\nDELIMITER ;;\nUSE `a`\n;;\n"
	    "SOURCE a.sql\nDELIMITER ;;\n-- more\nLOAD x\n;;\n\n");
	expect(&s, "USE `a`");
	expect(&s, "LOAD x");
	expect_end(&s, 0);
}

static void
test_bytes_that_are_no_text_pass(void **state)
{
	static const char text[] = "DELIMITER ;;\na\0b\xff\n;;\n";
	const char *sql;
	struct err e = { 0 };
	struct script s;
	size_t len;

	(void)state;
	script_init(&s, text, sizeof(text) - 1);
	assert_int_equal(script_next(&s, &sql, &len, &e), 1);
	assert_int_equal(len, 4);
	assert_memory_equal(sql, "a\0b\xff", 4);
	expect_end(&s, 0);
}

static void
test_what_is_cut_off_is_damaged(void **state)
{
	static const char whole[] = "DELIMITER ;;\nSELECT 1\n;;\n";
	struct script s;
	size_t i;

	(void)state;
	for (i = strlen("DELIMITER ;;\n") + 1; i < strlen(whole); i++) {
		script_init(&s, whole, i);
		expect_end(&s, -1);
	}
	begin(&s, "SELECT 1\n;;\n");
	expect_end(&s, -1);
	begin(&s, "DELIMITER \nSELECT 1\n\n");
	expect_end(&s, -1);
	begin(&s, "");
	expect_end(&s, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_statements_come_back_as_they_were_written),
		cmocka_unit_test(
		    test_a_delimiter_may_have_any_length),
		cmocka_unit_test(test_lines_for_the_client_are_passed_over),
		cmocka_unit_test(test_bytes_that_are_no_text_pass),
		cmocka_unit_test(test_what_is_cut_off_is_damaged),
	};

	return cmocka_run_group_tests_name("script", tests, NULL, NULL);
}
