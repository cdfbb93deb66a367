/*
 * Lists that grow while a job is planned and done.
 */
#include <stdlib.h>
#include <string.h>

#include "archive/job.h"
#include "archive/links.h"
#include "archive/stat_cache.h"
#include "pack/chunks.h"

#define LOOK_MAX ((size_t)64 << 20)	/* some long names of one job */

struct job *
job_new(struct err *e)
{
	struct job *j;

	if ((j = calloc(1, sizeof(*j))) == NULL)
		(void)err_memory(e);
	else
		buf_init(&j->look, LOOK_MAX);
	return j;
}

void
job_free(struct job *j)
{
	size_t i;

	if (j == NULL)
		return;
	for (i = 0; i < j->n_items; i++) {
		if (j->items[i].first)
			link_settle(j->items[i].link, false);
		link_release(j->items[i].link);
		free(j->items[i].name);
	}
	for (i = 0; i < j->n_segments; i++)
		segment_drop(&j->segments[i]);
	for (i = 0; i < j->n_notes; i++) {
		free(j->notes[i].name);
		free(j->notes[i].why);
	}
	buf_drop(&j->look);
	stat_run_free(j->known);
	free(j->items);
	free(j->segments);
	free(j->notes);
	free(j);
}

/* Room for one more of n items of a size; the list, moved if need be. */
static void *
room(void *list, size_t n, size_t *size, size_t each, struct err *e)
{
	size_t want = *size == 0 ? 8 : *size * 2;
	void *p;

	if (n < *size)
		return list;
	if ((p = reallocarray(list, want, each)) == NULL)
		(void)err_memory(e);
	else
		*size = want;
	return p;
}

int
job_add(struct job *j, const char *name, mode_t type, struct link *link,
    bool first, struct err *e)
{
	struct job_item *v = room(j->items, j->n_items, &j->size_items,
	    sizeof(*v), e);
	char *copy = NULL;

	if (v != NULL)
		j->items = v;
	if (v == NULL || (copy = strdup(name)) == NULL) {
		if (first)
			link_settle(link, false);
		link_release(link);
		return err_memory(e);
	}
	j->items[j->n_items++] = (struct job_item){
		.name = copy, .type = type, .link = link, .first = first,
	};
	return 0;
}

int
job_note(struct job *j, enum tree_note_kind kind, const char *name,
    const char *why, struct err *e)
{
	struct job_note *v = room(j->notes, j->n_notes, &j->size_notes,
	    sizeof(*v), e);
	struct job_note n = { .kind = kind };

	if (v == NULL)
		return -1;
	j->notes = v;
	n.name = strdup(name);
	n.why = strdup(why);
	if (n.name == NULL || n.why == NULL) {
		free(n.name);
		free(n.why);
		return err_memory(e);
	}
	v[j->n_notes++] = n;
	return 0;
}

int
job_segment(void *cookie, const struct segment *from, struct err *e)
{
	struct job *j = cookie;
	struct segment *v = room(j->segments, j->n_segments,
	    &j->size_segments, sizeof(*v), e);
	struct segment s;

	if (v == NULL)
		return -1;
	j->segments = v;
	segment_init(&s);
	s.entries = from->entries;
	s.size = from->size;
	s.first = strdup(from->first);
	s.last = strdup(from->last);
	if (s.first == NULL || s.last == NULL) {
		segment_drop(&s);
		return err_memory(e);
	}
	if (refs_append(&s.refs, &from->refs, e) == -1) {
		segment_drop(&s);
		return -1;
	}
	v[j->n_segments++] = s;
	return 0;
}
