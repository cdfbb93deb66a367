/*
 * One table: how its rows are read, and how they are loaded again.
 *
 * Promise: what the first statement gives, loaded by the second, is what was
 * there, for every type that is accepted; others are refused by name.  FLOAT
 * as text loses bits, so it goes as DOUBLE, whose text is exact.  UUID and
 * INET are text that only a character set can convert.  A member '' and the
 * index 0 of an ENUM look alike as text: there the number goes.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "db/conn.h"
#include "db/schema.h"

#define ORDER_COLUMNS_MAX 16

enum how {
	HOW_REFUSED,
	HOW_PLAIN,		/* numbers and times: never an escape */
	HOW_RAW,		/* bytes as they are stored */
	HOW_LARGE,		/* the same, of any length */
	HOW_FLOAT,
	HOW_MEMBERS,		/* ENUM, SET */
	HOW_CONVERT		/* UUID, INET */
};

static const struct {
	const char	*type;
	enum how	 how;
} types[] = {
	{ "tinyint", HOW_PLAIN }, { "smallint", HOW_PLAIN },
	{ "mediumint", HOW_PLAIN }, { "int", HOW_PLAIN },
	{ "bigint", HOW_PLAIN }, { "decimal", HOW_PLAIN },
	{ "double", HOW_PLAIN }, { "year", HOW_PLAIN },
	{ "date", HOW_PLAIN }, { "time", HOW_PLAIN },
	{ "datetime", HOW_PLAIN }, { "timestamp", HOW_PLAIN },
	{ "float", HOW_FLOAT }, { "enum", HOW_MEMBERS },
	{ "set", HOW_MEMBERS }, { "uuid", HOW_CONVERT },
	{ "inet6", HOW_CONVERT }, { "inet4", HOW_CONVERT },
	{ "bit", HOW_RAW }, { "char", HOW_RAW }, { "varchar", HOW_RAW },
	{ "binary", HOW_RAW }, { "varbinary", HOW_RAW },
	{ "tinyblob", HOW_LARGE }, { "blob", HOW_LARGE },
	{ "mediumblob", HOW_LARGE }, { "longblob", HOW_LARGE },
	{ "tinytext", HOW_LARGE }, { "text", HOW_LARGE },
	{ "mediumtext", HOW_LARGE }, { "longtext", HOW_LARGE },
	{ "geometry", HOW_LARGE }, { "point", HOW_LARGE },
	{ "linestring", HOW_LARGE }, { "polygon", HOW_LARGE },
	{ "multipoint", HOW_LARGE }, { "multilinestring", HOW_LARGE },
	{ "multipolygon", HOW_LARGE }, { "geometrycollection", HOW_LARGE },
	{ "geomcollection", HOW_LARGE },
};

void
relation_free(struct relation *t)
{
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < t->n_columns; i++) {
		free(t->columns[i].name);
		free(t->columns[i].type);
		free(t->columns[i].full);
		free(t->columns[i].charset);
		free(t->columns[i].collation);
		free(t->columns[i].expression);
		free(t->columns[i].text_default);
	}
	for (i = 0; i < t->n_key; i++)
		free(t->key[i]);
	free(t->columns);
	free(t->key);
	free(t->database);
	free(t->name);
	free(t->stem);
	free(t->engine);
	free(t->created);
	free(t->create);
	free(t->plain);
	buf_drop(&t->select);
	free(t);
}

bool
relation_has_empty_member(const char *full)
{
	const char *p = strchr(full, '(');
	const char *from;

	while (p != NULL && (*p == '(' || *p == ',') && p[1] == '\'') {
		from = p += 2;
		while (*p != '\0' && (*p != '\'' || p[1] == '\''))
			p += *p == '\'' ? 2 : 1;
		if (*p == '\0')
			break;
		if (p == from)
			return true;
		p++;
	}
	return false;
}

void
relation_find_counter(const char *create, size_t *at, size_t *len)
{
	static const char word[] = " AUTO_INCREMENT=";
	const char *p = NULL, *q;

	*at = strlen(create);
	*len = 0;
	/* Behind the last column or key, the options begin. */
	for (q = create; (q = strstr(q, "\n) ENGINE=")) != NULL; q++)
		p = q;
	if (p == NULL)
		return;
	p += strlen("\n) ENGINE=");
	p += strcspn(p, " ");
	*at = (size_t)(p - create);
	if (strncmp(p, word, strlen(word)) != 0)
		return;
	*len = strlen(word) + strspn(p + strlen(word), "0123456789");
}

static enum how
how_of(const struct column *c)
{
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].type, c->type) == 0)
			return types[i].how;
	return HOW_REFUSED;
}

/* Is the column carried as a number, for '' would be ambiguous? */
static bool
by_number(const struct column *c)
{
	return how_of(c) == HOW_MEMBERS && relation_has_empty_member(c->full);
}

static int
add_column(struct buf *b, const char *name, struct err *e)
{
	return buf_add_text(b, "m.", e) == -1 ? -1 : quote_name(b, name, e);
}

