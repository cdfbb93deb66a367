/*
 * What is taken out of a store: statements that others name are missed, by
 * name, and nobody takes an older snapshot for the newest.
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
#include "../../lib/fixture.h"
#include "../../lib/store_fault.h"
#include "snapshot/named.h"
#include "snapshot/verify.h"

struct scene {
	struct fixture	f;
	struct snapshot	s;
	char		snapshot[STORE_NAME_MAX], receipt[STORE_NAME_MAX];
	char		verdict[STORE_NAME_MAX], second[STORE_NAME_MAX];
	char		said[4096];
	uint64_t	problems;
};

/* Put a statement with this predicate, of this site. */
static void
put(struct scene *x, enum trail_kind kind, json_t *predicate, char *object,
    struct id *digest)
{
	struct trail_new new = { .kind = kind, .site = "test.example",
	    .utc = clock_utc(), .predicate = predicate };
	struct err e;

	assert_non_null(predicate);
	new.subject = json_pack("[{s:s, s:{s:s}}]", "name", "x", "digest",
	    "sha256", "00");
	(void)json_object_set_new(predicate, kind == TRAIL_VERDICTS ?
	    "timeVerified" : "finished", want_make_time(new.utc));
	(void)json_object_set_new(predicate, kind == TRAIL_VERDICTS ?
	    "resourceUri" : "site", json_string(kind == TRAIL_VERDICTS ?
	    "urn:muster:site:test.example" : "test.example"));
	if (trail_put(&x->f.depot, &new, object, digest, &e) == -1)
		fail_msg("%s", e.text);
	json_decref(new.subject);
	json_decref(predicate);
}

static json_t *
verdict_of(const struct id *snapshot, const struct id *receipt)
{
	return json_pack("{s:[{s:s, s:{s:o}}, {s:s, s:{s:o}}]}",
	    "inputAttestations", "uri", "snapshots/", "digest", "sha256",
	    snapshot_id_json(snapshot), "uri", "receipts/", "digest",
	    "sha256", snapshot_id_json(receipt));
}

/* A snapshot, a receipt of it, a verdict over both, and a second verdict. */
static int
make(void **state)
{
	struct scene *x = calloc(1, sizeof(*x));
	struct id receipt, verdict;

	assert_non_null(x);
	fixture_make(&x->f);
	fixture_take(&x->f, &x->s);
	(void)snprintf(x->snapshot, sizeof(x->snapshot), "%s", x->s.object);
	put(x, TRAIL_RECEIPTS, json_pack("{s:{s:o}}", "snapshot", "sha256",
	    snapshot_id_json(&x->s.digest)), x->receipt, &receipt);
	put(x, TRAIL_VERDICTS, verdict_of(&x->s.digest, &receipt), x->verdict,
	    &verdict);
	put(x, TRAIL_VERDICTS, verdict_of(&x->s.digest, &receipt), x->second,
	    &verdict);
	*state = x;
	return 0;
}

static int
drop(void **state)
{
	struct scene *x = *state;

	fixture_drop(&x->f);
	free(x);
	return 0;
}

static void
hear(void *cookie, const char *object, const char *what)
{
	struct scene *x = cookie;
	size_t n = strlen(x->said);

	(void)snprintf(x->said + n, sizeof(x->said) - n, "%s: %s\n", object,
	    what);
}

static void
verify(struct scene *x)
{
	struct verify_options o = { .problem = hear, .cookie = x };
	struct verify_report r;
	struct err e;

	x->said[0] = '\0';
	fixture_open(&x->f, DEPOT_LOOK);
	if (verify_store(&x->f.depot, &o, &r, &e) == -1)
		fail_msg("%s", e.text);
	x->problems = r.problems;
}

static char *
path_of(const struct scene *x, const char *object, char path[FIXTURE_PATH])
{
	(void)snprintf(path, FIXTURE_PATH, "%.200s/%.200s", x->f.store,
	    object);
	return path;
}

static void
take_away(struct scene *x, const char *object)
{
	char path[FIXTURE_PATH];

	assert_int_equal(unlink(path_of(x, object, path)), 0);
}

