/*
 * The index: see index.h, and decision 5 of src/README.md.  Invariants:
 *
 * 1. A chunk is named only under a pack that the database `packs` has; both
 *    come and go in one transaction.
 * 2. Who adds a pack has put it into the store before, or has read it there.
 * 3. Numbers of packs are never used again, so whatever remembers one from an
 *    earlier transaction finds that pack or nothing.
 *
 *	chunks	id -> pack u32, offset u64, sealed u32, opened u32, key u16,
 *		number u64, coding u8; one value for every copy
 *	packs	number u32, big-endian -> SHA-256, size u64, bad u8, key table
 *	names	SHA-256 -> number u32, big-endian
 *	meta	"store" -> store id; "version" -> u32; "next" -> u32
 *
 * Integers in values are little-endian unless said otherwise.
 */
#include <stdlib.h>
#include <string.h>

#include <lmdb.h>

#include "base/buf.h"
#include "base/err.h"
#include "pack/index_env.h"

#define PLACE_SIZE 31
#define PACK_HEAD_SIZE 41

_Static_assert(PLACE_SIZE == 4 + 8 + 4 + 4 + 2 + 8 + 1,
    "pack, offset, sealed, opened, key, number, coding");
_Static_assert(PACK_HEAD_SIZE == ID_SIZE + 8 + 1, "SHA-256, size, bad");

static MDB_val
val(const void *p, size_t n)
{
	return (MDB_val){ n, (void *)(uintptr_t)p };	/* LMDB only reads */
}

static uint8_t *
put(uint8_t *p, uint64_t v, int n)
{
	for (int i = 0; i < n; i++)
		*p++ = (uint8_t)(v >> 8 * i);
	return p;
}

static void
place_format(const struct pack_entry *v, uint32_t pack, uint8_t *p)
{
	p = put(p, pack, 4);
	p = put(p, v->offset, 8);
	p = put(p, v->sealed, 4);
	p = put(p, v->opened, 4);
	p = put(p, v->key, 2);
	p = put(p, v->number, 8);
	(void)put(p, v->coding, 1);
}

/* False when the value is none; the id is filled in by the caller. */
static bool
place_parse(const MDB_val *value, struct place *v)
{
	struct cut c;

	if (value->mv_size != PLACE_SIZE)
		return false;
	cut_init(&c, value->mv_data, value->mv_size);
	v->pack_number = cut_u32(&c);
	v->entry.offset = cut_u64(&c);
	v->entry.sealed = cut_u32(&c);
	v->entry.opened = cut_u32(&c);
	v->entry.key = cut_u16(&c);
	v->entry.number = cut_u64(&c);
	v->entry.coding = cut_u8(&c);
	return pack_entry_fits(&v->entry, PACK_SIZE_MAX);
}

/* What `packs` holds; key table borrowed from the transaction. */
static int
get_pack(struct index *ix, MDB_txn *txn, uint32_t number,
    struct index_pack *pack, MDB_val *keys)
{
	uint8_t n[4];
	MDB_val key = val(n, 4), value;
	struct cut c;
	int rc;

	index_put_number(n, number);
	if ((rc = mdb_get(txn, ix->packs, &key, &value)) != 0)
		return rc;
	if (value.mv_size < PACK_HEAD_SIZE)
		return MDB_CORRUPTED;
	cut_init(&c, value.mv_data, value.mv_size);
	memcpy(pack->sha256.b, cut_bytes(&c, ID_SIZE), ID_SIZE);
	pack->size = cut_u64(&c);
	pack->bad = cut_u8(&c) != 0;
	pack->number = number;
	if (keys != NULL)
		*keys = val(c.p, c.left);
	return 0;
}

struct addition {
	const struct id			*sha256;
	uint64_t			 size;
	const struct pack_directory	*directory;
};

