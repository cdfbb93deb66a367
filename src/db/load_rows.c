/*
 * Tables and their rows: several threads, each with a connection of its own,
 * take one table after the other, create it, and stream its rows from the
 * store into one LOAD DATA LOCAL.  One statement into an empty table without
 * checks is what lets InnoDB build it in bulk.
 *
 * Promises: what the server gets was authenticated; it said that it loaded as
 * many rows as were sent, and did not warn.  A failure of one thread cuts the
 * connections of all, so that nobody waits for a statement that no longer
 * matters; the caller's thread watches for that and for signals.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "archive/entry.h"
#include "base/err.h"
#include "base/intr.h"
#include "db/conn.h"
#include "db/load_plan.h"
#include "db/load_rows.h"
#include "db/load_warn.h"
#include "db/sample.h"

#define CONNECTIONS_MAX 64
#define CONNECTIONS_LIVE 8
#define TICK_NS 100000000L

/* State that all threads share. */
struct work {
	const struct load	*load;
	pthread_mutex_t		 lock;		/* of all below */
	pthread_cond_t		 changed;
	size_t			 next;		/* table to take */
	int			 running;
	bool			 stop;
	struct err		 first;		/* why it stopped */
	uint64_t		 bytes, rows;	/* sent so far */
};

struct worker {
	struct work		*work;
	struct conn		*conn;
	pthread_t		 thread;
	bool			 started;
};

/* Rows of one table on their way to the server. */
struct feed {
	struct work		*work;
	struct entry_reader	*reader;
	uint64_t		 rows;
};

static bool
stopped(struct work *w)
{
	bool stop;

	(void)pthread_mutex_lock(&w->lock);
	stop = w->stop;
	(void)pthread_mutex_unlock(&w->lock);
	return stop;
}

/* Keep the first error: those that follow come from cut connections. */
static void
stop(struct work *w, const struct err *e)
{
	(void)pthread_mutex_lock(&w->lock);
	if (!w->stop)
		w->first = *e;
	w->stop = true;
	(void)pthread_cond_signal(&w->changed);
	(void)pthread_mutex_unlock(&w->lock);
}

static uint64_t
count_lines(const void *data, size_t len)
{
	const char *p = data, *end = p + len;
	uint64_t n = 0;

	while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		n++;
		p++;
	}
	return n;
}

static int
feed_read(void *cookie, const void **data, size_t *len, struct err *e)
{
	struct feed *f = cookie;
	struct work *w = f->work;
	uint64_t n;
	int rc;

	if ((rc = entry_reader_read(f->reader, data, len, e)) != 1)
		return rc;
	n = count_lines(*data, *len);	/* a newline in a value is escaped */
	f->rows += n;
	(void)pthread_mutex_lock(&w->lock);
	w->bytes += *len;
	w->rows += n;
	rc = w->stop ? err_set(e, ERR_INTERRUPTED, "stopped") : 1;
	(void)pthread_mutex_unlock(&w->lock);
	return rc;
}

static int
find_entry(struct entry_reader *r, const char *path, struct err *e)
{
	const struct entry *entry;
	int rc;

	while ((rc = entry_reader_next(r, &entry, e)) == 1)
		if (strcmp(entry->path, path) == 0)
			return 0;
	if (rc == 0)
		return err_set(e, ERR_DAMAGED, "it is not where it must be");
	return -1;
}

static int
send_rows(struct worker *k, const struct plan_table *t, struct err *e)
{
	const struct load *l = k->work->load;
	const struct segment *s = &l->plan->segments[t->rows->segment];
	struct feed f = { .work = k->work };
	const struct conn_infile in = { feed_read, &f };
	struct conn_loaded done;
	const struct entry *more;
	int rc = -1;

	if ((f.reader = entry_reader_new(l->chunks, s, e)) == NULL ||
	    find_entry(f.reader, t->rows->path, e) == -1 ||
	    conn_load(k->conn, t->load, &in, &done, e) == -1)
		goto done;
	if (done.rows != f.rows) {
		(void)err_set(e, ERR_REMOTE, "%llu rows were sent, but the "
		    "server loaded %llu", (unsigned long long)f.rows,
		    (unsigned long long)done.rows);
		goto done;
	}
	if (done.warnings > 0 &&
	    load_explain(l, k->conn, t, done.warnings, e) == -1)
		goto done;
	rc = entry_reader_next(f.reader, &more, e) == -1 ? -1 : 0;
done:
	entry_reader_free(f.reader);
	return rc;
}

/* What a session needs so that rows arrive as they left. */
static int
session_for_rows(struct conn *c, struct err *e)
{
	if (conn_charset(c, CONN_BINARY, e) == -1)
		return -1;
	if (conn_exec(c, "SET SESSION "
	    "sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', "
	    "time_zone='+00:00', unique_checks=0, foreign_key_checks=0, "
	    "max_error_count=65535",
	    e) == -1)
		return -1;
	if (!conn_is_mariadb(c))
		return 0;
	return conn_exec(c, "SET SESSION check_constraint_checks=0", e);
}

