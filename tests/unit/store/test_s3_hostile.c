/*
 * Every way in which a server can go wrong (tests/lib/hostile_s3.py), as a
 * table: each ends in a correct result or a clear error; never in a success
 * that is none, never in a hang, never in a crash.
 *
 * MUSTER_TEST_PATIENCE=20 waits 20 times as long for every answer, where all is
 * slow (valgrind).
 *
 * wrap: setsockopt
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/intr.h"
#include "base/scratch.h"
#include "crypto/id.h"
#include "store/s3/s3.h"
#include "store/s3/s3_config.h"
#include "store/s3/s3_keys.h"
#include "store/store.h"
#include "../../lib/helper.h"
#include "../../lib/hostile_rows.h"

#define THREADS 8
#define LARGE ((size_t)2 << 20)

struct outcome {
	const struct hostile_row *row;
	bool		 pieces;	/* GET: as they come */
	bool		 success;
	const char	*wrong;		/* what no row may end in, or NULL */
	int64_t		 took;
	struct err	 e;
};

static atomic_int acknowledged;

int	__wrap_setsockopt(int, int, int, const void *, socklen_t);
int	__real_setsockopt(int, int, int, const void *, socklen_t);
int
__wrap_setsockopt(int fd, int level, int what, const void *p, socklen_t n)
{
	int rc = __real_setsockopt(fd, level, what, p, n);

	acknowledged += rc == 0 && level == IPPROTO_TCP &&
	    what == TCP_QUICKACK;
	return rc;
}

static struct helper server;
static struct scratch *scratch;
static atomic_size_t next_row;

static uint32_t
patience(void)
{
	const char *n = getenv("MUSTER_TEST_PATIENCE");

	return n == NULL ? 1 : (uint32_t)atoi(n);
}

/* Patience that is enough, or (hasty) soon at an end. */
static struct store *
open_store(const char *endpoint, const char *ca, const char *prefix,
    bool hasty)
{
	const struct store_options o = { .endpoint = endpoint, .ca_file = ca };
	struct s3_config c;
	struct s3_keys *keys;
	struct store *s = NULL;
	char url[256];
	struct err e;

	(void)snprintf(url, sizeof(url), "s3://bucket/%s", prefix);
	if (s3_config_make(&c, url, &o, &e) == 0 &&
	    (keys = s3_keys_new(NULL, NULL, &e)) != NULL) {
		c.connect = 500 * patience();
		c.idle = 200 * patience();
		c.go_on = 100 * patience();
		c.reach = 300 * patience();
		c.budget = (hasty ? 700 : 20000) * patience();
		c.first_wait = 1;
		c.longest_wait = 100;
		c.page = 2000;
		s = s3_open_config(url, &c, keys, &e);
	}
	if (s == NULL)
		(void)fprintf(stderr, "%s\n", e.text);
	return s;
}

/* A piece where it belongs, and never one that was not asked for. */
static int
keep(void *cookie, uint64_t offset, const void *p, size_t len, struct err *e)
{
	(void)e;
	if (offset > 4 || len > 4 - offset)
		abort();
	memcpy((uint8_t *)cookie + offset, p, len);
	return 0;
}

static bool
get_is_right(struct store *s, bool pieces, struct err *e, bool *success)
{
	const uint64_t at = 0;
	uint8_t out[4] = { 0xee, 0xee, 0xee, 0xee };
	const struct store_sink sink = { keep, out };

	*success = (pieces ? store_get_to(s, "there", sizeof(out), &sink, e) :
	    store_get(s, "there", at, sizeof(out), out, e)) == 0;
	return memcmp(out, "\0\1\2\3", sizeof(out)) == 0;
}

static void
run_get(struct store *s, struct outcome *o)
{
	struct id digest, want;
	uint8_t out[100];
	struct err e;
	bool again, right;

	if (strcmp(o->row->mode, "wrong-bytes") == 0) {
		/* only the digest in a name can tell */
		id_sha256(out, 0, &want);
		o->success = store_get(s, "there", 0, 4, out, &o->e) == 0;
		id_sha256(out, 4, &digest);
		id_sha256("\0\1\2\3", 4, &want);
		if (id_compare(&digest, &want) == 0)
			o->wrong = "the bytes were not wrong";
		return;
	}
	right = get_is_right(s, o->pieces, &o->e, &o->success);
	if (o->success && !right)
		o->wrong = "WRONG BYTES ARE OK";
	/* what was left over must not get into the next answer */
	if (o->row->count > 0 && (!get_is_right(s, o->pieces, &e, &again) ||
	    !again))
		o->wrong = "the next one is not right";
}

