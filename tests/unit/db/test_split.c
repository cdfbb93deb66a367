/*
 * Tables that are read in parts: every row is in one of them, and what comes
 * out is what one connection gives.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/trip.h"
#include "base/err.h"
#include "db/dump_table.h"
#include "db/schema.h"
#include "db/split.h"

#define PARTS 8

static struct live source;
static struct live_chunks store;
static struct schema schema;

static const char *const databases[] = { "s", NULL };

/* What each key must be cut into, at least; and how unlike parts may be. */
static const struct key {
	const char	*table, *columns, *from;	/* of SELECT */
	size_t		 parts;
	uint64_t	 largest;	/* percent of the rows */
} keys[] = {
	{ "number", "id INT PRIMARY KEY", "seq", 5, 45 },
	{ "below_zero", "id BIGINT PRIMARY KEY",
	    "CAST(seq AS SIGNED) - 30000", 5, 45 },
	{ "huge", "id BIGINT UNSIGNED PRIMARY KEY",
	    "18446744073709551615 - seq", 5, 45 },
	{ "all_64_bits", "id BIGINT PRIMARY KEY",
	    "CAST(CONV(LEFT(MD5(seq), 16), 16, -10) AS SIGNED)", 1, 100 },
	{ "skewed", "id BIGINT PRIMARY KEY", "seq * seq * seq", 5, 45 },
	{ "two", "id INT, b INT, PRIMARY KEY (id, b)",
	    "seq DIV 1000, seq", 5, 45 },
	{ "series", "id VARCHAR(140) COLLATE utf8mb4_unicode_ci PRIMARY KEY",
	    "CONCAT('SINV-', 2018 + seq DIV 8000, '-', LPAD(seq, 7, '0'))",
	    5, 45 },
	{ "hashes", "id VARCHAR(140) COLLATE utf8mb4_unicode_ci PRIMARY KEY",
	    "LEFT(MD5(seq), 12)", 5, 45 },
	{ "mixed", "id CHAR(40) COLLATE utf8mb4_general_ci PRIMARY KEY",
	    "CONCAT(CHAR(65 + seq % 26 + 32 * (seq % 2)), seq)", 5, 45 },
	{ "old", "id VARCHAR(40) CHARACTER SET latin1 PRIMARY KEY",
	    "HEX(seq)", 5, 45 },
	{ "wide", "id VARCHAR(40) CHARACTER SET utf16 PRIMARY KEY",
	    "CONCAT('k', MD5(seq))", 5, 45 },
	{ "backwards", "id VARCHAR(40) CHARACTER SET utf8mb3 COLLATE "
	    "utf8mb3_bin PRIMARY KEY", "REVERSE(seq)", 5, 45 },
	{ "bytes", "id BINARY(16) PRIMARY KEY", "UNHEX(MD5(seq))", 5, 45 },
	{ "same_start", "id VARBINARY(80) PRIMARY KEY",
	    "CONCAT(REPEAT('\\\\'' ', 20), seq)", 1, 100 },
	{ "east", "id VARCHAR(40) COLLATE utf8mb4_unicode_ci PRIMARY KEY",
	    "CONCAT('\xe6\x97\xa5', MD5(seq))", 1, 100 },
	{ "three_values", "id CHAR(1), b INT, PRIMARY KEY (id, b)",
	    "MID('xyz', 1 + seq % 3, 1), seq", 2, 45 },
	{ "none_of_these", "id DATETIME(6), b INT, PRIMARY KEY (id, b)",
	    "NOW(), seq", 0, 100 },
	{ "no_key", "id INT NOT NULL, UNIQUE (id)", "seq", 0, 100 },
	{ "aria", "id INT PRIMARY KEY) ENGINE=Aria COMMENT=(", "seq", 0, 100 },
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

static void
make_tables(void)
{
	static const char *const make[] = { "CREATE DATABASE s", NULL };
	char create[512], fill[512], analyze[64];
	const char *const sql[] = { create, fill, analyze, NULL };
	const struct key *k;
	const char *p;

	live_run(&source, NULL, make);
	for (k = keys; k < keys + KEYS; k++) {
		p = strstr(k->columns, ") ENGINE=");
		(void)snprintf(create, sizeof(create), "CREATE TABLE s.%s "
		    "(%.*s, v VARCHAR(200)) %s", k->table, p == NULL ?
		    (int)strlen(k->columns) : (int)(p - k->columns),
		    k->columns, p == NULL ? "" : "ENGINE=Aria");
		(void)snprintf(fill, sizeof(fill), "INSERT INTO s.%s SELECT "
		    "%s, REPEAT(SHA1(seq), 4) FROM seq_1_to_40000",
		    k->table, k->from);
		(void)snprintf(analyze, sizeof(analyze), "ANALYZE TABLE s.%s",
		    k->table);
		live_run(&source, "s", sql);
	}
}

static int
begin(void **state)
{
	struct db_dump_options o = { .databases = databases };
	struct err e = { 0 };
	struct conn *c;

	(void)state;
	live_start_logged(&source, "");
	live_chunks_open(&store);
	make_tables();
	schema_init(&schema);
	c = live_connect(&source, CONN_UTF8);
	if (schema_read(&schema, c, &o, &e) == -1)
		fail_msg("%s", e.text);
	conn_close(c);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	schema_drop(&schema);
	live_chunks_close(&store);
	live_stop(&source);
	return 0;
}

static const struct relation *
find(const char *name)
{
	for (size_t i = 0; i < schema.n_tables; i++)
		if (strcmp(schema.tables[i]->name, name) == 0)
			return schema.tables[i];
	fail_msg("no table %s", name);
	return NULL;
}

static int
hash(void *cookie, const void *p, size_t n, struct err *e)
{
	uint64_t *h = cookie;

	(void)e;
	for (size_t i = 0; i < n; i++)
		*h = (*h ^ ((const uint8_t *)p)[i]) * UINT64_C(1099511628211);
	return 0;
}

/* The text of all parts, one after the other, is the text of the whole. */
static void
expect_parts(struct conn *c, const struct key *k)
{
	const struct relation *t = find(k->table);
	uint64_t whole = 7, parts = 7, sum = 0;
	struct dump_sink all = { .write = hash, .cookie = &whole };
	struct dump_sink one = { .write = hash, .cookie = &parts };
	struct split s;
	struct err e = { 0 };
	size_t i;

	assert_int_equal(split_possible(t), k->parts > 0);
	if (k->parts == 0)
		return;
	if (split_find(&s, c, t, PARTS, &e) == -1 ||
	    dump_read(c, t, NULL, &all, &e) == -1)
		fail_msg("%s: %s", k->table, e.text);
	assert_int_equal(all.rows, 40000);
	if (s.n < k->parts || s.n > PARTS)
		fail_msg("%s: %zu parts", k->table, s.n);
	for (i = 0; i < s.n; i++) {
		if (dump_read(c, t, s.where[i], &one, &e) == -1)
			fail_msg("%s: %s", k->table, e.text);
		sum += one.rows;
		if (one.rows * 100 > k->largest * all.rows)
			fail_msg("%s: part %zu of %zu has %llu rows: %s",
			    k->table, i, s.n, (unsigned long long)one.rows,
			    s.where[i]);
	}
	assert_int_equal(sum, all.rows);
	if (parts != whole)
		fail_msg("%s: the parts are not the whole", k->table);
	split_drop(&s);
}

static void
test_parts_are_the_whole(void **state)
{
	struct conn *c = live_connect(&source, CONN_BINARY);
	struct err e = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(conn_exec(c, "SET time_zone='+00:00'", &e), 0);
	for (i = 0; i < KEYS; i++)
		expect_parts(c, &keys[i]);
	conn_close(c);
}

static void
dump(int connections, uint64_t part_size, struct archive_root *root,
    struct db_stats *stats)
{
	struct db_dump_options o = { .login = source.login,
	    .databases = databases, .connections = connections,
	    .part_size = part_size };
	struct db_point point;
	struct err e = { 0 };

	if (db_dump(store.chunks, &o, root, &point, stats, &e) == -1)
		fail_msg("%d: %s", connections, e.text);
}

/* However many read, and however small the parts are. */
static void
test_the_archive_does_not_tell(void **state)
{
	static const uint64_t sizes[] = { 3 << 20, 1 << 20, 100000 };
	struct archive_root one, many;
	struct db_stats a, b;
	size_t i;

	(void)state;
	dump(1, 0, &one, &a);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		dump(2 + (int)i, sizes[i], &many, &b);
		assert_memory_equal(&one.fingerprint, &many.fingerprint,
		    sizeof(one.fingerprint));
		assert_int_equal(one.size, many.size);
		assert_int_equal(a.rows, b.rows);
		assert_int_equal(a.bytes, b.bytes);
	}
}

