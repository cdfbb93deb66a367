/*
 * The statements that make one table again.
 *
 * Promise: run on an empty server of the same version they make a table whose
 * SHOW CREATE is the same.  What needs care: a DEFAULT that the server shows
 * with '?' where its bytes are others, and what only a table's past explains.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "db/conn.h"
#include "db/schema.h"
#include "db/statements.h"

#define SQL_MAX ((size_t)1 << 16)
#define CREATE_MAX ((size_t)1 << 26)

const char schema_session[] = "SET SESSION time_zone='+00:00', "
	"sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,"
	"NO_DIR_IN_CREATE,IGNORE_BAD_TABLE_OPTIONS,"
	"NO_ENGINE_SUBSTITUTION', foreign_key_checks=0, "
	"check_constraint_checks=0";

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

const char *
schema_literal_end(const char *p)
{
	for (p++; *p != '\0'; p++) {
		if (*p == '\'' && p[1] != '\'')
			return p + 1;
		if ((*p == '\\' || *p == '\'') && p[1] != '\0')
			p++;
	}
	return p;
}

static int
unreadable(const struct relation *t, const struct column *c, struct err *e)
{
	return err_set(e, ERR_UNSUPPORTED, "%s.%s: the default of column %s "
	    "cannot be read: exclude the table (components.db.exclude)",
	    t->database, t->name, c->name);
}

/*
 * What follows the column's type in its line; NULL on -1.  The type may hold
 * anything in its members, so it is skipped.
 */
static const char *
find_column(const char *create, const struct relation *t,
    const struct column *c, struct err *e)
{
	const char *p = NULL;
	struct buf b;

	buf_init(&b, CREATE_MAX);
	if (buf_add_text(&b, "\n  ", e) == -1 ||
	    quote_name(&b, c->name, e) == -1 ||
	    buf_addf(&b, e, " %s", c->full) == -1 || buf_text(&b, e) == NULL)
		goto done;
	if ((p = strstr(create, (char *)b.data)) != NULL)
		p += b.len;
	else
		(void)unreadable(t, c, e);
done:
	buf_drop(&b);
	return p;
}

/* Where the literal behind " DEFAULT " is in its line; NULL on -1. */
static const char *
find_default(const char *create, const struct relation *t,
    const struct column *c, struct err *e)
{
	static const char word[] = " DEFAULT '";
	const char *p, *end;

	if ((p = find_column(create, t, c, e)) == NULL)
		return NULL;
	end = strchrnul(p, '\n');
	p = strstr(p, word);
	if (p == NULL || p > end) {
		(void)unreadable(t, c, e);
		return NULL;
	}
	return p + strlen(word) - 1;
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
	if ((at = find_default((char *)create->data, t, col, e)) == NULL)
		goto done;
	if ((tail = strdup(schema_literal_end(at))) == NULL) {
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

/* Behind which of these the server shows a DEFAULT. */
static const char *
skip_attributes(const char *p)
{
	static const char *const words[] = { " CHARACTER SET ", " COLLATE ",
	    " REF_SYSTEM_ID=", " NULL", " INVISIBLE" };
	size_t i, n;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		n = strlen(words[i]);
		if (strncmp(p, words[i], n) != 0)
			continue;
		p += n;
		if (i < 3)
			p += strcspn(p, " ,\n");
	}
	return p;
}

/*
 * A nullable column without even DEFAULT NULL is what CREATE TABLE ... SELECT
 * makes of the inner columns of an outer join, and what older servers made by
 * DROP DEFAULT.  No CREATE TABLE can say it, so NULL becomes its default.
 */
static int
add_default(const struct relation *t, const struct column *col,
    struct buf *create, struct err *e)
{
	const char *at = find_column((char *)create->data, t, col, e);
	char *tail = NULL;
	int rc = -1;

	if (at == NULL)
		return -1;
	at = skip_attributes(at);
	if ((tail = strdup(at)) == NULL)
		return err_memory(e);
	create->len = (size_t)(at - (char *)create->data);
	if (buf_add_text(create, " DEFAULT NULL", e) == 0 &&
	    buf_add_text(create, tail, e) == 0 && buf_text(create, e) != NULL)
		rc = 0;
	free(tail);
	return rc;
}

void
schema_set_hole(struct item *i, const char *create, size_t at, size_t len)
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
	for (i = 0; i < t->n_columns; i++) {
		if (may_be_lossy(&t->columns[i]) &&
		    repair_default(c, t, &t->columns[i], create, e) == -1)
			return -1;
		if (t->columns[i].no_default &&
		    add_default(t, &t->columns[i], create, e) == -1)
			return -1;
	}
	return 0;
}