static int
pour(void *cookie, uint64_t offset, size_t len, void *out, struct err *e)
{
	(void)e;
	memcpy(out, (const uint8_t *)cookie + offset, len);
	return 0;
}

/* In turn from memory and from a source. */
static enum store_put_result
put_in_turn(struct store *s, uint8_t *data, size_t n, struct err *e)
{
	const struct store_source source = { pour, data, n };
	static unsigned turn;
	struct id digest;

	id_sha256(data, n, &digest);
	return turn++ % 2 == 0 ?
	    store_put(s, "object", data, n, &digest, e) :
	    store_put_from(s, "object", &source, &digest, e);
}

static void
run_put(struct store *s, struct outcome *o)
{
	size_t n = o->row->large == 0 ? 100 : o->row->large == 1 ? LARGE :
	    16 * LARGE;
	uint8_t *data = malloc(n), *back = malloc(n);
	enum store_put_result rc;
	struct err e;
	size_t i;

	if (data == NULL || back == NULL)
		abort();
	for (i = 0; i < n; i++)
		data[i] = (uint8_t)(i * 7919 >> 5);
	rc = put_in_turn(s, data, n, &o->e);
	o->success = rc == STORE_PUT;
	if (rc == STORE_EXISTED)
		(void)err_set(&o->e, ERR_EXISTS, "existed");
	else if (rc == STORE_PUT &&
	    (store_get(s, "object", 0, n, back, &e) == -1 ||
	    memcmp(data, back, n) != 0))
		o->wrong = "STORED IS NOT STORED";
	free(data);
	free(back);
}

static void
run_head(struct store *s, struct outcome *o)
{
	struct store_info info = { .size = 0 };

	o->success = store_head(s, "there", &info, &o->e) == 0;
	if (o->success && info.size != 100)
		o->wrong = "WRONG SIZE IS OK";
}

static int
count(void *cookie, const struct store_info *info, struct err *e)
{
	(void)info;
	(void)e;
	++*(int *)cookie;
	return 0;
}

static void
run_list(struct store *s, struct outcome *o)
{
	struct id digest;
	struct err e;
	int n = 0;

	id_sha256("x", 1, &digest);
	if (store_put(s, "a", "x", 1, &digest, &e) != STORE_PUT ||
	    store_put(s, "b", "x", 1, &digest, &e) != STORE_PUT)
		o->wrong = "nothing to list";
	o->success = store_list(s, "", count, &n, &o->e) == 0;
	if (o->success && n != (o->row->large ? o->row->large : 2))
		o->wrong = "A LIST THAT IS NOT WHOLE IS OK";
}

static void
run_row(struct outcome *o)
{
	const struct hostile_row *r = o->row;
	char prefix[128], endpoint[64];
	int64_t began = clock_monotonic();
	struct store *s;

	(void)snprintf(endpoint, sizeof(endpoint), "http://127.0.0.1:%u",
	    (unsigned)server.port);
	(void)snprintf(prefix, sizeof(prefix), "%s.%s.%d.%zu", r->mode,
	    r->verb, r->count, (size_t)(r - hostile_rows) +
	    (o->pieces ? hostile_n_rows : 0));
	err_clear(&o->e);
	if ((s = open_store(endpoint, NULL, prefix, r->count == 0)) == NULL) {
		o->wrong = "no store";
		return;
	}
	if (strcmp(r->verb, "GET") == 0)
		run_get(s, o);
	else if (strcmp(r->verb, "PUT") == 0)
		run_put(s, o);
	else if (strcmp(r->verb, "HEAD") == 0)
		run_head(s, o);
	else if (strcmp(r->verb, "LIST") == 0)
		run_list(s, o);
	else
		o->success = store_remove(s, "there", &o->e) == 0;
	store_close(s);
	o->took = clock_monotonic() - began;
}

static void *
work(void *cookie)
{
	struct outcome *all = cookie;
	size_t i;

	while ((i = atomic_fetch_add(&next_row, 1)) < 2 * hostile_n_rows)
		if (all[i].row != NULL)
			run_row(&all[i]);
	return NULL;
}

