/* DSSE envelopes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/envelope.h"
#include "crypto/keys_internal.h"
#include "crypto/statement.h"
#include "../../lib/keys_kit.h"

#define TYPE "application/vnd.example+json"

static struct signer	*signer;
static uint8_t		 public[32], other[32];
static struct buf	 signed_text;	/* an envelope of "hello world" */

static int
enter(void **state)
{
	struct signer *s = kit_signer(2);
	struct err e;

	(void)state;
	signer = kit_signer(1);
	signer_public(signer, public);
	signer_public(s, other);
	signer_free(s);
	buf_init(&signed_text, STATEMENT_MAX);
	return envelope_sign(TYPE, "hello world", 11, signer, &signed_text,
	    &e);
}

static int
leave(void **state)
{
	(void)state;
	signer_free(signer);
	buf_drop(&signed_text);
	return 0;
}

static int
open_as(const void *p, size_t n, const uint8_t *by, struct err *e)
{
	struct buf out;
	int rc;

	buf_init(&out, STATEMENT_MAX);
	rc = envelope_open(p, n, TYPE, by, &out, e);
	if (rc == -1)
		assert_int_equal(out.len, 0);
	buf_drop(&out);
	return rc;
}

static int
open_text(const char *text, struct err *e)
{
	return open_as(text, strlen(text), public, e);
}

/* protocol.md of DSSE. */
static void
what_is_signed_is_dsse_v1(void **state)
{
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, 1000);
	assert_int_equal(envelope_pae("http://example.com/HelloWorld",
	    "hello world", 11, &b, &e), 0);
	assert_string_equal(buf_text(&b, &e),
	    "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
	buf_drop(&b);
}

static void
an_envelope_opens_with_the_signers_key(void **state)
{
	struct buf out;
	struct err e;

	(void)state;
	buf_init(&out, 100);
	assert_int_equal(buf_add_text(&out, "<", &e), 0);
	assert_int_equal(envelope_open(signed_text.data, signed_text.len, TYPE,
	    public, &out, &e), 0);
	assert_string_equal(buf_text(&out, &e), "<hello world");
	buf_drop(&out);
}

static void
a_stranger_is_denied(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(open_as(signed_text.data, signed_text.len, other, &e),
	    -1);
	assert_int_equal(e.kind, ERR_DENIED);
	assert_non_null(strstr(e.text, "signed by a stranger (keyid "));
}