static int
load_table(struct worker *k, const struct plan_table *t, struct err *e)
{
	const struct load *l = k->work->load;
	static const char word[] = "WITH SYSTEM VERSIONING";
	bool versioned = memmem(t->schema->text, t->schema->len, word,
	    strlen(word)) != NULL;
	uint64_t created = 0;

	if (load_script(l, k->conn, t->schema, &created, e) == -1)
		return -1;
	if (t->rows == NULL || (l->options->sample != NULL &&
	    !db_sample_has(l->options->sample, t->rows->path)))
		return 0;
	if (session_for_rows(k->conn, e) == -1)
		return err_add(e, "%s", t->rows->path);
	if (versioned && conn_exec(k->conn,
	    "SET SESSION system_versioning_insert_history=1", e) == -1)
		return err_add(e, "%s", t->rows->path);
	if (send_rows(k, t, e) == -1)
		return err_add(e, "%s", t->rows->path);
	if (versioned && conn_exec(k->conn,
	    "SET SESSION system_versioning_insert_history=0", e) == -1)
		return err_add(e, "%s", t->rows->path);
	return 0;
}

static const struct plan_table *
take(struct work *w)
{
	const struct plan *p = w->load->plan;
	const struct plan_table *t = NULL;

	(void)pthread_mutex_lock(&w->lock);
	if (!w->stop && w->next < p->n_tables)
		t = &p->tables[w->next++];
	(void)pthread_mutex_unlock(&w->lock);
	return t;
}

static void *
work(void *cookie)
{
	struct worker *k = cookie;
	struct work *w = k->work;
	const struct plan_table *t;
	struct err e = { 0 };

	while ((t = take(w)) != NULL)
		if (load_table(k, t, &e) == -1) {
			stop(w, &e);
			break;
		}
	(void)pthread_mutex_lock(&w->lock);
	w->running--;
	(void)pthread_cond_signal(&w->changed);
	(void)pthread_mutex_unlock(&w->lock);
	return NULL;
}

static void
break_all(struct worker *v, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (v[i].conn != NULL)
			conn_break(v[i].conn);
}

/* Watch until all threads ended; tell how far they are. */
static void
watch(struct work *w, struct worker *v, int n)
{
	const struct db_load_options *o = w->load->options;
	uint64_t bytes = 0, rows = 0, more_bytes, more_rows;
	struct timespec until;
	struct err e = { 0 };
	int running;

	do {
		(void)clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += TICK_NS;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
		(void)pthread_mutex_lock(&w->lock);
		if (w->running > 0)
			(void)pthread_cond_clockwait(&w->changed, &w->lock,
			    CLOCK_MONOTONIC, &until);
		running = w->running;
		more_bytes = w->bytes - bytes;
		more_rows = w->rows - rows;
		bytes = w->bytes;
		rows = w->rows;
		(void)pthread_mutex_unlock(&w->lock);
		if (o->progress != NULL && (more_bytes > 0 || more_rows > 0))
			o->progress(o->cookie, more_bytes, more_rows);
		if (intr_check(&e) == -1)
			stop(w, &e);
		if (running > 0 && stopped(w))
			break_all(v, n);
	} while (running > 0);
}

/* One more than cores: while one waits for the log, another computes. */
static int
connections(const struct load *l)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	size_t tables = l->plan->n_tables;
	int n = l->options->connections;

	if (n <= 0 && l->options->throwaway)
		n = (cores < 1 ? 1 : (int)cores) + 1;
	else if (n <= 0)
		n = cores < 1 ? 1 : cores > CONNECTIONS_LIVE ?
		    CONNECTIONS_LIVE : (int)cores;
	if (n > CONNECTIONS_MAX)
		n = CONNECTIONS_MAX;
	return (size_t)n > tables ? (int)tables : n;
}

/* A table that its source took in spite of its width is taken here, too. */
static int
prepare(struct conn *c, struct err *e)
{
	if (!conn_is_mariadb(c))
		return 0;
	return conn_exec(c, "SET SESSION innodb_strict_mode=0", e);
}

static int
start_workers(struct work *w, struct worker *v, int n, struct err *e)
{
	int i;

	for (i = 0; i < n; i++) {
		v[i].work = w;
		v[i].conn = conn_open(&w->load->options->login, CONN_UTF8, e);
		if (v[i].conn == NULL || prepare(v[i].conn, e) == -1)
			return -1;
	}
	for (i = 0; i < n; i++) {
		(void)pthread_mutex_lock(&w->lock);
		w->running++;
		(void)pthread_mutex_unlock(&w->lock);
		if (pthread_create(&v[i].thread, NULL, work, &v[i]) != 0) {
			(void)pthread_mutex_lock(&w->lock);
			w->running--;
			(void)pthread_mutex_unlock(&w->lock);
			return err_set(e, ERR_SYSTEM, "cannot start a thread");
		}
		v[i].started = true;
	}
	return 0;
}

int
load_rows(const struct load *l, struct err *e)
{
	struct work w = { .load = l, .lock = PTHREAD_MUTEX_INITIALIZER,
	    .changed = PTHREAD_COND_INITIALIZER };
	struct worker *v = NULL;
	int i, n = connections(l), rc = -1;

	if (n == 0)
		return 0;
	if ((v = calloc((size_t)n, sizeof(*v))) == NULL)
		return err_memory(e);
	if (start_workers(&w, v, n, e) == -1)
		stop(&w, e);
	watch(&w, v, n);
	for (i = 0; i < n; i++)
		if (v[i].started)
			(void)pthread_join(v[i].thread, NULL);
	if (w.stop)
		*e = w.first;
	else
		rc = 0;
	l->stats->rows += w.rows;
	l->stats->bytes += w.bytes;
	for (i = 0; i < n; i++)
		conn_close(v[i].conn);
	free(v);
	return rc;
}
