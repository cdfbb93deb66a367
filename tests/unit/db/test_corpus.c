/*
 * The corpus (tests/lib/corpus): each file makes databases that hold what
 * other tools change or lose.  All databases of a file go into one archive,
 * are loaded into an empty server, and taken again: fingerprints, and what
 * outside witnesses see, must be equal.  And what cannot come back is refused
 * by its name, before anything is taken.
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
#include "db/conn.h"
#include "db/names.h"
#include "db/schema.h"

static struct trip trip;

static void
fill(const char *name)
{
	char path[4096], command[8192];

	live_root(path, sizeof(path));
	(void)snprintf(command, sizeof(command),
	    "mariadb <'%s/tests/lib/corpus/%s.sql'", path, name);
	trip_shell(&trip, command);
}

static void
comes_back(const char *name)
{
	fill(name);
	trip_go(&trip);
}

#define FILE_TEST(name)							\
	static void							\
	test_ ## name ## _come_back(void **state)			\
	{								\
		(void)state;						\
		comes_back(#name);					\
	}

FILE_TEST(mixed)
FILE_TEST(charsets)
FILE_TEST(numbers)
FILE_TEST(times)
FILE_TEST(bytes)
FILE_TEST(columns)
FILE_TEST(tables)
FILE_TEST(names)
FILE_TEST(code)
FILE_TEST(accounts)

/* A server without the engine must not take its own in its place. */
static void
test_engines_come_back(void **state)
{
	struct db_load_options o = { .login = trip.target.login };
	struct archive_root root;
	struct db_stats stats;
	struct names n = { 0 };
	struct err e = { 0 };

	(void)state;
	fill("engines");
	assert_int_equal(names_add(&n, "engines", &e), 0);
	assert_int_equal(trip_dump(&trip, &trip.source, &n, 2, &root, &stats,
	    &e), 0);
	assert_int_equal(db_load(trip.store.chunks, &root, &o, &stats, &e),
	    -1);
	if (strstr(e.text, "Unknown storage engine 'ARCHIVE'") == NULL &&
	    strstr(e.text, "Unknown storage engine 'BLACKHOLE'") == NULL)
		fail_msg("%s", e.text);
	trip_forget(&trip.target, &n);
	trip_go(&trip);
	names_drop(&n);
}

/* ARCHIVE says of a table that it was made when it was last written to. */
static void
test_a_table_that_is_written_is_no_other_one(void **state)
{
	static const char *const write[] = { "INSERT INTO engines.past (t) "
	    "VALUES ('b')", "FLUSH TABLES", NULL };
	static const char *const databases[] = { "engines", NULL };
	const struct db_dump_options o = { .databases = databases };
	struct schema before, after;
	struct conn *c;
	struct err e = { 0 };

	(void)state;
	fill("engines");
	c = live_connect(&trip.source, CONN_UTF8);
	schema_init(&before);
	schema_init(&after);
	assert_int_equal(schema_read(&before, c, &o, &e), 0);
	sleep(1);			/* its times are of seconds */
	live_run(&trip.source, NULL, write);
	assert_int_equal(schema_read(&after, c, &o, &e), 0);
	if (schema_compare(&before, &after, &e) == -1)
		fail_msg("%s", e.text);
	schema_drop(&before);
	schema_drop(&after);
	conn_close(c);
}

static void
test_cyrillic_come_back(void **state)
{
	char path[4096], command[8192];

	(void)state;
	live_root(path, sizeof(path));
	(void)snprintf(command, sizeof(command), "iconv -f utf-8 -t cp1251 "
	    "'%s/tests/lib/corpus/cyrillic.sql' | mariadb", path);
	trip_shell(&trip, command);
	trip_go(&trip);
}

#define LAX(sql) "BEGIN NOT ATOMIC SET foreign_key_checks=0; " sql "; END"

