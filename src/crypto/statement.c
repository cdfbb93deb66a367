/*
 * in-toto Statements v1 in signed envelopes: see statement.h.  The payload is
 * parsed only after its signature was found right; still it is bounded, since
 * a host whose key was stolen signs, too.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/envelope.h"
#include "crypto/fields.h"
#include "crypto/statement.h"

#define PAYLOAD_TYPE "application/vnd.in-toto+json"
#define STATEMENT_TYPE "https://in-toto.io/Statement/v1"
#define MAX_SUBJECTS 4096

static const struct fields_limits limits = { 16, 1u << 20 };

/* {"name": text, "digest": {algorithm: hexadecimal, ...}} */
static int
check_subject(const json_t *subject, struct err *e)
{
	json_t *digest, *value;
	const char *algorithm, *hex;
	size_t n;

	if (!json_is_object(subject))
		return err_set(e, ERR_DAMAGED, "a subject is not an object");
	if (fields_text(subject, "name", 1, 4096, e) == NULL ||
	    (digest = fields_object(subject, "digest", e)) == NULL)
		return -1;
	if (json_object_size(digest) == 0)
		return err_set(e, ERR_DAMAGED, "a subject has no digest");
	json_object_foreach(digest, algorithm, value) {
		hex = json_string_value(value);
		n = json_string_length(value);
		if (hex == NULL || n == 0 || n % 2 != 0 || n > 256 ||
		    strspn(hex, "0123456789abcdef") != n)
			return err_set(e, ERR_DAMAGED, "a subject's %.32s is "
			    "not hexadecimal", algorithm);
	}
	return 0;
}

static int
check_parts(const json_t *statement, struct err *e)
{
	json_t *subjects, *one;
	size_t i;

	subjects = fields_array(statement, "subject", 1, MAX_SUBJECTS, e);
	if (subjects == NULL ||
	    fields_object(statement, "predicate", e) == NULL)
		return -1;
	json_array_foreach(subjects, i, one)
		if (check_subject(one, e) == -1)
			return -1;
	return 0;
}

int
statement_sign(const char *type, json_t *subject, json_t *predicate,
    const struct signer *signer, struct buf *out, struct err *e)
{
	json_t *statement = NULL;
	char *text = NULL;
	int rc = -1;

	if ((statement = json_pack("{s:s, s:O, s:s, s:O}",
	    "_type", STATEMENT_TYPE, "subject", subject,
	    "predicateType", type, "predicate", predicate)) == NULL ||
	    (text = json_dumps(statement, JSON_COMPACT |
	    JSON_SORT_KEYS)) == NULL) {
		(void)err_memory(e);
		goto done;
	}
	if (check_parts(statement, e) == -1) {
		e->kind = ERR_INPUT;	/* it was made here */
		goto done;
	}
	rc = envelope_sign(PAYLOAD_TYPE, text, strlen(text), signer, out, e);
done:
	if (rc == -1)
		(void)err_add(e, "cannot sign statement");
	json_decref(statement);
	free(text);
	return rc;
}

/* Which of the charter's signers signed it, having the role? */
static const struct charter_signer *
find_signer(const struct envelope *v, const struct statement_want *want,
    struct err *e)
{
	const struct charter *c = want->charter;
	const struct charter_signer *s, *without = NULL, *wrong = NULL;
	size_t i;

	for (i = 0; i < c->n_signers; i++) {
		s = &c->signers[i];
		switch (envelope_verify(v, s->public)) {
		case ENVELOPE_SIGNED:
			if ((s->roles & want->role) != 0)
				return s;
			without = s;
			break;
		case ENVELOPE_WRONG:
			wrong = s;
			break;
		case ENVELOPE_STRANGER:
			break;
		}
	}
	if (without != NULL)
		(void)err_set(e, ERR_DENIED, "signed by %s, who may not sign "
		    "such a statement", without->name);
	else if (wrong != NULL)
		(void)err_set(e, ERR_DAMAGED, "the signature of %s does not "
		    "fit: it was changed", wrong->name);
	else
		(void)err_set(e, ERR_DENIED, "signed by a stranger (keyid %s)",
		    v->signatures[0].keyid);
	return NULL;
}

/* The same family with a higher number after its last 'v'. */
static bool
is_newer(const char *type, const char *ours)
{
	const char *end = strrchr(ours, 'v');
	size_t n = (size_t)(end - ours) + 1;

	return strncmp(type, ours, n) == 0 &&
	    strtoul(type + n, NULL, 10) > strtoul(end + 1, NULL, 10);
}

static int
check_type(const json_t *statement, const char *field, const char *ours,
    struct err *e)
{
	const char *type;

	if ((type = fields_text(statement, field, 1, 256, e)) == NULL)
		return -1;
	if (strcmp(type, ours) == 0)
		return 0;
	if (is_newer(type, ours))
		return err_set(e, ERR_UNSUPPORTED, "it is a %s; this muster "
		    "knows %s: use a newer muster", type, ours);
	return err_set(e, ERR_DAMAGED, "it is a %s, not a %s", type, ours);
}

json_t *
statement_open(const void *p, size_t n, const struct statement_want *want,
    const struct charter_signer **signer, struct err *e)
{
	const struct charter_signer *by;
	json_t *statement = NULL;
	struct envelope v;

	if (envelope_parse(&v, p, n, PAYLOAD_TYPE, e) == -1 ||
	    (by = find_signer(&v, want, e)) == NULL)
		goto done;
	statement = fields_parse(v.payload.data, v.payload.len, &limits, e);
	if (statement == NULL)
		goto done;
	if (check_type(statement, "_type", STATEMENT_TYPE, e) == -1 ||
	    check_type(statement, "predicateType", want->type, e) == -1 ||
	    check_parts(statement, e) == -1) {
		json_decref(statement);
		statement = NULL;
		goto done;
	}
	if (signer != NULL)
		*signer = by;
done:
	envelope_drop(&v);
	return statement;
}
