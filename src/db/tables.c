/*
 * The tables and sequences of one database: found, described, or refused.
 *
 * One query for all tables, one for all columns, one for all keys; then each
 * one's own SHOW CREATE.  Whatever order the server answers in, tables come
 * out sorted by the bytes of their names.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/intr.h"
#include "base/num.h"
#include "db/conn.h"
#include "db/schema.h"
#include "db/statements.h"

#define SQL_MAX ((size_t)1 << 16)
#define VERSIONED_SINCE 101100

enum engine {
	ENGINE_UNKNOWN,
	ENGINE_SNAPSHOT,	/* sees the transaction's snapshot */
	ENGINE_PLAIN,		/* outside of any snapshot */
	ENGINE_EMPTY		/* has no rows of its own */
};

static const struct {
	const char	*name;
	enum engine	 kind;
} engines[] = {
	{ "InnoDB", ENGINE_SNAPSHOT }, { "ROCKSDB", ENGINE_SNAPSHOT },
	{ "MyISAM", ENGINE_PLAIN }, { "Aria", ENGINE_PLAIN },
	{ "MEMORY", ENGINE_PLAIN }, { "CSV", ENGINE_PLAIN },
	{ "ARCHIVE", ENGINE_PLAIN },
	{ "BLACKHOLE", ENGINE_EMPTY }, { "MRG_MyISAM", ENGINE_EMPTY },
};

static enum engine
engine_kind(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(engines) / sizeof(engines[0]); i++)
		if (strcmp(engines[i].name, name) == 0)
			return engines[i].kind;
	return ENGINE_UNKNOWN;
}

static char *
copy(const char *text, struct err *e)
{
	char *s = strdup(text == NULL ? "" : text);

	if (s == NULL)
		(void)err_memory(e);
	return s;
}

/* Run a query of one of information_schema's tables on one database. */
static int
query_catalogue(struct rows *r, struct conn *c, const char *select,
    const char *database, const char *rest, struct err *e)
{
	struct buf b;
	int rc = -1;

	buf_init(&b, SQL_MAX);
	if (buf_add_text(&b, select, e) == 0 &&
	    quote_text(&b, database, strlen(database), e) == 0 &&
	    buf_add_text(&b, rest, e) == 0 && buf_text(&b, e) != NULL)
		rc = rows_query(r, c, (char *)b.data, e);
	buf_drop(&b);
	return rc;
}

/* What stands in one column of the only row of "verb `name`". */
char *
schema_show(struct conn *c, const char *verb, const char *name,
    unsigned column, struct err *e)
{
	struct buf sql, out;
	char *text = NULL;

	buf_init(&sql, SQL_MAX);
	buf_init(&out, (size_t)1 << 26);
	if (buf_addf(&sql, e, "%s ", verb) == -1 ||
	    quote_name(&sql, name, e) == -1 || buf_text(&sql, e) == NULL)
		goto done;
	if (conn_value(c, (char *)sql.data, column, &out, e) == -1) {
		(void)schema_failed(c, e);
		goto done;
	}
	if ((text = buf_text(&out, e)) != NULL)
		text = copy(text, e);
done:
	buf_drop(&sql);
	buf_drop(&out);
	return text;
}

