/*
 * What decides over tables, without memory: an error, never "its sequences are
 * all there" or "it is not excluded".
 *
 * wrap: realloc malloc fnmatch
 */
#include <fnmatch.h>
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
static bool no_memory;

void	*__real_realloc(void *, size_t);
void	*__wrap_realloc(void *, size_t);
void	*__real_malloc(size_t);
void	*__wrap_malloc(size_t);
int	 __real_fnmatch(const char *, const char *, int);
int	 __wrap_fnmatch(const char *, const char *, int);

void *
__wrap_realloc(void *p, size_t size)
{
	return ++calls == failing ? NULL : __real_realloc(p, size);
}

void *
__wrap_malloc(size_t size)
{
	return no_memory ? NULL : __real_malloc(size);
}

/* As the C library does when a long name in UTF-8 needs memory. */
int
__wrap_fnmatch(const char *pattern, const char *name, int flags)
{
	return ++calls == failing ? -1 :
	    __real_fnmatch(pattern, name, flags);
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

static void
a_table_is_not_kept_for_want_of_memory(void **state)
{
	const char *const patterns[] = { "other.*", "d.t*", NULL };
	const struct db_dump_options o = { .exclude = patterns };
	const struct db_dump_options none = { .exclude = patterns + 2 };
	struct err e = { 0 };

	(void)state;
	failing = 0;
	assert_int_equal(schema_excluded(&o, "d", "table", &e), 1);
	assert_int_equal(schema_excluded(&o, "d", "other", &e), 0);
	for (failing = 1; failing <= 2; failing++) {
		calls = 0;
		err_clear(&e);
		assert_int_equal(schema_excluded(&o, "d", "table", &e), -1);
		assert_int_equal(e.kind, ERR_MEMORY);
	}
	failing = 0;
	err_clear(&e);
	no_memory = true;
	assert_int_equal(schema_excluded(&o, "d", "table", &e), -1);
	assert_int_equal(schema_excluded(&none, "d", "table", &e), 0);
	no_memory = false;
	assert_int_equal(e.kind, ERR_MEMORY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_shortage_is_an_error),
		cmocka_unit_test(a_table_is_not_kept_for_want_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
