/*
 * The set of packs that a snapshot relies on: see used.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "pack/used.h"

void
used_init(struct used *u)
{
	(void)pthread_mutex_init(&u->lock, NULL);
	idset_init(&u->packs);
}

void
used_drop(struct used *u)
{
	idset_drop(&u->packs);
	(void)pthread_mutex_destroy(&u->lock);
}

int
used_add(struct used *u, const struct id *pack, struct err *e)
{
	int rc;

	(void)pthread_mutex_lock(&u->lock);
	rc = idset_add(&u->packs, pack, e);
	(void)pthread_mutex_unlock(&u->lock);
	return rc == -1 ? -1 : 0;
}

static int
compare(const void *a, const void *b)
{
	return id_compare(a, b);
}

int
used_each(struct used *u, int (*each)(void *, const struct id *,
    struct err *), void *cookie, struct err *e)
{
	static const struct id none;
	struct id *v;
	size_t i, n = 0;
	int rc = 0;

	(void)pthread_mutex_lock(&u->lock);
	if ((v = malloc((u->packs.n + 1) * sizeof(*v))) != NULL)
		for (i = 0; i < u->packs.size; i++)
			if (id_compare(&u->packs.slots[i], &none) != 0)
				v[n++] = u->packs.slots[i];
	(void)pthread_mutex_unlock(&u->lock);
	if (v == NULL)
		return err_memory(e);
	qsort(v, n, sizeof(*v), compare);
	for (i = 0; i < n && rc == 0; i++)
		rc = each(cookie, &v[i], e);
	free(v);
	return rc;
}
