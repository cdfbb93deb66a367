/*
 * The warnings that a load may cause.
 *
 * What a generated column computes may not fit into it: the rows of the source
 * have the same, and nothing of the archive is stored there.  Such a warning
 * names the column, or none at all when it comes from inside the expression;
 * what is lost of a value of the archive always has its column's name.
 *
 * And an ENUM may hold index 0, which has no text (an "invalid value" of the
 * past).  It leaves as an empty field, or as 0 where '' is a member and the
 * index was written; and arrives as it left, but with "data truncated".  A
 * member that the server did not recognise also becomes index 0 with the same
 * warning, and must never pass.  So there must be as many warnings left as the
 * archive has fields that are index 0: each of these causes one, none is left
 * for anything else.  This reads the rows a second time, for the rare tables
 * that need it.
 */
#include <mysqld_error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/entry.h"
#include "base/buf.h"
#include "base/err.h"
#include "db/conn.h"
#include "db/load_plan.h"
#include "db/load_rows.h"
#include "db/load_warn.h"
#include "db/names.h"

#define COLUMNS_MAX 4096
#define SQL_MAX ((size_t)16 << 20)

/* What a field of a row is to us. */
enum field {
	FIELD_OTHER,
	FIELD_ENUM,		/* text: index 0 is the empty field */
	FIELD_ENUM_INDEX	/* a number */
};

/* A walk over the fields of rows that come in pieces. */
struct walk {
	enum field	field[COLUMNS_MAX];
	size_t		n;
	size_t		at;		/* column */
	size_t		len;		/* bytes of this field so far */
	char		first;		/* its first byte */
	uint64_t	zeros;
};

static void
end_field(struct walk *w)
{
	enum field f = w->at < w->n ? w->field[w->at] : FIELD_OTHER;

	w->zeros += (f == FIELD_ENUM && w->len == 0) ||
	    (f == FIELD_ENUM_INDEX && w->len == 1 && w->first == '0');
	w->len = 0;
}

static void
walk_bytes(struct walk *w, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] != '\t' && p[i] != '\n') {
			if (w->len++ == 0)
				w->first = p[i];
			continue;
		}
		end_field(w);
		w->at = p[i] == '\t' ? w->at + 1 : 0;
	}
}

static int
count_zeros(const struct load *l, const struct plan_table *t, struct walk *w,
    struct err *e)
{
	const struct segment *s = &l->plan->segments[t->rows->segment];
	struct entry_reader *r = NULL;
	const struct entry *entry;
	const void *p;
	size_t n;
	int rc = -1;

	if ((r = entry_reader_new(l->chunks, s, e)) == NULL)
		goto done;
	while ((rc = entry_reader_next(r, &entry, e)) == 1)
		if (strcmp(entry->path, t->rows->path) == 0)
			break;
	if (rc != 1) {
		rc = -1;
		goto done;
	}
	while ((rc = entry_reader_read(r, &p, &n, e)) == 1)
		walk_bytes(w, p, n);
done:
	entry_reader_free(r);
	return rc;
}

/*
 * The end of the `name` that p points at (its opening quote): behind the
 * closing one.  NULL when there is none.
 */
static const char *
name_end(const char *p)
{
	for (p++; *p != '\0'; p++)
		if (*p == '`' && *++p != '`')
			return p;
	return NULL;
}

/* Is this quoted name one of those in the list, each ended by a NUL? */
static bool
is_listed(const struct buf *list, const char *name, size_t len)
{
	const char *p = (const char *)list->data;
	const char *end = p + list->len;

	for (; p < end; p += strlen(p) + 1)
		if (strlen(p) == len && memcmp(p, name, len) == 0)
			return true;
	return false;
}

/* Is the variable @vN what an ENUM's index is set from? */
static bool
sets_enum(const struct buf *enums, const char *sql, const char *variable,
    size_t len)
{
	char text[64];
	const char *p, *end, *behind;

	if (len > 32)
		return false;
	(void)snprintf(text, sizeof(text), "=CAST(%.*s AS UNSIGNED)",
	    (int)len, variable);
	if ((end = strstr(sql, text)) == NULL)
		return false;
	for (p = strchr(sql, '`'); p != NULL && p < end; p = strchr(p, '`')) {
		behind = name_end(p);
		if (behind == NULL)
			return false;
		if (behind == end)
			return is_listed(enums, p, (size_t)(behind - p));
		p = behind;
	}
	return false;
}

/* Read the list of columns of a LOAD DATA statement. */
static int
read_columns(const char *sql, const struct buf *enums, struct walk *w)
{
	static const char head[] = "LINES TERMINATED BY '\\n' (";
	const char *p = strstr(sql, head), *end;

	if (p == NULL)
		return -1;
	for (p += strlen(head); w->n < COLUMNS_MAX; p = end + 1) {
		if (*p == '`') {
			if ((end = name_end(p)) == NULL)
				return -1;
			w->field[w->n++] = is_listed(enums, p,
			    (size_t)(end - p)) ? FIELD_ENUM : FIELD_OTHER;
		} else {
			end = p + strcspn(p, ",)");
			w->field[w->n++] = sets_enum(enums, sql, p,
			    (size_t)(end - p)) ? FIELD_ENUM_INDEX :
			    FIELD_OTHER;
		}
		if (*end == ')')
			return 0;
		if (*end != ',')
			return -1;
	}
	return -1;
}

