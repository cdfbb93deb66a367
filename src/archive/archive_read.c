/*
 * Reading an archive's manifest.
 *
 * The root's fingerprint is checked before anything is fetched.  From the top
 * down, each level is the list of the next one's chunks; the lowest is read
 * as a stream, record by record.  Whatever a record says is checked: the
 * chunks it lists make up its size, and at the end all records together are
 * the entries and the bytes that the root says.
 */
#include <stdlib.h>
#include <string.h>

#include "archive/archive.h"
#include "archive/manifest.h"
#include "archive/name.h"
#include "archive/pax.h"
#include "base/buf.h"
#include "base/err.h"
#include "pack/chunks.h"

#define LEVEL_REFS_MAX ((size_t)1 << 24)	/* chunks of one level */

struct archive_reader {
	struct archive_root	 root;
	struct refs		 refs;		/* of the lowest level */
	struct source		*source;
	struct buf		 buf;
	size_t			 used;		/* of it, by earlier records */
	uint64_t		 entries, size;
	bool			 ended;
	struct segment_choice		 choice;	/* has is NULL: all */
	uint64_t		 n;		/* segments read */
};

static int
damaged(struct err *e, const char *what)
{
	return err_set(e, ERR_DAMAGED, "the archive's manifest is damaged: %s",
	    what);
}

static int
parse_ref(struct cut *c, struct refs *refs, struct err *e)
{
	const uint8_t *id = cut_bytes(c, ID_SIZE);
	struct ref r = { .len = cut_u32(c) };

	if (c->bad || r.len == 0)
		return damaged(e, "an impossible chunk");
	memcpy(r.id.b, id, ID_SIZE);
	return refs_add(refs, &r, e);
}

/* Read a level's content and replace its list by the one it holds. */
static int
descend(struct chunks *chunks, struct refs *refs, struct err *e)
{
	struct source *s = NULL;
	struct refs next;
	struct buf b;
	struct cut c;
	const void *data;
	size_t len;
	int more, rc = -1;

	refs_init(&next);
	buf_init(&b, LEVEL_REFS_MAX * MANIFEST_REF_SIZE);
	if ((s = source_new(chunks, refs->v, refs->n, e)) == NULL)
		goto done;
	while ((more = source_read(s, &data, &len, e)) == 1)
		if (buf_add(&b, data, len, e) == -1)
			goto done;
	if (more == -1)
		goto done;
	if (b.len == 0 || b.len % MANIFEST_REF_SIZE != 0) {
		(void)damaged(e, "an impossible length");
		goto done;
	}
	cut_init(&c, b.data, b.len);
	while (c.left > 0)
		if (parse_ref(&c, &next, e) == -1)
			goto done;
	refs_drop(refs);
	*refs = next;
	refs_init(&next);		/* they are the caller's now */
	rc = 0;
done:
	source_free(s);
	refs_drop(&next);
	buf_drop(&b);
	return rc;
}

/* Where the record under way begins. */
static const uint8_t *
here(const struct archive_reader *r)
{
	return r->buf.data + r->used;
}

/*
 * Have at least n unused bytes in the buffer: 1, 0 at the end, -1.  What
 * here() said may have moved afterwards.
 */
static int
have(struct archive_reader *r, size_t n, struct err *e)
{
	const void *data;
	size_t len;
	int rc;

	while (r->buf.len - r->used < n) {
		buf_shift(&r->buf, r->used);
		r->used = 0;
		if ((rc = source_read(r->source, &data, &len, e)) != 1)
			return rc;
		if (buf_add(&r->buf, data, len, e) == -1)
			return -1;
	}
	return 1;
}

static int
check_root(struct chunks *chunks, const struct archive_root *root,
    struct err *e)
{
	struct id id;

	if (manifest_fingerprint(chunks, root, &id, e) == -1)
		return -1;
	if (id_compare(&id, &root->fingerprint) != 0)
		return damaged(e, "the fingerprint is of another archive");
	if (root->depth > MANIFEST_DEPTH_MAX)
		return damaged(e, "an impossible depth");
	return 0;
}

static int
open_manifest(struct archive_reader *r, struct chunks *chunks, struct err *e)
{
	uint32_t i;
	int rc;

	if (check_root(chunks, &r->root, e) == -1 ||
	    refs_add(&r->refs, &r->root.top, e) == -1)
		return -1;
	for (i = 0; i < r->root.depth; i++)
		if (descend(chunks, &r->refs, e) == -1)
			return -1;
	r->source = source_new(chunks, r->refs.v, r->refs.n, e);
	if (r->source == NULL ||
	    (rc = have(r, MANIFEST_MAGIC_SIZE, e)) == -1)
		return -1;
	if (rc == 0 || memcmp(here(r), MANIFEST_MAGIC,
	    MANIFEST_MAGIC_SIZE - 1) != 0)
		return damaged(e, "it does not begin as one");
	if (here(r)[MANIFEST_MAGIC_SIZE - 1] != '1')
		return err_set(e, ERR_UNSUPPORTED, "it is of another version; "
		    "this muster knows version 1: use a newer muster");
	r->used = MANIFEST_MAGIC_SIZE;
	return 0;
}

