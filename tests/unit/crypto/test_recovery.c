/*
 * Recovery keys and their files.  Argon2id is replaced by a fast stand-in
 * except where a test asks for the real one, so that every bit of a file can
 * be flipped.
 *
 * wrap: crypto_pwhash
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/charter.h"
#include "crypto/keys_internal.h"
#include "../../lib/keys_kit.h"

static bool	real_argon;
static int	stretched;		/* calls of it */
static int	refuse_memory;

int	__wrap_crypto_pwhash(unsigned char *, unsigned long long,
	    const char *, unsigned long long, const unsigned char *,
	    unsigned long long, size_t, int);
int	__real_crypto_pwhash(unsigned char *, unsigned long long,
	    const char *, unsigned long long, const unsigned char *,
	    unsigned long long, size_t, int);

int
__wrap_crypto_pwhash(unsigned char *out, unsigned long long n,
    const char *pass, unsigned long long len, const unsigned char *salt,
    unsigned long long passes, size_t memory, int alg)
{
	crypto_generichash_state h;

	stretched++;
	if (refuse_memory)
		return -1;
	if (real_argon)
		return __real_crypto_pwhash(out, n, pass, len, salt, passes,
		    memory, alg);
	(void)crypto_generichash_init(&h, salt, crypto_pwhash_SALTBYTES,
	    (size_t)n);
	(void)crypto_generichash_update(&h, (const unsigned char *)pass, len);
	(void)crypto_generichash_update(&h, (unsigned char *)&passes,
	    sizeof(passes));
	(void)crypto_generichash_update(&h, (unsigned char *)&memory,
	    sizeof(memory));
	return crypto_generichash_final(&h, out, (size_t)n);
}

static const struct passphrase_source good = { .file = "pass" };
static const struct passphrase_source bad = { .file = "other" };

static int
enter(void **state)
{
	if (kit_enter(state) == -1)
		return -1;
	kit_write("pass", "correct horse\n", 14, 0600);
	kit_write("other", "correct house\n", 14, 0600);
	real_argon = false;
	refuse_memory = 0;
	stretched = 0;
	return 0;
}

static void
assert_same(const struct recovery_key *a, const struct recovery_key *b)
{
	uint8_t p[32], q[32];

	assert_memory_equal(recovery_key_box_public(a),
	    recovery_key_box_public(b), 32);
	signer_public(recovery_key_signer(a), p);
	signer_public(recovery_key_signer(b), q);
	assert_memory_equal(p, q, 32);
}

static void
a_key_is_derived_as_the_format_says(void **state)
{
	struct recovery_key *r = kit_recovery(32);
	char name[RECOVERY_NAME_SIZE];
	uint8_t root[32], own[32];
	struct buf line;
	struct err e;

	(void)state;
	buf_init(&line, 256);
	assert_int_equal(recovery_key_public_text(r, &line, &e), 0);
	assert_string_equal(buf_text(&line, &e), "muster-recovery-1 "
	    "zdhjNoyuW2RWy8ym3LH6USRTZ88WOReWzvOm9cyj+k4= "
	    "Q+Q3Mr0JeaIFABoD6YZFfUmhB7vFQ9ABR1P/267eI0k=");
	recovery_key_name(r, name);
	assert_string_equal(name, "b52501b31fed0d12");
	recovery_key_root(r, root);
	signer_public(recovery_key_signer(r), own);
	assert_memory_equal(root, own, 32);
	buf_drop(&line);
	recovery_key_free(r);
	recovery_key_free(NULL);
}

