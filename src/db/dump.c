/*
 * A dump: db_dump() of db.h.
 *
 * Why it shows one point: the whole schema is read before the point is taken
 * and again after it, and both must be equal but for counters, so it is the
 * schema at the point.  All rows come from transactions that see the point
 * (point.c); the definition of each table is compared once more when its rows
 * are read (dump_rows.c).  Counters (AUTO_INCREMENT, sequences) are read
 * after the point, so they are never behind the rows.
 *
 * The second reading needs one connection and no row, so rows are read beside
 * it; nothing is written into the archive before the two were compared.
 *
 *	                           ┌► rows, of each table ──────────┐
 *	connect ─► schema ─► point ┴► schema again ─► equal? ───────┴► root
 *	   ▲                                │ ERR_CHANGED │
 *	   └───────────── at most TRIES times ────────────┘
 */
#include <sys/stat.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive.h"
#include "archive/entry.h"
#include "base/err.h"
#include "base/intr.h"
#include "db/conn.h"
#include "db/db.h"
#include "db/dump_rows.h"
#include "db/galera.h"
#include "db/point.h"
#include "db/replica.h"
#include "db/sample.h"
#include "db/schema.h"
#include "db/source.h"

#define TRIES 3
#define CONNECTIONS_MAX 32

/* One try. */
struct dump {
	struct chunks			*chunks;
	const struct db_dump_options	*options;
	struct conn			*conns[CONNECTIONS_MAX];
	int				 n;
	struct conn			*catalogue;
	struct schema			 before, schema;
	struct archive_writer		*writer;
	struct db_point			 point;
};

static int
wanted_connections(const struct db_dump_options *o)
{
	long n = o->connections;

	if (n <= 0)
		n = sysconf(_SC_NPROCESSORS_ONLN);
	if (n < 1)
		n = 1;
	return n > CONNECTIONS_MAX ? CONNECTIONS_MAX : (int)n;
}

/*
 * The catalogue's text is read as the server holds it, but our own is UTF-8:
 * so only the results are binary.
 */
static int
open_connections(struct dump *d, struct err *e)
{
	const struct db_login *l = &d->options->login;
	int i;

	if ((d->catalogue = conn_open(l, CONN_UTF8, e)) == NULL ||
	    galera_wait(d->catalogue, &d->point, e) == -1 ||
	    source_check(d->catalogue, d->options->databases, e) == -1 ||
	    point_prepare(d->catalogue, e) == -1 ||
	    conn_exec(d->catalogue, "SET SESSION "
	    "character_set_results=binary", e) == -1)
		return -1;
	d->n = wanted_connections(d->options);
	for (i = 0; i < d->n; i++)
		if ((d->conns[i] = conn_open(l, CONN_BINARY, e)) == NULL ||
		    point_prepare(d->conns[i], e) == -1)
			return -1;
	return 0;
}

static int
take_point(struct dump *d, struct err *e)
{
	if (schema_read(&d->before, d->catalogue, d->options, e) == -1)
		return -1;
	if (galera_wait(d->catalogue, &d->point, e) == -1)
		return -1;
	if (point_take(d->conns, &d->n, d->catalogue, &d->point, e) == -1)
		return -1;
	return replica_check(d->catalogue, d->options->max_lag, &d->point, e);
}

/* Is the schema at the point the one that was read before it? */
static int
read_again(struct dump *d, struct err *e)
{
	d->schema.shallow = true;
	if (schema_read(&d->schema, d->catalogue, d->options, e) == -1)
		return -1;
	return schema_compare(&d->before, &d->schema, e);
}

static int
add_segment(void *cookie, const struct segment *s, struct err *e)
{
	struct dump *d = cookie;
	const struct db_sample *sample = d->options->sample;

	if (sample != NULL && !db_sample_pick(sample, 0, s))
		return 0;
	return archive_writer_add(d->writer, s, e);
}

