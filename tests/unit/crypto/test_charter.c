/* Charters: founding a store, opening it, getting its secret back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "crypto/charter.h"
#include "crypto/charter_json.h"
#include "crypto/keys_internal.h"
#include "crypto/statement.h"
#include "../../lib/keys_kit.h"

#define NOW 1767225599123456789

static struct store_secret	*secret;
static struct recovery_key	*root_key, *second, *stranger;
static struct signer		*host;
static struct charter_signer	 signer;
static struct charter		 charter;
static struct buf		 envelope;	/* of a charter for two */
static char			 second_line[200];
static uint8_t			 root[32];

static void
line_of(const struct recovery_key *r, char line[200])
{
	struct buf b;
	struct err e;

	buf_init(&b, 200);
	assert_int_equal(recovery_key_public_text(r, &b, &e), 0);
	(void)strcpy(line, buf_text(&b, &e));
	buf_drop(&b);
}

static int
found(struct charter *c, const char *const *others, struct buf *out,
    struct err *e)
{
	const struct charter_founding f = { secret, root_key, others, &signer };

	return charter_found(c, &f, out, e);
}

static int
enter(void **state)
{
	const char *others[] = { second_line, NULL };
	struct err e;

	(void)state;
	clock_fake(NOW, 0);
	secret = kit_secret(1);
	root_key = kit_recovery(2);
	second = kit_recovery(3);
	stranger = kit_recovery(4);
	host = kit_signer(5);
	memset(&signer, 0, sizeof(signer));
	(void)strcpy(signer.name, "db1.example.com");
	signer_public(host, signer.public);
	signer.roles = ROLE_ALL;
	recovery_key_root(root_key, root);
	line_of(second, second_line);
	buf_init(&envelope, STATEMENT_MAX);
	return found(&charter, others, &envelope, &e);
}

static int
leave(void **state)
{
	(void)state;
	clock_fake(-1, -1);
	store_secret_free(secret);
	recovery_key_free(root_key);
	recovery_key_free(second);
	recovery_key_free(stranger);
	signer_free(host);
	buf_drop(&envelope);
	return 0;
}

static void
a_new_charter_holds_the_defaults(void **state)
{
	struct id digest;

	(void)state;
	assert_int_equal(strlen(charter.store), 32);
	assert_true(charter.created == NOW / 1000000000 * 1000000000);
	assert_int_equal(charter.chunk_min[0], 8192);
	assert_int_equal(charter.chunk_mean[0], 32768);
	assert_int_equal(charter.chunk_max[0], 262144);
	assert_int_equal(charter.chunk_min[1], 32768);
	assert_int_equal(charter.chunk_mean[1], 131072);
	assert_int_equal(charter.chunk_max[1], 524288);
	assert_int_equal(charter.chunk_min[2], 262144);
	assert_int_equal(charter.chunk_mean[2], 1048576);
	assert_int_equal(charter.chunk_max[2], 4194304);
	assert_int_equal(charter.pack_size, 32u << 20);
	assert_int_equal(charter.n_signers, 1);
	assert_int_equal(charter.n_recovery, 2);
	id_sha256(envelope.data, envelope.len, &digest);
	assert_memory_equal(&charter.digest, &digest, sizeof(digest));
}

static void
a_charter_comes_back_the_same(void **state)
{
	struct charter back;
	struct err e;

	(void)state;
	assert_int_equal(charter_open(&back, envelope.data, envelope.len, root,
	    &e), 0);
	assert_memory_equal(&back, &charter, sizeof(back));
}

static void
each_of_its_recovery_keys_gets_the_secret(void **state)
{
	struct store_secret *s;
	struct err e;

	(void)state;
	assert_non_null(s = charter_secret(envelope.data, envelope.len,
	    root_key, &e));
	assert_memory_equal(store_secret_bytes(s), store_secret_bytes(secret),
	    32);
	assert_true(charter_fits(&charter, s));
	store_secret_free(s);
}

/* The second key, trusting the first as root. */
static void
a_second_recovery_key_trusts_the_root(void **state)
{
	struct recovery_key *r;
	struct store_secret *s;
	uint8_t seed[32];
	struct err e;

	(void)state;
	assert_null(charter_secret(envelope.data, envelope.len, second, &e));
	assert_int_equal(e.kind, ERR_DENIED);
	kit_seed(3, seed);
	assert_non_null(r = recovery_key_from(seed, root, &e));
	assert_non_null(s = charter_secret(envelope.data, envelope.len, r,
	    &e));
	store_secret_free(s);
	recovery_key_free(r);
	kit_seed(4, seed);
	assert_non_null(r = recovery_key_from(seed, root, &e));
	assert_null(charter_secret(envelope.data, envelope.len, r, &e));
	assert_int_equal(e.kind, ERR_DENIED);
	assert_non_null(strstr(e.text, "is none of the charter's"));
	recovery_key_free(r);
}

