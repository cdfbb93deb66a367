/*
 * Dumps under fire: writers that move money, and somebody who changes tables
 * all the time.  Each dump is loaded and looked at: every sum is right, every
 * row is whole, or the dump was refused; nothing is ever silently wrong.
 * MUSTER_FIRE=100 takes a hundred of each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../lib/live_chunks.h"
#include "../../lib/live_mariadb.h"
#include "base/clock.h"
#include "base/err.h"

#define WRITERS 8
#define DUMPS 5
#define NS_PER_MS 1000000

static struct live source, target;
static struct live_chunks store;
static atomic_bool stop;
static atomic_ullong moved, slowest;	/* transfers; ns */

static int
dumps(void)
{
	const char *n = getenv("MUSTER_FIRE");

	return n == NULL ? DUMPS : atoi(n);
}

static unsigned
next(unsigned *seed, unsigned below)
{
	return (unsigned)rand_r(seed) % below;
}

/* One transfer: between two tables in a transaction, and within MyISAM. */
static int
transfer(struct conn *c, unsigned *seed, struct err *e)
{
	static const char *const tables[] = { "a", "b" };
	unsigned from = next(seed, 2), x = next(seed, 50), y = next(seed, 50);
	unsigned sum = next(seed, 100);

	if (conn_exec(c, "BEGIN", e) == -1 ||
	    conn_execf(c, e, "UPDATE m.%s SET v=v-%u WHERE id=%u",
	    tables[from], sum, x) == -1 ||
	    conn_execf(c, e, "UPDATE m.%s SET v=v+%u WHERE id=%u",
	    tables[1 - from], sum, y) == -1 ||
	    conn_exec(c, "COMMIT", e) == -1)
		return -1;
	return conn_execf(c, e, "UPDATE m.i SET v=v+IF(id=%u,%u,-%u) WHERE "
	    "id IN (%u,%u)", x, sum, sum, x, (x + 1) % 50);
}

static void *
writer(void *cookie)
{
	unsigned seed = (unsigned)(uintptr_t)cookie;
	struct err e = { 0 };
	struct conn *c = conn_open(&source.login, CONN_UTF8, &e);
	unsigned long long took;
	int64_t began;

	while (c != NULL && !atomic_load(&stop)) {
		began = clock_monotonic();
		if (transfer(c, &seed, &e) == -1)
			(void)conn_exec(c, "ROLLBACK", &e);	/* deadlock */
		else
			(void)atomic_fetch_add(&moved, 1);
		took = (unsigned long long)(clock_monotonic() - began);
		if (took > atomic_load(&slowest))
			atomic_store(&slowest, took);
	}
	conn_close(c);
	return NULL;
}

/* Changes of tables t0..t4, in which v is always 7 * id and xN always N. */
static int
change(struct conn *c, unsigned *seed, struct err *e)
{
	unsigned t = next(seed, 5), n = next(seed, 4);

	switch (next(seed, 6)) {
	case 0:
		return conn_execf(c, e, "ALTER TABLE d.t%u ADD COLUMN x%u INT "
		    "NOT NULL DEFAULT %u, ALGORITHM=INSTANT", t, n, n);
	case 1:
		return conn_execf(c, e, "ALTER TABLE d.t%u DROP COLUMN x%u",
		    t, n);
	case 2:
		if (conn_execf(c, e, "RENAME TABLE d.t%u TO d.away", t) == -1)
			return -1;
		return conn_execf(c, e, "RENAME TABLE d.away TO d.t%u", t);
	case 3:
		if (conn_execf(c, e, "TRUNCATE d.t%u", t) == -1)
			return -1;
		return conn_execf(c, e, "INSERT INTO d.t%u (id, v) SELECT seq,"
		    " seq*7 FROM d.seq_1_to_500", t);
	case 4:
		if (conn_exec(c, "CREATE OR REPLACE TABLE d.t9 (id INT, v "
		    "INT)", e) == -1)
			return -1;
		return conn_exec(c, "INSERT INTO d.t9 SELECT seq, seq*7 FROM "
		    "d.seq_1_to_500", e);
	default:
		return conn_execf(c, e, "ALTER TABLE d.t%u ENGINE=InnoDB", t);
	}
}

