/*
 * Is a snapshot in another store, whole?  Told from what is there now and not
 * from what a shipment once said: see ship.h.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/intr.h"
#include "snapshot/ship_packs.h"
#include "snapshot/take.h"
#include "store/store.h"

#define SMALL_MAX (256u << 20)		/* of an inventory, the largest */

/* Read a small object there; its bytes must have this SHA-256. */
static int
look_small(struct ship *s, const char *name, const struct id *id,
    struct err *e)
{
	struct id seen;
	struct buf b;
	int rc;

	buf_init(&b, SMALL_MAX);
	if ((rc = store_get_all(s->o->to, name, &b, e)) == 0) {
		id_sha256(b.data, b.len, &seen);
		if (id_compare(&seen, id) != 0)
			rc = err_set(e, ERR_DAMAGED,
			    "it is not the one that is here");
	}
	buf_drop(&b);
	if (rc == 0 || !ship_is_about_object(e))
		return rc;
	ship_problem(s, name, e->text);
	err_clear(e);
	return 0;
}

/* A pack that the snapshot needs: there, and as long as here? */
static int
look_pack(void *cookie, const struct id *id, struct err *e)
{
	struct ship *s = cookie;
	struct held *here = holding_find(&s->packs, id);
	const struct held *there = holding_find(&s->there, id);
	char name[STORE_NAME_MAX], what[128];

	if (intr_check(e) == -1)
		return -1;
	if (here != NULL && here->state != HELD_IDLE)
		return 0;
	(void)inventory_pack_name(id, name);
	if (there == NULL)
		(void)snprintf(what, sizeof(what), "is not there");
	else if (here == NULL)
		(void)snprintf(what, sizeof(what), "is there and not here: "
		    "its size cannot be compared");
	else if (here->size != there->size)
		(void)snprintf(what, sizeof(what), "there it has %llu bytes, "
		    "here %llu", (unsigned long long)there->size,
		    (unsigned long long)here->size);
	else {
		here->state = HELD_GOOD;
		s->r->present++;
		return 0;
	}
	if (here != NULL)
		here->state = HELD_BAD;
	ship_problem(s, name, what);
	return 0;
}

static int
look(struct ship *s, const struct snapshot *snap, struct err *e)
{
	char name[STORE_NAME_MAX], hex[ID_TEXT_SIZE];

	if (ship_agree(s, e) == -1 ||
	    look_small(s, snap->object, &snap->digest, e) == -1)
		return -1;
	(void)snprintf(name, sizeof(name), "inventories/%s",
	    id_format(&snap->inventory, hex));
	if (look_small(s, name, &snap->inventory, e) == -1)
		return -1;
	if (s->r->problems > 0)
		return 0;
	if (holding_list(&s->packs, s->from->store, "packs/", e) == -1 ||
	    holding_list(&s->there, s->o->to, "packs/", e) == -1 ||
	    inventory_each(s->o->to, &snap->inventory, look_pack, s, e) == -1)
		return -1;
	if (ship_mark(s, true, e) == -1)
		return -1;
	return ship_check_packs(s, e);
}

int
ship_look(struct depot *from, const struct snapshot *snap,
    const struct ship_options *o, struct ship_report *r, struct err *e)
{
	struct ship s = { .from = from, .o = o, .r = r };
	int rc;

	*r = (struct ship_report){ .packs = 0 };
	(void)pthread_mutex_init(&s.lock, NULL);
	err_clear(e);
	if ((rc = look(&s, snap, e)) == -1)
		(void)err_add(e, "cannot look at %s", store_url(o->to));
	holding_drop(&s.packs);
	holding_drop(&s.there);
	(void)pthread_mutex_destroy(&s.lock);
	return rc;
}