struct archive_reader *
archive_reader_new(struct chunks *chunks, const struct archive_root *root,
    struct err *e)
{
	struct archive_reader *r;

	if ((r = calloc(1, sizeof(*r))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	r->root = *root;
	refs_init(&r->refs);
	buf_init(&r->buf, ((size_t)1 << 26) +
	    MANIFEST_REFS_MAX * MANIFEST_REF_SIZE);
	if (open_manifest(r, chunks, e) == -1) {
		(void)err_add(e, "cannot open the archive");
		archive_reader_free(r);
		return NULL;
	}
	return r;
}

void
archive_reader_free(struct archive_reader *r)
{
	if (r == NULL)
		return;
	source_free(r->source);		/* before what it borrows */
	refs_drop(&r->refs);
	buf_drop(&r->buf);
	free(r);
}

/* The name of this many bytes at an offset; the caller frees it. */
static char *
name_at(const uint8_t *p, size_t len, struct err *e)
{
	char *name;

	if (memchr(p, '\0', len) != NULL) {
		(void)damaged(e, "an impossible name");
		return NULL;
	}
	if ((name = strndup((const char *)p, len)) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	if (name_check(name, e) == -1) {
		free(name);
		return NULL;
	}
	return name;
}

/*
 * A u16 length and so many bytes at *at, which moves behind them.
 */
static char *
read_name(struct archive_reader *r, size_t *at, struct err *e)
{
	struct cut c;
	size_t len;
	int rc;

	if ((rc = have(r, *at + 2, e)) == 1) {
		cut_init(&c, here(r) + *at, 2);
		len = cut_u16(&c);
		*at += 2;
		if ((rc = have(r, *at + len, e)) == 1) {
			*at += len;
			return name_at(here(r) + *at - len, len, e);
		}
	}
	if (rc == 0)
		(void)damaged(e, "it ends within a record");
	return NULL;
}

static int
read_refs(struct archive_reader *r, size_t *at, struct refs *refs,
    uint64_t *bytes, struct err *e)
{
	struct cut c;
	uint32_t n;
	int rc;

	*bytes = 0;
	if ((rc = have(r, *at + 4, e)) != 1)
		return rc == -1 ? -1 : damaged(e, "it ends within a record");
	cut_init(&c, here(r) + *at, 4);
	n = cut_u32(&c);
	*at += 4;
	if (n == 0 || n > MANIFEST_REFS_MAX)
		return damaged(e, "an impossible number of chunks");
	if ((rc = have(r, *at + n * MANIFEST_REF_SIZE, e)) != 1)
		return rc == -1 ? -1 : damaged(e, "it ends within a record");
	cut_init(&c, here(r) + *at, n * MANIFEST_REF_SIZE);
	*at += n * MANIFEST_REF_SIZE;
	while (c.left > 0) {
		if (parse_ref(&c, refs, e) == -1)
			return -1;
		*bytes += refs->v[refs->n - 1].len;
	}
	return 0;
}

static int
check_end(const struct archive_reader *r, struct err *e)
{
	if (r->buf.len > r->used)
		return damaged(e, "it ends within a record");
	if (r->entries != r->root.entries || r->size != r->root.size)
		return damaged(e, "the sums are not what the root says");
	return 0;
}

static int
read_record(struct archive_reader *r, struct segment *s, struct err *e)
{
	struct cut c;
	uint64_t bytes;
	size_t at = 16;

	cut_init(&c, here(r), at);
	s->entries = cut_u64(&c);
	s->size = cut_u64(&c);
	if ((s->first = read_name(r, &at, e)) == NULL ||
	    (s->last = read_name(r, &at, e)) == NULL ||
	    read_refs(r, &at, &s->refs, &bytes, e) == -1)
		return -1;
	if (s->entries == 0 || s->size != bytes || bytes % PAX_BLOCK != 0 ||
	    s->entries > s->size / PAX_BLOCK ||
	    name_compare(s->first, s->last) > 0)
		return damaged(e, "an impossible segment");
	if (s->entries > r->root.entries - r->entries ||
	    s->size > r->root.size - r->size)
		return damaged(e, "more than the root says");
	r->used += at;
	r->entries += s->entries;
	r->size += s->size;
	return 0;
}

static int
next(struct archive_reader *r, struct segment *s, struct err *e)
{
	int rc;

	segment_init(s);
	if (r->ended)
		return 0;
	if ((rc = have(r, 16, e)) == -1)
		return -1;
	if (rc == 0) {
		r->ended = true;
		return check_end(r, e);
	}
	if (read_record(r, s, e) == -1) {
		segment_drop(s);
		return -1;
	}
	return 1;
}

int
archive_reader_next(struct archive_reader *r, struct segment *s,
    struct err *e)
{
	int rc;

	while ((rc = next(r, s, e)) == 1) {
		if (r->choice.has == NULL ||
		    r->choice.has(r->choice.cookie, r->n++, s))
			return 1;
		segment_drop(s);
	}
	return rc;
}

void
archive_reader_choose(struct archive_reader *r, const struct segment_choice *c)
{
	r->choice = *c;
}
