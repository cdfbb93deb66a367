/*
 * One chunk out of the store.  The promise: what reaches the caller was
 * authenticated, has the length and the id that were asked for, or there is
 * an error that names the pack.  A chunk that is in several packs is damaged
 * only when all its copies are.
 */
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "crypto/keys.h"
#include "crypto/seal.h"
#include "pack/inside.h"
#include "pack/keyring.h"
#include "pack/pack.h"
#include "pack/zip.h"
#include "store/store.h"

/* Unseal and decompress. */
static int
unpack(struct bench *b, const struct opening *o, const struct data_key *key,
    struct err *e)
{
	const struct pack_entry *v = &o->at->entry;
	const struct seal_as as = { &v->id, v->number, v->opened, v->coding };
	size_t len = v->sealed - SEAL_TAG;
	uint8_t *p;

	if (v->coding == PACK_STORED)
		return data_key_open_chunk(key, &as, o->sealed, v->sealed,
		    o->out, e);
	buf_clear(&b->opened);
	if ((p = buf_room(&b->opened, len, e)) == NULL ||
	    data_key_open_chunk(key, &as, o->sealed, v->sealed, p, e) == -1)
		return -1;
	return zip_expand(b->zip, p, len, o->out, v->opened, e);
}

static int
name_place(const struct place *at, struct err *e)
{
	char name[PACK_NAME_SIZE];

	return err_add(e, "pack %s, chunk at %llu", pack_name(&at->pack, name),
	    (unsigned long long)at->entry.offset);
}

int
chunk_unpack(struct chunks *c, struct bench *b, const struct opening *o,
    const struct data_key *key, struct err *e)
{
	struct id id;

	if (unpack(b, o, key, e) == -1)
		return name_place(o->at, e);
	store_secret_chunk_id(c->with.secret, o->out, o->at->entry.opened,
	    &id);
	if (id_compare(&id, &o->at->entry.id) == 0)
		return 0;
	memset(o->out, 0, o->at->entry.opened);
	(void)err_set(e, ERR_DAMAGED, "its content has another id");
	return name_place(o->at, e);
}

int
chunk_open(struct chunks *c, struct bench *b, const struct opening *o,
    struct err *e)
{
	struct keyring_item *key;
	int rc;

	if ((key = keyring_take(c->keys, c->index, o->at, e)) == NULL)
		return name_place(o->at, e);
	rc = chunk_unpack(c, b, o, keyring_key(key), e);
	keyring_release(c->keys, key);
	return rc;
}

static void
count(struct chunks *c, int64_t begun, size_t bytes, uint64_t *sum,
    double *seconds)
{
	double took = (double)(clock_monotonic() - begun) / 1e9;

	(void)pthread_mutex_lock(&c->lock);
	*sum += bytes;
	*seconds += took;
	(void)pthread_mutex_unlock(&c->lock);
}

int
chunks_fetch(struct chunks *c, const char *name, uint64_t offset, size_t len,
    void *out, struct err *e)
{
	int64_t begun = clock_monotonic();
	int rc = store_get(c->with.store, name, offset, len, out, e);

	count(c, begun, rc == 0 ? len : 0, &c->stats.fetched_bytes,
	    &c->stats.fetch_seconds);
	if (rc == -1 && e->kind != ERR_ABSENT && e->kind != ERR_DAMAGED) {
		(void)pthread_mutex_lock(&c->lock);
		c->stats.fetch_troubles++;
		(void)pthread_mutex_unlock(&c->lock);
	}
	return rc;
}

void
chunks_count_opened(struct chunks *c, int64_t begun, size_t bytes)
{
	count(c, begun, bytes, &c->stats.opened_bytes,
	    &c->stats.open_seconds);
}

/* Fetch and open one copy. */
static int
get_copy(struct chunks *c, struct bench *b, const struct place *at, void *out,
    struct err *e)
{
	struct opening o = { at, NULL, out };
	char name[PACK_NAME_SIZE];
	int64_t begun;
	uint8_t *p;
	int rc;

	buf_clear(&b->sealed);
	if ((p = buf_room(&b->sealed, at->entry.sealed, e)) == NULL)
		return -1;
	if (chunks_fetch(c, pack_name(&at->pack, name), at->entry.offset,
	    at->entry.sealed, p, e) == -1)
		return name_place(at, e);
	o.sealed = p;
	begun = clock_monotonic();
	rc = chunk_open(c, b, &o, e);
	chunks_count_opened(c, begun, rc == 0 ? at->entry.opened : 0);
	return rc;
}

bool
chunk_may_retry(const struct err *e)
{
	return e->kind == ERR_DAMAGED || e->kind == ERR_ABSENT ||
	    e->kind == ERR_DENIED;
}

static int
check_readable(const struct chunks *c, const struct ref *ref, struct err *e)
{
	if (c->index == NULL)
		return err_set(e, ERR_ABSENT, "no store to read chunks from");
	if (c->with.recovery == NULL)
		return err_set(e, ERR_DENIED, "without a recovery key nothing"
		    " can be read");
	if (ref->len == 0 || ref->len > PACK_CHUNK_MAX)
		return err_set(e, ERR_DAMAGED, "a chunk of %u bytes cannot"
		    " be", ref->len);
	return 0;
}

int
chunk_get(struct chunks *c, struct bench *b, const struct ref *ref, void *out,
    struct err *e)
{
	struct place v[INDEX_PLACES_MAX];
	struct err again;
	char text[ID_TEXT_SIZE];
	int n;

	if (check_readable(c, ref, e) == -1)
		return -1;
	if ((n = index_find(c->index, &ref->id, ref->len, v, e)) == -1)
		return -1;
	if (n == 0)
		return err_set(e, ERR_ABSENT, "no pack of %s has chunk "
		    "%.16s, %zu packs there cannot be read (muster-verify "
		    "names what is missing or damaged)",
		    store_url(c->with.store), id_format(&ref->id, text),
		    c->bad);
	if (get_copy(c, b, &v[0], out, e) == 0)
		return 0;
	for (int i = 1; i < n && chunk_may_retry(e); i++) {
		err_clear(&again);
		if (get_copy(c, b, &v[i], out, &again) == 0) {
			err_clear(e);
			return 0;
		}
		if (!chunk_may_retry(&again))
			*e = again;
	}
	return -1;
}

int
chunks_get(struct chunks *c, const struct ref *ref, void *out, struct err *e)
{
	struct bench *b;
	int rc;

	if ((b = benches_take(&c->benches, e)) == NULL)
		return -1;
	rc = chunk_get(c, b, ref, out, e);
	benches_give(&c->benches, b);
	return rc;
}

int
chunks_keep(struct chunks *c, const struct ref *ref, struct err *e)
{
	struct place v[INDEX_PLACES_MAX];
	int n;

	if (c->index == NULL)
		return 0;
	if ((n = index_find(c->index, &ref->id, ref->len, v, e)) <= 0)
		return n;
	if (used_add(&c->used, &v[0].pack, e) == -1)
		return -1;
	(void)pthread_mutex_lock(&c->lock);
	c->stats.chunks++;
	c->stats.bytes += ref->len;
	(void)pthread_mutex_unlock(&c->lock);
	if (c->with.progress != NULL)
		c->with.progress(c->with.cookie, ref->len, 0);
	return 1;
}

bool
chunks_have(struct chunks *c, const struct ref *ref)
{
	struct place v[INDEX_PLACES_MAX];
	struct err ignored;

	/* An index that cannot be read knows nothing: it is put again. */
	return c->index != NULL &&
	    index_find(c->index, &ref->id, ref->len, v, &ignored) > 0;
}
