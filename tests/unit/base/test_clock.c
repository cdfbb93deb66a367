/* Two clocks that tests can set, and how times are written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"

#define S INT64_C(1000000000)

static void
faked_clocks_say_what_they_were_told(void **state)
{
	(void)state;
	clock_fake(5 * S, 7 * S);
	assert_true(clock_utc() == 5 * S);
	assert_true(clock_monotonic() == 7 * S);
	clock_fake(-1, -1);
	assert_true(clock_utc() / S >= (int64_t)time(NULL) - 1);
	assert_true(clock_monotonic() <= clock_monotonic());
}

static void
times_are_written_in_utc(void **state)
{
	char s[CLOCK_TEXT_MAX];

	(void)state;
	assert_string_equal(clock_format(0, s), "1970-01-01T00:00:00Z");
	assert_string_equal(clock_format(1769903999 * S + S - 1, s),
	    "2026-01-31T23:59:59Z");
	assert_string_equal(clock_format_compact(1769903999 * S, s),
	    "20260131T235959Z");
	assert_string_equal(clock_format(-1, s), "1969-12-31T23:59:59Z");
	assert_string_equal(clock_format(INT64_MAX, s),
	    "2262-04-11T23:47:16Z");
	(void)clock_format(INT64_MIN, s);
}

static void
what_is_written_is_read_back(void **state)
{
	static const int64_t times[] = {
		0, 1, 951782400, 1769903999, 4102444800, 9214646399
	};
	char s[CLOCK_TEXT_MAX];
	struct err e;
	int64_t t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		assert_int_equal(clock_parse(clock_format(times[i] * S, s),
		    &t, &e), 0);
		assert_true(t == times[i] * S);
	}
}

static void
fractions_and_offsets_are_understood(void **state)
{
	struct err e;
	int64_t t;

	(void)state;
	assert_int_equal(clock_parse("2026-02-01T00:59:59.25+01:00", &t, &e),
	    0);
	assert_true(t == 1769903999 * S + S / 4);
	assert_int_equal(clock_parse("2026-01-31 18:29:59-05:30", &t, &e), 0);
	assert_true(t == 1769903999 * S);
	assert_int_equal(clock_parse("1970-01-01t00:00:00.1234567899z", &t,
	    &e), 0);
	assert_true(t == 123456789);
	assert_int_equal(clock_parse("2024-02-29T00:00:00Z", &t, &e), 0);
	assert_int_equal(clock_parse("2000-02-29T00:00:00Z", &t, &e), 0);
}

static void
what_is_no_time_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "now", "2026-01-31", "2026-01-31T23:59:59",
		"2026-01-31T23:59Z", "2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z", "2026-04-31T00:00:00Z",
		"2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z",
		"2026-01-00T00:00:00Z", "2026-01-31T24:00:00Z",
		"2026-01-31T23:60:00Z", "2026-01-31T23:59:60Z",
		"2026-01-31T23:59:59.Z", "2026-01-31T23:59:59+1:00",
		"2026-01-31T23:59:59+0100", "2026-01-31T23:59:59Zx",
		"2026-01-31T23:59:59+24:00", "1969-12-31T23:59:59Z",
		"1970-01-01T00:00:00+01:00", "2262-01-01T00:00:00Z",
		" 2026-01-31T23:59:59Z", "2026-1-31T23:59:59Z",
	};
	int64_t t = 42;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(clock_parse(bad[i], &t, &e), -1);
		assert_int_equal(e.kind, ERR_INPUT);
	}
	assert_int_equal(t, 42);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faked_clocks_say_what_they_were_told),
		cmocka_unit_test(times_are_written_in_utc),
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(fractions_and_offsets_are_understood),
		cmocka_unit_test(what_is_no_time_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