/* One line of the table; false when it is not what the row expects. */
static bool
tell(const struct outcome *o)
{
	const struct hostile_row *r = o->row;
	bool right = o->wrong == NULL;

	if (r->kind == ERR_NONE)
		right = right && o->success;
	else
		right = right && !o->success && o->e.kind == r->kind &&
		    strstr(o->e.text, r->text) != NULL;
	print_message("%-4s %-16s %-6s %-6s %4.1f s  %s\n",
	    right ? "" : "BAD", r->mode, o->pieces ? "pieces" : r->verb,
	    r->count == 0 ? "always" : r->count == 1 ? "once" : "twice",
	    (double)o->took / 1e9, o->wrong != NULL ? o->wrong :
	    o->success ? "right" : o->e.text);
	return right;
}

static void
every_misbehaviour_ends_well(void **state)
{
	struct outcome *all = calloc(2 * hostile_n_rows, sizeof(*all));
	pthread_t thread[THREADS];
	size_t i, bad = 0;

	(void)state;
	assert_non_null(all);
	for (i = 0; i < hostile_n_rows; i++) {
		all[i].row = &hostile_rows[i];
		if (strcmp(all[i].row->verb, "GET") == 0)
			all[hostile_n_rows + i] = (struct outcome){
			    .row = all[i].row, .pieces = true };
	}
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, work, all),
		    0);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	for (i = 0; i < 2 * hostile_n_rows; i++)
		bad += all[i].row != NULL && !tell(&all[i]);
	free(all);
	assert_int_equal(bad, 0);
}

/* Use a server with that certificate by a CA, or a server that has none. */
static void
expect_tls(const char *certificate, const char *ca, const char *why)
{
	char pem[512], key[512], trust[512], endpoint[64];
	const char *dir = scratch_path(scratch);
	struct helper h;
	struct store *s;
	struct err e;
	bool success;

	(void)snprintf(pem, sizeof(pem), "%s/%s.pem", dir, certificate);
	(void)snprintf(key, sizeof(key), "%s/%s.key", dir, certificate);
	(void)snprintf(trust, sizeof(trust), "%s/%s", dir, ca);
	helper_start(&h, "tests/lib/hostile_s3.py",
	    certificate[0] != '\0' ? pem : NULL,
	    certificate[0] != '\0' ? key : NULL, NULL);
	(void)snprintf(endpoint, sizeof(endpoint), "https://127.0.0.1:%u",
	    (unsigned)h.port);
	err_clear(&e);
	s = open_store(endpoint, ca[0] != '\0' ? trust : NULL, "tls",
	    true);
	(void)get_is_right(s, false, &e, &success);
	store_close(s);
	helper_stop(&h);
	print_message("     TLS %-8s by %-12s %s\n",
	    certificate[0] != '\0' ? certificate : "none", ca,
	    success ? "right" : e.text);
	assert_int_equal(success, why == NULL);
	if (why != NULL) {
		assert_int_equal(e.kind, ERR_REMOTE);
		assert_non_null(strstr(e.text, why));
	}
}

static void
only_the_right_certificate_is_trusted(void **state)
{
	char line[512];
	struct err e;
	int status;

	(void)state;
	(void)snprintf(line, sizeof(line), "tests/lib/make-certificates '%s'",
	    scratch_path(scratch));
	assert_int_equal(child_shell(line, NULL, 60, NULL, &status, &e), 0);
	assert_int_equal(status, 0);
	expect_tls("good", "ca.pem", NULL);
	expect_tls("good", "other-ca.pem", "is not trusted: ");
	expect_tls("good", "", "is not trusted: ");
	expect_tls("good", "good.csr", "is not trusted: ");
	expect_tls("good", "no-such-file", "is not trusted: ");
	expect_tls("name", "ca.pem", "is not trusted: ");
	expect_tls("expired", "ca.pem", "is not trusted: ");
	expect_tls("", "ca.pem", "127.0.0.1: ");
}

/*
 * On a new connection and on one that is used again: else a server that sends
 * a header and then a body keeps the body back for 40 ms.
 */
static void
every_answer_is_acknowledged_at_once(void **state)
{
	char endpoint[64];
	struct store *s;
	struct err e;
	bool success;

	(void)state;
	(void)snprintf(endpoint, sizeof(endpoint), "http://127.0.0.1:%u",
	    (unsigned)server.port);
	assert_non_null(s = open_store(endpoint, NULL, "good", false));
	acknowledged = 0;
	for (int i = 1; i <= 3; i++) {
		assert_true(get_is_right(s, false, &e, &success) && success);
		assert_int_equal(acknowledged, i);
	}
	store_close(s);
}

