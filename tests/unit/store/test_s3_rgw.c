/*
 * The store suite on a bucket of a real server (Ceph), and what only that can
 * show: odd prefixes, TLS, wrong credentials, a wrong clock.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "crypto/id.h"
#include "store/store.h"
#include "../../lib/live_s3.h"
#include "../../lib/store_suite.h"

static struct live_s3 live;
static int rounds;

static struct store *
open_with(const char *bucket, const char *prefix,
    const struct store_options *o)
{
	struct store *s;
	char url[1024];
	struct err e;

	(void)snprintf(url, sizeof(url), "s3://%s/%s", bucket, prefix);
	if ((s = store_open_with(url, o, &e)) == NULL)
		fail_msg("%s", e.text);
	return s;
}

/* An empty place in the bucket. */
static struct store *
fresh(void)
{
	const struct store_options o = { .endpoint = live.endpoint };
	char prefix[64];

	(void)snprintf(prefix, sizeof(prefix), "suite/%d", rounds++);
	return open_with(live.bucket, prefix, &o);
}

static enum store_put_result
put(struct store *s, const char *name, const void *p, size_t n,
    struct err *e)
{
	struct id digest;

	id_sha256(p, n, &digest);
	err_clear(e);
	return store_put(s, name, p, n, &digest, e);
}

static int
count(void *cookie, const struct store_info *info, struct err *e)
{
	(void)info;
	(void)e;
	(*(int *)cookie)++;
	return 0;
}

