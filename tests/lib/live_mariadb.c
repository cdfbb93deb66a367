/*
 * A private MariaDB server for tests: see live_mariadb.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/scratch.h"
#include "live_mariadb.h"

#define MEMORY ((uint64_t)128 << 20)

static void
must(int ok, const struct err *e)
{
	if (!ok)
		fail_msg("%s", e->text);
}

void
live_start(struct live *l)
{
	struct db_server_options o = { .memory = MEMORY };
	const char *tmp = getenv("TMPDIR");
	struct err e = { 0 };

	l->scratch = scratch_new(tmp != NULL ? tmp : "/tmp", &e);
	must(l->scratch != NULL, &e);
	o.scratch = l->scratch;
	l->server = db_server_start(&o, &e);
	must(l->server != NULL, &e);
	l->login = (struct db_login){ .user = "root",
	    .socket = db_server_socket(l->server) };
}

void
live_root(char *path, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", path, size - 1);
	int i;

	assert_true(n > 0);
	path[n] = '\0';
	for (i = 0; i < 6; i++)
		*strrchr(path, '/') = '\0';
}

static void
shell(const char *line)
{
	struct err e = { 0 };
	struct buf out;
	int status;

	buf_init(&out, (size_t)1 << 20);
	must(child_shell(line, NULL, 600, &out, &status, &e) == 0, &e);
	if (status != 0)
		fail_msg("%s: %.*s", line, (int)out.len,
		    (const char *)out.data);
	buf_drop(&out);
}

void
live_start_logged(struct live *l, const char *options)
{
	char root[4096], line[8192], place[] = "/var/tmp/muster-live.XXXXXX";
	const struct passwd *me = getpwuid(geteuid());

	*l = (struct live){ 0 };
	assert_non_null(me);
	assert_non_null(mkdtemp(place));
	assert_non_null(l->place = strdup(place));
	assert_int_equal(chmod(place, 0711), 0);
	live_root(root, sizeof(root));
	(void)snprintf(line, sizeof(line), "'%s/scripts/start-mariadb' %s/s "
	    "--log-bin=bin --server-id=1 --sync-binlog=0 "
	    "--innodb-flush-log-at-trx-commit=0 --innodb-buffer-pool-size=64M "
	    "--local-infile=1 %s </dev/null 2>&1", root, place, options);
	shell(line);
	assert_int_not_equal(asprintf(&l->user, "%s", me->pw_name), -1);
	(void)snprintf(line, sizeof(line), "%s/s/sock", place);
	l->login.user = l->user;
	assert_non_null(l->login.socket = strdup(line));
}

static void
stop_logged(struct live *l)
{
	char root[4096], line[8192];

	live_root(root, sizeof(root));
	(void)snprintf(line, sizeof(line), "'%s/scripts/stop-mariadb' %s/s; "
	    "rm -rf %s", root, l->place, l->place);
	shell(line);
	free((char *)(uintptr_t)l->login.socket);
	free(l->place);
	free(l->user);
}

void
live_stop(struct live *l)
{
	if (l->place != NULL)
		stop_logged(l);
	db_server_free(l->server);
	scratch_free(l->scratch);
	*l = (struct live){ 0 };
}

struct conn *
live_connect(const struct live *l, enum conn_charset cs)
{
	struct err e = { 0 };
	struct conn *c = conn_open(&l->login, cs, &e);

	must(c != NULL, &e);
	return c;
}

void
live_run(const struct live *l, const char *database, const char *const *sql)
{
	struct conn *c = live_connect(l, CONN_UTF8);
	struct err e = { 0 };

	if (database != NULL)
		must(conn_use(c, database, &e) == 0, &e);
	for (; *sql != NULL; sql++)
		if (conn_exec(c, *sql, &e) == -1)
			fail_msg("%s: %s", *sql, e.text);
	conn_close(c);
}

char *
live_value(const struct live *l, const char *database, const char *sql)
{
	struct conn *c = live_connect(l, CONN_BINARY);
	struct err e = { 0 };
	struct buf b;
	char *text;

	buf_init(&b, (size_t)1 << 20);
	if (database != NULL)
		must(conn_use(c, database, &e) == 0, &e);
	must(conn_value(c, sql, 0, &b, &e) == 0, &e);
	text = buf_text(&b, &e);
	must(text != NULL && (text = strdup(text)) != NULL, &e);
	buf_drop(&b);
	conn_close(c);
	return text;
}

/* The data lies beside the repository, or beside its main working tree. */
static int
find_set(const char *set, char *path, size_t size)
{
	static const char *const places[] = { "../shared", "../../shared" };
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(*places); i++) {
		(void)snprintf(path, size, "%s/data/sets/%s.sql.gz",
		    places[i], set);
		if (access(path, R_OK) == 0)
			return 1;
	}
	return 0;
}

int
live_load_set(const struct live *l, const char *database, const char *set)
{
	const char *create[] = { NULL, NULL };
	char path[512], line[1024], sql[256];
	struct err e = { 0 };
	struct buf out;
	int status;

	if (!find_set(set, path, sizeof(path)))
		return 0;
	(void)snprintf(sql, sizeof(sql), "CREATE DATABASE `%s`", database);
	create[0] = sql;
	live_run(l, NULL, create);
	(void)snprintf(line, sizeof(line), "gzip -dc '%s' | mariadb "
	    "--no-defaults --default-character-set=utf8mb4 --socket='%s' "
	    "--user=root '%s'", path, l->login.socket, database);
	buf_init(&out, (size_t)1 << 20);
	must(child_shell(line, NULL, 600, &out, &status, &e) == 0, &e);
	if (status != 0)
		fail_msg("%s: %.*s", line, (int)out.len,
		    (const char *)out.data);
	buf_drop(&out);
	return 1;
}
