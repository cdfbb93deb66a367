/* Lists of names, which the server gives in orders of its own. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "db/names.h"

void
names_drop(struct names *n)
{
	while (n->n > 0)
		free(n->v[--n->n]);
	free(n->v);
	*n = (struct names){ 0 };
}

int
names_add(struct names *n, const char *name, struct err *e)
{
	size_t size = n->size == 0 ? 16 : 2 * n->size;
	char **more;

	if (n->n == n->size) {
		more = realloc(n->v, size * sizeof(*more));
		if (more == NULL)
			return err_memory(e);
		n->v = more;
		n->size = size;
	}
	if ((n->v[n->n] = strdup(name)) == NULL)
		return err_memory(e);
	n->n++;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
names_sort(struct names *n)
{
	if (n->n > 1)
		qsort(n->v, n->n, sizeof(*n->v), compare);
}