static void *
changer(void *cookie)
{
	unsigned seed = (unsigned)(uintptr_t)cookie;
	struct err e = { 0 };
	struct conn *c = conn_open(&source.login, CONN_UTF8, &e);

	while (c != NULL && !atomic_load(&stop)) {
		if (change(c, &seed, &e) == -1)
			err_clear(&e);	/* a column that is there already */
		(void)usleep(1000 * next(&seed, 120));
	}
	conn_close(c);
	return NULL;
}

/* Any number of tables may be there; what is in them must be whole. */
static void
check_changed(void)
{
	struct conn *c = live_connect(&target, CONN_UTF8);
	struct rows r = { 0 };
	struct err e = { 0 };
	char *bad;

	if (rows_query(&r, c, "SELECT CONCAT('SELECT COUNT(*) FROM d.', "
	    "table_name, ' HAVING COUNT(*) NOT IN (0, 500) OR SUM(v <> id * 7 "
	    "OR ', GROUP_CONCAT(IF(column_name LIKE 'x%', "
	    "CONCAT(column_name, '<>', SUBSTR(column_name, 2)), 'FALSE') "
	    "SEPARATOR ' OR '), ') > 0') FROM information_schema.columns "
	    "WHERE table_schema='d' GROUP BY table_name", &e) == -1)
		fail_msg("%s", e.text);
	while (rows_next(&r, &e) == 1) {
		struct rows found = { 0 };

		bad = strdup(r.v[0]);
		assert_non_null(bad);
		if (rows_query(&found, c, bad, &e) == -1)
			fail_msg("%s: %s", bad, e.text);
		if (rows_next(&found, &e) != 0)
			fail_msg("%s: %s rows", bad, found.v[0]);
		rows_free(&found);
		free(bad);
	}
	rows_free(&r);
	conn_close(c);
}

static void
check_money(void)
{
	static const char *const sums[] = {
		"SELECT (SELECT SUM(v) FROM m.a) + (SELECT SUM(v) FROM m.b)",
		"SELECT 50000 + SUM(v) FROM m.i",
	};
	char *sum;
	size_t i;

	for (i = 0; i < sizeof(sums) / sizeof(*sums); i++) {
		sum = live_value(&target, NULL, sums[i]);
		assert_string_equal(sum, "100000");
		free(sum);
	}
}

/* What was found by a short cut is what the log itself says. */
static void
check_gtid(const struct db_point *p)
{
	char sql[512], *gtid;

	if (p->binlog_file[0] == '\0')
		return;
	(void)snprintf(sql, sizeof(sql), "SELECT BINLOG_GTID_POS('%s', %llu)",
	    p->binlog_file, (unsigned long long)p->binlog_pos);
	gtid = live_value(&source, NULL, sql);
	assert_string_not_equal(gtid, "");
	assert_string_equal(p->gtid, gtid);
	free(gtid);
}

struct tally {
	int		right, refused, tries;
	uint64_t	locks[1024];
};

/* One dump; when it was not refused, it is loaded, checked and removed. */
static void
take_one(const char *database, void (*check)(void), struct tally *t)
{
	const char *databases[] = { database, NULL };
	struct db_dump_options o = { .login = source.login,
	    .databases = databases, .connections = 4 };
	struct db_load_options l = { .login = target.login,
	    .throwaway = true };
	struct archive_root root;
	struct db_point point = { 0 };
	struct db_stats stats;
	struct err e = { 0 };
	struct conn *c;

	if (db_dump(store.chunks, &o, &root, &point, &stats, &e) == -1) {
		if (e.kind != ERR_CHANGED)
			fail_msg("%s", e.text);
		t->refused++;
		return;
	}
	if (chunks_flush(store.chunks, &e) == -1 ||
	    db_load(store.chunks, &root, &l, &stats, &e) == -1)
		fail_msg("%s", e.text);
	check();
	check_gtid(&point);
	t->locks[t->right++ % 1024] = point.lock_us;
	t->tries += (int)point.tries;
	c = live_connect(&target, CONN_UTF8);
	if (conn_execf(c, &e, "DROP DATABASE %s", database) == -1)
		fail_msg("%s", e.text);
	conn_close(c);
}

