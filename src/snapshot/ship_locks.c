/*
 * Locks that last as long as they are needed: see ship.h.
 *
 * Object Lock runs from when an object was put, but a pack is needed for as
 * long as any snapshot refers to it, be it from today.  So every shipment
 *
 *	gather	what the snapshots here need and what is there,
 *	recall	what is known of their locks,
 *	look	asks the store about those not known to be long enough, and
 *	extend	those that are too short,
 *	remember.
 *
 * What is remembered is what the store was seen to say or was told; without it
 * all is asked again.  Nobody relies on it but this file: the gate asks the
 * store itself.  No lock is ever shortened, and none gets another mode.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/num.h"
#include "snapshot/ship_packs.h"
#include "snapshot/take.h"
#include "snapshot/trail.h"
#include "store/store.h"

#define NANO INT64_C(1000000000)
#define MEMORY_MAX ((size_t)128 << 20)
#define MAGIC "muster-locks 1\n"
#define UNLOCKED INT64_C(-1)		/* of until: it was seen */

struct renewal {
	struct ship	*ship;
	struct holding	 all;
};

static int
add(struct renewal *x, const struct id *id, const char *name, int64_t until,
    struct err *e)
{
	struct held h = { .id = *id, .until = until };

	if (name != NULL && (h.name = strdup(name)) == NULL)
		return err_memory(e);
	if (holding_add(&x->all, &h, e) == 0)
		return 0;
	free(h.name);
	return -1;
}

static int
add_charter(void *cookie, const struct store_info *info, struct err *e)
{
	size_t len = strlen(info->name);
	struct id id;

	if (len < ID_TEXT_SIZE ||
	    id_parse(info->name + len - (ID_TEXT_SIZE - 1), &id) == -1)
		return 0;
	return add(cookie, &id, info->name, 0, e);
}

static int
add_snapshot(void *cookie, const struct trail_item *item, struct err *e)
{
	char name[STORE_NAME_MAX], hex[ID_TEXT_SIZE];
	struct snapshot *s;
	struct err why;
	int rc = 0;

	if (item->statement == NULL)
		return 0;		/* told by the plan */
	if ((s = malloc(sizeof(*s))) == NULL)
		return err_memory(e);
	if (snapshot_parse(s, item->statement, &why) == 0) {
		(void)snprintf(name, sizeof(name), "inventories/%s",
		    id_format(&s->inventory, hex));
		rc = add(cookie, &s->inventory, name, 0, e);
		if (rc == 0)
			rc = add(cookie, &item->digest, item->object, 0, e);
	}
	free(s);
	return rc;
}

static int
gather(struct renewal *x, struct err *e)
{
	struct depot *from = x->ship->from;
	const struct holding *packs = &x->ship->packs;
	size_t i;

	for (i = 0; i < packs->n; i++)
		if (packs->v[i].state == HELD_GOOD && add(x, &packs->v[i].id,
		    NULL, packs->v[i].until, e) == -1)
			return -1;
	if (store_list(from->store, "charters/", add_charter, x, e) != 0 ||
	    trail_each(from, TRAIL_SNAPSHOTS, add_snapshot, x, e) != 0)
		return -1;
	holding_sort(&x->all);
	return 0;
}

/* A line is digest, blank, seconds; whatever else it is means nothing. */
static void
recall_line(struct renewal *x, char *line)
{
	struct held *h;
	struct err none;
	uint64_t seconds;
	struct id id;

	if (strlen(line) < ID_TEXT_SIZE || line[ID_TEXT_SIZE - 1] != ' ')
		return;
	line[ID_TEXT_SIZE - 1] = '\0';
	if (id_parse(line, &id) == 0 && num_parse(line + ID_TEXT_SIZE, 1,
	    INT64_MAX / NANO, &seconds, &none) == 0 &&
	    (h = holding_find(&x->all, &id)) != NULL)
		h->until = (int64_t)seconds * NANO;
}

static void
recall(struct renewal *x)
{
	struct buf b;
	struct err none;
	char *line, *end;

	buf_init(&b, MEMORY_MAX);
	if (x->ship->o->lock_memory != NULL &&
	    file_load(x->ship->o->lock_memory, &b, &none) == 0 &&
	    buf_text(&b, &none) != NULL &&
	    strncmp((char *)b.data, MAGIC, strlen(MAGIC)) == 0)
		for (line = (char *)b.data + strlen(MAGIC);
		    (end = strchr(line, '\n')) != NULL; line = end + 1) {
			*end = '\0';
			recall_line(x, line);
		}
	buf_drop(&b);
}

