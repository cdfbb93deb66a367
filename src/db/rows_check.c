/*
 * Rows that no load can bring back.
 *
 * A column whose values a load would change is seen by its definition; these
 * are seen only by looking at the rows, in the few tables that can have them:
 * before anything is taken, so that a refusal comes early, and once more in the
 * snapshot, so that none is missed.
 */
#include <string.h>

#include "base/err.h"
#include "db/conn.h"
#include "db/schema.h"

#define SQL_MAX ((size_t)1 << 16)
#define CREATE_MAX ((size_t)1 << 26)

/* Add the statement's end, and run it: is there such a row?  1, 0, -1. */
static int
has_row(struct conn *c, struct buf *sql, struct err *e)
{
	struct rows r = { 0 };
	int rc = -1;

	if (buf_add_text(sql, " LIMIT 1", e) == -1 ||
	    buf_text(sql, e) == NULL)
		return -1;
	if (rows_query(&r, c, (char *)sql->data, e) == -1)
		(void)schema_failed(c, e);
	else
		rc = rows_next(&r, e);
	rows_free(&r);
	return rc;
}

/*
 * A NULL in an AUTO_INCREMENT column (tables with a period can have it) would
 * become a number when it is loaded.
 */
static int
check_counter(const struct relation *t, struct conn *c,
    const struct column *col, struct err *e)
{
	struct buf sql;
	int rc = -1;

	buf_init(&sql, SQL_MAX);
	if (buf_add_text(&sql, "SELECT 1 FROM ", e) == 0 &&
	    quote_name(&sql, t->name, e) == 0 &&
	    buf_add_text(&sql, t->versioned ? " FOR SYSTEM_TIME ALL WHERE " :
	    " WHERE ", e) == 0 &&
	    quote_name(&sql, col->name, e) == 0 &&
	    buf_add_text(&sql, " IS NULL", e) == 0)
		rc = has_row(c, &sql, e);
	buf_drop(&sql);
	if (rc != 1)
		return rc;
	return err_set(e, ERR_UNSUPPORTED, "%s.%s: AUTO_INCREMENT column %s "
	    "holds NULL, which would become a number: exclude the table "
	    "(components.db.exclude)", t->database, t->name, col->name);
}

/*
 * A version that ended at the microsecond at which it began is what a session
 * makes that sets its own clock.  The server takes none from outside.
 */
static int
check_history(const struct relation *t, struct conn *c, const char *start,
    const char *end, struct err *e)
{
	struct buf sql;
	int rc = -1;

	buf_init(&sql, SQL_MAX);
	if (buf_add_text(&sql, "SELECT 1 FROM ", e) == 0 &&
	    quote_name(&sql, t->name, e) == 0 &&
	    buf_add_text(&sql, " FOR SYSTEM_TIME ALL WHERE ", e) == 0 &&
	    quote_name(&sql, start, e) == 0 &&
	    buf_add_text(&sql, ">=", e) == 0 &&
	    quote_name(&sql, end, e) == 0)
		rc = has_row(c, &sql, e);
	buf_drop(&sql);
	if (rc != 1)
		return rc;
	return err_set(e, ERR_UNSUPPORTED, "%s.%s: its history has a version "
	    "that ends when it begins, which no server takes again: DELETE "
	    "HISTORY, or exclude the table (components.db.exclude)",
	    t->database, t->name);
}

/* Does the expression take from a column whose text depends on the zone? */
static int
uses_timestamp(const struct relation *t, const char *expression,
    struct err *e)
{
	struct buf name;
	size_t i;
	int rc = 0;

	buf_init(&name, SQL_MAX);
	for (i = 0; rc == 0 && i < t->n_columns; i++) {
		if (strcmp(t->columns[i].type, "timestamp") != 0)
			continue;
		buf_clear(&name);
		if (quote_name(&name, t->columns[i].name, e) == -1 ||
		    buf_text(&name, e) == NULL)
			rc = -1;
		else
			rc = strstr(expression, (char *)name.data) != NULL;
	}
	buf_drop(&name);
	return rc;
}

