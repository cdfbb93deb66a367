/*
 * The pace of requests and the limit of bandwidth, with a clock that only
 * moves when somebody sleeps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "store/s3/s3_limit.h"
#include "store/s3/s3_pace.h"

#define MS 1000000ll
#define SECOND (1000 * MS)

static int64_t now, slept;

static void
move(int64_t ns)
{
	now += ns;
	clock_fake(now, now);
}

static int
sleep_at_once(int64_t ns, struct err *e)
{
	(void)e;
	slept += ns;
	move(ns);
	return 0;
}

static int
start(void **state)
{
	static struct s3_pace pace;

	now = 1000 * SECOND;
	slept = 0;
	move(0);
	s3_pace_init(&pace);
	pace.sleep = sleep_at_once;
	*state = &pace;
	return 0;
}

static int
end(void **state)
{
	s3_pace_drop(*state);
	clock_fake(-1, -1);
	return 0;
}

/* How long the next one waits for its turn. */
static int64_t
turn(struct s3_pace *p)
{
	int64_t before = slept;
	struct err e;

	assert_int_equal(s3_pace_wait(p, now + 3600 * SECOND, &e), 0);
	return slept - before;
}

static void
nobody_waits_when_nobody_complains(void **state)
{
	int i;

	for (i = 0; i < 100; i++)
		assert_int_equal(turn(*state), 0);
	s3_pace_faster(*state);
	assert_int_equal(turn(*state), 0);
}

static void
after_a_complaint_all_rest_and_then_go_one_by_one(void **state)
{
	s3_pace_slower(*state, now, 0);
	assert_int_equal(turn(*state), SECOND / 2);
	assert_int_equal(turn(*state), 50 * MS);
	assert_int_equal(turn(*state), 50 * MS);
	move(50 * MS);
	assert_int_equal(turn(*state), 0);
}

static void
the_server_says_how_long_to_rest(void **state)
{
	s3_pace_slower(*state, now, 7);
	assert_int_equal(turn(*state), 7 * SECOND);
	/* a shorter one does not end a longer one */
	s3_pace_slower(*state, now, 9);
	s3_pace_slower(*state, now, 1);
	assert_int_equal(turn(*state), 9 * SECOND);
	s3_pace_slower(*state, now, UINT64_MAX);
	assert_int_equal(((struct s3_pace *)*state)->next,
	    now + 86400 * SECOND);
}

static void
what_was_under_way_complains_once(void **state)
{
	struct s3_pace *p = *state;
	int64_t began = now;
	int i;

	move(SECOND);
	for (i = 0; i < 8; i++)
		s3_pace_slower(p, began, 0);
	assert_int_equal(p->gap, 50 * MS);
	move(SECOND);
	s3_pace_slower(p, now, 0);
	assert_int_equal(p->gap, 100 * MS);
	for (i = 0; i < 20; i++) {
		move(SECOND);
		s3_pace_slower(p, now, 0);
	}
	assert_int_equal(p->gap, 5 * SECOND);
}

static void
successes_make_it_faster_again(void **state)
{
	struct s3_pace *p = *state;
	int64_t gap;
	int i;

	s3_pace_slower(p, now, 0);
	gap = p->gap;
	s3_pace_faster(p);
	assert_true(p->gap < gap);
	for (i = 0; i < 40; i++)
		s3_pace_faster(p);
	assert_int_equal(p->gap, 0);
}

static void
a_turn_beyond_the_deadline_is_refused_at_once(void **state)
{
	struct err e;

	s3_pace_slower(*state, now, 100);
	assert_int_equal(s3_pace_wait(*state, now + 60 * SECOND, &e), -1);
	assert_int_equal(e.kind, ERR_REMOTE);
	assert_string_equal(e.text,
	    "the server wants us to wait for 100 more seconds");
	assert_int_equal(slept, 0);
}

static void
waits_grow_double_to_a_limit_with_jitter(void **state)
{
	int64_t ns, full;
	unsigned n;
	int i;

	(void)state;
	for (n = 1; n < 70; n++) {
		full = n > 7 ? 20 * SECOND : (200 * MS) << (n - 1);
		full = full > 20 * SECOND ? 20 * SECOND : full;
		for (i = 0; i < 20; i++) {
			ns = s3_pace_backoff(n, 200, 20000);
			assert_true(ns >= full / 2 && ns <= full);
		}
	}
}

static void
jitter_differs(void **state)
{
	int64_t first = s3_pace_backoff(10, 200, 20000);
	int i, others = 0;

	(void)state;
	for (i = 0; i < 50; i++)
		others += s3_pace_backoff(10, 200, 20000) != first;
	assert_true(others > 25);
}

static void
without_a_limit_all_goes_at_once(void **state)
{
	struct s3_limit l;
	int64_t wait = 1;

	(void)state;
	s3_limit_init(&l, 0);
	assert_int_equal(s3_limit_take(&l, 1 << 30, &wait), 1 << 30);
	assert_int_equal(wait, 0);
	s3_limit_drop(&l);
}

static void
a_limit_is_kept_in_small_pieces_without_bursts(void **state)
{
	const uint64_t rate = 1 << 20;
	struct s3_limit l;
	int64_t wait, began;
	size_t n, sum = 0;

	(void)state;
	s3_limit_init(&l, rate);
	began = now;
	/* three seconds of it */
	while (sum < 3 * rate) {
		n = s3_limit_take(&l, 512 << 10, &wait);
		assert_in_range(n, 1024, rate / 50);
		assert_true(wait <= SECOND / 40);
		move(wait);
		sum += n;
	}
	assert_in_range(now - began, 2900 * MS, 3000 * MS);
	/* what was not used is gone */
	move(60 * SECOND);
	(void)s3_limit_take(&l, 512 << 10, &wait);
	assert_int_equal(wait, 0);
	n = s3_limit_take(&l, 512 << 10, &wait);
	assert_in_range(wait, SECOND / 60, SECOND / 40);
	assert_in_range(n, 1024, rate / 50);
	s3_limit_drop(&l);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nobody_waits_when_nobody_complains),
		TEST(after_a_complaint_all_rest_and_then_go_one_by_one),
		TEST(the_server_says_how_long_to_rest),
		TEST(what_was_under_way_complains_once),
		TEST(successes_make_it_faster_again),
		TEST(a_turn_beyond_the_deadline_is_refused_at_once),
		TEST(waits_grow_double_to_a_limit_with_jitter),
		TEST(jitter_differs),
		TEST(without_a_limit_all_goes_at_once),
		TEST(a_limit_is_kept_in_small_pieces_without_bursts),
	};

	return cmocka_run_group_tests_name("s3_pace", tests, NULL, NULL);
}
