/*
 * Foreign keys that no load makes again.
 *
 * With foreign_key_checks=0 a server lets go of the indexes that foreign keys
 * need, on either side, or lets a parent come back with other types; but it
 * makes no such key where the parent is there already, and gives every child
 * an index.  A parent that is missing, or is no plain InnoDB table, does not
 * matter: the load makes the child all the same.
 */
#include <string.h>

#include "base/err.h"
#include "db/conn.h"
#include "db/schema.h"

#define SQL_MAX ((size_t)1 << 16)

static const char parents[] = "SELECT table_name, constraint_name, "
	"unique_constraint_schema, referenced_table_name FROM "
	"information_schema.referential_constraints WHERE "
	"unique_constraint_name IS NULL AND constraint_schema=";

/* Columns of a key, with a byte behind each that no name has. */
#define LISTED(order) "GROUP_CONCAT(column_name, CHAR(0 USING utf8mb3) " \
	"ORDER BY " order " SEPARATOR '') AS list"

static const char children[] = "SELECT k.table_name, k.constraint_name FROM "
	"(SELECT table_name, constraint_name, " LISTED("ordinal_position")
	" FROM information_schema.key_column_usage WHERE "
	"referenced_table_name IS NOT NULL AND table_schema=%s GROUP BY "
	"table_name, constraint_name) AS k LEFT JOIN (SELECT table_name, "
	LISTED("seq_in_index") " FROM information_schema.statistics WHERE "
	"table_schema=%s GROUP BY table_name, index_name) AS i ON "
	"i.table_name=k.table_name AND LEFT(i.list, CHAR_LENGTH(k.list))="
	"k.list WHERE i.list IS NULL";

static const struct relation *
find(const struct schema *s, const char *database, const char *name)
{
	size_t i;

	for (i = 0; i < s->n_tables; i++)
		if (strcmp(s->tables[i]->name, name) == 0 &&
		    strcmp(s->tables[i]->database, database) == 0)
			return s->tables[i];
	return NULL;
}

/* Only a table that InnoDB knows by its name can be a parent. */
static bool
is_parent(const struct relation *t)
{
	return t != NULL && strcmp(t->engine, "InnoDB") == 0 &&
	    strstr(t->create, "\n PARTITION BY ") == NULL;
}

static bool
has_foreign(const struct schema *s, const char *database)
{
	size_t i;

	for (i = 0; i < s->n_tables; i++)
		if (strcmp(s->tables[i]->database, database) == 0 &&
		    strstr(s->tables[i]->create, " FOREIGN KEY (") != NULL)
			return true;
	return false;
}

static int
check_parents(const struct schema *s, struct conn *c, const char *database,
    const char *quoted, struct err *e)
{
	struct rows r = { 0 };
	int rc;

	if ((rc = rows_queryf(&r, c, e, "%s%s", parents, quoted)) == -1)
		return schema_failed(c, e);
	while ((rc = rows_next(&r, e)) == 1)
		if (find(s, database, r.v[0]) != NULL &&
		    is_parent(find(s, r.v[2], r.v[3]))) {
			rc = err_set(e, ERR_UNSUPPORTED, "%s.%s: foreign key "
			    "%s finds no index of its type on its columns of "
			    "%s.%s, and no server makes it so again: ADD "
			    "INDEX there, drop the key, or exclude the table "
			    "(components.db.exclude)", database, r.v[0],
			    r.v[1], r.v[2], r.v[3]);
			break;
		}
	rows_free(&r);
	return rc;
}

static int
check_children(const struct schema *s, struct conn *c, const char *database,
    const char *quoted, struct err *e)
{
	struct rows r = { 0 };
	int rc;

	if ((rc = rows_queryf(&r, c, e, children, quoted, quoted)) == -1)
		return schema_failed(c, e);
	while ((rc = rows_next(&r, e)) == 1)
		if (find(s, database, r.v[0]) != NULL) {
			rc = err_set(e, ERR_UNSUPPORTED, "%s.%s: foreign key "
			    "%s has no index on its own columns, which every "
			    "load would add: ADD INDEX, drop the key, or "
			    "exclude the table (components.db.exclude)",
			    database, r.v[0], r.v[1]);
			break;
		}
	rows_free(&r);
	return rc;
}

static int
check_database(const struct schema *s, struct conn *c, const char *database,
    struct err *e)
{
	struct buf quoted;
	const char *q;
	int rc = -1;

	buf_init(&quoted, SQL_MAX);
	if (quote_text(&quoted, database, strlen(database), e) == 0 &&
	    (q = buf_text(&quoted, e)) != NULL &&
	    check_parents(s, c, database, q, e) == 0)
		rc = check_children(s, c, database, q, e);
	buf_drop(&quoted);
	return rc;
}

int
schema_check_foreign(const struct schema *s, struct conn *c,
    const char *const *databases, struct err *e)
{
	size_t i;

	for (i = 0; !s->shallow && databases[i] != NULL; i++)
		if (has_foreign(s, databases[i]) &&
		    check_database(s, c, databases[i], e) == -1)
			return -1;
	return 0;
}
