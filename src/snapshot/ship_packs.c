/*
 * The packs of a shipment, several under way at once.
 *
 * A worker holds one pack in memory, so jobs bounds the memory.  From a store
 * at hand to one that is far not even that: a pack is read, digested and sent
 * in pieces, and its last piece is not sent before its digest is right, so
 * that no damaged one becomes an object.
 *
 * A pack that is damaged here is told and left out, the others go on; trouble
 * with a store ends all workers, and the first error is the one that is
 * reported.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/gang.h"
#include "base/intr.h"
#include "pack/pack.h"
#include "snapshot/ship_packs.h"
#include "snapshot/take.h"
#include "store/direct.h"
#include "store/store.h"

#define JOBS 4u

/* Memory of a worker, for a pack. */
struct room {
	uint8_t	*p;
	size_t	 size;
};

static int
compare_held(const void *a, const void *b)
{
	return id_compare(&((const struct held *)a)->id,
	    &((const struct held *)b)->id);
}

int
holding_add(struct holding *h, const struct held *item, struct err *e)
{
	struct held *v;
	size_t size;

	if (h->n == h->size) {
		size = h->size == 0 ? 256 : h->size * 2;
		if ((v = realloc(h->v, size * sizeof(*v))) == NULL)
			return err_memory(e);
		h->v = v;
		h->size = size;
	}
	h->v[h->n++] = *item;
	return 0;
}

void
holding_sort(struct holding *h)
{
	size_t i, n = 0;

	if (h->n > 1)
		qsort(h->v, h->n, sizeof(*h->v), compare_held);
	for (i = 0; i < h->n; i++) {
		if (n > 0 && id_compare(&h->v[n - 1].id, &h->v[i].id) == 0)
			free(h->v[i].name);
		else
			h->v[n++] = h->v[i];
	}
	h->n = n;
}

static int
see(void *cookie, const struct store_info *info, struct err *e)
{
	size_t len = strlen(info->name);
	struct held item = { .size = info->size };

	if (len < ID_TEXT_SIZE ||
	    id_parse(info->name + len - (ID_TEXT_SIZE - 1), &item.id) == -1)
		return 0;
	return holding_add(cookie, &item, e);
}

int
holding_list(struct holding *h, struct store *s, const char *prefix,
    struct err *e)
{
	if (store_list(s, prefix, see, h, e) != 0)
		return -1;
	holding_sort(h);
	return 0;
}

void
holding_drop(struct holding *h)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		free(h->v[i].name);
	free(h->v);
	*h = (struct holding){ .v = NULL };
}

struct held *
holding_find(const struct holding *h, const struct id *id)
{
	const struct held key = { .id = *id };

	return h->n == 0 ? NULL : bsearch(&key, h->v, h->n, sizeof(*h->v),
	    compare_held);
}

void
ship_problem(struct ship *s, const char *object, const char *what)
{
	(void)pthread_mutex_lock(&s->lock);
	s->r->problems++;
	if (s->o->problem != NULL)
		s->o->problem(s->o->cookie, object, what);
	(void)pthread_mutex_unlock(&s->lock);
}

/*
 * Room for a pack, kept for the next: a pack is too large for an allocator to
 * hold on to, and new pages cost as much as digesting.  Aligned, so that a
 * disk can write it.
 */
static int
room_make(struct room *r, uint64_t size, struct err *e)
{
	if (size <= r->size)
		return 0;
	free(r->p);
	r->size = ((size_t)size + DIRECT_PIECE - 1) / DIRECT_PIECE *
	    DIRECT_PIECE;
	if ((r->p = direct_memory(r->size, e)) != NULL)
		return 0;
	r->size = 0;
	return -1;
}

static int
is_wrong(struct err *e)
{
	return err_set(e, ERR_DAMAGED,
	    "its bytes do not have the SHA-256 in its name");
}

/* A pack could not be read: 0 when it is to blame, which is told. */
static int
not_read(struct ship *s, const char *name, const char *so, struct err *e)
{
	char what[ERR_TEXT_MAX + 64];

	if (e->kind != ERR_ABSENT && e->kind != ERR_DAMAGED)
		return err_add(e, "cannot read %s", name);
	(void)snprintf(what, sizeof(what), "%s%s", e->text, so);
	ship_problem(s, name, what);
	err_clear(e);
	return 0;
}

