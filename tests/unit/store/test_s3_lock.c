/*
 * Object Lock, versions, storage classes and rights, on a real server (Ceph).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "crypto/id.h"
#include "store/store.h"
#include "../../lib/live_s3.h"

#define DAY (86400ll * 1000000000)

static struct live_s3 live;

static struct store *
open_store(const char *bucket, struct store_options o)
{
	struct store *s;
	char url[256];
	struct err e;

	o.endpoint = live.endpoint;
	(void)snprintf(url, sizeof(url), "s3://%s/erp", bucket);
	if ((s = store_open_with(url, &o, &e)) == NULL)
		fail_msg("%s", e.text);
	return s;
}

static enum store_put_result
put(struct store *s, const char *name, const char *text, struct err *e)
{
	struct id digest;

	id_sha256(text, strlen(text), &digest);
	err_clear(e);
	return store_put(s, name, text, strlen(text), &digest, e);
}

static void
must_put(struct store *s, const char *name, const char *text)
{
	struct err e;

	if (put(s, name, text, &e) != STORE_PUT)
		fail_msg("%s", e.text);
}

static void
expect(const char *command, const char *bucket, const char *key,
    const char *want)
{
	char said[256];

	live_s3_admin(&live, said, sizeof(said), command, bucket, key, NULL);
	said[strcspn(said, "\n")] = '\0';
	assert_string_equal(said, want);
}

/* "MODE UNTIL" of an object; until is as many days from now as wanted. */
static void
expect_lock(const char *key, const char *mode, unsigned days)
{
	char said[256], *until;
	int64_t utc, want = clock_utc() + days * DAY;
	struct err e;

	live_s3_admin(&live, said, sizeof(said), "lock", live.locked, key,
	    NULL);
	said[strcspn(said, "\n")] = '\0';
	assert_non_null(until = strchr(said, ' '));
	*until++ = '\0';
	assert_string_equal(said, mode);
	assert_int_equal(clock_parse(until, &utc, &e), 0);
	assert_true(utc <= want && utc > want - DAY / 24);
}

