/*
 * Charters: see charter.h.  This file founds them and opens what is in them;
 * charter_json.c knows the JSON.
 *
 * Nothing of a charter is believed before the signature of the root that the
 * reader's own key file names was found right.
 */
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/num.h"
#include "crypto/charter.h"
#include "crypto/charter_json.h"
#include "crypto/envelope.h"
#include "crypto/guard.h"
#include "crypto/keys_internal.h"
#include "crypto/statement.h"

/* 4-16-128 K, 32-128-512 K, 256 K-1-4 M; packs of 32 M. */
static const uint32_t sizes[CHARTER_KINDS][3] = {
	{ 4u << 10, 16u << 10, 128u << 10 },
	{ 32u << 10, 128u << 10, 512u << 10 },
	{ 256u << 10, 1u << 20, 4u << 20 },
};
#define PACK_SIZE (32u << 20)

int
charter_recovery_parse(const char *line, struct charter_recovery *r,
    struct err *e)
{
	const size_t head = sizeof(RECOVERY_LINE) - 1;
	const size_t half = BASE64_SIZE(32) - 1;

	if (strlen(line) != head + half + 1 + half ||
	    strncmp(line, RECOVERY_LINE, head) != 0 ||
	    line[head + half] != ' ' ||
	    base64_parse(line + head, half, r->box_public, 32) == -1 ||
	    base64_parse(line + head + half + 1, half, r->sign_public,
	    32) == -1)
		return err_set(e, ERR_INPUT, "\"%.160s\" is not the public "
		    "line of a recovery key (" RECOVERY_LINE "...)", line);
	keyid_of(r->box_public, r->name);
	return 0;
}

static int
add_recovery(struct charter *c, const char *line, struct err *e)
{
	struct charter_recovery r;
	size_t i;

	if (c->n_recovery == CHARTER_MAX_RECOVERY)
		return err_set(e, ERR_INPUT, "more than %d recovery keys",
		    CHARTER_MAX_RECOVERY);
	if (charter_recovery_parse(line, &r, e) == -1)
		return -1;
	for (i = 0; i < c->n_recovery; i++)
		if (strcmp(c->recovery[i].name, r.name) == 0)
			return err_set(e, ERR_INPUT, "recovery key %s is "
			    "given twice", r.name);
	c->recovery[c->n_recovery++] = r;
	return 0;
}

static int
fill(struct charter *c, const struct charter_founding *f, struct err *e)
{
	uint8_t store[STORE_ID_BYTES];
	struct buf line;
	size_t i;
	int rc;

	memset(c, 0, sizeof(*c));
	store_secret_id(f->secret, store);
	(void)num_hex(store, sizeof(store), c->store);
	c->created = clock_utc() / 1000000000 * 1000000000;
	for (i = 0; i < CHARTER_KINDS; i++) {
		c->chunk_min[i] = sizes[i][0];
		c->chunk_mean[i] = sizes[i][1];
		c->chunk_max[i] = sizes[i][2];
	}
	c->pack_size = PACK_SIZE;
	c->signers[0] = *f->signer;
	c->n_signers = 1;

	buf_init(&line, 256);
	rc = recovery_key_public_text(f->root, &line, e);
	if (rc == 0)
		rc = buf_text(&line, e) == NULL ? -1 :
		    add_recovery(c, (const char *)line.data, e);
	buf_drop(&line);
	for (i = 0; rc == 0 && f->others != NULL && f->others[i] != NULL; i++)
		rc = add_recovery(c, f->others[i], e);
	return rc;
}

/* The store secret sealed to each recovery key, in their order. */
static int
seal_all(const struct charter *c, const struct store_secret *secret,
    uint8_t sealed[CHARTER_MAX_RECOVERY][CHARTER_SEALED], struct err *e)
{
	size_t i;

	for (i = 0; i < c->n_recovery; i++)
		if (crypto_box_seal(sealed[i], store_secret_bytes(secret),
		    SECRET_SIZE, c->recovery[i].box_public) != 0)
			return err_set(e, ERR_INPUT, "recovery key %s has no "
			    "usable public key", c->recovery[i].name);
	return 0;
}

int
charter_found(struct charter *c, const struct charter_founding *f,
    struct buf *out, struct err *e)
{
	uint8_t sealed[CHARTER_MAX_RECOVERY][CHARTER_SEALED];
	size_t before = out->len;
	json_t *json = NULL;
	char *text = NULL;
	int rc = -1;

	if (fill(c, f, e) == -1 || charter_check(c, e) == -1 ||
	    seal_all(c, f->secret, sealed, e) == -1)
		goto done;
	if ((json = charter_to_json(c, sealed)) == NULL ||
	    (text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS)) == NULL) {
		(void)err_memory(e);
		goto done;
	}
	if (envelope_sign(CHARTER_TYPE, text, strlen(text),
	    recovery_key_signer(f->root), out, e) == -1)
		goto done;
	id_sha256(out->data + before, out->len - before, &c->digest);
	rc = 0;
