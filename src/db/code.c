/*
 * What a database does: routines, packages, views, triggers, events.
 *
 * Promise: each is made again under the sql_mode, the character sets and the
 * time zone that it was made under, which the server recorded with it; their
 * text goes as the bytes that the server holds (code_text.c).
 */
#include <errmsg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/intr.h"
#include "db/code_text.h"
#include "db/conn.h"
#include "db/names.h"
#include "db/schema.h"
#include "db/statements.h"

#define SQL_MAX ((size_t)1 << 20)
#define TEXT_MAX ((size_t)1 << 26)

/* How the answer to a SHOW CREATE is laid out. */
struct shape {
	const char	*verb;
	unsigned	 mode, zone, text, charset;	/* columns; 0: none */
};

static const struct shape shape_routine[] = {
	{ "PACKAGE", 1, 0, 2, 3 },
	{ "PACKAGE BODY", 1, 0, 2, 3 },
	{ "FUNCTION", 1, 0, 2, 3 },
	{ "PROCEDURE", 1, 0, 2, 3 },
};
static const struct shape shape_trigger = { "TRIGGER", 1, 0, 2, 3 };
static const struct shape shape_event = { "EVENT", 1, 2, 3, 4 };

/*
 * The first column of a query on one database, where the second is exactly
 * that database's name.
 */
static int
list_names(struct names *n, struct conn *c, const char *select,
    const char *database, const char *rest, struct err *e)
{
	struct rows r = { 0 };
	struct buf sql;
	int rc = -1;

	buf_init(&sql, SQL_MAX);
	if (buf_add_text(&sql, select, e) == -1 ||
	    quote_text(&sql, database, strlen(database), e) == -1 ||
	    buf_add_text(&sql, rest, e) == -1 || buf_text(&sql, e) == NULL)
		goto done;
	if (rows_query(&r, c, (char *)sql.data, e) == -1)
		goto done;
	while ((rc = rows_next(&r, e)) == 1)
		if (strcmp(r.v[1], database) == 0 &&
		    (rc = names_add(n, r.v[0], e)) == -1)
			break;
done:
	rows_free(&r);
	buf_drop(&sql);
	return rc;
}

/* The database's own collation, which ALTER DATABASE goes back to. */
static int
read_collation(struct conn *c, struct buf *out, struct err *e)
{
	if (conn_value(c, "SELECT @@collation_database", 0, out, e) == -1)
		return -1;
	return buf_text(out, e) == NULL ? -1 : 0;
}

static int
add_settings(struct statements *s, const struct rows *r,
    const struct shape *p, struct err *e)
{
	struct buf b;
	int rc = -1;

	buf_init(&b, SQL_MAX);
	if (buf_add_text(&b, "SET SESSION sql_mode=", e) == -1 ||
	    quote_text(&b, r->v[p->mode], r->len[p->mode], e) == -1 ||
	    buf_addf(&b, e, ", character_set_client=%s, "
	    "collation_connection=%s", r->v[p->charset],
	    r->v[p->charset + 1]) == -1)
		goto done;
	/* An event of the past would be gone as soon as it is made. */
	if (p->zone != 0 && (buf_add_text(&b, ", timestamp=1, time_zone=",
	    e) == -1 ||
	    quote_text(&b, r->v[p->zone], r->len[p->zone], e) == -1))
		goto done;
	rc = statements_add(s, b.data, b.len, e);
done:
	buf_drop(&b);
	return rc;
}

static int
add_object(struct statements *s, const struct rows *r,
    const struct shape *p, const struct buf *sql, const char *collation,
    struct err *e)
{
	const char *own = r->v[p->charset + 2];
	bool other = strcmp(own, collation) != 0;

	if (add_settings(s, r, p, e) == -1)
		return -1;
	if (other && statements_addf(s, e, "ALTER DATABASE COLLATE %s",
	    own) == -1)
		return -1;
	if (statements_add(s, sql->data, sql->len, e) == -1)
		return -1;
	return !other ? 0 : statements_addf(s, e,
	    "ALTER DATABASE COLLATE %s", collation);
}

