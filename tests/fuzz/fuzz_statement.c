/*
 * Any bytes are an envelope, a charter or a statement, or are refused with
 * one line.  To get beyond the signature, the bytes are signed here: a host
 * whose key was stolen signs, too.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/charter_json.h"
#include "crypto/envelope.h"
#include "crypto/keys_internal.h"
#include "crypto/statement.h"
#include "drill/receipt.h"
#include "snapshot/snapshot.h"

#define PAYLOAD_TYPE "application/vnd.in-toto+json"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct charter trusted;
static struct signer *signer;
static struct charter charter;
static struct snapshot snapshot;

static void
refused(const struct err *e)
{
	if ((e->kind != ERR_DAMAGED && e->kind != ERR_UNSUPPORTED &&
	    e->kind != ERR_DENIED && e->kind != ERR_INPUT) ||
	    e->text[0] == '\0' || strchr(e->text, '\n') != NULL)
		abort();
}

static void
set_up(void)
{
	static const uint8_t seed[SECRET_SIZE] = { 1 };
	struct err e;

	if (signer != NULL)
		return;
	if (keys_init(&e) == -1 || (signer = signer_from(seed, &e)) == NULL)
		abort();
	strcpy(trusted.signers[0].name, "fuzz");
	signer_public(signer, trusted.signers[0].public);
	trusted.signers[0].roles = ROLE_ALL;
	trusted.n_signers = 1;
}

static void
try_envelope(const uint8_t *data, size_t size)
{
	uint8_t root[SIGNER_PUBLIC_SIZE];
	struct err e;

	err_clear(&e);
	if (charter_claimed_root(data, size, root, &e) == -1)
		refused(&e);
	else if (charter_open(&charter, data, size, root, &e) == -1)
		refused(&e);
}

static void
try_charter(const uint8_t *data, size_t size)
{
	uint8_t sealed[CHARTER_MAX_RECOVERY][CHARTER_SEALED];
	struct err e;

	err_clear(&e);
	if (charter_from_json(&charter, sealed, data, size, &e) == -1)
		refused(&e);
	else if (charter_check(&charter, &e) == -1)
		abort();		/* it was checked */
}

static void
try_statement(const struct buf *envelope, const char *type)
{
	const struct statement_want want = { type, &trusted, ROLE_SNAPSHOT };
	const struct charter_signer *by = NULL;
	struct receipt r = { .site = "" };
	json_t *s;
	struct err e;

	err_clear(&e);
	s = statement_open(envelope->data, envelope->len, &want, &by, &e);
	if (s == NULL) {
		refused(&e);
		return;
	}
	if (by != &trusted.signers[0])
		abort();
	if (snapshot_parse(&snapshot, s, &e) == -1)
		refused(&e);
	else if (snapshot.n_parts == 0 ||
	    snapshot.n_parts > SNAPSHOT_PARTS_MAX ||
	    snapshot.n_sealed > SNAPSHOT_SEALED_MAX)
		abort();
	if (receipt_parse(&r, s, &e) == -1)
		refused(&e);
	else if (r.passed && r.n_checks == 0)
		abort();
	receipt_drop(&r);
	json_decref(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf b;
	struct err e;

	set_up();
	try_envelope(data, size);
	try_charter(data, size);
	buf_init(&b, STATEMENT_MAX);
	err_clear(&e);
	if (envelope_sign(PAYLOAD_TYPE, data, size, signer, &b, &e) == -1)
		refused(&e);
	else {
		try_statement(&b, STATEMENT_SNAPSHOT);
		try_statement(&b, STATEMENT_RECEIPT);
		try_statement(&b, STATEMENT_VERDICT);
	}
	buf_drop(&b);
	return 0;
}