done:
	if (rc == -1) {
		if (e->kind == ERR_DAMAGED)
			e->kind = ERR_INPUT;	/* it was made here */
		(void)err_add(e, "cannot make a charter");
	}
	json_decref(json);
	free(text);
	return rc;
}

/* Check the signature, read the payload; both halves of opening one. */
static int
read_signed(struct charter *c,
    uint8_t sealed[CHARTER_MAX_RECOVERY][CHARTER_SEALED],
    const struct charter_bytes *bytes, struct err *e)
{
	struct buf payload;
	int rc = -1;

	buf_init(&payload, STATEMENT_MAX);
	if (envelope_open(bytes->p, bytes->n, CHARTER_TYPE, bytes->root,
	    &payload, e) == -1 ||
	    charter_from_json(c, sealed, payload.data, payload.len, e) == -1)
		goto done;
	id_sha256(bytes->p, bytes->n, &c->digest);
	rc = 0;
done:
	if (rc == -1) {
		memset(c, 0, sizeof(*c));
		(void)err_add(e, "cannot use charter");
	}
	buf_drop(&payload);
	return rc;
}

int
charter_open(struct charter *c, const void *p, size_t n,
    const uint8_t root[SIGNER_PUBLIC_SIZE], struct err *e)
{
	uint8_t sealed[CHARTER_MAX_RECOVERY][CHARTER_SEALED];
	struct charter_bytes bytes = { p, n, root };

	return read_signed(c, sealed, &bytes, e);
}

int
charter_claimed_root(const void *p, size_t n,
    uint8_t root[SIGNER_PUBLIC_SIZE], struct err *e)
{
	uint8_t sealed[CHARTER_MAX_RECOVERY][CHARTER_SEALED];
	struct envelope envelope;
	struct charter *c;
	size_t i;
	int rc = -1;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return err_memory(e);
	if (envelope_parse(&envelope, p, n, CHARTER_TYPE, e) == -1 ||
	    charter_from_json(c, sealed, envelope.payload.data,
	    envelope.payload.len, e) == -1)
		goto done;
	for (i = 0; rc == -1 && i < c->n_recovery; i++)
		if (envelope_verify(&envelope, c->recovery[i].sign_public) ==
		    ENVELOPE_SIGNED) {
			memcpy(root, c->recovery[i].sign_public,
			    SIGNER_PUBLIC_SIZE);
			rc = 0;
		}
	if (rc == -1)
		(void)err_set(e, ERR_DAMAGED,
		    "none of the charter's recovery keys signed it");
done:
	envelope_drop(&envelope);
	free(c);
	return rc;
}

bool
charter_fits(const struct charter *c, const struct store_secret *secret)
{
	uint8_t store[STORE_ID_BYTES];
	char hex[CHARTER_ID_SIZE];

	store_secret_id(secret, store);
	return strcmp(num_hex(store, sizeof(store), hex), c->store) == 0;
}

/* The entry that is this key's, or n_recovery. */
static size_t
entry_of(const struct charter *c, const struct recovery_key *r)
{
	size_t i;

	for (i = 0; i < c->n_recovery; i++)
		if (memcmp(c->recovery[i].box_public,
		    recovery_key_box_public(r), 32) == 0)
			break;
	return i;
}

static struct store_secret *
unseal(const struct charter *c, const struct recovery_key *r,
    const uint8_t sealed[CHARTER_SEALED], struct err *e)
{
	struct store_secret *secret = NULL;
	uint8_t *bytes;

	if ((bytes = guard_new(SECRET_SIZE, e)) == NULL)
		return NULL;
	if (recovery_key_unseal(r, sealed, CHARTER_SEALED, bytes) == -1)
		(void)err_set(e, ERR_DAMAGED, "the charter's sealed secret "
		    "does not open");
	else
		secret = store_secret_from(bytes, e);
	guard_free(bytes);
	if (secret != NULL && !charter_fits(c, secret)) {
		(void)err_set(e, ERR_DAMAGED, "the charter's sealed secret is "
		    "another store's");
		store_secret_free(secret);
		secret = NULL;
	}
	return secret;
}

struct store_secret *
charter_secret(const void *p, size_t n, const struct recovery_key *r,
    struct err *e)
{
	uint8_t sealed[CHARTER_MAX_RECOVERY][CHARTER_SEALED];
	uint8_t root[SIGNER_PUBLIC_SIZE];
	struct charter_bytes bytes = { p, n, root };
	char name[RECOVERY_NAME_SIZE];
	struct charter *c;
	struct store_secret *secret = NULL;
	size_t i;

	if ((c = calloc(1, sizeof(*c))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	recovery_key_root(r, root);
	if (read_signed(c, sealed, &bytes, e) == -1)
		goto done;
	if ((i = entry_of(c, r)) == c->n_recovery) {
		recovery_key_name(r, name);
		(void)err_set(e, ERR_DENIED, "recovery key %s is none of the "
		    "charter's", name);
		goto done;
	}
	secret = unseal(c, r, sealed[i], e);
done:
	free(c);
	return secret;
}
