/* Lists of refs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "pack/chunks.h"

static void
refs_stay_in_order(void **state)
{
	struct refs a, b;
	struct ref ref = { .len = 0 };
	struct err e;

	(void)state;
	refs_init(&a);
	refs_init(&b);
	assert_int_equal(refs_append(&a, &b, &e), 0);
	assert_int_equal(a.n, 0);
	for (uint32_t i = 0; i < 1000; i++) {
		ref.len = i;
		assert_int_equal(refs_add(i < 500 ? &a : &b, &ref, &e), 0);
	}
	assert_int_equal(refs_append(&a, &b, &e), 0);
	assert_int_equal(a.n, 1000);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(a.v[i].len, i);
	refs_drop(&a);
	refs_drop(&b);
	refs_drop(&a);
	assert_null(a.v);
}

static void
a_list_beyond_its_maximum_is_refused(void **state)
{
	struct refs a, b = { NULL, (size_t)1 << 28, (size_t)1 << 28 };
	struct ref ref = { .len = 1 };
	struct err e;

	(void)state;
	refs_init(&a);
	assert_int_equal(refs_add(&a, &ref, &e), 0);
	assert_int_equal(refs_append(&a, &b, &e), -1);
	assert_int_equal(e.kind, ERR_MEMORY);
	assert_int_equal(a.n, 1);
	refs_drop(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refs_stay_in_order),
		cmocka_unit_test(a_list_beyond_its_maximum_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
