/*
 * Real databases: dumped, loaded into an empty server, dumped again.  The
 * fingerprints must be equal, and outside witnesses (CHECKSUM TABLE and
 * mariadb-dump of both servers) must see no difference.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>

#include <cmocka.h>

#include "../../lib/live_chunks.h"
#include "../../lib/live_mariadb.h"
#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/scratch.h"

static struct live source, target;
static struct live_chunks store;

static void
dump(const struct live *l, const char *database, struct archive_root *root,
    struct db_stats *stats)
{
	const char *databases[] = { database, NULL };
	struct db_dump_options o = { .login = l->login,
	    .databases = databases };
	struct db_point point;
	struct err e = { 0 };

	if (db_dump(store.chunks, &o, root, &point, stats, &e) == -1)
		fail_msg("%s: %s", database, e.text);
	if (chunks_flush(store.chunks, &e) == -1)
		fail_msg("%s", e.text);
}

static void
run(const char *line, struct buf *out)
{
	struct err e = { 0 };
	int status;

	if (child_shell(line, NULL, 600, out, &status, &e) == -1)
		fail_msg("%s", e.text);
	if (status != 0)
		fail_msg("%s: %.*s", line, (int)out->len,
		    (const char *)out->data);
}

/*
 * What another program sees of a database: tables, bytes, digest.  Sorted,
 * since rows of tables without a key have no order.
 */
static void
witness(const struct live *l, const char *database, struct buf *out)
{
	static const char as_root[] = "--no-defaults --socket=\"$S\" "
	    "--user=root";
	char line[2048];

	(void)snprintf(line, sizeof(line), "set -e; S='%s'; D='%s'; "
	    "F='%s/witness'; mariadb-dump %s --skip-dump-date --skip-comments "
	    "--routines --events --triggers --hex-blob --order-by-primary "
	    "\"$D\" >\"$F\"; mariadb %s -N -e \"SELECT CONCAT('CHECKSUM TABLE "
	    "', CHAR(96), REPLACE(table_name, CHAR(96), REPEAT(CHAR(96), 2)), "
	    "CHAR(96), ' EXTENDED;') FROM information_schema.tables WHERE "
	    "table_schema='$D' AND table_type IN ('BASE TABLE','SYSTEM "
	    "VERSIONED') ORDER BY 1\" >\"$F.sql\"; mariadb %s -N \"$D\" "
	    "<\"$F.sql\" >>\"$F\"; grep -c . \"$F.sql\"; wc -c <\"$F\"; "
	    "sed 's/[,;]$//' \"$F\" | LC_ALL=C sort | sha256sum",
	    l->login.socket, database, scratch_path(l->scratch), as_root,
	    as_root, as_root);
	run(line, out);
}

static void
compare(const char *database)
{
	struct db_load_options o = { .login = target.login,
	    .throwaway = true, .users = true };
	struct archive_root before, after;
	struct db_stats dumped, loaded, again;
	struct err e = { 0 };
	struct buf a, b;

	dump(&source, database, &before, &dumped);
	if (db_load(store.chunks, &before, &o, &loaded, &e) == -1)
		fail_msg("%s: %s", database, e.text);
	assert_int_equal(dumped.rows, loaded.rows);
	assert_int_equal(dumped.tables, loaded.tables);
	assert_int_equal(dumped.views, loaded.views);
	assert_int_equal(dumped.routines, loaded.routines);
	assert_int_equal(dumped.triggers, loaded.triggers);
	assert_int_equal(dumped.events, loaded.events);
	assert_int_equal(dumped.sequences, loaded.sequences);
	dump(&target, database, &after, &again);
	assert_memory_equal(&before.fingerprint, &after.fingerprint,
	    sizeof(before.fingerprint));
	buf_init(&a, 4096);
	buf_init(&b, 4096);
	witness(&source, database, &a);
	witness(&target, database, &b);
	print_message("%s: %llu rows; tables, bytes, sum: %.*s", database,
	    (unsigned long long)loaded.rows, (int)a.len,
	    (const char *)a.data);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
	buf_drop(&a);
	buf_drop(&b);
}

static void
set(const char *name)
{
	if (!live_load_set(&source, name, name)) {
		print_message("skipped: no data set %s\n", name);
		skip();
	}
	compare(name);
}

static void
test_sakila_comes_back(void **state)
{
	(void)state;
	set("sakila");
}

static void
test_chinook_comes_back(void **state)
{
	(void)state;
	set("chinook");
}

static void
test_northwind_comes_back(void **state)
{
	(void)state;
	set("northwind");
}

static void
test_geo_states_comes_back(void **state)
{
	(void)state;
	set("geo_states");
}

static void
test_usda_sr18_comes_back(void **state)
{
	(void)state;
	set("usda_sr18");
}

static void
test_employee_10k_comes_back(void **state)
{
	(void)state;
	set("employee_10k");
}

