/*
 * Databases that the server's own tests build (Debian's mariadb-test-data):
 * thousands of statements that nobody here thought of.  What is left of each
 * test goes the way of the corpus.
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

#include "../../lib/trip.h"
#include "base/err.h"

#define TESTS "/usr/share/mysql/mysql-test/"

static struct trip trip;

/* Views of tables that a test removed later: nobody could make them again. */
static const char drop_broken_views[] =
	"for i in 1 2 3 4 5; do mariadb -N -e \"SELECT CONCAT('DROP VIEW "
	"\\`', table_schema, '\\`.\\`', table_name, '\\`;') FROM "
	"information_schema.tables t WHERE table_schema LIKE 'mtr%' AND "
	"table_type='VIEW' AND NOT EXISTS (SELECT 1 FROM "
	"information_schema.columns c WHERE c.table_schema=t.table_schema AND "
	"c.table_name=t.table_name)\" 2>&1 | grep DROP | mariadb; done";

static void
come_back(const char *folder, const char *files)
{
	char root[4096], command[16384];

	if (access(TESTS "main", R_OK) == -1) {
		print_message("skipped: no package mariadb-test-data\n");
		skip();
	}
	live_root(root, sizeof(root));
	/* What a statement says when it fails is what the tests are about. */
	(void)snprintf(command, sizeof(command), "cd '" TESTS "%s'; "
	    "'%s/tests/lib/mtr-sql' %s | mariadb --force >/dev/null 2>&1 "
	    "|| :; %s", folder, root, files, drop_broken_views);
	trip_shell(&trip, command);
	trip_go(&trip);
}

static void
test_types_come_back(void **state)
{
	(void)state;
	come_back("main", "type_bit.test type_blob.test type_date*.test "
	    "type_enum.test type_float.test type_newdecimal.test "
	    "type_set.test type_year.test");
}

static void
test_generated_columns_come_back(void **state)
{
	(void)state;
	come_back("suite/gcol/t", "gcol_bugfixes.test gcol_keys_innodb.test "
	    "gcol_column_def_options_innodb.test innodb_virtual_index.test");
}

static void
test_histories_and_periods_come_back(void **state)
{
	(void)state;
	come_back("suite", "versioning/t/delete.test versioning/t/insert.test "
	    "versioning/t/select.test "
	    "period/t/overlaps.test period/t/versioning.test");
}

static void
test_code_comes_back(void **state)
{
	(void)state;
	come_back("suite/compat/oracle/t", "sp.test sp-param.test "
	    "sp-package.test");
}

static void
test_tables_come_back(void **state)
{
	(void)state;
	come_back("main", "default.test gis.test long_unique.test "
	    "ctype_sjis.test fulltext.test invisible_field.test");
}

static int
setup(void **state)
{
	(void)state;
	trip_begin(&trip);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	trip_end(&trip);
	return 0;
}

static int
tidy(void **state)
{
	(void)state;
	trip_tidy(&trip);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_types_come_back, tidy),
		cmocka_unit_test_teardown(test_generated_columns_come_back,
		    tidy),
		cmocka_unit_test_teardown(
		    test_histories_and_periods_come_back, tidy),
		cmocka_unit_test_teardown(test_code_comes_back, tidy),
		cmocka_unit_test_teardown(test_tables_come_back, tidy),
	};

	return cmocka_run_group_tests_name("server's tests", tests, setup,
	    teardown);
}
