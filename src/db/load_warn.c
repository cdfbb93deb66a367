/*
 * The one warning that a load may cause.
 *
 * An ENUM may hold index 0, which has no text (an "invalid value" of the
 * past).  It leaves as an empty field, or as 0 where '' is a member and the
 * index was written; and arrives as it left, but with "data truncated".  A
 * member that the server did not recognise also becomes index 0 with the same
 * warning, and must never pass.  So there must be as many warnings as the
 * archive has fields that are index 0: each of these causes one, none is left
 * for anything else.  This reads the rows a second time, for the rare tables
 * that need it.
 */
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

/* The quoted names of the table's ENUM columns, each with its NUL. */
static int
list_enums(struct conn *c, const char *sql, struct buf *enums, struct err *e)
{
	static const char head[] = "INTO TABLE `";
	const char *name = strstr(sql, head), *end;
	struct rows r = { 0 };
	int rc = 0;

	if (name == NULL)
		return 0;
	name += strlen(head) - 1;
	if ((end = name_end(name)) == NULL)
		return 0;
	if (rows_queryf(&r, c, e, "SHOW COLUMNS FROM %.*s",
	    (int)(end - name), name) == -1)
		rc = -1;
	while (rc == 0 && (rc = rows_next(&r, e)) == 1) {
		rc = 0;
		if (strncmp(r.v[1], "enum(", 5) == 0 &&
		    (quote_name(enums, r.v[0], e) == -1 ||
		    buf_add_byte(enums, '\0', e) == -1))
			rc = -1;
	}
	rows_free(&r);
	return rc;
}

int
load_explain(const struct load *l, struct conn *c, const struct plan_table *t,
    uint64_t warnings, struct err *e)
{
	struct err shown = { 0 };
	struct walk *w = NULL;
	struct buf enums;
	int rc = -1;

	buf_init(&enums, SQL_MAX);
	(void)conn_warned(c, &shown);	/* while the server still knows */
	if ((w = calloc(1, sizeof(*w))) == NULL) {
		(void)err_memory(e);
		goto done;
	}
	if (list_enums(c, t->load, &enums, e) == -1)
		goto done;
	if (enums.len > 0 && read_columns(t->load, &enums, w) == 0 &&
	    count_zeros(l, t, w, e) == -1)
		goto done;
	if (w->zeros != warnings) {
		*e = shown;
		goto done;
	}
	rc = 0;
done:
	free(w);
	buf_drop(&enums);
	return rc;
}
