/*
 * Any bytes are the tar of a segment, or are refused with one line; what is
 * accepted has names that cannot lead elsewhere.  The bytes come in pieces
 * from a source that takes the place of the store's.
 *
 * wrap: source_new source_read source_free
 */
#include <sys/stat.h>

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "archive/entry.h"
#include "archive/name.h"
#include "archive/pax.h"
#include "base/buf.h"
#include "base/err.h"
#include "source_fake.h"

static void
refused(const struct err *e)
{
	if ((e->kind != ERR_DAMAGED && e->kind != ERR_UNSUPPORTED) ||
	    e->text[0] == '\0' || strchr(e->text, '\n') != NULL)
		abort();
}

/* What was read can be written again, or is refused in words. */
static void
check(const struct entry *en)
{
	struct buf b;
	struct err e;
	size_t i;

	err_clear(&e);
	if (name_check(en->path, &e) == -1 ||
	    (en->hardlink && name_check(en->link, &e) == -1) ||
	    en->mtime_nsec < 0 || en->mtime_nsec > 999999999 ||
	    (en->size > 0 && !S_ISREG(en->mode)))
		abort();
	for (i = 1; i < en->n_xattrs; i++)
		if (strcmp(en->xattrs[i - 1].name, en->xattrs[i].name) >= 0)
			abort();
	buf_init(&b, 2 * PAX_HEADER_MAX);
	if (pax_header(en, &b, &e) == -1)
		refused(&e);
	buf_drop(&b);
}

static int
read_content(struct entry_reader *r, uint64_t size, struct err *e)
{
	const void *data;
	uint64_t got = 0;
	size_t n;
	int more;

	while ((more = entry_reader_read(r, &data, &n, e)) == 1)
		got += n;
	if (more == 0 && got != size)
		abort();
	return more;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct segment seg = { .entries = 1 };
	const struct entry *en;
	struct entry_reader *r;
	struct err e;
	int more = -1;

	if (size < 2)
		return 0;
	source_fake_set(data + 2, size - 2, data[0]);
	seg.entries = data[1];
	seg.size = size - 2;
	err_clear(&e);
	if ((r = entry_reader_new(NULL, &seg, &e)) != NULL)
		while ((more = entry_reader_next(r, &en, &e)) == 1) {
			check(en);
			if (read_content(r, en->size, &e) == -1) {
				more = -1;
				break;
			}
		}
	if (more == -1)
		refused(&e);
	entry_reader_free(r);
	return 0;
}
