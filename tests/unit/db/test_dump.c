/*
 * What ends a dump ends it with an error that names the table, or the database
 * whose schema is read again beside it: there is no archive of a part.  And a
 * row may be as large as it likes.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>

#include <cmocka.h>

#include "../../lib/trip.h"
#include "base/err.h"

static struct live source;
static struct trip trip;
static const char *to_do;
static atomic_bool done;

/* Once rows arrive: run the statement, from a connection that may die of it. */
static void
strike(void *cookie, uint64_t bytes, uint64_t entries)
{
	struct err e = { 0 };
	struct conn *c;

	(void)cookie;
	(void)entries;
	if (bytes == 0 || atomic_exchange(&done, true))
		return;
	c = live_connect(&source, CONN_UTF8);
	(void)conn_exec(c, to_do, &e);
	conn_close(c);
}

static void
make_table(void)
{
	static const char *const sql[] = { "CREATE DATABASE big",
		"CREATE TABLE big.t (id INT PRIMARY KEY, a VARCHAR(200), b "
		    "INT)",
		"INSERT INTO big.t SELECT seq, REPEAT(MD5(seq), 6), seq FROM "
		    "big.seq_1_to_200000", NULL };

	live_run(&source, NULL, sql);
}

static void
ends_with_an_error(const char *sql)
{
	static const char *const databases[] = { "big", NULL };
	struct db_dump_options o = { .databases = databases,
	    .connections = 2, .progress = strike };
	struct archive_root root = { .entries = 77 };
	struct db_point point;
	struct db_stats stats;
	struct err e = { 0 };

	live_start_logged(&source, "");
	o.login = source.login;
	make_table();
	to_do = sql;
	atomic_store(&done, false);
	assert_int_equal(db_dump(trip.store.chunks, &o, &root, &point, &stats,
	    &e), -1);
	assert_true(atomic_load(&done));
	if (e.kind != ERR_REMOTE || (strstr(e.text, "table big.t") == NULL &&
	    strstr(e.text, "database big: ") == NULL &&
	    strstr(e.text, "cannot read the accounts: ") == NULL))
		fail_msg("%s", e.text);
	assert_int_equal(root.entries, 77);
	live_stop(&source);
}

static void
test_a_killed_connection_ends_it(void **state)
{
	(void)state;
	ends_with_an_error("BEGIN NOT ATOMIC FOR k IN (SELECT id FROM "
	    "information_schema.processlist WHERE id <> CONNECTION_ID() AND "
	    "command='Query') DO EXECUTE IMMEDIATE CONCAT('KILL ', k.id); END "
	    "FOR; END");
}

static void
test_a_server_that_is_shut_down_ends_it(void **state)
{
	(void)state;
	ends_with_an_error("SHUTDOWN");
}

/* Were commits held while a dump of two connections took its point? */
static bool
holds_commits(const char *user)
{
	static const char sql[] = "SELECT variable_value FROM "
	    "information_schema.global_status WHERE variable_name="
	    "'Com_backup'";
	static const char *const databases[] = { "d", NULL };
	struct db_dump_options o = { .databases = databases,
	    .connections = 2 };
	char *before = live_value(&source, NULL, sql), *after;
	struct archive_root root;
	struct db_point point;
	struct db_stats stats;
	struct err e = { 0 };
	bool held;

	o.login = source.login;
	if (user != NULL)
		o.login.user = user;
	if (db_dump(trip.store.chunks, &o, &root, &point, &stats, &e) == -1)
		fail_msg("%s", e.text);
	after = live_value(&source, NULL, sql);
	held = strcmp(before, after) != 0;
	free(before);
	free(after);
	return held;
}