/* Append the expression as the column's type would keep it. */
static int
add_kept(struct buf *sql, const struct column *col, struct err *e)
{
	static const char *const types[] = { "date", "time", "datetime",
	    "decimal", "float", "double" };
	size_t i, n = strcspn(col->full, " ");

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i], col->type) == 0)
			return buf_addf(sql, e, "CAST(%s AS %.*s)",
			    col->expression, (int)n, col->full);
	return buf_addf(sql, e, "(%s)", col->expression);
}

/* Text by its bytes: those of literals may have another character set. */
static int
add_comparison(struct buf *sql, const struct column *col, struct err *e)
{
	if (col->charset != NULL) {
		if (buf_add_text(sql, "CAST(", e) == -1 ||
		    quote_name(sql, col->name, e) == -1)
			return -1;
		return buf_addf(sql, e, " AS BINARY)<=>CAST(CONVERT((%s) USING "
		    "%s) AS BINARY)", col->expression, col->charset);
	}
	return quote_name(sql, col->name, e) == -1 ||
	    buf_add_text(sql, "<=>", e) == -1 ? -1 : add_kept(sql, col, e);
}

/*
 * What is computed of a TIMESTAMP and kept is what its writer's time zone
 * made of it; a load computes it anew, in the zone of this session.
 */
static int
check_computed(const struct relation *t, struct conn *c,
    const struct column *col, struct err *e)
{
	struct buf sql;
	int rc;

	if ((rc = uses_timestamp(t, col->expression, e)) != 1)
		return rc;
	rc = -1;
	buf_init(&sql, CREATE_MAX);
	if (buf_add_text(&sql, "SELECT 1 FROM ", e) == 0 &&
	    quote_name(&sql, t->name, e) == 0 &&
	    buf_add_text(&sql, t->versioned ? " FOR SYSTEM_TIME ALL WHERE "
	    "NOT (" : " WHERE NOT (", e) == 0 &&
	    add_comparison(&sql, col, e) == 0 &&
	    buf_add_byte(&sql, ')', e) == 0)
		rc = has_row(c, &sql, e);
	buf_drop(&sql);
	if (rc != 1)
		return rc;
	return err_set(e, ERR_UNSUPPORTED, "%s.%s: stored column %s was "
	    "computed of a TIMESTAMP in another time zone than UTC, which a "
	    "load would change: make it VIRTUAL, or exclude the table "
	    "(components.db.exclude)", t->database, t->name, col->name);
}

/* Is there anything about its rows that must be looked at? */
static bool
is_doubtful(const struct relation *t)
{
	const struct column *c;
	size_t i;

	for (i = 0; i < t->n_columns; i++) {
		c = &t->columns[i];
		if (c->counts_or_null || (c->stored && c->expression != NULL &&
		    !c->row_start && !c->row_end))
			return true;
	}
	return t->versioned;
}

int
relation_check_read(const struct relation *t, struct conn *c, struct err *e)
{
	struct buf use;
	int rc = -1;

	if (!is_doubtful(t))
		return 0;
	buf_init(&use, SQL_MAX);
	if (buf_add_text(&use, "USE ", e) == 0 &&
	    quote_name(&use, t->database, e) == 0 &&
	    conn_exec_len(c, use.data, use.len, e) == 0 &&
	    conn_charset(c, CONN_UTF8, e) == 0 &&
	    relation_check_rows(t, c, e) == 0)
		rc = conn_charset(c, CONN_BINARY, e);
	buf_drop(&use);
	return rc;
}

int
relation_check_rows(const struct relation *t, struct conn *c, struct err *e)
{
	const char *start = NULL, *end = NULL;
	const struct column *col;
	size_t i;

	for (i = 0; i < t->n_columns; i++) {
		col = &t->columns[i];
		if (col->counts_or_null && check_counter(t, c, col, e) == -1)
			return -1;
		if (col->stored && col->expression != NULL &&
		    !col->row_start && !col->row_end &&
		    check_computed(t, c, col, e) == -1)
			return -1;
		if (col->row_start && strcmp(col->type, "timestamp") == 0)
			start = col->name;
		if (col->row_end)
			end = col->name;
	}
	return !t->versioned || start == NULL || end == NULL ? 0 :
	    check_history(t, c, start, end, e);
}