static void
anothers_charter_is_denied(void **state)
{
	uint8_t other[32];
	struct charter c;
	struct err e;

	(void)state;
	recovery_key_root(stranger, other);
	assert_int_equal(charter_open(&c, envelope.data, envelope.len, other,
	    &e), -1);
	assert_int_equal(e.kind, ERR_DENIED);
	assert_null(charter_secret(envelope.data, envelope.len, stranger, &e));
	assert_int_equal(e.kind, ERR_DENIED);
}

static void
another_stores_secret_does_not_fit(void **state)
{
	struct store_secret *other = kit_secret(9);

	(void)state;
	assert_false(charter_fits(&charter, other));
	assert_true(charter_fits(&charter, secret));
	store_secret_free(other);
}

static void
a_charter_with_any_bit_flipped_is_refused(void **state)
{
	struct charter c;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < envelope.len * 8; i++) {
		envelope.data[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_int_equal(charter_open(&c, envelope.data, envelope.len,
		    root, &e), -1);
		assert_true(e.kind == ERR_DAMAGED || e.kind == ERR_DENIED);
		envelope.data[i / 8] ^= (uint8_t)(1u << i % 8);
	}
}

/* Open the charter after an edit of its payload, signed by the root again. */
static enum err_kind
edited(const char *old, const char *new, struct err *e)
{
	struct buf text, out;
	struct charter c;
	char *at, *tail;
	int rc;

	err_clear(e);
	buf_init(&text, STATEMENT_MAX);
	buf_init(&out, STATEMENT_MAX);
	assert_int_equal(envelope_open(envelope.data, envelope.len,
	    CHARTER_TYPE, root, &text, e), 0);
	at = strstr(buf_text(&text, e), old);
	assert_non_null(at);
	assert_non_null(tail = strdup(at + strlen(old)));
	text.len = (size_t)(at - (char *)text.data);
	assert_int_equal(buf_add_text(&text, new, e), 0);
	assert_int_equal(buf_add_text(&text, tail, e), 0);
	free(tail);
	assert_int_equal(envelope_sign(CHARTER_TYPE, text.data, text.len,
	    recovery_key_signer(root_key), &out, e), 0);
	err_clear(e);
	rc = charter_open(&c, out.data, out.len, root, e);
	assert_int_equal(rc, e->kind == ERR_NONE ? 0 : -1);
	buf_drop(&text);
	buf_drop(&out);
	return e->kind;
}

static void
values_within_the_limits_are_taken(void **state)
{
	static const char *const edits[][2] = {
		{ "\"min\":8192", "\"min\":64" },
		{ "\"min\":8192", "\"min\":32768" },
		{ "\"max\":262144,\"mean\":32768", "\"max\":32768,"
		    "\"mean\":32768" },
		{ "\"max\":4194304,\"mean\":1048576", "\"max\":33554432,"
		    "\"mean\":16777216" },
		{ "\"pack_size\":33554432", "\"pack_size\":1048576" },
		{ "\"pack_size\":33554432", "\"pack_size\":67108864" },
		{ "\"previous\":null", "\"previous\":\"00000000000000000000"
		    "00000000000000000000000000000000000000000000\"" },
		{ "[\"snapshot\",\"receipt\",\"verdict\"]", "[\"verdict\"]" },
	};
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(edits) / sizeof(edits[0]); i++)
		assert_int_equal(edited(edits[i][0], edits[i][1], &e),
		    ERR_NONE);
}

