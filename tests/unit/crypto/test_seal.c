/* Data keys, their slots, and sealed chunks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sodium.h>

#include <cmocka.h>

#include "base/err.h"
#include "crypto/keys_internal.h"
#include "crypto/seal.h"
#include "../../lib/keys_kit.h"

static struct charter_recovery
public_of(const struct recovery_key *r)
{
	struct charter_recovery to = { 0 };

	recovery_key_name(r, to.name);
	memcpy(to.box_public, recovery_key_box_public(r), 32);
	return to;
}

/* Computed by tests outside of this code, from the format's description. */
static void
a_chunk_is_sealed_as_the_format_says(void **state)
{
	struct recovery_key *r = kit_recovery(32);
	uint8_t key[32], slot[SEAL_SLOT_SIZE], got[4 + SEAL_TAG];
	uint8_t want[4 + SEAL_TAG], back[4];
	struct data_key *k;
	struct id id;
	struct seal_as as = { &id, 0x0102030405060708, 4, 1 };
	struct err e;

	(void)state;
	kit_seed(64, key);
	assert_int_equal(crypto_box_seal(slot, key, sizeof(key),
	    recovery_key_box_public(r)), 0);
	assert_non_null(k = data_key_open(slot, r, &e));
	id_sha256("x", 1, &id);
	data_key_seal_chunk(k, &as, "data", 4, got);
	kit_unhex("c999dab9df1808c6a46546bb330d362b97fc969d", want, 20);
	assert_memory_equal(got, want, sizeof(want));
	assert_int_equal(data_key_open_chunk(k, &as, got, sizeof(got), back,
	    &e), 0);
	assert_memory_equal(back, "data", 4);
	data_key_free(k);
	recovery_key_free(r);
}

static void
a_slot_opens_with_its_recovery_key_only(void **state)
{
	struct recovery_key *r = kit_recovery(1), *other = kit_recovery(2);
	struct charter_recovery to = public_of(r);
	uint8_t slot[SEAL_SLOT_SIZE], sealed[3 + SEAL_TAG], back[3];
	struct data_key *k, *again;
	struct id id = { { 9 } };
	struct seal_as as = { &id, 0, 3, 0 };
	struct err e;

	(void)state;
	assert_non_null(k = data_key_new(&e));
	assert_int_equal(data_key_seal(k, &to, slot, &e), 0);
	assert_null(data_key_open(slot, other, &e));
	assert_int_equal(e.kind, ERR_DENIED);
	assert_non_null(again = data_key_open(slot, r, &e));
	data_key_seal_chunk(k, &as, "abc", 3, sealed);
	assert_int_equal(data_key_open_chunk(again, &as, sealed,
	    sizeof(sealed), back, &e), 0);
	assert_memory_equal(back, "abc", 3);
	data_key_free(k);
	data_key_free(again);
	data_key_free(NULL);
	recovery_key_free(r);
	recovery_key_free(other);
}

static void
a_slot_with_any_bit_flipped_does_not_open(void **state)
{
	struct recovery_key *r = kit_recovery(1);
	struct charter_recovery to = public_of(r);
	uint8_t slot[SEAL_SLOT_SIZE];
	struct data_key *k;
	struct err e;
	size_t i;

	(void)state;
	assert_non_null(k = data_key_new(&e));
	assert_int_equal(data_key_seal(k, &to, slot, &e), 0);
	for (i = 0; i < sizeof(slot) * 8; i++) {
		slot[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_null(data_key_open(slot, r, &e));
		assert_int_equal(e.kind, ERR_DENIED);
		slot[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	data_key_free(k);
	recovery_key_free(r);
}

static void
a_recipient_of_small_order_is_refused(void **state)
{
	struct charter_recovery zero = { .name = "0000000000000000" };
	uint8_t slot[SEAL_SLOT_SIZE];
	struct data_key *k;
	struct err e;

	(void)state;
	assert_non_null(k = data_key_new(&e));
	assert_int_equal(data_key_seal(k, &zero, slot, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	data_key_free(k);
}

static void
refuse(const struct data_key *k, const struct seal_as *as,
    const uint8_t *sealed, size_t n)
{
	uint8_t back[64], zero[64] = { 0 };
	struct err e;

	memset(back, 0xaa, sizeof(back));
	assert_int_equal(data_key_open_chunk(k, as, sealed, n, back, &e), -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	if (n >= SEAL_TAG)
		assert_memory_equal(back, zero, n - SEAL_TAG);
}

static void
a_chunk_opens_only_as_what_it_was_sealed(void **state)
{
	static const char text[] = "the plain text";
	const size_t n = sizeof(text) + SEAL_TAG;
	uint8_t sealed[sizeof(text) + SEAL_TAG];
	struct id id = { { 1, 2, 3 } }, other = { { 1, 2, 4 } };
	struct seal_as as = { &id, 5, 100, 1 }, wrong;
	struct data_key *k, *stranger;
	struct err e;
	size_t i;

	(void)state;
	assert_non_null(k = data_key_new(&e));
	assert_non_null(stranger = data_key_new(&e));
	data_key_seal_chunk(k, &as, text, sizeof(text), sealed);
	for (i = 0; i < n * 8; i++) {
		sealed[i / 8] ^= (uint8_t)(1u << i % 8);
		refuse(k, &as, sealed, n);
		sealed[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	for (i = 0; i < n; i++)
		refuse(k, &as, sealed, i);
	refuse(stranger, &as, sealed, n);
	wrong = as;
	wrong.id = &other;
	refuse(k, &wrong, sealed, n);
	wrong = as;
	wrong.number = 6;
	refuse(k, &wrong, sealed, n);
	wrong = as;
	wrong.opened = 101;
	refuse(k, &wrong, sealed, n);
	wrong = as;
	wrong.coding = 0;
	refuse(k, &wrong, sealed, n);
	data_key_free(k);
	data_key_free(stranger);
}

static void
an_empty_chunk_is_a_tag(void **state)
{
	uint8_t sealed[SEAL_TAG], nothing[1];
	struct id id = { { 0 } };
	struct seal_as as = { &id, 0, 0, 0 };
	struct data_key *k;
	struct err e;

	(void)state;
	assert_non_null(k = data_key_new(&e));
	data_key_seal_chunk(k, &as, NULL, 0, sealed);
	assert_int_equal(data_key_open_chunk(k, &as, sealed, SEAL_TAG, nothing,
	    &e), 0);
	sealed[0] ^= 1;
	assert_int_equal(data_key_open_chunk(k, &as, sealed, SEAL_TAG, nothing,
	    &e), -1);
	data_key_free(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chunk_is_sealed_as_the_format_says),
		cmocka_unit_test(a_slot_opens_with_its_recovery_key_only),
		cmocka_unit_test(a_slot_with_any_bit_flipped_does_not_open),
		cmocka_unit_test(a_recipient_of_small_order_is_refused),
		cmocka_unit_test(a_chunk_opens_only_as_what_it_was_sealed),
		cmocka_unit_test(an_empty_chunk_is_a_tag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