/* Read a pack whole.  1, or 0 when it is not there or damaged, and told. */
static int
read_pack(struct ship *s, const struct held *h, const char *name,
    struct room *room, struct err *e)
{
	struct id seen;

	if (h->size > PACK_SIZE_MAX)
		(void)err_set(e, ERR_DAMAGED, "too large for a pack");
	else if (room_make(room, h->size, e) == 0 &&
	    store_get(s->from->store, name, 0, (size_t)h->size, room->p,
	    e) == 0) {
		id_sha256(room->p, (size_t)h->size, &seen);
		if (id_compare(&seen, &h->id) == 0)
			return 1;
		(void)is_wrong(e);
	}
	return not_read(s, name, ": not sent", e);
}

/* A pack that is read in pieces, from its beginning. */
struct pouring {
	struct store		*from;
	const struct held	*h;
	const char		*name;
	struct sha256		*sum;
	struct err		 e;	/* why it could not be read */
	const struct store_sink	*to;	/* or it comes by itself: to here */
	bool			 full;	/* which fails */
};

static int
add_up(struct pouring *p, uint64_t offset, const void *data, size_t len,
    struct err *e)
{
	if (offset == 0) {
		sha256_free(p->sum);
		p->sum = sha256_new(e);
	}
	if (p->sum == NULL)
		return -1;
	sha256_add(p->sum, data, len);
	return 0;
}

static int
judge(struct pouring *p, struct err *e)
{
	struct id seen;

	sha256_end(p->sum, &seen);
	return id_compare(&seen, &p->h->id) == 0 ? 0 : is_wrong(e);
}

/* With the last piece comes the verdict: then it is not handed out. */
static int
pour_piece(struct pouring *p, uint64_t offset, size_t len, void *out,
    struct err *e)
{
	if (store_get(p->from, p->name, offset, len, out, e) == -1 ||
	    add_up(p, offset, out, len, e) == -1)
		return -1;
	return offset + len < p->h->size ? 0 : judge(p, e);
}

static int
pour(void *cookie, uint64_t offset, size_t len, void *out, struct err *e)
{
	struct pouring *p = cookie;

	if (pour_piece(p, offset, len, out, &p->e) == 0)
		return 0;
	*e = p->e;
	return -1;
}

/* A piece that came: its digest first, while it is near. */
static int
draw_piece(void *cookie, uint64_t offset, const void *data, size_t len,
    struct err *e)
{
	struct pouring *p = cookie;

	if (add_up(p, offset, data, len, e) == -1)
		return -1;
	p->full = p->to->take(p->to->cookie, offset, data, len, e) == -1;
	return p->full ? -1 : 0;
}

/* After the last piece the verdict: before it, nothing is an object. */
static int
draw(void *cookie, const struct store_sink *to, struct err *e)
{
	struct pouring *p = cookie;
	const struct store_sink sink = { draw_piece, p };

	p->to = to;
	if (store_get_to(p->from, p->name, (size_t)p->h->size, &sink,
	    &p->e) == 0 && judge(p, &p->e) == 0)
		return 0;
	*e = p->e;
	return -1;
}

static enum store_put_result
put_in_pieces(struct ship *s, struct pouring *p, struct err *e)
{
	const struct store_source source = { pour, p, (size_t)p->h->size };
	const struct store_giver giver = { draw, p, (size_t)p->h->size };

	if (store_streams(s->o->to))
		return store_put_from(s->o->to, p->name, &source, &p->h->id,
		    e);
	return store_put_given(s->o->to, p->name, &giver, e);
}

/* 1, or 0 when it is not there or damaged here, which is told. */
static int
pour_pack(struct ship *s, const struct held *h, const char *name,
    struct err *e)
{
	struct pouring p = { .from = s->from->store, .h = h, .name = name };
	int rc = 1;

	if (put_in_pieces(s, &p, e) == STORE_FAILED &&
	    (p.e.kind == ERR_NONE || p.full))
		rc = err_add(e, "cannot send %s", name);
	else if (p.e.kind != ERR_NONE) {
		*e = p.e;
		rc = not_read(s, name, ": not sent", e);
	}
	sha256_free(p.sum);
	return rc;
}

