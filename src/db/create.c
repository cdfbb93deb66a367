/*
 * The statements that make one table or sequence again.
 *
 * Promise: run on an empty server of the same version they make an object
 * whose SHOW CREATE is the same.  Two things need care: a DEFAULT that the
 * server shows with '?' where its bytes are others, and a sequence's state.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "db/conn.h"
#include "db/schema.h"
#include "db/statements.h"

#define SQL_MAX ((size_t)1 << 16)
#define CREATE_MAX ((size_t)1 << 26)

static const char table_session[] = "SET SESSION time_zone='+00:00', "
	"sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,"
	"NO_DIR_IN_CREATE', foreign_key_checks=0, check_constraint_checks=0";

/*
 * Can the server's old UTF-8 fail to show this column's text?  What is stored
 * outside of the row has an expression there, which is shown as it is.
 */
static bool
may_be_lossy(const struct column *c)
{
	const size_t n = strlen(c->type);

	if (n >= 4 && strcmp(c->type + n - 4, "text") == 0)
		return false;
	if (c->text_default == NULL || c->text_default[0] != '\'' ||
	    strchr(c->text_default, '?') == NULL)
		return false;
	return c->charset == NULL || strncmp(c->charset, "utf8mb4", 7) == 0 ||
	    strncmp(c->charset, "utf16", 5) == 0 ||
	    strncmp(c->charset, "utf32", 5) == 0;
}

/*
 * Ask for the bytes of a default.  The join has no row of the table, so
 * nothing of it is read.
 */
static int
read_default(struct conn *c, const struct relation *t, const char *column,
    struct buf *hex, struct err *e)
{
	struct buf sql;
	int rc = -1;

	buf_init(&sql, SQL_MAX);
	if (buf_add_text(&sql, "SELECT HEX(DEFAULT(m.", e) == -1 ||
	    quote_name(&sql, column, e) == -1 ||
	    buf_add_text(&sql, ")) FROM (SELECT 1) AS one LEFT JOIN ",
	    e) == -1 || quote_name(&sql, t->name, e) == -1 ||
	    buf_add_text(&sql, " AS m ON FALSE", e) == -1 ||
	    buf_text(&sql, e) == NULL)
		goto done;
	rc = conn_value(c, (char *)sql.data, 0, hex, e);
done:
	buf_drop(&sql);
	return rc;
}

/* The first byte behind a literal: '' and a backslash go on. */
static const char *
literal_end(const char *p)
{
	for (p++; *p != '\0'; p++) {
		if (*p == '\'' && p[1] != '\'')
			return p + 1;
		if ((*p == '\\' || *p == '\'') && p[1] != '\0')
			p++;
	}
	return p;
}

/*
 * Where the literal behind " DEFAULT " is in the column's line, or NULL.  The
 * type comes first and may hold anything in its members, so it is skipped.
 */
static const char *
find_default(const char *create, const struct column *c, struct err *e)
{
	static const char word[] = " DEFAULT '";
	const char *p = NULL, *end;
	struct buf b;

	buf_init(&b, CREATE_MAX);
	if (buf_add_text(&b, "\n  ", e) == -1 ||
	    quote_name(&b, c->name, e) == -1 ||
	    buf_addf(&b, e, " %s", c->full) == -1 || buf_text(&b, e) == NULL)
		goto done;
	if ((p = strstr(create, (char *)b.data)) == NULL)
		goto done;
	p += b.len;
	end = strchrnul(p, '\n');
	p = strstr(p, word);
	p = p == NULL || p > end ? NULL : p + strlen(word) - 1;
done:
	buf_drop(&b);
	return p;
}

/* Put the exact bytes in the place of what is shown. */
static int
repair_default(struct conn *c, const struct relation *t,
    const struct column *col, struct buf *create, struct err *e)
{
	struct buf hex;
	const char *at;
	char *tail = NULL;
	int rc = -1;

	buf_init(&hex, CREATE_MAX);
	if (read_default(c, t, col->name, &hex, e) == -1)
		goto done;
	if ((at = find_default((char *)create->data, col, e)) == NULL) {
		(void)err_set(e, ERR_UNSUPPORTED, "%s.%s: the default of "
		    "column %s cannot be read: exclude the table "
		    "(components.db.exclude)", t->database, t->name,
		    col->name);
		goto done;
	}
	if ((tail = strdup(literal_end(at))) == NULL) {
		(void)err_memory(e);
		goto done;
	}
	create->len = (size_t)(at - (char *)create->data);
	if (buf_add_text(create, "x'", e) == -1 ||
	    buf_add(create, hex.data, hex.len, e) == -1 ||
	    buf_add_byte(create, '\'', e) == -1 ||
	    buf_add_text(create, tail, e) == -1 ||
	    buf_text(create, e) == NULL)
		goto done;
	rc = 0;
done:
	free(tail);
	buf_drop(&hex);
	return rc;
}

