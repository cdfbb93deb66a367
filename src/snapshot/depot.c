/*
 * Opens a store with the keys at hand.  The promise: nothing of a store is
 * believed before its charter was found to be signed by the root that our key
 * names; with no key at all, the charter is taken at its own word and
 * `authentic` stays false, so that whoever decides can say so.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/scratch.h"
#include "pack/chunks.h"
#include "snapshot/depot.h"
#include "store/store.h"

#define FOLDER "charters/"
#define CHARTER_MAX (1u << 20)
#define CHARTERS_MAX 1024

struct search {
	struct depot	*d;
	struct buf	 envelope;	/* of the best so far */
	size_t		 seen;
};

int
depot_open_charter(const struct depot *d, struct charter *c,
    const char *name, const struct buf *b, struct err *e)
{
	uint8_t root[SIGNER_PUBLIC_SIZE];
	char hex[ID_TEXT_SIZE];
	struct id digest;

	id_sha256(b->data, b->len, &digest);
	if (strcmp(name + strlen(FOLDER), id_format(&digest, hex)) != 0)
		return err_set(e, ERR_DAMAGED,
		    "its bytes do not have the SHA-256 in its name");
	if (d->writer != NULL)
		writer_key_root(d->writer, root);
	else if (d->recovery != NULL)
		recovery_key_root(d->recovery, root);
	else if (charter_claimed_root(b->data, b->len, root, e) == -1)
		return -1;
	return charter_open(c, b->data, b->len, root, e);
}

/* The newest that our root signed wins. */
static void
keep_newest(struct search *s, struct charter *c, struct buf *b)
{
	if (s->envelope.len > 0 && c->created <= s->d->charter.created)
		return;
	s->d->charter = *c;
	buf_drop(&s->envelope);
	s->envelope = *b;
	buf_init(b, 0);		/* the search has it now */
}

static int
consider(void *cookie, const struct store_info *info, struct err *e)
{
	struct search *s = cookie;
	struct err *why = &s->d->refusal;
	struct charter c;
	struct buf b;
	int rc = -1;

	buf_init(&b, CHARTER_MAX);
	if (++s->seen > CHARTERS_MAX) {
		(void)err_set(e, ERR_DAMAGED, "more than %d charters",
		    CHARTERS_MAX);
		goto done;
	}
	if (info->size > CHARTER_MAX)
		(void)err_set(why, ERR_DAMAGED,
		    "%llu bytes: too large for a charter",
		    (unsigned long long)info->size);
	else if (store_get_all(s->d->store, info->name, &b, e) == -1)
		goto done;
	else if (depot_open_charter(s->d, &c, info->name, &b, why) == 0) {
		keep_newest(s, &c, &b);
		rc = 0;
		goto done;
	}
	s->d->refused++;
	(void)err_add(why, "%s", info->name);
	if (s->d->authentic && why->kind == ERR_UNSUPPORTED) {
		*e = *why;		/* signed, and may change anything */
		goto done;
	}
	rc = 0;
done:
	buf_drop(&b);
	return rc;
}

static int
holds_something(void *cookie, const struct store_info *info, struct err *e)
{
	(void)cookie;
	(void)info;
	(void)e;
	return 1;
}

/* A store whose charter was taken away is not a folder that never was one. */
static int
explain_absence(struct depot *d, struct err *e)
{
	static const char *const others[] = {
		"packs/", "inventories/", "snapshots/", "receipts/", "verdicts/"
	};
	size_t i;
	int rc;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		rc = store_list(d->store, others[i], holds_something, NULL, e);
		if (rc == -1)
			return -1;
		if (rc == 1)
			return err_set(e, ERR_DAMAGED, "%s has lost its "
			    "charter: " FOLDER " is empty, %s is not",
			    store_url(d->store), others[i]);
	}
	return err_set(e, ERR_ABSENT, "%s is not a muster store: it has no "
	    "charter (muster-init makes a new one, muster-ship --init a "
	    "copy of another store)", store_url(d->store));
}