/* What SHOW COLUMNS says of a table: names, each with its NUL. */
struct columns {
	struct buf	enums;		/* quoted */
	struct buf	generated;
};

static int
add_name(struct columns *all, const struct rows *r, struct err *e)
{
	if (strncmp(r->v[1], "enum(", 5) == 0 &&
	    (quote_name(&all->enums, r->v[0], e) == -1 ||
	    buf_add_byte(&all->enums, '\0', e) == -1))
		return -1;
	if (strstr(r->v[5], "GENERATED") == NULL)
		return 0;
	return buf_add(&all->generated, r->v[0], r->len[0] + 1, e);
}

static int
list_columns(struct conn *c, const char *sql, struct columns *all,
    struct err *e)
{
	static const char head[] = "INTO TABLE `";
	const char *name = strstr(sql, head), *end;
	struct rows r = { 0 };
	int rc;

	if (name == NULL)
		return 0;
	name += strlen(head) - 1;
	if ((end = name_end(name)) == NULL)
		return 0;
	if (rows_queryf(&r, c, e, "SHOW COLUMNS FROM %.*s",
	    (int)(end - name), name) == -1)
		return -1;
	while ((rc = rows_next(&r, e)) == 1)
		if ((rc = add_name(all, &r, e)) == -1)
			break;
	rows_free(&r);
	return rc;
}

/* Does the text say 'name' at row, or `d`.`t`.`name` at row? */
static bool
names_column(const char *text, const char *name)
{
	const size_t n = strlen(name);
	const char *p = text;

	while ((p = strstr(p, name)) != NULL) {
		if (p > text && (p[-1] == '\'' || p[-1] == '`') &&
		    p[n] == p[-1] &&
		    strncmp(p + n + 1, " at row ", 8) == 0)
			return true;
		p++;
	}
	return false;
}

/* Is the warning about a generated column, or what one computes? */
static bool
is_computed(const struct columns *all, const char *text)
{
	const char *p = (const char *)all->generated.data;
	const char *end = p + all->generated.len;

	if (all->generated.len == 0)
		return false;
	if (strstr(text, " column ") == NULL)
		return true;
	for (; p < end; p += strlen(p) + 1)
		if (names_column(text, p))
			return true;
	return false;
}

/*
 * The texts of the warnings, as many as the server keeps.  Of a function that
 * an expression of the table uses it may say that it will go some day: this is
 * about no row, and not counted.
 */
static int
read_warnings(struct conn *c, struct names *texts, uint64_t *count,
    struct err *e)
{
	struct rows r = { 0 };
	int rc;

	if (rows_query(&r, c, "SHOW WARNINGS", e) == -1)
		return -1;
	while ((rc = rows_next(&r, e)) == 1) {
		if (strtoul(r.v[1], NULL, 10) == ER_WARN_DEPRECATED_SYNTAX)
			*count -= *count > 0;
		else if ((rc = names_add(texts, r.v[2], e)) == -1)
			break;
	}
	rows_free(&r);
	return rc;
}

/* How many warnings are about what was in the archive. */
static uint64_t
count_others(const struct columns *all, const struct names *texts,
    uint64_t warnings)
{
	size_t i;

	for (i = 0; i < texts->n && warnings > 0; i++)
		warnings -= is_computed(all, texts->v[i]);
	return warnings;
}

int
load_explain(const struct load *l, struct conn *c, const struct plan_table *t,
    uint64_t warnings, struct err *e)
{
	struct err shown = { 0 };
	struct columns all;
	struct names texts = { 0 };
	struct walk *w = NULL;
	int rc = -1;

	buf_init(&all.enums, SQL_MAX);
	buf_init(&all.generated, SQL_MAX);
	(void)conn_warned(c, &shown);	/* while the server still knows */
	if ((w = calloc(1, sizeof(*w))) == NULL) {
		(void)err_memory(e);
		goto done;
	}
	if (read_warnings(c, &texts, &warnings, e) == -1 ||
	    list_columns(c, t->load, &all, e) == -1)
		goto done;
	if (all.enums.len > 0 && read_columns(t->load, &all.enums, w) == 0 &&
	    count_zeros(l, t, w, e) == -1)
		goto done;
	if (w->zeros != count_others(&all, &texts, warnings)) {
		*e = shown;
		goto done;
	}
	rc = 0;
done:
	free(w);
	names_drop(&texts);
	buf_drop(&all.enums);
	buf_drop(&all.generated);
	return rc;
}