/* The file's bytes that may change: a counter, if the table has one. */
static void
set_hole(struct item *i, const char *create, size_t at, size_t len)
{
	const uint8_t *p = memmem(i->content.data, i->content.len, create,
	    strlen(create));

	i->hole = p == NULL ? i->content.len :
	    (size_t)(p - i->content.data) + at;
	i->hole_len = p == NULL ? 0 : len;
}

static int
exact_create(struct conn *c, const struct relation *t, struct buf *create,
    struct err *e)
{
	size_t i;

	if (buf_add_text(create, t->create, e) == -1 ||
	    buf_text(create, e) == NULL)
		return -1;
	for (i = 0; i < t->n_columns; i++)
		if (may_be_lossy(&t->columns[i]) &&
		    repair_default(c, t, &t->columns[i], create, e) == -1)
			return -1;
	return 0;
}

/* A nullable column without DEFAULT NULL is what only DROP DEFAULT makes. */
static int
drop_defaults(struct statements *text, const struct relation *t,
    struct err *e)
{
	struct buf b;
	size_t i;
	int rc = -1;

	buf_init(&b, SQL_MAX);
	for (i = 0; i < t->n_columns; i++) {
		if (!t->columns[i].no_default)
			continue;
		buf_clear(&b);
		if (buf_add_text(&b, "ALTER TABLE ", e) == -1 ||
		    quote_name(&b, t->name, e) == -1 ||
		    buf_add_text(&b, " ALTER COLUMN ", e) == -1 ||
		    quote_name(&b, t->columns[i].name, e) == -1 ||
		    buf_add_text(&b, " DROP DEFAULT", e) == -1 ||
		    statements_add(text, b.data, b.len, e) == -1)
			goto done;
	}
	rc = 0;
done:
	buf_drop(&b);
	return rc;
}

int
schema_table(struct schema *s, struct conn *c, struct relation *t,
    struct err *e)
{
	struct statements text;
	struct buf create;
	struct item *i;
	size_t at, len;
	char *path;
	int rc = -1;

	statements_init(&text);
	buf_init(&create, CREATE_MAX);
	if ((t->create = schema_show(c, "SHOW CREATE TABLE", t->name, 1,
	    e)) == NULL)
		goto done;
	if (exact_create(c, t, &create, e) == -1)
		goto done;
	if (statements_addf(&text, e, "SET NAMES utf8mb4") == -1 ||
	    statements_addf(&text, e, "%s", table_session) == -1 ||
	    statements_add(&text, create.data, create.len, e) == -1 ||
	    drop_defaults(&text, t, e) == -1)
		goto done;
	if ((path = schema_path(t->stem, "-schema.sql", e)) == NULL ||
	    (i = schema_file(s, ITEM_TABLE, path, &text, e)) == NULL)
		goto done;
	relation_find_counter((char *)create.data, &at, &len);
	set_hole(i, (char *)create.data, at, len);
	s->stats.tables++;
	rc = 0;
done:
	statements_drop(&text);
	buf_drop(&create);
	return rc;
}

int
schema_rows(struct schema *s, struct relation *t, struct err *e)
{
	struct item *i;
	char *path;

	if ((path = schema_path(t->stem, ".00000.dat", e)) == NULL ||
	    (i = schema_item(s, ITEM_ROWS, path, e)) == NULL)
		return -1;
	i->table = t;
	return relation_statements(t, i->path, &i->load, e);
}

struct state {
	int64_t	next, min, max, increment, round;
};

static int
read_state(struct conn *c, const struct relation *t, struct state *st,
    struct err *e)
{
	int64_t *const to[] = { &st->next, &st->min, &st->max,
	    &st->increment, &st->round };
	struct rows r = { 0 };
	struct buf sql;
	size_t i;
	int rc = -1;

	buf_init(&sql, SQL_MAX);
	if (buf_add_text(&sql, "SELECT next_not_cached_value, minimum_value, "
	    "maximum_value, increment, cycle_count FROM ", e) == -1 ||
	    quote_name(&sql, t->name, e) == -1 || buf_text(&sql, e) == NULL)
		goto done;
	if (rows_query(&r, c, (char *)sql.data, e) == -1) {
		(void)schema_failed(c, e);
		goto done;
	}
	if ((rc = rows_next(&r, e)) == 0)
		rc = err_set(e, ERR_REMOTE, "the sequence has no state");
	for (i = 0; rc == 1 && i < sizeof(to) / sizeof(to[0]); i++)
		*to[i] = strtoll(r.v[i], NULL, 10);
done:
	rows_free(&r);
	buf_drop(&sql);
	return rc == 1 ? 0 : -1;
}