/* The number for a pack: its old one when it was bad, else a new one. */
static int
number_of(struct index *ix, MDB_txn *txn, const struct id *sha256,
    uint32_t *number, bool *known)
{
	MDB_val key = val(sha256->b, ID_SIZE), value;
	struct index_pack old;
	uint8_t next[4];
	int rc;

	*known = false;
	if ((rc = mdb_get(txn, ix->names, &key, &value)) == 0) {
		if (value.mv_size != 4)
			return MDB_CORRUPTED;
		*number = index_get_number(value.mv_data);
		if ((rc = get_pack(ix, txn, *number, &old, NULL)) != 0)
			return rc == MDB_NOTFOUND ? MDB_CORRUPTED : rc;
		*known = !old.bad;
		return 0;
	}
	if (rc != MDB_NOTFOUND)
		return rc;
	key = val("next", 4);
	if ((rc = mdb_get(txn, ix->meta, &key, &value)) != 0)
		return rc;
	if (value.mv_size != 4)
		return MDB_CORRUPTED;
	*number = index_get_number(value.mv_data);
	index_put_number(next, *number + 1);
	value = val(next, 4);
	return mdb_put(txn, ix->meta, &key, &value, 0);
}

static int
put_pack(struct index *ix, MDB_txn *txn, uint32_t number,
    const struct addition *a)
{
	const struct pack_directory *d = a->directory;
	uint8_t n[4], *p;
	MDB_val key = val(n, 4), value;
	int rc;

	index_put_number(n, number);
	value = val(NULL, PACK_HEAD_SIZE + (d != NULL ? d->keys_len : 0));
	if ((rc = mdb_put(txn, ix->packs, &key, &value, MDB_RESERVE)) != 0)
		return rc;
	p = value.mv_data;
	memcpy(p, a->sha256->b, ID_SIZE);
	p = put(p + ID_SIZE, a->size, 8);
	p = put(p, d == NULL, 1);
	if (d != NULL)
		memcpy(p, d->keys, d->keys_len);
	key = val(a->sha256->b, ID_SIZE);
	value = val(n, 4);
	return mdb_put(txn, ix->names, &key, &value, 0);
}

static int
add(struct index *ix, MDB_txn *txn, void *what)
{
	const struct addition *a = what;
	const struct pack_directory *d = a->directory;
	uint8_t place[PLACE_SIZE];
	uint32_t number;
	bool known;
	int rc;

	if ((rc = number_of(ix, txn, a->sha256, &number, &known)) != 0)
		return rc;
	if (known)
		return 0;
	if ((rc = put_pack(ix, txn, number, a)) != 0)
		return rc;
	for (size_t i = 0; d != NULL && i < d->n; i++) {
		MDB_val key = val(d->v[i].id.b, ID_SIZE);
		MDB_val value = val(place, PLACE_SIZE);

		place_format(&d->v[i], number, place);
		rc = mdb_put(txn, ix->chunks, &key, &value, MDB_NODUPDATA);
		if (rc != 0 && rc != MDB_KEYEXIST)
			return rc;
	}
	return 0;
}

int
index_add(struct index *ix, const struct id *sha256, uint64_t size,
    const struct pack_directory *directory, struct err *e)
{
	struct addition a = { sha256, size, directory };
	int rc = index_change(ix, add, &a);

	return rc == 0 ? 0 : index_trouble(ix, rc, "write", e);
}

struct removal {
	const uint32_t	*numbers;
	size_t		 n;
};

