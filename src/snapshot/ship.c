/*
 * Brings another store up to date.  Invariants:
 *
 *	1. A snapshot's statement is put there after its inventory, and that
 *	   after all of its packs; so what is bound there is whole there.
 *	2. Only what is believed here is sent, byte for byte as it is here.
 *	3. Nothing there is ever replaced: what is there under the right name
 *	   with the wrong size is told, and the snapshots that need it are not
 *	   sent.
 *	4. What is already there is not sent again, however this ended before.
 *
 * agree -> list both -> plan -> send packs -> bind -> read back -> renew locks
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/intr.h"
#include "crypto/statement.h"
#include "snapshot/ship.h"
#include "snapshot/ship_packs.h"
#include "snapshot/take.h"
#include "snapshot/trail.h"
#include "store/store.h"

#define SMALL_MAX (256u << 20)		/* of an inventory, the largest */

bool
ship_is_about_object(const struct err *e)
{
	return e->kind == ERR_ABSENT || e->kind == ERR_DAMAGED ||
	    e->kind == ERR_UNSUPPORTED;
}

struct agreeing {
	struct ship	*ship;
	size_t		 ours;
};

/* A charter there: it must be one of this very store. */
static int
see_charter(void *cookie, const struct store_info *info, struct err *e)
{
	struct agreeing *a = cookie;
	const struct depot *from = a->ship->from;
	struct charter c;
	struct buf b;
	int rc = -1;

	buf_init(&b, STATEMENT_MAX);
	if (store_get_all(a->ship->o->to, info->name, &b, e) == -1 ||
	    depot_open_charter(from, &c, info->name, &b, e) == -1)
		goto done;
	if (strcmp(c.store, from->charter.store) != 0)
		(void)err_set(e, ERR_DENIED, "it is of store %s, ours is %s",
		    c.store, from->charter.store);
	else
		rc = 0;
	a->ours++;
done:
	buf_drop(&b);
	return rc == 0 ? 0 : err_add(e, "it is not a copy of %s: %s",
	    store_url(from->store), info->name);
}

int
ship_agree(struct ship *s, struct err *e)
{
	struct agreeing a = { s, 0 };
	const char *url = store_url(s->o->to);

	if (store_list(s->o->to, "charters/", see_charter, &a, e) != 0)
		return -1;
	if (a.ours > 0 || s->o->found)
		return 0;
	return err_set(e, ERR_ABSENT, "%s holds no store yet: muster-ship "
	    "--init makes it a copy of %s", url, store_url(s->from->store));
}

/* Send a small object, and read it back. */
static int
send_small(struct ship *s, const char *name, const struct id *id,
    struct buf *b, struct err *e)
{
	struct id seen;

	if (store_put(s->o->to, name, b->data, b->len, id, e) == STORE_FAILED)
		return -1;
	buf_clear(b);
	if (store_get_all(s->o->to, name, b, e) == -1)
		return -1;
	id_sha256(b->data, b->len, &seen);
	if (id_compare(&seen, id) != 0)
		return err_set(e, ERR_DAMAGED,
		    "what was read back is not what was sent");
	return 0;
}

/* Copy one whose name ends with its digest; it may be there. */
static int
copy_small(struct ship *s, const char *name, const struct id *id,
    struct err *e)
{
	struct store_info there;
	struct id seen;
	struct buf b;
	int rc = -1;

	buf_init(&b, SMALL_MAX);
	if (store_get_all(s->from->store, name, &b, e) == -1)
		goto done;
	id_sha256(b.data, b.len, &seen);
	if (id_compare(&seen, id) != 0) {
		(void)err_set(e, ERR_DAMAGED, "its bytes here do not have the "
		    "SHA-256 in its name: not sent");
		goto done;
	}
	if (store_head(s->o->to, name, &there, e) == 0) {
		rc = there.size == b.len ? 0 : err_set(e, ERR_DAMAGED,
		    "another object of that name is there");
		goto done;
	}
	if (e->kind != ERR_ABSENT)
		goto done;
	err_clear(e);
	if (s->o->dry_run || send_small(s, name, id, &b, e) == 0) {
		s->r->statements++;
		rc = 0;
	}
done:
	buf_drop(&b);
	return rc == 0 ? 0 : err_add(e, "%s", name);
}

