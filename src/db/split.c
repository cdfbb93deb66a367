/*
 * Where to cut a big table, so that several connections read it.
 *
 * The server estimates how many rows a range of the primary key's first column
 * has by looking at a few pages of it (EXPLAIN).  So from the beginning, or
 * the cut before, the next cut is found by halving: numbers as numbers, text
 * one character after the other, in the order of the column's collation.
 * InnoDB says about twice what there is, and never more than half the table:
 * therefore parts are small, eight at least.  Estimates decide how equal the
 * parts are, and nothing else.
 *
 * Promise: every row is in one part, and the parts follow each other in the
 * order that ORDER BY gives.  A row is below a value or it is not, and the
 * column has no NULL; that the values ascend is the server's answer, by the
 * same comparison as the conditions use.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"
#include "db/conn.h"
#include "db/schema.h"
#include "db/split.h"

#define SQL_MAX ((size_t)1 << 16)
#define NAME_SIZE 65		/* of a charset or collation */
#define TEXT_MAX 32		/* characters of a value to cut at */
#define VALUE_SIZE 256		/* of a constant in SQL */
#define PARTS_MIN 8
#define LETTERS 94		/* printable ASCII without the blank */
#define LETTERS_MAX 256		/* all bytes */

enum key_kind {
	KEY_OTHER, KEY_NUMBER, KEY_TEXT, KEY_BYTES
};

/* A table that is being cut. */
struct cutter {
	struct conn		*conn;
	const struct relation	*t;
	enum key_kind		 kind;
	struct buf		 key, from;	/* m.`key`; FROM ... AS m */
	uint64_t		 want;		/* rows of a part, estimated */
	char			 start[VALUE_SIZE];	/* of it, or empty */

	/* Numbers are low + (0 to span). */
	bool			 negative;
	uint64_t		 low, span;

	/* Text: what sorts it, and what all keys begin with. */
	char			 charset[NAME_SIZE], collation[NAME_SIZE];
	uint8_t			 letters[LETTERS_MAX];	/* ascending */
	size_t			 n_letters;
	uint8_t			 prefix[TEXT_MAX];
	size_t			 n_prefix;
};

static const struct {
	const char	*type;
	enum key_kind	 kind;
} kinds[] = {
	{ "tinyint", KEY_NUMBER }, { "smallint", KEY_NUMBER },
	{ "mediumint", KEY_NUMBER }, { "int", KEY_NUMBER },
	{ "bigint", KEY_NUMBER }, { "char", KEY_TEXT },
	{ "varchar", KEY_TEXT }, { "binary", KEY_BYTES },
	{ "varbinary", KEY_BYTES },
};

/* The first column of the key, or NULL. */
static const struct column *
key_column(const struct relation *t)
{
	size_t i;

	for (i = 0; t->n_key > 0 && i < t->n_columns; i++)
		if (strcmp(t->columns[i].name, t->key[0]) == 0)
			return &t->columns[i];
	return NULL;
}

static enum key_kind
kind_of(const struct relation *t)
{
	const struct column *c = key_column(t);
	size_t k;

	for (k = 0; c != NULL && k < sizeof(kinds) / sizeof(kinds[0]); k++)
		if (strcmp(kinds[k].type, c->type) == 0)
			return kinds[k].kind;
	return KEY_OTHER;
}

bool
split_possible(const struct relation *t)
{
	return t->transactional && t->primary && !t->versioned &&
	    kind_of(t) != KEY_OTHER;
}

void
split_drop(struct split *s)
{
	while (s->n > 0)
		free(s->where[--s->n]);
	free(s->where);
	s->where = NULL;
}

int
split_none(struct split *s, struct err *e)
{
	*s = (struct split){ 0 };
	if ((s->where = calloc(1, sizeof(*s->where))) == NULL)
		return err_memory(e);
	s->n = 1;
	return 0;
}

