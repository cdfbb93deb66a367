/*
 * Which tables' rows are in a part copy of a database.
 *
 * Each table's rows are a segment of one entry, and so is nothing else; so the
 * manifest alone says which tables there are and how large their rows are.
 * What is remembered is what is left out: an entry that this file does not
 * know is never missing in a copy.
 */
#include <stdlib.h>
#include <string.h>

#include "archive/archive.h"
#include "archive/sample.h"
#include "base/err.h"
#include "db/load_plan.h"
#include "db/sample.h"

struct db_sample {
	char			**out;		/* paths, sorted */
	size_t			  n, size;
	struct db_sample_count	  count;
};

/* The rows of one table, and of nothing else. */
static bool
is_rows(const struct segment *s)
{
	enum plan_kind kind;

	return s->entries == 1 && plan_kind(s->first, &kind) != -1 &&
	    kind == PLAN_ROWS;
}

static int
leave_out(struct db_sample *s, const char *path, struct err *e)
{
	size_t size = s->size > 0 ? s->size * 2 : 64;
	char **v;

	if (s->n == s->size) {
		if ((v = reallocarray(s->out, size, sizeof(*v))) == NULL)
			return err_memory(e);
		s->out = v;
		s->size = size;
	}
	if ((s->out[s->n] = strdup(path)) == NULL)
		return err_memory(e);
	s->n++;
	return 0;
}

/*
 * Visit the rows of every table: once without a choice, to count them, and
 * once with it.
 */
static int
visit(struct db_sample *s, struct chunks *chunks,
    const struct archive_root *root, const struct sample *choice,
    struct err *e)
{
	struct archive_reader *r;
	struct segment seg;
	uint64_t i = 0;
	int rc;

	if ((r = archive_reader_new(chunks, root, e)) == NULL)
		return -1;
	while ((rc = archive_reader_next(r, &seg, e)) == 1) {
		if (is_rows(&seg) && choice == NULL) {
			s->count.of_tables++;
			s->count.of_bytes += seg.size;
		} else if (is_rows(&seg) && sample_has(choice, i++)) {
			s->count.tables++;
			s->count.bytes += seg.size;
		} else if (is_rows(&seg))
			rc = leave_out(s, seg.first, e);
		segment_drop(&seg);
		if (rc == -1)
			break;
	}
	archive_reader_free(r);
	return rc;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct db_sample *
db_sample_new(struct chunks *chunks, const struct archive_root *root,
    uint64_t seed, uint32_t share, struct err *e)
{
	struct sample choice;
	struct db_sample *s;

	if ((s = calloc(1, sizeof(*s))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	if (visit(s, chunks, root, NULL, e) == -1)
		goto refuse;
	sample_init(&choice, seed, share, s->count.of_tables);
	if (visit(s, chunks, root, &choice, e) == -1)
		goto refuse;
	if (s->n > 0)
		qsort(s->out, s->n, sizeof(*s->out), compare);
	return s;
refuse:
	db_sample_free(s);
	return NULL;
}

void
db_sample_free(struct db_sample *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->n; i++)
		free(s->out[i]);
	free(s->out);
	free(s);
}

void
db_sample_count(const struct db_sample *s, struct db_sample_count *count)
{
	*count = s->count;
}

bool
db_sample_has(const struct db_sample *s, const char *path)
{
	return s->n == 0 || bsearch(&path, s->out, s->n, sizeof(*s->out),
	    compare) == NULL;
}

bool
db_sample_pick(const void *sample, uint64_t i, const struct segment *seg)
{
	(void)i;
	return !is_rows(seg) || db_sample_has(sample, seg->first);
}
