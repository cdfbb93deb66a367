/*
 * The bytes of a pack: see pack.h and muster-format(5).  Parsing trusts
 * nothing: a directory that is accepted has only entries that lie in the
 * body, name a data key that exists, and can be opened within the limits.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "pack/pack.h"

static const char head_magic[8] = { 'M', 'U', 'S', 'T', 'E', 'R', 'P', 'K' };
static const char end_magic[8] = { 'M', 'U', 'S', 'T', 'E', 'R', 'P', 'E' };

_Static_assert(PACK_HEADER_SIZE == 8 + 4 + 4, "magic, version, flags");
_Static_assert(PACK_TRAILER_SIZE == 32 + 8 + 8 + 4 + 4 + 8,
    "digest, offset, length, version, zero, magic");
_Static_assert(PACK_ENTRY_SIZE == 32 + 8 + 4 + 4 + 2 + 8 + 1,
    "id, offset, sealed, opened, key, number, coding");

char *
pack_name(const struct id *id, char name[PACK_NAME_SIZE])
{
	char text[ID_TEXT_SIZE];

	(void)id_format(id, text);
	memcpy(name, "packs/", 6);
	memcpy(name + 6, text, 2);
	name[8] = '/';
	memcpy(name + 9, text, ID_TEXT_SIZE);
	return name;
}

int
pack_name_parse(const char *name, struct id *id)
{
	char right[PACK_NAME_SIZE];

	if (strlen(name) != PACK_NAME_SIZE - 1 || id_parse(name + 9, id) == -1)
		return -1;
	return strcmp(name, pack_name(id, right)) == 0 ? 0 : -1;
}

static void
put_u32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

void
pack_header(uint8_t h[PACK_HEADER_SIZE])
{
	memcpy(h, head_magic, sizeof(head_magic));
	put_u32(h + 8, PACK_VERSION);
	put_u32(h + 12, 0);
}

static int
check_version(uint32_t version, struct err *e)
{
	if (version > PACK_VERSION)
		return err_set(e, ERR_UNSUPPORTED, "a pack of version %u:"
		    " this muster reads up to version %d", version,
		    PACK_VERSION);
	if (version != PACK_VERSION)
		return err_set(e, ERR_DAMAGED, "a pack of version %u: there"
		    " is none", version);
	return 0;
}

int
pack_header_check(const uint8_t h[PACK_HEADER_SIZE], struct err *e)
{
	struct cut c;

	if (memcmp(h, head_magic, sizeof(head_magic)) != 0)
		return err_set(e, ERR_DAMAGED, "does not begin as a pack");
	cut_init(&c, h + 8, 8);
	if (check_version(cut_u32(&c), e) == -1)
		return -1;
	if (cut_u32(&c) != 0)
		return err_set(e, ERR_DAMAGED, "unknown flags in the header");
	return 0;
}

int
pack_keys_build(const struct pack_slot *v, size_t n, struct buf *out,
    struct err *e)
{
	if (buf_add_u16(out, 1, e) == -1 ||
	    buf_add_u16(out, (uint16_t)n, e) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (buf_add(out, v[i].recipient, 8, e) == -1 ||
		    buf_add(out, v[i].box, SEAL_SLOT_SIZE, e) == -1)
			return -1;
	return 0;
}

/*
 * Walk over a key table; the slots of one key go to v.  How many keys there
 * are, or 0 when the table is not one.
 */
static uint16_t
walk_keys(struct cut *c, uint16_t key, struct pack_slot *v, size_t *found)
{
	uint16_t keys = cut_u16(c);
	uint16_t slots;
	const uint8_t *p;

	if (keys == 0 || keys > PACK_KEYS_MAX)
		return 0;
	for (uint16_t i = 0; i < keys; i++) {
		slots = cut_u16(c);
		if (slots == 0 || slots > PACK_SLOTS_MAX)
			return 0;
		p = cut_bytes(c, (size_t)slots * PACK_SLOT_SIZE);
		if (p == NULL)
			return 0;
		if (i != key || v == NULL)
			continue;
		for (*found = 0; *found < slots; p += PACK_SLOT_SIZE) {
			memcpy(v[*found].recipient, p, 8);
			memcpy(v[*found].box, p + 8, SEAL_SLOT_SIZE);
			(*found)++;
		}
	}
	return keys;
}

int
pack_keys_find(const void *table, size_t len, uint16_t key,
    struct pack_slot *v, size_t *n, struct err *e)
{
	struct cut c;

	*n = 0;
	cut_init(&c, table, len);
	if (key >= walk_keys(&c, key, v, n))
		return err_set(e, ERR_DAMAGED, "no data key %u in the pack",
		    key);
	return 0;
}

static int
entry_build(const struct pack_entry *v, struct buf *out, struct err *e)
{
	if (buf_add(out, v->id.b, ID_SIZE, e) == -1 ||
	    buf_add_u64(out, v->offset, e) == -1 ||
	    buf_add_u32(out, v->sealed, e) == -1 ||
	    buf_add_u32(out, v->opened, e) == -1 ||
	    buf_add_u16(out, v->key, e) == -1 ||
	    buf_add_u64(out, v->number, e) == -1)
		return -1;
	return buf_add_byte(out, v->coding, e);
}

int
pack_end_build(uint64_t end, const struct pack_directory *d, struct buf *out,
    struct err *e)
{
	struct id digest;
	uint64_t len;

