/*
 * Rows from several connections at once.
 *
 * Each thread takes the next part of a table, streams its rows through the
 * formatter, and then looks, still inside the table's metadata lock, that the
 * table is the one that the schema describes.  Then the lock is given back by
 * rolling back to a savepoint, so that a dump holds up DDL for few tables at a
 * time.
 *
 * Most tables have one part, which goes into the table's entry at once.  Big
 * ones have several (split.c), so that no thread is left alone with the
 * biggest table: the first goes into the entry, the others into streams that
 * whoever ends the last of them joins.  What comes out does not depend on the
 * number of parts.  Should the parts not be cut alike, the table is read again
 * as a whole.
 *
 * The first error stops all: the others' connections are cut.
 */
#include <sys/stat.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "archive/archive.h"
#include "archive/entry.h"
#include "base/err.h"
#include "base/intr.h"
#include "db/conn.h"
#include "db/dump_rows.h"
#include "db/dump_table.h"
#include "db/schema.h"
#include "db/split.h"
#include "pack/chunks.h"

#define WAIT_NS 200000000L
#define PARTS_MAX 32
#define PART_BYTES ((uint64_t)32 << 20)
#define SHARES 8		/* parts that one connection reads, at least */

/* What became of an item. */
struct slot {
	const struct item *item;
	struct segment	*segments;
	size_t		 n;
	bool		 ready;

	/* While its rows are read; its parts are split.n. */
	struct entry_writer *writer;
	struct split	 split;
	struct stream	**later;	/* of the parts but the first */
	size_t		 left;		/* parts, under the lock */
	uint64_t	 rows, bytes;	/* the same */
};

/* What a thread does at a time. */
struct part {
	struct slot	*slot;
	size_t		 number;
	uint64_t	 size;		/* estimate */
};

struct dump_rows {
	struct chunks		*chunks;
	const struct schema	*schema;
	const struct db_dump_options *options;
	struct slot		*slots;		/* one for each item */
	struct part		*parts;		/* by size */
	size_t			 n_parts, next, n_tables, finished;
	struct worker		*workers;
	int			 n, running;
	pthread_mutex_t		 lock;
	pthread_cond_t		 changed;
	struct err		 error;		/* the first */
	atomic_bool		 stop;
	uint64_t		 rows, bytes;	/* of ended tables */
};

struct worker {
	struct dump_rows	*all;
	struct conn		*conn;
	const struct part	*part;		/* at hand */
	uint64_t		 rows, bytes;	/* of it so far */
	pthread_t		 thread;
};

static const struct entry file_entry = {
	.mode = S_IFREG | 0600,
};

static void
slot_drop(struct slot *s)
{
	size_t i;

	while (s->n > 0)
		segment_drop(&s->segments[--s->n]);
	free(s->segments);
	s->segments = NULL;
	entry_writer_free(s->writer);
	s->writer = NULL;
	for (i = 0; s->later != NULL && i < s->split.n; i++)
		stream_free(s->later[i]);
	free(s->later);
	s->later = NULL;
	split_drop(&s->split);
}

/* Stop everybody, for this reason if it is the first. */
static void
stop_all(struct dump_rows *d, const struct err *why)
{
	int i;

	(void)pthread_mutex_lock(&d->lock);
	if (d->error.kind == ERR_NONE)
		d->error = *why;
	if (!atomic_exchange(&d->stop, true))
		for (i = 0; i < d->n; i++)
			conn_break(d->workers[i].conn);
	(void)pthread_cond_broadcast(&d->changed);
	(void)pthread_mutex_unlock(&d->lock);
}

/* A segment of the table at hand is complete: keep a copy. */
static int
keep_segment(void *cookie, const struct segment *s, struct err *e)
{
	struct slot *slot = cookie;
	struct segment *more;

	more = realloc(slot->segments, (slot->n + 1) * sizeof(*more));
	if (more == NULL)
		return err_memory(e);
	slot->segments = more;
	more += slot->n++;
	segment_init(more);
	more->entries = s->entries;
	more->size = s->size;
	if ((more->first = strdup(s->first)) == NULL ||
	    (more->last = strdup(s->last)) == NULL)
		return err_memory(e);
	return refs_append(&more->refs, &s->refs, e);
}