static void
a_key_comes_back_from_under_its_passphrase(void **state)
{
	struct recovery_key *r, *back;
	uint8_t root[32] = { 4, 2 }, got[32];
	struct stat st;
	struct err e;

	(void)state;
	real_argon = true;
	assert_non_null(r = recovery_key_new(&e));
	assert_int_equal(recovery_key_save(r, "key", &good, root, &e), 0);
	assert_int_equal(stat("key", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_non_null(back = recovery_key_load("key", &good, &e));
	assert_same(r, back);
	recovery_key_root(back, got);
	assert_memory_equal(got, root, 32);
	recovery_key_free(back);
	assert_null(recovery_key_load("key", &bad, &e));
	assert_int_equal(e.kind, ERR_DENIED);
	assert_non_null(strstr(e.text, "wrong passphrase"));
	recovery_key_free(r);
}

static void
a_key_comes_back_from_a_bare_file(void **state)
{
	struct recovery_key *r = kit_recovery(3), *back;
	uint8_t root[32], own[32];
	struct err e;

	(void)state;
	assert_int_equal(recovery_key_save(r, "key", NULL, NULL, &e), 0);
	assert_non_null(back = recovery_key_load("key", NULL, &e));
	assert_same(r, back);
	recovery_key_root(back, root);
	signer_public(recovery_key_signer(r), own);
	assert_memory_equal(root, own, 32);
	recovery_key_free(back);
	/* A passphrase that is not needed is not asked for. */
	assert_non_null(back = recovery_key_load("key", &good, &e));
	assert_int_equal(stretched, 0);
	recovery_key_free(back);
	recovery_key_free(r);
}

static void
a_file_under_a_passphrase_does_not_hold_the_seed(void **state)
{
	struct recovery_key *r = kit_recovery(3);
	char text[4096], seed64[64];
	uint8_t seed[32];
	struct err e;
	size_t n;

	(void)state;
	kit_seed(3, seed);
	(void)sodium_bin2base64(seed64, sizeof(seed64), seed, 30,
	    sodium_base64_VARIANT_ORIGINAL);
	assert_int_equal(recovery_key_save(r, "bare", NULL, NULL, &e), 0);
	n = kit_read("bare", text, sizeof(text) - 1);
	text[n] = '\0';
	assert_non_null(strstr(text, seed64));
	assert_int_equal(recovery_key_save(r, "key", &good, NULL, &e), 0);
	n = kit_read("key", text, sizeof(text) - 1);
	text[n] = '\0';
	assert_null(strstr(text, seed64));
	recovery_key_free(r);
}

static void
an_existing_file_is_never_overwritten(void **state)
{
	struct recovery_key *r = kit_recovery(3);
	struct err e;
	char got[4];

	(void)state;
	kit_write("key", "old", 3, 0600);
	assert_int_equal(recovery_key_save(r, "key", NULL, NULL, &e), -1);
	assert_int_equal(e.kind, ERR_EXISTS);
	assert_int_equal(kit_read("key", got, 4), 3);
	recovery_key_free(r);
}

static void
no_passphrase_is_denied(void **state)
{
	const struct passphrase_source none = { 0 };
	struct recovery_key *r = kit_recovery(3);
	struct err e;

	(void)state;
	assert_int_equal(recovery_key_save(r, "key", &none, NULL, &e), -1);
	assert_int_equal(access("key", F_OK), -1);
	assert_int_equal(recovery_key_save(r, "key", &good, NULL, &e), 0);
	assert_null(recovery_key_load("key", NULL, &e));
	assert_int_equal(e.kind, ERR_DENIED);
	assert_null(recovery_key_load("key", &none, &e));
	assert_int_equal(e.kind, ERR_DENIED);
	recovery_key_free(r);
}

static void
a_machine_without_the_memory_says_so(void **state)
{
	struct recovery_key *r = kit_recovery(3);
	struct err e;

	(void)state;
	refuse_memory = 1;
	assert_int_equal(recovery_key_save(r, "key", &good, NULL, &e), -1);
	assert_int_equal(e.kind, ERR_MEMORY);
	assert_non_null(strstr(e.text, "256 MiB"));
	assert_int_equal(access("key", F_OK), -1);
	recovery_key_free(r);
}

static void
a_loose_file_is_denied(void **state)
{
	struct recovery_key *r = kit_recovery(3);
	struct err e;

	(void)state;
	assert_int_equal(recovery_key_save(r, "key", NULL, NULL, &e), 0);
	assert_int_equal(chmod("key", 0640), 0);
	assert_null(recovery_key_load("key", NULL, &e));
	assert_int_equal(e.kind, ERR_DENIED);
	assert_null(recovery_key_load("absent", NULL, &e));
	assert_int_equal(e.kind, ERR_ABSENT);
	recovery_key_free(r);
}

/* Load the file with each of its bits flipped, and each of its heads. */
static void
refuse_all_damage(const char *path, const struct passphrase_source *from)
{
	uint8_t text[4096];
	struct err e;
	size_t n, i;

	n = kit_read(path, text, sizeof(text));
	for (i = 0; i < n * 8; i++) {
		text[i / 8] ^= (uint8_t)(1u << i % 8);
		kit_write("damaged", text, n, 0600);
		text[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_null(recovery_key_load("damaged", from, &e));
		assert_true(e.kind == ERR_DAMAGED || e.kind == ERR_DENIED ||
		    e.kind == ERR_UNSUPPORTED);
	}
	for (i = 0; i < n; i++) {
		kit_write("damaged", text, i, 0600);
		assert_null(recovery_key_load("damaged", from, &e));
		assert_int_equal(e.kind, ERR_DAMAGED);
	}
	text[n] = '\n';
	kit_write("damaged", text, n + 1, 0600);
	assert_null(recovery_key_load("damaged", from, &e));
	assert_int_equal(e.kind, ERR_DAMAGED);
}

static void
a_bare_file_with_any_bit_flipped_is_refused(void **state)
{
	struct recovery_key *r = kit_recovery(3);
	struct err e;

	(void)state;
	assert_int_equal(recovery_key_save(r, "key", NULL, NULL, &e), 0);
	refuse_all_damage("key", NULL);
	recovery_key_free(r);
}

static void
a_locked_file_with_any_bit_flipped_is_refused(void **state)
{
	struct recovery_key *r = kit_recovery(3);
	struct err e;

	(void)state;
	assert_int_equal(recovery_key_save(r, "key", &good, NULL, &e), 0);
	refuse_all_damage("key", &good);
	recovery_key_free(r);
}

/* The key file with `old` replaced by `new`. */
static void
edit(const char *path, const char *old, const char *new)
{
	char text[5000], *at;
	struct err e;
	struct recovery_key *r = kit_recovery(3);
	size_t n;

	(void)unlink("made");
	assert_int_equal(recovery_key_save(r, "made", &good, NULL, &e), 0);
	recovery_key_free(r);
	n = kit_read("made", text, 4096);
	text[n] = '\0';
	assert_non_null(at = strstr(text, old));
	memmove(at + strlen(new), at + strlen(old),
	    strlen(at + strlen(old)) + 1);
	memcpy(at, new, strlen(new));
	kit_write(path, text, strlen(text), 0600);
}

static void
parameters_beyond_the_limits_are_refused_before_any_work(void **state)
{
	static const char *const edits[][2] = {
		{ "\"memory\":268435456", "\"memory\":67108863" },
		{ "\"memory\":268435456", "\"memory\":1073741825" },
		{ "\"memory\":268435456", "\"memory\":-1" },
		{ "\"memory\":268435456", "\"memory\":268435456.0" },
		{ "\"memory\":268435456", "\"memory\":\"a\"" },
		{ "\"passes\":3", "\"passes\":1" },
		{ "\"passes\":3", "\"passes\":17" },
		{ "argon2id13", "argon2i13" },
		{ "\"salt\":\"", "\"salt\":\"A" },
		{ "\"passes\":3,", "" },
		{ "\"passes\":3,", "\"passes\":3,\"passes\":3," },
		{ "\"passes\":3,", "\"passes\":3,\"more\":3," },
		{ "\"note\":", "\"more\":1,\"note\":" },
		{ "\"root\":\"", "\"root\":\"AA" },
		{ "{\"box\"", "{ [[[[[ \"box\"" },
		{ "muster recovery", "muster discovery" },
		{ "muster recovery key 1", "muster recovery key 01" },
		{ "muster recovery key 1", "muster recovery key " },
		{ "muster recovery key 1", "muster recovery key x" },
		{ "muster recovery key 1", "muster recovery key 12345678" },
	};
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		edit("key", edits[i][0], edits[i][1]);
		stretched = 0;
		assert_null(recovery_key_load("key", &good, &e));
		assert_int_equal(e.kind, ERR_DAMAGED);
		assert_int_equal(stretched, 0);
	}
}

static void
a_newer_version_is_refused_with_a_sentence(void **state)
{
	struct err e;

	(void)state;
	edit("key", "recovery key 1", "recovery key 2");
	assert_null(recovery_key_load("key", &good, &e));
	assert_int_equal(e.kind, ERR_UNSUPPORTED);
	assert_string_equal(e.text, "cannot use key file key: it is of "
	    "version 2; this muster knows version 1: use a newer muster");
}

/* Well-formed in every respect, but not what was sealed. */
static void
another_root_in_the_file_is_refused(void **state)
{
	struct recovery_key *r = kit_recovery(3);
	char text[4096], *at;
	uint8_t root[32] = { 1 };
	struct err e;
	size_t n;

	(void)state;
	assert_int_equal(recovery_key_save(r, "key", &good, root, &e), 0);
	n = kit_read("key", text, sizeof(text) - 1);
	text[n] = '\0';
	assert_non_null(at = strstr(text, "\"root\":\"AQ"));
	at[9] = 'g';
	kit_write("key", text, n, 0600);
	stretched = 0;
	assert_null(recovery_key_load("key", &good, &e));
	assert_int_equal(e.kind, ERR_DENIED);
	assert_int_equal(stretched, 1);
	recovery_key_free(r);
}

static void
a_file_too_large_or_of_another_kind_is_no_recovery_key(void **state)
{
	static char large[5000];
	struct store_secret *s = kit_secret(1);
	struct signer *g = kit_signer(2);
	uint8_t root[32] = { 1 };
	struct err e;

	(void)state;
	kit_write("key", large, sizeof(large), 0600);
	assert_null(recovery_key_load("key", NULL, &e));
	assert_int_equal(e.kind, ERR_DAMAGED);
	kit_write("key", "", 0, 0600);
	assert_null(recovery_key_load("key", NULL, &e));
	assert_int_equal(e.kind, ERR_DAMAGED);
	assert_int_equal(mkdir("folder", 0700), 0);
	assert_null(recovery_key_load("folder", NULL, &e));
	(void)unlink("key");
	assert_int_equal(writer_key_save("key", s, g, root, &e), 0);
	assert_null(recovery_key_load("key", NULL, &e));
	assert_int_equal(e.kind, ERR_DAMAGED);
	store_secret_free(s);
	signer_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, enter, kit_leave)
		T(a_key_is_derived_as_the_format_says),
		T(a_key_comes_back_from_under_its_passphrase),
		T(a_key_comes_back_from_a_bare_file),
		T(a_file_under_a_passphrase_does_not_hold_the_seed),
		T(an_existing_file_is_never_overwritten),
		T(no_passphrase_is_denied),
		T(a_machine_without_the_memory_says_so),
		T(a_loose_file_is_denied),
		T(a_bare_file_with_any_bit_flipped_is_refused),
		T(a_locked_file_with_any_bit_flipped_is_refused),
		T(parameters_beyond_the_limits_are_refused_before_any_work),
		T(a_newer_version_is_refused_with_a_sentence),
		T(another_root_in_the_file_is_refused),
		T(a_file_too_large_or_of_another_kind_is_no_recovery_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
