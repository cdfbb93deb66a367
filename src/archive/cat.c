/*
 * An archive as one tar: its segments one after the other, then the two zero
 * blocks that end it.
 */
#include "archive/archive.h"
#include "archive/pax.h"
#include "archive/tree.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/intr.h"
#include "pack/chunks.h"

static int
cat_segment(struct chunks *chunks, const struct segment *seg, int fd,
    struct err *e)
{
	struct source *s;
	const void *data;
	size_t len;
	int more, rc = -1;

	if ((s = source_new(chunks, seg->refs.v, seg->refs.n, e)) == NULL)
		goto done;
	while ((more = source_read(s, &data, &len, e)) == 1)
		if (intr_check(e) == -1 || fd_write(fd, data, len, e) == -1)
			goto done;
	rc = more;
done:
	source_free(s);
	return rc;
}

int
archive_cat(struct chunks *chunks, const struct archive_root *root, int fd,
    struct err *e)
{
	static const uint8_t end[2 * PAX_BLOCK];
	struct archive_reader *r;
	struct segment seg;
	int more = -1, rc = -1;

	segment_init(&seg);
	if ((r = archive_reader_new(chunks, root, e)) == NULL)
		goto done;
	while ((more = archive_reader_next(r, &seg, e)) == 1) {
		if (cat_segment(chunks, &seg, fd, e) == -1)
			goto done;
		segment_drop(&seg);
	}
	if (more == -1 || fd_write(fd, end, sizeof(end), e) == -1)
		goto done;
	rc = 0;
done:
	if (rc == -1)
		(void)err_add(e, "cannot write the archive as tar");
	segment_drop(&seg);
	archive_reader_free(r);
	return rc;
}
