/* Bounded bytes, and the cursor that reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"

static void
what_is_added_is_there_in_order(void **state)
{
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, 1000);
	assert_int_equal(buf_add(&b, "ab", 2, &e), 0);
	assert_int_equal(buf_add_byte(&b, 'c', &e), 0);
	assert_int_equal(buf_add_text(&b, "de", &e), 0);
	assert_int_equal(buf_addf(&b, &e, "%d-%s", 42, "x"), 0);
	assert_string_equal(buf_text(&b, &e), "abcde42-x");
	assert_int_equal(b.len, 9);
	buf_shift(&b, 5);
	assert_string_equal(buf_text(&b, &e), "42-x");
	buf_shift(&b, 4);
	assert_int_equal(b.len, 0);
	assert_string_equal(buf_text(&b, &e), "");
	buf_drop(&b);
}

static void
the_maximum_is_reached_and_never_passed(void **state)
{
	char piece[100] = { 0 };
	struct buf b;
	struct err e;
	int i;

	(void)state;
	buf_init(&b, 1000);
	for (i = 0; i < 10; i++)
		assert_int_equal(buf_add(&b, piece, 100, &e), 0);
	assert_int_equal(buf_add_byte(&b, 0, &e), -1);
	assert_int_equal(e.kind, ERR_MEMORY);
	assert_int_equal(b.len, 1000);
	assert_true(b.size <= 1000);
	assert_null(buf_room(&b, SIZE_MAX, &e));
	assert_null(buf_text(&b, &e));
	buf_clear(&b);
	assert_null(buf_room(&b, 1001, &e));
	assert_non_null(buf_room(&b, 1000, &e));
	buf_drop(&b);
}

static void
adding_nothing_to_nothing_is_fine(void **state)
{
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, 10);
	assert_int_equal(buf_add(&b, NULL, 0, &e), 0);
	assert_int_equal(b.len, 0);
	buf_shift(&b, 0);
	buf_drop(&b);
	buf_drop(&b);
}

static void
integers_come_back_as_they_went_in(void **state)
{
	static const uint8_t bytes[] = {
		0x02, 0x01, 0x06, 0x05, 0x04, 0x03,
		0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa, 0xf9, 0xf8, 0x2a,
	};
	struct buf b;
	struct cut c;
	struct err e;

	(void)state;
	buf_init(&b, 100);
	assert_int_equal(buf_add_u16(&b, 0x0102, &e), 0);
	assert_int_equal(buf_add_u32(&b, 0x03040506, &e), 0);
	assert_int_equal(buf_add_u64(&b, 0xf8f9fafbfcfdfeff, &e), 0);
	assert_int_equal(buf_add_byte(&b, 42, &e), 0);
	assert_int_equal(b.len, sizeof(bytes));
	assert_memory_equal(b.data, bytes, sizeof(bytes));
	cut_init(&c, b.data, b.len);
	assert_int_equal(cut_u16(&c), 0x0102);
	assert_int_equal(cut_u32(&c), 0x03040506);
	assert_true(cut_u64(&c) == 0xf8f9fafbfcfdfeff);
	assert_int_equal(cut_u8(&c), 42);
	assert_int_equal(c.left, 0);
	assert_false(c.bad);
	buf_drop(&b);
}

static void
a_cursor_that_failed_stays_failed(void **state)
{
	static const uint8_t three[] = { 1, 2, 3 };
	struct cut c;

	(void)state;
	cut_init(&c, three, sizeof(three));
	assert_int_equal(cut_u32(&c), 0);
	assert_true(c.bad);
	assert_int_equal(cut_u8(&c), 0);	/* though there are bytes */
	assert_null(cut_bytes(&c, 1));
	cut_init(&c, three, sizeof(three));
	assert_ptr_equal(cut_bytes(&c, 3), three);
	assert_non_null(cut_bytes(&c, 0));
	assert_false(c.bad);
	assert_null(cut_bytes(&c, SIZE_MAX));
	assert_true(c.bad);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_added_is_there_in_order),
		cmocka_unit_test(the_maximum_is_reached_and_never_passed),
		cmocka_unit_test(adding_nothing_to_nothing_is_fine),
		cmocka_unit_test(integers_come_back_as_they_went_in),
		cmocka_unit_test(a_cursor_that_failed_stays_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