static struct relation *
table_new(const char *database, const char *name, struct err *e)
{
	struct relation *t;

	if ((t = calloc(1, sizeof(*t))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	if ((t->database = copy(database, e)) == NULL ||
	    (t->name = copy(name, e)) == NULL ||
	    (t->stem = schema_stem(database, name, e)) == NULL) {
		relation_free(t);
		return NULL;
	}
	return t;
}

static int
add_table(struct schema *s, struct relation *t, struct err *e)
{
	size_t size = s->size_tables == 0 ? 64 : 2 * s->size_tables;
	void *more;

	if (s->n_tables == s->size_tables) {
		more = realloc(s->tables, size * sizeof(*s->tables));
		if (more == NULL) {
			relation_free(t);
			return err_memory(e);
		}
		s->tables = more;
		s->size_tables = size;
	}
	s->tables[s->n_tables++] = t;
	return 0;
}

static int
check_kind(const struct conn *c, const struct relation *t, const char *type,
    const char *comment, struct err *e)
{
	if (t->engine[0] == '\0')
		return err_set(e, ERR_REMOTE, "%s.%s cannot be opened by the "
		    "server: %.300s: repair or drop it, or exclude it "
		    "(components.db.exclude)", t->database, t->name, comment);
	if (engine_kind(t->engine) == ENGINE_UNKNOWN)
		return err_set(e, ERR_UNSUPPORTED, "%s.%s: engine %s is not "
		    "supported: exclude the table (components.db.exclude)",
		    t->database, t->name, t->engine);
	if (t->versioned && conn_version_number(c) < VERSIONED_SINCE)
		return err_set(e, ERR_UNSUPPORTED, "%s.%s: the history of a "
		    "system-versioned table can only be loaded by MariaDB "
		    "10.11 or newer: exclude the table "
		    "(components.db.exclude)", t->database, t->name);
	if (strcmp(type, "BASE TABLE") != 0 && strcmp(type, "SEQUENCE") != 0 &&
	    !t->versioned)
		return err_set(e, ERR_UNSUPPORTED, "%s.%s is a %s, which is "
		    "not supported: exclude it (components.db.exclude)",
		    t->database, t->name, type);
	return 0;
}

/* One row of information_schema.tables; views are for schema_code(). */
static int
take_table(struct schema *s, struct conn *c, const char *database,
    const struct rows *r, struct err *e)
{
	const char *type = r->v[1];
	struct relation *t;

	if ((t = table_new(database, r->v[0], e)) == NULL)
		return -1;
	if (add_table(s, t, e) == -1)
		return -1;
	t->versioned = strcmp(type, "SYSTEM VERSIONED") == 0;
	t->is_sequence = strcmp(type, "SEQUENCE") == 0;
	if ((t->engine = copy(r->v[2], e)) == NULL ||
	    (t->created = copy(r->v[3], e)) == NULL)
		return -1;
	if (r->v[4] != NULL &&
	    num_parse(r->v[4], 0, UINT64_MAX, &t->size, e) == -1)
		return -1;
	if (check_kind(c, t, type, r->v[5] == NULL ? "" : r->v[5], e) == -1)
		return -1;
	t->has_rows = engine_kind(t->engine) != ENGINE_EMPTY;
	t->transactional = engine_kind(t->engine) == ENGINE_SNAPSHOT;
	t->undated = strcmp(t->engine, "ARCHIVE") == 0;
	if (t->undated)
		t->created[0] = '\0';
	return 0;
}

static int
compare_tables(const void *a, const void *b)
{
	return strcmp((*(struct relation *const *)a)->name,
	    (*(struct relation *const *)b)->name);
}

static int
list_tables(struct schema *s, struct conn *c, const struct db_dump_options *o,
    const char *database, struct err *e)
{
	struct rows r = { 0 };
	size_t from = s->n_tables;
	int rc, excluded;

	if ((rc = query_catalogue(&r, c, "SELECT table_name, table_type, "
	    "engine, create_time, data_length, table_comment, table_schema "
	    "FROM information_schema.tables WHERE table_schema=", database,
	    " AND table_type NOT IN ('VIEW', 'TEMPORARY', "
	    "'TEMPORARY SEQUENCE')", e)) == -1)
		goto done;
	while ((rc = rows_next(&r, e)) == 1) {
		/* The server's comparison forgives case, ours does not. */
		if (strcmp(r.v[6], database) != 0)
			continue;
		excluded = schema_excluded(o, database, r.v[0], e);
		if (excluded == 1)
			continue;
		if (excluded == -1 ||
		    take_table(s, c, database, &r, e) == -1) {
			rc = -1;
			break;
		}
	}
done:
	rows_free(&r);
	if (rc == 0 && s->n_tables > from)
		qsort(s->tables + from, s->n_tables - from,
		    sizeof(s->tables[0]), compare_tables);
	return rc;
}

static struct relation *
find_table(const struct schema *s, size_t from, const char *name)
{
	size_t low = from, high = s->n_tables, middle;
	int order;

	while (low < high) {
		middle = low + (high - low) / 2;
		order = strcmp(name, s->tables[middle]->name);
		if (order == 0)
			return s->tables[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static int
maybe_copy(char **to, const char *text, struct err *e)
{
	return text != NULL && (*to = copy(text, e)) == NULL ? -1 : 0;
}

static int
take_column(struct relation *t, const struct rows *r, struct err *e)
{
	size_t size = t->size_columns == 0 ? 16 : 2 * t->size_columns;
	struct column *c;

	if (t->n_columns == t->size_columns) {
		c = realloc(t->columns, size * sizeof(*c));
		if (c == NULL)
			return err_memory(e);
		t->columns = c;
		t->size_columns = size;
	}
	c = &t->columns[t->n_columns++];
	*c = (struct column){
		.generated = strcmp(r->v[4], "ALWAYS") == 0,
		.row_start = r->v[5] != NULL &&
		    strcmp(r->v[5], "ROW START") == 0,
		.row_end = r->v[5] != NULL && strcmp(r->v[5], "ROW END") == 0,
		.counts = strcmp(r->v[14], "1") == 0,
		.counts_or_null = strcmp(r->v[9], "1") == 0,
		.no_default = strcmp(r->v[10], "1") == 0,
		.unversioned = strcmp(r->v[11], "1") == 0,
		.stored = strcmp(r->v[12], "1") == 0,
	};
	if ((c->name = copy(r->v[1], e)) == NULL ||
	    (c->type = copy(r->v[2], e)) == NULL ||
	    (c->full = copy(r->v[3], e)) == NULL)
		return -1;
	return maybe_copy(&c->charset, r->v[6], e) == -1 ||
	    maybe_copy(&c->collation, r->v[13], e) == -1 ||
	    maybe_copy(&c->expression, r->v[5], e) == -1 ||
	    maybe_copy(&c->text_default, r->v[7], e) == -1 ? -1 : 0;
}

/* The period columns of a versioned table that nobody declared. */
static int
add_hidden_period(struct relation *t, struct err *e)
{
	static const char *const start[] = { "", "row_start", "timestamp",
	    "timestamp(6)", "ALWAYS", "ROW START", NULL, NULL, "",
	    "0", "0", "0", "1", NULL, "0" };
	static const char *const end[] = { "", "row_end", "timestamp",
	    "timestamp(6)", "ALWAYS", "ROW END", NULL, NULL, "",
	    "0", "0", "0", "1", NULL, "0" };
	struct rows r = { .n = 15, .v = start };
	size_t i;

	for (i = 0; i < t->n_columns; i++)
		if (t->columns[i].row_start)
			return 0;
	if (take_column(t, &r, e) == -1)
		return -1;
	r.v = end;
	return take_column(t, &r, e);
}

static int
list_columns(struct schema *s, size_t from, struct conn *c,
    const char *database, struct err *e)
{
	struct rows r = { 0 };
	struct relation *t = NULL;
	size_t i;
	int rc;

	if ((rc = query_catalogue(&r, c, "SELECT table_name, column_name, "
	    "data_type, column_type, is_generated, generation_expression, "
	    "character_set_name, column_default, table_schema, "
	    "is_nullable='YES' AND extra LIKE '%auto_increment%', "
	    "is_nullable='YES' AND column_default IS NULL AND extra NOT LIKE "
	    "'%auto_increment%' AND is_generated='NEVER', "
	    "extra LIKE '%WITHOUT SYSTEM VERSIONING%', "
	    "extra LIKE '%STORED GENERATED%', collation_name, "
	    "extra LIKE '%auto_increment%' FROM "
	    "information_schema.columns WHERE table_schema=", database,
	    " ORDER BY table_name, ordinal_position", e)) == -1)
		goto done;
	while ((rc = rows_next(&r, e)) == 1) {
		if (strcmp(r.v[8], database) != 0)
			continue;
		if (t == NULL || strcmp(t->name, r.v[0]) != 0)
			t = find_table(s, from, r.v[0]);
		if (t != NULL && (rc = take_column(t, &r, e)) == -1)
			break;
	}
	for (i = from; rc == 0 && i < s->n_tables; i++)
		if (s->tables[i]->versioned)
			rc = add_hidden_period(s->tables[i], e);
done:
	rows_free(&r);
	return rc;
}

static void
forget_key(struct relation *t)
{
	while (t->n_key > 0)
		free(t->key[--t->n_key]);
}

static int
add_key_column(struct relation *t, const char *name, struct err *e)
{
	size_t size = t->size_key == 0 ? 4 : 2 * t->size_key;
	char **more;

	if (t->n_key == t->size_key) {
		more = realloc(t->key, size * sizeof(*more));
		if (more == NULL)
			return err_memory(e);
		t->key = more;
		t->size_key = size;
	}
	if ((t->key[t->n_key] = copy(name, e)) == NULL)
		return -1;
	t->n_key++;
	return 0;
}

/*
 * Keys come with the primary one first, then by name, column by column.  The
 * first that orders all rows is the table's: `taken` is its name, or that of
 * the one under construction, and is empty again when a column spoils it.
 */
struct key_state {
	struct relation	*table;
	char		 taken[256];
	char		 spoilt[256];
};

static int
take_key_column(struct key_state *k, const struct rows *r, struct err *e)
{
	const char *key = r->v[1];
	bool primary = strcmp(key, "PRIMARY") == 0;
	bool fit = primary || (strcmp(r->v[2], "0") == 0 &&
	    r->v[4] == NULL && strcmp(r->v[5], "YES") != 0 &&
	    strcmp(r->v[6], "BTREE") == 0);

	if (strcmp(k->spoilt, key) == 0)
		return 0;
	if (k->taken[0] != '\0' && strcmp(k->taken, key) != 0)
		return 0;
	if (!fit) {
		(void)snprintf(k->spoilt, sizeof(k->spoilt), "%s", key);
		k->taken[0] = '\0';
		forget_key(k->table);
		return 0;
	}
	(void)snprintf(k->taken, sizeof(k->taken), "%s", key);
	k->table->primary = primary;
	return add_key_column(k->table, r->v[3], e);
}

static int
list_keys(struct schema *s, size_t from, struct conn *c,
    const char *database, struct err *e)
{
	struct rows r = { 0 };
	struct key_state k = { 0 };
	struct relation *t = NULL;
	int rc;

	if ((rc = query_catalogue(&r, c, "SELECT table_name, index_name, "
	    "non_unique, column_name, sub_part, nullable, index_type, "
	    "table_schema FROM information_schema.statistics WHERE "
	    "table_schema=", database, " ORDER BY table_name, "
	    "index_name <> 'PRIMARY', HEX(index_name), seq_in_index",
	    e)) == -1)
		goto done;
	while ((rc = rows_next(&r, e)) == 1) {
		if (strcmp(r.v[7], database) != 0)
			continue;
		if (t == NULL || strcmp(t->name, r.v[0]) != 0) {
			t = find_table(s, from, r.v[0]);
			k = (struct key_state){ .table = t };
		}
		if (t != NULL && (rc = take_key_column(&k, &r, e)) == -1)
			break;
	}
done:
	rows_free(&r);
	return rc;
}

static int
read_table(struct schema *s, struct conn *c, struct relation *t,
    struct err *e)
{
	if (!s->shallow && relation_check_rows(t, c, e) == -1)
		return -1;
	return schema_table(s, c, t, e);
}

int
schema_tables(struct schema *s, struct conn *c,
    const struct db_dump_options *o, const char *database, struct err *e)
{
	size_t from = s->n_tables, i;

	if (list_tables(s, c, o, database, e) == -1 ||
	    list_columns(s, from, c, database, e) == -1 ||
	    list_keys(s, from, c, database, e) == -1)
		return -1;
	for (i = from; i < s->n_tables; i++)
		if (s->tables[i]->is_sequence &&
		    schema_sequence(s, c, s->tables[i], e) == -1)
			return err_add(e, "sequence %s", s->tables[i]->name);
	for (i = from; i < s->n_tables; i++)
		if (!s->tables[i]->is_sequence &&
		    read_table(s, c, s->tables[i], e) == -1)
			return err_add(e, "table %s", s->tables[i]->name);
	for (i = from; i < s->n_tables; i++)
		if (!s->tables[i]->is_sequence && s->tables[i]->has_rows &&
		    schema_rows(s, s->tables[i], e) == -1)
			return err_add(e, "table %s", s->tables[i]->name);
	return intr_check(e);
}
