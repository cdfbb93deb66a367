/*
 * URLs of buckets and objects: what is understood, what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/s3/s3_url.h"

static void
endpoints_are_understood(void **state)
{
	static const struct {
		const char	*text, *host;
		bool		 tls;
		uint16_t	 port;
	} good[] = {
		{ "s3.example.com", "s3.example.com", true, 0 },
		{ "S3.Example.COM/", "s3.example.com", true, 0 },
		{ "s3.example.com:443", "s3.example.com", true, 0 },
		{ "s3.example.com:80", "s3.example.com", true, 80 },
		{ "https://h:9000/", "h", true, 9000 },
		{ "HTTP://h", "h", false, 0 },
		{ "http://h:80", "h", false, 0 },
		{ "http://h:443", "h", false, 443 },
		{ "http://127.0.0.1:65535", "127.0.0.1", false, 65535 },
		{ "http://[::1]", "[::1]", false, 0 },
		{ "[FE80::1]:81", "[fe80::1]", true, 81 },
	};
	struct s3_place p;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		if (s3_url_endpoint(&p, good[i].text, &e) == -1)
			fail_msg("%s: %s", good[i].text, e.text);
		assert_string_equal(p.host, good[i].host);
		assert_int_equal(p.tls, good[i].tls);
		assert_int_equal(p.port, good[i].port);
	}
}

static void
bad_endpoints_are_refused(void **state)
{
	static const char *const bad[] = {
		"", "http://", "https:///", "ftp://h", "http://h/path",
		"h:", "h:0", "h:65536", "h:9000000000", "h:1x", "u:p@h",
		"h?x", "h x", "h\nx: y", "[::1", "[]", "[::1]x", "[::g]",
		".h", "-h", "::1", "http://http://h", "h%41",
	};
	char long_host[300];
	const char *text;
	struct s3_place p;
	struct err e;
	size_t i, n = sizeof(bad) / sizeof(*bad);

	(void)state;
	memset(long_host, 'h', sizeof(long_host) - 1);
	long_host[sizeof(long_host) - 1] = '\0';
	for (i = 0; i <= n; i++) {
		text = i < n ? bad[i] : long_host;
		err_clear(&e);
		if (s3_url_endpoint(&p, text, &e) != -1)
			fail_msg("%s was taken", text);
		assert_int_equal(e.kind, ERR_INPUT);
		assert_non_null(strstr(e.text, "expected a host with"));
	}
}

static void
buckets_and_prefixes_are_understood(void **state)
{
	static const struct {
		const char	*url, *bucket, *prefix;
	} good[] = {
		{ "s3://abc", "abc", "" },
		{ "s3://abc/", "abc", "" },
		{ "s3://abc//", "abc", "" },
		{ "s3://a-b.c_9/erp", "a-b.c_9", "erp/" },
		{ "s3://abc/erp/", "abc", "erp/" },
		{ "s3://abc//erp//x///", "abc", "erp//x/" },
		{ "s3://abc/\xc3\xbc +%41", "abc", "\xc3\xbc +%41/" },
	};
	struct s3_place p;
	char prefix[64];
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		if (s3_url_bucket(&p, good[i].url, prefix, sizeof(prefix),
		    &e) == -1)
			fail_msg("%s: %s", good[i].url, e.text);
		assert_string_equal(p.bucket, good[i].bucket);
		assert_string_equal(prefix, good[i].prefix);
	}
}

static void
bad_buckets_are_refused(void **state)
{
	static const char *const bad[] = {
		"s3://", "s3:///x", "s3://ab", "s3://a..b", "s3://.abc",
		"s3://-abc", "s3://abc.", "s3://a b", "s3://a%b", "abc",
		"S3://abc", "s3://a~bc",
		"s3://0123456789012345678901234567890123456789"
		"012345678901234567890123",
	};
	struct s3_place p;
	char prefix[16];
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (s3_url_bucket(&p, bad[i], prefix, sizeof(prefix), &e) !=
		    -1)
			fail_msg("%s was taken", bad[i]);
		assert_int_equal(e.kind, ERR_INPUT);
		assert_non_null(strstr(e.text, "expected s3://bucket or"));
	}
	assert_int_equal(s3_url_bucket(&p, "s3://abc/0123456789abcdef", prefix,
	    sizeof(prefix), &e), -1);
	assert_string_equal(e.text, "store s3://abc/0123456789abcdef: the "
	    "prefix is longer than 14 bytes");
	assert_int_equal(s3_url_bucket(&p, "s3://abc/0123456789abcd", prefix,
	    sizeof(prefix), &e), 0);
	assert_string_equal(prefix, "0123456789abcd/");
}

static void
decode(const char *text, bool plus, const char *want)
{
	struct buf b;
	struct err e;

	buf_init(&b, 256);
	err_clear(&e);
	if (s3_url_decode(text, strlen(text), plus, &b, &e) == -1) {
		assert_null(want);
		assert_int_equal(e.kind, ERR_DAMAGED);
	} else {
		assert_non_null(want);
		assert_string_equal(buf_text(&b, &e), want);
	}
	buf_drop(&b);
}

static void
escapes_are_undone_or_refused(void **state)
{
	(void)state;
	decode("", true, "");
	decode("a+b%20c%2Bd%2b", true, "a b c+d+");
	decode("a+b", false, "a+b");
	decode("%C3%bc%25", false, "\xc3\xbc%");
	decode("%", false, NULL);
	decode("a%4", false, NULL);
	decode("%4g", false, NULL);
	decode("%g4", false, NULL);
	decode("%00", false, NULL);
}

static void
a_query_has_limits(void **state)
{
	struct s3_pair pair[17];
	struct buf b;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < 17; i++)
		pair[i] = (struct s3_pair){ "a", "b" };
	buf_init(&b, 1024);
	assert_int_equal(s3_url_query(pair, 17, &b, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	pair[0] = (struct s3_pair){ "a-b", "2" };
	pair[1] = (struct s3_pair){ "a", "1=&" };
	pair[2] = (struct s3_pair){ "a", "" };
	assert_int_equal(s3_url_query(pair, 3, &b, &e), 0);
	assert_string_equal(buf_text(&b, &e), "a=&a=1%3D%26&a-b=2");
	buf_drop(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(endpoints_are_understood),
		cmocka_unit_test(bad_endpoints_are_refused),
		cmocka_unit_test(buckets_and_prefixes_are_understood),
		cmocka_unit_test(bad_buckets_are_refused),
		cmocka_unit_test(escapes_are_undone_or_refused),
		cmocka_unit_test(a_query_has_limits),
	};

	return cmocka_run_group_tests_name("s3_url", tests, NULL, NULL);
}