/* What the store itself says of it. */
static void
expect_kept(struct store *s, const char *name, enum store_lock lock,
    unsigned days)
{
	int64_t want = clock_utc() + days * DAY;
	struct store_kept k;
	struct err e;

	if (store_kept(s, name, &k, &e) == -1)
		fail_msg("%s", e.text);
	assert_int_equal(k.lock, lock);
	if (lock == STORE_UNLOCKED)
		assert_int_equal(k.until, 0);
	else
		assert_true(k.until <= want && k.until > want - DAY / 24);
	assert_int_equal(store_kept(s, "no/such", &k, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
}

static void
what_is_put_with_compliance_cannot_be_removed_by_anybody(void **state)
{
	struct store *s = open_store(live.locked, (struct store_options){
		.lock = STORE_COMPLIANCE, .lock_days = 30 });
	struct err e;

	(void)state;
	must_put(s, "a", "kept");
	expect_lock("erp/a", "COMPLIANCE", 30);
	expect_kept(s, "a", STORE_COMPLIANCE, 30);
	expect("remove", live.locked, "erp/a", "AccessDenied AccessDenied");
	/* nor overwritten: there is still the one version */
	assert_int_equal(put(s, "a", "other", &e), STORE_EXISTED);
	expect("versions", live.locked, "erp/a", "1 0");
	store_close(s);
}

static int
pour(void *cookie, uint64_t offset, size_t len, void *out, struct err *e)
{
	if (cookie == NULL)
		return err_set(e, ERR_DAMAGED, "the spring is dry");
	memcpy(out, (const char *)cookie + offset, len);
	return 0;
}

static void
a_source_is_locked_like_what_is_in_memory(void **state)
{
	struct store *s = open_store(live.locked, (struct store_options){
		.lock = STORE_COMPLIANCE, .lock_days = 30 });
	char text[] = "kept, too";
	struct store_source source = { pour, NULL, strlen(text) };
	struct id digest;
	struct err e;

	(void)state;
	id_sha256(text, strlen(text), &digest);
	assert_int_equal(store_put_from(s, "p", &source, &digest, &e),
	    STORE_FAILED);
	assert_non_null(strstr(e.text, "the spring is dry"));
	source.cookie = text;
	if (store_put_from(s, "p", &source, &digest, &e) != STORE_PUT)
		fail_msg("%s", e.text);
	expect_lock("erp/p", "COMPLIANCE", 30);
	store_close(s);
}

static void
governance_yields_to_those_who_may_bypass_it(void **state)
{
	struct store *s = open_store(live.locked, (struct store_options){
		.lock = STORE_GOVERNANCE, .lock_days = 1 });

	(void)state;
	must_put(s, "b", "kept");
	expect_lock("erp/b", "GOVERNANCE", 1);
	expect_kept(s, "b", STORE_GOVERNANCE, 1);
	expect("remove", live.locked, "erp/b", "AccessDenied removed");
	store_close(s);
}

static void
keep(struct store *s, const char *name, enum store_lock lock, unsigned days)
{
	const struct store_kept k = { lock, clock_utc() + days * DAY };
	struct err e;

	if (store_keep(s, name, &k, &e) == -1)
		fail_msg("%s", e.text);
}

static void
a_lock_is_extended_and_never_shortened(void **state)
{
	struct store *s = open_store(live.locked, (struct store_options){
		.lock = STORE_COMPLIANCE, .lock_days = 2 });
	struct store_kept k = { STORE_COMPLIANCE, clock_utc() + DAY };
	struct err e;
	char c;

	(void)state;
	must_put(s, "extended", "kept");
	expect_lock("erp/extended", "COMPLIANCE", 2);
	keep(s, "extended", STORE_COMPLIANCE, 30);
	expect_lock("erp/extended", "COMPLIANCE", 30);
	/* it is the lock that was put, and no object */
	expect("versions", live.locked, "erp/extended", "1 0");
	assert_int_equal(store_get(s, "extended", 3, 1, &c, &e), 0);
	assert_int_equal(c, 't');
	assert_int_equal(store_keep(s, "extended", &k, &e), -1);
	assert_int_equal(e.kind, ERR_DENIED);
	expect_lock("erp/extended", "COMPLIANCE", 30);
	assert_int_equal(store_keep(s, "no/such", &k, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
	store_close(s);
	s = open_store(live.locked, (struct store_options){
		.lock = STORE_GOVERNANCE, .lock_days = 1 });
	must_put(s, "governed", "kept");
	keep(s, "governed", STORE_GOVERNANCE, 30);
	expect_lock("erp/governed", "GOVERNANCE", 30);
	k.until = clock_utc() + 31 * DAY;	/* another mode: bypass only */
	assert_int_equal(store_keep(s, "governed", &k, &e), -1);
	assert_int_equal(e.kind, ERR_DENIED);
	store_close(s);
}

static void
a_bucket_that_cannot_lock_is_named(void **state)
{
	struct store *s = open_store(live.bucket, (struct store_options){
		.lock = STORE_COMPLIANCE, .lock_days = 30 });
	struct store_info info;
	struct err e;

	(void)state;
	assert_int_equal(put(s, "c", "x", &e), STORE_FAILED);
	assert_int_equal(e.kind, ERR_REMOTE);
	assert_non_null(strstr(e.text, "the server answered 400"));
	assert_int_equal(store_head(s, "c", &info, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
	store_close(s);
}

static void
storage_classes_are_asked_for(void **state)
{
	struct store *s = open_store(live.bucket, (struct store_options){
		.storage_class = "STANDARD" });
	struct err e;

	(void)state;
	must_put(s, "d", "x");
	expect_kept(s, "d", STORE_UNLOCKED, 0);
	store_close(s);
	s = open_store(live.bucket, (struct store_options){
		.storage_class = "NO_SUCH_CLASS" });
	assert_int_equal(put(s, "e", "x", &e), STORE_FAILED);
	assert_non_null(strstr(e.text, "the server answered 400 Invalid"));
	store_close(s);
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
a_versioned_bucket_is_a_store_like_others(void **state)
{
	struct store *s;
	struct store_info info;
	struct err e;
	int n = 0;

	(void)state;
	live_s3_admin(&live, NULL, 0, "version", "versioned", NULL);
	s = open_store("versioned", (struct store_options){ 0 });
	must_put(s, "a", "first");
	assert_int_equal(put(s, "a", "second", &e), STORE_EXISTED);
	assert_int_equal(store_remove(s, "a", &e), 0);
	assert_int_equal(store_head(s, "a", &info, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_int_equal(store_list(s, "", count, &n, &e), 0);
	assert_int_equal(n, 0);
	must_put(s, "a", "again");
	expect("versions", "versioned", "erp/a", "2 1");
	store_close(s);
}

static void
a_production_key_puts_gets_and_lists_but_does_not_remove(void **state)
{
	struct store *s;
	struct err e;
	char out[5] = "";
	int n = 0;

	(void)state;
	live_s3_admin(&live, NULL, 0, "allow", "production", "writer",
	    "s3:PutObject,s3:GetObject,s3:ListBucket", NULL);
	live_s3_be_writer(&live);
	s = open_store("production", (struct store_options){ 0 });
	must_put(s, "a", "text");
	assert_int_equal(put(s, "a", "other", &e), STORE_EXISTED);
	assert_int_equal(store_get(s, "a", 0, 4, out, &e), 0);
	assert_string_equal(out, "text");
	assert_int_equal(store_list(s, "", count, &n, &e), 0);
	assert_int_equal(n, 1);
	err_clear(&e);
	assert_int_equal(store_remove(s, "a", &e), -1);
	assert_int_equal(e.kind, ERR_DENIED);
	store_close(s);
	live_s3_be_owner(&live);
}

static void
a_key_that_may_only_put_still_never_overwrites(void **state)
{
	struct store *s;
	struct err e;
	char c;

	(void)state;
	live_s3_admin(&live, NULL, 0, "allow", "dropbox", "writer",
	    "s3:PutObject", NULL);
	s = open_store("dropbox", (struct store_options){ 0 });
	must_put(s, "a", "text");
	store_close(s);
	live_s3_be_writer(&live);
	s = open_store("dropbox", (struct store_options){ 0 });
	must_put(s, "b", "text");
	assert_int_equal(put(s, "a", "other", &e), STORE_EXISTED);
	err_clear(&e);
	assert_int_equal(store_get(s, "a", 0, 1, &c, &e), -1);
	assert_int_equal(e.kind, ERR_DENIED);
	store_close(s);
	live_s3_be_owner(&live);
	expect("versions", "dropbox", "erp/a", "1 0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_is_locked_like_what_is_in_memory),
		cmocka_unit_test(
		    what_is_put_with_compliance_cannot_be_removed_by_anybody),
		cmocka_unit_test(a_lock_is_extended_and_never_shortened),
		cmocka_unit_test(governance_yields_to_those_who_may_bypass_it),
		cmocka_unit_test(a_bucket_that_cannot_lock_is_named),
		cmocka_unit_test(storage_classes_are_asked_for),
		cmocka_unit_test(a_versioned_bucket_is_a_store_like_others),
		cmocka_unit_test(
		    a_production_key_puts_gets_and_lists_but_does_not_remove),
		cmocka_unit_test(
		    a_key_that_may_only_put_still_never_overwrites),
	};
	int failed;

	if (!live_s3_start(&live)) {
		printf("1..1\nok 1 # SKIP radosgw is not installed\n");
		return 0;
	}
	live_s3_be_owner(&live);
	failed = cmocka_run_group_tests_name("s3 locks", tests, NULL, NULL);
	live_s3_stop(&live);
	return failed;
}