/* Is it float(M,D)? */
static bool
has_limit(const char *full, unsigned *m, unsigned *d)
{
	static const char head[] = "float(";
	char *end;

	if (strncmp(full, head, strlen(head)) != 0)
		return false;
	*m = (unsigned)strtoul(full + strlen(head), &end, 10);
	if (*end != ',')
		return false;
	*d = (unsigned)strtoul(end + 1, &end, 10);
	return *end == ')' && *d <= *m && *m < 256;
}

/*
 * A FLOAT(M,D) at its limit stands a little above it, and the server would
 * warn of what it is about to round to the same FLOAT again: so what is read
 * is the limit, 10^(M-D) - 10^-D.
 */
static int
add_limited(struct buf *b, const struct column *c, unsigned m, unsigned d,
    struct err *e)
{
	if (buf_add_text(b, "CAST(GREATEST(LEAST(CAST(", e) == -1 ||
	    add_column(b, c->name, e) == -1)
		return -1;
	return buf_addf(b, e, " AS DOUBLE),1e%u-1/1e%u),1/1e%u-1e%u) AS "
	    "DOUBLE)", m - d, d, d, m - d);
}

/* The expression that reads a column. */
static int
add_read(struct buf *b, const struct column *c, struct err *e)
{
	const char *before = "", *after = "";
	unsigned m, d;

	if (how_of(c) == HOW_FLOAT && has_limit(c->full, &m, &d))
		return add_limited(b, c, m, d, e);
	if (how_of(c) == HOW_FLOAT) {
		before = "CAST(";
		after = " AS DOUBLE)";
	} else if (how_of(c) == HOW_CONVERT) {
		before = "CONVERT(";
		after = " USING utf8mb4)";
	} else if (by_number(c)) {
		before = "CAST(";
		after = " AS UNSIGNED)";
	}
	if (buf_add_text(b, before, e) == -1 ||
	    add_column(b, c->name, e) == -1)
		return -1;
	return buf_add_text(b, after, e);
}

static bool
is_computed(const struct column *c)
{
	return c->generated && !c->row_start && !c->row_end;
}

/* Its place in the list of LOAD DATA, and what it needs behind SET. */
static int
add_load(struct buf *list, struct buf *set, const struct column *c,
    unsigned *n, struct err *e)
{
	const char *before, *after;

	if (list->len > 0 && buf_add_byte(list, ',', e) == -1)
		return -1;
	if (is_computed(c))
		return buf_addf(list, e, "@v%u", (*n)++);
	if (how_of(c) != HOW_CONVERT && !by_number(c))
		return quote_name(list, c->name, e);
	before = by_number(c) ? "CAST(" : "CONVERT(";
	after = by_number(c) ? "AS UNSIGNED" : "USING utf8mb4";
	if (buf_addf(list, e, "@v%u", *n) == -1 ||
	    buf_add_text(set, set->len == 0 ? " SET " : ",", e) == -1 ||
	    quote_name(set, c->name, e) == -1)
		return -1;
	return buf_addf(set, e, "=%s@v%u %s)", before, (*n)++, after);
}

/*
 * What is computed and kept goes along, though a load computes it anew: so
 * that a copy is only equal when the same came out.
 */
static bool
is_taken(const struct column *c)
{
	return !c->generated || c->stored;
}

static int
check_column(const struct relation *t, const struct column *c, struct err *e)
{
	if (how_of(c) == HOW_REFUSED)
		return err_set(e, ERR_UNSUPPORTED, "%s.%s: column %s has type "
		    "%s, which is not supported: exclude the table "
		    "(components.db.exclude)", t->database, t->name, c->name,
		    c->type);
	if ((c->row_start || c->row_end) && strcmp(c->type, "timestamp") != 0)
		return err_set(e, ERR_UNSUPPORTED, "%s.%s: versions by "
		    "transaction are not supported: exclude the table "
		    "(components.db.exclude)", t->database, t->name);
	/* The server can only show what its old UTF-8 can say. */
	if (how_of(c) == HOW_MEMBERS && c->charset != NULL &&
	    strcmp(c->charset, "utf8mb4") == 0 && strchr(c->full, '?') != NULL)
		return err_set(e, ERR_UNSUPPORTED, "%s.%s: column %s has a "
		    "member that the server shows with '?': exclude the table "
		    "(components.db.exclude)", t->database, t->name, c->name);
	return 0;
}

/* Raw text may be long: its beginning is enough. */
static int
add_near(struct buf *b, const struct column *c, struct err *e)
{
	const bool raw = how_of(c) == HOW_RAW;

	if (buf_add_text(b, raw ? "LEFT(" : "", e) == -1 ||
	    add_column(b, c->name, e) == -1)
		return -1;
	return buf_add_text(b, raw ? ",64)," : ",", e);
}

/*
 * Without a key: by the first columns that are small, so that neighbours stay
 * neighbours, then by a digest of all, so that only equal rows tie.
 */
