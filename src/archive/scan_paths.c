/*
 * The paths that a tree is taken of, brought in order.
 */
#include <stdlib.h>
#include <string.h>

#include "archive/name.h"
#include "archive/scan_paths.h"
#include "base/err.h"

static int
compare(const void *a, const void *b)
{
	return name_compare(*(char *const *)a, *(char *const *)b);
}

/* Since they are sorted, what is below one follows it at once. */
static void
merge(struct scan_paths *p)
{
	size_t i, n = 0;

	for (i = 0; i < p->n; i++) {
		if (n > 0 && name_is_below(p->v[i], p->v[n - 1]))
			free(p->v[i]);
		else
			p->v[n++] = p->v[i];
	}
	p->n = n;
}

int
scan_paths_init(struct scan_paths *p, const char *const *paths,
    struct err *e)
{
	size_t n = 0;

	*p = (struct scan_paths){ .n = 0 };
	while (paths[n] != NULL)
		n++;
	if (n == 0)
		return err_set(e, ERR_INPUT, "no paths are given");
	if ((p->v = calloc(n, sizeof(*p->v))) == NULL)
		return err_memory(e);
	for (; p->n < n; p->n++)
		if ((p->v[p->n] = name_from_path(paths[p->n], true, e))
		    == NULL) {
			scan_paths_drop(p);
			return -1;
		}
	qsort(p->v, p->n, sizeof(*p->v), compare);
	merge(p);
	return 0;
}

void
scan_paths_drop(struct scan_paths *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		free(p->v[i]);
	free(p->v);
	*p = (struct scan_paths){ .n = 0 };
}