static void
a_server_that_is_not_there_is_told_soon(void **state)
{
	struct store *s = open_store("http://127.0.0.1:1", NULL, "x",
	    true);
	struct err e;
	bool success;

	(void)state;
	err_clear(&e);
	(void)get_is_right(s, false, &e, &success);
	store_close(s);
	assert_false(success);
	assert_int_equal(e.kind, ERR_REMOTE);
	assert_non_null(strstr(e.text,
	    "cannot get there from s3://bucket/x: "));
	assert_non_null(strstr(e.text, "127.0.0.1: "));
	s = open_store("http://no-such-host.invalid", NULL, "x", true);
	(void)get_is_right(s, false, &e, &success);
	store_close(s);
	assert_false(success);
	if (strstr(e.text, "no-such-host.invalid: ") == NULL)
		fail_msg("%s", e.text);
}

static void
save_credentials(const char *path, const char *access)
{
	char text[128];
	struct err e;

	(void)snprintf(text, sizeof(text), "aws_access_key_id=%s\n"
	    "aws_secret_access_key=s\n", access);
	assert_int_equal(file_replace_path(path, 0600, text, strlen(text),
	    &e), 0);
}

/* The first answer is that the token has expired. */
static void
expect_expired(const char *fresh, const char *prefix, bool want)
{
	char endpoint[64], path[512], url[128];
	struct store_options o = {
		.endpoint = endpoint, .credentials = path,
	};
	struct store *s;
	struct err e;
	bool success;

	(void)snprintf(endpoint, sizeof(endpoint), "http://127.0.0.1:%u",
	    (unsigned)server.port);
	(void)snprintf(path, sizeof(path), "%s/credentials",
	    scratch_path(scratch));
	(void)snprintf(url, sizeof(url), "s3://bucket/%s", prefix);
	save_credentials(path, "OLD");
	assert_non_null(s = store_open_with(url, &o, &e));
	save_credentials(path, fresh);
	err_clear(&e);
	(void)get_is_right(s, false, &e, &success);
	store_close(s);
	assert_int_equal(success, want);
	if (!want)
		assert_int_equal(e.kind, ERR_DENIED);
}

static void
expired_credentials_are_looked_for_again(void **state)
{
	(void)state;
	expect_expired("NEW", "expired-token.GET.1.1", true);
	expect_expired("OLD", "expired-token.GET.0.2", false);
	expect_expired("NEW", "expired-token.GET.0.3", false);
}

static void *
interrupt(void *cookie)
{
	(void)cookie;
	(void)usleep(300000);
	(void)kill(getpid(), SIGTERM);
	return NULL;
}

/* The last one: the signal stays. */
static void
a_signal_ends_a_wait_for_an_answer(void **state)
{
	char endpoint[64];
	pthread_t thread;
	struct store *s;
	struct err e;
	bool success;

	(void)state;
	(void)snprintf(endpoint, sizeof(endpoint), "http://127.0.0.1:%u",
	    (unsigned)server.port);
	s = open_store(endpoint, NULL, "silence.GET.0.999", false);
	intr_watch();
	assert_int_equal(pthread_create(&thread, NULL, interrupt, NULL), 0);
	err_clear(&e);
	(void)get_is_right(s, false, &e, &success);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_false(success);
	assert_int_equal(e.kind, ERR_INTERRUPTED);
	/* and no new request is begun */
	err_clear(&e);
	(void)get_is_right(s, false, &e, &success);
	assert_int_equal(e.kind, ERR_INTERRUPTED);
	store_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_misbehaviour_ends_well),
		cmocka_unit_test(only_the_right_certificate_is_trusted),
		cmocka_unit_test(every_answer_is_acknowledged_at_once),
		cmocka_unit_test(a_server_that_is_not_there_is_told_soon),
		cmocka_unit_test(expired_credentials_are_looked_for_again),
		cmocka_unit_test(a_signal_ends_a_wait_for_an_answer),
	};
	struct err e;
	int failed;

	(void)setenv("AWS_ACCESS_KEY_ID", "A", 1);
	(void)setenv("AWS_SECRET_ACCESS_KEY", "s", 1);
	(void)unsetenv("AWS_CA_BUNDLE");
	(void)setenv("no_proxy", "*", 1);
	if ((scratch = scratch_new("/tmp", &e)) == NULL)
		return 1;
	helper_start(&server, "tests/lib/hostile_s3.py", NULL, NULL, NULL);
	failed = cmocka_run_group_tests_name("hostile server", tests, NULL,
	    NULL);
	helper_stop(&server);
	scratch_free(scratch);
	return failed;
}
