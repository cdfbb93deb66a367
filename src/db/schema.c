/*
 * What a database is made of, as the list of an archive's entries.
 *
 * Promise: two reads of the same schema give the same list byte for byte,
 * whatever the server's order of answers; and a list holds nothing that
 * depends on when or where it was read.
 */
#include <fnmatch.h>
#include <mysqld_error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/intr.h"
#include "db/conn.h"
#include "db/name.h"
#include "db/schema.h"
#include "db/statements.h"

#define FILE_MAX ((size_t)1 << 28)
#define LOAD_MAX ((size_t)1 << 22)
#define PATH_TEXT_MAX 1024

void
schema_init(struct schema *s)
{
	*s = (struct schema){ 0 };
}

void
schema_drop(struct schema *s)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		free(s->items[i].path);
		buf_drop(&s->items[i].content);
		buf_drop(&s->items[i].load);
		buf_drop(&s->items[i].unload);
	}
	for (i = 0; i < s->n_tables; i++)
		relation_free(s->tables[i]);
	free(s->items);
	free(s->tables);
	names_drop(&s->grants);
	schema_init(s);
}

struct item *
schema_item(struct schema *s, enum item_kind kind, char *path, struct err *e)
{
	size_t size = s->size == 0 ? 64 : 2 * s->size;
	struct item *i;

	if (s->n == s->size) {
		i = realloc(s->items, size * sizeof(*i));
		if (i == NULL) {
			free(path);
			(void)err_memory(e);
			return NULL;
		}
		s->items = i;
		s->size = size;
	}
	i = &s->items[s->n++];
	*i = (struct item){ .kind = kind, .path = path };
	buf_init(&i->content, FILE_MAX);
	buf_init(&i->load, LOAD_MAX);
	buf_init(&i->unload, LOAD_MAX);
	return i;
}

struct item *
schema_file(struct schema *s, enum item_kind kind, char *path,
    const struct statements *text, struct err *e)
{
	struct item *i;

	if ((i = schema_item(s, kind, path, e)) == NULL)
		return NULL;
	return statements_format(text, &i->content, e) == -1 ? NULL : i;
}

char *
schema_stem(const char *database, const char *name, struct err *e)
{
	struct buf b;
	char *stem = NULL, *text;

	buf_init(&b, PATH_TEXT_MAX);
	if (name_escape(&b, database, e) == -1)
		goto done;
	if (name != NULL && (buf_add_byte(&b, '.', e) == -1 ||
	    name_escape(&b, name, e) == -1))
		goto done;
	if ((text = buf_text(&b, e)) == NULL)
		goto done;
	if ((stem = strdup(text)) == NULL)
		(void)err_memory(e);
done:
	buf_drop(&b);
	return stem;
}