static int
find_charter(struct depot *d, struct search *s, struct err *e)
{
	d->authentic = d->writer != NULL || d->recovery != NULL;
	if (store_list(d->store, FOLDER, consider, s, e) != 0)
		return err_add(e, "cannot read the charter of %s",
		    store_url(d->store));
	if (s->envelope.len > 0)
		return 0;
	if (d->refused > 0) {
		*e = d->refusal;
		return err_add(e, "%s has no charter that %s",
		    store_url(d->store), d->authentic ? "our key trusts" :
		    "can be believed");
	}
	return explain_absence(d, e);
}

static int
load_keys(struct depot *d, const struct depot_options *o, struct err *e)
{
	bool reads = o->use == DEPOT_READ || o->use == DEPOT_DRILL;
	bool signs = o->use == DEPOT_WRITE || o->use == DEPOT_DRILL ||
	    o->use == DEPOT_SIGN;

	if (signs && o->writer_key == NULL)
		return err_set(e, ERR_DENIED, "this needs a writer key "
		    "(policy: keys.writer)");
	if (reads && o->recovery_key == NULL)
		return err_set(e, ERR_DENIED, "this reads what is sealed and "
		    "needs a recovery key (--recovery-key, or policy: "
		    "keys.recovery); the writer key cannot open anything");
	if (o->writer_key != NULL && o->use != DEPOT_READ &&
	    (d->writer = writer_key_load(o->writer_key, e)) == NULL)
		return -1;
	if (o->recovery_key != NULL && (reads || d->writer == NULL) &&
	    (d->recovery = recovery_key_load(o->recovery_key, &o->pass,
	    e)) == NULL)
		return -1;
	return 0;
}

static int
open_chunks(struct depot *d, const struct depot_options *o, struct err *e)
{
	struct chunks_options co = {
		.store = d->store, .charter = &d->charter,
		.secret = d->secret, .recovery = d->recovery,
		.index = o->index, .writable = o->use == DEPOT_WRITE,
		.progress = d->progress,
	};

	if (co.index == NULL) {
		if ((d->scratch = scratch_new(o->scratch != NULL ? o->scratch :
		    "/var/tmp", e)) == NULL)
			return -1;
		co.index = scratch_path(d->scratch);
	} else if ((d->lasting = strdup(co.index)) == NULL)
		return err_memory(e);
	return (d->chunks = chunks_open(&co, e)) == NULL ? -1 : 0;
}

int
depot_open(struct depot *d, const struct depot_options *o, struct err *e)
{
	struct search s = { .d = d, .seen = 0 };
	bool named = false;		/* the error says which store */
	int rc = -1;

	memset(d, 0, sizeof(*d));
	d->progress = o->progress;
	buf_init(&s.envelope, CHARTER_MAX);
	if (load_keys(d, o, e) == -1)
		goto done;
	if ((d->store = store_open_with(o->url, &o->bucket, e)) == NULL) {
		named = true;
		goto done;
	}
	if (find_charter(d, &s, e) == -1)
		goto done;
	if (d->writer != NULL)
		d->secret = writer_key_secret(d->writer);
	else if (d->recovery != NULL) {
		if ((d->own_secret = charter_secret(s.envelope.data,
		    s.envelope.len, d->recovery, e)) == NULL)
			goto done;
		d->secret = d->own_secret;
	}
	if (o->use > DEPOT_SIGN && open_chunks(d, o, e) == -1)
		goto done;
	rc = 0;
done:
	if (rc == -1 && !named)
		(void)err_add(e, "cannot open store %s", o->url);
	if (rc == -1)
		depot_close(d);
	buf_drop(&s.envelope);
	return rc;
}

void
depot_close(struct depot *d)
{
	if (d->chunks != NULL)
		chunks_close(d->chunks);
	scratch_free(d->scratch);
	free(d->memory);
	free(d->lasting);
	store_secret_free(d->own_secret);
	writer_key_free(d->writer);
	recovery_key_free(d->recovery);
	if (d->store != NULL)
		store_close(d->store);
	memset(d, 0, sizeof(*d));
}

const struct signer *
depot_signer(const struct depot *d)
{
	return d->writer != NULL ? writer_key_signer(d->writer) : NULL;
}

struct chunks *
depot_dry(const struct depot *d, struct err *e)
{
	struct chunks_options co = {
		.charter = &d->charter, .secret = d->secret,
		.writable = true, .progress = d->progress,
	};

	return chunks_open(&co, e);
}