/*
 * The same: 1, or 0 when something is wrong with the object; that is told, and
 * the rest goes on.
 */
static int
try_small(struct ship *s, const char *name, const struct id *id,
    struct err *e)
{
	if (copy_small(s, name, id, e) == 0)
		return 1;
	if (!ship_is_about_object(e))
		return -1;
	ship_problem(s, name, e->text);
	err_clear(e);
	return 0;
}

static int
copy_charter(void *cookie, const struct store_info *info, struct err *e)
{
	struct ship *s = cookie;
	struct charter c;
	struct buf b;
	int rc = -1;

	buf_init(&b, STATEMENT_MAX);
	if (store_get_all(s->from->store, info->name, &b, e) == -1)
		goto done;
	if (depot_open_charter(s->from, &c, info->name, &b, e) == -1) {
		ship_problem(s, info->name, e->text);
		err_clear(e);
		rc = 0;
		goto done;
	}
	rc = try_small(s, info->name, &c.digest, e) == -1 ? -1 : 0;
done:
	buf_drop(&b);
	return rc;
}

/* What the snapshot at hand needs, and whether all of it can be there. */
struct needing {
	struct ship	*ship;
	const char	*object;
	struct holding	 statements;	/* of one kind, there */
	bool		 whole;
};

/* One pack of an inventory: is it there, and if not, is it here? */
static int
plan_pack(void *cookie, const struct id *id, struct err *e)
{
	struct needing *n = cookie;
	struct ship *s = n->ship;
	struct held *here = holding_find(&s->packs, id);
	const struct held *there = holding_find(&s->there, id);
	char name[STORE_NAME_MAX], what[STORE_NAME_MAX + 128];

	(void)e;
	if (here != NULL && here->state != HELD_IDLE)
		return 0;
	(void)inventory_pack_name(id, name);
	if (here == NULL) {
		(void)snprintf(what, sizeof(what), "missing here, needed by "
		    "%s", n->object);
		ship_problem(s, name, what);
	} else if (there == NULL)
		here->state = HELD_WANTED;
	else if (there->size == here->size)
		here->state = HELD_GOOD;
	else {
		here->state = HELD_BAD;
		(void)snprintf(what, sizeof(what), "there it has %llu bytes, "
		    "here %llu: it must be removed there before it can be "
		    "sent", (unsigned long long)there->size,
		    (unsigned long long)here->size);
		ship_problem(s, name, what);
	}
	if (here != NULL && here->state == HELD_GOOD)
		s->r->present++;
	return 0;
}

static int
look_pack(void *cookie, const struct id *id, struct err *e)
{
	struct needing *n = cookie;
	const struct held *here = holding_find(&n->ship->packs, id);

	(void)e;
	n->whole = n->whole && here != NULL && here->state == HELD_GOOD;
	return 0;
}

/* Call fn for every pack of a snapshot that is believed here. */
static int
each_need(struct needing *n, const struct trail_item *item,
    int (*fn)(void *, const struct id *, struct err *), struct snapshot *snap,
    struct err *e)
{
	struct ship *s = n->ship;

	if (intr_check(e) == -1)
		return -1;
	n->object = item->object;
	n->whole = true;
	if (snapshot_parse(snap, item->statement, e) == 0 &&
	    inventory_each(s->from->store, &snap->inventory, fn, n, e) == 0)
		return 0;
	n->whole = false;
	if (!ship_is_about_object(e))
		return -1;
	ship_problem(s, item->object, e->text);
	err_clear(e);
	return 0;
}

static int
plan_snapshot(void *cookie, const struct trail_item *item, struct err *e)
{
	struct needing *n = cookie;
	struct snapshot *snap;
	int rc;

	if (item->statement == NULL) {
		ship_problem(n->ship, item->object, item->why->text);
		return 0;
	}
	if ((snap = malloc(sizeof(*snap))) == NULL)
		return err_memory(e);
	rc = each_need(n, item, plan_pack, snap, e);
	free(snap);
	return rc;
}

