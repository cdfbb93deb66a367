/*
 * All rows of a database by the binary protocol: see witness_rows.h.
 *
 * Numbers come as the bytes of the machine and never as text, so what a text
 * would hide (the last bits of a FLOAT) is seen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <mysql.h>
#include <openssl/sha.h>

#include "base/buf.h"
#include "base/err.h"
#include "db/names.h"
#include "live_mariadb.h"
#include "witness_rows.h"

#define ROWS_MAX ((size_t)1 << 30)

/* Room for one value that has a fixed size. */
union value {
	float		f;
	double		d;
	long long	i;
	MYSQL_TIME	t;
};

struct column {
	union value	 v;
	unsigned long	 len;
	my_bool		 null;
	enum enum_field_types type;
};

static void
must(int rc)
{
	if (rc == -1)
		fail_msg("out of memory");
}

static void
check(MYSQL_STMT *s, int failed, const char *what)
{
	if (failed)
		fail_msg("%s: %s", what, mysql_stmt_error(s));
}

/* What is fetched as it is; the rest as bytes of any length. */
static enum enum_field_types
fetch_type(const MYSQL_FIELD *f)
{
	switch (f->type) {
	case MYSQL_TYPE_FLOAT:
		return MYSQL_TYPE_FLOAT;
	case MYSQL_TYPE_DOUBLE:
		return MYSQL_TYPE_DOUBLE;
	case MYSQL_TYPE_TINY:
	case MYSQL_TYPE_SHORT:
	case MYSQL_TYPE_YEAR:
	case MYSQL_TYPE_INT24:
	case MYSQL_TYPE_LONG:
	case MYSQL_TYPE_LONGLONG:
		return MYSQL_TYPE_LONGLONG;
	case MYSQL_TYPE_DATE:
	case MYSQL_TYPE_TIME:
	case MYSQL_TYPE_DATETIME:
	case MYSQL_TYPE_TIMESTAMP:
		return f->type;
	default:
		return MYSQL_TYPE_BLOB;
	}
}

static void
bind(MYSQL_STMT *s, struct column *v, MYSQL_BIND *b, unsigned n)
{
	MYSQL_RES *meta = mysql_stmt_result_metadata(s);
	unsigned i;

	assert_non_null(meta);
	for (i = 0; i < n; i++) {
		v[i].type = fetch_type(mysql_fetch_field_direct(meta, i));
		b[i] = (MYSQL_BIND){ .buffer_type = v[i].type,
		    .length = &v[i].len, .is_null = &v[i].null };
		if (v[i].type != MYSQL_TYPE_BLOB) {
			b[i].buffer = &v[i].v;
			b[i].buffer_length = sizeof(v[i].v);
		}
	}
	mysql_free_result(meta);
	check(s, mysql_stmt_bind_result(s, b), "bind");
}

/* Append a time's fields, without the padding between them. */
static void
add_time(struct buf *row, const MYSQL_TIME *t)
{
	struct err e = { 0 };

	must(buf_addf(row, &e, "%u-%u-%u %u:%u:%u.%lu%c", t->year, t->month,
	    t->day, t->hour, t->minute, t->second, t->second_part,
	    t->neg ? '-' : '+'));
}

static void
add_value(MYSQL_STMT *s, struct column *v, unsigned i, struct buf *row)
{
	MYSQL_BIND whole = { .buffer_type = MYSQL_TYPE_BLOB };
	struct err e = { 0 };
	void *to;

	must(buf_addf(row, &e, "|%d:%lu:", v->null, v->null ? 0 : v->len));
	if (v->null)
		return;
	if (v->type == MYSQL_TYPE_FLOAT) {
		must(buf_add(row, &v->v.f, sizeof(v->v.f), &e));
	} else if (v->type == MYSQL_TYPE_DOUBLE) {
		must(buf_add(row, &v->v.d, sizeof(v->v.d), &e));
	} else if (v->type == MYSQL_TYPE_LONGLONG) {
		must(buf_add(row, &v->v.i, sizeof(v->v.i), &e));
	} else if (v->type != MYSQL_TYPE_BLOB) {
		add_time(row, &v->v.t);
	} else if (v->len > 0) {
		assert_non_null(to = buf_room(row, v->len, &e));
		whole.buffer = to;
		whole.buffer_length = v->len;
		check(s, mysql_stmt_fetch_column(s, &whole, i, 0), "fetch");
		row->len += v->len;
	}
}