/*
 * The state is set in two steps: where it goes on, then how many rounds it
 * made.  A sequence that is used up stands beyond its end, where only the use
 * of its last value leads.
 */
static int
add_state(struct statements *text, const struct relation *t,
    const struct state *st, struct err *e)
{
	bool over = st->next > st->max || st->next < st->min;
	struct buf b;
	int rc = -1;

	buf_init(&b, SQL_MAX);
	if (!over && (buf_add_text(&b, "ALTER SEQUENCE ", e) == -1 ||
	    quote_name(&b, t->name, e) == -1 ||
	    buf_addf(&b, e, " RESTART %" PRId64, st->next) == -1 ||
	    statements_add(text, b.data, b.len, e) == -1))
		goto done;
	buf_clear(&b);
	if (over || st->round > 0) {
		if (buf_add_text(&b, "DO SETVAL(", e) == -1 ||
		    quote_name(&b, t->name, e) == -1 ||
		    buf_addf(&b, e, ", %" PRId64 ", %d, %" PRId64 ")",
		    !over ? st->next : st->increment < 0 ? st->min : st->max,
		    over, st->round) == -1 ||
		    statements_add(text, b.data, b.len, e) == -1)
			goto done;
	}
	rc = 0;
done:
	buf_drop(&b);
	return rc;
}

int
schema_sequence(struct schema *s, struct conn *c, struct relation *t,
    struct err *e)
{
	struct statements text;
	struct state st = { 0 };
	struct item *i;
	char *path;
	int rc = -1;

	statements_init(&text);
	if ((t->create = schema_show(c, "SHOW CREATE SEQUENCE", t->name, 1,
	    e)) == NULL || read_state(c, t, &st, e) == -1)
		goto done;
	if (statements_addf(&text, e, "SET NAMES utf8mb4") == -1 ||
	    statements_addf(&text, e, "%s", table_session) == -1 ||
	    statements_addf(&text, e, "%s", t->create) == -1 ||
	    add_state(&text, t, &st, e) == -1)
		goto done;
	if ((path = schema_path(t->stem, "-schema-sequence.sql", e)) == NULL ||
	    (i = schema_file(s, ITEM_SEQUENCE, path, &text, e)) == NULL)
		goto done;
	set_hole(i, t->create, strlen(t->create), 0);
	i->hole_len = i->content.len - i->hole;
	s->stats.sequences++;
	rc = 0;
done:
	statements_drop(&text);
	return rc;
}

/* Take the name from `p` on, quoted, into the buffer: behind it, or NULL. */
static const char *
unquote(const char *p, struct buf *out, struct err *e)
{
	if (*p++ != '`')
		return NULL;
	for (; *p != '\0'; p++) {
		if (*p == '`' && *++p != '`')
			return buf_text(out, e) == NULL ? NULL : p;
		if (buf_add_byte(out, (uint8_t)*p, e) == -1)
			return NULL;
	}
	return NULL;
}

static bool
has_sequence(const struct schema *s, const char *database, const char *name)
{
	size_t i;

	for (i = 0; i < s->n_tables; i++)
		if (s->tables[i]->is_sequence &&
		    strcmp(s->tables[i]->database, database) == 0 &&
		    strcmp(s->tables[i]->name, name) == 0)
			return true;
	return false;
}

/* The sequence that a default takes from must be in the archive. */
static int
check_default(const struct schema *s, const struct relation *t,
    const char *p, struct err *e)
{
	static const char *const calls[] = { "nextval(", "lastval(" };
	struct buf database, name;
	size_t i;
	int rc = 0;

	buf_init(&database, SQL_MAX);
	buf_init(&name, SQL_MAX);
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strncmp(p, calls[i], strlen(calls[i])) == 0)
			break;
	if (i == sizeof(calls) / sizeof(calls[0]))
		goto done;
	p = unquote(p + strlen(calls[i]), &database, e);
	if (p == NULL || *p++ != '.' || unquote(p, &name, e) == NULL)
		goto done;
	if (!has_sequence(s, (char *)database.data, (char *)name.data))
		rc = err_set(e, ERR_UNSUPPORTED, "%s.%s: a default takes from "
		    "sequence %s.%s, which is not in the archive: name its "
		    "database (components.db.databases), or exclude the table "
		    "(components.db.exclude)", t->database, t->name,
		    (char *)database.data, (char *)name.data);
done:
	buf_drop(&database);
	buf_drop(&name);
	return rc;
}

int
schema_check_defaults(const struct schema *s, struct err *e)
{
	const struct relation *t;
	size_t i, k;

	for (i = 0; i < s->n_tables; i++) {
		t = s->tables[i];
		for (k = 0; k < t->n_columns; k++)
			if (t->columns[k].text_default != NULL &&
			    check_default(s, t, t->columns[k].text_default,
			    e) == -1)
				return -1;
	}
	return 0;
}
