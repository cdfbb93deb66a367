/*
 * Connections, statements and quoting, against a real server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <errno.h>

#include "../../lib/live_mariadb.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/intr.h"

static struct live live;
static char folder[] = "/tmp/muster-test-conn-XXXXXX";

static void
expect_text(struct buf *b, const char *want)
{
	struct err e = { 0 };

	assert_string_equal(buf_text(b, &e), want);
	buf_clear(b);
}

static void
test_names_and_texts_are_quoted(void **state)
{
	struct err e = { 0 };
	struct buf b;

	(void)state;
	buf_init(&b, 64);
	assert_int_equal(quote_name(&b, "a`b``c", &e), 0);
	expect_text(&b, "`a``b````c`");
	assert_int_equal(quote_text(&b, "it's \\ \0x", 9, &e), 0);
	expect_text(&b, "'it\\'s \\\\ \\0x'");
	assert_int_equal(quote_text(&b, "", 0, &e), 0);
	expect_text(&b, "''");
	assert_int_equal(quote_text(&b, "0123456789012345678901234567890123",
	    34, &e), -1);
	assert_int_equal(e.kind, ERR_MEMORY);
	buf_drop(&b);
}

static void
test_every_byte_survives_quoting(void **state)
{
	struct conn *c = live_connect(&live, CONN_BINARY);
	struct err e = { 0 };
	struct buf sql, back;
	char all[256];
	int i;

	(void)state;
	for (i = 0; i < 256; i++)
		all[i] = (char)i;
	buf_init(&sql, 4096);
	buf_init(&back, 4096);
	assert_int_equal(buf_add_text(&sql, "SELECT ", &e), 0);
	assert_int_equal(quote_text(&sql, all, sizeof(all), &e), 0);
	assert_int_equal(conn_value(c, buf_text(&sql, &e), 0, &back, &e), 0);
	assert_int_equal(back.len, sizeof(all));
	assert_memory_equal(back.data, all, sizeof(all));
	buf_drop(&sql);
	buf_drop(&back);
	conn_close(c);
}

static void
test_an_error_holds_the_servers_words_and_number(void **state)
{
	struct conn *c = live_connect(&live, CONN_UTF8);
	struct err e = { 0 };

	(void)state;
	assert_int_equal(conn_exec(c, "SELECT * FROM mysql.nothing", &e), -1);
	assert_int_equal(e.kind, ERR_REMOTE);
	assert_non_null(strstr(e.text, "mysql.nothing"));
	assert_non_null(strstr(e.text, "(1146)"));
	assert_int_equal(conn_errno(c), 1146);
	assert_int_equal(conn_execf(c, &e, "SELECT %d", 1), 0);
	assert_int_equal(conn_errno(c), 0);
	conn_close(c);
}

static void
test_a_server_without_room_is_no_refusal(void **state)
{
	struct conn *c = live_connect(&live, CONN_UTF8);
	struct err e = { 0 };

	(void)state;
	assert_int_equal(conn_exec(c, "SET max_heap_table_size = 16384", &e),
	    0);
	assert_int_equal(conn_exec(c, "CREATE TEMPORARY TABLE test.full "
	    "(a CHAR(200)) ENGINE=MEMORY", &e), 0);
	assert_int_equal(conn_exec(c, "INSERT INTO test.full SELECT seq "
	    "FROM mysql.seq_1_to_10000", &e), -1);
	assert_int_equal(conn_errno(c), 1114);
	assert_int_equal(e.kind, ERR_SYSTEM);
	assert_int_equal(e.sys, ENOSPC);
	assert_non_null(strstr(e.text, "no room left"));
	conn_close(c);
}

static void
test_a_missing_privilege_is_denied(void **state)
{
	const char *sql[] = { "CREATE USER poor@localhost", NULL };
	struct db_login l = live.login;
	struct err e = { 0 };
	struct conn *c;

	(void)state;
	live_run(&live, NULL, sql);
	l.user = "poor";
	assert_non_null(c = conn_open(&l, CONN_UTF8, &e));
	assert_int_equal(conn_exec(c, "SELECT * FROM mysql.user", &e), -1);
	assert_int_equal(e.kind, ERR_DENIED);
	assert_int_equal(conn_use(c, "mysql", &e), -1);
	assert_int_equal(e.kind, ERR_DENIED);
	assert_int_equal(conn_exec(c, "BACKUP STAGE START", &e), -1);
	assert_int_equal(e.kind, ERR_DENIED);
	conn_close(c);
	l.user = "nobody here";
	assert_null(conn_open(&l, CONN_UTF8, &e));
	assert_int_equal(e.kind, ERR_DENIED);
}

static void
test_rows_come_stored_and_streamed(void **state)
{
	static const char sql[] = "SELECT 'a', NULL UNION ALL SELECT 'b', ''";
	struct conn *c = live_connect(&live, CONN_UTF8);
	struct err e = { 0 };
	struct rows r;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(i == 0 ? rows_query(&r, c, sql, &e) :
		    rows_stream(&r, c, sql, &e), 0);
		assert_int_equal(r.n, 2);
		assert_int_equal(rows_next(&r, &e), 1);
		assert_string_equal(r.v[0], "a");
		assert_null(r.v[1]);
		assert_int_equal(rows_next(&r, &e), 1);
		assert_string_equal(r.v[1], "");
		assert_int_equal(r.len[1], 0);
		assert_int_equal(rows_next(&r, &e), 0);
		rows_free(&r);
	}
	assert_int_equal(rows_query(&r, c, "DO 1", &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_int_equal(rows_stream(&r, c, sql, &e), 0);
	rows_free(&r);			/* unread rows are thrown away */
	assert_int_equal(conn_exec(c, "DO 1", &e), 0);
	conn_close(c);
}

