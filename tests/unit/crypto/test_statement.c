/* in-toto statements, signed by those whom a charter lets sign. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/keys_internal.h"
#include "crypto/statement.h"
#include "../../lib/keys_kit.h"

#define PAYLOAD_TYPE "application/vnd.in-toto+json"
#define DIGEST "00ff"

static struct charter	 charter;
static struct signer	*host, *drill, *stranger;

static void
let_sign(const struct signer *s, const char *name, unsigned roles)
{
	struct charter_signer *c = &charter.signers[charter.n_signers++];

	(void)strcpy(c->name, name);
	signer_public(s, c->public);
	c->roles = roles;
}

static int
enter(void **state)
{
	(void)state;
	memset(&charter, 0, sizeof(charter));
	host = kit_signer(1);
	drill = kit_signer(2);
	stranger = kit_signer(3);
	let_sign(host, "host", ROLE_SNAPSHOT | ROLE_VERDICT);
	let_sign(drill, "drill", ROLE_RECEIPT);
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	signer_free(host);
	signer_free(drill);
	signer_free(stranger);
	return 0;
}

static struct buf
sign(const struct signer *by)
{
	json_t *subject, *predicate;
	struct buf out;
	struct err e;

	subject = json_pack("[{s:s, s:{s:s}}]", "name", "db", "digest",
	    "muster", DIGEST);
	predicate = json_pack("{s:[i,i], s:s}", "b", 1, 2, "a", "x");
	buf_init(&out, STATEMENT_MAX);
	assert_int_equal(statement_sign(STATEMENT_SNAPSHOT, subject, predicate,
	    by, &out, &e), 0);
	assert_int_equal(subject->refcount, 1);
	assert_int_equal(predicate->refcount, 1);
	json_decref(subject);
	json_decref(predicate);
	return out;
}

/* Open, and drop whatever came; the kind of error, or ERR_NONE. */
static enum err_kind
try(const struct buf *b, const char *type, unsigned role, struct err *e)
{
	const struct statement_want want = { type, &charter, role };
	json_t *s;

	err_clear(e);
	s = statement_open(b->data, b->len, &want, NULL, e);
	assert_true((s == NULL) == (e->kind != ERR_NONE));
	json_decref(s);
	return e->kind;
}

/* A payload signed as it is. */
static enum err_kind
try_payload(const char *text)
{
	struct buf b;
	struct err e;
	enum err_kind kind;

	buf_init(&b, STATEMENT_MAX);
	assert_int_equal(envelope_sign(PAYLOAD_TYPE, text, strlen(text), host,
	    &b, &e), 0);
	kind = try(&b, STATEMENT_SNAPSHOT, ROLE_SNAPSHOT, &e);
	buf_drop(&b);
	return kind;
}

