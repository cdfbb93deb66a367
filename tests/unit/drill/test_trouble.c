/*
 * What a drill makes of a store that fails it: damage and loss are a no with a
 * receipt; a store that cannot be read is no answer, and no receipt.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/fixture.h"
#include "../../lib/store_fault.h"
#include "base/err.h"
#include "drill/drill.h"
#include "pack/chunks.h"
#include "store/store.h"

struct scene {
	struct fixture		 f;
	struct snapshot		 s;
	struct fault_plan	 plan;
	struct store		*below;
};

/* A snapshot of configuration, and its depot over a store that may fail. */
static int
make(void **state)
{
	struct scene *x = calloc(1, sizeof(*x));
	struct depot *d;
	struct err e;

	assert_non_null(x);
	fixture_make(&x->f);
	fixture_take(&x->f, &x->s);
	fixture_open(&x->f, DEPOT_DRILL);
	d = &x->f.depot;
	x->below = d->store;
	assert_non_null(d->store = store_fault_new(x->below, &x->plan, &e));
	chunks_close(d->chunks);
	const struct chunks_options o = { .store = d->store,
	    .charter = &d->charter, .secret = d->secret,
	    .recovery = d->recovery, .index = x->f.index, .workers = 1 };

	assert_non_null(d->chunks = chunks_open(&o, &e));
	*state = x;
	return 0;
}

static int
drop(void **state)
{
	struct scene *x = *state;

	fixture_drop(&x->f);
	store_close(x->below);
	free(x);
	return 0;
}

static int
drill(struct scene *x, struct receipt *r, struct err *e)
{
	const struct drill_options o = { .policy = &x->f.policy,
	    .scratch = x->f.dir };

	x->plan.seen = 0;
	return drill_run(&x->f.depot, &x->s, &o, r, e);
}

static void
a_good_store_passes(void **state)
{
	struct scene *x = *state;
	struct receipt r;
	struct err e;

	if (drill(x, &r, &e) == -1)
		fail_msg("%s", e.text);
	for (size_t i = 0; i < r.n_checks; i++)
		if (!r.checks[i].passed)
			fail_msg("%s: %s", r.checks[i].name, r.checks[i].seen);
	assert_true(r.passed);
	receipt_drop(&r);
}

/* Make the n-th operation fail, and the next, until there is none. */
static uint64_t
each(struct scene *x, enum fault_kind kind, enum err_kind as,
    void (*judge)(int rc, const struct receipt *, const struct err *))
{
	struct receipt r;
	struct err e;
	uint64_t n;
	int rc;

	x->plan.ops = FAULT_GET | FAULT_HEAD;
	x->plan.kind = kind;
	x->plan.as = as;
	x->plan.later_too = 1;
	for (n = 1;; n++) {
		x->plan.nth = n;
		err_clear(&e);
		rc = drill(x, &r, &e);
		if (x->plan.seen < n)
			break;
		judge(rc, &r, &e);
		receipt_drop(&r);
	}
	assert_int_equal(rc, 0);
	assert_true(r.passed);
	receipt_drop(&r);
	return n - 1;
}

static void
is_no_answer(int rc, const struct receipt *r, const struct err *e)
{
	(void)r;
	if (rc != -1 || e->kind == ERR_DAMAGED || e->kind == ERR_ABSENT)
		fail_msg("%d: %s", rc, e->text);
}

static void
is_a_no(int rc, const struct receipt *r, const struct err *e)
{
	if (rc == -1)
		fail_msg("%s", e->text);
	assert_false(r->passed);
}

static void
a_store_that_cannot_be_read_is_no_answer(void **state)
{
	assert_true(each(*state, FAULT_FAIL, ERR_REMOTE, is_no_answer) >= 3);
	assert_true(each(*state, FAULT_FAIL, ERR_SYSTEM, is_no_answer) >= 3);
	assert_true(each(*state, FAULT_FAIL, ERR_DENIED, is_no_answer) >= 3);
}

static void
a_store_that_has_lost_something_is_a_no(void **state)
{
	assert_true(each(*state, FAULT_FORGET, ERR_NONE, is_a_no) >= 3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_good_store_passes),
		TEST(a_store_that_cannot_be_read_is_no_answer),
		TEST(a_store_that_has_lost_something_is_a_no),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