/* What objects are made of, and where they are. */
struct place {
	struct conn		*conn;
	const struct shape	*shape;
	const char		*collation;	/* of the database */
	const struct relation	*table;		/* of triggers, else NULL */
	bool			 known;		/* was looked at before */
};

static int
check_trigger(const struct relation *t, const struct code_text *x,
    struct err *e)
{
	char column[256];

	if (t == NULL || !trigger_strange_column(t, x, column, sizeof(column)))
		return 0;
	return err_set(e, ERR_UNSUPPORTED, "%s.%s: trigger %s uses a column "
	    "%s, which the table does not have: drop the trigger, or exclude "
	    "the table (components.db.exclude)", t->database, t->name, x->name,
	    column);
}

static int
add_shown(struct statements *s, const struct place *at, const struct rows *r,
    const char *name, struct err *e)
{
	const struct shape *p = at->shape;
	const struct code_text x = { .verb = p->verb, .name = name,
	    .mode = r->v[p->mode], .charset = r->v[p->charset],
	    .text = r->v[p->text], .len = r->len[p->text] };
	struct buf text;
	int rc = -1;

	buf_init(&text, TEXT_MAX);
	if (check_trigger(at->table, &x, e) == 0 &&
	    code_text_add(&text, at->conn, &x, e) == 0 &&
	    (at->known || code_text_check(at->conn, &x, &text, e) == 0))
		rc = add_object(s, r, p, &text, at->collation, e);
	buf_drop(&text);
	return rc;
}

/* Ask for one object and add the statements that make it. */
static int
show_object(struct statements *s, const struct place *at, const char *name,
    struct err *e)
{
	const struct shape *p = at->shape;
	struct conn *c = at->conn;
	struct rows r = { 0 };
	struct err why;
	struct buf sql;
	int rc = -1;

	buf_init(&sql, SQL_MAX);
	if (buf_addf(&sql, e, "SHOW CREATE %s ", p->verb) == -1 ||
	    quote_name(&sql, name, e) == -1 || buf_text(&sql, e) == NULL)
		goto done;
	if (rows_query(&r, c, (char *)sql.data, e) == -1) {
		(void)schema_failed(c, e);
		if (e->kind == ERR_REMOTE && conn_errno(c) < CR_MIN_ERROR) {
			why = *e;
			(void)code_text_broken(p->verb, why.text, e);
		}
		goto done;
	}
	if ((rc = rows_next(&r, e)) == 0)
		rc = err_set(e, ERR_CHANGED, "it is gone");
	else if (rc == 1 && r.v[p->text] == NULL)
		rc = err_set(e, ERR_DENIED, "its text may not be read: GRANT "
		    "SELECT ON mysql.proc (or globally) to the account");
	else if (rc == 1)
		rc = add_shown(s, at, &r, name, e);
done:
	if (rc == -1)
		(void)err_add(e, "%s %s", p->verb, name);
	rows_free(&r);
	buf_drop(&sql);
	return rc;
}

static int
add_file(struct schema *s, enum item_kind kind, const char *stem,
    const struct statements *text, struct err *e)
{
	static const char *const suffixes[] = {
		[ITEM_ROUTINES] = "-schema-post.sql",
		[ITEM_TRIGGERS] = "-schema-triggers.sql",
		[ITEM_EVENTS] = "-schema-events.sql",
	};
	char *path;

	if (text->n == 0)
		return 0;
	if ((path = schema_path(stem, suffixes[kind], e)) == NULL)
		return -1;
	return schema_file(s, kind, path, text, e) == NULL ? -1 : 0;
}

static int
add_all(struct statements *text, const struct place *at, struct names *n,
    struct err *e)
{
	size_t i;