/* Rows that are cut at the largest size everywhere, and so never alike. */
static void
test_parts_that_do_not_meet_are_read_again(void **state)
{
	static const char *const sql[] = { "DROP DATABASE s",
		"CREATE DATABASE s", "CREATE TABLE s.flat (id INT PRIMARY "
		    "KEY, b LONGTEXT)", "INSERT INTO s.flat SELECT seq, "
		    "REPEAT('a', 3000000) FROM s.seq_1_to_8",
		"ANALYZE TABLE s.flat", NULL };
	struct archive_root one, many;
	struct db_stats a, b;

	(void)state;
	live_run(&source, NULL, sql);
	dump(1, 0, &one, &a);
	dump(3, 2 << 20, &many, &b);
	assert_memory_equal(&one.fingerprint, &many.fingerprint,
	    sizeof(one.fingerprint));
	assert_int_equal(a.rows, 8);
	assert_int_equal(b.rows, 8);
	assert_int_equal(a.bytes, b.bytes);
}

static void
test_a_table_that_is_gone_is_a_change(void **state)
{
	static const char *const sql[] = { "CREATE TABLE s.t (id INT PRIMARY "
	    "KEY)", "INSERT INTO s.t VALUES (1), (2)", NULL };
	struct relation gone = { .database = (char *)"s",
	    .name = (char *)"nothing", .transactional = true,
	    .primary = true };
	char *key[] = { (char *)"id" };
	struct column column = { .name = (char *)"id", .type = (char *)"int" };
	struct conn *c;
	struct split s;
	struct err e = { 0 };

	(void)state;
	live_run(&source, "s", sql);
	gone.key = key;
	gone.n_key = 1;
	gone.columns = &column;
	gone.n_columns = 1;
	c = live_connect(&source, CONN_BINARY);
	assert_true(split_possible(&gone));
	assert_int_equal(split_find(&s, c, &gone, 2, &e), -1);
	assert_int_equal(e.kind, ERR_CHANGED);
	assert_int_equal(s.n, 0);

	/* Another key than the one that the schema knew. */
	err_clear(&e);
	gone.name = (char *)"t";
	column.type = (char *)"varchar";
	column.charset = (char *)"utf8mb4";
	column.collation = (char *)"utf8mb4_bin";
	key[0] = column.name = (char *)"x";
	assert_int_equal(split_find(&s, c, &gone, 2, &e), -1);
	assert_int_equal(e.kind, ERR_CHANGED);

	/* Something that is not what collations are called. */
	err_clear(&e);
	assert_int_equal(conn_exec(c, "DO 0", &e), 0);
	column.collation = (char *)"x', 1";
	assert_int_equal(split_find(&s, c, &gone, 2, &e), -1);
	assert_int_equal(e.kind, ERR_REMOTE);
	column.collation = NULL;
	assert_int_equal(split_find(&s, c, &gone, 2, &e), -1);
	assert_int_equal(e.kind, ERR_REMOTE);
	conn_close(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts_are_the_whole),
		cmocka_unit_test(test_the_archive_does_not_tell),
		cmocka_unit_test(test_parts_that_do_not_meet_are_read_again),
		cmocka_unit_test(test_a_table_that_is_gone_is_a_change),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