/* What makes a thing that cannot come back, and what the refusal says. */
static const struct refusal {
	const char	*create, *change, *says;
} refusals[] = {
	{ "CREATE TABLE r.t (a INT, x BIGINT UNSIGNED GENERATED ALWAYS AS ROW "
	    "START, y BIGINT UNSIGNED GENERATED ALWAYS AS ROW END, PERIOD FOR "
	    "SYSTEM_TIME (x, y)) WITH SYSTEM VERSIONING", "DO 1",
	    "r.t: versions by transaction are not supported" },
	{ "CREATE TABLE r.t (a ENUM('x','?') CHARACTER SET utf8mb4)",
	    "DO 1",
	    "r.t: column a has a member that the server shows with '?'" },
	{ "CREATE TABLE r.t (a INT AUTO_INCREMENT NULL, KEY (a)) SELECT 1 AS "
	    "a", "UPDATE r.t SET a = NULL",
	    "r.t: AUTO_INCREMENT column a holds NULL" },
	{ "CREATE TABLE r.t (a INT DEFAULT NEXTVAL(r.s))", "DROP SEQUENCE r.s",
	    "r.t: a default takes from sequence r.s" },
	{ "CREATE TABLE r.t (`a``'b` INT DEFAULT 3, c VARCHAR(50) DEFAULT "
	    "CONCAT('nextval(`r`.`q`) ''', `a``'b`, 10 + NEXTVAL(r.s)))",
	    "DROP SEQUENCE r.s", "r.t: a default takes from sequence r.s" },
	{ "CREATE TABLE r.t (a INT) WITH SYSTEM VERSIONING",
	    "BEGIN NOT ATOMIC SET timestamp=1e9; INSERT INTO r.t VALUES (1); "
	    "DELETE FROM r.t; END",
	    "r.t: its history has a version that ends when it begins" },
	{ "CREATE TABLE r.t (a TIMESTAMP, b DATE AS (a) STORED)",
	    "BEGIN NOT ATOMIC SET time_zone='+05:00'; INSERT INTO r.t (a) "
	    "VALUES ('2026-01-01 01:00:00'); END",
	    "r.t: stored column b was computed of a TIMESTAMP in another "
	    "time zone" },
	{ "CREATE TRIGGER r.uses BEFORE UPDATE ON r.t FOR EACH ROW SET NEW.a "
	    "= 1 /* NEW.x */ + OLD . B", "ALTER TABLE r.t CHANGE b c INT",
	    "r.t: trigger uses uses a column B" },
	{ "CREATE TRIGGER r.uses BEFORE UPDATE ON r.t FOR EACH ROW INSERT"
	    "/*!INTO*/r.gone VALUES (1)", "DO 1",
	    "TRIGGER uses: the server cannot read its text any more: " },
	{ "CREATE TABLE r.t (a INT) ENGINE=MERGE UNION=(r.isam)",
	    "DROP TABLE r.isam", "r.t cannot be opened by the server: " },
	{ "CREATE TABLE r.t (a INT, CONSTRAINT f FOREIGN KEY (a) REFERENCES "
	    "r.keyed (a))",
	    LAX("ALTER TABLE r.keyed DROP INDEX k"),
	    "r.t: foreign key f finds no index of its type on its columns of "
	    "r.keyed" },
	{ LAX("CREATE TABLE r.t (a INT, CONSTRAINT f FOREIGN KEY (a) "
	    "REFERENCES r.late (a))"),
	    LAX("CREATE TABLE r.late (a BIGINT PRIMARY KEY)"),
	    "r.t: foreign key f finds no index of its type on its columns of "
	    "r.late" },
	{ "CREATE TABLE r.t (id INT PRIMARY KEY, a INT, b INT, KEY k (a), "
	    "CONSTRAINT f FOREIGN KEY (b) REFERENCES r.t (a))",
	    LAX("ALTER TABLE r.t DROP INDEX k"),
	    "r.t: foreign key f finds no index of its type on its columns of "
	    "r.t" },
	{ "CREATE TABLE r.t (a INT, b INT, KEY other (a), CONSTRAINT f "
	    "FOREIGN KEY (a, b) REFERENCES r.keyed (a, b))",
	    LAX("ALTER TABLE r.t DROP INDEX f"),
	    "r.t: foreign key f has no index on its own columns" },
	{ "CREATE VIEW r.t AS SELECT a FROM r.gone", "DROP TABLE r.gone",
	    "r.t is a view of what is not there" },
};

static void
refused(const struct refusal *r)
{
	static const char *const make[] = { "CREATE DATABASE r",
	    "CREATE TABLE r.gone (a INT)", "CREATE SEQUENCE r.s",
	    "CREATE TABLE r.isam (a INT) ENGINE=MyISAM",
	    "CREATE TABLE r.keyed (a INT, b INT, KEY k (a, b))", NULL };
	static const char *const table[] = { "CREATE TABLE r.t (a INT, b INT)",
	    NULL };
	static const char *const databases[] = { "r", NULL };
	static const char *const exclude[] = { "r.t", NULL };
	const char *sql[] = { r->create, r->change, NULL };
	struct db_dump_options o = { .login = trip.source.login,
	    .databases = databases };
	struct archive_root root;
	struct db_point point;
	struct db_stats stats;
	struct err e = { 0 };

	live_run(&trip.source, NULL, make);
	if (strstr(r->create, "TRIGGER") != NULL)
		live_run(&trip.source, NULL, table);
	live_run(&trip.source, NULL, sql);
	if (db_dump(trip.store.chunks, &o, &root, &point, &stats, &e) == 0)
		fail_msg("%s was taken", r->create);
	assert_int_equal(e.kind, strstr(r->says, "opened") != NULL ?
	    ERR_REMOTE : ERR_UNSUPPORTED);
	if (strstr(e.text, r->says) == NULL ||
	    strstr(e.text, "components.db.exclude") == NULL)
		fail_msg("%s", e.text);
	o.exclude = exclude;
	err_clear(&e);
	if (db_dump(trip.store.chunks, &o, &root, &point, &stats, &e) == -1)
		fail_msg("%s", e.text);
	trip_tidy(&trip);
}

static void
test_what_cannot_come_back_is_refused_by_name(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
		refused(&refusals[i]);
}