	names_sort(n);
	for (i = 0; i < n->n; i++)
		if (intr_check(e) == -1 ||
		    show_object(text, at, n->v[i], e) == -1)
			return -1;
	return 0;
}

static int
read_routines(struct schema *s, struct conn *c, const char *database,
    const char *stem, const char *collation, struct err *e)
{
	struct place at = { .conn = c, .collation = collation,
	    .known = s->shallow };
	struct statements text;
	struct names n = { 0 };
	char rest[64];
	size_t i;
	int rc = -1;

	statements_init(&text);
	for (i = 0; i < sizeof(shape_routine) / sizeof(shape_routine[0]);
	    i++) {
		(void)snprintf(rest, sizeof(rest), " AND routine_type='%s'",
		    shape_routine[i].verb);
		if (list_names(&n, c, "SELECT routine_name, routine_schema "
		    "FROM information_schema.routines WHERE routine_schema=",
		    database, rest, e) == -1)
			goto done;
		s->stats.routines += n.n;
		at.shape = &shape_routine[i];
		if (add_all(&text, &at, &n, e) == -1)
			goto done;
		names_drop(&n);
	}
	rc = add_file(s, ITEM_ROUTINES, stem, &text, e);
done:
	names_drop(&n);
	statements_drop(&text);
	return rc;
}

static int
read_events(struct schema *s, struct conn *c, const char *database,
    const char *stem, const char *collation, struct err *e)
{
	const struct place at = { .conn = c, .shape = &shape_event,
	    .collation = collation, .known = s->shallow };
	struct statements text;
	struct names n = { 0 };
	int rc = -1;

	statements_init(&text);
	if (list_names(&n, c, "SELECT event_name, event_schema FROM "
	    "information_schema.events WHERE event_schema=", database, "",
	    e) == -1 ||
	    add_all(&text, &at, &n, e) == -1)
		goto done;
	s->stats.events += n.n;
	if (n.n > 0 && statements_addf(&text, e,
	    "SET SESSION timestamp=DEFAULT") == -1)
		goto done;
	rc = add_file(s, ITEM_EVENTS, stem, &text, e);
done:
	names_drop(&n);
	statements_drop(&text);
	return rc;
}

/*
 * A table that stands in the place of a view as long as views that use it
 * come first: the same columns, and it can be written to.
 */
static int
make_placeholder(struct item *v, const char *name, const struct names *n,
    struct err *e)
{
	size_t i;

	if (buf_add_text(&v->load, "CREATE TABLE ", e) == -1 ||
	    quote_name(&v->load, name, e) == -1)
		return -1;
	for (i = 0; i < n->n; i++)
		if (buf_add_text(&v->load, i == 0 ? " (" : ",", e) == -1 ||
		    quote_name(&v->load, n->v[i], e) == -1 ||
		    buf_add_text(&v->load, " TINYINT", e) == -1)
			return -1;
	if (buf_add_text(&v->load, ") ENGINE=MyISAM", e) == -1 ||
	    buf_add_text(&v->unload, "DROP TABLE ", e) == -1)
		return -1;
	return quote_name(&v->unload, name, e);
}

/* A view that is broken cannot be made again: what is wrong with it? */
static int
check_view(struct conn *c, const char *database, const char *name,
    struct err *e)
{
	struct rows r = { 0 };
	struct buf sql;
	int rc = -1;

	buf_init(&sql, SQL_MAX);
	if (buf_add_text(&sql, "CHECK TABLE ", e) == -1 ||
	    quote_name(&sql, name, e) == -1 || buf_text(&sql, e) == NULL ||
	    rows_query(&r, c, (char *)sql.data, e) == -1)
		goto done;
	if ((rc = rows_next(&r, e)) != 1)
		goto done;
	if (strcmp(r.v[3], "OK") == 0 || strstr(r.v[3], "denied") != NULL)
		rc = err_set(e, ERR_DENIED, "the columns of view %s.%s may "
		    "not be seen: GRANT EXECUTE, on the databases whose "
		    "functions it calls, to the account", database, name);
	else
		rc = err_set(e, ERR_UNSUPPORTED, "%s.%s is a view of what is "
		    "not there: %.300s: drop it, or exclude it "
		    "(components.db.exclude)", database, name, r.v[3]);
done:
	rows_free(&r);
	buf_drop(&sql);
	return rc == -1 ? -1 : 0;
}