static int
write_text(void *cookie, const void *p, size_t n, struct err *e)
{
	struct worker *w = cookie;
	const struct db_dump_options *o = w->all->options;
	struct slot *slot = w->part->slot;
	const size_t k = w->part->number;

	if (atomic_load(&w->all->stop))
		return err_set(e, ERR_INTERRUPTED, "stopped");
	if ((k == 0 ? entry_writer_write(slot->writer, p, n, e) :
	    stream_write(slot->later[k], p, n, e)) == -1)
		return -1;
	w->bytes += n;
	if (o->progress != NULL)
		o->progress(o->cookie, n, 0);
	return intr_check(e);
}

/* Rows of the table at hand, and the table is what it was. */
static int
read_part(struct worker *w, const char *where, struct err *e)
{
	const struct relation *t = w->part->slot->item->table;
	struct dump_sink sink = { .write = write_text, .cookie = w };

	w->bytes = 0;
	if (conn_exec(w->conn, "SAVEPOINT muster", e) == -1 ||
	    dump_read(w->conn, t, where, &sink, e) == -1 ||
	    (w->part->number == 0 &&
	    relation_check_read(t, w->conn, e) == -1) ||
	    dump_check(w->conn, t, e) == -1)
		return -1;
	w->rows = sink.rows;
	return conn_exec(w->conn, "ROLLBACK TO SAVEPOINT muster", e);
}

/* The table once more, as a whole: what was counted counts no more. */
static int
read_whole(struct worker *w, struct slot *slot, struct err *e)
{
	const struct part whole = { .slot = slot };

	w->part = &whole;
	if (entry_writer_begin(slot->writer, CONTENT_ROWS, e) == -1 ||
	    read_part(w, NULL, e) == -1)
		return -1;
	slot->rows = w->rows;
	slot->bytes = w->bytes;
	return 0;
}

/* The parts but the first behind it: 1; 0 when they do not meet. */
static int
join_parts(struct slot *slot, struct err *e)
{
	size_t i;
	int rc = 1;

	for (i = 1; rc == 1 && i < slot->split.n; i++) {
		rc = entry_writer_join(slot->writer, slot->later[i], e);
		stream_free(slot->later[i]);
		slot->later[i] = NULL;
	}
	return rc;
}

/* All of its rows were read: complete its entry. */
static int
end_table(struct worker *w, struct slot *slot, struct err *e)
{
	struct entry en = file_entry;
	int rc;

	en.path = slot->item->path;
	if ((rc = join_parts(slot, e)) == -1)
		return -1;
	if (rc == 0 && read_whole(w, slot, e) == -1)
		return -1;
	if (entry_writer_end(slot->writer, &en, e) == -1)
		return -1;
	entry_writer_free(slot->writer);
	slot->writer = NULL;
	(void)pthread_mutex_lock(&w->all->lock);
	slot->ready = true;
	w->all->finished++;
	w->all->rows += slot->rows;
	w->all->bytes += slot->bytes;
	(void)pthread_cond_broadcast(&w->all->changed);
	(void)pthread_mutex_unlock(&w->all->lock);
	return 0;
}

/* One part; and whoever ends a table's last one ends the table. */
static int
dump_part(struct worker *w, struct slot *slot, struct err *e)
{
	const size_t k = w->part->number;
	struct dump_rows *d = w->all;
	bool last;

	if (k == 0 && ((slot->writer = entry_writer_new(d->chunks,
	    keep_segment, slot, e)) == NULL ||
	    entry_writer_begin(slot->writer, CONTENT_ROWS, e) == -1))
		return -1;
	if (k > 0 && (slot->later[k] = stream_new_later(d->chunks,
	    CONTENT_ROWS, e)) == NULL)
		return -1;
	if (read_part(w, slot->split.where[k], e) == -1)
		return -1;
	(void)pthread_mutex_lock(&d->lock);
	slot->rows += w->rows;
	slot->bytes += w->bytes;
	last = --slot->left == 0;
	(void)pthread_mutex_unlock(&d->lock);
	if (!last)
		return 0;
	if (end_table(w, slot, e) == -1)
		return -1;
	if (d->options->progress != NULL)
		d->options->progress(d->options->cookie, 0, 1);
	return 0;
}

