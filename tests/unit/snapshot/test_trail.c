/*
 * The trail: each statement names the one before it, of its own kind and
 * site; and a snapshot that contradicts itself is not believed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/want.h"
#include "drill/receipt.h"
#include "../../lib/fixture.h"
#include "../../lib/store_far.h"
#include "snapshot/second.h"
#include "snapshot/trail.h"

#define NANO INT64_C(1000000000)

struct scene {
	struct fixture	f;
	struct snapshot	s;
};

static int
make(void **state)
{
	struct scene *x = calloc(1, sizeof(*x));

	assert_non_null(x);
	fixture_make(&x->f);
	fixture_take(&x->f, &x->s);
	*state = x;
	return 0;
}

static int
drop(void **state)
{
	struct scene *x = *state;

	clock_fake(-1, -1);
	fixture_drop(&x->f);
	free(x);
	return 0;
}

/* Put a statement of this site; what it names as the one before, or null. */
static json_t *
put(struct scene *x, enum trail_kind kind, const char *site,
    struct id *digest)
{
	const int64_t now = clock_utc();
	struct trail_new new = { .kind = kind, .site = site, .utc = now };
	char object[STORE_NAME_MAX];
	json_t *previous;
	struct err e;

	new.subject = json_pack("[{s:s, s:{s:s}}]", "name", "x", "digest",
	    "sha256", "00");
	new.predicate = kind == TRAIL_VERDICTS ?
	    json_pack("{s:s+, s:o}", "resourceUri", "urn:muster:site:", site,
	    "timeVerified", want_make_time(now)) :
	    json_pack("{s:s, s:o}", "site", site, "finished",
	    want_make_time(now));
	if (trail_put(&x->f.depot, &new, object, digest, &e) == -1)
		fail_msg("%s", e.text);
	previous = json_incref(json_object_get(new.predicate, "previous"));
	json_decref(new.subject);
	json_decref(new.predicate);
	return previous;
}

static void
expect(json_t *previous, const struct id *want)
{
	char hex[ID_TEXT_SIZE];

	if (want == NULL)
		assert_true(json_is_null(previous));
	else
		assert_string_equal(json_string_value(previous),
		    id_format(want, hex));
	json_decref(previous);
}

static void
every_kind_has_a_chain_for_each_site(void **state)
{
	static const enum trail_kind kinds[] = {
		TRAIL_RECEIPTS, TRAIL_VERDICTS
	};
	struct scene *x = *state;
	struct id a, b, other, c;
	const int64_t now = clock_utc();

	for (size_t i = 0; i < 2; i++) {
		/* all within one second: only the chain has an order */
		clock_fake(now, clock_monotonic());
		expect(put(x, kinds[i], "a.example", &a), NULL);
		expect(put(x, kinds[i], "b.example", &other), NULL);
		expect(put(x, kinds[i], "a.example", &b), &a);
		clock_fake(now + 3 * NANO, clock_monotonic());
		expect(put(x, kinds[i], "a.example", &c), &b);
		expect(put(x, kinds[i], "b.example", &a), &other);
	}
}

#define MANY 20

struct seen {
	struct id	digest[MANY + 2];
	size_t		n, damaged;
};

static int
see(void *cookie, const struct trail_item *item, struct err *e)
{
	struct seen *s = cookie;

	(void)e;
	if (item->statement == NULL) {
		s->damaged++;
		return 0;
	}
	assert_true(s->n < MANY + 2);
	assert_non_null(item->signer);
	s->digest[s->n++] = item->digest;
	return 0;
}

/* Names of one second are in the order of their digests, that is in none. */
static void
statements_of_one_second_come_in_the_order_of_their_chain(void **state)
{
	struct scene *x = *state;
	const int64_t now = clock_utc();
	struct id made[MANY + 2];
	struct seen seen = { .n = 0 };
	struct err e;
	size_t i;

	for (i = 0; i < MANY + 2; i++) {
		clock_fake(i == 0 ? now - NANO : i > MANY ? now + NANO : now,
		    clock_monotonic());
		expect(put(x, TRAIL_RECEIPTS, "a.example", &made[i]),
		    i > 0 ? &made[i - 1] : NULL);
	}
	assert_int_equal(trail_each(&x->f.depot, TRAIL_RECEIPTS, see, &seen,
	    &e), 0);
	assert_int_equal(seen.n, MANY + 2);
	assert_memory_equal(seen.digest, made, sizeof(made));
}

