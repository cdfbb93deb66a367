/* Guarded memory, and base64 in its one canonical form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "crypto/guard.h"

static void
guarded_memory_begins_as_zeros(void **state)
{
	static const uint8_t zeros[100];
	struct err e;
	void *p;

	(void)state;
	assert_non_null(p = guard_new(sizeof(zeros), &e));
	assert_memory_equal(p, zeros, sizeof(zeros));
	guard_freeze(p);
	assert_memory_equal(p, zeros, sizeof(zeros));
	guard_free(p);
	guard_free(NULL);
	assert_null(guard_new(SIZE_MAX / 2, &e));
	assert_int_equal(e.kind, ERR_MEMORY);
}

/* RFC 4648, section 10. */
static void
base64_is_that_of_rfc_4648(void **state)
{
	static const char *const text[] = {
		"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"
	};
	char out[BASE64_SIZE(6)];
	uint8_t back[6];
	size_t n;

	(void)state;
	for (n = 0; n <= 6; n++) {
		assert_string_equal(base64_format("foobar", n, out), text[n]);
		assert_int_equal(base64_parse(out, strlen(out), back, n), 0);
		assert_memory_equal(back, "foobar", n);
	}
}

static void
base64_takes_only_its_alphabet(void **state)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	char text[5] = "Zm9v";
	uint8_t back[3];
	size_t at;
	int c, rc;

	(void)state;
	for (at = 0; at < 4; at++) {
		for (c = 0; c < 256; c++) {
			(void)strcpy(text, "Zm9v");
			text[at] = (char)c;
			rc = base64_parse(text, 4, back, 3);
			if (c != 0 && strchr(alphabet, c) != NULL)
				assert_int_equal(rc, 0);
			else
				assert_int_equal(rc, -1);
		}
	}
}

static void
base64_has_one_form(void **state)
{
	static const char *const bad[] = {
		"Zg", "Zg=", "Zg===", "Zh==", "Zg==\n", " Zg==", "Zg= =",
		"Z===", "====", "Zm8==", "Zm9", "Zm9v", ""
	};
	uint8_t back[4];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(base64_parse(bad[i], strlen(bad[i]), back,
		    1), -1);
	assert_int_equal(base64_parse("Zm9=", 4, back, 2), -1);
	assert_int_equal(base64_parse("Zm==", 4, back, 1), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guarded_memory_begins_as_zeros),
		cmocka_unit_test(base64_is_that_of_rfc_4648),
		cmocka_unit_test(base64_takes_only_its_alphabet),
		cmocka_unit_test(base64_has_one_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
