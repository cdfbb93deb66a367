/*
 * An archive as one tar: its segments one after the other, then the two zero
 * blocks that end it.
 */
#include "archive/archive.h"
#include "archive/batch.h"
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
	struct batches *list;
	struct segment *s = NULL;
	int more = -1, rc = -1;

	if ((list = batches_open(chunks, root, NULL, e)) == NULL)
		goto done;
	while ((more = batches_next(list, &s, e)) == 1) {
		if (cat_segment(chunks, s, fd, e) == -1)
			goto done;
		batch_free(s);
		s = NULL;
	}
	if (more == -1 || fd_write(fd, end, sizeof(end), e) == -1)
		goto done;
	rc = 0;
done:
	if (rc == -1)
		(void)err_add(e, "cannot write the archive as tar");
	batch_free(s);
	batches_close(list);
	return rc;
}
