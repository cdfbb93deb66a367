/*
 * A list of chunks, read in order.  It is divided into runs: neighbours in
 * the list that lie near each other in one pack, so that one request fetches
 * them.  The workers fetch and open runs ahead; the reader gets them in
 * order, each only after all its chunks were authenticated.
 *
 *	plan_run() ─► pool ─ run_run() ─► ready ─ source_read() ─► reader
 *
 * A list that is one run is fetched and opened by its reader.
 *
 * Memory: what all sources read ahead has at most AHEAD_BYTES (opened), each
 * at most WINDOW of it; a source that holds nothing may always have one run.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "pack/inside.h"
#include "pack/pack.h"

#define RUN_BYTES ((size_t)4 << 20)	/* opened */
#define RUN_CHUNKS 256u
#define GAP ((uint64_t)256 << 10)	/* bytes fetched for nothing */
#define WINDOW ((size_t)16 << 20)
#define AHEAD_BYTES ((size_t)48 << 20)

struct run {
	struct task	 task;		/* first: a task is its run */
	struct run	*next;		/* in order */
	struct source	*source;
	const struct ref *refs;
	struct place	*places;	/* of each, or NULL: one by one */
	size_t		 n;
	uint64_t	 from, to;	/* of the pack */
	uint8_t		*data;
	size_t		 len;
	bool		 ready;
	bool		 alone;		/* the reader does it himself */
	int		 rc;
	struct err	 err;
};

struct source {
	struct chunks	*chunks;
	const struct ref *refs;
	size_t		 n, planned;
	struct run	*first, **last;	/* in order */
	struct run	*current;	/* what the reader holds */
	size_t		 ahead;		/* bytes, of runs from first on */
	struct err	 err;
	bool		 failed;
	pthread_cond_t	 ready;		/* under the lock of chunks */
};

_Static_assert(offsetof(struct run, task) == 0, "a task is its run");

static void
run_free(struct run *r)
{
	if (r == NULL)
		return;
	free(r->places);
	free(r->data);
	free(r);
}

/* All chunks of a run from one request. */
static int
fetch_run(struct run *r, struct bench *b, struct err *e)
{
	struct chunks *c = r->source->chunks;
	struct opening o;
	char name[PACK_NAME_SIZE];
	size_t len = (size_t)(r->to - r->from), done = 0;
	int64_t begun;
	uint8_t *p;

	buf_clear(&b->sealed);
	(void)pack_name(&r->places[0].pack, name);
	if ((p = buf_room(&b->sealed, len, e)) == NULL)
		return -1;
	if (chunks_fetch(c, name, r->from, len, p, e) == -1)
		return err_add(e, "pack %s at %llu", name,
		    (unsigned long long)r->from);
	begun = clock_monotonic();
	for (size_t i = 0; i < r->n; i++) {
		o.at = &r->places[i];
		o.sealed = p + (r->places[i].entry.offset - r->from);
		o.out = r->data + done;
		if (chunk_open(c, b, &o, e) == -1)
			return -1;
		done += r->refs[i].len;
	}
	chunks_count_opened(c, begun, done);
	return 0;
}

/* One by one: each from whatever copy is good. */
static int
fetch_each(struct run *r, struct bench *b, struct err *e)
{
	size_t done = 0;

	for (size_t i = 0; i < r->n; i++) {
		if (chunk_get(r->source->chunks, b, &r->refs[i],
		    r->data + done, e) == -1)
			return -1;
		done += r->refs[i].len;
	}
	return 0;
}

static int
fill_run(struct run *r, struct bench *b, struct err *e)
{
	if ((r->data = malloc(r->len)) == NULL)
		return err_memory(e);
	if (r->places != NULL) {
		if (fetch_run(r, b, e) == 0)
			return 0;
		if (!chunk_may_retry(e))
			return -1;
	}
	return fetch_each(r, b, e);
}

static void
run_run(struct task *t, struct bench *b)
{
	struct run *r = (struct run *)t;
	struct chunks *c = r->source->chunks;
	struct err e;
	int rc;

	err_clear(&e);
	rc = fill_run(r, b, &e);
	(void)pthread_mutex_lock(&c->lock);
	r->rc = rc;
	r->err = e;
	r->ready = true;
	(void)pthread_cond_signal(&r->source->ready);
	(void)pthread_mutex_unlock(&c->lock);
}

/* The copy of a chunk that lies in the run's pack, or else any. */
static const struct place *
choose(const struct place *v, int n, const struct run *r)
{
	for (int i = 0; i < n && r->n > 0; i++)
		if (id_compare(&v[i].pack, &r->places[0].pack) == 0)
			return &v[i];
	return &v[0];
}

/* Take the chunk into the run if it is near to the others. */
static bool
join(struct run *r, const struct place *at, size_t sealed)
{
	uint64_t from = at->entry.offset, to = from + at->entry.sealed;

	if (r->n > 0) {
		if (id_compare(&at->pack, &r->places[0].pack) != 0)
			return false;
		from = from < r->from ? from : r->from;
		to = to > r->to ? to : r->to;
		if (to - from > sealed + at->entry.sealed + GAP)
			return false;
	}
	r->from = from;
	r->to = to;
	r->places[r->n] = *at;
	return true;
}

/*
 * The next run: as many chunks as go together.  A chunk that no pack has, or
 * that cannot be looked up, is a run of its own, whose error comes when it is
 * its turn.
 */
