/* Numbers as people write and read them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/num.h"

#define NEVER 12345

struct expected {
	const char	*text;
	uint64_t	 value;
};

static void
whole_numbers_are_taken_within_their_bounds(void **state)
{
	uint64_t v = NEVER;
	struct err e;

	(void)state;
	assert_int_equal(num_parse("0", 0, 10, &v, &e), 0);
	assert_int_equal(v, 0);
	assert_int_equal(num_parse("18446744073709551615", 0, UINT64_MAX, &v,
	    &e), 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(num_parse("7", 7, 7, &v, &e), 0);
	assert_int_equal(num_parse("6", 7, 9, &v, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_string_equal(e.text,
	    "\"6\" is not a whole number from 7 to 9");
	assert_int_equal(v, 7);		/* untouched */
	assert_int_equal(num_parse("10", 7, 9, &v, &e), -1);
}

static void
what_is_not_exactly_a_number_is_refused(void **state)
{
	static const char *const bad[] = {
		"", " 1", "1 ", "+1", "-1", "1x", "0x10", "1.0", "1e3",
		"18446744073709551616", "99999999999999999999999",
	};
	uint64_t v = NEVER;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(num_parse(bad[i], 0, UINT64_MAX, &v, &e),
		    -1);
	assert_int_equal(v, NEVER);
}

static void
sizes_are_powers_of_1024(void **state)
{
	static const struct expected good[] = {
		{ "0", 0 }, { "17", 17 }, { "17B", 17 }, { "1K", 1024 },
		{ "1KiB", 1024 }, { "2Ki", 2048 }, { "500M", 524288000 },
		{ "20GB", 21474836480 }, { "1T", 1099511627776 },
		{ "16777215T", 18446742974197923840u },
	};
	static const char *const bad[] = {
		"", "K", "1k", "1 K", "1Kb", "1KK", "-1", "1.5G", "16777216T",
		"1i", "1P", "1KiBx",
	};
	uint64_t v = NEVER;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(num_parse_size(good[i].text, &v, &e), 0);
		assert_true(v == good[i].value);
	}
	v = NEVER;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(num_parse_size(bad[i], &v, &e), -1);
	assert_int_equal(v, NEVER);
}

static void
durations_need_units_largest_first(void **state)
{
	static const struct expected good[] = {
		{ "0s", 0 }, { "90s", 90 }, { "30m", 1800 },
		{ "1h30m", 5400 }, { "7d", 604800 }, { "2w1d", 1296000 },
		{ "1w1d1h1m1s", 694861 },
	};
	static const char *const bad[] = {
		"", "30", "m", "1h30", "30m1h", "1h1h", "1 h", "1.5h", "-1h",
		"1y", "18446744073709551615m", "18446744073709551615s1s",
		"30500568904943w1d",
	};
	uint64_t v = NEVER;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(num_parse_duration(good[i].text, &v, &e), 0);
		assert_int_equal(v, good[i].value);
	}
	v = NEVER;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(num_parse_duration(bad[i], &v, &e), -1);
	assert_int_equal(v, NEVER);
}

static void
percentages_are_exact_to_a_millionth(void **state)
{
	static const struct expected good[] = {
		{ "0%", 0 }, { "20%", 200000 }, { "0.5%", 5000 },
		{ "100%", 1000000 }, { "0.0001%", 1 }, { "12.3456%", 123456 },
	};
	static const char *const bad[] = {
		"", "%", "20", "20 %", "0.00001%", ".5%", "5.%", "1%%", "-1%",
		"429497%",
	};
	uint32_t v = NEVER;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(num_parse_percent(good[i].text, &v, &e), 0);
		assert_int_equal(v, good[i].value);
	}
	v = NEVER;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(num_parse_percent(bad[i], &v, &e), -1);
	assert_int_equal(v, NEVER);
}

static void
sizes_are_printed_short_and_rounded_well(void **state)
{
	char s[NUM_TEXT_MAX];

	(void)state;
	assert_string_equal(num_format_size(0, s), "0 B");
	assert_string_equal(num_format_size(999, s), "999 B");
	assert_string_equal(num_format_size(1000, s), "1.0 kB");
	assert_string_equal(num_format_size(1400000000, s), "1.4 GB");
	assert_string_equal(num_format_size(999949, s), "999.9 kB");
	assert_string_equal(num_format_size(999950, s), "1.0 MB");
	assert_string_equal(num_format_size(UINT64_MAX, s), "18.4 EB");
}

static void
seconds_are_printed_as_people_say_them(void **state)
{
	char s[NUM_TEXT_MAX];

	(void)state;
	assert_string_equal(num_format_seconds(0.41, s), "0.41 s");
	assert_string_equal(num_format_seconds(9.996, s), "10.0 s");
	assert_string_equal(num_format_seconds(59.94, s), "59.9 s");
	assert_string_equal(num_format_seconds(59.96, s), "1m");
	assert_string_equal(num_format_seconds(200, s), "3m 20s");
	assert_string_equal(num_format_seconds(3599.6, s), "1h");
	assert_string_equal(num_format_seconds(90061, s), "1d 1h");
	assert_string_equal(num_format_seconds(7 * 86400, s), "7d");
	assert_string_equal(num_format_seconds(-1, s), "0.00 s");
	assert_string_equal(num_format_seconds((double)NAN, s), "0.00 s");
	assert_true(strlen(num_format_seconds(1e300, s)) < NUM_TEXT_MAX);
	assert_string_equal(num_format_count(0, "pack", s), "0 packs");
	assert_string_equal(num_format_count(1, "pack", s), "1 pack");
	assert_string_equal(num_format_count(1, "entry", s), "1 entry");
	assert_string_equal(num_format_count(UINT64_MAX, "entry", s),
	    "18446744073709551615 entries");
}

static void
hexadecimal_goes_both_ways_and_is_strict(void **state)
{
	static const uint8_t bytes[] = { 0x00, 0x9a, 0xff };
	uint8_t back[3] = { 0 };
	char s[7];

	(void)state;
	assert_string_equal(num_hex(bytes, 3, s), "009aff");
	assert_int_equal(num_unhex(s, back, 3), 0);
	assert_memory_equal(bytes, back, 3);
	assert_int_equal(num_unhex("009aF", back, 3), -1);
	assert_int_equal(num_unhex("009aFF", back, 3), -1);
	assert_int_equal(num_unhex("009aff0", back, 3), -1);
	assert_int_equal(num_unhex("", back, 3), -1);
	assert_int_equal(num_unhex("", back, 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_numbers_are_taken_within_their_bounds),
		cmocka_unit_test(what_is_not_exactly_a_number_is_refused),
		cmocka_unit_test(sizes_are_powers_of_1024),
		cmocka_unit_test(durations_need_units_largest_first),
		cmocka_unit_test(percentages_are_exact_to_a_millionth),
		cmocka_unit_test(sizes_are_printed_short_and_rounded_well),
		cmocka_unit_test(seconds_are_printed_as_people_say_them),
		cmocka_unit_test(hexadecimal_goes_both_ways_and_is_strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
