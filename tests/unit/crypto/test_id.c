/* Ids and SHA-256, against the vectors of FIPS 180-4's examples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "crypto/id.h"

static const struct {
	const char	*text;
	const char	*digest;
} vectors[] = {
	{ "",
	  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc",
	  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
};

static void
sha256_is_that_of_fips_180(void **state)
{
	char hex[ID_TEXT_SIZE];
	struct id id;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		id_sha256(vectors[i].text, strlen(vectors[i].text), &id);
		assert_string_equal(id_format(&id, hex), vectors[i].digest);
	}
}

static void
sha256_in_pieces_is_the_same(void **state)
{
	char hex[ID_TEXT_SIZE], piece[1000];
	struct sha256 *s;
	struct id id;
	struct err e;
	int i;

	(void)state;
	memset(piece, 'a', sizeof(piece));
	assert_non_null(s = sha256_new(&e));
	for (i = 0; i < 1000; i++)
		sha256_add(s, piece, sizeof(piece));
	sha256_add(s, NULL, 0);
	sha256_end(s, &id);
	sha256_free(s);
	sha256_free(NULL);
	assert_string_equal(id_format(&id, hex),
	    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void
an_id_is_64_lower_case_digits(void **state)
{
	static const char text[] =
	    "00ff6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
	char hex[ID_TEXT_SIZE + 1];
	struct id id;

	(void)state;
	assert_int_equal(id_parse(text, &id), 0);
	assert_int_equal(id.b[1], 0xff);
	assert_string_equal(id_format(&id, hex), text);
	hex[63] = '\0';
	assert_int_equal(id_parse(hex, &id), -1);
	(void)strcpy(hex, text);
	hex[2] = 'F';
	assert_int_equal(id_parse(hex, &id), -1);
	(void)strcat(strcpy(hex, text), "0");
	assert_int_equal(id_parse(hex, &id), -1);
	assert_int_equal(id_parse("", &id), -1);
}

static void
ids_are_ordered_as_bytes(void **state)
{
	struct id a = { { 1, 2 } }, b = { { 1, 0xff } };

	(void)state;
	assert_int_equal(id_compare(&a, &a), 0);
	assert_true(id_compare(&a, &b) < 0);
	assert_true(id_compare(&b, &a) > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_is_that_of_fips_180),
		cmocka_unit_test(sha256_in_pieces_is_the_same),
		cmocka_unit_test(an_id_is_64_lower_case_digits),
		cmocka_unit_test(ids_are_ordered_as_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
