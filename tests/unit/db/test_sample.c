/*
 * Part of a database: all schema, and the rows of the tables that a sample
 * has.  The copy, dumped again, is the part that the manifest says; one with
 * a damaged row in a chosen table is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/live_chunks.h"
#include "../../lib/live_mariadb.h"
#include "archive/archive.h"
#include "base/err.h"
#include "db/sample.h"

#define TABLES 11

static struct live live;
static struct live_chunks store;
static const char *const databases[] = { "s", NULL };

static const char *const make[] = {
	"CREATE DATABASE s",
	"CREATE TABLE s.parent (id INT AUTO_INCREMENT PRIMARY KEY, v INT)",
	"CREATE TABLE s.child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) "
	    "REFERENCES s.parent (id))",
	"CREATE TABLE s.keys_only (id BIGINT AUTO_INCREMENT PRIMARY KEY, "
	    "v TEXT) ENGINE=MyISAM AUTO_INCREMENT=777",
	"CREATE TABLE s.aria (id INT AUTO_INCREMENT PRIMARY KEY) ENGINE=Aria",
	"CREATE TABLE s.no_key (v INT, w VARCHAR(30))",
	"CREATE TABLE s.parts (id INT AUTO_INCREMENT PRIMARY KEY, v INT) "
	    "PARTITION BY HASH(id) PARTITIONS 3",
	"CREATE TABLE s.versioned (id INT PRIMARY KEY, v INT) "
	    "WITH SYSTEM VERSIONING",
	"CREATE TABLE s.empty (id INT AUTO_INCREMENT PRIMARY KEY)",
	"CREATE SEQUENCE s.q START 40",
	"CREATE TABLE s.numbered (id INT DEFAULT NEXT VALUE FOR s.q, v INT)",
	"CREATE TABLE s.gen (a INT, b INT AS (a * 2) STORED, c INT INVISIBLE)",
	"CREATE TABLE s.wide (id INT PRIMARY KEY, v LONGTEXT)",
	"CREATE VIEW s.seen AS SELECT p.v FROM s.parent p JOIN s.child c "
	    "ON c.p = p.id",
	"CREATE TRIGGER s.t BEFORE INSERT ON s.no_key FOR EACH ROW "
	    "SET NEW.w = CONCAT('t', NEW.v)",
	NULL
};

static const char *const fill[] = {
	"INSERT INTO s.parent VALUES (1,1),(2,2),(50,3)",
	"INSERT INTO s.child VALUES (1,1),(2,50)",
	"INSERT INTO s.keys_only (v) VALUES ('a'),('b')",
	"INSERT INTO s.aria VALUES (1),(90)",
	"INSERT INTO s.no_key VALUES (1,'x'),(2,'y')",
	"INSERT INTO s.parts VALUES (1,1),(2,2),(33,3)",
	"INSERT INTO s.versioned VALUES (1,1)",
	"UPDATE s.versioned SET v = 2",
	"INSERT INTO s.numbered (v) VALUES (1),(2)",
	"INSERT INTO s.gen (a, c) VALUES (1, 2)",
	"INSERT INTO s.wide VALUES (1, REPEAT('wide ', 30000))",
	NULL
};

/* A harm that a dump must see, for every table with rows that has one. */
static const struct {
	const char	*path, *sql;
} harm[] = {
	{ "s.parent.00000.dat", "UPDATE s.parent SET v = 9 WHERE id = 50" },
	{ "s.child.00000.dat", "DELETE FROM s.child WHERE id = 2" },
	{ "s.keys_only.00000.dat", "UPDATE s.keys_only SET v = 'c' LIMIT 1" },
	{ "s.no_key.00000.dat", "UPDATE s.no_key SET w = 'c' LIMIT 1" },
	{ "s.parts.00000.dat", "UPDATE s.parts SET v = 8 WHERE id = 33" },
	{ "s.gen.00000.dat", "UPDATE s.gen SET c = 3" },
	{ "s.wide.00000.dat", "UPDATE s.wide SET v = CONCAT(v, ' ')" },
	{ "s.empty.00000.dat", "INSERT INTO s.empty VALUES (1)" },
};

static void
run_one(const char *sql)
{
	const char *const v[] = { sql, NULL };

	live_run(&live, NULL, v);
}

