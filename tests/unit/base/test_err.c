/* Errors as values: kinds, errno, and one line that grows outwards. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

static void
an_error_says_its_kind_and_line(void **state)
{
	struct err e;

	(void)state;
	err_clear(&e);
	assert_int_equal(e.kind, ERR_NONE);
	assert_int_equal(err_set(&e, ERR_DENIED, "no %s", "key"), -1);
	assert_int_equal(e.kind, ERR_DENIED);
	assert_int_equal(e.sys, 0);
	assert_string_equal(e.text, "no key");
}

static void
context_comes_in_front_and_keeps_the_kind(void **state)
{
	struct err e;

	(void)state;
	errno = ENOSPC;
	assert_int_equal(err_sys(&e, "sync"), -1);
	assert_int_equal(err_add(&e, "cannot write %s", "pack"), -1);
	assert_string_equal(e.text,
	    "cannot write pack: sync: No space left on device");
	assert_int_equal(e.kind, ERR_SYSTEM);
	assert_int_equal(e.sys, ENOSPC);
}

static void
out_of_memory_is_one_kind_wherever_it_comes_from(void **state)
{
	struct err e;

	(void)state;
	errno = ENOMEM;
	(void)err_sys(&e, "mmap");
	assert_int_equal(e.kind, ERR_MEMORY);
	assert_int_equal(err_memory(&e), -1);
	assert_int_equal(e.kind, ERR_MEMORY);
}

static void
long_lines_are_cut_and_stay_text(void **state)
{
	char much[3 * ERR_TEXT_MAX];
	struct err e;
	int i;

	(void)state;
	memset(much, 'x', sizeof(much) - 1);
	much[sizeof(much) - 1] = '\0';
	(void)err_set(&e, ERR_INPUT, "%s", much);
	assert_int_equal(strlen(e.text), ERR_TEXT_MAX - 1);
	for (i = 0; i < 5; i++)
		(void)err_add(&e, "%s", much);
	assert_true(strlen(e.text) < ERR_TEXT_MAX);
	errno = EIO;
	(void)err_sys(&e, "%s", much);
	assert_non_null(strstr(e.text, "Input/output error"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_says_its_kind_and_line),
		cmocka_unit_test(context_comes_in_front_and_keeps_the_kind),
		cmocka_unit_test(
		    out_of_memory_is_one_kind_wherever_it_comes_from),
		cmocka_unit_test(long_lines_are_cut_and_stay_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