static void
test_a_log_that_may_lack_something_is_not_compared_by(void **state)
{
	static const char *const make[] = { "CREATE DATABASE d",
	    "CREATE TABLE d.t (a INT)", "CREATE USER u@localhost",
	    "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON d.* TO u@localhost",
	    "GRANT SELECT ON mysql.* TO u@localhost",
	    "GRANT RELOAD ON *.* TO u@localhost", NULL };
	static const char *const grant[] = {
	    "GRANT BINLOG MONITOR ON *.* TO u@localhost", NULL };

	(void)state;
	live_start_logged(&source, "--binlog-ignore-db=quiet");
	live_run(&source, NULL, make);
	assert_true(holds_commits(NULL));
	live_stop(&source);
	live_start_logged(&source, "");
	live_run(&source, NULL, make);
	assert_false(holds_commits(NULL));
	assert_true(holds_commits("u"));
	live_run(&source, NULL, grant);
	assert_false(holds_commits("u"));
	live_run(&source, NULL, (const char *const[]) {
	    "SET GLOBAL gtid_slave_pos='1-1-1'", NULL });
	assert_true(holds_commits(NULL));
}

/* Twice as much as a packet of the source may be. */
static void
test_a_row_larger_than_a_packet_comes_back(void **state)
{
	(void)state;
	trip_shell(&trip, "mariadb -e \"CREATE DATABASE huge; CREATE TABLE "
	    "huge.t (id INT PRIMARY KEY, b LONGBLOB, c LONGTEXT)\"; "
	    "mariadb -e \"INSERT INTO huge.t VALUES (1, "
	    "REPEAT(x'00095C0AFF4E', 5500000), REPEAT('plain', 6500000)), (2, "
	    "'', NULL); SET GLOBAL max_allowed_packet=16777216\"");
	trip_go(&trip);
}

/* Has somebody to wait for us? */
static void
wait_for_waiter(void)
{
	static const char sql[] = "SELECT COUNT(*) FROM information_schema."
	    "processlist WHERE state LIKE 'Waiting for backup%'";
	char *n;
	bool waits;

	do {
		n = live_value(&trip.source, NULL, sql);
		waits = strcmp(n, "0") != 0;
		free(n);
	} while (!waits);
}

static void *
dump_late(void *cookie)
{
	static const char *const databases[] = { "late", NULL };
	struct db_dump_options o = { .login = trip.source.login,
	    .databases = databases, .connections = 2 };
	struct archive_root root;
	struct db_point point;
	struct db_stats stats;

	return db_dump(trip.store.chunks, &o, &root, &point, &stats,
	    cookie) == -1 ? cookie : NULL;
}

/* The schema was read, the point waits for a lock: now the row comes. */
static void
test_a_row_that_no_load_takes_is_refused_until_the_point(void **state)
{
	static const char *const make[] = { "CREATE DATABASE late",
	    "SET time_zone='+00:00'",
	    "CREATE TABLE late.t (a TIMESTAMP, b VARCHAR(30) CHARACTER SET "
		"latin1 AS (CONCAT('\xc3\xa9', a)) STORED)",
	    "INSERT INTO late.t (a) VALUES ('2026-01-01 01:00:00')", NULL };
	static const char *const write[] = { "SET time_zone='+05:00'",
	    "INSERT INTO late.t (a) VALUES ('2026-01-01 01:00:00')", NULL };
	struct conn *c;
	struct err e = { 0 }, own = { 0 };
	pthread_t thread;
	void *failed;

	(void)state;
	live_run(&trip.source, NULL, make);
	if (dump_late(&e) != NULL)
		fail_msg("%s", e.text);
	c = live_connect(&trip.source, CONN_UTF8);
	assert_int_equal(conn_exec(c, "BACKUP STAGE START", &own), 0);
	assert_int_equal(pthread_create(&thread, NULL, dump_late, &e), 0);
	wait_for_waiter();
	live_run(&trip.source, NULL, write);
	assert_int_equal(conn_exec(c, "BACKUP STAGE END", &own), 0);
	assert_int_equal(pthread_join(thread, &failed), 0);
	conn_close(c);
	assert_non_null(failed);
	assert_int_equal(e.kind, ERR_UNSUPPORTED);
	if (strstr(e.text, "late.t: stored column b was computed of a "
	    "TIMESTAMP in another time zone") == NULL)
		fail_msg("%s", e.text);
}

static void
dump_as(const char *user, struct archive_root *root)
{
	static const char *const databases[] = { "corpus", "odd/db.\xc3\xa9 `x",
	    NULL };
	struct db_dump_options o = { .login = trip.source.login,
	    .databases = databases, .connections = 2 };
	struct db_point point;
	struct db_stats stats;
	struct err e = { 0 };

	o.login.user = user;
	if (db_check_source(&o.login, databases, &e) == -1 ||
	    db_dump(trip.store.chunks, &o, root, &point, &stats, &e) == -1)
		fail_msg("%s: %s", user, e.text);
}