static void
count_note(void *cookie, const char *object, const char *why)
{
	unsigned *n = cookie;

	assert_string_equal(object, "r.t");
	assert_non_null(strstr(why, " has no default: NULL is that of the "
	    "copy"));
	(*n)++;
}

/* Columns that may be NULL and have no default are what no server makes. */
static void
test_a_column_without_a_default_gets_null_and_a_note(void **state)
{
	static const char *const make[] = { "CREATE DATABASE r",
	    "CREATE TABLE r.strict (a INT NOT NULL, b ENUM('x DEFAULT ''','y')"
	    " CHARACTER SET utf8mb3 COLLATE utf8mb3_bin NOT NULL, c TIMESTAMP "
	    "NOT NULL, d TEXT NOT NULL COMMENT 'NULL')",
	    "CREATE TABLE r.t AS SELECT 1 AS f, m.a, m.b, m.c, m.d FROM "
	    "(SELECT 1) AS o LEFT JOIN r.strict AS m ON FALSE",
	    "DROP TABLE r.strict", NULL };
	static const char *const databases[] = { "r", NULL };
	unsigned notes = 0;
	struct db_dump_options o = { .login = trip.source.login,
	    .databases = databases, .note = count_note, .cookie = &notes };
	struct db_load_options l = { .login = trip.target.login,
	    .throwaway = true };
	struct archive_root root, again;
	struct db_point point;
	struct db_stats stats;
	struct err e = { 0 };

	(void)state;
	live_run(&trip.source, NULL, make);
	if (db_dump(trip.store.chunks, &o, &root, &point, &stats, &e) == -1 ||
	    chunks_flush(trip.store.chunks, &e) == -1 ||
	    db_load(trip.store.chunks, &root, &l, &stats, &e) == -1)
		fail_msg("%s", e.text);
	assert_int_equal(notes, 4);
	o.login = trip.target.login;
	if (db_dump(trip.store.chunks, &o, &again, &point, &stats, &e) == -1)
		fail_msg("%s", e.text);
	assert_int_equal(notes, 4);
	assert_memory_equal(&root.fingerprint, &again.fingerprint,
	    sizeof(root.fingerprint));
}

/* A partitioned table does not count what a DELETE of a portion inserts. */
static void
test_a_counter_that_is_behind_its_rows_comes_back(void **state)
{
	static const char *const make[] = { "CREATE DATABASE r",
	    "CREATE TABLE r.a (id INT, s DATE, e DATE, PERIOD FOR app (s, e)) "
	    "PARTITION BY KEY (id)",
	    "INSERT INTO r.a (s, e) VALUES ('2023-07-21', '2024-06-07')",
	    "ALTER TABLE r.a MODIFY id INT AUTO_INCREMENT KEY",
	    "DELETE FROM r.a FOR PORTION OF app FROM '2023-08-01' TO "
	    "'2024-01-01'",
	    NULL };
	struct db_load_options o = { .login = trip.target.login,
	    .throwaway = true };
	struct archive_root root, again;
	struct db_stats stats;
	struct names n = { 0 };
	struct err e = { 0 };

	(void)state;
	live_run(&trip.source, NULL, make);
	assert_int_equal(names_add(&n, "r", &e), 0);
	if (trip_dump(&trip, &trip.source, &n, 2, &root, &stats, &e) == -1 ||
	    db_load(trip.store.chunks, &root, &o, &stats, &e) == -1 ||
	    trip_dump(&trip, &trip.target, &n, 2, &again, &stats, &e) == -1)
		fail_msg("%s", e.text);
	assert_memory_equal(&root.fingerprint, &again.fingerprint,
	    sizeof(root.fingerprint));
	names_drop(&n);
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

/* What a test left behind must not spoil the next. */
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
		cmocka_unit_test_teardown(test_mixed_come_back, tidy),
		cmocka_unit_test_teardown(test_charsets_come_back, tidy),
		cmocka_unit_test_teardown(test_numbers_come_back, tidy),
		cmocka_unit_test_teardown(test_times_come_back, tidy),
		cmocka_unit_test_teardown(test_bytes_come_back, tidy),
		cmocka_unit_test_teardown(test_columns_come_back, tidy),
		cmocka_unit_test_teardown(test_tables_come_back, tidy),
		cmocka_unit_test_teardown(test_names_come_back, tidy),
		cmocka_unit_test_teardown(test_code_come_back, tidy),
		cmocka_unit_test_teardown(test_engines_come_back, tidy),
		cmocka_unit_test_teardown(
		    test_a_table_that_is_written_is_no_other_one, tidy),
		cmocka_unit_test_teardown(test_cyrillic_come_back, tidy),
		cmocka_unit_test_teardown(test_accounts_come_back, tidy),
		cmocka_unit_test_teardown(
		    test_a_counter_that_is_behind_its_rows_comes_back, tidy),
		cmocka_unit_test_teardown(
		    test_what_cannot_come_back_is_refused_by_name, tidy),
		cmocka_unit_test_teardown(
		    test_a_column_without_a_default_gets_null_and_a_note,
		    tidy),
	};

	return cmocka_run_group_tests_name("corpus", tests, setup,
	    teardown);
}
