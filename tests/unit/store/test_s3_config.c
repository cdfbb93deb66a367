/*
 * What URL, options and environment say about a bucket.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "store/s3/s3_config.h"

static int
nothing(void **state)
{
	static const char *const names[] = {
		"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_REGION",
		"AWS_DEFAULT_REGION", "AWS_CA_BUNDLE",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		(void)unsetenv(names[i]);
	return 0;
}

static void
make(struct s3_config *c, const char *url, const struct store_options *o)
{
	struct err e;

	if (s3_config_make(c, url, o, &e) == -1)
		fail_msg("%s", e.text);
}

static void
amazon_is_what_is_not_said(void **state)
{
	const struct store_options o = { .region = "eu-central-1" };
	struct s3_config c;

	(void)state;
	make(&c, "s3://acme-backups/erp", NULL);
	assert_string_equal(c.place.host, "s3.us-east-1.amazonaws.com");
	assert_true(c.place.tls);
	assert_false(c.place.path_style);
	assert_string_equal(c.region, "us-east-1");
	assert_string_equal(c.prefix, "erp/");
	make(&c, "s3://acme-backups", &o);
	assert_string_equal(c.place.host, "s3.eu-central-1.amazonaws.com");
	/* no certificate is for a.b.s3...: */
	make(&c, "s3://a.b", NULL);
	assert_true(c.place.path_style);
}

static void
the_environment_fills_gaps_and_options_win(void **state)
{
	struct store_options o = {
		.endpoint = "http://o:1", .region = "ro", .ca_file = "/o.pem",
		.style = STORE_STYLE_HOST, .storage_class = "STANDARD_IA",
		.lock = STORE_COMPLIANCE, .lock_days = 30,
		.limit_upload = 1 << 20,
	};
	struct s3_config c;

	(void)state;
	(void)setenv("AWS_ENDPOINT_URL", "https://general", 1);
	(void)setenv("AWS_DEFAULT_REGION", "rd", 1);
	(void)setenv("AWS_CA_BUNDLE", "/e.pem", 1);
	make(&c, "s3://bucket", NULL);
	assert_string_equal(c.place.host, "general");
	assert_true(c.place.path_style);
	assert_string_equal(c.region, "rd");
	assert_string_equal(c.ca_file, "/e.pem");
	(void)setenv("AWS_ENDPOINT_URL_S3", "http://special:9000", 1);
	(void)setenv("AWS_REGION", "re", 1);
	make(&c, "s3://bucket", NULL);
	assert_string_equal(c.place.host, "special");
	assert_int_equal(c.place.port, 9000);
	assert_string_equal(c.region, "re");
	make(&c, "s3://bucket", &o);
	assert_string_equal(c.place.host, "o");
	assert_string_equal(c.region, "ro");
	assert_string_equal(c.ca_file, "/o.pem");
	assert_false(c.place.path_style);
	assert_string_equal(c.storage_class, "STANDARD_IA");
	assert_int_equal(c.lock, STORE_COMPLIANCE);
	assert_int_equal(c.lock_days, 30);
	assert_int_equal(c.limit_upload, 1 << 20);
}

static void
refuse(const struct store_options *o, const char *why)
{
	struct s3_config c;
	struct err e;

	err_clear(&e);
	assert_int_equal(s3_config_make(&c, "s3://bucket/x", o, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_string_equal(e.text, why);
}

static void
what_cannot_be_is_refused(void **state)
{
	struct store_options o = { .region = "a b" };
	char path[8000];

	(void)state;
	refuse(&o, "store s3://bucket/x: region \"a b\": expected up to 63 "
	    "letters, digits, '_' and '-'");
	o = (struct store_options){ .storage_class = "X\r\ny: z" };
	refuse(&o, "store s3://bucket/x: storage class \"X\r\ny: z\": "
	    "expected up to 63 letters, digits, '_' and '-'");
	o = (struct store_options){ .endpoint = "h/path" };
	refuse(&o, "store s3://bucket/x: endpoint h/path: expected a host "
	    "with an optional scheme and port, such as "
	    "https://s3.example.com:9000");
	o = (struct store_options){ .lock = STORE_GOVERNANCE };
	refuse(&o, "store s3://bucket/x: object lock for 0 days: expected 1 "
	    "to 36500");
	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	o = (struct store_options){ .ca_file = path };
	refuse(&o, "store s3://bucket/x: the name of the CA file is too long");
}

#define TEST(f) cmocka_unit_test_setup(f, nothing)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(amazon_is_what_is_not_said),
		TEST(the_environment_fills_gaps_and_options_win),
		TEST(what_cannot_be_is_refused),
	};

	return cmocka_run_group_tests_name("s3_config", tests, NULL, NULL);
}
