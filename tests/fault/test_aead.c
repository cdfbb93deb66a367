/*
 * libcrypto and libsodium seal alike, and where the one fails at any of its
 * calls, the other does it.
 * wrap: EVP_CIPHER_CTX_new EVP_CipherInit_ex2 EVP_CipherUpdate
 * wrap: EVP_CipherFinal_ex EVP_CIPHER_CTX_ctrl
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include <sodium.h>

#include <cmocka.h>

#include "crypto/aead.h"
#include "../lib/keys_kit.h"
#include "../lib/noise.h"

#define BIG ((size_t)1 << 20)

static int fail_at, calls;		/* this call fails; 0: none does */

static bool
fails(void)
{
	return ++calls == fail_at;
}

#define WRAP(type, name, params, args, failed) \
	type __real_##name params; \
	type __wrap_##name params; \
	type __wrap_##name params \
	{ return fails() ? (failed) : __real_##name args; }

WRAP(EVP_CIPHER_CTX *, EVP_CIPHER_CTX_new, (void), (), NULL)
WRAP(int, EVP_CipherInit_ex2, (EVP_CIPHER_CTX *c, const EVP_CIPHER *t,
    const unsigned char *k, const unsigned char *n, int enc,
    const OSSL_PARAM p[]), (c, t, k, n, enc, p), 0)
WRAP(int, EVP_CipherUpdate, (EVP_CIPHER_CTX *c, unsigned char *out, int *len,
    const unsigned char *in, int n), (c, out, len, in, n), 0)
WRAP(int, EVP_CipherFinal_ex, (EVP_CIPHER_CTX *c, unsigned char *out,
    int *len), (c, out, len), 0)
WRAP(int, EVP_CIPHER_CTX_ctrl, (EVP_CIPHER_CTX *c, int type, int n, void *p),
    (c, type, n, p), 0)

static uint8_t *text, *sealed, *want, *back;
static uint8_t key[AEAD_KEY], nonce[AEAD_NONCE], bound[51];
static const struct aead aead = { key, nonce, bound, sizeof(bound) };

static int
begin(void **state)
{
	(void)state;
	text = malloc(BIG);
	sealed = malloc(BIG + AEAD_TAG);
	want = malloc(BIG + AEAD_TAG);
	back = malloc(BIG);
	if (sodium_init() < 0 || text == NULL || sealed == NULL ||
	    want == NULL || back == NULL)
		return -1;
	noise_fill(text, BIG, 1);
	noise_fill(key, sizeof(key), 2);
	noise_fill(nonce, sizeof(nonce), 3);
	noise_fill(bound, sizeof(bound), 4);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	free(text);
	free(sealed);
	free(want);
	free(back);
	return 0;
}

static void
seal_otherwise(size_t n)
{
	assert_int_equal(crypto_aead_xchacha20poly1305_ietf_encrypt(want,
	    NULL, text, n, bound, sizeof(bound), NULL, nonce, key), 0);
}

static void
there_and_back(size_t n)
{
	seal_otherwise(n);
	memset(sealed, 0xee, n + AEAD_TAG);
	aead_seal(&aead, text, n, sealed);
	assert_memory_equal(sealed, want, n + AEAD_TAG);
	memset(back, 0xee, n);
	assert_int_equal(aead_open(&aead, sealed, n + AEAD_TAG, back), 0);
	assert_memory_equal(back, text, n);
}

static void
both_seal_alike(void **state)
{
	size_t n;

	(void)state;
	fail_at = calls = 0;
	for (n = 0; n < 1100; n++)
		there_and_back(n);
	for (n = 4093; n < BIG; n = 2 * n + 13)
		there_and_back(n);
	there_and_back(BIG);
	assert_true(calls > 1100);	/* it was libcrypto */
}

/* draft-irtf-cfrg-xchacha-03, A.3.1. */
static void
it_seals_as_the_draft_says(void **state)
{
	static const char words[] = "Ladies and Gentlemen of the class of "
	    "'99: If I could offer you only one tip for the future, "
	    "sunscreen would be it.";
	static const char hex[] =
	    "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
	    "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
	    "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
	    "21f9664c97637da9768812f615c68b13b52e"
	    "c0875924c1c7987947deafd8780acf49";
	uint8_t k[AEAD_KEY], n[AEAD_NONCE], ad[12], expect[130];
	const struct aead a = { k, n, ad, sizeof(ad) };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(k); i++)
		k[i] = (uint8_t)(0x80 + i);
	for (i = 0; i < sizeof(n); i++)
		n[i] = (uint8_t)(0x40 + i);
	kit_unhex("50515253c0c1c2c3c4c5c6c7", ad, sizeof(ad));
	kit_unhex(hex, expect, sizeof(expect));
	aead_seal(&a, words, sizeof(words) - 1, sealed);
	assert_memory_equal(sealed, expect, sizeof(expect));
}

/* Every call of libcrypto, one after the other. */
static void
where_one_fails_the_other_goes_on(void **state)
{
	const size_t n = 5000;
	int at, there;

	(void)state;
	fail_at = calls = 0;
	seal_otherwise(n);
	aead_seal(&aead, text, n, sealed);
	assert_int_equal(there = calls, 6);
	for (at = 1; at <= there; at++) {
		fail_at = at;
		calls = 0;
		memset(sealed, 0xee, n + AEAD_TAG);
		aead_seal(&aead, text, n, sealed);
		assert_memory_equal(sealed, want, n + AEAD_TAG);
	}
	for (at = 1; at <= there; at++) {
		fail_at = at;
		calls = 0;
		memset(back, 0xee, n);
		assert_int_equal(aead_open(&aead, want, n + AEAD_TAG, back),
		    0);
		assert_memory_equal(back, text, n);
	}
	fail_at = 0;
}

static void
expect_zeros(size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		assert_int_equal(back[i], 0);
}

static void
what_was_changed_leaves_zeros(void **state)
{
	const size_t n = 300;
	uint8_t other[AEAD_KEY];
	struct aead a = aead;
	size_t i;

	(void)state;
	seal_otherwise(n);
	for (i = 0; i < n + AEAD_TAG; i++) {
		want[i] ^= (uint8_t)(1 << i % 8);
		memset(back, 0xee, n);
		assert_int_equal(aead_open(&aead, want, n + AEAD_TAG, back),
		    -1);
		expect_zeros(n);
		want[i] ^= (uint8_t)(1 << i % 8);
	}
	/* Another key, nonce, or binding. */
	for (i = 0; i < AEAD_NONCE; i++) {
		nonce[i] ^= 1;
		assert_int_equal(aead_open(&aead, want, n + AEAD_TAG, back),
		    -1);
		expect_zeros(n);
		nonce[i] ^= 1;
	}
	memcpy(other, key, sizeof(other));
	other[31] ^= 0x80;
	a.key = other;
	assert_int_equal(aead_open(&a, want, n + AEAD_TAG, back), -1);
	a = aead;
	a.n_bound--;
	assert_int_equal(aead_open(&a, want, n + AEAD_TAG, back), -1);
	expect_zeros(n);
	assert_int_equal(aead_open(&aead, want, n + AEAD_TAG, back), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_seal_alike),
		cmocka_unit_test(it_seals_as_the_draft_says),
		cmocka_unit_test(where_one_fails_the_other_goes_on),
		cmocka_unit_test(what_was_changed_leaves_zeros),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
