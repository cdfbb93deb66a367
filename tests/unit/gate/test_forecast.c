/*
 * Forecasts: straight lines through what was, and when they cross a limit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "gate/forecast.h"

#define DAY (INT64_C(86400) * 1000000000)

static struct past_snapshot snapshots[10];
static struct past_drill drills[10];

/* Ten days: sizes and seconds of day i are a + i * b. */
static struct history
past(double size, double more, double seconds, double longer)
{
	struct history h = { .snapshots = snapshots, .drills = drills,
	    .n_snapshots = 10, .n_drills = 10 };

	memset(snapshots, 0, sizeof(snapshots));
	memset(drills, 0, sizeof(drills));
	for (int i = 0; i < 10; i++) {
		snapshots[i].point = snapshots[i].finished = (i + 1) * DAY;
		snapshots[i].bytes = (uint64_t)(size + i * more);
		snapshots[i].complete = true;
		drills[i].finished = (i + 1) * DAY;
		drills[i].bytes = snapshots[i].bytes;
		drills[i].total = seconds + i * longer;
		drills[i].passed = true;
		drills[i].coverage = 1;
		(void)snprintf(drills[i].kind, sizeof(drills[i].kind),
		    "full");
	}
	return h;
}

static void
what_does_not_change_holds(void **state)
{
	struct history h = past(1e9, 0, 100, 0);
	struct forecast f;

	(void)state;
	assert_true(forecast_make(&f, &h));
	assert_true(f.sized && f.timed);
	assert_int_equal(forecast_days_left(&f, 101), -1);
	assert_int_equal(forecast_days_left(&f, 99), 0);
}

static void
growth_meets_the_limit_on_its_day(void **state)
{
	struct history h = past(1e9, 1e8, 100, 10);	/* speed stays */
	struct forecast f;
	double t;

	(void)state;
	assert_true(forecast_make(&f, &h));
	assert_true(f.bytes_per_day > 0.99e8 && f.bytes_per_day < 1.01e8);
	t = forecast_seconds(&f, 10);
	assert_true(t > 288 && t < 292);
	assert_int_equal(forecast_days_left(&f, 295), 11);
}

static void
a_part_of_a_snapshot_is_no_size(void **state)
{
	struct history h = past(1e9, 1e8, 100, 0);
	struct forecast f;
	int i;

	(void)state;
	for (i = 1; i < 10; i += 2) {
		snapshots[i].complete = false;
		snapshots[i].bytes = 5;
		snapshots[i].physical = true;
	}
	assert_true(forecast_make(&f, &h));
	assert_true(f.bytes > 1.79e9 && f.bytes < 1.81e9);
	assert_true(f.bytes_per_day > 0.99e8 && f.bytes_per_day < 1.01e8);
	for (i = 0; i < 10; i++)
		snapshots[i].complete = false;
	assert_false(forecast_make(&f, &h));
}

static void
slowing_down_is_seen_without_growth(void **state)
{
	struct history h = past(1e9, 0, 100, 10);
	struct forecast f;

	(void)state;
	assert_true(forecast_make(&f, &h));
	assert_true(f.speed_per_day < 0);
	assert_true(forecast_days_left(&f, 250) > 0);
	assert_true(forecast_days_left(&f, 250) < 20);
	assert_true(forecast_seconds(&f, 1000) < 0);	/* for ever */
}

static void
too_little_past_is_no_trend(void **state)
{
	struct history h = past(1e9, 1e9, 100, 100);
	struct forecast f;

	(void)state;
	h.n_snapshots = 2;
	h.n_drills = 2;
	assert_true(forecast_make(&f, &h));
	assert_false(f.sized || f.timed);
	assert_int_equal(forecast_days_left(&f, 250), -1);
	h.n_drills = 0;
	assert_false(forecast_make(&f, &h));
	h.n_drills = 2;
	h.n_snapshots = 0;
	assert_false(forecast_make(&f, &h));
}

static void
what_is_declared_does_not_grow(void **state)
{
	struct history h = past(1e9, 0, 100, 0);
	struct forecast f;

	(void)state;
	drills[9].declared = 600;
	assert_true(forecast_make(&f, &h));
	assert_int_equal(forecast_days_left(&f, 701), -1);
	assert_int_equal(forecast_days_left(&f, 650), 0);
}

static void
failed_and_partial_drills_do_not_count(void **state)
{
	struct history h = past(1e9, 0, 100, 0);
	struct forecast f;

	(void)state;
	drills[9].passed = false;
	drills[9].total = 1;
	drills[8].coverage = 0.5;
	drills[8].total = 2;
	(void)snprintf(drills[7].kind, sizeof(drills[7].kind), "sabotage");
	drills[7].total = 3;
	assert_true(forecast_make(&f, &h));
	assert_true(f.seconds > 99);
}

static void
the_median_is_in_the_middle(void **state)
{
	double odd[] = { 9, 1, 5 }, even[] = { 4, 1, 3, 2 };

	(void)state;
	assert_true(history_median(odd, 3) == 5);
	assert_true(history_median(even, 4) == 2.5);
	assert_true(history_median(NULL, 0) == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_does_not_change_holds),
		cmocka_unit_test(growth_meets_the_limit_on_its_day),
		cmocka_unit_test(slowing_down_is_seen_without_growth),
		cmocka_unit_test(too_little_past_is_no_trend),
		cmocka_unit_test(what_is_declared_does_not_grow),
		cmocka_unit_test(a_part_of_a_snapshot_is_no_size),
		cmocka_unit_test(failed_and_partial_drills_do_not_count),
		cmocka_unit_test(the_median_is_in_the_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