/* The next part, or NULL when there is none or all must stop. */
static const struct part *
next_part(struct dump_rows *d)
{
	const struct part *p = NULL;

	(void)pthread_mutex_lock(&d->lock);
	if (!atomic_load(&d->stop) && d->next < d->n_parts)
		p = &d->parts[d->next++];
	(void)pthread_mutex_unlock(&d->lock);
	return p;
}

static void *
work(void *cookie)
{
	struct worker *w = cookie;
	const struct relation *t;
	struct slot *slot;
	struct err e = { 0 };

	while ((w->part = next_part(w->all)) != NULL) {
		slot = w->part->slot;
		if (dump_part(w, slot, &e) == 0)
			continue;
		if (e.kind == ERR_REMOTE)
			(void)schema_failed(w->conn, &e);
		t = slot->item->table;
		(void)err_add(&e, "table %s.%s", t->database, t->name);
		stop_all(w->all, &e);
		break;
	}
	return NULL;
}

/* Big ones first; and the parts of a table one after the other. */
static int
compare_parts(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	if (x->size != y->size)
		return x->size > y->size ? -1 : 1;
	if (x->slot != y->slot)
		return x->slot < y->slot ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

/* Into how many parts, so that no thread waits long for another one's last. */
static size_t
wanted_parts(const struct dump_rows *d, const struct relation *t,
    uint64_t total)
{
	uint64_t size = d->options->part_size, n;

	if (d->n < 2 || !split_possible(t))
		return 1;
	if (size == 0) {
		size = total / ((uint64_t)d->n * SHARES);
		if (size < PART_BYTES)
			size = PART_BYTES;
	}
	n = t->size / size;
	return n < 2 ? 1 : n > PARTS_MAX ? PARTS_MAX : (size_t)n;
}

/* Its parts; the server is asked within a savepoint, as for rows. */
static int
cut_table(struct slot *slot, struct conn *c, size_t wanted, struct err *e)
{
	const struct relation *t = slot->item->table;

	if (wanted < 2)
		return split_none(&slot->split, e);
	if (conn_exec(c, "SAVEPOINT muster", e) == -1 ||
	    split_find(&slot->split, c, t, wanted, e) == -1 ||
	    conn_exec(c, "ROLLBACK TO SAVEPOINT muster", e) == -1)
		return err_add(e, "table %s.%s", t->database, t->name);
	slot->later = calloc(slot->split.n, sizeof(*slot->later));
	return slot->later == NULL ? err_memory(e) : 0;
}

static int
add_parts(struct dump_rows *d, struct slot *slot, struct err *e)
{
	const size_t n = slot->split.n;
	struct part *more;
	size_t i;

	more = realloc(d->parts, (d->n_parts + n) * sizeof(*more));
	if (more == NULL)
		return err_memory(e);
	d->parts = more;
	slot->left = n;
	for (i = 0; i < n; i++)
		d->parts[d->n_parts++] = (struct part){ slot, i,
		    slot->item->table->size / n };
	return 0;
}

static int
plan_parts(struct dump_rows *d, struct conn *c, struct err *e)
{
	const struct schema *s = d->schema;
	uint64_t total = 0;
	struct slot *slot;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->items[i].table != NULL)
			total += s->items[i].table->size;
	for (i = 0; i < s->n; i++) {
		slot = &d->slots[i];
		slot->item = &s->items[i];
		if (slot->item->table == NULL)
			continue;
		d->n_tables++;
		if (cut_table(slot, c, wanted_parts(d,
		    slot->item->table, total), e) == -1 ||
		    add_parts(d, slot, e) == -1)
			return -1;
	}
	qsort(d->parts, d->n_parts, sizeof(*d->parts), compare_parts);
	return 0;
}

