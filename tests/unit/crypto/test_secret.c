/*
 * The store secret and signing keys.  The expected values were computed with
 * Python's hashlib and openssl(1), not with this code.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <sys/resource.h>
#include <signal.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/num.h"
#include "crypto/keys_internal.h"
#include "../../lib/keys_kit.h"

static void
crypto_starts_and_starts_again(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(keys_init(&e), 0);
	assert_int_equal(keys_init(&e), 0);
}

static void
chunk_ids_and_fingerprints_are_keyed_blake2b(void **state)
{
	struct store_secret *s = kit_secret(0);
	char hex[ID_TEXT_SIZE];
	struct id id;

	(void)state;
	store_secret_chunk_id(s, "abc", 3, &id);
	assert_string_equal(id_format(&id, hex),
	    "90542000a27208229fe3eb247d6af82a62c97585dd40626b50a7d58f260e8af9");
	store_secret_chunk_id(s, NULL, 0, &id);
	assert_string_equal(id_format(&id, hex),
	    "f83c57e800ab5604b31a75b315ce29978aba53ec7e7c9d080849870736c14a54");
	store_secret_fingerprint(s, "abc", 3, &id);
	assert_string_equal(id_format(&id, hex),
	    "f99c663d9c229e3a8c039a1cc9bd8dfb3c69aabcea657cc509a06ae401fca0c1");
	store_secret_free(s);
	store_secret_free(NULL);
}

static void
the_gear_is_a_chacha20_stream_as_little_endian_words(void **state)
{
	struct store_secret *s = kit_secret(0);
	uint64_t gear[256];

	(void)state;
	store_secret_gear(s, gear);
	assert_true(gear[0] == 0xb491f6213c41bb19);
	assert_true(gear[255] == 0x463cb49552feb5a3);
	store_secret_free(s);
}

static void
the_store_id_is_derived_from_the_secret(void **state)
{
	struct store_secret *s = kit_secret(0);
	uint8_t id[STORE_ID_BYTES];
	char hex[2 * STORE_ID_BYTES + 1];

	(void)state;
	store_secret_id(s, id);
	assert_string_equal(num_hex(id, sizeof(id), hex),
	    "05dd873027992af22971c187482781f2");
	store_secret_free(s);
}

static void
two_new_secrets_differ(void **state)
{
	struct store_secret *a, *b;
	struct signer *s, *t;
	uint8_t p[32], q[32];
	struct err e;

	(void)state;
	assert_non_null(a = store_secret_new(&e));
	assert_non_null(b = store_secret_new(&e));
	assert_memory_not_equal(store_secret_bytes(a), store_secret_bytes(b),
	    SECRET_SIZE);
	store_secret_free(a);
	store_secret_free(b);
	assert_non_null(s = signer_new(&e));
	assert_non_null(t = signer_new(&e));
	signer_public(s, p);
	signer_public(t, q);
	assert_memory_not_equal(p, q, 32);
	signer_free(s);
	signer_free(t);
	signer_free(NULL);
}

static void
a_write_to_a_secret_ends_the_process(void **state)
{
	struct store_secret *s = kit_secret(0);
	struct rlimit none = { 0, 0 };
	int status;
	pid_t pid;

	(void)state;
	if ((pid = fork()) == 0) {
		(void)setrlimit(RLIMIT_CORE, &none);
		(void)signal(SIGSEGV, SIG_DFL);	/* cmocka's would go on */
		*(volatile uint8_t *)(uintptr_t)store_secret_bytes(s) = 1;
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSEGV);
	store_secret_free(s);
}

static const struct {
	const char	*seed, *public, *message, *sig;
} rfc8032[] = {
	{ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
	  "",
	  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555f"
	  "b8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
	{ "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	  "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
	  "r",
	  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da08"
	  "5ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
};

static void
signatures_are_those_of_rfc_8032(void **state)
{
	uint8_t seed[32], public[32], want[64], got[64];
	struct signer *s;
	struct err e;
	size_t i, n;

	(void)state;
	for (i = 0; i < 2; i++) {
		kit_unhex(rfc8032[i].seed, seed, 32);
		kit_unhex(rfc8032[i].sig, want, 64);
		n = strlen(rfc8032[i].message);
		assert_non_null(s = signer_from(seed, &e));
		assert_memory_equal(signer_seed(s), seed, 32);
		signer_public(s, got);
		kit_unhex(rfc8032[i].public, public, 32);
		assert_memory_equal(got, public, 32);
		signer_sign(s, rfc8032[i].message, n, got);
		assert_memory_equal(got, want, 64);
		assert_true(signature_fits(got, rfc8032[i].message, n,
		    public));
		signer_free(s);
	}
}

static void
a_signature_with_any_bit_flipped_does_not_fit(void **state)
{
	struct signer *s = kit_signer(7);
	uint8_t public[32], sig[64];
	size_t i;

	(void)state;
	signer_public(s, public);
	signer_sign(s, "yes", 3, sig);
	for (i = 0; i < sizeof(sig) * 8; i++) {
		sig[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_false(signature_fits(sig, "yes", 3, public));
		sig[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	assert_false(signature_fits(sig, "yet", 3, public));
	assert_false(signature_fits(sig, "yes", 2, public));
	public[0] ^= 1;
	assert_false(signature_fits(sig, "yes", 3, public));
	signer_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crypto_starts_and_starts_again),
		cmocka_unit_test(chunk_ids_and_fingerprints_are_keyed_blake2b),
		cmocka_unit_test(
		    the_gear_is_a_chacha20_stream_as_little_endian_words),
		cmocka_unit_test(the_store_id_is_derived_from_the_secret),
		cmocka_unit_test(two_new_secrets_differ),
		cmocka_unit_test(a_write_to_a_secret_ends_the_process),
		cmocka_unit_test(signatures_are_those_of_rfc_8032),
		cmocka_unit_test(a_signature_with_any_bit_flipped_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