/* All entries in the archive's order: files at once, rows as they come. */
static int
write_items(struct dump *d, struct dump_rows *rows, struct err *e)
{
	struct entry en = { .mode = S_IFREG | 0600 };
	struct entry_writer *w;
	const struct item *i;
	size_t k;
	int rc = -1;

	if ((w = entry_writer_new(d->chunks, add_segment, d, e)) == NULL)
		return -1;
	for (k = 0; k < d->schema.n; k++) {
		i = &d->schema.items[k];
		en.path = i->path;
		if (i->table == NULL && entry_writer_add(w, &en,
		    i->content.data, i->content.len, e) == -1)
			goto done;
		if (i->table != NULL && (entry_writer_cut(w, e) == -1 ||
		    dump_rows_take(rows, k, add_segment, d, e) == -1))
			goto done;
	}
	rc = entry_writer_cut(w, e);
done:
	entry_writer_free(w);
	return rc;
}

static int
write_archive(struct dump *d, struct archive_root *root,
    struct db_stats *stats, struct err *e)
{
	struct dump_rows *rows = NULL;
	int rc = -1;

	if ((d->writer = archive_writer_new(d->chunks, e)) == NULL)
		goto done;
	if ((rows = dump_rows_start(d->chunks, d->conns, d->n, &d->before,
	    d->options, e)) == NULL)
		goto done;
	if (read_again(d, e) == -1 || write_items(d, rows, e) == -1)
		goto done;
	if (archive_writer_end(d->writer, root, e) == -1)
		goto done;
	*stats = d->schema.stats;
	dump_rows_count(rows, &stats->rows, &stats->bytes);
	rc = 0;
done:
	dump_rows_free(rows);
	archive_writer_free(d->writer);
	return rc;
}

static void
tell_table(struct dump *d, const struct relation *t)
{
	const struct db_dump_options *o = d->options;
	char name[512], why[512];
	size_t i;

	(void)snprintf(name, sizeof(name), "%s.%s", t->database, t->name);
	if (t->has_rows && !t->transactional) {
		d->point.not_transactional++;
		(void)snprintf(why, sizeof(why), "is %s: outside of the "
		    "snapshot", t->engine);
		if (o->note != NULL)
			o->note(o->cookie, name, why);
	}
	for (i = 0; o->note != NULL && i < t->n_columns; i++) {
		if (!t->columns[i].no_default)
			continue;
		(void)snprintf(why, sizeof(why), "column %s has no default: "
		    "NULL is that of the copy", t->columns[i].name);
		o->note(o->cookie, name, why);
	}
}

/* Tell what is in the archive, but not as it is at the point. */
static void
tell(struct dump *d)
{
	const struct db_dump_options *o = d->options;
	size_t i;

	for (i = 0; i < d->schema.n_tables; i++)
		tell_table(d, d->schema.tables[i]);
	if (d->schema.users_unread && o->note != NULL)
		o->note(o->cookie, "users.sql", "has no accounts: the "
		    "database mysql may not be read");
}

static int
try_dump(struct dump *d, struct archive_root *root, struct db_stats *stats,
    struct err *e)
{
	int i, rc = -1;

	if (intr_check(e) == -1 || open_connections(d, e) == -1)
		goto done;
	if (take_point(d, e) == -1)
		goto done;
	if (write_archive(d, root, stats, e) == -1)
		goto done;
	tell(d);
	rc = 0;
done:
	for (i = 0; i < CONNECTIONS_MAX; i++)
		conn_close(d->conns[i]);
	conn_close(d->catalogue);
	schema_drop(&d->before);
	schema_drop(&d->schema);
	return rc;
}

int
db_dump(struct chunks *chunks, const struct db_dump_options *o,
    struct archive_root *root, struct db_point *point, struct db_stats *stats,
    struct err *e)
{
	struct dump d;
	int i, rc = -1;

	assert(o->databases != NULL);
	for (i = 0; i < TRIES; i++) {
		d = (struct dump){ .chunks = chunks, .options = o };
		schema_init(&d.before);
		schema_init(&d.schema);
		err_clear(e);
		rc = try_dump(&d, root, stats, e);
		if (rc == 0 || e->kind != ERR_CHANGED)
			break;
	}
	if (rc == -1)
		return err_add(e, "cannot dump the database");
	*point = d.point;
	return 0;
}
