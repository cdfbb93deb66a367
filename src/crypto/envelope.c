/*
 * DSSE envelopes (secure-systems-lab/dsse, v1.0.2): signed bytes of a type.
 *
 * DSSE leaves readers much freedom; this one uses none of it, so that every
 * accepted byte was put there by the signer: exactly the fields that
 * envelope_sign() writes, canonical base64, and for keyid (which DSSE does
 * not authenticate) exactly the id of the key that signed.
 */
#include <jansson.h>
#include <sodium.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/envelope.h"
#include "crypto/fields.h"
#include "crypto/guard.h"
#include "crypto/statement.h"

#define TYPE_MAX 128
#define FRAME_MAX 4096			/* of an envelope besides its payload */

static const struct fields_limits limits = {
	3, 16 + 3 * ENVELOPE_MAX_SIGNATURES
};

int
envelope_pae(const char *type, const void *p, size_t n, struct buf *out,
    struct err *e)
{
	if (buf_addf(out, e, "DSSEv1 %zu %s %zu ", strlen(type), type,
	    n) == -1)
		return -1;
	return buf_add(out, p, n, e);
}

static int
add_base64(struct buf *out, const void *p, size_t n, struct err *e)
{
	uint8_t *room;

	if ((room = buf_room(out, BASE64_SIZE(n), e)) == NULL)
		return -1;
	(void)base64_format(p, n, (char *)room);
	out->len += BASE64_SIZE(n) - 1;
	return 0;
}

int
envelope_sign(const char *type, const void *p, size_t n,
    const struct signer *signer, struct buf *out, struct err *e)
{
	uint8_t public[SIGNER_PUBLIC_SIZE], sig[SIGNATURE_SIZE];
	size_t before = out->len;
	char keyid[KEYID_SIZE];
	struct buf pae;
	int rc = -1;

	buf_init(&pae, STATEMENT_MAX);
	if (n > (STATEMENT_MAX - FRAME_MAX) / 4 * 3) {
		(void)err_set(e, ERR_INPUT, "%zu bytes are too many for one "
		    "signed document", n);
		goto done;
	}
	if (envelope_pae(type, p, n, &pae, e) == -1)
		goto done;
	signer_sign(signer, pae.data, pae.len, sig);
	signer_public(signer, public);
	keyid_of(public, keyid);
	if (buf_add_text(out, "{\"payload\":\"", e) == -1 ||
	    add_base64(out, p, n, e) == -1 ||
	    buf_addf(out, e, "\",\"payloadType\":\"%s\",\"signatures\":"
	    "[{\"keyid\":\"%s\",\"sig\":\"", type, keyid) == -1 ||
	    add_base64(out, sig, sizeof(sig), e) == -1 ||
	    buf_add_text(out, "\"}]}", e) == -1)
		goto done;
	rc = 0;
done:
	if (rc == -1)
		out->len = before;
	buf_drop(&pae);
	return rc;
}

/* The payload, decoded right into its buffer. */
static int
read_payload(struct envelope *v, const json_t *json, struct err *e)
{
	const json_t *field = json_object_get(json, "payload");
	const char *text = json_string_value(field);
	size_t len = json_string_length(field), n;
	uint8_t *room;

	if (!json_is_string(field) || len == 0 || len % 4 != 0)
		return err_set(e, ERR_DAMAGED, "\"payload\" is not base64");
	n = len / 4 * 3;
	n -= (size_t)(text[len - 1] == '=') + (size_t)(text[len - 2] == '=');
	if ((room = buf_room(&v->payload, n, e)) == NULL)
		return -1;
	if (base64_parse(text, len, room, n) == -1)
		return err_set(e, ERR_DAMAGED, "\"payload\" is not base64");
	v->payload.len = n;
	return 0;
}

