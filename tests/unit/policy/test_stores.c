/*
 * Stores of a policy that are buckets: what arrives, what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "policy/policy.h"
#include "parts.h"

#define STORE(rest) SITE COMPONENTS "stores:\n  one: {" rest "}\n" KEYS \
    OBJECTIVES
#define BUCKET(rest) STORE("url: 's3://b-b/p', " rest)

static struct policy *
parse(const char *text)
{
	struct policy *p = NULL;
	struct err e;

	if (policy_parse(&p, text, strlen(text), "/etc/m/p.yaml", &e) == -1)
		fail_msg("%s", e.text);
	return p;
}

static void
refuse(const char *text, const char *why)
{
	struct policy *p = NULL;
	struct err e;
	char want[1024];

	err_clear(&e);
	assert_int_equal(policy_parse(&p, text, strlen(text), "p.yaml", &e),
	    -1);
	assert_int_equal(e.kind, ERR_INPUT);
	(void)snprintf(want, sizeof(want), "p.yaml:6: stores.one%s", why);
	assert_string_equal(e.text, want);
}

static void
what_is_not_said_is_nothing(void **state)
{
	struct policy *p = parse(STORE("url: 's3://b-b/p'"));
	const struct policy_store *s = &p->stores[0];

	(void)state;
	assert_string_equal(s->url, "s3://b-b/p");
	assert_null(s->endpoint);
	assert_null(s->region);
	assert_null(s->ca_file);
	assert_null(s->credentials);
	assert_null(s->profile);
	assert_null(s->storage_class);
	assert_false(s->has_path_style);
	assert_int_equal(s->lock, POLICY_UNLOCKED);
	assert_int_equal(s->limit_upload, 0);
	policy_free(p);
}

static void
what_a_bucket_needs_arrives(void **state)
{
	struct policy *p = parse(BUCKET("endpoint: 'http://h:1', region: r, "
	    "path-style: true, ca-file: ca.pem, credentials: /c, profile: q, "
	    "storage-class: GLACIER, object-lock: {mode: compliance, "
	    "days: 30}, limit-upload: 20M"));
	const struct policy_store *s = &p->stores[0];

	(void)state;
	assert_string_equal(s->endpoint, "http://h:1");
	assert_string_equal(s->region, "r");
	assert_true(s->has_path_style);
	assert_true(s->path_style);
	assert_string_equal(s->ca_file, "/etc/m/ca.pem");
	assert_string_equal(s->credentials, "/c");
	assert_string_equal(s->profile, "q");
	assert_string_equal(s->storage_class, "GLACIER");
	assert_int_equal(s->lock, POLICY_COMPLIANCE);
	assert_int_equal(s->lock_days, 30);
	assert_int_equal(s->limit_upload, 20 << 20);
	policy_free(p);
	p = parse(BUCKET("path-style: false, "
	    "object-lock: {days: 36500, mode: governance}"));
	assert_true(p->stores[0].has_path_style);
	assert_false(p->stores[0].path_style);
	assert_int_equal(p->stores[0].lock, POLICY_GOVERNANCE);
	assert_int_equal(p->stores[0].lock_days, 36500);
	policy_free(p);
}

static void
buckets_of_one_name_at_two_places_are_two(void **state)
{
	struct policy *p = parse(SITE COMPONENTS "stores:\n"
	    "  one: {url: 's3://b-b', endpoint: a}\n"
	    "  two: {url: 's3://b-b', endpoint: b}\n" KEYS OBJECTIVES);
	struct err e;
	struct policy *q = NULL;
	static const char same[] = SITE COMPONENTS "stores:\n"
	    "  one: {url: 's3://b-b', endpoint: a}\n"
	    "  two: {url: 's3://b-b', endpoint: a}\n" KEYS OBJECTIVES;

	(void)state;
	assert_int_equal(p->n_stores, 2);
	policy_free(p);
	assert_int_equal(policy_parse(&q, same, strlen(same), "p.yaml", &e),
	    -1);
	assert_string_equal(e.text, "p.yaml:7: stores.two.url: store one has "
	    "this URL, too: expected another");
}

static void
values_that_are_none_are_refused(void **state)
{
	(void)state;
	refuse(BUCKET("endpoint: []"), ".endpoint: expected text");
	refuse(BUCKET("region: ''"), ".region: expected text");
	refuse(BUCKET("storage-class: {}"), ".storage-class: expected text");
	refuse(BUCKET("ca-file: ''"), ".ca-file: expected a path");
	refuse(BUCKET("credentials: [a]"), ".credentials: expected a path");
	refuse(BUCKET("path-style: yes"),
	    ".path-style: expected true or false");
	refuse(BUCKET("path-style: [true]"),
	    ".path-style: expected true or false");
	refuse(BUCKET("limit-upload: 1K"), ".limit-upload: expected bytes a "
	    "second, at least 64K, such as 20M");
	refuse(BUCKET("limit-upload: fast"), ".limit-upload: expected bytes a "
	    "second, at least 64K, such as 20M");
	refuse(BUCKET("profile: q"), ".profile: there is no file it is in: "
	    "expected credentials, too");
}

static void
locks_that_lock_nothing_are_refused(void **state)
{
	(void)state;
	refuse(BUCKET("object-lock: compliance"), ".object-lock: expected "
	    "{mode: governance or compliance, days: 1 to 36500}");
	refuse(BUCKET("object-lock: {mode: compliance}"), ".object-lock: "
	    "expected {mode: governance or compliance, days: 1 to 36500}");
	refuse(BUCKET("object-lock: {mode: none, days: 1}"),
	    ".object-lock.mode: expected governance or compliance");
	refuse(BUCKET("object-lock: {mode: compliance, days: 0}"),
	    ".object-lock.days: expected a whole number from 1 to 36500");
	refuse(BUCKET("object-lock: {mode: compliance, days: 36501}"),
	    ".object-lock.days: expected a whole number from 1 to 36500");
	refuse(BUCKET("object-lock: {mode: compliance, days: 1, hold: x}"),
	    ".object-lock.hold: unknown key: expected mode or days");
}

static void
a_directory_is_not_told_what_only_buckets_have(void **state)
{
	(void)state;
	refuse(STORE("url: /srv/x, endpoint: h"), ".endpoint: only a bucket "
	    "has it: expected url: s3://bucket/prefix");
	refuse(STORE("object-lock: {mode: compliance, days: 1}, url: x"),
	    ".object-lock: only a bucket has it: expected url: "
	    "s3://bucket/prefix");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_said_is_nothing),
		cmocka_unit_test(what_a_bucket_needs_arrives),
		cmocka_unit_test(buckets_of_one_name_at_two_places_are_two),
		cmocka_unit_test(values_that_are_none_are_refused),
		cmocka_unit_test(locks_that_lock_nothing_are_refused),
		cmocka_unit_test(
		    a_directory_is_not_told_what_only_buckets_have),
	};

	return cmocka_run_group_tests_name("stores", tests, NULL, NULL);
}
