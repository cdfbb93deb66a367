/*
 * The order of statements within one second: see second.h.
 *
 * Whoever asks for the newest takes the last that comes.  Runs of the same
 * second are rare but for small sites, so what is held is few.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "snapshot/second.h"

#define NANO 1000000000

struct held {
	struct trail_item	 item;
	char			 object[STORE_NAME_MAX];
	json_t			*statement;
	struct err		 why;
	bool			 has_previous, told;
	struct id		 previous;
};

bool
second_is_over(const struct second *s, const struct trail_item *item)
{
	return s->n == SECOND_MAX || (s->n > 0 &&
	    s->v[0].item.named / NANO != item->named / NANO);
}

int
second_add(struct second *s, const struct trail_item *item, struct err *e)
{
	struct held *v, *h;
	struct err none;		/* the first has no predecessor */
	size_t i;

	if ((v = realloc(s->v, (s->n + 1) * sizeof(*v))) == NULL)
		return err_memory(e);
	s->v = v;
	h = &v[s->n++];
	*h = (struct held){ .item = *item };
	(void)snprintf(h->object, sizeof(h->object), "%s", item->object);
	if (item->why != NULL)
		h->why = *item->why;
	if (item->statement != NULL) {
		h->statement = json_incref((json_t *)(uintptr_t)
		    item->statement);
		h->has_previous = snapshot_id_want(json_object_get(
		    h->statement, "predicate"), "previous", &h->previous,
		    &none) == 0;
	}
	/* they may have moved */
	for (i = 0; i < s->n; i++) {
		v[i].item.object = v[i].object;
		v[i].item.statement = v[i].statement;
		if (v[i].item.why != NULL)
			v[i].item.why = &v[i].why;
	}
	return 0;
}

/* Is the one before it among those that are still to come? */
static bool
waits(const struct second *s, const struct held *h)
{
	size_t i;

	for (i = 0; h->has_previous && i < s->n; i++)
		if (!s->v[i].told && s->v[i].statement != NULL &&
		    id_compare(&s->v[i].item.digest, &h->previous) == 0)
			return true;
	return false;
}

/* The next to tell; a circle, which no digest can make, is cut somewhere. */
static struct held *
next(const struct second *s)
{
	struct held *first = NULL;
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (s->v[i].told)
			continue;
		if (!waits(s, &s->v[i]))
			return &s->v[i];
		if (first == NULL)
			first = &s->v[i];
	}
	return first;
}

int
second_tell(struct second *s, int (*each)(void *, const struct trail_item *,
    struct err *), void *cookie, struct err *e)
{
	struct held *h;
	int rc = 0;

	while (rc == 0 && (h = next(s)) != NULL) {
		h->told = true;
		rc = each(cookie, &h->item, e);
	}
	second_drop(s);
	return rc;
}

void
second_drop(struct second *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		json_decref(s->v[i].statement);
	free(s->v);
	*s = (struct second){ .n = 0 };
}
