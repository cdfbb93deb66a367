/*
 * The list of an archive's segments, its manifest, and the root that decides
 * its whole content.  The bytes are in muster-format(5); here is what both
 * the writer and the reader of it need.
 */
#include <stdlib.h>

#include "archive/archive.h"
#include "archive/manifest.h"
#include "base/buf.h"
#include "base/err.h"
#include "crypto/keys.h"
#include "pack/chunks.h"

void
segment_init(struct segment *s)
{
	*s = (struct segment){ .first = NULL };
	refs_init(&s->refs);
}

void
segment_drop(struct segment *s)
{
	free(s->first);
	free(s->last);
	refs_drop(&s->refs);
	segment_init(s);
}

int
manifest_add_ref(struct buf *b, const struct ref *r, struct err *e)
{
	if (buf_add(b, r->id.b, ID_SIZE, e) == -1)
		return -1;
	return buf_add_u32(b, r->len, e);
}

int
manifest_fingerprint(struct chunks *c, const struct archive_root *root,
    struct id *id, struct err *e)
{
	struct buf b;
	int rc = -1;

	buf_init(&b, 256);
	if (buf_add(&b, MANIFEST_MAGIC, MANIFEST_MAGIC_SIZE, e) == -1 ||
	    buf_add_u32(&b, root->depth, e) == -1 ||
	    manifest_add_ref(&b, &root->top, e) == -1 ||
	    buf_add_u64(&b, root->entries, e) == -1 ||
	    buf_add_u64(&b, root->size, e) == -1)
		goto done;
	store_secret_fingerprint(chunks_secret(c), b.data, b.len, id);
	rc = 0;
done:
	buf_drop(&b);
	return rc;
}