static int
start_workers(struct dump_rows *d, struct conn *const *conns, struct err *e)
{
	struct worker *w;
	int i, rc;

	for (i = 0; i < d->n; i++) {
		d->workers[i].all = d;
		d->workers[i].conn = conns[i];
	}
	for (i = 0; i < d->n; i++) {
		w = &d->workers[i];
		rc = pthread_create(&w->thread, NULL, work, w);
		if (rc != 0) {
			errno = rc;
			return err_sys(e, "cannot start a thread");
		}
		d->running++;
	}
	return 0;
}

struct dump_rows *
dump_rows_start(struct chunks *chunks, struct conn *const *conns, int n,
    const struct schema *s, const struct db_dump_options *o, struct err *e)
{
	struct dump_rows *d;
	int rc = -1;

	if ((d = calloc(1, sizeof(*d))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	(void)pthread_mutex_init(&d->lock, NULL);
	(void)pthread_cond_init(&d->changed, NULL);
	d->chunks = chunks;
	d->schema = s;
	d->options = o;
	d->n = n;
	d->slots = calloc(s->n + 1, sizeof(*d->slots));
	d->workers = calloc((size_t)n, sizeof(*d->workers));
	if (d->slots == NULL || d->workers == NULL) {
		(void)err_memory(e);
		goto done;
	}
	if (plan_parts(d, conns[0], e) == -1 ||
	    start_workers(d, conns, e) == -1)
		goto done;
	rc = 0;
done:
	if (rc == -1) {
		dump_rows_free(d);
		d = NULL;
	}
	return d;
}

/* Wait, but look for signals all the time; the lock is held. */
static int
wait_ready(struct dump_rows *d, const struct slot *slot, struct err *e)
{
	struct timespec t;

	while (!slot->ready && d->error.kind == ERR_NONE) {
		if (intr_check(e) == -1)
			return -1;
		(void)clock_gettime(CLOCK_REALTIME, &t);
		t.tv_nsec += WAIT_NS;
		if (t.tv_nsec >= 1000000000L) {
			t.tv_sec++;
			t.tv_nsec -= 1000000000L;
		}
		(void)pthread_cond_timedwait(&d->changed, &d->lock, &t);
	}
	if (d->error.kind == ERR_NONE)
		return 0;
	*e = d->error;
	return -1;
}

int
dump_rows_take(struct dump_rows *d, size_t item,
    int (*add)(void *, const struct segment *, struct err *), void *cookie,
    struct err *e)
{
	struct slot *slot = &d->slots[item];
	size_t i;
	int rc;

	(void)pthread_mutex_lock(&d->lock);
	rc = wait_ready(d, slot, e);
	(void)pthread_mutex_unlock(&d->lock);
	for (i = 0; rc == 0 && i < slot->n; i++)
		rc = add(cookie, &slot->segments[i], e);
	if (rc == 0)
		slot_drop(slot);
	return rc;
}

void
dump_rows_count(struct dump_rows *d, uint64_t *rows, uint64_t *bytes)
{
	(void)pthread_mutex_lock(&d->lock);
	*rows = d->rows;
	*bytes = d->bytes;
	(void)pthread_mutex_unlock(&d->lock);
}

void
dump_rows_free(struct dump_rows *d)
{
	struct err stopped = { 0 };
	bool early;
	size_t i;
	int k;

	if (d == NULL)
		return;
	(void)err_set(&stopped, ERR_INTERRUPTED, "stopped");
	(void)pthread_mutex_lock(&d->lock);
	early = d->finished < d->n_tables;
	(void)pthread_mutex_unlock(&d->lock);
	if (d->running > 0 && early)
		stop_all(d, &stopped);
	for (k = 0; k < d->running; k++)
		(void)pthread_join(d->workers[k].thread, NULL);
	for (i = 0; d->slots != NULL && i < d->schema->n; i++)
		slot_drop(&d->slots[i]);
	free(d->slots);
	free(d->parts);
	free(d->workers);
	(void)pthread_cond_destroy(&d->changed);
	(void)pthread_mutex_destroy(&d->lock);
	free(d);
}
