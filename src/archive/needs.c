/*
 * A list of names, sorted by file and, of each, by the names it is needed as:
 * the first of those is where its content goes.
 */
#include <stdlib.h>
#include <string.h>

#include "archive/archive.h"
#include "archive/name.h"
#include "archive/needs.h"
#include "base/err.h"

void
needs_drop(struct needs *l)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		free(l->v[i].file);
		free(l->v[i].as);
	}
	free(l->v);
	*l = (struct needs){ .n = 0 };
}

int
needs_add(struct needs *l, const char *file, const char *as, struct err *e)
{
	size_t size = l->size == 0 ? 16 : l->size * 2;
	struct need *v;

	if (l->n == l->size) {
		if ((v = reallocarray(l->v, size, sizeof(*v))) == NULL)
			return err_memory(e);
		l->v = v;
		l->size = size;
	}
	v = &l->v[l->n];
	*v = (struct need){ strdup(file), strdup(as) };
	l->n++;
	return v->file == NULL || v->as == NULL ? err_memory(e) : 0;
}

static int
compare(const void *a, const void *b)
{
	const struct need *x = a, *y = b;
	int c = name_compare(x->file, y->file);

	return c != 0 ? c : name_compare(x->as, y->as);
}

void
needs_sort(struct needs *l)
{
	if (l->n > 1)
		qsort(l->v, l->n, sizeof(*l->v), compare);
}

const struct need *
needs_find(const struct needs *l, const char *file)
{
	size_t lo = 0, hi = l->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (name_compare(l->v[mid].file, file) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < l->n && strcmp(l->v[lo].file, file) == 0 ? &l->v[lo] :
	    NULL;
}

bool
needs_within(const struct needs *l, const struct segment *s)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (name_compare(s->first, l->v[i].file) <= 0 &&
		    name_compare(l->v[i].file, s->last) <= 0)
			return true;
	return false;
}
