/*
 * Rows from several connections at once.
 *
 * Each thread takes the next table, streams its rows through the formatter
 * into an entry, and then looks, still inside the table's metadata lock, that
 * the table is the one that the schema describes: rows that were read through
 * another definition (instant DDL shows new columns in old snapshots) never
 * pass.  Then the lock is given back by rolling back to a savepoint, so that
 * a dump holds up DDL for one table at a time.
 *
 * A connection that breaks is an error at rows_next(): a table is never
 * short.  The first error stops all: the others' connections are cut.
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
#include "db/schema.h"
#include "db/text.h"

#define WAIT_NS 200000000L
#define SEGMENTS_MAX 16

/* What became of an item. */
struct slot {
	struct segment	*segments;
	size_t		 n;
	bool		 ready;
};

struct dump_rows {
	struct chunks		*chunks;
	const struct schema	*schema;
	const struct db_dump_options *options;
	struct slot		*slots;		/* one for each item */
	size_t			*order;		/* items with rows, by size */
	size_t			 n_order, next, finished;
	struct worker		*workers;
	int			 n, running;
	pthread_mutex_t		 lock;
	pthread_cond_t		 changed;
	struct err		 error;		/* the first */
	atomic_bool		 stop;
	atomic_uint_fast64_t	 rows, bytes;
};

struct worker {
	struct dump_rows	*all;
	struct conn		*conn;
	struct entry_writer	*writer;
	struct slot		*slot;		/* of the table at hand */
	pthread_t		 thread;
};

static const struct entry file_entry = {
	.mode = S_IFREG | 0600,
};

static void
slot_drop(struct slot *s)
{
	while (s->n > 0)
		segment_drop(&s->segments[--s->n]);
	free(s->segments);
	s->segments = NULL;
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
	struct worker *w = cookie;
	struct slot *slot = w->slot;
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

	if (atomic_load(&w->all->stop))
		return err_set(e, ERR_INTERRUPTED, "stopped");
	if (entry_writer_write(w->writer, p, n, e) == -1)
		return -1;
	(void)atomic_fetch_add(&w->all->bytes, n);
	if (o->progress != NULL)
		o->progress(o->cookie, n, 0);
	return intr_check(e);
}

static int
stream_rows(struct worker *w, const struct relation *t, struct err *e)
{
	struct text x = { .write = write_text, .cookie = w,
	    .plain = t->plain, .columns = t->n_plain };
	struct rows r = { 0 };
	int rc = -1;

	if (text_init(&x, e) == -1)
		goto done;
	if (rows_stream(&r, w->conn, (char *)t->select.data, e) == -1) {
		(void)schema_failed(w->conn, e);
		goto done;
	}
	if (r.n != t->n_plain) {
		(void)err_set(e, ERR_CHANGED, "it has other columns");
		goto done;
	}
	while ((rc = rows_next(&r, e)) == 1)
		if ((rc = text_row(&x, r.v, r.len, e)) == -1)
			break;
	if (rc == -1 && e->kind == ERR_REMOTE)
		(void)schema_failed(w->conn, e);
	if (rc == 0)
		rc = text_flush(&x, e);
	(void)atomic_fetch_add(&w->all->rows, x.rows);
done:
	/* What is left of the rows is not worth waiting for. */
	if (rc == -1 && r.result != NULL)
		conn_break(w->conn);
	rows_free(&r);
	text_drop(&x);
	return rc;
}

/* Compare what SHOW CREATE says now, but for the counter. */
static int
check_create(const struct relation *t, const char *now, struct err *e)
{
	size_t at, len, at_now, len_now;

	relation_find_counter(t->create, &at, &len);
	relation_find_counter(now, &at_now, &len_now);
	if (at == at_now && memcmp(t->create, now, at) == 0 &&
	    strcmp(t->create + at + len, now + at_now + len_now) == 0)
		return 0;
	return err_set(e, ERR_CHANGED, "its definition changed while it was "
	    "read");
}

/* A table that was swapped for another one of the same shape has its time. */
static int
check_created(struct worker *w, const struct relation *t, struct err *e)
{
	struct rows r = { 0 };
	struct buf b;
	int rc = -1;

	buf_init(&b, (size_t)1 << 16);
	if (buf_add_text(&b, "SELECT create_time FROM information_schema."
	    "tables WHERE table_schema=_utf8mb3", e) == -1 ||
	    quote_text(&b, t->database, strlen(t->database), e) == -1 ||
	    buf_add_text(&b, " AND table_name=_utf8mb3", e) == -1 ||
	    quote_text(&b, t->name, strlen(t->name), e) == -1 ||
	    buf_text(&b, e) == NULL)
		goto done;
	if (rows_query(&r, w->conn, (char *)b.data, e) == -1)
		goto done;
	if ((rc = rows_next(&r, e)) == -1)
		goto done;
	if (rc == 1 && strcmp(r.v[0] == NULL ? "" : r.v[0], t->created) == 0)
		rc = 0;
	else
		rc = err_set(e, ERR_CHANGED, "it is another table than when "
		    "the dump began");
done:
	rows_free(&r);
	buf_drop(&b);
	return rc;
}