static void
values_beyond_the_limits_are_damage_though_signed(void **state)
{
	static const char *const edits[][2] = {
		{ "\"min\":8192", "\"min\":63" },
		{ "\"min\":8192", "\"min\":32769" },
		{ "\"min\":8192", "\"min\":-1" },
		{ "\"min\":8192", "\"min\":8192.0" },
		{ "\"min\":8192", "\"least\":8192" },
		{ "\"mean\":32768", "\"mean\":32767" },
		{ "\"mean\":32768", "\"mean\":2048" },
		{ "\"mean\":32768", "\"mean\":0" },
		{ "\"max\":262144", "\"max\":32767" },
		{ "\"max\":4194304,\"mean\":1048576", "\"max\":33554432,"
		    "\"mean\":33554432" },
		{ "\"max\":4194304", "\"max\":33554433" },
		{ "\"max\":4194304", "\"max\":4294967296" },
		{ "\"rows\":", "\"row\":" },
		{ "\"pack_size\":33554432", "\"pack_size\":1048575" },
		{ "\"pack_size\":33554432", "\"pack_size\":67108865" },
		{ "\"previous\":null", "\"previous\":\"00\"" },
		{ "\"previous\":null", "\"previous\":0" },
		{ "\"previous\":null", "\"next\":null" },
		{ "\"format\":1", "\"format\":0" },
		{ "\"format\":1", "\"format\":\"1\"" },
		{ "\"format\":1,", "" },
		{ "\"format\":1", "\"format\":1,\"format\":1" },
		{ "\"format\":1", "\"format\":1,\"more\":1" },
		{ "\"created\":\"2025", "\"created\":\"yesterday" },
		{ "\"created\":\"2025", "\"made\":\"2025" },
		{ "\"store\":\"", "\"store\":\"00" },
		{ "\"signers\":[{", "\"signers\":[1,{" },
		{ "\"signers\":[{", "\"signers\":[{\"more\":1," },
		{ "\"name\":\"db1", "\"name\":\"\\n" },
		{ "\"name\":\"db1.example.com\"", "\"name\":\"\"" },
		{ "\"roles\":[\"snapshot\",", "\"roles\":[\"shoot\"," },
		{ "\"roles\":[\"snapshot\",", "\"roles\":[\"receipt\"," },
		{ "\"roles\":[\"snapshot\",", "\"roles\":[1," },
		{ "[\"snapshot\",\"receipt\",\"verdict\"]", "[]" },
		{ "\"public\":\"", "\"public\":\"AA" },
		{ "\"recovery\":[{", "\"recovery\":[{\"more\":1," },
		{ "\"box\":\"", "\"box\":\"A" },
		{ "\"secret\":\"", "\"secret\":\"A" },
		{ "\"sign\":\"", "\"sign\":\"A" },
	};
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(edits) / sizeof(edits[0]); i++)
		assert_int_equal(edited(edits[i][0], edits[i][1], &e),
		    ERR_DAMAGED);
}

static void
a_store_id_is_of_lower_case_digits(void **state)
{
	char old[40], new[40];
	struct err e;

	(void)state;
	(void)snprintf(old, sizeof(old), "\"%s\"", charter.store);
	(void)strcpy(new, old);
	new[5] = 'A';
	assert_int_equal(edited(old, new, &e), ERR_DAMAGED);
	(void)snprintf(old, sizeof(old), "\"%s\"", charter.recovery[0].name);
	(void)strcpy(new, old);
	new[5] = new[5] == '0' ? '1' : '0';
	assert_int_equal(edited(old, new, &e), ERR_DAMAGED);
	assert_non_null(strstr(e.text, "is called"));
}

static void
a_newer_format_is_refused_with_a_sentence(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(edited("\"format\":1", "\"format\":2,\"new\":1", &e),
	    ERR_UNSUPPORTED);
	assert_string_equal(e.text, "cannot use charter: the store is of "
	    "format 2; this muster knows format 1: use a newer muster");
}

/* A root that signs a charter whose sealed secret is not the store's. */
static void
a_sealed_secret_of_another_store_is_noticed(void **state)
{
	struct store_secret *other = kit_secret(9);
	struct charter_founding f = { other, root_key, NULL, &signer };
	struct buf wrong, text, out;
	struct charter c;
	struct err e;
	char *at;

	(void)state;
	buf_init(&wrong, STATEMENT_MAX);
	buf_init(&text, STATEMENT_MAX);
	buf_init(&out, STATEMENT_MAX);
	assert_int_equal(charter_found(&c, &f, &wrong, &e), 0);
	assert_int_equal(envelope_open(wrong.data, wrong.len, CHARTER_TYPE,
	    root, &text, &e), 0);
	assert_non_null(at = strstr(buf_text(&text, &e), c.store));
	memcpy(at, charter.store, 32);
	assert_int_equal(envelope_sign(CHARTER_TYPE, text.data, text.len,
	    recovery_key_signer(root_key), &out, &e), 0);
	assert_null(charter_secret(out.data, out.len, root_key, &e));
	assert_int_equal(e.kind, ERR_DAMAGED);
	assert_non_null(strstr(e.text, "another store's"));
	/* And one that does not open at all. */
	assert_non_null(at = strstr(buf_text(&text, &e), "\"secret\":\""));
	at[12] = at[12] == 'A' ? 'B' : 'A';
	buf_clear(&out);
	assert_int_equal(envelope_sign(CHARTER_TYPE, text.data, text.len,
	    recovery_key_signer(root_key), &out, &e), 0);
	assert_null(charter_secret(out.data, out.len, root_key, &e));
	assert_int_equal(e.kind, ERR_DAMAGED);
	buf_drop(&wrong);
	buf_drop(&text);
	buf_drop(&out);
	store_secret_free(other);
}

