/*
 * From a run of bytes to chunks: cut, named, and, when nobody knows them yet,
 * compressed and sealed.
 *
 *	stream_write() ─ cuts ─► job ─ submit() ─► pool ─ run_job() ─► packer
 *	                                            │         │
 *	stream_end() ◄─ ids ────────────────────────┴─────────┘
 *
 * A job is a chunk's bytes.  It is resolved (its id goes to the stream's
 * list, and is claimed when it is new) and then, if new, packed.  A thread
 * that ends a stream does not wait for the queue: it takes its own jobs back
 * and resolves them itself; the packing stays with the workers.
 *
 * Rows come from as many threads as there are cores already, and in chunks so
 * small that handing one over costs more than its digest: their writers
 * resolve them at once, and the workers get only those that are new, several
 * as one task.
 *
 * A stream that continues another one is cut as if it began with a chunk,
 * which the one before it may not end there.  So its first bytes, up to a cut
 * point behind HEAD_BYTES, are kept aside, and are written to the one before
 * it by stream_join().  If that one is cut at that point, too, then all cuts
 * behind it are the same: cuts depend on nothing but the bytes since the last.
 *
 * Memory: jobs that are queued or being done have at most JOB_BYTES together
 * (or are one); the chunk being filled by each open stream comes on top, and
 * what a continuation keeps aside.
 */
#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/charter.h"
#include "crypto/keys.h"
#include "pack/inside.h"
#include "pack/packer.h"
#include "pack/zip.h"

#define JOB_BYTES ((size_t)32 << 20)
#define BATCH_BYTES ((size_t)128 << 10)
#define HEAD_BYTES ((size_t)1 << 20)

struct job {
	struct task	 task;		/* first: a task is its job */
	struct job	*prev, *next;	/* of the stream, until resolved; */
					/* then of the batch, in one way */
	struct chunks	*chunks;
	struct stream	*stream;	/* NULL once resolved */
	size_t		 slot;		/* in its list */
	enum content	 content;
	uint8_t		*data;
	size_t		 len, size;
	struct id	 id;
};

struct stream {
	struct chunks	*chunks;
	enum content	 content;
	struct chunker	 chunker;
	struct job	*filling;
	struct job	*batch;		/* resolved and new, not handed over */
	size_t		 batch_bytes;
	uint64_t	 size;
	bool		 aside;		/* still in the head */
	struct buf	 head;		/* of a continuation: not cut yet */

	/* Under the lock of chunks: */
	pthread_cond_t	 resolved;	/* no job is unresolved any more */
	struct refs	 refs;
	struct job	*jobs;		/* unresolved, newest first */
};

_Static_assert(offsetof(struct job, task) == 0, "a task is its job");

/*
 * Rows are many and change often: speed.  In runs of small files level 3 costs
 * 1.8 times what level 2 does, for 2 % of the bytes; in big ones it is 4 %.
 */
static int
level(enum content content)
{
	static const int levels[CONTENT_KINDS] = {
		[CONTENT_ROWS] = 1, [CONTENT_RUN] = 2, [CONTENT_BIG] = 3,
	};

	return levels[content];
}

static void
job_free(struct job *j)
{
	if (j == NULL)
		return;
	free(j->data);
	free(j);
}

void
jobs_drop(struct chunks *c)
{
	struct job *j;

	for (int i = 0; i < CONTENT_KINDS; i++)
		while ((j = c->spare[i]) != NULL) {
			c->spare[i] = j->next;
			job_free(j);
		}
}