char *
schema_path(const char *stem, const char *suffix, struct err *e)
{
	const size_t size = strlen(stem) + strlen(suffix) + 1;
	char *path;

	if ((path = malloc(size)) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	(void)memcpy(path, stem, strlen(stem));
	(void)memcpy(path + strlen(stem), suffix, strlen(suffix) + 1);
	return path;
}

int
schema_excluded(const struct db_dump_options *o, const char *database,
    const char *name, struct err *e)
{
	const size_t size = strlen(database) + strlen(name) + 2;
	char *whole;
	size_t i;
	int rc = FNM_NOMATCH;

	if (o->exclude == NULL || o->exclude[0] == NULL)
		return 0;
	if ((whole = malloc(size)) == NULL)
		return err_memory(e);
	(void)snprintf(whole, size, "%s.%s", database, name);
	for (i = 0; rc == FNM_NOMATCH && o->exclude[i] != NULL; i++)
		rc = fnmatch(o->exclude[i], whole, 0);
	free(whole);
	if (rc != 0 && rc != FNM_NOMATCH)	/* long names need memory */
		return err_memory(e);
	return rc == 0;
}

int
schema_failed(const struct conn *c, struct err *e)
{
	switch (conn_errno(c)) {
	case ER_NO_SUCH_TABLE:
	case ER_BAD_TABLE_ERROR:
	case ER_BAD_FIELD_ERROR:
	case ER_BAD_DB_ERROR:
	case ER_WRONG_OBJECT:
	case ER_SP_DOES_NOT_EXIST:
	case ER_TRG_DOES_NOT_EXIST:
	case ER_EVENT_DOES_NOT_EXIST:
	case ER_TABLE_DEF_CHANGED:
	case ER_NO_SUCH_TABLE_IN_ENGINE:
	case ER_LOCK_DEADLOCK:	/* DDL that did not wait, as in a cluster */
		e->kind = ERR_CHANGED;
		break;
	default:
		break;
	}
	return -1;
}

/* Compare what must not change; the counters in the holes may. */
static bool
same_item(const struct item *a, const struct item *b)
{
	const size_t tail_a = a->content.len - a->hole - a->hole_len;
	const size_t tail_b = b->content.len - b->hole - b->hole_len;
	const struct relation *s = a->table, *t = b->table;

	if (strcmp(a->path, b->path) != 0 || (s == NULL) != (t == NULL))
		return false;
	if (s != NULL)
		return strcmp(s->engine, t->engine) == 0 &&
		    strcmp(s->created, t->created) == 0;
	if (a->hole != b->hole || tail_a != tail_b)
		return false;
	if (a->content.len == 0 || b->content.len == 0)
		return a->content.len == b->content.len;
	return memcmp(a->content.data, b->content.data, a->hole) == 0 &&
	    memcmp(a->content.data + a->hole + a->hole_len,
	    b->content.data + b->hole + b->hole_len, tail_a) == 0;
}

int
schema_compare(const struct schema *a, const struct schema *b, struct err *e)
{
	const char *path;
	size_t i;

	for (i = 0; i < a->n && i < b->n; i++)
		if (strcmp(a->items[i].path, "load.sql") != 0 &&
		    !same_item(&a->items[i], &b->items[i]))
			break;
	if (i == a->n && i == b->n)
		return 0;
	/* Of two different paths the smaller one came or went. */
	path = i < a->n ? a->items[i].path : b->items[i].path;
	return err_set(e, ERR_CHANGED, "the schema changed while the point "
	    "was taken: %s", path);
}

static int
compare_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
read_charset(struct conn *c, const char *database, struct statements *s,
    struct err *e)
{
	struct rows r = { 0 };
	struct buf b;
	int rc = -1;

	buf_init(&b, LOAD_MAX);
	if (buf_add_text(&b, "SELECT default_character_set_name, "
	    "default_collation_name, schema_comment FROM "
	    "information_schema.schemata WHERE schema_name=", e) == -1 ||
	    quote_text(&b, database, strlen(database), e) == -1 ||
	    buf_text(&b, e) == NULL)
		goto done;
	if (rows_query(&r, c, (char *)b.data, e) == -1)
		goto done;
	if ((rc = rows_next(&r, e)) == 0)
		rc = err_set(e, ERR_ABSENT, "no such database, or no privilege "
		    "on it");
	if (rc == -1)
		goto done;
	rc = -1;
	buf_clear(&b);
	if (buf_add_text(&b, "CREATE DATABASE ", e) == -1 ||
	    quote_name(&b, database, e) == -1 ||
	    buf_addf(&b, e, " CHARACTER SET %s COLLATE %s", r.v[0],
	    r.v[1]) == -1)
		goto done;
	if (r.v[2] != NULL && r.len[2] > 0 &&
	    (buf_add_text(&b, " COMMENT ", e) == -1 ||
	    quote_text(&b, r.v[2], r.len[2], e) == -1))
		goto done;
	rc = statements_add(s, b.data, b.len, e);
done:
	rows_free(&r);
	buf_drop(&b);
	return rc;
}

static int
read_create(struct schema *s, struct conn *c, const char *database,
    struct err *e)
{
	struct statements text;
	char *stem = NULL, *path;
	int rc = -1;

	statements_init(&text);
	if (statements_addf(&text, e, "SET NAMES utf8mb4") == -1)
		goto done;
	if (read_charset(c, database, &text, e) == -1)
		goto done;
	if ((stem = schema_stem(database, NULL, e)) == NULL)
		goto done;
	if ((path = schema_path(stem, "-schema-create.sql", e)) == NULL)
		goto done;
	if (schema_file(s, ITEM_DATABASE, path, &text, e) == NULL)
		goto done;
	s->stats.databases++;
	rc = 0;
done:
	statements_drop(&text);
	free(stem);
	return rc;
}

static int
read_database(struct schema *s, struct conn *c,
    const struct db_dump_options *o, const char *database, struct err *e)
{
	struct item *first;
	struct buf use;
	size_t at;
	int rc = -1;

	buf_init(&use, PATH_TEXT_MAX);
	if (buf_add_text(&use, "USE ", e) == -1 ||
	    quote_name(&use, database, e) == -1)
		goto done;
	at = s->n;
	if (read_create(s, c, database, e) == -1)
		goto done;
	if (conn_exec_len(c, use.data, use.len, e) == -1) {
		(void)schema_failed(c, e);
		goto done;
	}
	first = &s->items[at];
	if (buf_add(&first->load, use.data, use.len, e) == -1)
		goto done;
	if (schema_tables(s, c, o, database, e) == -1)
		goto done;
	rc = schema_code(s, c, o, database, e);
done:
	if (rc == -1 && e->kind == ERR_REMOTE)
		(void)schema_failed(c, e);
	if (rc == -1)
		(void)err_add(e, "database %s", database);
	buf_drop(&use);
	return rc;
}

int
schema_read(struct schema *s, struct conn *c, const struct db_dump_options *o,
    struct err *e)
{
	const char **names = NULL;
	size_t i, n = 0, at;
	char *path;
	int rc = -1;

	while (o->databases[n] != NULL)
		n++;
	if ((names = calloc(n + 1, sizeof(*names))) == NULL)
		return err_memory(e);
	memcpy(names, o->databases, n * sizeof(*names));
	qsort(names, n, sizeof(*names), compare_text);
	if (schema_users(s, c, o, e) == -1)
		goto done;
	if ((path = schema_path("load.sql", "", e)) == NULL)
		goto done;
	at = s->n;
	if (schema_item(s, ITEM_OTHER, path, e) == NULL)
		goto done;
	for (i = 0; i < n; i++) {
		if (i > 0 && strcmp(names[i], names[i - 1]) == 0)
			continue;
		if (intr_check(e) == -1 ||
		    read_database(s, c, o, names[i], e) == -1)
			goto done;
	}
	if (schema_check_defaults(s, e) == -1 ||
	    schema_check_foreign(s, c, names, e) == -1 ||
	    schema_load_file(s, &s->items[at].content, e) == -1)
		goto done;
	rc = schema_grants(s, e);
done:
	free(names);
	return rc;
}
