/*
 * Writing an archive's manifest.
 *
 * Records go into a stream as they come, so that nothing grows with the
 * archive but the list of the manifest's own chunks.  At the end that list is
 * written as a stream again, until one chunk holds all of it: the root.
 *
 * The chunks are small ones: ids do not compress, and a small change of the
 * archive shall be a small change of its manifest.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "archive/archive.h"
#include "archive/manifest.h"
#include "base/buf.h"
#include "base/err.h"
#include "pack/chunks.h"

struct archive_writer {
	struct chunks	*chunks;
	struct stream	*stream;
	struct buf	 record;
	uint64_t	 entries, size;
};

struct archive_writer *
archive_writer_new(struct chunks *chunks, struct err *e)
{
	struct archive_writer *w;

	if ((w = calloc(1, sizeof(*w))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	w->chunks = chunks;
	buf_init(&w->record, 1024 + 2 * ARCHIVE_PATH_MAX +
	    MANIFEST_REFS_MAX * MANIFEST_REF_SIZE);
	if ((w->stream = stream_new(chunks, CONTENT_ROWS, e)) == NULL ||
	    stream_write(w->stream, MANIFEST_MAGIC, MANIFEST_MAGIC_SIZE,
	    e) == -1) {
		archive_writer_free(w);
		return NULL;
	}
	return w;
}

void
archive_writer_free(struct archive_writer *w)
{
	if (w == NULL)
		return;
	stream_free(w->stream);
	buf_drop(&w->record);
	free(w);
}

static int
add_path(struct buf *b, const char *path, struct err *e)
{
	size_t len = strlen(path);

	assert(len <= ARCHIVE_PATH_MAX);
	if (buf_add_u16(b, (uint16_t)len, e) == -1)
		return -1;
	return buf_add(b, path, len, e);
}

static int
format_record(struct buf *b, const struct segment *s, struct err *e)
{
	size_t i;

	if (s->refs.n > MANIFEST_REFS_MAX)
		return err_set(e, ERR_UNSUPPORTED, "%s has too many chunks",
		    s->first);
	if (buf_add_u64(b, s->entries, e) == -1 ||
	    buf_add_u64(b, s->size, e) == -1 ||
	    add_path(b, s->first, e) == -1 ||
	    add_path(b, s->last, e) == -1 ||
	    buf_add_u32(b, (uint32_t)s->refs.n, e) == -1)
		return -1;
	for (i = 0; i < s->refs.n; i++)
		if (manifest_add_ref(b, &s->refs.v[i], e) == -1)
			return -1;
	return 0;
}

int
archive_writer_add(struct archive_writer *w, const struct segment *s,
    struct err *e)
{
	assert(s->entries > 0 && s->refs.n > 0);
	buf_clear(&w->record);
	if (format_record(&w->record, s, e) == -1 ||
	    stream_write(w->stream, w->record.data, w->record.len, e) == -1)
		return err_add(e, "cannot write the archive's manifest");
	w->entries += s->entries;
	w->size += s->size;
	return 0;
}

/* Replace a list of chunks by the list of the chunks that hold it. */
static int
raise(struct archive_writer *w, struct refs *refs, struct err *e)
{
	size_t i;

	for (i = 0; i < refs->n; i++) {
		buf_clear(&w->record);
		if (manifest_add_ref(&w->record, &refs->v[i], e) == -1 ||
		    stream_write(w->stream, w->record.data, w->record.len,
		    e) == -1)
			return -1;
	}
	refs_drop(refs);
	return stream_end(w->stream, refs, e);
}

int
archive_writer_end(struct archive_writer *w, struct archive_root *root,
    struct err *e)
{
	struct refs refs;
	int rc = -1;

	refs_init(&refs);
	*root = (struct archive_root){
		.entries = w->entries, .size = w->size,
	};
	if (stream_end(w->stream, &refs, e) == -1)
		goto done;
	while (refs.n > 1) {
		if (++root->depth > MANIFEST_DEPTH_MAX) {
			(void)err_set(e, ERR_UNSUPPORTED, "it is too long");
			goto done;
		}
		if (raise(w, &refs, e) == -1)
			goto done;
	}
	assert(refs.n == 1);
	root->top = refs.v[0];
	rc = manifest_fingerprint(w->chunks, root, &root->fingerprint, e);
done:
	if (rc == -1)
		(void)err_add(e, "cannot write the archive's manifest");
	refs_drop(&refs);
	return rc;
}
