/*
 * The store suite on the store in memory, alone and below an idle fault
 * decorator; URLs; and the decorator itself, since others' tests trust it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/store.h"
#include "../../lib/store_fault.h"
#include "../../lib/store_mem.h"
#include "../../lib/store_suite.h"

static const struct id any_digest;
static struct store *below;
static struct fault_plan idle = { .ops = FAULT_ANY };

static struct store *
fresh_mem(void)
{
	struct err e;

	return store_mem_new(&e);
}

static struct store *
fresh_fault(void)
{
	struct err e;

	store_close(below);
	below = store_mem_new(&e);
	return store_fault_new(below, &idle, &e);
}

static void
a_bucket_without_a_name_is_refused_with_a_sentence(void **state)
{
	struct err e;

	(void)state;
	assert_null(store_open("s3://", &e));
	assert_int_equal(e.kind, ERR_INPUT);
	assert_non_null(strstr(e.text, "store s3://: expected s3://bucket"));
	assert_int_equal(store_create("s3://x", &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
}

static void
an_unknown_scheme_or_nothing_is_refused(void **state)
{
	struct err e;

	(void)state;
	assert_null(store_open("ftp://host/x", &e));
	assert_int_equal(e.kind, ERR_INPUT);
	assert_string_equal(e.text, "store ftp://host/x: unknown scheme ftp: "
	    "expected a directory or s3://bucket/prefix");
	assert_null(store_open("", &e));
	assert_int_equal(e.kind, ERR_INPUT);
	assert_null(store_open("./no/such://folder", &e));
	assert_int_equal(e.kind, ERR_ABSENT);
}

static void
closing_nothing_is_allowed(void **state)
{
	(void)state;
	store_close(NULL);
}

static struct store *
faulty(struct fault_plan *plan)
{
	struct store *s;
	struct err e;

	store_close(below);
	below = store_mem_new(&e);
	assert_non_null(below);
	assert_int_equal(store_put(below, "old", "0123", 4, &any_digest, &e),
	    STORE_PUT);
	s = store_fault_new(below, plan, &e);
	assert_non_null(s);
	return s;
}

static void
the_decorator_fails_the_nth_operation_only(void **state)
{
	struct fault_plan plan = {
		.ops = FAULT_PUT | FAULT_HEAD, .nth = 2, .as = ERR_DENIED,
	};
	struct store *s = faulty(&plan);
	struct store_info info;
	struct err e;

	(void)state;
	assert_int_equal(store_put(s, "a", "x", 1, &any_digest, &e),
	    STORE_PUT);
	assert_int_equal(store_head(s, "a", &info, &e), -1);
	assert_int_equal(e.kind, ERR_DENIED);
	assert_int_equal(store_head(s, "a", &info, &e), 0);
	assert_int_equal(plan.seen, 3);
	plan = (struct fault_plan){ .ops = FAULT_ANY, .nth = 1,
	    .later_too = 1 };
	assert_int_equal(store_head(s, "a", &info, &e), -1);
	assert_int_equal(e.kind, ERR_REMOTE);
	assert_int_equal(store_remove(s, "a", &e), -1);
	plan = (struct fault_plan){ .ops = FAULT_ANY, .nth = 1,
	    .later_too = 1, .name_has = "b" };
	assert_int_equal(store_remove(s, "a", &e), 0);
	assert_int_equal(plan.seen, 0);
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
the_decorator_tears_flips_and_forgets(void **state)
{
	struct fault_plan plan = { .ops = FAULT_ANY, .nth = 1,
	    .later_too = 1, .kind = FAULT_TEAR };
	struct store *s = faulty(&plan);
	struct store_info info;
	struct err e;
	char out[5] = "";
	int n = 0;

	(void)state;
	assert_int_equal(store_put(s, "torn", "0123", 4, &any_digest, &e),
	    STORE_FAILED);
	assert_int_equal(store_head(below, "torn", &info, &e), 0);
	assert_int_equal(info.size, 2);
	assert_int_equal(store_get(s, "old", 0, 4, out, &e), 0);
	assert_memory_equal(out, "01\0\0", 4);
	assert_int_equal(store_list(s, "", count, &n, &e), 0);
	assert_int_equal(n, 1);

	plan.kind = FAULT_FLIP;
	assert_int_equal(store_get(s, "old", 0, 4, out, &e), 0);
	assert_memory_equal(out, "0133", 4);
	assert_int_equal(store_put(s, "flip", "0123", 4, &any_digest, &e),
	    STORE_PUT);
	assert_int_equal(store_get(below, "flip", 0, 4, out, &e), 0);
	assert_memory_equal(out, "0133", 4);

	plan.kind = FAULT_FORGET;
	assert_int_equal(store_put(s, "gone", "x", 1, &any_digest, &e),
	    STORE_PUT);
	assert_int_equal(store_head(below, "gone", &info, &e), -1);
	assert_int_equal(store_head(s, "old", &info, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_int_equal(store_remove(s, "old", &e), 0);
	assert_int_equal(store_head(below, "old", &info, &e), 0);

	plan.kind = FAULT_DELAY;
	plan.delay_ms = 1;
	assert_int_equal(store_head(s, "old", &info, &e), 0);
	store_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_bucket_without_a_name_is_refused_with_a_sentence),
		cmocka_unit_test(an_unknown_scheme_or_nothing_is_refused),
		cmocka_unit_test(closing_nothing_is_allowed),
		cmocka_unit_test(the_decorator_fails_the_nth_operation_only),
		cmocka_unit_test(the_decorator_tears_flips_and_forgets),
	};
	int failed;

	failed = cmocka_run_group_tests_name("store", tests, NULL, NULL);
	failed += store_suite_run("store in memory", fresh_mem);
	failed += store_suite_run("store below a decorator", fresh_fault);
	store_close(below);
	return failed;
}
