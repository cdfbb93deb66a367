/*
 * Batches: about as much as one request fetches, of segments of small files;
 * a large file is one by itself.  Segments are whole entries, so one behind
 * the other they are what a larger segment would be.
 */
#include <stdlib.h>

#include "archive/batch.h"
#include "archive/name.h"
#include "archive/sample.h"
#include "archive/select.h"
#include "base/err.h"

#define BATCH_BYTES ((uint64_t)4 << 20)
#define BATCH_ENTRIES 1024u

struct batches {
	struct archive_reader	*list;
	const struct select	*select;
	struct segment		*next;		/* read, not yet given */
};

struct batches *
batches_open(struct chunks *chunks, const struct archive_root *root,
    const struct select *select, struct err *e)
{
	struct batches *b;

	if ((b = calloc(1, sizeof(*b))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	b->select = select;
	if ((b->list = archive_reader_new(chunks, root, e)) == NULL) {
		batches_close(b);
		return NULL;
	}
	return b;
}

void
batches_close(struct batches *b)
{
	if (b == NULL)
		return;
	batch_free(b->next);
	archive_reader_free(b->list);
	free(b);
}

void
batches_only(struct batches *b, const struct sample *sample)
{
	const struct segment_choice c = { sample_pick, sample };

	archive_reader_choose(b->list, &c);
}

void
batch_free(struct segment *s)
{
	if (s == NULL)
		return;
	segment_drop(s);
	free(s);
}

/* Have the next wanted segment at hand: 1, 0 at the end, -1. */
static int
look(struct batches *b, struct err *e)
{
	struct segment *s;
	int rc;

	if (b->next != NULL)
		return 1;
	if ((s = malloc(sizeof(*s))) == NULL)
		return err_memory(e);
	while ((rc = archive_reader_next(b->list, s, e)) == 1) {
		if (b->select == NULL ||
		    select_range(b->select, s->first, s->last)) {
			b->next = s;
			return 1;
		}
		segment_drop(s);
	}
	free(s);
	return rc;
}

static void
swap_names(char **a, char **b)
{
	char *name = *a;

	*a = *b;
	*b = name;
}

/* Append `more`, whose names may be taken. */
static int
append(struct segment *s, struct segment *more, struct err *e)
{
	if (refs_append(&s->refs, &more->refs, e) == -1)
		return -1;
	if (name_compare(more->first, s->first) < 0)
		swap_names(&s->first, &more->first);
	if (name_compare(more->last, s->last) > 0)
		swap_names(&s->last, &more->last);
	s->entries += more->entries;
	s->size += more->size;
	return 0;
}

int
batches_next(struct batches *b, struct segment **out, struct err *e)
{
	struct segment *s;
	int rc;

	*out = NULL;
	if ((rc = look(b, e)) != 1)
		return rc;
	s = b->next;
	b->next = NULL;
	while ((rc = look(b, e)) == 1 &&
	    s->size + b->next->size <= BATCH_BYTES &&
	    s->entries + b->next->entries <= BATCH_ENTRIES) {
		if ((rc = append(s, b->next, e)) == -1)
			break;
		batch_free(b->next);
		b->next = NULL;
	}
	if (rc == -1) {
		batch_free(s);
		return -1;
	}
	*out = s;
	return 1;
}
