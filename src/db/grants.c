/*
 * grants.sql: privileges on single objects, run last.
 *
 * A privilege outlives its table, and a table may be excluded; but no server
 * grants anything on what is not there.  So such a table stands there, with
 * the columns that are named, while it is granted.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "db/conn.h"
#include "db/schema.h"
#include "db/statements.h"

#define SQL_MAX ((size_t)1 << 20)

/* Where " ON `database`.`table` TO " is, or NULL: it is about a routine. */
static const char *
find_table(const char *grant)
{
	static const char on[] = " ON ";
	const char *p;
	bool quoted = false;

	for (p = grant; *p != '\0'; p++) {
		if (*p == '`')
			quoted = !quoted;
		else if (!quoted && strncmp(p, on, strlen(on)) == 0)
			return p[strlen(on)] == '`' ? p + strlen(on) : NULL;
	}
	return NULL;
}

/* 1: the archive has that table or view; 0: it has not. */
static int
is_there(const struct schema *s, const char *database, const char *name,
    struct err *e)
{
	char *stem, *path = NULL;
	size_t i;
	int rc = -1;

	for (i = 0; i < s->n_tables; i++)
		if (strcmp(s->tables[i]->database, database) == 0 &&
		    strcmp(s->tables[i]->name, name) == 0)
			return 1;
	if ((stem = schema_stem(database, name, e)) != NULL &&
	    (path = schema_path(stem, "-schema-view.sql", e)) != NULL)
		rc = 0;
	for (i = 0; rc == 0 && i < s->n; i++)
		rc = strcmp(s->items[i].path, path) == 0;
	free(stem);
	free(path);
	return rc;
}

/*
 * CREATE TABLE of that name with the columns between grant and name.  Where a
 * table has it that we know nothing of, that fails, and the table stays.
 */
static int
add_stand_in(struct statements *text, const char *grant, const char *on,
    size_t name_len, struct err *e)
{
	struct buf b, column;
	const char *p, *end;
	bool any = false;
	int rc = -1;

	buf_init(&b, SQL_MAX);
	buf_init(&column, SQL_MAX);
	if (buf_add_text(&b, "CREATE TABLE ", e) == -1 ||
	    buf_add(&b, on, name_len, e) == -1)
		goto done;
	for (p = strchr(grant, '`'); p != NULL && p < on;
	    p = strchr(end, '`')) {
		if ((end = unquote_name(p, &column, e)) == NULL)
			goto done;
		if (buf_add_text(&b, any ? "," : " (", e) == -1 ||
		    buf_add(&b, p, (size_t)(end - p), e) == -1 ||
		    buf_add_text(&b, " INT", e) == -1)
			goto done;
		any = true;
	}
	if (buf_add_text(&b, any ? ")" : " (a INT)", e) == -1)
		goto done;
	rc = statements_add(text, b.data, b.len, e);
done:
	buf_drop(&b);
	buf_drop(&column);
	return rc;
}

static int
add_grant(struct statements *text, const struct schema *s, const char *grant,
    struct err *e)
{
	const char *on = find_table(grant), *p;
	struct buf database, name;
	int rc = -1, there;

	if (on == NULL)
		return statements_addf(text, e, "%s", grant);
	buf_init(&database, SQL_MAX);
	buf_init(&name, SQL_MAX);
	p = unquote_name(on, &database, e);
	if (p != NULL && strncmp(p, ".* ", 3) == 0) {
		rc = statements_addf(text, e, "%s", grant);
		goto done;
	}
	if (p == NULL || *p++ != '.' ||
	    (p = unquote_name(p, &name, e)) == NULL) {
		rc = err_set(e, ERR_REMOTE, "the server's answer is not a "
		    "GRANT: %.200s", grant);
		goto done;
	}
	there = is_there(s, (char *)database.data, (char *)name.data, e);
	if (there == 1)
		rc = statements_addf(text, e, "%s", grant);
	if (there != 0)
		goto done;
	if (add_stand_in(text, grant, on, (size_t)(p - on), e) == -1 ||
	    statements_addf(text, e, "%s", grant) == -1)
		goto done;
	rc = statements_addf(text, e, "DROP TABLE %.*s", (int)(p - on), on);
done:
	buf_drop(&database);
	buf_drop(&name);
	return rc;
}

int
schema_grants(struct schema *s, struct err *e)
{
	struct statements text;
	struct item *item;
	char *path;
	size_t i;
	int rc = -1;

	statements_init(&text);
	for (i = 0; i < s->grants.n; i++)
		if (add_grant(&text, s, s->grants.v[i], e) == -1)
			goto done;
	if ((path = schema_path("grants.sql", "", e)) == NULL ||
	    (item = schema_file(s, ITEM_OTHER, path, &text, e)) == NULL)
		goto done;
	rc = 0;
done:
	statements_drop(&text);
	return rc == -1 ? err_add(e, "grants.sql") : 0;
}