static bool
is_there(const struct needing *n, const struct trail_item *item)
{
	return holding_find(&n->statements, &item->digest) != NULL;
}

/* Inventory and statement of a snapshot whose packs are all there. */
static int
bind_snapshot(void *cookie, const struct trail_item *item, struct err *e)
{
	struct needing *n = cookie;
	struct snapshot *snap;
	char name[STORE_NAME_MAX], hex[ID_TEXT_SIZE];
	int rc = -1;

	if (item->statement == NULL || is_there(n, item))
		return 0;
	if ((snap = malloc(sizeof(*snap))) == NULL)
		return err_memory(e);
	if (each_need(n, item, look_pack, snap, e) == -1)
		goto done;
	if (!n->whole && !n->ship->o->dry_run) {
		ship_problem(n->ship, item->object,
		    "not sent: not all that it needs can be there");
		rc = 0;
		goto done;
	}
	(void)snprintf(name, sizeof(name), "inventories/%s",
	    id_format(&snap->inventory, hex));
	rc = try_small(n->ship, name, &snap->inventory, e);
	if (rc == 1)
		rc = try_small(n->ship, item->object, &item->digest, e);
done:
	free(snap);
	return rc == -1 ? -1 : 0;
}

/* A receipt or a verdict. */
static int
send_statement(void *cookie, const struct trail_item *item, struct err *e)
{
	struct needing *n = cookie;

	if (intr_check(e) == -1)
		return -1;
	if (item->statement == NULL) {
		ship_problem(n->ship, item->object, item->why->text);
		return 0;
	}
	if (!is_there(n, item) && try_small(n->ship, item->object,
	    &item->digest, e) == -1)
		return -1;
	return 0;
}

static int
bind_all(struct ship *s, struct err *e)
{
	static const struct {
		enum trail_kind	 kind;
		const char	*prefix;
		int		(*each)(void *, const struct trail_item *,
				    struct err *);
	} all[] = {
		{ TRAIL_SNAPSHOTS, "snapshots/", bind_snapshot },
		{ TRAIL_RECEIPTS, "receipts/", send_statement },
		{ TRAIL_VERDICTS, "verdicts/", send_statement },
	};
	struct needing n = { .ship = s };
	int rc = 0;

	for (size_t i = 0; i < 3 && rc == 0; i++) {
		rc = -1;
		if (holding_list(&n.statements, s->o->to, all[i].prefix,
		    e) == 0 && trail_each(s->from, all[i].kind, all[i].each,
		    &n, e) == 0)
			rc = 0;
		holding_drop(&n.statements);
	}
	return rc;
}

/*
 * How much is read back whole: one in so many, but at least and at most these.
 * What was sent now is what may have been lost on its way or by a server that
 * lies; of what is there for longer a few are enough each time, since there
 * are many times, and nothing grows with the store.
 */
struct share {
	size_t	one_in, least, most;
};

static const struct share of_sent = { 20, 3, 32 };
static const struct share of_others = { 200, 3, 8 };

static bool
is_of(const struct held *h, bool all, bool sent)
{
	return h->state == HELD_GOOD && (all || h->sent == sent);
}

/* Exactly so many of them, each with the same chance. */
static int
mark_some(struct ship *s, const struct share *k, bool all, bool sent,
    struct err *e)
{
	struct held *h = s->packs.v, *end = h + s->packs.n;
	size_t left = 0, want;
	uint64_t dice;

	for (; h < end; h++)
		left += is_of(h, all, sent);
	want = left / k->one_in;
	want = want < k->least ? k->least : want > k->most ? k->most : want;
	for (h = s->packs.v; h < end; h++) {
		if (!is_of(h, all, sent))
			continue;
		if (getrandom(&dice, sizeof(dice), 0) != sizeof(dice))
			return err_sys(e, "cannot get random bytes");
		h->check = dice % left-- < want;
		want -= h->check;
	}
	return 0;
}