static int
compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Every chunk whose pack is among the numbers: one pass over all chunks. */
static int
forget_chunks(struct index *ix, MDB_txn *txn, const struct removal *r)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	struct cut c;
	uint32_t number;
	int rc;

	if ((rc = mdb_cursor_open(txn, ix->chunks, &cursor)) != 0)
		return rc;
	while ((rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
		cut_init(&c, value.mv_data, value.mv_size);
		number = cut_u32(&c);
		if (bsearch(&number, r->numbers, r->n, sizeof(number),
		    compare_numbers) == NULL)
			continue;
		if ((rc = mdb_cursor_del(cursor, 0)) != 0)
			break;
	}
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int
forget(struct index *ix, MDB_txn *txn, void *what)
{
	const struct removal *r = what;
	struct index_pack pack;
	uint8_t n[4];
	MDB_val key;
	int rc;

	for (size_t i = 0; i < r->n; i++) {
		rc = get_pack(ix, txn, r->numbers[i], &pack, NULL);
		if (rc == MDB_NOTFOUND)	/* another process forgot it */
			continue;
		if (rc != 0)
			return rc;
		key = val(pack.sha256.b, ID_SIZE);
		if ((rc = mdb_del(txn, ix->names, &key, NULL)) != 0)
			return rc;
		index_put_number(n, pack.number);
		key = val(n, 4);
		if ((rc = mdb_del(txn, ix->packs, &key, NULL)) != 0)
			return rc;
	}
	return forget_chunks(ix, txn, r);
}

int
index_forget(struct index *ix, const uint32_t *numbers, size_t n,
    struct err *e)
{
	struct removal r = { numbers, n };
	int rc;

	if (n == 0)
		return 0;
	rc = index_change(ix, forget, &r);
	return rc == 0 ? 0 : index_trouble(ix, rc, "write", e);
}

int
index_packs(struct index *ix,
    int (*each)(void *cookie, const struct index_pack *, struct err *),
    void *cookie, struct err *e)
{
	MDB_txn *txn;
	MDB_cursor *cursor = NULL;
	MDB_val key, value;
	struct index_pack pack;
	int rc, answer = 0;

	if ((rc = index_begin(ix, MDB_RDONLY, &txn)) != 0)
		return index_trouble(ix, rc, "read", e);
	if ((rc = mdb_cursor_open(txn, ix->names, &cursor)) != 0)
		goto done;
	while ((rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
		if (value.mv_size != 4) {
			rc = MDB_CORRUPTED;
			break;
		}
		rc = get_pack(ix, txn, index_get_number(value.mv_data), &pack,
		    NULL);
		if (rc != 0) {
			rc = rc == MDB_NOTFOUND ? MDB_CORRUPTED : rc;
			break;
		}
		if ((answer = each(cookie, &pack, e)) != 0)
			break;
	}
done:
	if (cursor != NULL)
		mdb_cursor_close(cursor);
	index_end(ix, txn);
	if (rc != 0 && rc != MDB_NOTFOUND)
		return index_trouble(ix, rc, "read", e);
	return answer;
}

static int
find(struct index *ix, MDB_txn *txn, const struct id *id, uint32_t opened,
    struct place v[INDEX_PLACES_MAX], int *found)
{
	MDB_val key = val(id->b, ID_SIZE), value;
	MDB_cursor *cursor;
	struct index_pack pack;
	int rc;

	if ((rc = mdb_cursor_open(txn, ix->chunks, &cursor)) != 0)
		return rc;
	rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_KEY);
	for (; rc == 0 && *found < INDEX_PLACES_MAX;
	    rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT_DUP)) {
		if (!place_parse(&value, &v[*found])) {
			rc = MDB_CORRUPTED;
			break;
		}
		if (v[*found].entry.opened != opened)
			continue;
		rc = get_pack(ix, txn, v[*found].pack_number, &pack, NULL);
		if (rc != 0) {
			rc = rc == MDB_NOTFOUND ? MDB_CORRUPTED : rc;
			break;
		}
		v[*found].entry.id = *id;
		v[*found].pack = pack.sha256;
		(*found)++;
	}
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

int
index_find(struct index *ix, const struct id *id, uint32_t opened,
    struct place v[INDEX_PLACES_MAX], struct err *e)
{
	MDB_txn *txn;
	int rc, found = 0;

	if ((rc = index_begin(ix, MDB_RDONLY, &txn)) == 0) {
		rc = find(ix, txn, id, opened, v, &found);
		index_end(ix, txn);
	}
	return rc == 0 ? found : index_trouble(ix, rc, "read", e);
}

int
index_keys(struct index *ix, uint32_t number, struct buf *out, struct err *e)
{
	MDB_txn *txn;
	MDB_val keys;
	struct index_pack pack;
	int rc, answer = 0;

	if ((rc = index_begin(ix, MDB_RDONLY, &txn)) != 0)
		return index_trouble(ix, rc, "read", e);
	rc = get_pack(ix, txn, number, &pack, &keys);
	if (rc == 0)
		answer = buf_add(out, keys.mv_data, keys.mv_size, e);
	index_end(ix, txn);
	if (rc == MDB_NOTFOUND)
		return err_set(e, ERR_ABSENT, "the pack was forgotten by the"
		    " index");
	return rc == 0 ? answer : index_trouble(ix, rc, "read", e);
}