static int
check_table(struct worker *w, const struct relation *t, struct err *e)
{
	struct buf name;
	char *now = NULL;
	int rc = -1;

	buf_init(&name, (size_t)1 << 16);
	if (quote_name(&name, t->database, e) == -1 ||
	    buf_text(&name, e) == NULL)
		goto done;
	if (conn_execf(w->conn, e, "USE %s", (char *)name.data) == -1) {
		(void)schema_failed(w->conn, e);
		goto done;
	}
	if ((now = schema_show(w->conn, "SHOW CREATE TABLE", t->name, 1,
	    e)) == NULL)
		goto done;
	if (check_create(t, now, e) == -1)
		goto done;
	rc = check_created(w, t, e);
done:
	free(now);
	buf_drop(&name);
	return rc;
}

static int
dump_table(struct worker *w, const struct item *i, struct err *e)
{
	struct entry en = file_entry;

	en.path = i->path;
	if (conn_exec(w->conn, "SAVEPOINT muster", e) == -1 ||
	    entry_writer_begin(w->writer, CONTENT_ROWS, e) == -1 ||
	    stream_rows(w, i->table, e) == -1 ||
	    check_table(w, i->table, e) == -1 ||
	    entry_writer_end(w->writer, &en, e) == -1 ||
	    conn_exec(w->conn, "ROLLBACK TO SAVEPOINT muster", e) == -1)
		return err_add(e, "table %s.%s", i->table->database,
		    i->table->name);
	return 0;
}

/* The next item, or NULL when there is none or all must stop. */
static const struct item *
next_item(struct worker *w)
{
	struct dump_rows *d = w->all;
	const struct item *i = NULL;

	(void)pthread_mutex_lock(&d->lock);
	if (!atomic_load(&d->stop) && d->next < d->n_order) {
		i = &d->schema->items[d->order[d->next]];
		w->slot = &d->slots[d->order[d->next]];
		d->next++;
	}
	(void)pthread_mutex_unlock(&d->lock);
	return i;
}

static void *
work(void *cookie)
{
	struct worker *w = cookie;
	struct dump_rows *d = w->all;
	const struct item *i;
	struct err e = { 0 };

	while ((i = next_item(w)) != NULL) {
		if (dump_table(w, i, &e) == -1) {
			stop_all(d, &e);
			break;
		}
		(void)pthread_mutex_lock(&d->lock);
		w->slot->ready = true;
		d->finished++;
		(void)pthread_cond_broadcast(&d->changed);
		(void)pthread_mutex_unlock(&d->lock);
		if (d->options->progress != NULL)
			d->options->progress(d->options->cookie, 0, 1);
	}
	return NULL;
}

struct by_size {
	uint64_t	size;
	size_t		item;
};

static int
compare_size(const void *a, const void *b)
{
	const struct by_size *x = a, *y = b;

	if (x->size != y->size)
		return x->size > y->size ? -1 : 1;
	return x->item < y->item ? -1 : 1;
}

static int
make_order(struct dump_rows *d, struct err *e)
{
	const struct schema *s = d->schema;
	struct by_size *v;
	size_t i, n = 0;

	if ((v = calloc(s->n + 1, sizeof(*v))) == NULL)
		return err_memory(e);
	for (i = 0; i < s->n; i++)
		if (s->items[i].table != NULL)
			v[n++] = (struct by_size){ s->items[i].table->size, i };
	qsort(v, n, sizeof(*v), compare_size);
	for (i = 0; i < n; i++)
		d->order[i] = v[i].item;
	d->n_order = n;
	free(v);
	return 0;
}

static int
start_workers(struct dump_rows *d, struct conn *const *conns, struct err *e)
{
	struct worker *w;
	int i, rc;

	for (i = 0; i < d->n; i++) {
		w = &d->workers[i];
		w->all = d;
		w->conn = conns[i];
		w->writer = entry_writer_new(d->chunks, keep_segment, w, e);
		if (w->writer == NULL)
			return -1;
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
	if ((d->slots = calloc(s->n + 1, sizeof(*d->slots))) == NULL ||
	    (d->order = calloc(s->n + 1, sizeof(*d->order))) == NULL ||
	    (d->workers = calloc((size_t)n, sizeof(*d->workers))) == NULL) {
		(void)err_memory(e);
		goto done;
	}
	if (make_order(d, e) == -1 || start_workers(d, conns, e) == -1)
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
	*rows = atomic_load(&d->rows);
	*bytes = atomic_load(&d->bytes);
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
	early = d->finished < d->n_order;
	(void)pthread_mutex_unlock(&d->lock);
	if (d->running > 0 && early)
		stop_all(d, &stopped);
	for (k = 0; k < d->running; k++)
		(void)pthread_join(d->workers[k].thread, NULL);
	for (k = 0; d->workers != NULL && k < d->n; k++)
		entry_writer_free(d->workers[k].writer);
	for (i = 0; d->slots != NULL && i < d->schema->n; i++)
		slot_drop(&d->slots[i]);
	free(d->slots);
	free(d->order);
	free(d->workers);
	(void)pthread_cond_destroy(&d->changed);
	(void)pthread_mutex_destroy(&d->lock);
	free(d);
}
