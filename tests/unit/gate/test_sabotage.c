/*
 * The alarm, tried a hundred times: whatever is damaged is noticed, and the
 * store stays as it is.  (Rows and files are tried on a live site.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/gate_scene.h"
#include "base/clock.h"
#include "base/err.h"
#include "drill/drill.h"
#include "gate/history.h"
#include "gate/sabotage.h"
#include "gate/sabotage_store.h"
#include "store/store.h"

#define ROUNDS 100

static int
make(void **state)
{
	struct scene *x = calloc(1, sizeof(*x));

	assert_non_null(x);
	scene_make(x);
	scene_put_receipt(x);
	fixture_open(&x->f, DEPOT_DRILL);
	*state = x;
	return 0;
}

static int
drop(void **state)
{
	scene_drop(*state);
	free(*state);
	return 0;
}

static void
a_hundred_of_a_hundred_are_noticed(void **state)
{
	struct scene *x = *state;
	const struct sabotage_options o = { .policy = &x->f.policy,
	    .scratch = x->f.dir };
	size_t tried[SABOTAGE_KINDS] = { 0 };
	enum sabotage_kind k;
	struct receipt r;
	struct err e;

	clock_fake(-1, -1);
	x->f.policy.gate_drill_age = 7 * DAYS;
	for (int i = 0; i < ROUNDS; i++) {
		k = i < SABOTAGE_KINDS && sabotage_fits((enum sabotage_kind)i,
		    &x->s) ? (enum sabotage_kind)i : sabotage_choose(&x->s);
		if (sabotage_run(&x->f.depot, &x->s, k, &o, &r, &e) == -1)
			fail_msg("%s: %s", sabotage_word(k), e.text);
		assert_string_equal(r.kind, "sabotage");
		assert_int_equal(r.n_checks, 1);
		if (!r.passed || !r.checks[0].passed)
			fail_msg("%s: %s: nobody noticed", r.checks[0].name,
			    r.checks[0].required);
		tried[k]++;
		receipt_drop(&r);
	}
	for (int i = 0; i < SABOTAGE_KINDS; i++)
		if (sabotage_fits((enum sabotage_kind)i, &x->s))
			assert_true(tried[i] > 0);
}

static void
its_receipt_is_believed_and_is_no_drill(void **state)
{
	struct scene *x = *state;
	const struct sabotage_options o = { .policy = &x->f.policy,
	    .scratch = x->f.dir };
	struct history h;
	struct receipt r;
	struct err e;

	if (sabotage_run(&x->f.depot, &x->s, SABOTAGE_PACK_BYTE, &o, &r,
	    &e) == -1 || drill_sign(&x->f.depot, &r, &e) == -1 ||
	    history_load(&h, &x->f.depot, &x->f.policy, 0, &e) == -1)
		fail_msg("%s", e.text);
	assert_int_equal(h.damaged, 0);
	assert_int_equal(h.n_drills, 2);
	assert_non_null(history_newest(&h, "sabotage"));
	assert_true(history_newest(&h, "sabotage")->passed);
	receipt_drop(&r);
	history_drop(&h);
	x->f.policy.gate_sabotage_age = 30 * DAYS;
	scene_judge(x, NULL);
	assert_int_equal(x->v.result, RULE_PASS);
	assert_int_equal(scene_rule(&x->v, "sabotage")->result, RULE_PASS);
}

static void
words_are_read_and_only_words(void **state)
{
	enum sabotage_kind k;

	(void)state;
	for (int i = 0; i < SABOTAGE_KINDS; i++) {
		assert_int_equal(sabotage_parse(sabotage_word(
		    (enum sabotage_kind)i), &k), 0);
		assert_int_equal(k, i);
	}
	assert_int_equal(sabotage_parse("nothing", &k), -1);
}

static void
a_view_changes_nothing_and_says_what_is_wrong(void **state)
{
	struct scene *x = *state;
	char path[FIXTURE_PATH], name[STORE_NAME_MAX];
	uint8_t was[64], now[64];
	struct store_info info;
	struct store *v;
	struct id none = { { 0 } };
	struct err e;

	(void)fixture_object(&x->f, "packs/", path);
	(void)snprintf(name, sizeof(name), "%s", strstr(path, "packs/"));
	assert_int_equal(store_get(x->f.depot.store, name, 0, 64, was, &e),
	    0);
	v = sabotage_store(x->f.depot.store, name, HOW_BYTE, 10, &e);
	assert_non_null(v);
	assert_int_equal(store_get(v, name, 0, 64, now, &e), 0);
	assert_int_equal(now[10], was[10] ^ 0x40);
	assert_memory_equal(now + 11, was + 11, 53);
	assert_int_equal(store_get(v, name, 11, 53, now, &e), 0);
	assert_memory_equal(now, was + 11, 53);
	assert_int_equal(store_put(v, "packs/x", "x", 1, &none, &e),
	    STORE_FAILED);
	assert_int_equal(store_remove(v, name, &e), -1);
	store_close(v);
	v = sabotage_store(x->f.depot.store, name, HOW_CUT, 10, &e);
	assert_int_equal(store_get(v, name, 0, 10, now, &e), 0);
	assert_int_equal(store_get(v, name, 0, 11, now, &e), -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	assert_int_equal(store_head(v, name, &info, &e), 0);
	assert_int_equal(info.size, 10);
	store_close(v);
	v = sabotage_store(x->f.depot.store, name, HOW_GONE, 0, &e);
	assert_int_equal(store_get(v, name, 0, 1, now, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_int_equal(store_head(v, name, &info, &e), -1);
	store_close(v);
	assert_int_equal(store_get(x->f.depot.store, name, 0, 64, now, &e),
	    0);
	assert_memory_equal(now, was, 64);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, make, drop)
	const struct CMUnitTest tests[] = {
		T(a_hundred_of_a_hundred_are_noticed),
		T(its_receipt_is_believed_and_is_no_drill),
		T(a_view_changes_nothing_and_says_what_is_wrong),
		cmocka_unit_test(words_are_read_and_only_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
