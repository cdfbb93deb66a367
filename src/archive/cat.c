/*
 * An archive as one tar: its segments one after the other, then the two zero
 * blocks that end it.
 *
 * With paths, the entries that are wanted are written with the headers they
 * had: the same entry always gives the same bytes.  A hard link whose file is
 * not among them waits; then the archive is read again, the file is written
 * under the name of its first link, and the others as links to that.
 */
#include <sys/stat.h>

#include <string.h>

#include "archive/archive.h"
#include "archive/batch.h"
#include "archive/entry.h"
#include "archive/needs.h"
#include "archive/pax.h"
#include "archive/select.h"
#include "archive/tree.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/intr.h"
#include "pack/chunks.h"

struct cat {
	struct chunks		*chunks;
	const struct archive_root *root;
	int			 fd;
	struct select		 select;
	struct needs		 needs;
	struct buf		 header;
};

static const uint8_t zeros[2 * PAX_BLOCK];

/* A whole segment, as it is. */
static int
cat_segment(struct cat *c, const struct segment *seg, struct err *e)
{
	struct source *s;
	const void *data;
	size_t len;
	int more, rc = -1;

	if ((s = source_new(c->chunks, seg->refs.v, seg->refs.n, e)) == NULL)
		goto done;
	while ((more = source_read(s, &data, &len, e)) == 1)
		if (intr_check(e) == -1 ||
		    fd_write(c->fd, data, len, e) == -1)
			goto done;
	rc = more;
done:
	source_free(s);
	return rc;
}

/* An entry; content: NULL for a hard link. */
static int
cat_entry(struct cat *c, const struct entry *en, struct entry_reader *content,
    struct err *e)
{
	const void *data;
	size_t len;
	int more = 0;

	if (pax_header(en, &c->header, e) == -1 ||
	    fd_write(c->fd, c->header.data, c->header.len, e) == -1)
		return -1;
	while (content != NULL &&
	    (more = entry_reader_read(content, &data, &len, e)) == 1)
		if (intr_check(e) == -1 ||
		    fd_write(c->fd, data, len, e) == -1)
			return -1;
	if (more == -1)
		return -1;
	return content == NULL ? 0 :
	    fd_write(c->fd, zeros, pax_padding(en->size), e);
}

static int
cat_wanted(struct cat *c, const struct entry *en,
    struct entry_reader *content, struct err *e)
{
	if (select_entry(&c->select, en->path) != SELECT_YES)
		return 0;
	if (en->hardlink && select_entry(&c->select, en->link) != SELECT_YES)
		return needs_add(&c->needs, en->link, en->path, e);
	return cat_entry(c, en, S_ISREG(en->mode) && !en->hardlink ? content :
	    NULL, e);
}

/* A file whose links are wanted, and those. */
static int
cat_needed(struct cat *c, const struct entry *file,
    struct entry_reader *content, struct err *e)
{
	const struct need *first = needs_find(&c->needs, file->path);
	const struct need *n, *end = c->needs.v + c->needs.n;
	struct entry en = *file;

	if (first == NULL || file->hardlink || !S_ISREG(file->mode))
		return 0;
	en.path = first->as;
	if (cat_entry(c, &en, content, e) == -1)
		return -1;
	en.hardlink = true;
	en.link = first->as;
	en.size = 0;
	for (n = first + 1; n < end && strcmp(n->file, first->file) == 0;
	    n++) {
		en.path = n->as;
		if (cat_entry(c, &en, NULL, e) == -1)
			return -1;
	}
	return 0;
}

typedef int (*entry_fn)(struct cat *, const struct entry *,
    struct entry_reader *, struct err *);

static int
each_entry(struct cat *c, const struct segment *seg, entry_fn fn,
    struct err *e)
{
	struct entry_reader *content;
	const struct entry *en;
	int more = -1, rc = -1;

	if ((content = entry_reader_new(c->chunks, seg, e)) == NULL)
		return -1;
	while ((more = entry_reader_next(content, &en, e)) == 1)
		if (intr_check(e) == -1 || fn(c, en, content, e) == -1)
			goto done;
	rc = more;
done:
	entry_reader_free(content);
	return rc;
}

static int
cat_batch(struct cat *c, const struct segment *s, bool again, struct err *e)
{
	if (again)
		return needs_within(&c->needs, s) ?
		    each_entry(c, s, cat_needed, e) : 0;
	return c->select.n > 0 ? each_entry(c, s, cat_wanted, e) :
	    cat_segment(c, s, e);
}

/* Once through the archive; again: for what hard links need. */
static int
cat_all(struct cat *c, bool again, struct err *e)
{
	struct batches *list;
	struct segment *s = NULL;
	int more, rc = -1;

	if ((list = batches_open(c->chunks, c->root, again ? NULL :
	    &c->select, e)) == NULL)
		return -1;
	while ((more = batches_next(list, &s, e)) == 1) {
		if (cat_batch(c, s, again, e) == -1)
			goto done;
		batch_free(s);
		s = NULL;
	}
	rc = more;
done:
	batch_free(s);
	batches_close(list);
	return rc;
}

int
archive_cat(struct chunks *chunks, const struct archive_root *root,
    const char *const *paths, int fd, struct err *e)
{
	struct cat c = { .chunks = chunks, .root = root, .fd = fd };
	int rc = -1;

	buf_init(&c.header, 2 * PAX_HEADER_MAX);
	if (select_init(&c.select, paths, e) == -1 ||
	    cat_all(&c, false, e) == -1)
		goto done;
	needs_sort(&c.needs);
	if (c.needs.n > 0 && cat_all(&c, true, e) == -1)
		goto done;
	if (fd_write(fd, zeros, sizeof(zeros), e) == -1)
		goto done;
	if ((rc = select_check(&c.select, e)) == -1)
		e->kind = ERR_INPUT;	/* no damage: it was never there */
done:
	if (rc == -1)
		(void)err_add(e, "cannot write the archive as tar");
	buf_drop(&c.header);
	needs_drop(&c.needs);
	select_drop(&c.select);
	return rc;
}