static int
read_signatures(struct envelope *v, const json_t *json, struct err *e)
{
	const char *keyid;
	json_t *list, *one;
	size_t i;

	list = fields_array(json, "signatures", 1, ENVELOPE_MAX_SIGNATURES, e);
	if (list == NULL)
		return -1;
	json_array_foreach(list, i, one) {
		if (fields_count(one, 2, e) == -1 ||
		    (keyid = fields_text(one, "keyid", KEYID_SIZE - 1,
		    KEYID_SIZE - 1, e)) == NULL ||
		    fields_base64(one, "sig", v->signatures[i].sig,
		    SIGNATURE_SIZE, e) == -1)
			return -1;
		if (strspn(keyid, "0123456789abcdef") != KEYID_SIZE - 1)
			return err_set(e, ERR_DAMAGED, "\"keyid\" is not of "
			    "hexadecimal digits");
		memcpy(v->signatures[i].keyid, keyid, KEYID_SIZE);
		v->n++;
	}
	return 0;
}

int
envelope_parse(struct envelope *v, const void *p, size_t n, const char *type,
    struct err *e)
{
	json_t *json = NULL;
	const char *text;
	int rc = -1;

	v->n = 0;
	buf_init(&v->payload, STATEMENT_MAX);
	buf_init(&v->signed_bytes, STATEMENT_MAX);
	if (n > STATEMENT_MAX) {
		(void)err_set(e, ERR_DAMAGED, "larger than %u bytes",
		    STATEMENT_MAX);
		goto done;
	}
	if ((json = fields_parse(p, n, &limits, e)) == NULL ||
	    fields_count(json, 3, e) == -1 ||
	    (text = fields_text(json, "payloadType", 1, TYPE_MAX, e)) == NULL)
		goto done;
	if (strcmp(text, type) != 0) {
		(void)err_set(e, ERR_DAMAGED, "its payload is %s, not %s",
		    text, type);
		goto done;
	}
	if (read_payload(v, json, e) == -1 ||
	    read_signatures(v, json, e) == -1)
		goto done;
	rc = envelope_pae(type, v->payload.data, v->payload.len,
	    &v->signed_bytes, e);
done:
	if (rc == -1)
		(void)err_add(e, "not a signed document");
	json_decref(json);
	return rc;
}

void
envelope_drop(struct envelope *v)
{
	buf_drop(&v->payload);
	buf_drop(&v->signed_bytes);
}

enum envelope_verdict
envelope_verify(const struct envelope *v,
    const uint8_t public[SIGNER_PUBLIC_SIZE])
{
	enum envelope_verdict verdict = ENVELOPE_STRANGER;
	char keyid[KEYID_SIZE];
	size_t i;

	keyid_of(public, keyid);
	for (i = 0; i < v->n; i++) {
		if (strcmp(v->signatures[i].keyid, keyid) != 0)
			continue;
		if (signature_fits(v->signatures[i].sig, v->signed_bytes.data,
		    v->signed_bytes.len, public))
			return ENVELOPE_SIGNED;
		verdict = ENVELOPE_WRONG;
	}
	return verdict;
}

int
envelope_open(const void *p, size_t n, const char *type,
    const uint8_t public[SIGNER_PUBLIC_SIZE], struct buf *out, struct err *e)
{
	struct envelope v;
	int rc = -1;

	if (envelope_parse(&v, p, n, type, e) == -1)
		goto done;
	switch (envelope_verify(&v, public)) {
	case ENVELOPE_SIGNED:
		rc = buf_add(out, v.payload.data, v.payload.len, e);
		break;
	case ENVELOPE_WRONG:
		(void)err_set(e, ERR_DAMAGED, "its signature by %s does not "
		    "fit: it was changed", v.signatures[0].keyid);
		break;
	case ENVELOPE_STRANGER:
		(void)err_set(e, ERR_DENIED, "signed by a stranger (keyid %s)",
		    v.signatures[0].keyid);
		break;
	}
done:
	envelope_drop(&v);
	return rc;
}