static struct job *
job_take(struct stream *s, struct err *e)
{
	struct chunks *c = s->chunks;
	struct job *j;

	(void)pthread_mutex_lock(&c->lock);
	if ((j = c->spare[s->content]) != NULL) {
		c->spare[s->content] = j->next;
		c->spare_bytes -= j->size;
	}
	(void)pthread_mutex_unlock(&c->lock);
	if (j == NULL && (j = calloc(1, sizeof(*j))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	j->chunks = c;
	j->content = s->content;
	j->len = 0;
	return j;
}

static int
job_add(struct job *j, const void *data, size_t n, struct err *e)
{
	const struct chunker_plan *plan = &j->chunks->plans[j->content];
	size_t size = j->size != 0 ? j->size : plan->min;
	uint8_t *p;

	while (size < j->len + n)
		size *= 2;
	if (size > plan->max)
		size = plan->max;
	if (size > j->size) {
		if ((p = realloc(j->data, size)) == NULL)
			return err_memory(e);
		j->data = p;
		j->size = size;
	}
	memcpy(j->data + j->len, data, n);
	j->len += n;
	return 0;
}

/* The job is done: keep its memory for the next, within bounds. */
static void
job_done(struct job *j)
{
	struct chunks *c = j->chunks;

	(void)pthread_mutex_lock(&c->lock);
	c->jobs--;
	c->job_bytes -= j->size;
	if (c->spare_bytes + c->job_bytes + j->size <= JOB_BYTES) {
		c->spare_bytes += j->size;
		j->next = c->spare[j->content];
		c->spare[j->content] = j;
		j = NULL;		/* kept */
	}
	/* Who waits for room shall find enough of it to go on for a while. */
	if (c->job_bytes <= JOB_BYTES / 2 || c->jobs == 0)
		(void)pthread_cond_broadcast(&c->room);
	(void)pthread_mutex_unlock(&c->lock);
	job_free(j);
}

/* Its place in the stream's list has an id now, or never will. */
static void
leave_stream(struct job *j)
{
	struct stream *s = j->stream;
	struct chunks *c = j->chunks;

	(void)pthread_mutex_lock(&c->lock);
	s->refs.v[j->slot].id = j->id;
	if (j->next != NULL)
		j->next->prev = j->prev;
	*(j->prev != NULL ? &j->prev->next : &s->jobs) = j->next;
	j->prev = j->next = NULL;
	j->stream = NULL;
	if (s->jobs == NULL)
		(void)pthread_cond_signal(&s->resolved);
	(void)pthread_mutex_unlock(&c->lock);
}

/* Is the chunk new, and ours to pack?  1, 0, -1. */
static int
claim(struct job *j, struct err *e)
{
	struct chunks *c = j->chunks;
	struct place v[INDEX_PLACES_MAX];
	int rc;

	if (c->packer == NULL)
		return 0;
	if ((rc = packer_claim(c->packer, &j->id, e)) != 1)
		return rc;
	rc = index_find(c->index, &j->id, (uint32_t)j->len, v, e);
	if (rc != 0)
		packer_disclaim(c->packer, &j->id);
	if (rc > 0 && used_add(&c->used, &v[0].pack, e) == -1)
		return -1;
	return rc == -1 ? -1 : rc == 0;
}

/* The id, and whether packing is left to do. */
static bool
resolve(struct job *j)
{
	struct chunks *c = j->chunks;
	struct err e;
	int new = 0;

	err_clear(&e);
	if (fault_check(&c->fault, &e) == 0) {
		store_secret_chunk_id(c->with.secret, j->data, j->len, &j->id);
		if ((new = claim(j, &e)) == -1)
			fault_raise(&c->fault, &e);
	}
	leave_stream(j);
	return new == 1;
}

static int
pack_job(struct job *j, struct bench *b, struct err *e)
{
	struct chunks *c = j->chunks;
	struct pack_entry what = { .id = j->id, .opened = (uint32_t)j->len };
	const uint8_t *data = j->data;
	size_t n = j->len;

	if (fault_check(&c->fault, e) == -1 ||
	    zip_squeeze(b->zip, level(j->content), data, n, &b->opened, e) ==
	    -1)
		return -1;
	what.coding = PACK_STORED;
	if (b->opened.len != 0) {
		what.coding = PACK_ZSTD;
		data = b->opened.data;
		n = b->opened.len;
	}
	if (packer_add(c->packer, &what, data, n, e) == -1)
		return -1;
	(void)pthread_mutex_lock(&c->lock);
	c->stats.new_chunks++;
	c->stats.new_bytes += j->len;
	(void)pthread_mutex_unlock(&c->lock);
	return 0;
}

static void
run_job(struct task *t, struct bench *b)
{
	struct job *j = (struct job *)t;
	struct chunks *c = j->chunks;
	struct err e;

	err_clear(&e);
	if ((j->stream == NULL || resolve(j)) && pack_job(j, b, &e) == -1)
		fault_raise(&c->fault, &e);
	job_done(j);
}

static void
run_batch(struct task *t, struct bench *b)
{
	struct job *j, *next;

	for (j = (struct job *)t; j != NULL; j = next) {
		next = j->next;
		run_job(&j->task, b);
	}
}

static void
wait_room(struct chunks *c, size_t size)
{
	while (c->job_bytes > 0 && c->job_bytes + size > JOB_BYTES)
		(void)pthread_cond_wait(&c->room, &c->lock);
}

static void
count(struct chunks *c, const struct job *j)
{
	c->stats.chunks++;
	c->stats.bytes += j->len;
}

/* Hand the chunk that was filled to the workers. */
static int
submit(struct stream *s, struct err *e)
{
	const struct ref ref = { .len = (uint32_t)s->filling->len };
	struct chunks *c = s->chunks;
	struct job *j = s->filling;
	int rc;

	(void)pthread_mutex_lock(&c->lock);
	wait_room(c, j->size);
	if ((rc = fault_check(&c->fault, e)) == 0 &&
	    (rc = refs_add(&s->refs, &ref, e)) == 0) {
		j->slot = s->refs.n - 1;
		j->stream = s;
		j->prev = NULL;
		if ((j->next = s->jobs) != NULL)
			j->next->prev = j;
		s->jobs = j;
		s->filling = NULL;
		c->job_bytes += j->size;
		c->jobs++;
		count(c, j);
	}
	(void)pthread_mutex_unlock(&c->lock);
	if (rc == 0) {
		j->task.run = run_job;
		pool_push(c->pool, &j->task);
	}
	return rc;
}

/* Hand over what is claimed: nobody else will pack it. */
static void
submit_batch(struct stream *s)
{
	struct chunks *c = s->chunks;
	struct job *first = s->batch, *j;

	if (first == NULL)
		return;
	(void)pthread_mutex_lock(&c->lock);
	wait_room(c, s->batch_bytes);
	for (j = first; j != NULL; j = j->next) {
		c->job_bytes += j->size;
		c->jobs++;
	}
	(void)pthread_mutex_unlock(&c->lock);
	s->batch = NULL;
	s->batch_bytes = 0;
	first->task.run = run_batch;
	pool_push(c->pool, &first->task);
}

/* Resolve it here; the workers get it only if it is new. */
static int
submit_resolved(struct stream *s, struct err *e)
{
	struct chunks *c = s->chunks;
	struct job *j = s->filling;
	struct ref ref = { .len = (uint32_t)j->len };
	int new;

	if (fault_check(&c->fault, e) == -1)
		return -1;
	store_secret_chunk_id(c->with.secret, j->data, j->len, &j->id);
	ref.id = j->id;
	if (refs_add(&s->refs, &ref, e) == -1)
		return -1;
	if ((new = claim(j, e)) == -1) {
		fault_raise(&c->fault, e);
		return -1;
	}
	(void)pthread_mutex_lock(&c->lock);
	count(c, j);
	(void)pthread_mutex_unlock(&c->lock);
	if (new == 0) {
		j->len = 0;
		return 0;
	}
	j->stream = NULL;
	j->next = s->batch;
	s->batch = j;
	s->batch_bytes += j->size;
	s->filling = NULL;
	if (s->batch_bytes >= BATCH_BYTES)
		submit_batch(s);
	return 0;
}

/* The chunk that was filled is complete. */
static int
end_chunk(struct stream *s, struct err *e)
{
	const size_t len = s->filling->len;
	struct chunks *c = s->chunks;
	int rc;

	rc = s->content == CONTENT_ROWS ? submit_resolved(s, e) :
	    submit(s, e);
	if (rc == 0 && c->with.progress != NULL)
		c->with.progress(c->with.cookie, len, 0);
	return rc;
}

struct stream *
stream_new(struct chunks *c, enum content content, struct err *e)
{
	struct stream *s;

	if (c->index != NULL && c->packer == NULL) {
		(void)err_set(e, ERR_DENIED, "the store was opened to be read"
		    " only");
		return NULL;
	}
	if ((s = calloc(1, sizeof(*s))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	s->chunks = c;
	s->content = content;
	refs_init(&s->refs);
	buf_init(&s->head, HEAD_BYTES + c->plans[content].max);
	(void)pthread_cond_init(&s->resolved, NULL);
	chunker_start(&s->chunker, &c->plans[content]);
	return s;
}

struct stream *
stream_new_later(struct chunks *c, enum content content, struct err *e)
{
	struct stream *s;

	if ((s = stream_new(c, content, e)) != NULL)
		s->aside = true;
	return s;
}

/* Into the head; how many bytes were taken, or -1. */
static ssize_t
put_aside(struct stream *s, const uint8_t *p, size_t n, struct err *e)
{
	size_t some;
	bool cut;

	some = chunker_take(&s->chunker, p, n, &cut);
	if (buf_add(&s->head, p, some, e) == -1)
		return -1;
	if (cut && s->head.len >= HEAD_BYTES)
		s->aside = false;
	return (ssize_t)some;
}

struct stream *
stream_new_blocks(struct chunks *c, enum content content, size_t block,
    struct err *e)
{
	struct stream *s;

	assert(block > 0 && block <= c->plans[content].max);
	if ((s = stream_new(c, content, e)) != NULL)
		chunker_blocks(&s->chunker, block);
	return s;
}

int
stream_write(struct stream *s, const void *data, size_t n, struct err *e)
{
	const uint8_t *p = data;
	ssize_t put;
	size_t some;
	bool cut;

	if (fault_check(&s->chunks->fault, e) == -1)
		return -1;
	for (; n > 0 && s->aside; p += put, n -= (size_t)put) {
		if ((put = put_aside(s, p, n, e)) == -1)
			return -1;
		s->size += (size_t)put;
	}
	while (n > 0) {
		if (s->filling == NULL &&
		    (s->filling = job_take(s, e)) == NULL)
			return -1;
		some = chunker_take(&s->chunker, p, n, &cut);
		if (job_add(s->filling, p, some, e) == -1)
			return -1;
		if (cut && end_chunk(s, e) == -1)
			return -1;
		s->size += some;
		p += some;
		n -= some;
	}
	return 0;
}

uint64_t
stream_size(const struct stream *s)
{
	return s->size;
}

/* Resolve what the workers have not begun; wait for what they have. */
static void
settle(struct stream *s)
{
	struct chunks *c = s->chunks;
	struct job *j;

	(void)pthread_mutex_lock(&c->lock);
	while (s->jobs != NULL) {
		for (j = s->jobs; j != NULL; j = j->next)
			if (pool_take_back(c->pool, &j->task))
				break;
		if (j == NULL) {
			(void)pthread_cond_wait(&s->resolved, &c->lock);
			continue;
		}
		(void)pthread_mutex_unlock(&c->lock);
		if (resolve(j))
			pool_push(c->pool, &j->task);
		else
			job_done(j);
		(void)pthread_mutex_lock(&c->lock);
	}
	(void)pthread_mutex_unlock(&c->lock);
}

/* What the later one holds behind its head; the first one ends with a cut. */
static int
take_over(struct stream *s, struct stream *later, struct err *e)
{
	struct chunks *c = s->chunks;
	int rc;

	submit_batch(later);
	settle(later);
	(void)pthread_mutex_lock(&c->lock);
	rc = refs_append(&s->refs, &later->refs, e);
	(void)pthread_mutex_unlock(&c->lock);
	if (rc == -1)
		return -1;
	job_free(s->filling);
	s->filling = later->filling;
	s->chunker = later->chunker;
	s->size += later->size - later->head.len;
	later->filling = NULL;
	return 1;
}

int
stream_join(struct stream *s, struct stream *later, struct err *e)
{
	assert(!s->aside && s->content == later->content);
	assert(s->chunks == later->chunks);
	if (stream_write(s, later->head.data, later->head.len, e) == -1)
		return -1;
	if (later->aside)
		return 1;
	if (s->filling != NULL && s->filling->len > 0)
		return 0;
	return take_over(s, later, e);
}

int
stream_end(struct stream *s, struct refs *refs, struct err *e)
{
	int rc = 0;

	assert(!s->aside && s->head.len == 0);
	if (s->filling != NULL && s->filling->len > 0)
		rc = end_chunk(s, e);
	submit_batch(s);
	settle(s);
	if (rc == 0)
		rc = fault_check(&s->chunks->fault, e);
	if (rc == 0)
		rc = refs_append(refs, &s->refs, e);
	s->refs.n = 0;
	s->size = 0;
	if (s->filling != NULL)
		s->filling->len = 0;
	chunker_again(&s->chunker);
	return rc;
}

void
stream_free(struct stream *s)
{
	if (s == NULL)
		return;
	submit_batch(s);
	settle(s);
	job_free(s->filling);
	buf_drop(&s->head);
	refs_drop(&s->refs);
	(void)pthread_cond_destroy(&s->resolved);
	free(s);
}