static void
another_type_is_refused(void **state)
{
	struct buf out;
	struct err e;

	(void)state;
	buf_init(&out, 100);
	assert_int_equal(envelope_open(signed_text.data, signed_text.len,
	    TYPE "x", public, &out, &e), -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	buf_drop(&out);
}

static void
an_envelope_with_any_byte_changed_is_refused(void **state)
{
	uint8_t *text = signed_text.data;
	struct err e;
	size_t i;
	int c;

	(void)state;
	for (i = 0; i < signed_text.len; i++) {
		for (c = 1; c < 256; c++) {
			text[i] ^= (uint8_t)c;
			assert_int_equal(open_as(text, signed_text.len,
			    public, &e), -1);
			assert_true(e.kind == ERR_DAMAGED ||
			    e.kind == ERR_DENIED);
			text[i] ^= (uint8_t)c;
		}
		assert_int_equal(open_as(text, i, public, &e), -1);
		assert_int_equal(e.kind, ERR_DAMAGED);
	}
}

static void
a_changed_payload_is_damage_not_a_stranger(void **state)
{
	struct err e;

	(void)state;
	signed_text.data[12] ^= 2;
	assert_int_equal(open_as(signed_text.data, signed_text.len, public,
	    &e), -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	assert_non_null(strstr(e.text, "it was changed"));
}

#define SIG "\"0123456789abcdef\",\"sig\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\""
#define HEAD "{\"payload\":\"YQ==\",\"payloadType\":\"" TYPE "\","

static void
what_is_no_envelope_is_damage(void **state)
{
	static const char *const bad[] = {
		"", "{}", "[]", "hello",
		HEAD "\"signatures\":[]}",
		HEAD "\"signatures\":[1]}",
		HEAD "\"signatures\":{\"keyid\":" SIG "}}",
		HEAD "\"signatures\":[{\"keyid\":" SIG ",\"more\":1}]}",
		HEAD "\"signatures\":[{\"keyid\":" SIG "}],\"more\":1}",
		HEAD "\"signatures\":[{\"keyid\":\"0123456789abcdef\"}]}",
		HEAD "\"signatures\":[{\"keyid\":\"\",\"sig\":\"\"}]}",
		HEAD "\"payload\":\"YQ==\",\"signatures\":[{\"keyid\":" SIG
		    "}]}",
		"{\"payload\":\"YQ\",\"payloadType\":\"" TYPE
		    "\",\"signatures\":[{\"keyid\":" SIG "}]}",
		"{\"payload\":\"Y Q=\",\"payloadType\":\"" TYPE
		    "\",\"signatures\":[{\"keyid\":" SIG "}]}",
		"{\"payload\":\"\",\"payloadType\":\"" TYPE
		    "\",\"signatures\":[{\"keyid\":" SIG "}]}",
		"{\"payload\":\"====\",\"payloadType\":\"" TYPE
		    "\",\"signatures\":[{\"keyid\":" SIG "}]}",
		"{\"payload\":1,\"payloadType\":\"" TYPE
		    "\",\"signatures\":[{\"keyid\":" SIG "}]}",
		"{\"payload\":\"YQ==\",\"payloadType\":1,"
		    "\"signatures\":[{\"keyid\":" SIG "}]}",
	};
	struct err e;
	size_t i;

	(void)state;
	assert_int_equal(open_text(HEAD "\"signatures\":[{\"keyid\":" SIG
	    "}]}", &e), -1);
	assert_int_equal(e.kind, ERR_DENIED);	/* well-formed, a stranger's */
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(open_text(bad[i], &e), -1);
		assert_int_equal(e.kind, ERR_DAMAGED);
	}
}

/* The good signature as the last of n. */
static void
sign_crowd(struct buf *out, int n)
{
	const char *at;
	struct err e;
	size_t head;

	buf_init(out, 100000);
	at = strstr(buf_text(&signed_text, &e), "{\"keyid\"");
	head = (size_t)(at - (char *)signed_text.data);
	assert_int_equal(buf_add(out, signed_text.data, head, &e), 0);
	for (; n > 1; n--)
		assert_int_equal(buf_add_text(out, "{\"keyid\":" SIG "},",
		    &e), 0);
	assert_int_equal(buf_add_text(out, at, &e), 0);
}

static void
one_of_sixteen_signatures_suffices_and_seventeen_are_too_many(void **state)
{
	struct buf b;
	struct err e;

	(void)state;
	sign_crowd(&b, 16);
	assert_int_equal(open_as(b.data, b.len, public, &e), 0);
	buf_drop(&b);
	sign_crowd(&b, 17);
	assert_int_equal(open_as(b.data, b.len, public, &e), -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	buf_drop(&b);
}

static void
what_is_too_large_is_neither_signed_nor_opened(void **state)
{
	char *large = malloc(STATEMENT_MAX + 1);
	struct buf out;
	struct err e;

	(void)state;
	assert_non_null(large);
	memset(large, ' ', STATEMENT_MAX + 1);
	assert_int_equal(open_as(large, STATEMENT_MAX + 1, public, &e), -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	assert_int_equal(open_as(large, STATEMENT_MAX, public, &e), -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	buf_init(&out, 2 * STATEMENT_MAX);
	assert_int_equal(envelope_sign(TYPE, large, STATEMENT_MAX / 4 * 3,
	    signer, &out, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_int_equal(out.len, 0);
	assert_int_equal(envelope_sign(TYPE, large,
	    (STATEMENT_MAX - 4096) / 4 * 3, signer, &out, &e), 0);
	assert_true(out.len <= STATEMENT_MAX);
	assert_int_equal(open_as(out.data, out.len, public, &e), 0);
	buf_drop(&out);
	free(large);
}

static void
a_full_buffer_keeps_what_it_held(void **state)
{
	struct buf out;
	struct err e;

	(void)state;
	buf_init(&out, 100);
	assert_int_equal(buf_add_text(&out, "before", &e), 0);
	assert_int_equal(envelope_sign(TYPE, "hello world", 11, signer, &out,
	    &e), -1);
	assert_int_equal(e.kind, ERR_MEMORY);
	assert_string_equal(buf_text(&out, &e), "before");
	buf_drop(&out);
	buf_init(&out, 5);
	assert_int_equal(envelope_open(signed_text.data, signed_text.len, TYPE,
	    public, &out, &e), -1);
	assert_int_equal(e.kind, ERR_MEMORY);
	buf_drop(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, enter, leave)
		T(what_is_signed_is_dsse_v1),
		T(an_envelope_opens_with_the_signers_key),
		T(a_stranger_is_denied),
		T(another_type_is_refused),
		T(an_envelope_with_any_byte_changed_is_refused),
		T(a_changed_payload_is_damage_not_a_stranger),
		T(what_is_no_envelope_is_damage),
		T(one_of_sixteen_signatures_suffices_and_seventeen_are_too_many),
		T(what_is_too_large_is_neither_signed_nor_opened),
		T(a_full_buffer_keeps_what_it_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
