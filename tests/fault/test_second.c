/*
 * Statements held for a second, without memory: told as an error, and what
 * was held before is still told.
 *
 * wrap: realloc
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/err.h"
#include "snapshot/second.h"

static bool no_memory;

void	*__real_realloc(void *, size_t);
void	*__wrap_realloc(void *, size_t);

void *
__wrap_realloc(void *p, size_t size)
{
	return no_memory ? NULL : __real_realloc(p, size);
}

static int
count(void *cookie, const struct trail_item *item, struct err *e)
{
	(void)e;
	assert_string_equal(item->object, "receipts/x");
	assert_string_equal(item->why->text, "damaged");
	++*(size_t *)cookie;
	return 0;
}

static void
without_memory_it_is_an_error_and_nothing_is_lost(void **state)
{
	struct second s = { .n = 0 };
	struct trail_item item = { .object = "receipts/x" };
	struct err e, why;
	size_t n = 0;

	(void)state;
	err_clear(&why);
	(void)err_set(&why, ERR_DAMAGED, "damaged");
	item.why = &why;
	assert_int_equal(second_add(&s, &item, &e), 0);
	no_memory = true;
	assert_int_equal(second_add(&s, &item, &e), -1);
	no_memory = false;
	assert_int_equal(e.kind, ERR_MEMORY);
	err_clear(&why);		/* it was copied */
	assert_int_equal(second_tell(&s, count, &n, &e), 0);
	assert_int_equal(n, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    without_memory_it_is_an_error_and_nothing_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