static void
test_a_stream_that_is_cut_is_no_end(void **state)
{
	struct conn *c = live_connect(&live, CONN_UTF8);
	struct err e = { 0 };
	struct rows r;
	int rc;

	(void)state;
	assert_int_equal(rows_stream(&r, c, "SELECT REPEAT('x', 100000) FROM "
	    "mysql.seq_1_to_1000", &e), 0);
	assert_int_equal(rows_next(&r, &e), 1);
	conn_break(c);
	while ((rc = rows_next(&r, &e)) == 1)
		;
	assert_int_equal(rc, -1);
	assert_int_equal(e.kind, ERR_REMOTE);
	rows_free(&r);
	conn_close(c);
}

/* In a process of its own, since a signal cannot be taken back. */
static int
wait_for_a_server(int ready)
{
	struct conn *c;
	struct err e = { 0 };
	int rc;

	intr_watch();
	(void)alarm(60);	/* not interrupted: the test dies of this */
	c = live_connect(&live, CONN_UTF8);
	if (write(ready, "x", 1) != 1)
		return 1;
	rc = conn_exec(c, "SELECT SLEEP(600)", &e);
	conn_close(c);
	return rc != -1 || e.kind != ERR_INTERRUPTED ||
	    strcmp(e.text, "interrupted by SIGTERM") != 0;
}

static void
test_a_signal_ends_the_wait_for_the_server(void **state)
{
	char byte;
	int p[2], status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(p), 0);
	if ((pid = fork()) == 0)
		_exit(wait_for_a_server(p[1]));
	assert_int_not_equal(pid, -1);
	assert_int_equal(read(p[0], &byte, 1), 1);
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	(void)close(p[0]);
	(void)close(p[1]);
}

