/*
 * Lists of refs: see chunks.h.  A list grows by half of itself and is bounded
 * by REFS_MAX, so that no manifest, however wrong, takes all memory.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "pack/chunks.h"

#define REFS_MAX ((size_t)1 << 28)

void
refs_init(struct refs *r)
{
	memset(r, 0, sizeof(*r));
}

void
refs_drop(struct refs *r)
{
	free(r->v);
	refs_init(r);
}

static int
refs_room(struct refs *r, size_t n, struct err *e)
{
	struct ref *v;
	size_t size;

	if (n <= r->size - r->n)
		return 0;
	if (n > REFS_MAX - r->n)
		return err_set(e, ERR_MEMORY, "more than %zu chunks in a list",
		    REFS_MAX);
	size = r->n + n;
	if (size < r->size + r->size / 2)
		size = r->size + r->size / 2;
	if (size < 8)
		size = 8;
	if ((v = realloc(r->v, size * sizeof(*v))) == NULL)
		return err_memory(e);
	r->v = v;
	r->size = size;
	return 0;
}

int
refs_add(struct refs *r, const struct ref *ref, struct err *e)
{
	if (refs_room(r, 1, e) == -1)
		return -1;
	r->v[r->n++] = *ref;
	return 0;
}

int
refs_append(struct refs *r, const struct refs *more, struct err *e)
{
	if (more->n == 0)
		return 0;
	if (refs_room(r, more->n, e) == -1)
		return -1;
	memcpy(r->v + r->n, more->v, more->n * sizeof(*r->v));
	r->n += more->n;
	return 0;
}
