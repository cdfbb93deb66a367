/*
 * HMAC-SHA-256 and MD5 against the vectors of RFC 4231 and RFC 1321.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "crypto/digest.h"
#include "crypto/id.h"

static void
hmac_answers_the_vectors(void **state)
{
	static const char data[] = "what do ya want for nothing?";
	char hex[ID_TEXT_SIZE];
	uint8_t key[131];
	struct id out;
	struct err e;

	(void)state;
	assert_int_equal(digest_hmac("Jefe", 4, data, strlen(data), &out, &e),
	    0);
	assert_string_equal(id_format(&out, hex), "5bdcc146bf60754e6a042426"
	    "089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	assert_int_equal(digest_hmac(key, sizeof(key),
	    "Test Using Larger Than Block-Size Key - Hash Key First", 54, &out,
	    &e), 0);
	assert_string_equal(id_format(&out, hex), "60e431591ee0b67f0d8a26aa"
	    "cbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void
an_empty_message_and_a_key_that_is_the_result_are_fine(void **state)
{
	char hex[ID_TEXT_SIZE];
	struct id out;
	struct err e;

	(void)state;
	assert_int_equal(digest_hmac("", 0, "", 0, &out, &e), 0);
	assert_string_equal(id_format(&out, hex), "b613679a0814d9ec772f95d7"
	    "78c35fc5ff1697c493715653c6c712144292c5ad");
	memset(&out, 0x0b, sizeof(out));
	assert_int_equal(digest_hmac(out.b, 20, "Hi There", 8, &out, &e), 0);
	assert_string_equal(id_format(&out, hex), "b0344c61d8db38535ca8afce"
	    "af0bf12b881dc200c9833da726e9376c2e32cff7");
}

static void
md5_answers_the_vectors(void **state)
{
	uint8_t out[DIGEST_MD5_SIZE];
	char hex[2 * DIGEST_MD5_SIZE + 1];
	struct err e;

	(void)state;
	assert_int_equal(digest_md5("", 0, out, &e), 0);
	assert_string_equal(num_hex(out, sizeof(out), hex),
	    "d41d8cd98f00b204e9800998ecf8427e");
	assert_int_equal(digest_md5("message digest", 14, out, &e), 0);
	assert_string_equal(num_hex(out, sizeof(out), hex),
	    "f96b697d7cb7938d525a2f31aaf161d0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hmac_answers_the_vectors),
		cmocka_unit_test(
		    an_empty_message_and_a_key_that_is_the_result_are_fine),
		cmocka_unit_test(md5_answers_the_vectors),
	};

	return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
