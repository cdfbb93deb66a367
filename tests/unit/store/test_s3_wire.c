/*
 * The wire below libs3 sends nothing but the announced request.  These tests
 * take the place of libs3: their calls of libcurl are linked as its are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "base/err.h"
#include "store/s3/s3_config.h"
#include "store/s3/s3_keys.h"
#include "store/s3/s3_reply.h"
#include "store/s3/s3_wire.h"

static struct s3_config config;
static struct s3_link link_ = { .config = &config };
static struct s3_reply reply;

static int
start(void **state)
{
	const struct store_options o = { .endpoint = "http://127.0.0.1:1" };
	struct err e;

	(void)state;
	(void)setenv("AWS_ACCESS_KEY_ID", "A", 1);
	(void)setenv("AWS_SECRET_ACCESS_KEY", "s", 1);
	(void)setenv("no_proxy", "*", 1);
	if (s3_config_make(&config, "s3://bucket", &o, &e) == -1 ||
	    (link_.keys = s3_keys_new(NULL, NULL, &e)) == NULL)
		fail_msg("%s", e.text);
	s3_reply_init(&reply, false, NULL, 0, 0);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	s3_reply_drop(&reply);
	s3_keys_free(link_.keys);
	return 0;
}

/* What libs3 would do for a GET, PUT or DELETE of this URL. */
static CURLcode
perform(const char *url, const char *verb)
{
	CURL *h = curl_easy_init();
	CURLcode rc;

	assert_non_null(h);
	(void)curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 0L);
	(void)curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 1L);
	(void)curl_easy_setopt(h, CURLOPT_HTTPHEADER, NULL);
	(void)curl_easy_setopt(h, CURLOPT_URL, url);
	if (strcmp(verb, "PUT") == 0)
		(void)curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
	else if (strcmp(verb, "GET") != 0)
		(void)curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, verb);
	rc = curl_easy_perform(h);
	curl_easy_cleanup(h);
	return rc;
}

static void
expect_refused(const char *url, const char *verb)
{
	const struct s3_request r = { .verb = "GET", .key = "a b+c/\xc3\xbc" };
	struct err e;

	err_clear(&e);
	s3_wire_begin(&link_, &r, &reply);
	assert_int_equal(perform(url, verb), CURLE_FAILED_INIT);
	assert_int_equal(s3_wire_end(&e), -1);
	assert_int_equal(reply.curl, -1);
	if (strstr(e.text, "libs3 made another request than the one that was "
	    "asked for") == NULL)
		fail_msg("%s %s: %s", verb, url, e.text);
}

static void
nothing_is_sent_that_was_not_announced(void **state)
{
	(void)state;
	assert_int_equal(perform("http://127.0.0.1:1/bucket/a", "GET"),
	    CURLE_FAILED_INIT);
}

static void
another_request_than_the_announced_is_refused(void **state)
{
	static const char *const urls[] = {
		"http://127.0.0.1:1/bucket/a+b%2Bc/", "nothing", "http://h",
		"http://127.0.0.1:1/bucket/a+b%2Bc/%C3%BCx",
		"http://127.0.0.1:1/other/a+b%2Bc/%C3%BC",
		"http://127.0.0.1:1/bucketa+b%2Bc/%C3%BC",
		"http://127.0.0.1:1/bucket/a+b+c/%C3%BC",
		"http://127.0.0.1:1/bucket/a+b%2Bc/%C3%B",
		"http://127.0.0.1:1/bucket/", "http://127.0.0.1:1/bucket",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(urls) / sizeof(*urls); i++)
		expect_refused(urls[i], "GET");
	expect_refused("http://127.0.0.1:1/bucket/a+b%2Bc/%C3%BC", "PUT");
	expect_refused("http://127.0.0.1:1/bucket/a+b%2Bc/%C3%BC", "DELETE");
}

static void
the_announced_one_is_sent_once(void **state)
{
	const struct s3_request r = { .verb = "GET", .key = "a b+c/\xc3\xbc" };
	static const char url[] = "http://elsewhere/bucket/a+b%2Bc/%C3%BC";
	struct err e;

	(void)state;
	s3_wire_begin(&link_, &r, &reply);
	/* nobody listens there, which only we know: it is our own host */
	assert_int_equal(perform(url, "GET"), CURLE_COULDNT_CONNECT);
	assert_int_equal(perform(url, "GET"), CURLE_FAILED_INIT);
	assert_int_equal(s3_wire_end(&e), 0);
	assert_int_equal(reply.curl, CURLE_COULDNT_CONNECT);
}

static void
a_range_that_was_lost_is_refused(void **state)
{
	const struct s3_request r = { .verb = "GET", .key = "a", .want = 5 };
	struct err e;

	(void)state;
	s3_wire_begin(&link_, &r, &reply);
	assert_int_equal(perform("http://h/bucket/a", "GET"),
	    CURLE_FAILED_INIT);
	assert_int_equal(s3_wire_end(&e), -1);
	assert_string_equal(e.text, "libs3 made a request without the range");
}

static void
a_library_that_does_nothing_is_told(void **state)
{
	const struct s3_request r = { .verb = "GET", .key = "a" };
	struct err e;

	(void)state;
	s3_wire_begin(&link_, &r, &reply);
	assert_int_equal(s3_wire_end(&e), -1);
	assert_string_equal(e.text, "libs3 refused to make the request");
}

static void
headers_of_two_lines_are_refused(void **state)
{
	const struct s3_request r = {
		.verb = "GET", .key = "a",
		.extra = { { "x-amz-a", "b\r\nEvil: c" } }, .n_extra = 1,
	};
	struct err e;

	(void)state;
	s3_wire_begin(&link_, &r, &reply);
	assert_int_equal(perform("http://h/bucket/a", "GET"),
	    CURLE_FAILED_INIT);
	assert_int_equal(s3_wire_end(&e), -1);
	assert_string_equal(e.text, "header x-amz-a: expected one line");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_sent_that_was_not_announced),
		TEST(another_request_than_the_announced_is_refused),
		TEST(the_announced_one_is_sent_once),
		TEST(a_range_that_was_lost_is_refused),
		TEST(a_library_that_does_nothing_is_told),
		TEST(headers_of_two_lines_are_refused),
	};

	return cmocka_run_group_tests_name("s3_wire", tests, NULL, NULL);
}