/* Without it the next shipment only asks more: no error. */
static void
remember(const struct renewal *x, int64_t need)
{
	char hex[ID_TEXT_SIZE];
	struct buf b;
	struct err none;
	int rc;
	size_t i;

	if (x->ship->o->lock_memory == NULL || x->ship->o->dry_run)
		return;
	buf_init(&b, MEMORY_MAX);
	rc = buf_add_text(&b, MAGIC, &none);
	for (i = 0; i < x->all.n && rc == 0; i++)
		if (x->all.v[i].until >= need)
			rc = buf_addf(&b, &none, "%s %lld\n",
			    id_format(&x->all.v[i].id, hex),
			    (long long)(x->all.v[i].until / NANO));
	if (rc == 0)
		(void)file_replace_path(x->ship->o->lock_memory, 0600, b.data,
		    b.len, &none);
	buf_drop(&b);
}

static const char *
name_of(const struct held *h, char name[STORE_NAME_MAX])
{
	return h->name != NULL ? h->name : inventory_pack_name(&h->id, name);
}

static bool
is_marked(const struct held *h)
{
	return h->check;
}

/* Mark those whose lock ends before need. */
static size_t
mark(struct renewal *x, int64_t need)
{
	size_t i, n = 0;

	for (i = 0; i < x->all.n; i++) {
		x->all.v[i].check = x->all.v[i].until < need &&
		    x->all.v[i].state != HELD_BAD;
		n += x->all.v[i].check;
	}
	return n;
}

static int
look(struct ship *s, struct held *h, struct room *room, struct err *e)
{
	char name[STORE_NAME_MAX];
	struct store_kept k;

	(void)room;
	if (store_kept(s->o->to, name_of(h, name), &k, e) == -1) {
		if (!ship_is_about_object(e))
			return -1;
		h->state = HELD_BAD;	/* not there: told before */
		err_clear(e);
		return 0;
	}
	h->lock = k.lock;
	h->until = k.lock == STORE_UNLOCKED ? UNLOCKED : k.until;
	(void)pthread_mutex_lock(&s->lock);
	s->r->locks_seen++;
	(void)pthread_mutex_unlock(&s->lock);
	return 0;
}

/*
 * The mode stays what it is: another one needs the right to bypass it, which
 * no shipment should have.  The first one is looked at afterwards: did it come
 * about?
 */
static int
extend(struct ship *s, struct held *h, struct room *room, struct err *e)
{
	char name[STORE_NAME_MAX];
	struct store_kept k, seen;

	(void)room;
	k.lock = h->lock != STORE_UNLOCKED ? h->lock : s->o->lock;
	k.until = clock_utc() + s->o->lock_span;
	if (store_keep(s->o->to, name_of(h, name), &k, e) == -1)
		return -1;
	if (!atomic_exchange(&s->extended, true)) {
		if (store_kept(s->o->to, name_of(h, name), &seen, e) == -1)
			return -1;
		if (seen.lock != STORE_UNLOCKED && seen.until + NANO <
		    k.until)
			return err_set(e, ERR_REMOTE, "%s: the server did not "
			    "extend its lock, and did not say so",
			    name_of(h, name));
	}
	h->until = k.until;
	(void)pthread_mutex_lock(&s->lock);
	s->r->locked++;
	(void)pthread_mutex_unlock(&s->lock);
	return 0;
}

/* One lock that can be seen shows that the server knows what it is. */
static bool
knows_locks(const struct renewal *x)
{
	for (size_t i = 0; i < x->all.n; i++)
		if (x->all.v[i].until > 0)
			return true;
	return false;
}

/* A key that may not is told once, and is no reason to end otherwise. */
static int
extend_all(struct renewal *x, size_t n, struct err *e)
{
	static const struct ship_work w = { is_marked, extend };
	struct ship *s = x->ship;
	char what[ERR_TEXT_MAX];

	if (n == 0)
		return 0;
	if (!knows_locks(x)) {
		ship_problem(s, "locks", "no object that the snapshots need "
		    "is seen to be locked: is Object Lock enabled there, and "
		    "may this key read retention (s3:GetObjectRetention)?");
		return 0;
	}
	if (s->o->dry_run) {
		s->r->locked = n;
		return 0;
	}
	if (ship_each(s, &x->all, &w, e) == 0)
		return 0;
	if (e->kind != ERR_DENIED)
		return -1;
	(void)snprintf(what, sizeof(what), "%llu objects that the snapshots "
	    "need are locked for too short a time, and this key may not "
	    "extend that (it needs s3:PutObjectRetention): %.400s",
	    (unsigned long long)(n - s->r->locked), e->text);
	ship_problem(s, "locks", what);
	err_clear(e);
	return 0;
}

int
ship_renew(struct ship *s, struct err *e)
{
	static const struct ship_work w = { is_marked, look };
	int64_t need = clock_utc() + s->o->lock_least;
	struct renewal x = { .ship = s };
	int rc = -1;

	if (s->o->step != NULL)
		s->o->step(s->o->cookie, "locks", 0);
	if (gather(&x, e) == -1)
		goto done;
	recall(&x);
	if (mark(&x, need) > 0 && ship_each(s, &x.all, &w, e) == -1)
		goto done;
	rc = extend_all(&x, mark(&x, need), e);
	remember(&x, need);
done:
	if (rc == -1)
		(void)err_add(e, "cannot extend locks");
	holding_drop(&x.all);
	return rc;
}