static struct run *
plan_run(struct source *s, struct err *e)
{
	struct place v[INDEX_PLACES_MAX];
	const struct ref *ref;
	struct run *r;
	struct err again;		/* it is found again in its turn */
	size_t sealed = 0;
	int n;

	if ((r = calloc(1, sizeof(*r))) == NULL ||
	    (r->places = calloc(RUN_CHUNKS, sizeof(*r->places))) == NULL) {
		run_free(r);
		(void)err_memory(e);
		return NULL;
	}
	r->source = s;
	r->refs = s->refs + s->planned;
	while (s->planned < s->n && r->n < RUN_CHUNKS) {
		ref = &s->refs[s->planned];
		if (r->n > 0 && r->len + ref->len > RUN_BYTES)
			break;
		n = index_find(s->chunks->index, &ref->id, ref->len, v,
		    &again);
		if (n > 0 && !join(r, choose(v, n, r), sealed))
			break;
		if (n > 0)
			sealed += r->places[r->n].entry.sealed;
		else if (r->n > 0)
			break;
		r->n++;
		r->len += ref->len;
		s->planned++;
		if (n <= 0) {
			free(r->places);
			r->places = NULL;
			break;
		}
	}
	return r;
}

/* May a source that reads so much ahead begin another run? */
static bool
may_plan(struct source *s)
{
	struct chunks *c = s->chunks;
	bool may;

	(void)pthread_mutex_lock(&c->lock);
	may = s->ahead == 0 || (s->ahead < WINDOW &&
	    c->ahead_bytes < AHEAD_BYTES);
	(void)pthread_mutex_unlock(&c->lock);
	return may;
}

static int
plan(struct source *s, struct err *e)
{
	struct chunks *c = s->chunks;
	struct run *r;

	while (s->planned < s->n && may_plan(s)) {
		if ((r = plan_run(s, e)) == NULL)
			return -1;
		(void)pthread_mutex_lock(&c->lock);
		s->ahead += r->len;
		c->ahead_bytes += r->len;
		r->alone = s->first == NULL && r->n == s->n;
		*s->last = r;
		s->last = &r->next;
		(void)pthread_mutex_unlock(&c->lock);
		r->task.run = run_run;
		if (!r->alone)
			pool_push(c->pool, &r->task);
	}
	return 0;
}

/* The whole list is one run: to wake a worker for it takes longer. */
static void
fill_alone(struct source *s, struct run *r)
{
	struct chunks *c = s->chunks;
	struct bench *b;

	err_clear(&r->err);
	r->rc = -1;
	if ((b = benches_take(&c->benches, &r->err)) != NULL) {
		r->rc = fill_run(r, b, &r->err);
		benches_give(&c->benches, b);
	}
	r->ready = true;
}

/* Take the first run out of the line, when it is ready. */
static struct run *
first_run(struct source *s)
{
	struct chunks *c = s->chunks;
	struct run *r;

	(void)pthread_mutex_lock(&c->lock);
	if ((r = s->first) != NULL) {
		while (!r->ready)
			(void)pthread_cond_wait(&s->ready, &c->lock);
		if ((s->first = r->next) == NULL)
			s->last = &s->first;
		s->ahead -= r->len;
		c->ahead_bytes -= r->len;
	}
	(void)pthread_mutex_unlock(&c->lock);
	return r;
}

/* The lengths of a list come from outside as well. */
static int
check_refs(const struct ref *refs, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (refs[i].len == 0 || refs[i].len > PACK_CHUNK_MAX)
			return err_set(e, ERR_DAMAGED, "a chunk of %u bytes"
			    " cannot be", refs[i].len);
	return 0;
}

struct source *
source_new(struct chunks *c, const struct ref *refs, size_t n, struct err *e)
{
	struct source *s;

	if (c->index == NULL) {
		(void)err_set(e, ERR_ABSENT, "no store to read chunks from");
		return NULL;
	}
	if (check_refs(refs, n, e) == -1)
		return NULL;
	if ((s = calloc(1, sizeof(*s))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	s->chunks = c;
	s->refs = refs;
	s->n = n;
	s->last = &s->first;
	(void)pthread_cond_init(&s->ready, NULL);
	if (plan(s, e) == -1) {
		source_free(s);
		s = NULL;
	}
	return s;
}

static int
fail(struct source *s, const struct err *why, struct err *e)
{
	s->failed = true;
	s->err = *why;
	*e = *why;
	return -1;
}

int
source_read(struct source *s, const void **data, size_t *len, struct err *e)
{
	struct run *r;

	run_free(s->current);
	s->current = NULL;
	if (s->failed) {
		*e = s->err;
		return -1;
	}
	if (plan(s, e) == -1)
		return fail(s, e, e);
	if (s->first != NULL && s->first->alone)
		fill_alone(s, s->first);
	if ((r = first_run(s)) == NULL)
		return 0;
	s->current = r;
	if (r->rc == -1)
		return fail(s, &r->err, e);
	*data = r->data;
	*len = r->len;
	if (s->chunks->with.progress != NULL)
		s->chunks->with.progress(s->chunks->with.cookie, r->len, 0);
	return 1;
}

void
source_free(struct source *s)
{
	struct run *r;

	if (s == NULL)
		return;
	for (r = s->first; r != NULL; r = r->next)
		if (r->alone || pool_take_back(s->chunks->pool, &r->task))
			r->ready = true;
	while ((r = first_run(s)) != NULL)
		run_free(r);
	run_free(s->current);
	(void)pthread_cond_destroy(&s->ready);
	free(s);
}