/*
 * Columns of a table without versions can be left WITHOUT SYSTEM VERSIONING
 * by the time when it had them; so it gets them, and loses them.
 */
static bool
had_versions(const struct relation *t)
{
	size_t i;

	for (i = 0; !t->versioned && i < t->n_columns; i++)
		if (t->columns[i].unversioned)
			return true;
	return false;
}

static int
add_versions(struct buf *create, struct err *e)
{
	size_t at, len;
	char *tail;
	int rc = -1;

	relation_find_counter((char *)create->data, &at, &len);
	if ((tail = strdup((char *)create->data + at + len)) == NULL)
		return err_memory(e);
	create->len = at + len;
	if (buf_add_text(create, " WITH SYSTEM VERSIONING", e) == 0 &&
	    buf_add_text(create, tail, e) == 0 && buf_text(create, e) != NULL)
		rc = 0;
	free(tail);
	return rc;
}

static int
drop_versions(struct statements *text, const struct relation *t,
    struct err *e)
{
	struct buf b;
	int rc = -1;

	buf_init(&b, SQL_MAX);
	if (buf_add_text(&b, "ALTER TABLE ", e) == 0 &&
	    quote_name(&b, t->name, e) == 0 &&
	    buf_add_text(&b, " DROP SYSTEM VERSIONING", e) == 0)
		rc = statements_add(text, b.data, b.len, e);
	buf_drop(&b);
	return rc;
}

/* The highest number that the column can hold; 0: not known. */
static uint64_t
highest(const struct column *c)
{
	static const struct {
		const char	*type;
		unsigned	 bits;
	} types[] = { { "tinyint", 8 }, { "smallint", 16 },
	    { "mediumint", 24 }, { "int", 32 }, { "bigint", 64 } };
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].type, c->type) == 0)
			return UINT64_MAX >> (64 - types[i].bits +
			    (strstr(c->full, "unsigned") == NULL));
	return 0;
}

/* The highest number there is, or 0. */
static int
read_highest(struct conn *c, const struct relation *t,
    const struct column *col, uint64_t *n, struct err *e)
{
	struct buf sql, answer;
	int rc = -1;

	*n = 0;
	buf_init(&sql, SQL_MAX);
	buf_init(&answer, SQL_MAX);
	if (buf_add_text(&sql, "SELECT IF(MAX(", e) == -1 ||
	    quote_name(&sql, col->name, e) == -1 ||
	    buf_add_text(&sql, ")>0,MAX(", e) == -1 ||
	    quote_name(&sql, col->name, e) == -1 ||
	    buf_add_text(&sql, "),0) FROM ", e) == -1 ||
	    quote_name(&sql, t->name, e) == -1 ||
	    buf_add_text(&sql, t->versioned ? " FOR SYSTEM_TIME ALL" : "",
	    e) == -1 || buf_text(&sql, e) == NULL)
		goto done;
	if (conn_value(c, (char *)sql.data, 0, &answer, e) == -1)
		(void)schema_failed(c, e);
	else if (buf_text(&answer, e) != NULL)
		rc = num_parse((char *)answer.data, 0, UINT64_MAX, n, e);
done:
	buf_drop(&sql);
	buf_drop(&answer);
	return rc;
}