static int
compare_numbers(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void
under_fire(const char *database, void (*check)(void), void *(*run)(void *),
    int threads)
{
	struct tally t = { 0 };
	pthread_t v[WRITERS];
	int i, n = dumps();

	atomic_store(&stop, false);
	atomic_store(&moved, 0);
	atomic_store(&slowest, 0);
	for (i = 0; i < threads; i++)
		assert_int_equal(pthread_create(&v[i], NULL, run,
		    (void *)(uintptr_t)(i + 1)), 0);
	for (i = 0; i < n; i++)
		take_one(database, check, &t);
	atomic_store(&stop, true);
	for (i = 0; i < threads; i++)
		(void)pthread_join(v[i], NULL);
	n = t.right < 1024 ? t.right : 1024;
	qsort(t.locks, (size_t)n, sizeof(*t.locks), compare_numbers);
	print_message("%s: %d right, %d refused, %d tries, lock p99 %llu us, "
	    "max %llu us; %llu transfers, the slowest %llu ms\n", database,
	    t.right, t.refused, t.tries,
	    (unsigned long long)(n > 0 ? t.locks[n * 99 / 100] : 0),
	    (unsigned long long)(n > 0 ? t.locks[n - 1] : 0),
	    atomic_load(&moved), atomic_load(&slowest) / NS_PER_MS);
	assert_int_equal(t.right + t.refused, dumps());
}

static void
make_databases(void)
{
	static const char *const sql[] = {
		"DROP DATABASE IF EXISTS m", "DROP DATABASE IF EXISTS d",
		"CREATE DATABASE m", "CREATE DATABASE d",
		"CREATE TABLE m.a (id INT PRIMARY KEY, v INT)",
		"CREATE TABLE m.b LIKE m.a",
		"CREATE TABLE m.i (id INT PRIMARY KEY, v INT) ENGINE=MyISAM",
		"INSERT INTO m.a SELECT seq, 1000 FROM m.seq_0_to_49",
		"INSERT INTO m.b SELECT seq, 1000 FROM m.seq_0_to_49",
		"INSERT INTO m.i SELECT seq, 1000 FROM m.seq_0_to_49",
		"CREATE TABLE d.t0 (id INT PRIMARY KEY, v INT)",
		"INSERT INTO d.t0 SELECT seq, seq*7 FROM d.seq_1_to_500",
		"CREATE TABLE d.t1 SELECT * FROM d.t0",
		"CREATE TABLE d.t2 SELECT * FROM d.t0",
		"CREATE TABLE d.t3 SELECT * FROM d.t0",
		"CREATE TABLE d.t4 SELECT * FROM d.t0",
		NULL,
	};

	live_run(&source, NULL, sql);
}

static void
test_money_is_right_by_the_binary_log(void **state)
{
	(void)state;
	live_start_logged(&source, "");
	make_databases();
	under_fire("m", check_money, writer, WRITERS);
}

static void
test_changed_tables_are_right_or_refused(void **state)
{
	(void)state;
	live_start_logged(&source, "");
	make_databases();
	under_fire("d", check_changed, changer, 1);
}

/* Without a binary log commits are held for a moment. */
static void
test_money_is_right_by_holding_commits(void **state)
{
	(void)state;
	live_start(&source);
	make_databases();
	under_fire("m", check_money, writer, WRITERS);
}

static int
setup(void **state)
{
	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	live_chunks_open(&store);
	live_start(&target);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	live_stop(&target);
	live_chunks_close(&store);
	return 0;
}

static int
stop_source(void **state)
{
	(void)state;
	live_stop(&source);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
		    test_money_is_right_by_the_binary_log, stop_source),
		cmocka_unit_test_teardown(
		    test_money_is_right_by_holding_commits, stop_source),
		cmocka_unit_test_teardown(
		    test_changed_tables_are_right_or_refused, stop_source),
	};

	return cmocka_run_group_tests_name("under fire", tests, setup,
	    teardown);
}