static void
a_statement_comes_back_with_its_signer(void **state)
{
	const struct statement_want want = {
		STATEMENT_SNAPSHOT, &charter, ROLE_SNAPSHOT
	};
	const struct charter_signer *by = NULL;
	struct buf b = sign(host);
	struct err e;
	json_t *s;
	char *text;

	(void)state;
	assert_non_null(s = statement_open(b.data, b.len, &want, &by, &e));
	assert_string_equal(by->name, "host");
	text = json_dumps(s, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(text,
	    "{\"_type\":\"https://in-toto.io/Statement/v1\","
	    "\"predicate\":{\"a\":\"x\",\"b\":[1,2]},"
	    "\"predicateType\":\"urn:muster:snapshot:v1\","
	    "\"subject\":[{\"digest\":{\"muster\":\"00ff\"},"
	    "\"name\":\"db\"}]}");
	free(text);
	json_decref(s);
	buf_drop(&b);
}

static void
the_signed_bytes_are_sorted_and_without_spaces(void **state)
{
	struct buf b = sign(host), out;
	uint8_t public[32];
	struct err e;

	(void)state;
	signer_public(host, public);
	buf_init(&out, STATEMENT_MAX);
	assert_int_equal(envelope_open(b.data, b.len, PAYLOAD_TYPE, public,
	    &out, &e), 0);
	assert_non_null(strstr(buf_text(&out, &e),
	    "{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicate\":"));
	buf_drop(&out);
	buf_drop(&b);
}

static void
a_strangers_statement_is_denied(void **state)
{
	struct buf b = sign(stranger);
	struct err e;

	(void)state;
	assert_int_equal(try(&b, STATEMENT_SNAPSHOT, ROLE_SNAPSHOT, &e),
	    ERR_DENIED);
	assert_non_null(strstr(e.text, "signed by a stranger (keyid "));
	charter.n_signers = 0;
	assert_int_equal(try(&b, STATEMENT_SNAPSHOT, ROLE_SNAPSHOT, &e),
	    ERR_DENIED);
	buf_drop(&b);
}

static void
a_signer_without_the_role_is_denied(void **state)
{
	struct buf b = sign(drill);
	struct err e;

	(void)state;
	assert_int_equal(try(&b, STATEMENT_SNAPSHOT, ROLE_SNAPSHOT, &e),
	    ERR_DENIED);
	assert_non_null(strstr(e.text, "signed by drill, who may not"));
	assert_int_equal(try(&b, STATEMENT_SNAPSHOT, ROLE_RECEIPT, &e),
	    ERR_NONE);
	buf_drop(&b);
}

static void
another_predicate_is_damage_and_a_newer_one_unsupported(void **state)
{
	struct buf b = sign(host);
	struct err e;

	(void)state;
	assert_int_equal(try(&b, STATEMENT_RECEIPT, ROLE_SNAPSHOT, &e),
	    ERR_DAMAGED);
	assert_int_equal(try(&b, "urn:muster:snapshot:v0", ROLE_SNAPSHOT, &e),
	    ERR_UNSUPPORTED);
	assert_non_null(strstr(e.text, "use a newer muster"));
	assert_int_equal(try(&b, "urn:muster:snapshot:v2", ROLE_SNAPSHOT, &e),
	    ERR_DAMAGED);
	buf_drop(&b);
}

static void
a_statement_with_any_bit_flipped_is_refused(void **state)
{
	struct buf b = sign(host);
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < b.len * 8; i++) {
		b.data[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_true(try(&b, STATEMENT_SNAPSHOT, ROLE_SNAPSHOT, &e) !=
		    ERR_NONE);
		b.data[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	buf_drop(&b);
}

#define TYPES "\"_type\":\"https://in-toto.io/Statement/v1\"," \
	"\"predicateType\":\"urn:muster:snapshot:v1\""
#define SUBJECT "\"subject\":[{\"name\":\"a\",\"digest\":{\"x\":\"00\"}}]"

static void
a_signed_payload_that_is_no_statement_is_damage(void **state)
{
	static const char *const bad[] = {
		"{}", "[]", "x",
		"{" TYPES "," SUBJECT "}",
		"{" TYPES ",\"predicate\":{}}",
		"{" TYPES "," SUBJECT ",\"predicate\":[]}",
		"{" TYPES "," SUBJECT ",\"predicate\":{\"a\":1,\"a\":1}}",
		"{" TYPES ",\"subject\":[],\"predicate\":{}}",
		"{" TYPES ",\"subject\":[1],\"predicate\":{}}",
		"{" TYPES ",\"subject\":[{\"name\":\"a\"}],\"predicate\":{}}",
		"{" TYPES ",\"subject\":[{\"digest\":{\"x\":\"00\"}}],"
		    "\"predicate\":{}}",
		"{" TYPES ",\"subject\":[{\"name\":\"a\",\"digest\":{}}],"
		    "\"predicate\":{}}",
		"{" TYPES ",\"subject\":[{\"name\":\"a\",\"digest\":"
		    "{\"x\":\"0\"}}],\"predicate\":{}}",
		"{" TYPES ",\"subject\":[{\"name\":\"a\",\"digest\":"
		    "{\"x\":\"0G\"}}],\"predicate\":{}}",
		"{" TYPES ",\"subject\":[{\"name\":\"a\",\"digest\":"
		    "{\"x\":1}}],\"predicate\":{}}",
		"{\"_type\":\"https://in-toto.io/Statement/v0\","
		    "\"predicateType\":\"urn:muster:snapshot:v1\"," SUBJECT
		    ",\"predicate\":{}}",
		"{\"_type\":\"https://in-toto.io/Statement/v1\","
		    "\"predicateType\":\"urn:muster:snapshot:v\"," SUBJECT
		    ",\"predicate\":{}}",
	};
	size_t i;

	(void)state;
	assert_int_equal(try_payload("{" TYPES "," SUBJECT
	    ",\"predicate\":{}}"), ERR_NONE);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(try_payload(bad[i]), ERR_DAMAGED);
	assert_int_equal(try_payload("{\"_type\":"
	    "\"https://in-toto.io/Statement/v2\"}"), ERR_UNSUPPORTED);
}

static void
what_is_no_statement_is_not_signed(void **state)
{
	json_t *object = json_object(), *list = json_array();
	struct buf out;
	struct err e;

	(void)state;
	buf_init(&out, STATEMENT_MAX);
	assert_int_equal(statement_sign(STATEMENT_SNAPSHOT, list, object,
	    host, &out, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_int_equal(statement_sign(STATEMENT_SNAPSHOT, object, object,
	    host, &out, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_int_equal(out.len, 0);
	json_decref(object);
	json_decref(list);
	buf_drop(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, enter, leave)
		T(a_statement_comes_back_with_its_signer),
		T(the_signed_bytes_are_sorted_and_without_spaces),
		T(a_strangers_statement_is_denied),
		T(a_signer_without_the_role_is_denied),
		T(another_predicate_is_damage_and_a_newer_one_unsupported),
		T(a_statement_with_any_bit_flipped_is_refused),
		T(a_signed_payload_that_is_no_statement_is_damage),
		T(what_is_no_statement_is_not_signed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