/* Of each thing that once was changed by a tool, one. */
static void
test_exotic_things_come_back(void **state)
{
	const char *create[] = { "CREATE DATABASE `odd``name.x` CHARACTER SET "
	    "latin1", NULL };
	const char *sql[] = {
		"SET foreign_key_checks=0, sql_mode=''",
		"CREATE SEQUENCE s START WITH 100 INCREMENT BY 7 CACHE 10",
		"DO nextval(s)", "DO nextval(s)", "DO setval(s, 500, 1)",
		"CREATE TABLE seq (a BIGINT DEFAULT nextval(s), b INT)",
		"INSERT INTO seq (b) VALUES (1),(2)",
		"CREATE TABLE f (a FLOAT, b DOUBLE, c DECIMAL(65,30))",
		"INSERT INTO f SELECT RAND(seq)*POW(10, seq%60)/1e30, "
		    "RAND(seq)*POW(10, seq%300)/1e200, RAND(seq) FROM "
		    "seq_1_to_5000",
		"CREATE TABLE e (id INT PRIMARY KEY, a ENUM('x','y'), b "
		    "ENUM('','z'), c SET('','p','q') NOT NULL DEFAULT 'p', d "
		    "ENUM('\xc3\xbc','\xc3\xa9') CHARACTER SET latin1)",
		"INSERT INTO e SELECT seq, seq%3, seq%3, seq%8, 1+seq%2 FROM "
		    "seq_1_to_100",
		"CREATE TABLE u (a UUID PRIMARY KEY, b INET6, c INET4, d "
		    "BIT(37), e YEAR, g GEOMETRY)",
		"INSERT INTO u VALUES (UUID(), '::1', '1.2.3.4', 77777, 1999,"
		    " POINT(1.5, 2.5))",
		"CREATE TABLE d (id INT PRIMARY KEY, a DATE, b DATETIME(6), c "
		    "TIMESTAMP(3) NULL, d TIME(6))",
		"INSERT INTO d VALUES (1, '0000-00-00', '2020-02-31 "
		    "00:00:00', '2001-10-28 01:30:00.123', '-838:59:59'), "
		    "(0, '2021-00-00', '9999-12-31 23:59:59.999999', NULL, "
		    "'12:00:00.000001')",
		"CREATE TABLE g (a INT, b INT AS (a*2) VIRTUAL, c INT AS "
		    "(a+1) STORED UNIQUE, i INT INVISIBLE DEFAULT 5, CHECK "
		    "(a > -1000))",
		"INSERT INTO g (a, i) VALUES (1, 2), (3, 4)",
		"CREATE TABLE v (a INT PRIMARY KEY, b TEXT) WITH SYSTEM "
		    "VERSIONING",
		"INSERT INTO v VALUES (1, 'one'), (2, 'two')",
		"UPDATE v SET b = 'new' WHERE a = 1", "DELETE FROM v WHERE "
		    "a = 2",
		"CREATE TABLE p (a INT NOT NULL, b INT, KEY (b), PRIMARY KEY "
		    "(a)) PARTITION BY HASH (a) PARTITIONS 4",
		"INSERT INTO p SELECT seq, seq FROM seq_1_to_1000",
		"CREATE TABLE ai (a INT AUTO_INCREMENT PRIMARY KEY, b BLOB)",
		"INSERT INTO ai VALUES (0, REPEAT('\\0\\t\\n\\\\', 1000)), "
		    "(7, ''), (NULL, NULL)",
		"DELETE FROM ai WHERE a > 6",
		"CREATE TABLE child (a INT, FOREIGN KEY (a) REFERENCES parent "
		    "(a))",
		"CREATE TABLE parent (a INT PRIMARY KEY)",
		"INSERT INTO child VALUES (99)",
		"CREATE TABLE m (a VARCHAR(9) CHARACTER SET latin1 DEFAULT "
		    "'\xc3\xbc', b CHAR(3) CHARACTER SET ucs2, FULLTEXT (a)) "
		    "ENGINE=MyISAM COMMENT='gr\xc3\xbc\xc3\x9f''e'",
		"INSERT INTO m VALUES ('\xc3\xa4', 'abc'), (DEFAULT, NULL)",
		"CREATE TABLE a1 (a INT PRIMARY KEY) ENGINE=Aria",
		"INSERT INTO a1 VALUES (0), (-1)",
		"CREATE TABLE nopk (a INT, b TEXT)",
		"INSERT INTO nopk SELECT seq%10, REPEAT(seq, 5) FROM "
		    "seq_1_to_500",
		"CREATE TABLE empty_one (a INT)",
		"CREATE TABLE `we``ird. na/me` (`c``o.l` INT PRIMARY KEY)",
		"INSERT INTO `we``ird. na/me` VALUES (1)",
		"CREATE VIEW zz AS SELECT a, b FROM ai",
		"CREATE VIEW aa AS SELECT * FROM zz",
		"CREATE FUNCTION fn(x INT) RETURNS INT DETERMINISTIC RETURN "
		    "x + 1",
		"CREATE PROCEDURE pr() BEGIN SELECT ';;'; SELECT 1; END",
		"CREATE TRIGGER tr BEFORE INSERT ON ai FOR EACH ROW SET NEW.b "
		    "= CONCAT('t', NEW.b)",
		"CREATE EVENT ev ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01' "
		    "DO DELETE FROM ai",
		NULL,
	};

	(void)state;
	live_run(&source, NULL, create);
	live_run(&source, "odd`name.x", sql);
	compare("odd`name.x");
}

static int
setup(void **state)
{
	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	live_chunks_open(&store);
	live_start(&source);
	live_start(&target);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	live_stop(&source);
	live_stop(&target);
	live_chunks_close(&store);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exotic_things_come_back),
		cmocka_unit_test(test_sakila_comes_back),
		cmocka_unit_test(test_chinook_comes_back),
		cmocka_unit_test(test_northwind_comes_back),
		cmocka_unit_test(test_geo_states_comes_back),
		cmocka_unit_test(test_usda_sr18_comes_back),
		cmocka_unit_test(test_employee_10k_comes_back),
	};

	return cmocka_run_group_tests_name("round trip", tests, setup,
	    teardown);
}