/* A digest for each row. */
static void
read_rows(MYSQL_STMT *s, unsigned n, struct buf *digests)
{
	struct column *v = calloc(n, sizeof(*v));
	MYSQL_BIND *b = calloc(n, sizeof(*b));
	struct err e = { 0 };
	uint8_t digest[SHA256_DIGEST_LENGTH];
	struct buf row;
	unsigned i;
	int rc;

	assert_non_null(v);
	assert_non_null(b);
	buf_init(&row, ROWS_MAX);
	bind(s, v, b, n);
	while ((rc = mysql_stmt_fetch(s)) == 0 || rc == MYSQL_DATA_TRUNCATED) {
		buf_clear(&row);
		for (i = 0; i < n; i++)
			add_value(s, &v[i], i, &row);
		(void)SHA256(row.data, row.len, digest);
		must(buf_add(digests, digest, sizeof(digest), &e));
	}
	check(s, rc != MYSQL_NO_DATA, "rows");
	buf_drop(&row);
	free(v);
	free(b);
}

static int
compare_digests(const void *a, const void *b)
{
	return memcmp(a, b, SHA256_DIGEST_LENGTH);
}

static void
add_line(const char *table, struct buf *digests, struct names *lines)
{
	const size_t n = digests->len / SHA256_DIGEST_LENGTH;
	uint8_t sum[SHA256_DIGEST_LENGTH];
	struct err e = { 0 };
	struct buf line;
	size_t i;

	if (n > 0)
		qsort(digests->data, n, SHA256_DIGEST_LENGTH,
		    compare_digests);
	(void)SHA256(digests->data, digests->len, sum);
	buf_init(&line, 4096);
	must(buf_addf(&line, &e, "rows|%s|%zu|", table, n));
	for (i = 0; i < sizeof(sum); i++)
		must(buf_addf(&line, &e, "%02x", sum[i]));
	assert_non_null(buf_text(&line, &e));
	must(names_add(lines, (char *)line.data, &e));
	buf_drop(&line);
}

static void
read_table(MYSQL *m, const char *table, const char *sql, struct names *lines)
{
	MYSQL_STMT *s = mysql_stmt_init(m);
	struct buf digests;

	assert_non_null(s);
	buf_init(&digests, ROWS_MAX);
	check(s, mysql_stmt_prepare(s, sql, strlen(sql)), sql);
	check(s, mysql_stmt_execute(s), sql);
	read_rows(s, mysql_stmt_field_count(s), &digests);
	(void)mysql_stmt_close(s);
	add_line(table, &digests, lines);
	buf_drop(&digests);
}

/* SELECT of every column by its name, of every version of a row. */
static void
make_select(struct conn *c, const char *table, const char *type,
    struct buf *sql)
{
	struct rows r = { 0 };
	struct err e = { 0 };
	bool period = false;
	char *name;

	must(buf_add_text(sql, "SELECT column_name, generation_expression = "
	    "'ROW START' FROM information_schema.columns WHERE "
	    "table_schema=DATABASE() AND table_name=", &e));
	must(quote_text(sql, table, strlen(table), &e));
	must(buf_add_text(sql, " ORDER BY ordinal_position", &e));
	assert_non_null(name = buf_text(sql, &e));
	if (rows_query(&r, c, name, &e) == -1)
		fail_msg("%s: %s", name, e.text);
	buf_clear(sql);
	must(buf_add_text(sql, "SELECT 0", &e));
	while (rows_next(&r, &e) == 1) {
		must(buf_add_byte(sql, ',', &e));
		must(quote_name(sql, r.v[0], &e));
		period = period || (r.v[1] != NULL && r.v[1][0] == '1');
	}
	rows_free(&r);
	if (strcmp(type, "SYSTEM VERSIONED") == 0 && !period)
		must(buf_add_text(sql, ",row_start,row_end", &e));
	must(buf_add_text(sql, " FROM ", &e));
	must(quote_name(sql, table, &e));
	if (strcmp(type, "SYSTEM VERSIONED") == 0)
		must(buf_add_text(sql, " FOR SYSTEM_TIME ALL", &e));
	assert_non_null(buf_text(sql, &e));
}

void
witness_rows(const struct live *l, struct conn *c, const char *database,
    struct names *lines)
{
	MYSQL *m = mysql_init(NULL);
	struct rows r = { 0 };
	struct err e = { 0 };
	struct buf sql;

	assert_non_null(m);
	buf_init(&sql, ROWS_MAX);
	assert_int_equal(mysql_options(m, MYSQL_SET_CHARSET_NAME, "binary"),
	    0);
	if (mysql_real_connect(m, "localhost", "root", NULL, database, 0,
	    l->login.socket, 0) == NULL)
		fail_msg("%s", mysql_error(m));
	assert_int_equal(mysql_query(m, "SET SESSION time_zone='+00:00'"), 0);
	if (rows_query(&r, c, "SELECT table_name, table_type FROM "
	    "information_schema.tables WHERE table_schema=DATABASE() AND "
	    "table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')", &e) == -1)
		fail_msg("%s", e.text);
	while (rows_next(&r, &e) == 1) {
		buf_clear(&sql);
		make_select(c, r.v[0], r.v[1], &sql);
		read_table(m, r.v[0], (char *)sql.data, lines);
	}
	rows_free(&r);
	buf_drop(&sql);
	mysql_close(m);
}