static void
a_statement_is_no_charter(void **state)
{
	struct buf out;
	struct charter c;
	struct err e;

	(void)state;
	buf_init(&out, STATEMENT_MAX);
	assert_int_equal(envelope_sign("application/vnd.in-toto+json", "{}", 2,
	    recovery_key_signer(root_key), &out, &e), 0);
	assert_int_equal(charter_open(&c, out.data, out.len, root, &e), -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	buf_drop(&out);
}

static void
public_lines_are_checked(void **state)
{
	static const char *const cut[] = { "", "muster-recovery-1 " };
	struct charter_recovery r;
	char line[200], bad[201];
	struct err e;
	size_t i;

	(void)state;
	line_of(second, line);
	assert_int_equal(charter_recovery_parse(line, &r, &e), 0);
	assert_memory_equal(r.box_public, recovery_key_box_public(second), 32);
	for (i = 0; i < strlen(line); i++) {
		(void)strcpy(bad, line);
		bad[i] = '?';
		assert_int_equal(charter_recovery_parse(bad, &r, &e), -1);
		assert_int_equal(e.kind, ERR_INPUT);
		bad[i] = '\0';
		assert_int_equal(charter_recovery_parse(bad, &r, &e), -1);
	}
	(void)strcat(strcpy(bad, line), "x");
	assert_int_equal(charter_recovery_parse(bad, &r, &e), -1);
	for (i = 0; i < 2; i++)
		assert_int_equal(charter_recovery_parse(cut[i], &r, &e), -1);
}

static void
what_is_wrong_does_not_found_a_store(void **state)
{
	const char *twice[] = { second_line, second_line, NULL };
	const char *none[] = { "muster-recovery-1 ", NULL };
	const char *weak[] = { "muster-recovery-1 "
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= "
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", NULL };
	struct charter c;
	struct buf out;
	struct err e;

	(void)state;
	buf_init(&out, STATEMENT_MAX);
	assert_int_equal(found(&c, twice, &out, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_int_equal(found(&c, none, &out, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_int_equal(found(&c, weak, &out, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	signer.roles = 0;
	assert_int_equal(found(&c, NULL, &out, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	signer.roles = 8;
	assert_int_equal(found(&c, NULL, &out, &e), -1);
	signer.roles = ROLE_RECEIPT;
	signer.name[0] = '\0';
	assert_int_equal(found(&c, NULL, &out, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	memset(signer.name, 'x', sizeof(signer.name));
	assert_int_equal(found(&c, NULL, &out, &e), -1);
	(void)strcpy(signer.name, "a\tb");
	assert_int_equal(found(&c, NULL, &out, &e), -1);
	assert_int_equal(out.len, 0);
	(void)strcpy(signer.name, "b\303\274ro");
	assert_int_equal(found(&c, NULL, &out, &e), 0);
	buf_drop(&out);
}

static void
sixteen_recovery_keys_are_the_most(void **state)
{
	static char lines[17][200];
	const char *others[17] = { 0 };
	struct recovery_key *r;
	struct charter c, back;
	struct buf out;
	struct err e;
	size_t i;

	(void)state;
	buf_init(&out, STATEMENT_MAX);
	for (i = 0; i < 16; i++) {
		r = kit_recovery((uint8_t)(100 + i));
		line_of(r, lines[i]);
		recovery_key_free(r);
		others[i] = lines[i];
	}
	assert_int_equal(found(&c, others, &out, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	others[15] = NULL;
	assert_int_equal(found(&c, others, &out, &e), 0);
	assert_int_equal(charter_open(&back, out.data, out.len, root, &e), 0);
	assert_memory_equal(&back, &c, sizeof(c));
	buf_drop(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, enter, leave)
		T(a_new_charter_holds_the_defaults),
		T(a_charter_comes_back_the_same),
		T(each_of_its_recovery_keys_gets_the_secret),
		T(a_second_recovery_key_trusts_the_root),
		T(anothers_charter_is_denied),
		T(another_stores_secret_does_not_fit),
		T(a_charter_with_any_bit_flipped_is_refused),
		T(values_within_the_limits_are_taken),
		T(values_beyond_the_limits_are_damage_though_signed),
		T(a_store_id_is_of_lower_case_digits),
		T(a_newer_format_is_refused_with_a_sentence),
		T(a_sealed_secret_of_another_store_is_noticed),
		T(a_statement_is_no_charter),
		T(public_lines_are_checked),
		T(what_is_wrong_does_not_found_a_store),
		T(sixteen_recovery_keys_are_the_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
