/*
 * The packs of a shipment, several under way at once.
 *
 * A worker holds one pack in memory, so jobs bounds the memory.  A pack that
 * is damaged here is told and left out, the others go on; trouble with a store
 * ends all workers, and the first error is the one that is reported.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/intr.h"
#include "pack/pack.h"
#include "snapshot/ship_packs.h"
#include "snapshot/take.h"
#include "store/store.h"

#define JOBS 4u
#define JOBS_MAX 32u

struct gang {
	struct ship	*ship;
	int		(*work)(struct ship *, struct held *, struct buf *,
			    struct err *);
	bool		(*wants)(const struct held *);
	atomic_size_t	 next;
	atomic_bool	 stop;
	struct err	 first;		/* under the ship's lock */
};

static int
compare_held(const void *a, const void *b)
{
	return id_compare(&((const struct held *)a)->id,
	    &((const struct held *)b)->id);
}

static int
see(void *cookie, const struct store_info *info, struct err *e)
{
	struct holding *h = cookie;
	size_t len = strlen(info->name), size;
	struct held *v, item = { .size = info->size };

	if (len < ID_TEXT_SIZE ||
	    id_parse(info->name + len - (ID_TEXT_SIZE - 1), &item.id) == -1)
		return 0;
	if (h->n == h->size) {
		size = h->size == 0 ? 256 : h->size * 2;
		if ((v = realloc(h->v, size * sizeof(*v))) == NULL)
			return err_memory(e);
		h->v = v;
		h->size = size;
	}
	h->v[h->n++] = item;
	return 0;
}

int
holding_list(struct holding *h, struct store *s, const char *prefix,
    struct err *e)
{
	if (store_list(s, prefix, see, h, e) != 0)
		return -1;
	if (h->n > 1)
		qsort(h->v, h->n, sizeof(*h->v), compare_held);
	return 0;
}

void
holding_drop(struct holding *h)
{
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
 * Read a pack whole, into memory that is kept: a pack is too large for an
 * allocator to hold on to, and new pages cost as much as hashing.  1, or 0
 * when it is not there or damaged; then that was told, with this consequence.
 */
static int
read_pack(struct ship *s, struct store *store, const struct held *h,
    struct buf *b, const char *so, struct err *e)
{
	char name[STORE_NAME_MAX], what[ERR_TEXT_MAX + 64];
	struct id seen;
	uint8_t *p;

	(void)inventory_pack_name(&h->id, name);
	buf_clear(b);
	if (h->size > PACK_SIZE_MAX)
		(void)err_set(e, ERR_DAMAGED, "too large for a pack");
	else if ((p = buf_room(b, (size_t)h->size, e)) != NULL &&
	    store_get(store, name, 0, (size_t)h->size, p, e) == 0) {
		b->len = (size_t)h->size;
		id_sha256(b->data, b->len, &seen);
		if (id_compare(&seen, &h->id) == 0)
			return 1;
		(void)err_set(e, ERR_DAMAGED,
		    "its bytes do not have the SHA-256 in its name");
	}
	if (e->kind != ERR_ABSENT && e->kind != ERR_DAMAGED)
		return err_add(e, "cannot read %s", name);
	(void)snprintf(what, sizeof(what), "%s%s", e->text, so);
	ship_problem(s, name, what);
	err_clear(e);
	return 0;
}

static int
send_pack(struct ship *s, struct held *h, struct buf *b, struct err *e)
{
	char name[STORE_NAME_MAX];
	int rc;

	h->state = HELD_BAD;
	if ((rc = read_pack(s, s->from->store, h, b, ": not sent", e)) != 1)
		return rc;
	if (store_put(s->o->to, inventory_pack_name(&h->id, name), b->data,
	    b->len, &h->id, e) == STORE_FAILED)
		return err_add(e, "cannot send %s", name);
	h->state = HELD_GOOD;
	(void)pthread_mutex_lock(&s->lock);
	s->r->packs++;
	s->r->bytes += h->size;
	(void)pthread_mutex_unlock(&s->lock);
	if (s->o->progress != NULL)
		s->o->progress(s->o->cookie, h->size, 1);
	return 0;
}

static int
check_pack(struct ship *s, struct held *h, struct buf *b, struct err *e)
{
	int rc;

	if ((rc = read_pack(s, s->o->to, h, b, " there", e)) != 1) {
		h->state = HELD_BAD;
		return rc;
	}
	(void)pthread_mutex_lock(&s->lock);
	s->r->read_packs++;
	s->r->read_bytes += h->size;
	(void)pthread_mutex_unlock(&s->lock);
	if (s->o->progress != NULL)
		s->o->progress(s->o->cookie, h->size, 1);
	return 0;
}

static void
stop(struct gang *g, const struct err *why)
{
	(void)pthread_mutex_lock(&g->ship->lock);
	if (!atomic_exchange(&g->stop, true))
		g->first = *why;
	(void)pthread_mutex_unlock(&g->ship->lock);
}

static void *
run(void *cookie)
{
	struct gang *g = cookie;
	const struct holding *all = &g->ship->packs;
	struct err e = { 0 };
	struct buf b;
	size_t i;

	buf_init(&b, PACK_SIZE_MAX);
	while (!atomic_load(&g->stop) &&
	    (i = atomic_fetch_add(&g->next, 1)) < all->n) {
		if (!g->wants(&all->v[i]))
			continue;
		if (intr_check(&e) == -1 ||
		    g->work(g->ship, &all->v[i], &b, &e) == -1)
			stop(g, &e);
	}
	buf_drop(&b);
	return NULL;
}

/* Start the others with all signals blocked: this thread is asked to stop. */
static unsigned
start(struct gang *g, pthread_t *threads, unsigned want)
{
	sigset_t all, old;
	unsigned n = 0;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	while (n < want && pthread_create(&threads[n], NULL, run, g) == 0)
		n++;
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return n;
}

static int
work_off(struct gang *g, struct err *e)
{
	pthread_t threads[JOBS_MAX];
	unsigned want = g->ship->o->jobs, n;

	if (want == 0)
		want = JOBS;
	if (want > JOBS_MAX)
		want = JOBS_MAX;
	n = start(g, threads, want);
	if (n == 0)
		(void)run(g);		/* no thread to be had: alone, then */
	while (n > 0)
		(void)pthread_join(threads[--n], NULL);
	if (!atomic_load(&g->stop))
		return 0;
	*e = g->first;
	return -1;
}

static bool
is_wanted(const struct held *h)
{
	return h->state == HELD_WANTED;
}

int
ship_send_packs(struct ship *s, struct err *e)
{
	struct gang g = { .ship = s, .work = send_pack, .wants = is_wanted };

	return work_off(&g, e);
}

static bool
is_marked(const struct held *h)
{
	return h->check;
}

int
ship_check_packs(struct ship *s, struct err *e)
{
	struct gang g = { .ship = s, .work = check_pack, .wants = is_marked };

	return work_off(&g, e);
}