/* "snapshots/20260101T000000Z-hex" is missed as "snapshots/" "*-hex". */
static void
expect_missed(struct scene *x, const char *object, const char *by)
{
	char want[2 * STORE_NAME_MAX];
	const char *slash = strchr(object, '/'), *hex = strchr(object, '-');

	(void)snprintf(want, sizeof(want), "%.*s*%s: missing, named by %s\n",
	    (int)(slash + 1 - object), object, hex, by);
	verify(x);
	if (strstr(x->said, want) == NULL)
		fail_msg("expected %sseen %s", want, x->said);
	assert_int_equal(x->problems, 1);
}

static void
a_whole_store_has_no_problem(void **state)
{
	struct scene *x = *state;

	verify(x);
	assert_string_equal(x->said, "");
	assert_int_equal(x->problems, 0);
}

static void
a_snapshot_taken_away_is_missed(void **state)
{
	struct scene *x = *state;

	take_away(x, x->snapshot);
	expect_missed(x, x->snapshot, x->verdict);
	take_away(x, x->verdict);
	take_away(x, x->second);
	expect_missed(x, x->snapshot, x->receipt);
}

static void
a_receipt_taken_away_is_missed(void **state)
{
	struct scene *x = *state;

	take_away(x, x->receipt);
	expect_missed(x, x->receipt, x->verdict);
}

static void
a_verdict_taken_away_is_missed_if_another_came_after_it(void **state)
{
	struct scene *x = *state;

	take_away(x, x->verdict);
	expect_missed(x, x->verdict, x->second);
	take_away(x, x->second);
	verify(x);
	assert_int_equal(x->problems, 0);
}

static void
what_is_damaged_is_named_once_and_not_missed(void **state)
{
	struct scene *x = *state;
	char path[FIXTURE_PATH];

	fixture_flip(path_of(x, x->receipt, path), 100);
	verify(x);
	assert_int_equal(x->problems, 1);
	assert_non_null(strstr(x->said, x->receipt));
}

static void
what_names_in_no_good_form_is_a_problem(void **state)
{
	struct scene *x = *state;
	char bad[4][STORE_NAME_MAX];
	struct id id;

	put(x, TRAIL_RECEIPTS, json_object(), bad[0], &id);
	put(x, TRAIL_RECEIPTS, json_pack("{s:{s:s}}", "snapshot", "sha256",
	    "zz"), bad[1], &id);
	put(x, TRAIL_VERDICTS, json_object(), bad[2], &id);
	put(x, TRAIL_VERDICTS, json_pack("{s:[{s:s}]}", "inputAttestations",
	    "uri", "snapshots/"), bad[3], &id);
	verify(x);
	for (size_t i = 0; i < 4; i++)
		assert_non_null(strstr(x->said, bad[i]));
	assert_int_equal(x->problems, 4);
}

static int
add(void *cookie, const struct trail_item *item, struct err *e)
{
	return named_add(cookie, TRAIL_RECEIPTS, item, e);
}

static void
what_another_run_puts_meanwhile_is_not_missed(void **state)
{
	struct scene *x = *state;
	struct named c;
	struct err e;

	/* the receipts were seen, and its snapshot was not looked for yet */
	named_init(&c);
	assert_int_equal(trail_each(&x->f.depot, TRAIL_RECEIPTS, add, &c, &e),
	    0);
	assert_int_equal(c.missing.n, 1);
	assert_int_equal(named_look_again(&c, x->f.depot.store, &e), 0);
	assert_int_equal(c.missing.n, 0);
	named_drop(&c);
}