static void
put_number(const struct cutter *c, uint64_t at, char out[VALUE_SIZE])
{
	const uint64_t v = c->low + at;

	if (c->negative && (int64_t)v < 0)
		(void)snprintf(out, VALUE_SIZE, "%" PRId64, (int64_t)v);
	else
		(void)snprintf(out, VALUE_SIZE, "%" PRIu64, v);
}

/* Text as a constant of the column's own collation. */
static void
put_text(const struct cutter *c, const uint8_t *p, size_t n,
    char out[VALUE_SIZE])
{
	char hex[2 * TEXT_MAX + 1];

	(void)num_hex(p, n, hex);
	if (c->kind == KEY_BYTES)
		(void)snprintf(out, VALUE_SIZE, "_binary X'%s'", hex);
	else
		(void)snprintf(out, VALUE_SIZE, "CONVERT(_utf8mb4 X'%s' USING "
		    "%s) COLLATE %s", hex, c->charset, c->collation);
}

/* How many rows of EXPLAIN's are in a range. */
static int
explain(const struct cutter *c, const char *where, uint64_t *rows,
    struct err *e)
{
	struct rows r = { 0 };
	unsigned i;
	int rc = -1;

	*rows = 0;
	if (rows_queryf(&r, c->conn, e, "EXPLAIN SELECT 1%s%s",
	    (char *)c->from.data, where) == -1 ||
	    (rc = rows_next(&r, e)) != 1)
		goto done;
	rc = 0;
	/* A range that cannot have rows has no estimate either. */
	for (i = 0; i < r.n; i++)
		if (strcmp(rows_name(&r, i), "rows") == 0 && r.v[i] != NULL)
			rc = num_parse(r.v[i], 0, UINT64_MAX, rows, e);
done:
	rows_free(&r);
	return rc;
}

/* The range from one value (or the beginning) to another (or the end). */
static int
add_range(struct buf *b, const struct cutter *c, const char *from,
    const char *to, struct err *e)
{
	const char *key = (char *)c->key.data;

	if (from[0] != '\0' && buf_addf(b, e, "%s>=%s", key, from) == -1)
		return -1;
	if (from[0] != '\0' && to[0] != '\0' &&
	    buf_add_text(b, " AND ", e) == -1)
		return -1;
	if (to[0] != '\0' && buf_addf(b, e, "%s<%s", key, to) == -1)
		return -1;
	return buf_text(b, e) == NULL ? -1 : 0;
}

/* How many rows there are from the start of the part to here (or the end). */
static int
estimate(const struct cutter *c, const char *to, uint64_t *rows,
    struct err *e)
{
	struct buf b;
	int rc = -1;

	buf_init(&b, SQL_MAX);
	if (buf_add_text(&b, " WHERE ", e) == 0 &&
	    add_range(&b, c, c->start, to, e) == 0)
		rc = explain(c, (char *)b.data, rows, e);
	buf_drop(&b);
	return rc;
}

/* Is it so many rows that halving further is not worth it? */
static bool
is_near(const struct cutter *c, uint64_t rows)
{
	return rows <= c->want && rows > c->want - c->want / 8;
}

/* The largest number with at most so many rows before it. */
static int
find_number(const struct cutter *c, char out[VALUE_SIZE], struct err *e)
{
	uint64_t low = 0, high = c->span, middle, rows = 0;

	while (low < high && !is_near(c, rows)) {
		middle = high - (high - low) / 2;
		put_number(c, middle, out);
		if (estimate(c, out, &rows, e) == -1)
			return -1;
		if (rows <= c->want)
			low = middle;
		else
			high = middle - 1;
	}
	put_number(c, low, out);
	return 0;
}

/*
 * One more character behind the n that p has: the last in the alphabet with
 * at most so many rows before it.  0 when that is near enough, or 1.
 */
static int
find_letter(const struct cutter *c, uint8_t *p, size_t n, struct err *e)
{
	size_t low = 0, high = c->n_letters, middle;
	char value[VALUE_SIZE];
	uint64_t rows = 0;

	/* The answer is in [low, high). */
	while (high - low > 1 && !is_near(c, rows)) {
		middle = low + (high - low) / 2;
		p[n] = c->letters[middle];
		put_text(c, p, n + 1, value);
		if (estimate(c, value, &rows, e) == -1)
			return -1;
		if (rows <= c->want)
			low = middle;
		else
			high = middle;
	}
	p[n] = c->letters[low];
	return is_near(c, rows) ? 0 : 1;
}

