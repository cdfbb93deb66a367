/* Sets of ids. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "pack/idset.h"
#include "../../lib/noise.h"

#define N 2000

/* Crowded: many ids share few homes. */
static struct id
id_of(unsigned i)
{
	struct id id;

	noise_fill(id.b, sizeof(id.b), i);
	memset(id.b, 0, 8);
	id.b[0] = (uint8_t)(i % 61);
	return id;
}

static void
an_id_is_added_once_and_found_until_removed(void **state)
{
	bool there[N] = { false };
	struct idset s;
	struct err e;
	struct id id;
	unsigned k;
	size_t n = 0;

	(void)state;
	idset_init(&s);
	id = id_of(1);
	assert_false(idset_has(&s, &id));
	idset_remove(&s, &id);
	srand(3);
	for (int turn = 0; turn < 40000; turn++) {
		k = (unsigned)rand() % N;
		id = id_of(k);
		if (rand() % 5 < 2) {
			idset_remove(&s, &id);
			assert_false(idset_has(&s, &id));
			n -= there[k];
			there[k] = false;
		} else {
			assert_int_equal(idset_has(&s, &id), there[k]);
			assert_int_equal(idset_add(&s, &id, &e), !there[k]);
			assert_true(idset_has(&s, &id));
			n += !there[k];
			there[k] = true;
		}
		assert_int_equal(s.n, n);
	}
	for (k = 0; k < N; k++) {
		id = id_of(k);
		assert_int_equal(idset_add(&s, &id, &e), !there[k]);
	}
	idset_drop(&s);
	assert_int_equal(s.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_is_added_once_and_found_until_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