static void
an_older_snapshot_is_never_taken_for_the_newest(void **state)
{
	struct scene *x = *state;
	struct snapshot *s = calloc(1, sizeof(*s));
	char path[FIXTURE_PATH], hex[ID_TEXT_SIZE];
	uint64_t damaged;
	struct err e;

	assert_non_null(s);
	clock_fake(clock_utc() + 5000000000, clock_monotonic());
	fixture_take(&x->f, s);
	clock_fake(-1, -1);
	fixture_flip(path_of(x, s->object, path), 100);
	assert_int_equal(trail_find_snapshot(&x->f.depot, NULL, NULL, s, NULL,
	    &e), -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	assert_non_null(strstr(e.text, strrchr(path, '/')));
	assert_int_equal(trail_find_snapshot(&x->f.depot, NULL, "latest", s,
	    NULL, &e), -1);

	/* who names the older one gets it, and who counts the damaged, too */
	assert_int_equal(trail_find_snapshot(&x->f.depot, NULL,
	    id_format(&x->s.digest, hex), s, NULL, &e), 0);
	assert_string_equal(s->object, x->snapshot);
	assert_int_equal(trail_find_snapshot(&x->f.depot, NULL, NULL, s,
	    &damaged, &e), 0);
	assert_int_equal(damaged, 1);
	free(s);
}

static void
a_store_that_keeps_us_out_has_no_problem_but_trouble(void **state)
{
	struct scene *x = *state;
	struct verify_options o = { .problem = hear, .cookie = x };
	struct fault_plan plan = { .ops = FAULT_GET | FAULT_HEAD,
	    .as = ERR_DENIED, .nth = 1 };
	struct store *below;
	struct verify_report r;
	struct err e;

	fixture_open(&x->f, DEPOT_LOOK);
	below = x->f.depot.store;
	x->f.depot.store = store_fault_new(below, &plan, &e);
	assert_non_null(x->f.depot.store);
	for (x->said[0] = '\0';; plan.nth++, plan.seen = 0) {
		int rc = verify_store(&x->f.depot, &o, &r, &e);

		assert_string_equal(x->said, "");
		assert_int_equal(r.problems, 0);
		if (plan.seen < plan.nth) {
			assert_int_equal(rc, 0);
			break;
		}
		assert_int_equal(rc, -1);
		assert_int_equal(e.kind, ERR_DENIED);
	}
	assert_true(plan.nth > 10);
	store_close(below);
}

static void
open_fails(struct scene *x, enum err_kind kind, const char *why)
{
	struct depot_options o = { .url = x->f.store, .use = DEPOT_LOOK };
	struct depot d;
	struct err e;

	assert_int_equal(depot_open(&d, &o, &e), -1);
	assert_int_equal(e.kind, kind);
	if (strstr(e.text, why) == NULL)
		fail_msg("%s", e.text);
}

static void
without_its_charter_a_store_is_damaged_an_empty_one_none(void **state)
{
	struct scene *x = *state;
	char path[FIXTURE_PATH], other[FIXTURE_PATH], *last;

	(void)fixture_object(&x->f, "charters/", path);
	(void)snprintf(other, sizeof(other), "%.400s", path);
	last = other + strlen(other) - 1;
	*last = *last == '0' ? '1' : '0';
	assert_int_equal(rename(path, other), 0);
	open_fails(x, ERR_DAMAGED, "SHA-256");
	open_fails(x, ERR_DAMAGED, strrchr(other, '/'));
	assert_int_equal(unlink(other), 0);
	open_fails(x, ERR_DAMAGED, "lost its charter");
	for (const char *const *p = (const char *const[]){ "packs/",
	    "inventories/", "snapshots/", "receipts/", NULL }; *p != NULL;
	    p++) {
		assert_int_equal(unlink(fixture_object(&x->f, *p, path)), 0);
		open_fails(x, ERR_DAMAGED, "lost its charter");
	}
	take_away(x, x->verdict);
	take_away(x, x->second);
	open_fails(x, ERR_ABSENT, "not a muster store");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_whole_store_has_no_problem),
		TEST(a_snapshot_taken_away_is_missed),
		TEST(a_receipt_taken_away_is_missed),
		TEST(a_verdict_taken_away_is_missed_if_another_came_after_it),
		TEST(what_is_damaged_is_named_once_and_not_missed),
		TEST(what_names_in_no_good_form_is_a_problem),
		TEST(what_another_run_puts_meanwhile_is_not_missed),
		TEST(an_older_snapshot_is_never_taken_for_the_newest),
		TEST(a_store_that_keeps_us_out_has_no_problem_but_trouble),
		TEST(without_its_charter_a_store_is_damaged_an_empty_one_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