static int
add_placeholder(struct item *v, struct conn *c, const char *database,
    const char *name, struct err *e)
{
	struct names n = { 0 };
	struct buf rest;
	int rc = -1;

	buf_init(&rest, SQL_MAX);
	if (buf_add_text(&rest, " AND table_name=", e) == -1 ||
	    quote_text(&rest, name, strlen(name), e) == -1 ||
	    buf_add_text(&rest, " ORDER BY ordinal_position", e) == -1 ||
	    buf_text(&rest, e) == NULL)
		goto done;
	if (list_names(&n, c, "SELECT column_name, table_schema FROM "
	    "information_schema.columns WHERE table_schema=", database,
	    (char *)rest.data, e) == -1)
		goto done;
	/* A view without any is broken, or more than this account may see. */
	rc = n.n > 0 ? make_placeholder(v, name, &n, e) :
	    check_view(c, database, name, e);
done:
	names_drop(&n);
	buf_drop(&rest);
	return rc;
}

static int
add_view_statements(struct statements *text, const struct rows *r,
    const char *name, struct err *e)
{
	static const char create[] = "CREATE ";
	struct buf b;
	int rc = -1;

	if (r->v[1] == NULL || strncmp(r->v[1], create, strlen(create)) != 0)
		return err_set(e, ERR_REMOTE, "view %s: the server's answer "
		    "is not a CREATE", name);
	buf_init(&b, SQL_MAX);
	if (statements_addf(text, e, "SET SESSION sql_mode='', "
	    "character_set_client=%s, collation_connection=%s", r->v[2],
	    r->v[3]) == -1 ||
	    buf_add_text(&b, "CREATE OR REPLACE ", e) == -1 ||
	    buf_add_text(&b, r->v[1] + strlen(create), e) == -1)
		goto done;
	rc = statements_add(text, b.data, b.len, e);
done:
	buf_drop(&b);
	return rc;
}

static int
read_view(struct schema *s, struct conn *c, const char *database,
    const char *name, struct err *e)
{
	struct statements text;
	struct rows r = { 0 };
	struct buf sql;
	struct item *v;
	char *stem = NULL, *path;
	int rc = -1;

	statements_init(&text);
	buf_init(&sql, SQL_MAX);
	if (buf_add_text(&sql, "SHOW CREATE VIEW ", e) == -1 ||
	    quote_name(&sql, name, e) == -1 || buf_text(&sql, e) == NULL)
		goto done;
	if (rows_query(&r, c, (char *)sql.data, e) == -1) {
		(void)schema_failed(c, e);
		goto done;
	}
	if ((rc = rows_next(&r, e)) == 0)
		rc = err_set(e, ERR_CHANGED, "it is gone");
	if (rc == -1)
		goto done;
	rc = -1;
	if (add_view_statements(&text, &r, name, e) == -1 ||
	    (stem = schema_stem(database, name, e)) == NULL ||
	    (path = schema_path(stem, "-schema-view.sql", e)) == NULL ||
	    (v = schema_file(s, ITEM_VIEW, path, &text, e)) == NULL)
		goto done;
	s->stats.views++;
	rc = add_placeholder(v, c, database, name, e);
done:
	if (rc == -1)
		(void)err_add(e, "view %s", name);
	rows_free(&r);
	statements_drop(&text);
	buf_drop(&sql);
	free(stem);
	return rc;
}