static int
begin(void **state)
{
	(void)state;
	live_start(&live);
	live_chunks_open(&store);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	live_chunks_close(&store);
	live_stop(&live);
	return 0;
}

static void
dump(const struct db_sample *sample, struct archive_root *root)
{
	struct db_dump_options o = { .login = live.login,
	    .databases = databases, .sample = sample };
	struct db_point point;
	struct db_stats stats;
	struct err e = { 0 };

	if (db_dump(store.chunks, &o, root, &point, &stats, &e) == -1)
		fail_msg("%s", e.text);
	if (chunks_flush(store.chunks, &e) == -1)
		fail_msg("%s", e.text);
}

static void
load(const struct archive_root *all, const struct db_sample *sample)
{
	struct db_load_options o = { .login = live.login, .throwaway = true,
	    .sample = sample };
	struct db_stats stats;
	struct err e = { 0 };

	run_one("DROP DATABASE s");
	if (db_load(store.chunks, all, &o, &stats, &e) == -1)
		fail_msg("%s", e.text);
}

static struct db_sample *
choose(const struct archive_root *all, uint64_t seed, uint32_t share)
{
	struct db_sample *s;
	struct err e = { 0 };

	s = db_sample_new(store.chunks, all, seed, share, &e);
	if (s == NULL)
		fail_msg("%s", e.text);
	return s;
}

static bool
is_equal(const struct archive_root *all, const struct db_sample *s)
{
	const struct segment_choice c = { db_sample_pick, s };
	struct archive_root part, again;
	struct err e = { 0 };

	if (archive_part(store.chunks, all, &c, store.chunks, &part,
	    &e) == -1)
		fail_msg("%s", e.text);
	dump(s, &again);
	return id_compare(&part.fingerprint, &again.fingerprint) == 0;
}

/* Every harm is seen if its table was chosen, and only then. */
static void
try_harm(const struct archive_root *all, const struct db_sample *s)
{
	for (size_t i = 0; i < sizeof(harm) / sizeof(*harm); i++) {
		if (!db_sample_has(s, harm[i].path))
			continue;
		load(all, s);
		run_one(harm[i].sql);
		if (is_equal(all, s))
			fail_msg("not seen: %s", harm[i].sql);
	}
}

static void
a_copy_of_some_tables_is_that_part(void **state)
{
	static const uint32_t shares[] = { 1000000, 500000, 250000, 1 };
	static const uint64_t tables[] = { TABLES, 6, 3, 1 };
	struct db_sample_count count;
	struct archive_root all;
	struct db_sample *s;

	(void)state;
	live_run(&live, NULL, make);
	live_run(&live, NULL, fill);
	dump(NULL, &all);
	for (uint64_t i = 0; i < 4; i++) {
		s = choose(&all, i, shares[i]);
		db_sample_count(s, &count);
		assert_int_equal(count.of_tables, TABLES);
		assert_int_equal(count.tables, tables[i]);
		assert_int_equal(count.bytes == count.of_bytes, i == 0);
		load(&all, s);
		assert_true(is_equal(&all, s));
		try_harm(&all, s);
		load(&all, s);
		run_one("ALTER TABLE s.empty ADD v INT");
		assert_false(is_equal(&all, s));	/* all schema */
		db_sample_free(s);
	}
}

/* A seed chooses the same again; seeds choose all tables in the end. */
static void
a_seed_is_a_choice(void **state)
{
	struct db_sample *a, *b;
	struct archive_root all;
	unsigned seen = 0;

	(void)state;
	run_one("DROP DATABASE IF EXISTS s");
	live_run(&live, NULL, make);
	dump(NULL, &all);
	for (uint64_t seed = 0; seed < 60; seed++) {
		a = choose(&all, seed, 100000);
		b = choose(&all, seed, 100000);
		for (unsigned i = 0; i < sizeof(harm) / sizeof(*harm); i++) {
			assert_int_equal(db_sample_has(a, harm[i].path),
			    db_sample_has(b, harm[i].path));
			if (db_sample_has(a, harm[i].path))
				seen |= 1u << i;
		}
		db_sample_free(a);
		db_sample_free(b);
	}
	assert_int_equal(seen, (1u << (sizeof(harm) / sizeof(*harm))) - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_of_some_tables_is_that_part),
		cmocka_unit_test(a_seed_is_a_choice),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