static void
a_damaged_one_among_them_hides_none(void **state)
{
	struct scene *x = *state;
	struct seen seen = { .n = 0 };
	char path[FIXTURE_PATH];
	struct id id;
	struct err e;
	size_t i;

	clock_fake(clock_utc(), clock_monotonic());
	for (i = 0; i < 5; i++)
		json_decref(put(x, TRAIL_RECEIPTS, "a.example", &id));
	fixture_flip(fixture_object(&x->f, "receipts/", path), 100);
	assert_int_equal(trail_each(&x->f.depot, TRAIL_RECEIPTS, see, &seen,
	    &e), 0);
	assert_int_equal(seen.n, 4);
	assert_int_equal(seen.damaged, 1);
}

static int
end_with_7(void *cookie, const struct trail_item *item, struct err *e)
{
	size_t *n = cookie;

	(void)item;
	(void)e;
	return ++*n == 2 ? 7 : 0;
}

static void
whoever_looks_may_end_it(void **state)
{
	struct scene *x = *state;
	struct id id;
	struct err e;
	size_t n = 0, i;

	clock_fake(clock_utc(), clock_monotonic());
	for (i = 0; i < 3; i++)
		json_decref(put(x, TRAIL_RECEIPTS, "a.example", &id));
	assert_int_equal(trail_each(&x->f.depot, TRAIL_RECEIPTS, end_with_7,
	    &n, &e), 7);
	assert_int_equal(n, 2);
	clock_fake(clock_utc() + 2 * NANO, clock_monotonic());
	json_decref(put(x, TRAIL_RECEIPTS, "a.example", &id));
	n = 0;
	assert_int_equal(trail_each(&x->f.depot, TRAIL_RECEIPTS, end_with_7,
	    &n, &e), 7);
	assert_int_equal(n, 2);
}

static int
count_all(void *cookie, const struct trail_item *item, struct err *e)
{
	(void)e;
	*(int *)cookie += item->statement != NULL;
	return 0;
}

/* More than are fetched together; each at the same time as another. */
static void
statements_of_a_far_store_are_fetched_several_at_once(void **state)
{
	struct scene *x = *state;
	struct depot far_depot = x->f.depot;
	struct far far;
	struct err e;
	struct id id;
	int n = 0;

	for (int i = 0; i < 70; i++) {
		json_decref(put(x, TRAIL_RECEIPTS, "a.example", &id));
		clock_fake(clock_utc() + 2 * NANO, clock_monotonic());
	}
	assert_non_null(far_depot.store = store_far_new(&far,
	    x->f.depot.store, &e));
	assert_int_equal(trail_each(&far_depot, TRAIL_RECEIPTS, count_all,
	    &n, &e), 0);
	assert_int_equal(n, 70);
	assert_true(far.most >= 2);
	store_close(far_depot.store);
}

static void
more_than_can_be_held_are_told_all_the_same(void **state)
{
	struct second s = { .n = 0 };
	struct trail_item item = { .object = "receipts/x" };
	struct seen seen = { .n = 0 };
	struct err e, why;

	(void)state;
	err_clear(&why);
	item.why = &why;
	while (!second_is_over(&s, &item))
		assert_int_equal(second_add(&s, &item, &e), 0);
	assert_int_equal(s.n, SECOND_MAX);
	assert_int_equal(second_tell(&s, see, &seen, &e), 0);
	assert_int_equal(seen.damaged, SECOND_MAX);
	assert_int_equal(s.n, 0);
	assert_int_equal(second_tell(&s, see, &seen, &e), 0);
	second_drop(&s);
}

static void
a_snapshot_names_the_one_before_it(void **state)
{
	struct scene *x = *state;
	struct snapshot *second = calloc(1, sizeof(*second));
	struct snapshot *read = calloc(1, sizeof(*read));
	struct err e;

	assert_non_null(second);
	assert_non_null(read);
	assert_false(x->s.has_previous);
	fixture_take(&x->f, second);
	assert_true(second->has_previous);
	assert_memory_equal(&second->previous, &x->s.digest, ID_SIZE);
	assert_int_equal(trail_find_snapshot(&x->f.depot, "test.example",
	    NULL, read, NULL, &e), 0);
	assert_memory_equal(&read->digest, &second->digest, ID_SIZE);
	assert_memory_equal(&read->previous, &x->s.digest, ID_SIZE);
	free(second);
	free(read);
}

static void
what_cannot_be_believed_is_no_predecessor(void **state)
{
	struct scene *x = *state;
	char path[FIXTURE_PATH];
	struct id a, b;

	expect(put(x, TRAIL_RECEIPTS, "a.example", &a), NULL);
	fixture_flip(fixture_object(&x->f, "receipts/", path), 100);
	expect(put(x, TRAIL_RECEIPTS, "a.example", &b), NULL);
}

