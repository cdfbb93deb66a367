/* Writer keys and their files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "crypto/charter.h"
#include "crypto/keys_internal.h"
#include "../../lib/keys_kit.h"

static const uint8_t root[32] = { 4, 2 };

static void
save(const char *path)
{
	struct store_secret *s = kit_secret(1);
	struct signer *g = kit_signer(2);
	struct err e;

	assert_int_equal(writer_key_save(path, s, g, root, &e), 0);
	store_secret_free(s);
	signer_free(g);
}

static void
a_writer_key_comes_back(void **state)
{
	struct writer_key *k;
	uint8_t seed[32], got[32];
	struct stat st;
	struct err e;

	(void)state;
	save("key");
	assert_int_equal(stat("key", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_non_null(k = writer_key_load("key", &e));
	kit_seed(1, seed);
	assert_memory_equal(store_secret_bytes(writer_key_secret(k)), seed,
	    32);
	kit_seed(2, seed);
	assert_memory_equal(signer_seed(writer_key_signer(k)), seed, 32);
	writer_key_root(k, got);
	assert_memory_equal(got, root, 32);
	writer_key_free(k);
	writer_key_free(NULL);
}

static void
an_existing_file_is_never_overwritten(void **state)
{
	struct store_secret *s = kit_secret(1);
	struct signer *g = kit_signer(2);
	struct err e;

	(void)state;
	kit_write("key", "old", 3, 0600);
	assert_int_equal(writer_key_save("key", s, g, root, &e), -1);
	assert_int_equal(e.kind, ERR_EXISTS);
	store_secret_free(s);
	signer_free(g);
}

static void
a_loose_absent_or_foreign_file_is_refused(void **state)
{
	struct recovery_key *r = kit_recovery(3);
	struct err e;

	(void)state;
	save("key");
	assert_int_equal(chmod("key", 0604), 0);
	assert_null(writer_key_load("key", &e));
	assert_int_equal(e.kind, ERR_DENIED);
	assert_null(writer_key_load("absent", &e));
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_int_equal(recovery_key_save(r, "other", NULL, NULL, &e), 0);
	assert_null(writer_key_load("other", &e));
	assert_int_equal(e.kind, ERR_DAMAGED);
	recovery_key_free(r);
}

static void
a_file_with_any_bit_flipped_is_refused(void **state)
{
	uint8_t text[4096];
	struct err e;
	size_t n, i;

	(void)state;
	save("key");
	n = kit_read("key", text, sizeof(text));
	for (i = 0; i < n * 8; i++) {
		text[i / 8] ^= (uint8_t)(1u << i % 8);
		kit_write("damaged", text, n, 0600);
		text[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_null(writer_key_load("damaged", &e));
		assert_true(e.kind == ERR_DAMAGED ||
		    e.kind == ERR_UNSUPPORTED);
	}
	for (i = 0; i < n; i++) {
		kit_write("damaged", text, i, 0600);
		assert_null(writer_key_load("damaged", &e));
		assert_int_equal(e.kind, ERR_DAMAGED);
	}
}

static void
a_newer_version_is_refused_with_a_sentence(void **state)
{
	char text[4096];
	struct err e;
	size_t n;

	(void)state;
	save("key");
	n = kit_read("key", text, sizeof(text));
	text[strlen("muster writer key ")] = '9';
	kit_write("key", text, n, 0600);
	assert_null(writer_key_load("key", &e));
	assert_int_equal(e.kind, ERR_UNSUPPORTED);
	assert_non_null(strstr(e.text, "version 9"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, kit_enter, kit_leave)
		T(a_writer_key_comes_back),
		T(an_existing_file_is_never_overwritten),
		T(a_loose_absent_or_foreign_file_is_refused),
		T(a_file_with_any_bit_flipped_is_refused),
		T(a_newer_version_is_refused_with_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