static int
find_text(const struct cutter *c, char out[VALUE_SIZE], struct err *e)
{
	uint8_t p[TEXT_MAX];
	size_t n = c->n_prefix;
	int rc = 1;

	memcpy(p, c->prefix, n);
	while (n < TEXT_MAX && rc == 1)
		if ((rc = find_letter(c, p, n++, e)) == -1)
			return -1;
	put_text(c, p, n, out);
	return 0;
}

static uint64_t
to_number(const char *text)
{
	return text[0] == '-' ? (uint64_t)strtoll(text, NULL, 10) :
	    strtoull(text, NULL, 10);
}

/* From the first key and the last: 1; 0 when there are no rows. */
static int
read_ends(struct cutter *c, struct err *e)
{
	const char *as = c->kind == KEY_TEXT ? " USING utf8mb4" :
	    " USING binary";
	const char *key = (char *)c->key.data;
	struct rows r = { 0 };
	size_t n;
	int rc = -1;

	if (rows_queryf(&r, c->conn, e, "SELECT CONVERT(MIN(%s)%s), CONVERT("
	    "MAX(%s)%s)%s", key, as, key, as, (char *)c->from.data) == -1 ||
	    (rc = rows_next(&r, e)) == -1)
		goto done;
	rc = r.v[0] != NULL && r.v[1] != NULL;
	if (rc == 0)
		goto done;
	c->negative = r.v[0][0] == '-';
	c->low = to_number(r.v[0]);
	c->span = to_number(r.v[1]) - c->low;
	for (n = 0; n < r.len[0] && n < r.len[1] && n < TEXT_MAX / 2; n++) {
		if (r.v[0][n] != r.v[1][n] || (r.v[0][n] & 0x80) != 0)
			break;
		c->prefix[n] = (uint8_t)r.v[0][n];
	}
	c->n_prefix = n;
done:
	rows_free(&r);
	return rc;
}

/* The letters as the column's collation sorts them. */
static int
sort_letters(struct cutter *c, struct err *e)
{
	struct rows r = { 0 };
	struct buf b;
	int i, rc = -1;

	buf_init(&b, SQL_MAX);
	for (i = 0; i < LETTERS; i++)
		if (buf_addf(&b, e, "%sSELECT _utf8mb4 X'%02x' AS c",
		    i == 0 ? "" : " UNION ALL ", '!' + i) == -1)
			goto done;
	if (buf_text(&b, e) == NULL ||
	    rows_queryf(&r, c->conn, e, "SELECT c FROM (%s) AS m ORDER BY "
	    "CONVERT(c USING %s) COLLATE %s, HEX(c)", (char *)b.data,
	    c->charset, c->collation) == -1)
		goto done;
	while ((rc = rows_next(&r, e)) == 1)
		if (c->n_letters < LETTERS)
			c->letters[c->n_letters++] = (uint8_t)r.v[0][0];
done:
	rows_free(&r);
	buf_drop(&b);
	return rc;
}

/* A name of the server's that goes into statements of ours. */
static int
take_name(char out[NAME_SIZE], const char *name, struct err *e)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

	if (name == NULL || strlen(name) >= NAME_SIZE ||
	    strspn(name, allowed) != strlen(name))
		return err_set(e, ERR_REMOTE, "the server names a collation "
		    "\"%.80s\"", name == NULL ? "" : name);
	memcpy(out, name, strlen(name) + 1);
	return 0;
}

static int
learn_order(struct cutter *c, struct err *e)
{
	const struct column *key = key_column(c->t);

	if (c->kind == KEY_TEXT)
		return take_name(c->charset, key->charset, e) == -1 ||
		    take_name(c->collation, key->collation, e) == -1 ? -1 :
		    sort_letters(c, e);
	for (; c->kind == KEY_BYTES && c->n_letters < LETTERS_MAX;
	    c->n_letters++)
		c->letters[c->n_letters] = (uint8_t)c->n_letters;
	return 0;
}