static int
order_by_all(struct buf *b, const struct relation *t, struct err *e)
{
	const struct column *c;
	size_t i, n = 0;

	for (i = 0; i < t->n_columns && n < ORDER_COLUMNS_MAX; i++) {
		c = &t->columns[i];
		if (!is_taken(c) || how_of(c) == HOW_LARGE)
			continue;
		n++;
		if (add_near(b, c, e) == -1)
			return -1;
	}
	if (buf_add_text(b, "MD5(CONCAT_WS(','", e) == -1)
		return -1;
	for (i = 0; i < t->n_columns; i++) {
		c = &t->columns[i];
		if (!is_taken(c))
			continue;
		if (buf_add_text(b, ",IFNULL(MD5(", e) == -1 ||
		    add_read(b, c, e) == -1 ||
		    buf_add_text(b, "),'')", e) == -1)
			return -1;
	}
	return buf_add_text(b, "))", e);
}

static bool
has_taken(const struct relation *t)
{
	size_t i;

	for (i = 0; i < t->n_columns; i++)
		if (is_taken(&t->columns[i]))
			return true;
	return false;
}

/* A key names one current row, and any number of past ones. */
static int
order_by_period(struct buf *b, const struct relation *t, struct err *e)
{
	size_t i;

	for (i = 0; i < t->n_columns; i++)
		if ((t->columns[i].row_start || t->columns[i].row_end) &&
		    (buf_add_byte(b, ',', e) == -1 ||
		    add_column(b, t->columns[i].name, e) == -1))
			return -1;
	return 0;
}

static int
add_order(struct buf *b, const struct relation *t, struct err *e)
{
	size_t i;

	if (t->n_key == 0 && !has_taken(t))
		return 0;
	if (buf_add_text(b, " ORDER BY ", e) == -1)
		return -1;
	if (t->n_key == 0 && order_by_all(b, t, e) == -1)
		return -1;
	for (i = 0; i < t->n_key; i++)
		if ((i > 0 && buf_add_byte(b, ',', e) == -1) ||
		    add_column(b, t->key[i], e) == -1)
			return -1;
	return t->versioned ? order_by_period(b, t, e) : 0;
}

static int
add_columns(struct relation *t, struct buf *list, struct buf *set,
    struct err *e)
{
	const struct column *c;
	unsigned n = 0;
	size_t i;

	if ((t->plain = calloc(t->n_columns + 1, sizeof(bool))) == NULL)
		return err_memory(e);
	for (i = 0; i < t->n_columns; i++) {
		c = &t->columns[i];
		if (!is_taken(c))
			continue;
		if (check_column(t, c, e) == -1)
			return -1;
		if ((t->n_plain > 0 &&
		    buf_add_byte(&t->select, ',', e) == -1) ||
		    add_read(&t->select, c, e) == -1 ||
		    add_load(list, set, c, &n, e) == -1)
			return -1;
		t->plain[t->n_plain++] = how_of(c) == HOW_PLAIN ||
		    how_of(c) == HOW_FLOAT || how_of(c) == HOW_CONVERT ||
		    by_number(c);
	}
	if (t->n_plain > 0)
		return 0;
	/* Every table has one: this one was dropped, or is being rebuilt. */
	if (t->n_columns == 0)
		return err_set(e, ERR_CHANGED, "%s.%s: it vanished while its "
		    "columns were read", t->database, t->name);
	/* All are virtual: what counts is how many rows there are. */
	t->plain[t->n_plain++] = true;
	if (buf_add_byte(&t->select, '1', e) == -1)
		return -1;
	return buf_add_text(list, "@v0", e);
}

static int
make_select(struct relation *t, struct buf *list, struct buf *set,
    struct err *e)
{
	struct buf *b = &t->select;

	if (buf_add_text(b, "SELECT SQL_NO_CACHE ", e) == -1 ||
	    add_columns(t, list, set, e) == -1 ||
	    buf_add_text(b, " FROM ", e) == -1 ||
	    quote_name(b, t->database, e) == -1 ||
	    buf_add_byte(b, '.', e) == -1 ||
	    quote_name(b, t->name, e) == -1 ||
	    buf_add_text(b, t->versioned ? " FOR SYSTEM_TIME ALL AS m" :
	    " AS m", e) == -1)
		return -1;
	t->where = b->len;
	if (add_order(b, t, e) == -1)
		return -1;
	return buf_text(b, e) == NULL ? -1 : 0;
}

int
relation_statements(struct relation *t, const char *path, struct buf *load,
    struct err *e)
{
	struct buf list, set;
	int rc = -1;

	buf_init(&list, load->max);
	buf_init(&set, load->max);
	buf_init(&t->select, load->max);
	if (make_select(t, &list, &set, e) == -1)
		goto done;
	if (buf_addf(load, e, "LOAD DATA LOCAL INFILE '%s' INTO TABLE ",
	    path) == -1 || quote_name(load, t->name, e) == -1 ||
	    buf_add_text(load, " CHARACTER SET binary FIELDS TERMINATED BY "
	    "'\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' (", e) == -1 ||
	    buf_add(load, list.data, list.len, e) == -1 ||
	    buf_add_byte(load, ')', e) == -1)
		goto done;
	rc = buf_add(load, set.data, set.len, e);
done:
	buf_drop(&list);
	buf_drop(&set);
	return rc;
}
