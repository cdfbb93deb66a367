/*
 * Tar by hand: ustar headers without any check.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "archive/archive.h"
#include "base/buf.h"
#include "base/err.h"
#include "pack/chunks.h"
#include "raw_tar.h"

static void
checksum(char h[512])
{
	unsigned sum = 0;
	size_t i;

	memset(h + 148, ' ', 8);
	for (i = 0; i < 512; i++)
		sum += (uint8_t)h[i];
	(void)snprintf(h + 148, 8, "%06o", sum & 0777777);
}

void
raw_tar_add(struct buf *b, char type, const char *name, const char *link,
    const void *content, size_t len)
{
	static const char zeros[512];
	char h[512] = "";
	struct err e;

	memcpy(h, name, strlen(name) < 100 ? strlen(name) : 100);
	(void)snprintf(h + 100, 8, "%07o", type == '5' ? 0755 : 0644);
	(void)snprintf(h + 108, 8, "%07o", 0);
	(void)snprintf(h + 116, 8, "%07o", 0);
	(void)snprintf(h + 124, 12, "%011zo", len);
	(void)snprintf(h + 136, 12, "%011o", 1234567);
	h[156] = type;
	memcpy(h + 157, link, strlen(link) < 100 ? strlen(link) : 100);
	memcpy(h + 257, "ustar\0" "00", 8);
	checksum(h);
	assert_int_equal(buf_add(b, h, sizeof(h), &e), 0);
	assert_int_equal(buf_add(b, content, len, &e), 0);
	assert_int_equal(buf_add(b, zeros, (512 - len % 512) % 512, &e), 0);
}

void
raw_tar_segment(struct chunks *chunks, const struct buf *b, size_t entries,
    struct segment *s)
{
	struct stream *stream;
	struct err e;

	segment_init(s);
	s->first = strdup("a");
	s->last = strdup("z");
	s->entries = entries;
	s->size = b->len;
	assert_non_null(stream = stream_new(chunks, CONTENT_RUN, &e));
	assert_int_equal(stream_write(stream, b->data, b->len, &e), 0);
	assert_int_equal(stream_end(stream, &s->refs, &e), 0);
	stream_free(stream);
	assert_int_equal(chunks_flush(chunks, &e), 0);
}

void
raw_tar_archive(struct chunks *chunks, const struct buf *b, size_t entries,
    struct archive_root *root)
{
	struct archive_writer *w;
	struct segment s;
	struct err e;

	raw_tar_segment(chunks, b, entries, &s);
	assert_non_null(w = archive_writer_new(chunks, &e));
	assert_int_equal(archive_writer_add(w, &s, &e), 0);
	assert_int_equal(archive_writer_end(w, root, &e), 0);
	assert_int_equal(chunks_flush(chunks, &e), 0);
	archive_writer_free(w);
	segment_drop(&s);
}