/*
 * A partitioned table does not count what a DELETE of a portion of time puts
 * into it; a load does.  So the counter is what a load will make of it, lest a
 * copy differ.
 */
static int
raise_counter(struct conn *c, const struct relation *t, struct buf *create,
    struct err *e)
{
	const struct column *col = NULL;
	uint64_t max, counter = 1;
	char *tail = NULL;
	size_t at, len, i;
	int rc = -1;

	for (i = 0; i < t->n_columns; i++)
		if (t->columns[i].counts && highest(&t->columns[i]) > 0)
			col = &t->columns[i];
	if (col == NULL || strcmp(t->engine, "InnoDB") != 0)
		return 0;
	if (read_highest(c, t, col, &max, e) == -1)
		return -1;
	relation_find_counter((char *)create->data, &at, &len);
	if (len > 0)
		counter = strtoull((char *)create->data + at +
		    strlen(" AUTO_INCREMENT="), NULL, 10);
	if (max < counter || max == highest(col))
		return 0;
	if ((tail = strdup((char *)create->data + at + len)) == NULL)
		return err_memory(e);
	create->len = at;
	if (buf_addf(create, e, " AUTO_INCREMENT=%llu",
	    (unsigned long long)max + 1) == 0 &&
	    buf_add_text(create, tail, e) == 0 &&
	    buf_text(create, e) != NULL)
		rc = 0;
	free(tail);
	return rc;
}

/*
 * A table of ARCHIVE with a unique number takes none that is not above its
 * counter, so it must not have that of the source before it has the rows;
 * with them it gets there by itself.
 */
static int
forget_counter(struct conn *c, const struct relation *t, struct buf *create,
    struct err *e)
{
	struct rows r = { 0 };
	struct buf sql;
	char *text = (char *)create->data;
	size_t at, len;
	int rc = -1;

	relation_find_counter(text, &at, &len);
	if (strcmp(t->engine, "ARCHIVE") != 0 || t->n_key == 0 || len == 0 ||
	    strstr(text + at, "\n PARTITION BY") != NULL)
		return 0;
	buf_init(&sql, SQL_MAX);
	if (buf_add_text(&sql, "SELECT 1 FROM ", e) == -1 ||
	    quote_name(&sql, t->name, e) == -1 ||
	    buf_add_text(&sql, " LIMIT 1", e) == -1 ||
	    buf_text(&sql, e) == NULL)
		goto done;
	if (rows_query(&r, c, (char *)sql.data, e) == -1) {
		(void)schema_failed(c, e);
		goto done;
	}
	if ((rc = rows_next(&r, e)) != 1)
		goto done;
	memmove(text + at, text + at + len, create->len - at - len);
	create->len -= len;
	rc = buf_text(create, e) == NULL ? -1 : 0;
done:
	rows_free(&r);
	buf_drop(&sql);
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
	if (exact_create(c, t, &create, e) == -1 ||
	    raise_counter(c, t, &create, e) == -1 ||
	    forget_counter(c, t, &create, e) == -1)
		goto done;
	if (had_versions(t) && add_versions(&create, e) == -1)
		goto done;
	if (statements_addf(&text, e, "SET NAMES utf8mb4") == -1 ||
	    statements_addf(&text, e, "%s", schema_session) == -1 ||
	    statements_add(&text, create.data, create.len, e) == -1)
		goto done;
	if (had_versions(t) && drop_versions(&text, t, e) == -1)
		goto done;
	if ((path = schema_path(t->stem, "-schema.sql", e)) == NULL ||
	    (i = schema_file(s, ITEM_TABLE, path, &text, e)) == NULL)
		goto done;
	relation_find_counter((char *)create.data, &at, &len);
	schema_set_hole(i, (char *)create.data, at, len);
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
