/* JSON from outside: bounded, and read field by field. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/err.h"
#include "crypto/fields.h"

static const struct fields_limits limits = { 3, 10 };

static json_t *
parse(const char *text, struct err *e)
{
	return fields_parse(text, strlen(text), &limits, e);
}

static void
only_one_object_within_the_limits_is_parsed(void **state)
{
	static const char *const bad[] = {
		"", " ", "{", "[]", "1", "\"a\"", "null", "{} {}", "{}x",
		"{\"a\":1,\"a\":2}",			/* twice */
		"{\"a\":\"\\u0000\"}", "{\"a\":\"\xff\"}",
		"{\"a\":1e999}", "{\"a\":99999999999999999999}",
		"{\"a\":[[[]]]}",			/* too deep */
		"{\"a\":[1,2,3,4,5,6,7,8,9,0]}",	/* too many */
		"[[[[[[[[[[[[[[[[[[[[[[", "\"\\", "]]]]}}}}{}",
	};
	struct err e;
	json_t *json;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(parse(bad[i], &e));
		assert_int_equal(e.kind, ERR_DAMAGED);
	}
	assert_null(fields_parse("{}\0", 3, &limits, &e));
	assert_non_null(json = parse("{\"a\":[[1,2]],\"b\":\"[[[[,,,,,,,,,,,\\\""
	    "[[[[\"}", &e));
	json_decref(json);
}

static void
fields_are_of_their_type_and_size(void **state)
{
	static const char text[] = "{\"n\":5,\"r\":5.0,\"t\":\"abc\","
	    "\"b\":\"AQI=\",\"l\":[1],\"o\":{}}";
	uint8_t bytes[2];
	uint64_t v;
	struct err e;
	json_t *json;

	(void)state;
	assert_non_null(json = parse(text, &e));
	assert_int_equal(fields_count(json, 6, &e), 0);
	assert_int_equal(fields_count(json, 5, &e), -1);
	assert_int_equal(fields_number(json, "n", 5, 5, &v, &e), 0);
	assert_int_equal(v, 5);
	assert_int_equal(fields_number(json, "n", 6, 9, &v, &e), -1);
	assert_int_equal(fields_number(json, "n", 0, 4, &v, &e), -1);
	assert_int_equal(fields_number(json, "r", 0, 9, &v, &e), -1);
	assert_int_equal(fields_number(json, "t", 0, 9, &v, &e), -1);
	assert_int_equal(fields_number(json, "x", 0, 9, &v, &e), -1);
	assert_string_equal(fields_text(json, "t", 3, 3, &e), "abc");
	assert_null(fields_text(json, "t", 4, 9, &e));
	assert_null(fields_text(json, "t", 0, 2, &e));
	assert_null(fields_text(json, "n", 0, 9, &e));
	assert_null(fields_text(json, "x", 0, 9, &e));
	assert_int_equal(fields_base64(json, "b", bytes, 2, &e), 0);
	assert_int_equal(bytes[1], 2);
	assert_int_equal(fields_base64(json, "b", bytes, 1, &e), -1);
	assert_int_equal(fields_base64(json, "n", bytes, 2, &e), -1);
	assert_int_equal(fields_base64(json, "x", bytes, 2, &e), -1);
	assert_non_null(fields_array(json, "l", 1, 1, &e));
	assert_null(fields_array(json, "l", 2, 3, &e));
	assert_null(fields_array(json, "l", 0, 0, &e));
	assert_null(fields_array(json, "o", 0, 9, &e));
	assert_non_null(fields_object(json, "o", &e));
	assert_null(fields_object(json, "l", &e));
	assert_int_equal(e.kind, ERR_DAMAGED);
	assert_string_equal(e.text, "\"l\" is not an object");
	json_decref(json);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_one_object_within_the_limits_is_parsed),
		cmocka_unit_test(fields_are_of_their_type_and_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