static int
read_views(struct schema *s, struct conn *c, const struct db_dump_options *o,
    const char *database, struct err *e)
{
	struct names n = { 0 };
	size_t i;
	int rc = -1, excluded;

	if (list_names(&n, c, "SELECT table_name, table_schema FROM "
	    "information_schema.tables WHERE table_schema=", database,
	    " AND table_type='VIEW'", e) == -1)
		goto done;
	names_sort(&n);
	for (i = 0; i < n.n; i++) {
		excluded = schema_excluded(o, database, n.v[i], e);
		if (excluded == 1)
			continue;
		if (excluded == -1 || intr_check(e) == -1 ||
		    read_view(s, c, database, n.v[i], e) == -1)
			goto done;
	}
	rc = 0;
done:
	names_drop(&n);
	return rc;
}

/* The triggers of one table, in the order in which they fire. */
static int
read_table_triggers(struct schema *s, struct conn *c, const struct relation *t,
    const char *collation, struct err *e)
{
	const struct place at = { .conn = c, .shape = &shape_trigger,
	    .collation = collation, .table = t, .known = s->shallow };
	struct statements text;
	struct names n = { 0 };
	struct buf rest;
	size_t i;
	int rc = -1;

	statements_init(&text);
	buf_init(&rest, SQL_MAX);
	if (buf_add_text(&rest, " AND event_object_table=", e) == -1 ||
	    quote_text(&rest, t->name, strlen(t->name), e) == -1 ||
	    buf_add_text(&rest, " ORDER BY event_manipulation, action_timing, "
	    "action_order, trigger_name", e) == -1 ||
	    buf_text(&rest, e) == NULL)
		goto done;
	if (list_names(&n, c, "SELECT trigger_name, trigger_schema FROM "
	    "information_schema.triggers WHERE trigger_schema=", t->database,
	    (char *)rest.data, e) == -1)
		goto done;
	for (i = 0; i < n.n; i++)
		if (show_object(&text, &at, n.v[i], e) == -1)
			goto done;
	s->stats.triggers += n.n;
	rc = add_file(s, ITEM_TRIGGERS, t->stem, &text, e);
done:
	names_drop(&n);
	statements_drop(&text);
	buf_drop(&rest);
	return rc;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Tables that have triggers, by their names. */
static int
read_triggers(struct schema *s, struct conn *c, const char *database,
    const char *collation, struct err *e)
{
	struct names n = { 0 };
	const struct relation *t;
	size_t i;
	int rc = -1;

	if (list_names(&n, c, "SELECT DISTINCT event_object_table, "
	    "trigger_schema FROM information_schema.triggers WHERE "
	    "trigger_schema=", database, "", e) == -1)
		goto done;
	names_sort(&n);
	for (i = 0; n.n > 0 && i < s->n_tables; i++) {
		t = s->tables[i];
		if (strcmp(t->database, database) != 0 ||
		    bsearch(&t->name, n.v, n.n, sizeof(*n.v),
		    compare_names) == NULL)
			continue;
		if (intr_check(e) == -1 ||
		    read_table_triggers(s, c, t, collation, e) == -1)
			goto done;
	}
	rc = 0;
done:
	names_drop(&n);
	return rc;
}

int
schema_code(struct schema *s, struct conn *c, const struct db_dump_options *o,
    const char *database, struct err *e)
{
	struct buf collation;
	char *stem = NULL;
	int rc = -1;

	buf_init(&collation, SQL_MAX);
	if (read_collation(c, &collation, e) == -1 ||
	    (stem = schema_stem(database, NULL, e)) == NULL)
		goto done;
	if (read_routines(s, c, database, stem, (char *)collation.data,
	    e) == -1 || read_views(s, c, o, database, e) == -1 ||
	    read_triggers(s, c, database, (char *)collation.data, e) == -1)
		goto done;
	rc = read_events(s, c, database, stem, (char *)collation.data, e);
done:
	buf_drop(&collation);
	free(stem);
	return rc;
}
