/*
 * Entries into segments.
 *
 * A segment of small entries is one stream: header, content, padding, header,
 * and so on.  A large entry has two: its content with the padding, cut with
 * the chunk sizes for its kind, and its header, which can only be made when
 * the content was read to its end; the header's chunk is listed first.
 */
#include <sys/stat.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "archive/entry.h"
#include "archive/name.h"
#include "archive/pax.h"
#include "base/buf.h"
#include "base/err.h"
#include "pack/chunks.h"

struct entry_writer {
	struct chunks	*chunks;
	segment_fn	 done;
	void		*cookie;
	struct stream	*run;		/* small entries, and headers */
	struct stream	*data;		/* of the large entry, or NULL */
	uint64_t	 data_size;
	struct segment	 seg;		/* under construction */
	struct buf	 header;
};

static const uint8_t zeros[PAX_BLOCK];

struct entry_writer *
entry_writer_new(struct chunks *chunks, segment_fn done, void *cookie,
    struct err *e)
{
	struct entry_writer *w;

	if ((w = calloc(1, sizeof(*w))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	w->chunks = chunks;
	w->done = done;
	w->cookie = cookie;
	segment_init(&w->seg);
	buf_init(&w->header, 2 * PAX_HEADER_MAX);
	if ((w->run = stream_new(chunks, CONTENT_RUN, e)) == NULL) {
		entry_writer_free(w);
		return NULL;
	}
	return w;
}

void
entry_writer_free(struct entry_writer *w)
{
	if (w == NULL)
		return;
	stream_free(w->run);
	stream_free(w->data);
	segment_drop(&w->seg);
	buf_drop(&w->header);
	free(w);
}

static int
replace_text(char **to, const char *text, struct err *e)
{
	char *copy;

	if ((copy = strdup(text)) == NULL)
		return err_memory(e);
	free(*to);
	*to = copy;
	return 0;
}

/* Count an entry in the segment under construction. */
static int
count(struct segment *s, const char *path, uint64_t size, struct err *e)
{
	if ((s->first == NULL || name_compare(path, s->first) < 0) &&
	    replace_text(&s->first, path, e) == -1)
		return -1;
	if ((s->last == NULL || name_compare(path, s->last) > 0) &&
	    replace_text(&s->last, path, e) == -1)
		return -1;
	s->entries++;
	s->size += size;
	return 0;
}

/* Hand the finished segment on and start with an empty one. */
static int
hand_on(struct entry_writer *w, struct err *e)
{
	int rc = w->done(w->cookie, &w->seg, e);

	segment_drop(&w->seg);
	return rc;
}

int
entry_writer_add(struct entry_writer *w, const struct entry *given,
    const void *content, size_t len, struct err *e)
{
	struct entry en = *given;
	size_t pad = pax_padding(len);

	assert(w->data == NULL);
	assert(len == 0 || (S_ISREG(en.mode) && !en.hardlink));
	en.size = len;
	if (pax_header(&en, &w->header, e) == -1)
		return -1;
	if (stream_write(w->run, w->header.data, w->header.len, e) == -1 ||
	    stream_write(w->run, content, len, e) == -1 ||
	    stream_write(w->run, zeros, pad, e) == -1)
		return -1;
	return count(&w->seg, en.path, w->header.len + len + pad, e);
}

int
entry_writer_cut(struct entry_writer *w, struct err *e)
{
	assert(w->data == NULL);
	if (w->seg.entries == 0)
		return 0;
	if (stream_end(w->run, &w->seg.refs, e) == -1)
		return -1;
	return hand_on(w, e);
}

void
entry_writer_forget(struct entry_writer *w)
{
	stream_free(w->data);
	w->data = NULL;
	w->data_size = 0;
}

int
entry_writer_begin(struct entry_writer *w, enum content kind, struct err *e)
{
	entry_writer_forget(w);
	if (entry_writer_cut(w, e) == -1)
		return -1;
	w->data = stream_new(w->chunks, kind, e);
	return w->data == NULL ? -1 : 0;
}

int
entry_writer_write(struct entry_writer *w, const void *data, size_t len,
    struct err *e)
{
	assert(w->data != NULL);
	if (len > INT64_MAX - PAX_BLOCK - w->data_size)
		return err_set(e, ERR_UNSUPPORTED, "more bytes than a file "
		    "can have");
	if (stream_write(w->data, data, len, e) == -1)
		return -1;
	w->data_size += len;
	return 0;
}

/* The segment of an entry whose content is in chunks: they follow its head. */
static int
put(struct entry_writer *w, const struct entry *en, const struct refs *content,
    struct err *e)
{
	if (stream_write(w->run, w->header.data, w->header.len, e) == -1 ||
	    stream_end(w->run, &w->seg.refs, e) == -1 ||
	    refs_append(&w->seg.refs, content, e) == -1)
		return -1;
	if (count(&w->seg, en->path, w->header.len + en->size +
	    pax_padding(en->size), e) == -1)
		return -1;
	return hand_on(w, e);
}

int
entry_writer_put(struct entry_writer *w, const struct entry *en,
    const struct refs *content, struct err *e)
{
	assert(S_ISREG(en->mode) && !en->hardlink);
	entry_writer_forget(w);
	if (entry_writer_cut(w, e) == -1 ||
	    pax_header(en, &w->header, e) == -1)
		return -1;
	return put(w, en, content, e);
}

int
entry_writer_join(struct entry_writer *w, struct stream *later,
    struct err *e)
{
	const uint64_t len = stream_size(later);

	assert(w->data != NULL);
	if (len > INT64_MAX - PAX_BLOCK - w->data_size)
		return err_set(e, ERR_UNSUPPORTED, "more bytes than a file "
		    "can have");
	w->data_size += len;
	return stream_join(w->data, later, e);
}

int
entry_writer_end(struct entry_writer *w, const struct entry *given,
    struct err *e)
{
	struct entry en = *given;
	struct refs refs;
	int rc = -1;

	assert(w->data != NULL);
	assert(S_ISREG(en.mode) && !en.hardlink);
	refs_init(&refs);
	en.size = w->data_size;
	if (pax_header(&en, &w->header, e) == -1)
		goto done;
	if (stream_write(w->data, zeros, pax_padding(en.size), e) == -1 ||
	    stream_end(w->data, &refs, e) == -1)
		goto done;
	rc = put(w, &en, &refs, e);
done:
	refs_drop(&refs);
	entry_writer_forget(w);
	return rc;
}