static void
test_a_statement_without_answer_is_told(void **state)
{
	struct conn *c = live_connect(&live, CONN_UTF8);
	struct err e = { 0 };
	struct buf b;

	(void)state;
	buf_init(&b, 64);
	assert_int_equal(conn_value(c, "SELECT 1 FROM DUAL WHERE 0", 0, &b,
	    &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_int_equal(conn_value(c, "SELECT NULL", 0, &b, &e), -1);
	assert_int_equal(conn_value(c, "SELECT 1, 2", 2, &b, &e), -1);
	assert_int_equal(conn_value(c, "SELECT 1, 2", 1, &b, &e), 0);
	expect_text(&b, "2");
	buf_drop(&b);
	conn_close(c);
}

static void
test_the_server_cannot_ask_for_a_file(void **state)
{
	const char *sql[] = { "CREATE DATABASE nofile",
	    "CREATE TABLE nofile.t (a TEXT)", NULL };
	struct conn *c = live_connect(&live, CONN_UTF8);
	struct err e = { 0 };
	char *n;

	(void)state;
	live_run(&live, NULL, sql);
	assert_int_equal(conn_exec(c, "LOAD DATA LOCAL INFILE '/etc/passwd' "
	    "INTO TABLE nofile.t", &e), -1);
	assert_non_null(strstr(e.text, "asked for a local file"));
	conn_close(c);
	n = live_value(&live, "nofile", "SELECT COUNT(*) FROM t");
	assert_string_equal(n, "0");
	free(n);
}

struct feed {
	int	times;		/* how many runs of bytes */
	int	fail;		/* 1: then an error instead of the end */
};

static int
feed_read(void *cookie, const void **p, size_t *n, struct err *e)
{
	struct feed *f = cookie;

	if (f->times-- > 0) {
		*p = "one\ntwo\nthree\n";
		*n = 14;
		return 1;
	}
	return f->fail ? err_set(e, ERR_DAMAGED, "chunk is damaged") : 0;
}

static void
test_content_is_loaded_from_memory(void **state)
{
	const char *sql[] = { "CREATE DATABASE feed",
	    "CREATE TABLE feed.t (a VARCHAR(4))", NULL };
	struct conn *c = live_connect(&live, CONN_BINARY);
	struct feed f = { .times = 1000 };
	const struct conn_infile in = { feed_read, &f };
	struct conn_loaded done;
	struct err e = { 0 };

	(void)state;
	live_run(&live, NULL, sql);
	assert_int_equal(conn_load(c, "LOAD DATA LOCAL INFILE 'x' INTO TABLE "
	    "feed.t", &in, &done, &e), 0);
	assert_int_equal(done.rows, 3000);
	assert_int_equal(done.warnings, 1000);	/* "three" is too long */
	assert_int_equal(conn_warned(c, &e), -1);
	assert_int_equal(e.kind, ERR_REMOTE);
	assert_non_null(strstr(e.text, "(1265)"));
	conn_close(c);
}

static void
test_content_that_fails_is_not_taken_for_whole(void **state)
{
	const char *sql[] = { "CREATE DATABASE part",
	    "CREATE TABLE part.t (a TEXT)", NULL };
	struct conn *c = live_connect(&live, CONN_BINARY);
	struct feed f = { .times = 100000, .fail = 1 };
	const struct conn_infile in = { feed_read, &f };
	struct conn_loaded done;
	struct err e = { 0 };
	char *n;

	(void)state;
	live_run(&live, NULL, sql);
	assert_int_equal(conn_load(c, "LOAD DATA LOCAL INFILE 'x' INTO TABLE "
	    "part.t", &in, &done, &e), -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	assert_string_equal(e.text, "chunk is damaged");
	conn_close(c);
	n = live_value(&live, "part", "SELECT COUNT(*) FROM t");
	assert_string_equal(n, "0");
	free(n);
}

static void
write_options(char *path, size_t size, mode_t mode)
{
	char text[512];
	struct err e = { 0 };

	(void)snprintf(path, size, "%s/my.cnf", folder);
	(void)snprintf(text, sizeof(text), "[client]\nuser=root\n"
	    "socket=%s\ndefault-character-set=latin1\n"
	    "[muster]\nuser=reader\npassword=s3cret\n", live.login.socket);
	if (file_replace_path(path, mode, text, strlen(text), &e) == -1)
		fail_msg("%s", e.text);
}

static void
test_an_option_file_says_how_to_connect(void **state)
{
	const char *sql[] = { "CREATE USER reader@localhost IDENTIFIED BY "
	    "'s3cret'", NULL };
	struct db_login l = { 0 };
	struct err e = { 0 };
	struct buf b;
	struct conn *c;
	char path[256];

	(void)state;
	live_run(&live, NULL, sql);
	write_options(path, sizeof(path), 0600);
	l.defaults_file = path;
	if ((c = conn_open(&l, CONN_BINARY, &e)) == NULL)
		fail_msg("%s", e.text);
	buf_init(&b, 64);
	assert_int_equal(conn_value(c, "SELECT CONCAT(USER(), "
	    "@@character_set_client)", 0, &b, &e), 0);
	expect_text(&b, "reader@localhostbinary");
	buf_drop(&b);
	conn_close(c);
	l.user = "someone";
	assert_null(conn_open(&l, CONN_BINARY, &e));
	assert_int_equal(e.kind, ERR_DENIED);
	assert_non_null(strstr(e.text, "someone"));
	assert_null(strstr(e.text, "s3cret"));
}

static void
test_an_option_file_that_others_can_read_is_refused(void **state)
{
	struct db_login l = { 0 };
	struct err e = { 0 };
	char path[256];

	(void)state;
	write_options(path, sizeof(path), 0640);
	l.defaults_file = path;
	assert_null(conn_open(&l, CONN_BINARY, &e));
	assert_int_equal(e.kind, ERR_DENIED);
	assert_non_null(strstr(e.text, "chmod 600"));
	assert_non_null(strstr(e.text, path));
	l.defaults_file = folder;
	assert_null(conn_open(&l, CONN_BINARY, &e));
	assert_int_equal(e.kind, ERR_INPUT);
	l.defaults_file = "/no/such/file";
	assert_null(conn_open(&l, CONN_BINARY, &e));
	assert_int_equal(e.kind, ERR_ABSENT);
}

/* A given socket must win, or a drill could reach production. */
static void
test_a_given_socket_is_the_only_way(void **state)
{
	struct db_login l = live.login;
	struct err e = { 0 };
	char path[256];
	static const char text[] = "[client]\nhost=192.0.2.1\nprotocol=tcp\n"
	    "socket=/no/such/socket\n";

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/other.cnf", folder);
	assert_int_equal(file_replace_path(path, 0600, text, strlen(text),
	    &e), 0);
	l.defaults_file = path;
	l.socket = "/no/such/either";
	assert_null(conn_open(&l, CONN_BINARY, &e));
	assert_non_null(strstr(e.text, "/no/such/either"));
}

static int
count(void *cookie, unsigned n, const char *const *v,
    const unsigned long *len, struct err *e)
{
	int *left = cookie;

	(void)n;
	(void)v;
	(void)len;
	(void)e;
	return --*left == 0 ? 7 : 0;
}

static void
test_a_query_hands_on_rows_until_told_to_stop(void **state)
{
	struct err e = { 0 };
	int left = 3;

	(void)state;
	assert_int_equal(db_query(&live.login, "mysql", "SELECT 1 FROM "
	    "seq_1_to_5", count, &left, &e), 7);
	assert_int_equal(left, 0);
	left = 100;
	assert_int_equal(db_query(&live.login, NULL, "SELECT 1 FROM "
	    "mysql.seq_1_to_5", count, &left, &e), 0);
	assert_int_equal(left, 95);
	assert_int_equal(db_query(&live.login, "absent", "SELECT 1", count,
	    &left, &e), -1);
	assert_non_null(strstr(e.text, "cannot use database absent"));
	assert_int_equal(db_query(&live.login, NULL, "SELEC", count, &left,
	    &e), -1);
	assert_int_equal(e.kind, ERR_REMOTE);
}

static int
setup(void **state)
{
	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	live_start(&live);
	return mkdtemp(folder) == NULL;
}

static int
teardown(void **state)
{
	struct err e;

	(void)state;
	live_stop(&live);
	return file_remove_tree(folder, &e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_and_texts_are_quoted),
		cmocka_unit_test(test_every_byte_survives_quoting),
		cmocka_unit_test(
		    test_an_error_holds_the_servers_words_and_number),
		cmocka_unit_test(test_a_server_without_room_is_no_refusal),
		cmocka_unit_test(test_a_missing_privilege_is_denied),
		cmocka_unit_test(test_rows_come_stored_and_streamed),
		cmocka_unit_test(test_a_stream_that_is_cut_is_no_end),
		cmocka_unit_test(test_a_signal_ends_the_wait_for_the_server),
		cmocka_unit_test(test_a_statement_without_answer_is_told),
		cmocka_unit_test(test_the_server_cannot_ask_for_a_file),
		cmocka_unit_test(test_content_is_loaded_from_memory),
		cmocka_unit_test(
		    test_content_that_fails_is_not_taken_for_whole),
		cmocka_unit_test(test_an_option_file_says_how_to_connect),
		cmocka_unit_test(
		    test_an_option_file_that_others_can_read_is_refused),
		cmocka_unit_test(test_a_given_socket_is_the_only_way),
		cmocka_unit_test(
		    test_a_query_hands_on_rows_until_told_to_stop),
	};

	return cmocka_run_group_tests_name("a connection", tests, setup,
	    teardown);
}