static void
a_trail_that_cannot_be_read_signs_nothing(void **state)
{
	struct scene *x = *state;
	struct trail_new new = { .kind = TRAIL_RECEIPTS, .site = "a.example",
	    .utc = clock_utc() };
	char path[FIXTURE_PATH + 16], object[STORE_NAME_MAX];
	struct id digest;
	struct err e;

	(void)snprintf(path, sizeof(path), "%s/receipts", x->f.store);
	assert_int_equal(symlink("/tmp", path), 0);
	new.subject = json_array();
	new.predicate = json_object();
	assert_int_equal(trail_put(&x->f.depot, &new, object, &digest, &e),
	    -1);
	assert_int_not_equal(e.kind, ERR_NONE);
	assert_null(json_object_get(new.predicate, "previous"));
	json_decref(new.subject);
	json_decref(new.predicate);
}

/* What snapshot_parse() says of a statement of these parts; decrefs them. */
static void
refuse(json_t *predicate, json_t *subject,
    const char *why)
{
	struct snapshot *s = calloc(1, sizeof(*s));
	json_t *statement = json_pack("{s:o, s:o*}", "predicate", predicate,
	    "subject", subject);
	struct err e;

	assert_non_null(s);
	assert_non_null(statement);
	err_clear(&e);
	if (why == NULL && snapshot_parse(s, statement, &e) == -1)
		fail_msg("%s", e.text);
	if (why != NULL) {
		assert_int_equal(snapshot_parse(s, statement, &e), -1);
		assert_int_equal(e.kind, ERR_DAMAGED);
		assert_non_null(strstr(e.text, why));
	}
	json_decref(statement);
	free(s);
}

static void
a_snapshot_that_contradicts_itself_is_refused(void **state)
{
	struct scene *x = *state;
	struct err e;
	json_t *p = snapshot_predicate(&x->s, &e);
	json_t *s = snapshot_subject(&x->s, &e), *bad, *list;

	refuse(json_incref(p), json_incref(s), NULL);
	refuse(json_incref(p), NULL, "subject");
	refuse(json_incref(p), json_array(), "subject[0]");

	bad = json_deep_copy(s);
	(void)json_object_set_new(json_array_get(bad, 0), "name",
	    json_string("files"));
	refuse(json_incref(p), bad, "subject[0]");

	bad = json_deep_copy(s);
	(void)json_object_set_new(json_object_get(json_array_get(bad, 0),
	    "digest"), "musterFingerprint", snapshot_id_json(&x->s.digest));
	refuse(json_incref(p), bad, "subject[0]");

	bad = json_deep_copy(s);
	(void)json_array_append(bad, json_array_get(s, 0));
	refuse(json_incref(p), bad, "subject");

	bad = json_deep_copy(p);
	list = json_object_get(bad, "components");
	(void)json_array_append(list, json_array_get(list, 0));
	refuse(bad, json_pack("[O, O]", json_array_get(s, 0),
	    json_array_get(s, 0)), "expected one config");
	json_decref(p);
	json_decref(s);
}

static void
a_receipt_is_about_the_snapshot_it_names(void **state)
{
	static const struct outcome fine = { "recipe", "x", "x", true, 0,
	    NULL };
	struct receipt r = { .kind = "full", .n_phases = 1,
	    .phases = { { "open", 1, 0 } }, .total = 1, .passed = true,
	    .started = NANO, .finished = 3 * NANO, .point = NANO };
	struct receipt read = { .site = "" };
	json_t *statement;
	struct err e;

	(void)state;
	assert_int_equal(receipt_add(&r, &fine, &e), 0);
	statement = json_pack("{s:o, s:o}", "predicate",
	    receipt_predicate(&r, &e), "subject", receipt_subject(&r, &e));
	if (receipt_parse(&read, statement, &e) == -1)
		fail_msg("%s", e.text);
	receipt_drop(&read);
	r.snapshot.b[0] = 1;
	(void)json_object_set_new(statement, "subject",
	    receipt_subject(&r, &e));
	assert_int_equal(receipt_parse(&read, statement, &e), -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	assert_non_null(strstr(e.text, "subject"));
	receipt_drop(&read);
	(void)json_object_del(statement, "subject");
	assert_int_equal(receipt_parse(&read, statement, &e), -1);
	receipt_drop(&read);
	receipt_drop(&r);
	json_decref(statement);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, make, drop)
	const struct CMUnitTest tests[] = {
		T(every_kind_has_a_chain_for_each_site),
		T(statements_of_one_second_come_in_the_order_of_their_chain),
		T(a_damaged_one_among_them_hides_none),
		T(whoever_looks_may_end_it),
		T(statements_of_a_far_store_are_fetched_several_at_once),
		cmocka_unit_test(more_than_can_be_held_are_told_all_the_same),
		T(a_snapshot_names_the_one_before_it),
		T(what_cannot_be_believed_is_no_predecessor),
		T(a_trail_that_cannot_be_read_signs_nothing),
		T(a_snapshot_that_contradicts_itself_is_refused),
		cmocka_unit_test(a_receipt_is_about_the_snapshot_it_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
