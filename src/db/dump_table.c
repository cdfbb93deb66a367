/*
 * The rows of one table, as text; and whether it is still the table that the
 * schema describes.  Rows that were read through another definition (instant
 * DDL shows new columns in old snapshots) must never pass.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "db/conn.h"
#include "db/dump_table.h"
#include "db/schema.h"
#include "db/text.h"

#define SQL_MAX ((size_t)1 << 16)

/* The statement that reads the rows that meet the condition, if any. */
static int
add_select(struct buf *b, const struct relation *t, const char *where,
    struct err *e)
{
	const struct buf *all = &t->select;

	if (buf_add(b, all->data, t->where, e) == -1 ||
	    (where != NULL && buf_addf(b, e, " WHERE %s", where) == -1) ||
	    buf_add(b, all->data + t->where, all->len - t->where, e) == -1)
		return -1;
	return buf_text(b, e) == NULL ? -1 : 0;
}

int
dump_read(struct conn *c, const struct relation *t, const char *where,
    struct dump_sink *sink, struct err *e)
{
	struct text x = { .write = sink->write, .cookie = sink->cookie,
	    .plain = t->plain, .columns = t->n_plain };
	struct rows r = { 0 };
	struct buf sql;
	int rc = -1;

	buf_init(&sql, t->select.max + SQL_MAX);
	if (text_init(&x, e) == -1 || add_select(&sql, t, where, e) == -1)
		goto done;
	if (rows_stream(&r, c, (char *)sql.data, e) == -1) {
		(void)schema_failed(c, e);
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
		(void)schema_failed(c, e);
	if (rc == 0)
		rc = text_flush(&x, e);
	sink->rows = x.rows;
done:
	/* What is left of the rows is not worth waiting for. */
	if (rc == -1 && r.result != NULL)
		conn_break(c);
	rows_free(&r);
	buf_drop(&sql);
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
check_created(struct conn *c, const struct relation *t, struct err *e)
{
	struct rows r = { 0 };
	struct buf b;
	int rc = -1;

	buf_init(&b, SQL_MAX);
	if (buf_add_text(&b, "SELECT create_time FROM information_schema."
	    "tables WHERE table_schema=_utf8mb3", e) == -1 ||
	    quote_text(&b, t->database, strlen(t->database), e) == -1 ||
	    buf_add_text(&b, " AND table_name=_utf8mb3", e) == -1 ||
	    quote_text(&b, t->name, strlen(t->name), e) == -1 ||
	    buf_text(&b, e) == NULL)
		goto done;
	if (rows_query(&r, c, (char *)b.data, e) == -1)
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

int
dump_check(struct conn *c, const struct relation *t, struct err *e)
{
	struct buf name;
	char *now = NULL;
	int rc = -1;

	buf_init(&name, SQL_MAX);
	if (quote_name(&name, t->database, e) == -1 ||
	    buf_text(&name, e) == NULL)
		goto done;
	if (conn_execf(c, e, "USE %s", (char *)name.data) == -1) {
		(void)schema_failed(c, e);
		goto done;
	}
	if ((now = schema_show(c, "SHOW CREATE TABLE", t->name, 1,
	    e)) == NULL)
		goto done;
	if (check_create(t, now, e) == -1)
		goto done;
	rc = t->undated ? 0 : check_created(c, t, e);
done:
	free(now);
	buf_drop(&name);
	return rc;
}
