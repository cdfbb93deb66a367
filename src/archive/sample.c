/*
 * Samples, and parts of archives that are made of them: see sample.h.
 *
 * The unit of a sample is the segment, since that is what the manifest names:
 * what is not chosen need not be fetched, let alone opened, to be left out.
 */
#include <stdlib.h>

#include "archive/archive.h"
#include "archive/name.h"
#include "archive/sample.h"
#include "base/err.h"

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

/* SplitMix64: all bits of its input decide each of its output. */
static uint64_t
mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

void
sample_init(struct sample *s, uint64_t seed, uint32_t share, uint64_t of)
{
	uint64_t rest = of % SAMPLE_ALL * share;

	*s = (struct sample){ .seed = seed, .of = of };
	s->n = of / SAMPLE_ALL * share + (rest + SAMPLE_ALL - 1) / SAMPLE_ALL;
	if (s->n == 0 && of > 0)
		s->n = 1;
	if (s->n > of)
		s->n = of;
}

/*
 * The first of % n stretches have one element more than the others, so that
 * no product of two large numbers is needed.
 */
bool
sample_has(const struct sample *s, uint64_t i)
{
	uint64_t len, longer, stretch, at;

	if (i >= s->of)
		return false;
	len = s->of / s->n;
	longer = s->of % s->n;
	if (i < longer * (len + 1)) {
		len++;
		stretch = i / len;
		at = i % len;
	} else {
		i -= longer * (len + 1);
		stretch = longer + i / len;
		at = i % len;
	}
	return mix(s->seed + GOLDEN * (stretch + 1)) % len == at;
}

bool
sample_pick(const void *sample, uint64_t i, const struct segment *seg)
{
	(void)seg;
	return sample_has(sample, i);
}

int
archive_count(struct chunks *chunks, const struct archive_root *root,
    uint64_t *n, struct err *e)
{
	struct archive_reader *r;
	struct segment s;
	int rc;

	*n = 0;
	if ((r = archive_reader_new(chunks, root, e)) == NULL)
		return -1;
	while ((rc = archive_reader_next(r, &s, e)) == 1) {
		++*n;
		segment_drop(&s);
	}
	archive_reader_free(r);
	return rc;
}

int
archive_part(struct chunks *from, const struct archive_root *root,
    const struct segment_choice *c, struct chunks *to,
    struct archive_root *part, struct err *e)
{
	struct archive_reader *r = NULL;
	struct archive_writer *w = NULL;
	struct segment s;
	int more = -1, rc = -1;

	segment_init(&s);
	if ((r = archive_reader_new(from, root, e)) == NULL ||
	    (w = archive_writer_new(to, e)) == NULL)
		goto done;
	archive_reader_choose(r, c);
	while ((more = archive_reader_next(r, &s, e)) == 1) {
		if (archive_writer_add(w, &s, e) == -1)
			goto done;
		segment_drop(&s);
	}
	if (more == 0)
		rc = archive_writer_end(w, part, e);
done:
	segment_drop(&s);
	archive_writer_free(w);
	archive_reader_free(r);
	return rc;
}

struct part_walk {
	struct archive_reader	*list;
	struct segment		 now;
	bool			 met, ended;
};

struct part_walk *
part_walk_new(const struct tree_part *p, struct err *e)
{
	const struct segment_choice c = { sample_pick, p->sample };
	struct part_walk *w;

	if ((w = calloc(1, sizeof(*w))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	segment_init(&w->now);
	if ((w->list = archive_reader_new(p->chunks, p->root, e)) == NULL) {
		part_walk_free(w);
		return NULL;
	}
	archive_reader_choose(w->list, &c);
	return w;
}

int
part_walk_has(struct part_walk *w, const char *name, bool *begins,
    struct err *e)
{
	int rc;

	*begins = false;
	while (!w->ended && (w->now.last == NULL ||
	    name_compare(w->now.last, name) < 0)) {
		segment_drop(&w->now);
		if ((rc = archive_reader_next(w->list, &w->now, e)) == -1)
			return -1;
		w->ended = rc == 0;
		w->met = false;
	}
	if (w->ended || name_compare(name, w->now.first) < 0)
		return 0;
	*begins = !w->met;
	w->met = true;
	return 1;
}

void
part_walk_free(struct part_walk *w)
{
	if (w == NULL)
		return;
	segment_drop(&w->now);
	archive_reader_free(w->list);
	free(w);
}