/* Read all of it, for its digest only. */
static int
pour_out(struct pouring *p, void *piece, struct err *e)
{
	uint64_t at = 0, left = p->h->size;
	size_t len;

	do {
		len = left < DIRECT_PIECE ? (size_t)left : DIRECT_PIECE;
		if (intr_check(e) == -1 ||
		    pour_piece(p, at, len, piece, e) == -1)
			return -1;
		at += len;
		left -= len;
	} while (left > 0);
	return 0;
}

static int
carry_pack(struct ship *s, const struct held *h, const char *name,
    struct room *room, struct err *e)
{
	int rc = read_pack(s, h, name, room, e);

	if (rc == 1 && store_put(s->o->to, name, room->p, (size_t)h->size,
	    &h->id, e) == STORE_FAILED)
		return err_add(e, "cannot send %s", name);
	return rc;
}

static int
send_pack(struct ship *s, struct held *h, struct room *room, struct err *e)
{
	int64_t begun = clock_utc();
	const struct store *from = s->from->store, *to = s->o->to;
	bool pours = h->size > 0 && h->size <= PACK_SIZE_MAX &&
	    (store_streams(to) ? !store_streams(from) :
	    store_takes(to) && store_gives(from));
	char name[STORE_NAME_MAX];
	int rc;

	h->state = HELD_BAD;
	(void)inventory_pack_name(&h->id, name);
	rc = pours ? pour_pack(s, h, name, e) :
	    carry_pack(s, h, name, room, e);
	if (rc != 1)
		return rc;
	h->state = HELD_GOOD;
	h->sent = true;
	if (s->o->lock != STORE_UNLOCKED)
		h->until = begun + s->o->lock_span;	/* when it was put */
	(void)pthread_mutex_lock(&s->lock);
	s->r->packs++;
	s->r->bytes += h->size;
	(void)pthread_mutex_unlock(&s->lock);
	if (s->o->progress != NULL)
		s->o->progress(s->o->cookie, h->size, 1);
	return 0;
}

static int
check_pack(struct ship *s, struct held *h, struct room *room, struct err *e)
{
	char name[STORE_NAME_MAX];
	struct pouring p = { .from = s->o->to, .h = h, .name = name };
	int rc;

	(void)inventory_pack_name(&h->id, name);
	if ((rc = room_make(room, DIRECT_PIECE, e)) == 0)
		rc = pour_out(&p, room->p, e);
	sha256_free(p.sum);
	if (rc == -1) {
		h->state = HELD_BAD;
		return not_read(s, name, " there", e);
	}
	(void)pthread_mutex_lock(&s->lock);
	s->r->read_packs++;
	s->r->read_bytes += h->size;
	(void)pthread_mutex_unlock(&s->lock);
	if (s->o->progress != NULL)
		s->o->progress(s->o->cookie, h->size, 1);
	return 0;
}

/* What the workers share. */
struct hands {
	struct ship	*ship;
	const struct holding *all;
	const struct ship_work *w;
	struct room	 rooms[GANG_MAX];	/* of each */
};

static int
one(void *cookie, size_t i, unsigned worker, struct err *e)
{
	struct hands *h = cookie;

	if (!h->w->wants(&h->all->v[i]))
		return 0;
	return h->w->work(h->ship, &h->all->v[i], &h->rooms[worker], e);
}

int
ship_each(struct ship *s, const struct holding *all,
    const struct ship_work *w, struct err *e)
{
	struct hands h = { .ship = s, .all = all, .w = w };
	const struct gang g = { .n = all->n, .work = one, .cookie = &h,
	    .workers = s->o->jobs == 0 ? JOBS : s->o->jobs };
	int rc = gang_run(&g, e);

	for (size_t i = 0; i < GANG_MAX; i++)
		free(h.rooms[i].p);
	return rc;
}

static bool
is_wanted(const struct held *h)
{
	return h->state == HELD_WANTED;
}

int
ship_send_packs(struct ship *s, struct err *e)
{
	static const struct ship_work w = { is_wanted, send_pack };

	return ship_each(s, &s->packs, &w, e);
}

static bool
is_marked(const struct held *h)
{
	return h->check;
}

int
ship_check_packs(struct ship *s, struct err *e)
{
	static const struct ship_work w = { is_marked, check_pack };

	return ship_each(s, &s->packs, &w, e);
}