/* A bit of everything. */
static void
use(struct store *s)
{
	char out[6] = "";
	struct store_info info;
	struct err e;
	int n = 0;

	if (put(s, "a/b", "hello", 5, &e) != STORE_PUT)
		fail_msg("%s", e.text);
	assert_int_equal(put(s, "a/b", "hullo", 5, &e), STORE_EXISTED);
	if (store_get(s, "a/b", 1, 4, out, &e) == -1)
		fail_msg("%s", e.text);
	assert_string_equal(out, "ello");
	assert_int_equal(store_head(s, "a/b", &info, &e), 0);
	assert_int_equal(info.size, 5);
	if (store_list(s, "a/", count, &n, &e) == -1)
		fail_msg("%s", e.text);
	assert_int_equal(n, 1);
	assert_int_equal(store_remove(s, "a/b", &e), 0);
	assert_int_equal(store_head(s, "a/b", &info, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
	store_close(s);
}

static void
odd_prefixes_are_signed_and_listed(void **state)
{
	static const char *const odd[] = {
		"a b", "a+b", "a=b&c=d", "~tilde", "\xc3\xbc/\xc3\xb1 "
		"\xe6\x97\xa5\xe6\x9c\xac", "excl!*'()", "p%41%2Fq", "q?x#y",
		"[]{}|\\^`\"<>", ":@$,;", "sp end ", "x//y", "\xf0\x9f\x98\x80",
	};
	const struct store_options o = { .endpoint = live.endpoint };
	char longest[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(odd) / sizeof(*odd); i++)
		use(open_with(live.bucket, odd[i], &o));
	memset(longest, '+', 510);
	longest[510] = '\0';
	use(open_with(live.bucket, longest, &o));
}

static void
tls_is_verified(void **state)
{
	struct store_options o = {
		.endpoint = live.endpoint_tls, .ca_file = live.ca,
	};
	char other[64];
	struct store *s;
	struct err e;

	(void)state;
	use(open_with(live.bucket, "tls", &o));
	o.style = STORE_STYLE_HOST;
	use(open_with(live.bucket, "tls/host", &o));
	o.ca_file = NULL;
	s = open_with(live.bucket, "tls", &o);
	assert_int_equal(put(s, "x", "x", 1, &e), STORE_FAILED);
	assert_int_equal(e.kind, ERR_REMOTE);
	assert_non_null(strstr(e.text, "localhost is not trusted: "));
	store_close(s);
	/* a name that is not in the certificate */
	o.ca_file = live.ca;
	o.style = STORE_STYLE_PATH;
	(void)snprintf(other, sizeof(other), "https://other.localhost%s",
	    strrchr(live.endpoint_tls, ':'));
	o.endpoint = other;
	s = open_with(live.bucket, "tls", &o);
	assert_int_equal(put(s, "x", "x", 1, &e), STORE_FAILED);
	assert_non_null(strstr(e.text, "other.localhost is not trusted: "));
	store_close(s);
}

static void
expect_denied(const char *why)
{
	struct store *s = fresh();
	int n = 0;
	struct err e;

	err_clear(&e);
	assert_int_equal(store_list(s, "", count, &n, &e), -1);
	assert_int_equal(e.kind, ERR_DENIED);
	assert_non_null(strstr(e.text, why));
	/* the secret is in no message */
	assert_null(strstr(e.text, "ecret0"));
	err_clear(&e);
	assert_int_equal(put(s, "x", "x", 1, &e), STORE_FAILED);
	assert_int_equal(e.kind, ERR_DENIED);
	store_close(s);
}

static void
wrong_credentials_are_denied_and_named(void **state)
{
	(void)state;
	(void)setenv("AWS_SECRET_ACCESS_KEY", "wrongsecret0", 1);
	expect_denied("403 SignatureDoesNotMatch: the secret access key is "
	    "not that key's");
	(void)setenv("AWS_ACCESS_KEY_ID", "UNKNOWN", 1);
	expect_denied("403 InvalidAccessKeyId: the access key is not known");
	live_s3_be_writer(&live);
	expect_denied("403 AccessDenied");
	live_s3_be_owner(&live);
}

static void
a_wrong_clock_is_named(void **state)
{
	struct store *s = fresh();
	struct err e;
	int n = 0;

	(void)state;
	clock_fake(clock_utc() + 3600ll * 1000000000, -1);
	err_clear(&e);
	assert_int_equal(store_list(s, "", count, &n, &e), -1);
	clock_fake(-1, -1);
	assert_non_null(strstr(e.text, "the clock of this machine is 3"));
	assert_non_null(strstr(e.text, "seconds ahead of the server's"));
	store_close(s);
}

static void
a_bucket_that_is_not_there_is_named(void **state)
{
	const struct store_options o = { .endpoint = live.endpoint };
	struct store *s = open_with("no-such-bucket", "x", &o);
	struct store_info info;
	struct err e;
	int n = 0;

	(void)state;
	err_clear(&e);
	assert_int_equal(store_list(s, "", count, &n, &e), -1);
	assert_int_equal(e.kind, ERR_REMOTE);
	assert_non_null(strstr(e.text, "there is no such bucket"));
	err_clear(&e);
	assert_int_equal(store_head(s, "x", &info, &e), -1);
	assert_int_equal(e.kind, ERR_REMOTE);
	err_clear(&e);
	assert_int_equal(put(s, "x", "x", 1, &e), STORE_FAILED);
	assert_int_equal(e.kind, ERR_REMOTE);
	store_close(s);
	assert_int_equal(store_create_with("s3://no-such-bucket", &o, &e),
	    -1);
	assert_int_equal(store_create_with("s3://plain/new", &o, &e), 0);
}

static void
bytes_that_are_not_their_digest_are_refused(void **state)
{
	struct store *s = fresh();
	struct store_info info;
	struct id digest;
	struct err e;

	(void)state;
	id_sha256("hello", 5, &digest);
	err_clear(&e);
	assert_int_equal(store_put(s, "x", "hullo", 5, &digest, &e),
	    STORE_FAILED);
	assert_non_null(strstr(e.text, "the bytes changed on their way"));
	assert_int_equal(store_head(s, "x", &info, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
	store_close(s);
}

static void
a_large_object_goes_and_comes_whole(void **state)
{
	const size_t n = (size_t)24 << 20;
	uint8_t *in = malloc(n), *out = malloc(n);
	struct store *s = fresh();
	struct err e;
	size_t i;

	(void)state;
	assert_non_null(in);
	assert_non_null(out);
	for (i = 0; i < n; i++)
		in[i] = (uint8_t)(i * 2654435761u >> 13);
	if (put(s, "large", in, n, &e) != STORE_PUT)
		fail_msg("%s", e.text);
	assert_int_equal(store_get(s, "large", 0, n, out, &e), 0);
	assert_memory_equal(in, out, n);
	assert_int_equal(store_get(s, "large", n - 7, 7, out, &e), 0);
	assert_memory_equal(in + n - 7, out, 7);
	free(in);
	free(out);
	store_close(s);
}

/* Bytes that are read when they are sent, up to where that fails. */
struct spring {
	const uint8_t	*data;
	uint64_t	 fails_at;
	uint64_t	 next;		/* they are asked for in order */
};

static int
pour(void *cookie, uint64_t offset, size_t len, void *out, struct err *e)
{
	struct spring *s = cookie;

	assert_true(offset == s->next || offset == 0);
	s->next = offset + len;
	if (s->next > s->fails_at)
		return err_set(e, ERR_DAMAGED, "the spring is dry");
	memcpy(out, s->data + offset, len);
	return 0;
}

/* Where pieces go, in order; after so many it is full. */
struct basin {
	uint8_t		*data;
	size_t		 size, next, pieces, full;
};

static int
fall(void *cookie, uint64_t offset, const void *p, size_t len, struct err *e)
{
	struct basin *b = cookie;

	assert_true(offset == b->next && len <= b->size - b->next);
	if (++b->pieces == b->full)
		return err_set(e, ERR_SYSTEM, "the basin is full");
	memcpy(b->data + offset, p, len);
	b->next += len;
	return 0;
}

static enum store_put_result
put_spring(struct store *s, const char *name, size_t n, uint64_t fails_at,
    struct err *e)
{
	uint8_t *data = malloc(n), *back = malloc(n);
	struct spring spring = { data, fails_at, 0 };
	const struct store_source source = { pour, &spring, n };
	struct basin basin = { .data = back, .size = n };
	const struct store_sink sink = { fall, &basin };
	enum store_put_result rc;
	struct id digest;

	assert_true(data != NULL && back != NULL);
	for (size_t i = 0; i < n; i++)
		data[i] = (uint8_t)(i * 7919 >> 5);
	id_sha256(data, n, &digest);
	err_clear(e);
	rc = store_put_from(s, name, &source, &digest, e);
	if (rc == STORE_PUT) {
		assert_int_equal(store_get(s, name, 0, n, back, e), 0);
		assert_memory_equal(data, back, n);
		memset(back, 0, n);
		assert_int_equal(store_get_to(s, name, n, &sink, e), 0);
		assert_memory_equal(data, back, n);
		assert_true(basin.next == n && basin.pieces >= n >> 18);
	}
	free(data);
	free(back);
	return rc;
}

static void
a_source_that_fails_at_its_last_byte_leaves_no_object(void **state)
{
	const size_t n = (3u << 20) + 7;
	struct store *s = fresh();
	struct store_info info;
	struct err e;

	(void)state;
	for (uint64_t at = 0; at < n; at += n / 2) {
		assert_int_equal(put_spring(s, "a/b", n, at == 0 ? 0 :
		    n - 1, &e), STORE_FAILED);
		assert_int_equal(e.kind, ERR_DAMAGED);
		assert_non_null(strstr(e.text, "the spring is dry"));
		assert_int_equal(store_head(s, "a/b", &info, &e), -1);
		assert_int_equal(e.kind, ERR_ABSENT);
	}
	assert_int_equal(put_spring(s, "a/b", n, n, &e), STORE_PUT);
	assert_int_equal(put_spring(s, "a/b", n, 0, &e), STORE_EXISTED);
	assert_int_equal(put_spring(s, "c", 1, 1, &e), STORE_PUT);
	assert_int_equal(put_spring(s, ".bad", 1, 1, &e), STORE_FAILED);
	assert_int_equal(e.kind, ERR_INPUT);
	store_close(s);
}

static void
a_sink_that_fails_is_told_and_asked_no_more(void **state)
{
	const size_t n = (3u << 20) + 7;
	uint8_t *back = malloc(n);
	struct basin basin = { .data = back, .size = n, .full = 3 };
	const struct store_sink sink = { fall, &basin };
	struct store *s = fresh();
	struct err e;

	(void)state;
	assert_non_null(back);
	assert_int_equal(put_spring(s, "a/b", n, n, &e), STORE_PUT);
	assert_int_equal(store_get_to(s, "a/b", n, &sink, &e), -1);
	assert_int_equal(e.kind, ERR_SYSTEM);
	assert_ptr_equal(strstr(e.text, "cannot get a/b from "), e.text);
	assert_non_null(strstr(e.text, "the basin is full"));
	assert_int_equal(basin.pieces, 3);

	basin = (struct basin){ .data = back, .size = n };
	assert_int_equal(store_get_to(s, "a/c", n, &sink, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_int_equal(put_spring(s, "c", 1, 1, &e), STORE_PUT);
	assert_int_equal(store_get_to(s, "c", 2, &sink, &e), -1);
	assert_int_equal(e.kind, ERR_DAMAGED);	/* it is shorter */
	assert_int_equal(store_get_to(s, ".bad", 1, &sink, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_int_equal(basin.pieces, 0);
	store_close(s);
	free(back);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sink_that_fails_is_told_and_asked_no_more),
		cmocka_unit_test(
		    a_source_that_fails_at_its_last_byte_leaves_no_object),
		cmocka_unit_test(odd_prefixes_are_signed_and_listed),
		cmocka_unit_test(tls_is_verified),
		cmocka_unit_test(wrong_credentials_are_denied_and_named),
		cmocka_unit_test(a_wrong_clock_is_named),
		cmocka_unit_test(a_bucket_that_is_not_there_is_named),
		cmocka_unit_test(bytes_that_are_not_their_digest_are_refused),
		cmocka_unit_test(a_large_object_goes_and_comes_whole),
	};
	int failed;

	if (!live_s3_start(&live)) {
		printf("1..1\nok 1 # SKIP radosgw is not installed\n");
		return 0;
	}
	live_s3_be_owner(&live);
	failed = store_suite_run("store on s3", fresh);
	failed += cmocka_run_group_tests_name("s3 on Ceph", tests, NULL, NULL);
	live_s3_stop(&live);
	return failed;
}
