/*
 * Identifiers as parts of file names, and the files of statements.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "db/name.h"
#include "db/script.h"
#include "db/statements.h"

static void
expect(const char *name, const char *part)
{
	struct err e = { 0 };
	struct buf b;

	buf_init(&b, 4096);
	assert_int_equal(name_escape(&b, name, &e), 0);
	assert_string_equal(buf_text(&b, &e), part);
	buf_drop(&b);
}

static void
names_keep_letters_and_escape_the_rest(void **state)
{
	(void)state;
	expect("tabSales_Order-1", "tabSales_Order-1");
	expect("tabSales Order", "tabSales@0020Order");
	expect("a/b.c", "a@002fb@002ec");
	expect("`\n@\x7f", "@0060@000a@0040@007f");
	expect("\xc3\xa9\xe5\x90\x8d", "\xc3\xa9\xe5\x90\x8d");
	expect("", "");
}

static void
long_names_end_in_a_digest_and_stay_apart(void **state)
{
	char a[65], b[65];
	struct err e = { 0 };
	struct buf x, y;

	(void)state;
	memset(a, '/', 64);
	memset(b, '/', 64);
	a[64] = b[64] = '\0';
	b[63] = '.';
	buf_init(&x, 4096);
	buf_init(&y, 4096);
	assert_int_equal(name_escape(&x, a, &e), 0);
	assert_int_equal(name_escape(&y, b, &e), 0);
	assert_true(x.len <= NAME_PART_MAX && y.len <= NAME_PART_MAX);
	/* 13 whole escapes, then the mark of a digest */
	assert_memory_equal(x.data + 60, "@002f@@", 7);
	assert_int_not_equal(memcmp(x.data, y.data, x.len), 0);
	buf_clear(&x);
	/* 64 letters of 3 bytes: none may be cut in two */
	for (a[0] = '\0'; strlen(a) < 60; )
		(void)strcat(a, "\xe5\x90\x8d");
	assert_int_equal(name_escape(&x, a, &e), 0);
	assert_int_equal(x.len, 60);
	buf_drop(&x);
	buf_drop(&y);
}

static void
no_letter_is_cut_where_a_long_name_is(void **state)
{
	char name[193] = "";
	struct err e = { 0 };
	struct buf b;
	int shift, i;

	(void)state;
	for (shift = 0; shift < 4; shift++) {
		(void)snprintf(name, sizeof(name), "%.*s", shift, "abc");
		for (i = 0; i < 60; i++)
			(void)strcat(name, "\xe5\x90\x8d");
		buf_init(&b, 4096);
		assert_int_equal(name_escape(&b, name, &e), 0);
		assert_true(b.len <= NAME_PART_MAX);
		assert_int_equal((b.len - 34 - (size_t)shift) % 3, 0);
		buf_drop(&b);
	}
}

static void
files_of_statements_give_them_back(void **state)
{
	static const char *const texts[] = {
		"SELECT 1", "a;;b\n;;\n", "$$", "$$1", "x\n$$\n$$2",
		"CREATE x -- y", "many\nlines\n\n;\n",
	};
	struct statements s;
	struct script read;
	struct err e = { 0 };
	struct buf out;
	const char *sql;
	size_t i, len;

	(void)state;
	buf_init(&out, 1 << 16);
	statements_init(&s);
	assert_int_equal(statements_addf(&s, &e, "%s", texts[0]), 0);
	assert_int_equal(statements_line(&s, "SOURCE x.sql", &e), 0);
	for (i = 1; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(statements_add(&s, texts[i],
		    strlen(texts[i]), &e), 0);
	assert_int_equal(statements_format(&s, &out, &e), 0);
	assert_memory_equal(out.data, "DELIMITER $$3\nSELECT 1\n$$3\n"
	    "SOURCE x.sql\nDELIMITER $$3\n", 53);
	script_init(&read, out.data, out.len);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(script_next(&read, &sql, &len, &e), 1);
		assert_int_equal(len, strlen(texts[i]));
		assert_memory_equal(sql, texts[i], len);
	}
	assert_int_equal(script_next(&read, &sql, &len, &e), 0);
	statements_drop(&s);
	buf_drop(&out);
}

static void
a_file_without_statements_is_a_delimiter(void **state)
{
	struct statements s;
	struct err e = { 0 };
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 16);
	statements_init(&s);
	assert_int_equal(statements_format(&s, &out, &e), 0);
	assert_string_equal(buf_text(&out, &e), "DELIMITER ;;\n");
	statements_drop(&s);
	buf_drop(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_keep_letters_and_escape_the_rest),
		cmocka_unit_test(long_names_end_in_a_digest_and_stay_apart),
		cmocka_unit_test(no_letter_is_cut_where_a_long_name_is),
		cmocka_unit_test(files_of_statements_give_them_back),
		cmocka_unit_test(a_file_without_statements_is_a_delimiter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
