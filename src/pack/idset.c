/*
 * Open addressing over ids, which are keyed digests: their first bytes are a
 * hash already, and nobody without the key can make them collide.  The one id
 * of zero bytes would be a free slot; BLAKE2b gives it to nobody.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "pack/idset.h"

static const struct id none;

void
idset_init(struct idset *s)
{
	memset(s, 0, sizeof(*s));
}

void
idset_drop(struct idset *s)
{
	free(s->slots);
	idset_init(s);
}

static size_t
home(const struct idset *s, const struct id *id)
{
	size_t h;

	memcpy(&h, id->b, sizeof(h));
	return h & (s->size - 1);
}

/* Where the id is, or the free slot where it would be. */
static size_t
slot(const struct idset *s, const struct id *id)
{
	size_t i = home(s, id);

	while (id_compare(&s->slots[i], &none) != 0 &&
	    id_compare(&s->slots[i], id) != 0)
		i = (i + 1) & (s->size - 1);
	return i;
}

static int
grow(struct idset *s, struct err *e)
{
	struct idset larger = { NULL, s->n, s->size != 0 ? s->size * 2 : 64 };

	larger.slots = calloc(larger.size, sizeof(*larger.slots));
	if (larger.slots == NULL)
		return err_memory(e);
	for (size_t i = 0; i < s->size; i++)
		if (id_compare(&s->slots[i], &none) != 0)
			larger.slots[slot(&larger, &s->slots[i])] =
			    s->slots[i];
	free(s->slots);
	*s = larger;
	return 0;
}

int
idset_add(struct idset *s, const struct id *id, struct err *e)
{
	size_t i;

	if (s->n >= s->size / 2 && grow(s, e) == -1)
		return -1;
	i = slot(s, id);
	if (id_compare(&s->slots[i], id) == 0)
		return 0;
	s->slots[i] = *id;
	s->n++;
	return 1;
}

bool
idset_has(const struct idset *s, const struct id *id)
{
	return s->n > 0 && id_compare(&s->slots[slot(s, id)], id) == 0;
}

void
idset_remove(struct idset *s, const struct id *id)
{
	size_t mask = s->size - 1, hole, i;

	if (s->n == 0)
		return;
	hole = slot(s, id);
	if (id_compare(&s->slots[hole], id) != 0)
		return;
	s->n--;
	/* Move back what a search would not find beyond the hole any more. */
	for (i = (hole + 1) & mask; id_compare(&s->slots[i], &none) != 0;
	    i = (i + 1) & mask) {
		if (((i - home(s, &s->slots[i])) & mask) <
		    ((i - hole) & mask))
			continue;
		s->slots[hole] = s->slots[i];
		hole = i;
	}
	s->slots[hole] = none;
}
