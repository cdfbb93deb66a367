/*
 * Rows as LOAD DATA's text: every byte comes back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "db/text.h"

static int
collect(void *cookie, const void *p, size_t n, struct err *e)
{
	assert_true(n > 0 && n <= TEXT_SIZE);
	return buf_add(cookie, p, n, e);
}

static int
refuse(void *cookie, const void *p, size_t n, struct err *e)
{
	(void)cookie;
	(void)p;
	(void)n;
	return err_set(e, ERR_REMOTE, "no more");
}

/* What LOAD DATA makes of escaped text; returns the length. */
static size_t
unescape(uint8_t *out, const uint8_t *in, size_t n)
{
	size_t i, k = 0;

	for (i = 0; i < n; i++) {
		if (in[i] != '\\') {
			out[k++] = in[i];
			continue;
		}
		assert_true(++i < n);
		out[k++] = in[i] == 't' ? '\t' : in[i] == 'n' ? '\n' :
		    in[i] == '0' ? '\0' : in[i];
	}
	return k;
}

static void
rows_have_tabs_newlines_and_marks_for_null(void **state)
{
	static const bool plain[] = { true, false, false, false };
	const char *one[] = { "1", "a\tb", NULL, "" };
	const unsigned long len_one[] = { 1, 3, 0, 0 };
	const char *two[] = { "-2", "\\N", "x\0y\n", "\r\x1a" };
	const unsigned long len_two[] = { 2, 2, 4, 2 };
	struct buf b;
	struct text t = { .write = collect, .cookie = &b, .plain = plain,
	    .columns = 4 };
	struct err e = { 0 };

	(void)state;
	buf_init(&b, 1 << 20);
	assert_int_equal(text_init(&t, &e), 0);
	assert_int_equal(text_row(&t, one, len_one, &e), 0);
	assert_int_equal(text_row(&t, two, len_two, &e), 0);
	assert_int_equal(b.len, 0);
	assert_int_equal(text_flush(&t, &e), 0);
	assert_int_equal(text_flush(&t, &e), 0);
	assert_string_equal(buf_text(&b, &e), "1\ta\\tb\t\\N\t\n"
	    "-2\t\\\\N\tx\\0y\\n\t\r\x1a\n");
	assert_int_equal(t.rows, 2);
	assert_int_equal(t.bytes, b.len);
	text_drop(&t);
	buf_drop(&b);
}

static void
every_byte_at_every_place_comes_back(void **state)
{
	uint8_t in[40], out[80], back[80];
	size_t len, at, n;
	int byte, i;

	(void)state;
	for (len = 1; len <= sizeof(in); len++)
		for (at = 0; at < len; at++)
			for (byte = 0; byte < 256; byte++) {
				memset(in, 'x', sizeof(in));
				in[at] = (uint8_t)byte;
				n = text_escape(out, in, len);
				assert_true(n == len || n == len + 1);
				assert_null(memchr(out, '\t', n));
				assert_null(memchr(out, '\n', n));
				assert_null(memchr(out, '\0', n));
				assert_int_equal(unescape(back, out, n), len);
				assert_memory_equal(back, in, len);
			}
	for (i = 0; i < 100000; i++) {
		len = (size_t)(random() % (long)sizeof(in));
		for (at = 0; at < len; at++)
			in[at] = (uint8_t)"\\\t\n\0abN\xff"[random() % 8];
		n = text_escape(out, in, len);
		assert_int_equal(unescape(back, out, n), len);
		assert_memory_equal(back, in, len);
	}
}

static void
a_column_of_any_size_needs_no_more_memory(void **state)
{
	static const bool plain[] = { false, true };
	const size_t size = 3 * TEXT_SIZE + 17;
	uint8_t *big = malloc(size), *back = malloc(2 * size);
	const char *v[2];
	unsigned long len[2];
	struct buf b;
	struct text t = { .write = collect, .cookie = &b, .plain = plain,
	    .columns = 2 };
	struct err e = { 0 };
	size_t i;

	(void)state;
	assert_non_null(big);
	assert_non_null(back);
	for (i = 0; i < size; i++)
		big[i] = (uint8_t)(i % 3 == 0 ? '\n' : i);
	v[0] = (char *)big;
	v[1] = "7";
	len[0] = size;
	len[1] = 1;
	buf_init(&b, 8 * TEXT_SIZE);
	assert_int_equal(text_init(&t, &e), 0);
	assert_int_equal(text_row(&t, v, len, &e), 0);
	assert_int_equal(text_flush(&t, &e), 0);
	assert_memory_equal(b.data + b.len - 3, "\t7\n", 3);
	assert_int_equal(unescape(back, b.data, b.len - 3), size);
	assert_memory_equal(back, big, size);
	text_drop(&t);
	buf_drop(&b);
	free(big);
	free(back);
}

static void
an_error_of_the_writer_is_an_error_of_the_row(void **state)
{
	static const bool plain[] = { false };
	struct text t = { .write = refuse, .plain = plain, .columns = 1 };
	struct err e = { 0 };
	char *big = calloc(1, TEXT_SIZE);
	const char *v[] = { big };
	const unsigned long len[] = { TEXT_SIZE };

	(void)state;
	assert_non_null(big);
	assert_int_equal(text_init(&t, &e), 0);
	assert_int_equal(text_row(&t, v, len, &e), -1);
	assert_int_equal(e.kind, ERR_REMOTE);
	text_drop(&t);
	free(big);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_have_tabs_newlines_and_marks_for_null),
		cmocka_unit_test(every_byte_at_every_place_comes_back),
		cmocka_unit_test(a_column_of_any_size_needs_no_more_memory),
		cmocka_unit_test(
		    an_error_of_the_writer_is_an_error_of_the_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
