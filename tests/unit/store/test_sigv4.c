/*
 * The signer against botocore: tests/lib/sigv4_witness.py says what botocore
 * sends for some sixty requests; path, canonical request and Authorization
 * must be the same bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "store/s3/s3_url.h"
#include "store/s3/sigv4.h"

#define REQUESTS_MIN 35
#define MANY 32

struct made {
	struct buf	path, query, host, canonical, names, authorization;
};

static const char *
get(const json_t *c, const char *key)
{
	const char *text = json_string_value(json_object_get(c, key));

	if (text == NULL)
		fail_msg("the witness gave no %s", key);
	return text;
}

static void
must(int rc, const json_t *c, const struct err *e)
{
	if (rc == -1)
		fail_msg("%s: %s", get(c, "name"), e->text);
}

static void
same(const json_t *c, const char *what, struct buf *ours, const char *theirs)
{
	struct err e;
	const char *text = buf_text(ours, &e);

	if (text == NULL || strcmp(text, theirs) != 0)
		fail_msg("%s: %s differs: ours:\n%s\nbotocore's:\n%s",
		    get(c, "name"), what, text, theirs);
}

static void
make_url(const json_t *c, struct made *m)
{
	const json_t *query = json_object_get(c, "query"), *p;
	struct s3_pair pair[MANY];
	struct s3_place place;
	struct err e;
	size_t i, n = json_array_size(query);

	assert_in_range(n, 0, MANY);
	must(s3_url_endpoint(&place, get(c, "endpoint"), &e), c, &e);
	(void)snprintf(place.bucket, sizeof(place.bucket), "%s",
	    get(c, "bucket"));
	place.path_style = strcmp(get(c, "style"), "path") == 0;
	for (i = 0; i < n; i++) {
		p = json_array_get(query, i);
		pair[i].name = json_string_value(json_array_get(p, 0));
		pair[i].value = json_string_value(json_array_get(p, 1));
	}
	must(s3_url_host(&place, &m->host, &e), c, &e);
	must(s3_url_path(&place, get(c, "key"), &m->path, &e), c, &e);
	must(s3_url_query(pair, n, &m->query, &e), c, &e);
}

static void
make_signature(const json_t *c, struct made *m)
{
	const json_t *given = json_object_get(c, "headers"), *h;
	struct sigv4_header header[MANY];
	struct sigv4_request r = { .headers = header };
	const struct sigv4_key key = { get(c, "access"), get(c, "secret"),
	    get(c, "region") };
	struct err e;
	size_t i, n = json_array_size(given);

	assert_in_range(n, 2, MANY - 1);
	/* as they come, not sorted, host last */
	for (i = 0; i < n; i++) {
		h = json_array_get(given, i);
		header[i].name = json_string_value(json_array_get(h, 0));
		header[i].value = json_string_value(json_array_get(h, 1));
	}
	header[n].name = "Host";
	header[n].value = buf_text(&m->host, &e);
	r.n_headers = n + 1;
	r.verb = get(c, "verb");
	r.path = buf_text(&m->path, &e);
	r.query = buf_text(&m->query, &e);
	r.payload = get(c, "payload");
	r.when = json_integer_value(json_object_get(c, "when")) * 1000000000;
	must(sigv4_canonical(&r, &m->canonical, &m->names, &e), c, &e);
	must(sigv4_sign(&r, &key, &m->authorization, &e), c, &e);
}

static void
check(const json_t *c)
{
	struct made m;
	struct buf *b = &m.path;
	size_t i, n = sizeof(m) / sizeof(*b);

	for (i = 0; i < n; i++)
		buf_init(&b[i], 1 << 16);
	make_url(c, &m);
	same(c, "path", &m.path, get(c, "path"));
	make_signature(c, &m);
	same(c, "canonical request", &m.canonical, get(c, "canonical"));
	same(c, "Authorization", &m.authorization, get(c, "authorization"));
	for (i = 0; i < n; i++)
		buf_drop(&b[i]);
}

static void
requests_are_signed_byte_for_byte_as_botocore_does(void **state)
{
	static const char *const argv[] = {
		"/usr/bin/python3", "tests/lib/sigv4_witness.py", NULL,
	};
	const struct child_spec spec = {
		.argv = argv, .in = -1, .out = -1, .err = -1,
	};
	struct buf out;
	struct err e;
	char *line, *rest = NULL;
	json_t *c;
	int status, n = 0;

	(void)state;
	buf_init(&out, 1 << 20);
	if (child_run(&spec, 120, &out, &status, &e) == -1)
		fail_msg("%s", e.text);
	line = strtok_r(buf_text(&out, &e), "\n", &rest);
	if (status == 77) {
		print_message("no python3-botocore to compare with: %s\n",
		    line);
		skip();
	}
	if (status != 0)
		fail_msg("the witness ended with %d: %s", status, rest);
	for (; line != NULL; line = strtok_r(NULL, "\n", &rest), n++) {
		if ((c = json_loads(line, 0, NULL)) == NULL)
			fail_msg("the witness said: %s", line);
		check(c);
		json_decref(c);
	}
	assert_in_range(n, REQUESTS_MIN, 1000);
	print_message("%d requests equal to botocore's\n", n);
	buf_drop(&out);
}

static const struct sigv4_header plain[] = {
	{ "host", "h" }, { "x-amz-date", "20260101T000000Z" },
};

static void
refuse(const struct sigv4_header *headers, size_t n, const char *why)
{
	const struct sigv4_request r = {
		.verb = "GET", .path = "/", .query = "", .payload = "x",
		.headers = headers, .n_headers = n,
	};
	const struct sigv4_key key = { "a", "s", "r" };
	struct buf out;
	struct err e;

	buf_init(&out, 4096);
	err_clear(&e);
	assert_int_equal(sigv4_sign(&r, &key, &out, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_string_equal(e.text, why);
	assert_int_equal(out.len, 0);
	buf_drop(&out);
}

static void
headers_that_cannot_be_signed_are_refused(void **state)
{
	static const struct sigv4_header twice[] = {
		{ "Range", "a" }, { "x-b", "c" }, { "range", "b" },
	};
	static const struct sigv4_header odd[] = { { "x-a: b\nx", "c" } };
	static const struct sigv4_header empty[] = { { "", "c" } };
	struct sigv4_header many[65];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(many) / sizeof(*many); i++)
		many[i] = plain[0];
	refuse(twice, 3, "header range is there twice");
	refuse(odd, 1, "\"x-a: b\nx\" is no name of a header");
	refuse(empty, 1, "\"\" is no name of a header");
	refuse(many, 65, "more than 64 headers");
}

static void
a_secret_beyond_measure_is_refused(void **state)
{
	const struct sigv4_request r = {
		.verb = "GET", .path = "/", .query = "", .payload = "x",
		.headers = plain, .n_headers = 2,
	};
	char secret[600];
	const struct sigv4_key key = { "a", secret, "r" };
	struct buf out;
	struct err e;

	(void)state;
	memset(secret, 's', sizeof(secret) - 1);
	secret[sizeof(secret) - 1] = '\0';
	buf_init(&out, 4096);
	assert_int_equal(sigv4_sign(&r, &key, &out, &e), -1);
	assert_string_equal(e.text,
	    "the secret access key is longer than 507 bytes");
	buf_drop(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    requests_are_signed_byte_for_byte_as_botocore_does),
		cmocka_unit_test(headers_that_cannot_be_signed_are_refused),
		cmocka_unit_test(a_secret_beyond_measure_is_refused),
	};

	return cmocka_run_group_tests_name("sigv4", tests, NULL, NULL);
}
