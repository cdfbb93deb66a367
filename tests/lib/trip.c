/*
 * A database that goes from one server to another: see trip.h.
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

#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "db/names.h"
#include "trip.h"
#include "witness.h"

void
trip_shell(struct trip *t, const char *command)
{
	struct err e = { 0 };
	struct buf out;
	char *line;
	int status;

	assert_int_not_equal(asprintf(&line, "set -e; mariadb() { command "
	    "mariadb --no-defaults --comments --user=root "
	    "--default-character-set=utf8mb4 --socket='%s' \"$@\"; }; %s",
	    t->source.login.socket, command), -1);
	buf_init(&out, (size_t)1 << 26);
	if (child_shell(line, NULL, 600, &out, &status, &e) == -1)
		fail_msg("%s", e.text);
	if (status != 0)
		fail_msg("%s: %.*s", command, (int)out.len,
		    (const char *)out.data);
	buf_drop(&out);
	free(line);
}

void
trip_list(const struct live *l, struct names *out)
{
	struct conn *c = live_connect(l, CONN_BINARY);
	struct rows r = { 0 };
	struct err e = { 0 };

	if (rows_query(&r, c, "SELECT schema_name FROM "
	    "information_schema.schemata WHERE schema_name NOT IN ('mysql', "
	    "'information_schema', 'performance_schema', 'sys')", &e) == -1)
		fail_msg("%s", e.text);
	while (rows_next(&r, &e) == 1)
		assert_int_equal(names_add(out, r.v[0], &e), 0);
	rows_free(&r);
	conn_close(c);
	names_sort(out);
}

int
trip_dump(struct trip *t, const struct live *l, const struct names *n,
    int connections, struct archive_root *root, struct db_stats *stats,
    struct err *e)
{
	const char **v = calloc(n->n + 1, sizeof(*v));
	struct db_dump_options o = { .login = l->login, .databases = v,
	    .connections = connections, .part_size = 4096 };
	struct db_point point;
	size_t i;
	int rc;

	assert_non_null(v);
	for (i = 0; i < n->n; i++)
		v[i] = n->v[i];
	rc = db_dump(t->store.chunks, &o, root, &point, stats, e);
	if (rc == 0)
		rc = chunks_flush(t->store.chunks, e);
	free(v);
	return rc;
}

static void
dump(struct trip *t, const struct live *l, const struct names *n,
    int connections, struct archive_root *root, struct db_stats *stats)
{
	struct err e = { 0 };

	if (trip_dump(t, l, n, connections, root, stats, &e) == -1)
		fail_msg("%s", e.text);
}

static void
compare_all(const struct trip *t, const struct names *n)
{
	struct buf a, b;
	size_t i;

	for (i = 0; i < n->n; i++) {
		witness_database(&t->source, n->v[i], &a);
		witness_database(&t->target, n->v[i], &b);
		witness_compare(n->v[i], &a, &b);
		buf_drop(&a);
		buf_drop(&b);
	}
	witness_accounts(&t->source, &a);
	witness_accounts(&t->target, &b);
	witness_compare("accounts", &a, &b);
	buf_drop(&a);
	buf_drop(&b);
}

void
trip_forget(const struct live *l, const struct names *n)
{
	static const char *const accounts[] = {
		"DELETE FROM mysql.global_priv WHERE user NOT IN ('root', "
		    "'mariadb.sys', 'PUBLIC')",
		"DELETE FROM mysql.db", "DELETE FROM mysql.tables_priv",
		"DELETE FROM mysql.columns_priv",
		"DELETE FROM mysql.procs_priv",
		"DELETE FROM mysql.roles_mapping", "FLUSH PRIVILEGES", NULL,
	};
	struct conn *c = live_connect(l, CONN_UTF8);
	struct err e = { 0 };
	struct buf b;
	size_t i;

	buf_init(&b, 4096);
	assert_int_equal(conn_exec(c, "SET foreign_key_checks=0", &e), 0);
	for (i = 0; i < n->n; i++) {
		buf_clear(&b);
		assert_int_equal(buf_add_text(&b, "DROP DATABASE ", &e), 0);
		assert_int_equal(quote_name(&b, n->v[i], &e), 0);
		if (conn_exec_len(c, b.data, b.len, &e) == -1)
			fail_msg("%s", e.text);
	}
	buf_drop(&b);
	conn_close(c);
	live_run(l, NULL, accounts);
}

void
trip_go(struct trip *t)
{
	struct db_load_options o = { .login = t->target.login,
	    .throwaway = true, .users = true };
	struct archive_root before, alone, after;
	struct db_stats stats, loaded;
	struct names n = { 0 };
	struct err e = { 0 };

	trip_list(&t->source, &n);
	dump(t, &t->source, &n, 3, &before, &stats);
	dump(t, &t->source, &n, 1, &alone, &stats);
	assert_memory_equal(&before.fingerprint, &alone.fingerprint,
	    sizeof(before.fingerprint));
	if (db_load(t->store.chunks, &before, &o, &loaded, &e) == -1)
		fail_msg("%s", e.text);
	compare_all(t, &n);
	dump(t, &t->target, &n, 2, &after, &stats);
	assert_memory_equal(&before.fingerprint, &after.fingerprint,
	    sizeof(before.fingerprint));
	assert_int_equal(stats.rows, loaded.rows);
	names_drop(&n);
}

void
trip_tidy(struct trip *t)
{
	struct names n = { 0 };

	trip_list(&t->source, &n);
	trip_forget(&t->source, &n);
	names_drop(&n);
	trip_list(&t->target, &n);
	trip_forget(&t->target, &n);
	names_drop(&n);
}

void
trip_begin(struct trip *t)
{
	*t = (struct trip){ 0 };
	(void)signal(SIGPIPE, SIG_IGN);
	live_chunks_open(&t->store);
	live_start(&t->source);
	live_start(&t->target);
}

void
trip_end(struct trip *t)
{
	live_stop(&t->source);
	live_stop(&t->target);
	live_chunks_close(&t->store);
}