/* Does the server say that one value is below the other? */
static int
ascends(const struct cutter *c, const char *a, const char *b, struct err *e)
{
	struct rows r = { 0 };
	int rc;

	if (a[0] == '\0')
		return 1;
	if ((rc = rows_queryf(&r, c->conn, e, "SELECT %s<%s", a, b)) == 0 &&
	    (rc = rows_next(&r, e)) == 1)
		rc = r.v[0] != NULL && strcmp(r.v[0], "1") == 0;
	rows_free(&r);
	return rc;
}

/* From where the part starts to a value (or the end). */
static int
add_part(struct split *s, const struct cutter *c, const char *to,
    struct err *e)
{
	struct buf b;
	int rc = -1;

	buf_init(&b, SQL_MAX);
	if (add_range(&b, c, c->start, to, e) == -1)
		goto done;
	if (b.len > 0 && (s->where[s->n] = strdup((char *)b.data)) == NULL) {
		(void)err_memory(e);
		goto done;
	}
	s->n++;
	rc = 0;
done:
	buf_drop(&b);
	return rc;
}

static int
find_all(struct split *s, struct cutter *c, size_t parts, struct err *e)
{
	char to[VALUE_SIZE];
	uint64_t left;
	int up;

	while (s->n + 1 < parts) {
		if (s->n > 0 && estimate(c, "", &left, e) == -1)
			return -1;
		if (s->n > 0 && left <= c->want + c->want / 2)
			break;
		if ((c->kind == KEY_NUMBER ? find_number(c, to, e) :
		    find_text(c, to, e)) == -1)
			return -1;
		if ((up = ascends(c, c->start, to, e)) == -1)
			return -1;
		if (up == 0)
			break;		/* one value has all that is left */
		if (add_part(s, c, to, e) == -1)
			return -1;
		memcpy(c->start, to, sizeof(to));
	}
	return add_part(s, c, "", e);
}

static int
prepare(struct cutter *c, struct err *e)
{
	buf_init(&c->key, SQL_MAX);
	buf_init(&c->from, SQL_MAX);
	if (buf_add_text(&c->key, "m.", e) == -1 ||
	    quote_name(&c->key, c->t->key[0], e) == -1 ||
	    buf_text(&c->key, e) == NULL ||
	    buf_add_text(&c->from, " FROM ", e) == -1 ||
	    quote_name(&c->from, c->t->database, e) == -1 ||
	    buf_add_byte(&c->from, '.', e) == -1 ||
	    quote_name(&c->from, c->t->name, e) == -1 ||
	    buf_add_text(&c->from, " AS m FORCE INDEX (PRIMARY)", e) == -1 ||
	    buf_text(&c->from, e) == NULL)
		return -1;
	return 0;
}

int
split_find(struct split *s, struct conn *conn, const struct relation *t,
    size_t parts, struct err *e)
{
	struct cutter c = { .conn = conn, .t = t, .kind = kind_of(t) };
	uint64_t all = 0;
	int rc = -1, some;

	*s = (struct split){ 0 };
	if (parts < PARTS_MIN)
		parts = PARTS_MIN;
	if ((s->where = calloc(parts, sizeof(*s->where))) == NULL)
		return err_memory(e);
	if (prepare(&c, e) == -1 || learn_order(&c, e) == -1 ||
	    (some = read_ends(&c, e)) == -1 || explain(&c, "", &all, e) == -1)
		goto done;
	c.want = 2 * (all / parts);
	if (some == 0 || c.want == 0)
		parts = 1;
	rc = find_all(s, &c, parts, e);
done:
	if (rc == -1) {
		(void)schema_failed(conn, e);
		split_drop(s);
	}
	buf_drop(&c.key);
	buf_drop(&c.from);
	return rc;
}
