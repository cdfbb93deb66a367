/*
 * The sequences that defaults take from, looked for without memory: an error,
 * never "they are all there".
 *
 * wrap: realloc
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "db/schema.h"

static unsigned calls, failing;

void	*__real_realloc(void *, size_t);
void	*__wrap_realloc(void *, size_t);

void *
__wrap_realloc(void *p, size_t size)
{
	return ++calls == failing ? NULL : __real_realloc(p, size);
}

static void
each_shortage_is_an_error(void **state)
{
	char database[] = "d", name[] = "t", def[] = "nextval(`d`.`s`)";
	struct column c = { .text_default = def };
	struct relation t = { .database = database, .name = name,
	    .columns = &c, .n_columns = 1 };
	struct relation *tables[] = { &t };
	const struct schema s = { .tables = tables, .n_tables = 1 };
	struct err e = { 0 };

	(void)state;
	for (failing = 1; ; failing++) {
		calls = 0;
		err_clear(&e);
		assert_int_equal(schema_check_defaults(&s, &e), -1);
		if (calls < failing)
			break;
		assert_int_equal(e.kind, ERR_MEMORY);
	}
	assert_int_equal(failing, 3);	/* a database and a sequence */
	assert_int_equal(e.kind, ERR_UNSUPPORTED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_shortage_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
