/*
 * The entries of one segment, by libarchive.
 *
 * libarchive sees authenticated bytes only: source_read() gives no others.
 * It is told to know the tar format and no compression; every answer of it
 * but OK and the end is an error: so also a name that is not ASCII and not
 * marked as bytes, which it would convert.  The end is believed when the
 * segment held as many entries and bytes as its record in the manifest says.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include <archive.h>
#include <archive_entry.h>

#include "archive/entry.h"
#include "archive/name.h"
#include "archive/pax_read.h"
#include "base/err.h"
#include "pack/chunks.h"

struct entry_reader {
	struct archive	*tar;
	struct source	*source;
	struct err	 source_err;	/* why the last fill failed */
	struct pax_view	 view;
	uint64_t	 want_entries, want_bytes;
	uint64_t	 entries, bytes;	/* so far; bytes given to tar */
	uint64_t	 content;	/* of this entry, so far */
	bool		 ended;
};

/* How libarchive gets the next bytes. */
static la_ssize_t
fill(struct archive *a, void *cookie, const void **data)
{
	struct entry_reader *r = cookie;
	size_t len = 0;
	int rc;

	if ((rc = source_read(r->source, data, &len, &r->source_err)) == -1) {
		archive_set_error(a, EIO, "%s", r->source_err.text);
		return -1;
	}
	if (rc == 0)
		return 0;
	r->bytes += len;
	return (la_ssize_t)len;
}

/* libarchive said no: our own reason if there is one, else its. */
static int
refuse(struct entry_reader *r, struct err *e)
{
	const char *why = archive_error_string(r->tar);

	if (r->source_err.kind != ERR_NONE) {
		*e = r->source_err;
		return -1;
	}
	if (archive_errno(r->tar) == ENOMEM)
		return err_memory(e);
	return err_set(e, ERR_DAMAGED, "the tar is malformed: %s",
	    why == NULL ? "no reason given" : why);
}

struct entry_reader *
entry_reader_new(struct chunks *chunks, const struct segment *seg,
    struct err *e)
{
	struct entry_reader *r, *made = NULL;

	if ((r = calloc(1, sizeof(*r))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	pax_view_init(&r->view);
	r->want_entries = seg->entries;
	r->want_bytes = seg->size;
	r->source = source_new(chunks, seg->refs.v, seg->refs.n, e);
	if (r->source == NULL)
		goto done;
	if ((r->tar = archive_read_new()) == NULL) {
		(void)err_memory(e);
		goto done;
	}
	if (archive_read_support_format_tar(r->tar) != ARCHIVE_OK ||
	    archive_read_open(r->tar, r, NULL, fill, NULL) != ARCHIVE_OK) {
		(void)refuse(r, e);
		goto done;
	}
	made = r;
	r = NULL;			/* it is the caller's now */
done:
	entry_reader_free(r);
	return made;
}

void
entry_reader_free(struct entry_reader *r)
{
	if (r == NULL)
		return;
	if (r->tar != NULL)
		(void)archive_read_free(r->tar);
	source_free(r->source);
	pax_view_drop(&r->view);
	free(r);
}

/* Nothing may be left over, and nothing may be missing. */
static int
check_end(struct entry_reader *r, struct err *e)
{
	const void *data;
	size_t len;
	int rc;

	while ((rc = source_read(r->source, &data, &len, e)) == 1)
		r->bytes += len;
	if (rc == -1)
		return -1;
	if (r->entries != r->want_entries || r->bytes != r->want_bytes)
		return err_set(e, ERR_DAMAGED, "a segment of %ju entries and "
		    "%ju bytes has %ju and %ju", (uintmax_t)r->want_entries,
		    (uintmax_t)r->want_bytes, (uintmax_t)r->entries,
		    (uintmax_t)r->bytes);
	return 0;
}

int
entry_reader_next(struct entry_reader *r, const struct entry **en,
    struct err *e)
{
	struct archive_entry *ae;
	char text[NAME_TEXT_MAX];
	int rc;

	assert(!r->ended);
	rc = archive_read_next_header(r->tar, &ae);
	if (rc == ARCHIVE_EOF) {
		r->ended = true;
		return check_end(r, e);
	}
	if (rc != ARCHIVE_OK)
		return refuse(r, e);
	if (pax_view_set(&r->view, ae, e) == -1)
		return err_add(e, "entry %s", r->view.entry.path == NULL
		    ? "without a name"
		    : name_format(r->view.entry.path, text));
	r->entries++;
	r->content = 0;
	*en = &r->view.entry;
	return 1;
}

int
entry_reader_read(struct entry_reader *r, const void **data, size_t *len,
    struct err *e)
{
	la_int64_t offset;
	int rc;

	do {
		rc = archive_read_data_block(r->tar, data, len, &offset);
		if (rc != ARCHIVE_EOF && rc != ARCHIVE_OK)
			return refuse(r, e);
	} while (rc == ARCHIVE_OK && *len == 0);
	if (rc == ARCHIVE_EOF && r->content == r->view.entry.size)
		return 0;
	if (rc == ARCHIVE_EOF || (uint64_t)offset != r->content)
		return err_set(e, ERR_DAMAGED, "content that is not whole");
	r->content += *len;
	return 1;
}