/* A view that calls a function shows nothing to who may not call it. */
static void
is_denied_a_view(const char *user)
{
	static const char *const databases[] = { "corpus", NULL };
	struct db_dump_options o = { .login = trip.source.login,
	    .databases = databases };
	struct archive_root root;
	struct db_point point;
	struct db_stats stats;
	struct err e = { 0 };

	o.login.user = user;
	assert_int_equal(db_dump(trip.store.chunks, &o, &root, &point, &stats,
	    &e), -1);
	if (e.kind != ERR_DENIED || strstr(e.text, "a_over_z") == NULL ||
	    strstr(e.text, "GRANT EXECUTE") == NULL)
		fail_msg("%s", e.text);
}

/* The grants of muster-db(1), and no others. */
static void
test_the_least_privileges_are_enough(void **state)
{
	static const char *const grants[] = {
		"CREATE USER muster@localhost",
		"GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON corpus.* TO "
		    "muster@localhost",
		"GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON "
		    "`odd/db.\xc3\xa9 ``x`.* TO muster@localhost",
		"GRANT SELECT ON mysql.* TO muster@localhost",
		"GRANT RELOAD ON *.* TO muster@localhost",
		NULL,
	};
	static const char *const revokes[] = { "SELECT", "SHOW VIEW",
	    "TRIGGER", "EVENT" };
	static const char *const databases[] = { "corpus", NULL };
	struct db_login login = trip.source.login;
	struct archive_root own, root;
	const char *sql[] = { NULL, NULL };
	char root_path[4096], command[8192], text[256];
	struct err e;
	size_t i;

	(void)state;
	trip_tidy(&trip);
	live_root(root_path, sizeof(root_path));
	(void)snprintf(command, sizeof(command),
	    "mariadb <'%s/tests/lib/corpus/mixed.sql'", root_path);
	trip_shell(&trip, command);
	live_run(&trip.source, NULL, grants);
	is_denied_a_view("muster");
	sql[0] = "GRANT EXECUTE ON corpus.* TO muster@localhost";
	live_run(&trip.source, NULL, sql);
	dump_as("muster", &own);
	dump_as("root", &root);
	assert_memory_equal(&own.fingerprint, &root.fingerprint,
	    sizeof(own.fingerprint));
	login.user = "muster";
	sql[0] = text;
	for (i = 0; i < sizeof(revokes) / sizeof(*revokes); i++) {
		(void)snprintf(text, sizeof(text), "REVOKE %s ON corpus.* "
		    "FROM muster@localhost", revokes[i]);
		live_run(&trip.source, NULL, sql);
		err_clear(&e);
		assert_int_equal(db_check_source(&login, databases, &e), -1);
		(void)snprintf(text, sizeof(text), "GRANT %s ON `corpus`.* TO "
		    "`muster`@`localhost`", revokes[i]);
		if (e.kind != ERR_DENIED || strstr(e.text, text) == NULL)
			fail_msg("%s", e.text);
		live_run(&trip.source, NULL, sql);
	}
}

static int
tidy(void **state)
{
	(void)state;
	trip_tidy(&trip);
	return 0;
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
stop_source(void **state)
{
	(void)state;
	if (source.place != NULL)
		live_stop(&source);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
		    test_a_row_that_no_load_takes_is_refused_until_the_point,
		    tidy),
		cmocka_unit_test_teardown(
		    test_a_log_that_may_lack_something_is_not_compared_by,
		    stop_source),
		cmocka_unit_test_teardown(test_a_killed_connection_ends_it,
		    stop_source),
		cmocka_unit_test_teardown(
		    test_a_server_that_is_shut_down_ends_it, stop_source),
		cmocka_unit_test(test_a_row_larger_than_a_packet_comes_back),
		cmocka_unit_test(test_the_least_privileges_are_enough),
	};

	return cmocka_run_group_tests_name("dump", tests, setup, teardown);
}