	buf_clear(out);
	if (buf_add(out, d->keys, d->keys_len, e) == -1 ||
	    buf_add_u32(out, (uint32_t)d->n, e) == -1)
		return -1;
	for (size_t i = 0; i < d->n; i++)
		if (entry_build(&d->v[i], out, e) == -1)
			return -1;
	len = out->len;
	id_sha256(out->data, out->len, &digest);
	if (buf_add(out, digest.b, ID_SIZE, e) == -1 ||
	    buf_add_u64(out, end, e) == -1 || buf_add_u64(out, len, e) == -1 ||
	    buf_add_u32(out, PACK_VERSION, e) == -1 ||
	    buf_add_u32(out, 0, e) == -1)
		return -1;
	return buf_add(out, end_magic, sizeof(end_magic), e);
}

int
pack_trailer_parse(const uint8_t p[PACK_TRAILER_SIZE], uint64_t size,
    struct pack_trailer *t, struct err *e)
{
	struct cut c;
	uint32_t version;

	if (memcmp(p + 56, end_magic, sizeof(end_magic)) != 0)
		return err_set(e, ERR_DAMAGED, "does not end as a pack");
	cut_init(&c, p, PACK_TRAILER_SIZE);
	memcpy(t->digest.b, cut_bytes(&c, ID_SIZE), ID_SIZE);
	t->offset = cut_u64(&c);
	t->len = cut_u64(&c);
	version = cut_u32(&c);
	if (check_version(version, e) == -1)
		return -1;
	if (cut_u32(&c) != 0)
		return err_set(e, ERR_DAMAGED, "unknown flags in the trailer");
	if (size > PACK_SIZE_MAX || t->len > PACK_DIRECTORY_MAX ||
	    t->offset < PACK_HEADER_SIZE || t->offset > size ||
	    size - t->offset != t->len + PACK_TRAILER_SIZE)
		return err_set(e, ERR_DAMAGED, "the trailer does not fit to an"
		    " object of %llu bytes", (unsigned long long)size);
	return 0;
}

static bool
lengths_fit(const struct pack_entry *v)
{
	if (v->opened == 0 || v->opened > PACK_CHUNK_MAX)
		return false;
	if (v->coding == PACK_STORED)
		return v->sealed == v->opened + SEAL_TAG;
	return v->coding == PACK_ZSTD && v->sealed > SEAL_TAG &&
	    v->sealed < v->opened + SEAL_TAG;
}

bool
pack_entry_fits(const struct pack_entry *v, uint64_t end)
{
	return lengths_fit(v) && v->offset >= PACK_HEADER_SIZE &&
	    v->offset <= end && v->sealed <= end - v->offset;
}

static int
entry_parse(struct cut *c, uint16_t keys, uint64_t end, struct pack_entry *v,
    struct err *e)
{
	const uint8_t *id = cut_bytes(c, ID_SIZE);

	v->offset = cut_u64(c);
	v->sealed = cut_u32(c);
	v->opened = cut_u32(c);
	v->key = cut_u16(c);
	v->number = cut_u64(c);
	v->coding = cut_u8(c);
	if (id == NULL || c->bad)
		return err_set(e, ERR_DAMAGED, "the directory ends early");
	memcpy(v->id.b, id, ID_SIZE);
	if (v->key >= keys || !pack_entry_fits(v, end))
		return err_set(e, ERR_DAMAGED, "a chunk of the directory"
		    " cannot be where it says (offset %llu, %u bytes)",
		    (unsigned long long)v->offset, v->sealed);
	return 0;
}

static int
entries_parse(struct cut *c, uint16_t keys, uint64_t end,
    struct pack_directory *d, struct err *e)
{
	uint32_t n = cut_u32(c);

	if (c->bad || c->left != (uint64_t)n * PACK_ENTRY_SIZE)
		return err_set(e, ERR_DAMAGED, "a directory of %u chunks has"
		    " another length", n);
	if (n == 0)
		return 0;
	if ((d->v = malloc(n * sizeof(*d->v))) == NULL)
		return err_memory(e);
	for (; d->n < n; d->n++)
		if (entry_parse(c, keys, end, &d->v[d->n], e) == -1)
			return -1;
	return 0;
}

int
pack_directory_parse(const void *data, const struct pack_trailer *t,
    struct pack_directory *d, struct err *e)
{
	struct cut c;
	struct id digest;
	uint16_t keys;
	int rc = -1;

	memset(d, 0, sizeof(*d));
	id_sha256(data, t->len, &digest);
	if (id_compare(&digest, &t->digest) != 0)
		return err_set(e, ERR_DAMAGED, "the directory is not what the"
		    " trailer says (SHA-256)");
	cut_init(&c, data, t->len);
	if ((keys = walk_keys(&c, 0, NULL, NULL)) == 0)
		return err_set(e, ERR_DAMAGED, "the directory has no key"
		    " table");
	d->keys_len = t->len - c.left;
	if ((d->keys = malloc(d->keys_len)) == NULL) {
		(void)err_memory(e);
		goto done;
	}
	memcpy(d->keys, data, d->keys_len);
	rc = entries_parse(&c, keys, t->offset, d, e);
done:
	if (rc == -1)
		pack_directory_drop(d);
	return rc;
}

void
pack_directory_drop(struct pack_directory *d)
{
	free(d->keys);
	free(d->v);
	memset(d, 0, sizeof(*d));
}