int
ship_mark(struct ship *s, bool all, struct err *e)
{
	size_t i;

	if (!s->o->read_all)
		return mark_some(s, &of_sent, all, true, e) == -1 ? -1 :
		    all ? 0 : mark_some(s, &of_others, false, false, e);
	for (i = 0; i < s->packs.n; i++)
		s->packs.v[i].check = s->packs.v[i].state == HELD_GOOD;
	return 0;
}

static void
step(const struct ship *s, const char *what, uint64_t bytes)
{
	if (s->o->step != NULL)
		s->o->step(s->o->cookie, what, bytes);
}

/* How much is to be sent, or read back. */
static uint64_t
sum(const struct ship *s, bool wanted, uint64_t *packs)
{
	uint64_t bytes = 0;

	*packs = 0;
	for (size_t i = 0; i < s->packs.n; i++) {
		const struct held *h = &s->packs.v[i];

		if (wanted ? h->state == HELD_WANTED : h->check) {
			++*packs;
			bytes += h->size;
		}
	}
	return bytes;
}

/* Ask the other store again, as if nothing were known. */
static int
read_back(struct ship *s, struct err *e)
{
	char name[STORE_NAME_MAX];
	uint64_t packs;
	const struct held *there;
	struct held *h;

	holding_drop(&s->there);
	if (holding_list(&s->there, s->o->to, "packs/", e) == -1)
		return -1;
	for (size_t i = 0; i < s->packs.n; i++) {
		h = &s->packs.v[i];
		if (h->state != HELD_GOOD)
			continue;
		there = holding_find(&s->there, &h->id);
		if (there != NULL && there->size == h->size)
			continue;
		h->state = HELD_BAD;
		ship_problem(s, inventory_pack_name(&h->id, name), there ==
		    NULL ? "is not there after it was sent" :
		    "has another size there than it was sent with");
	}
	if (ship_mark(s, false, e) == -1)
		return -1;
	step(s, "read back", sum(s, false, &packs));
	return ship_check_packs(s, e);
}

static int
ship_all(struct ship *s, struct err *e)
{
	struct needing n = { .ship = s };
	uint64_t bytes, packs;

	step(s, "compare", 0);
	if (store_is_same(store_url(s->from->store), store_url(s->o->to)))
		return err_set(e, ERR_INPUT, "%s and %s are one folder: "
		    "expected a store in another place", store_url(s->o->to),
		    store_url(s->from->store));
	if (ship_agree(s, e) == -1)
		return -1;
	if (holding_list(&s->packs, s->from->store, "packs/", e) == -1 ||
	    holding_list(&s->there, s->o->to, "packs/", e) == -1 ||
	    trail_each(s->from, TRAIL_SNAPSHOTS, plan_snapshot, &n, e) != 0)
		return -1;
	if (store_list(s->from->store, "charters/", copy_charter, s, e) != 0)
		return -1;
	bytes = sum(s, true, &packs);
	if (s->o->dry_run) {
		s->r->packs = packs;
		s->r->bytes = bytes;
		if (bind_all(s, e) == -1)
			return -1;
		return s->o->lock == STORE_UNLOCKED ? 0 : ship_renew(s, e);
	}
	step(s, "send", bytes);
	if (ship_send_packs(s, e) == -1 || bind_all(s, e) == -1)
		return -1;
	if (read_back(s, e) == -1)
		return -1;
	return s->o->lock == STORE_UNLOCKED ? 0 : ship_renew(s, e);
}

int
ship_store(struct depot *from, const struct ship_options *o,
    struct ship_report *r, struct err *e)
{
	struct ship s = { .from = from, .o = o, .r = r };
	int rc;

	*r = (struct ship_report){ .packs = 0 };
	(void)pthread_mutex_init(&s.lock, NULL);
	err_clear(e);
	if ((rc = ship_all(&s, e)) == -1)
		(void)err_add(e, "cannot ship to %s", store_url(o->to));
	holding_drop(&s.packs);
	holding_drop(&s.there);
	(void)pthread_mutex_destroy(&s.lock);
	return rc;
}
