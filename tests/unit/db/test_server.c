/*
 * The throwaway server: it starts, is alone, is of the wanted version, dies
 * with its maker and leaves nothing behind.
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

#include "base/err.h"
#include "base/file.h"
#include "base/scratch.h"
#include "db/conn.h"
#include "db/db.h"

static char parent[] = "/tmp/muster-test-server-XXXXXX";

static struct scratch *
scratch(void)
{
	struct err e = { 0 };
	struct scratch *s = scratch_new(parent, &e);

	if (s == NULL)
		fail_msg("%s", e.text);
	return s;
}

static struct db_server *
start(struct scratch *s)
{
	struct db_server_options o = { .scratch = s,
	    .memory = 64 << 20 };
	struct err e = { 0 };
	struct db_server *d = db_server_start(&o, &e);

	if (d == NULL)
		fail_msg("%s", e.text);
	return d;
}

static int
compare(void *cookie, unsigned n, const char *const *v,
    const unsigned long *len, struct err *e)
{
	(void)len;
	(void)e;
	assert_int_equal(n, 2);
	assert_string_equal(v[1], cookie);
	return 0;
}

static void
expect(const struct db_server *d, const char *variable, const char *value)
{
	struct db_login l = { .socket = db_server_socket(d), .user = "root" };
	struct err e = { 0 };
	char sql[128], copy[128];

	(void)snprintf(sql, sizeof(sql), "SHOW VARIABLES LIKE '%s'",
	    variable);
	(void)snprintf(copy, sizeof(copy), "%s", value);
	if (db_query(&l, "mysql", sql, compare, copy, &e) != 0)
		fail_msg("%s: %s", sql, e.text);
}

static void
test_alone(void **state)
{
	struct scratch *s = scratch();
	struct db_server *d = start(s);
	struct stat st;
	char path[256];

	(void)state;
	assert_true(strncmp(db_server_socket(d), scratch_path(s),
	    strlen(scratch_path(s))) == 0);
	assert_non_null(strstr(db_server_version(d), "MariaDB"));
	expect(d, "skip_networking", "ON");
	expect(d, "event_scheduler", "OFF");
	expect(d, "log_bin", "OFF");
	expect(d, "innodb_flush_method", "nosync");
	expect(d, "innodb_buffer_pool_size", "67108864");
	expect(d, "local_infile", "ON");
	(void)snprintf(path, sizeof(path), "%s", db_server_socket(d));
	*strrchr(path, '/') = '\0';
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	if (geteuid() == 0)
		assert_int_not_equal(st.st_uid, 0);
	db_server_free(d);
	scratch_free(s);
	assert_int_equal(access(path, F_OK), -1);
}

static void
test_two(void **state)
{
	struct scratch *s = scratch();
	struct db_server *a = start(s), *b = start(s);

	(void)state;
	assert_string_not_equal(db_server_socket(a), db_server_socket(b));
	db_server_free(a);
	expect(b, "log_bin", "OFF");
	db_server_free(b);
	scratch_free(s);
}

static void
test_version(void **state)
{
	struct scratch *s = scratch();
	struct db_server_options o = { .scratch = s, .memory = 64 << 20,
	    .want_version = "9.99.1-MariaDB-log" };
	struct err e = { 0 };

	(void)state;
	assert_null(db_server_start(&o, &e));
	assert_int_equal(e.kind, ERR_UNSUPPORTED);
	assert_non_null(strstr(e.text, "9.99.1-MariaDB-log"));
	assert_non_null(strstr(e.text, "is version "));
	scratch_free(s);
}

static void
test_not_a_server(void **state)
{
	struct scratch *s = scratch();
	struct db_server_options o = { .scratch = s,
	    .mariadbd = "/bin/false" };
	struct err e = { 0 };

	(void)state;
	assert_null(db_server_start(&o, &e));
	assert_int_equal(e.kind, ERR_REMOTE);
	assert_non_null(strstr(e.text, "ended at once"));
	o.mariadbd = "/no/such/program";
	assert_null(db_server_start(&o, &e));
	assert_int_equal(e.kind, ERR_SYSTEM);
	scratch_free(s);
}

static void
test_long_path(void **state)
{
	char deep[256];
	struct db_server_options o = { 0 };
	struct err e = { 0 };
	struct scratch *s;

	(void)state;
	(void)snprintf(deep, sizeof(deep), "%s/%080d", parent, 1);
	assert_int_equal(mkdir(deep, 0755), 0);
	assert_non_null(s = scratch_new(deep, &e));
	o.scratch = s;
	assert_null(db_server_start(&o, &e));
	assert_int_equal(e.kind, ERR_INPUT);
	assert_non_null(strstr(e.text, "shorter"));
	scratch_free(s);
	assert_int_equal(rmdir(deep), 0);
}

static void
test_unreachable(void **state)
{
	char closed[256];
	struct db_server_options o = { 0 };
	struct err e = { 0 };
	struct scratch *s;

	(void)state;
	if (geteuid() != 0)
		skip();
	(void)snprintf(closed, sizeof(closed), "%s/closed", parent);
	assert_int_equal(mkdir(closed, 0700), 0);
	assert_non_null(s = scratch_new(closed, &e));
	o.scratch = s;
	assert_null(db_server_start(&o, &e));
	assert_int_equal(e.kind, ERR_INPUT);
	assert_non_null(strstr(e.text, "cannot enter"));
	scratch_free(s);
	assert_int_equal(rmdir(closed), 0);
}

/* A process that starts a server, says so, and waits to be killed. */
static pid_t
start_elsewhere(char *socket_path, size_t size)
{
	int fds[2];
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	assert_int_not_equal(pid = fork(), -1);
	if (pid == 0) {
		struct db_server *d = start(scratch());
		const char *path = db_server_socket(d);

		if (write(fds[1], path, strlen(path) + 1) > 0)
			for (;;)
				(void)pause();
		_exit(1);
	}
	(void)close(fds[1]);
	n = read(fds[0], socket_path, size);
	(void)close(fds[0]);
	assert_true(n > 0);
	return pid;
}

static bool
answers(const char *path)
{
	struct db_login l = { .socket = path, .user = "root" };
	struct err e;
	struct conn *c = conn_open(&l, CONN_UTF8, &e);

	conn_close(c);
	return c != NULL;
}

static void
test_killed(void **state)
{
	char path[256];
	struct err e = { 0 };
	pid_t pid = start_elsewhere(path, sizeof(path));
	int i;

	(void)state;
	assert_true(answers(path));
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	for (i = 0; i < 500 && answers(path); i++)
		(void)usleep(10000);
	assert_false(answers(path));
	*strrchr(path, '/') = '\0';
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(scratch_sweep(parent, &e), 1);
	assert_int_equal(access(path, F_OK), -1);
}

static int
setup(void **state)
{
	(void)state;
	return mkdtemp(parent) == NULL || chmod(parent, 0755) == -1;
}

static int
teardown(void **state)
{
	(void)state;
	return rmdir(parent);	/* nothing may be left in it */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_two),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_not_a_server),
		cmocka_unit_test(test_long_path),
		cmocka_unit_test(test_unreachable),
		cmocka_unit_test(test_killed),
	};

	return cmocka_run_group_tests_name("a throwaway server", tests, setup,
	    teardown);
}
