/*
 * Tables for people.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "cli/table.h"

/* What table_print() puts on standard output, in a static buffer. */
static const char *
printed(const struct table *t, int *rc)
{
	static char text[4096];
	struct err e;
	size_t n;
	int keep;
	FILE *f;

	(void)fflush(stdout);
	assert_non_null(f = tmpfile());
	assert_true((keep = dup(STDOUT_FILENO)) >= 0);
	assert_true(dup2(fileno(f), STDOUT_FILENO) >= 0);
	*rc = table_print(t, &e);
	(void)fflush(stdout);
	assert_true(dup2(keep, STDOUT_FILENO) >= 0);
	(void)close(keep);
	rewind(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	(void)fclose(f);
	return text;
}

static void
columns_are_as_wide_as_their_widest_cell(void **state)
{
	const char *heads[] = { "name", "size", "note" };
	const char *a[] = { "db", "1.4 GB", "fresh" };
	const char *b[] = { "configuration", "3 KB", NULL };
	struct table *t;
	struct err e;
	int rc;

	(void)state;
	assert_non_null(t = table_new("lrl", heads, &e));
	assert_int_equal(table_row(t, a, &e), 0);
	assert_int_equal(table_row(t, b, &e), 0);
	assert_int_equal(table_rows(t), 2);
	assert_string_equal(printed(t, &rc),
	    "name             size  note\n"
	    "db             1.4 GB  fresh\n"
	    "configuration    3 KB\n");
	assert_int_equal(rc, 0);
	table_free(t);
}

static void
an_empty_cell_in_the_middle_keeps_its_column(void **state)
{
	const char *a[] = { "a", "1", "x" }, *b[] = { "b", "", "y" };
	const char *c[] = { "", "22", "z" };
	struct table *t;
	struct err e;
	int rc;

	(void)state;
	assert_non_null(t = table_new("lrl", NULL, &e));
	assert_int_equal(table_row(t, a, &e), 0);
	assert_int_equal(table_row(t, b, &e), 0);
	assert_int_equal(table_row(t, c, &e), 0);
	assert_string_equal(printed(t, &rc),
	    "a   1  x\n"
	    "b      y\n"
	    "   22  z\n");
	table_free(t);
}

static void
letters_beyond_ascii_count_once(void **state)
{
	const char *a[] = { "M\xc3\xbcller", "1" }, *b[] = { "Miller", "2" };
	struct table *t;
	struct err e;
	int rc;

	(void)state;
	assert_non_null(t = table_new("ll", NULL, &e));
	assert_int_equal(table_row(t, a, &e), 0);
	assert_int_equal(table_row(t, b, &e), 0);
	assert_string_equal(printed(t, &rc),
	    "M\xc3\xbcller  1\nMiller  2\n");
	table_free(t);
}

static void
a_cell_cannot_steer_the_terminal(void **state)
{
	const char *a[] = { "a\033[2Jb\nc\x7f" };
	struct table *t;
	struct err e;
	int rc;

	(void)state;
	assert_non_null(t = table_new("l", NULL, &e));
	assert_int_equal(table_row(t, a, &e), 0);
	assert_string_equal(printed(t, &rc), "a?[2Jb?c?\n");
	table_free(t);
}

static void
a_table_without_rows_prints_nothing(void **state)
{
	const char *heads[] = { "name" };
	struct table *t;
	struct err e;
	int rc;

	(void)state;
	assert_non_null(t = table_new("l", heads, &e));
	assert_int_equal(table_rows(t), 0);
	assert_string_equal(printed(t, &rc), "");
	assert_int_equal(rc, 0);
	table_free(t);
	table_free(NULL);
}

static void
a_table_refuses_impossible_shapes_and_sizes(void **state)
{
	size_t len = 40 * 1024 * 1024;
	char *huge;
	const char *cells[1];
	struct table *t;
	struct err e;

	(void)state;
	assert_null(table_new("", NULL, &e));
	assert_int_equal(e.kind, ERR_INPUT);
	assert_null(table_new("lllllllllllllllll", NULL, &e));
	assert_non_null(huge = malloc(len));
	memset(huge, 'x', len - 1);
	huge[len - 1] = '\0';
	cells[0] = huge;
	assert_non_null(t = table_new("l", NULL, &e));
	assert_int_equal(table_row(t, cells, &e), 0);
	assert_int_equal(table_row(t, cells, &e), -1);
	assert_int_equal(e.kind, ERR_MEMORY);
	assert_int_equal(table_rows(t), 1);
	table_free(t);
	free(huge);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
		cmocka_unit_test(an_empty_cell_in_the_middle_keeps_its_column),
		cmocka_unit_test(letters_beyond_ascii_count_once),
		cmocka_unit_test(a_cell_cannot_steer_the_terminal),
		cmocka_unit_test(a_table_without_rows_prints_nothing),
		cmocka_unit_test(a_table_refuses_impossible_shapes_and_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
