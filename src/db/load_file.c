/*
 * load.sql: the way out.  Promise: the mariadb client alone, in the folder of
 * an opened archive, makes of it what db_load() would.
 *
 * All databases come up side by side, phase after phase, since foreign keys
 * and views may lead from one to another.  Views are made in any order: until
 * its turn comes, a table of the same columns stands in for each.
 */
#include <stdio.h>

#include "base/err.h"
#include "db/schema.h"
#include "db/statements.h"

#define LINE_MAX_BYTES 1024

static const char comment[] =
	"-- Loads this folder into an empty server, from inside of it:\n"
	"--   mariadb --comments --local-infile=1 < load.sql\n"
	"-- For its accounts: users.sql before it, grants.sql after it.\n";

static const char session[] = "SET SESSION time_zone='+00:00', "
	"sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', "
	"foreign_key_checks=0, unique_checks=0, check_constraint_checks=0, "
	"collation_connection=utf8mb4_general_ci";

/* What is done for each database before the next phase begins. */
static const struct phase {
	enum item_kind	first, last;
} phases[] = {
	{ ITEM_DATABASE, ITEM_DATABASE },
	{ ITEM_SEQUENCE, ITEM_TABLE },
	{ ITEM_ROWS, ITEM_ROWS },
	{ ITEM_ROUTINES, ITEM_ROUTINES },
	{ ITEM_VIEW, ITEM_VIEW },
	{ ITEM_TRIGGERS, ITEM_EVENTS },
};

static int
source(struct statements *text, const struct item *i, struct err *e)
{
	char line[LINE_MAX_BYTES];

	(void)snprintf(line, sizeof(line), "SOURCE %s", i->path);
	return statements_line(text, line, e);
}

static int
add(struct statements *text, const struct buf *sql, struct err *e)
{
	return sql->len == 0 ? 0 :
	    statements_add(text, sql->data, sql->len, e);
}

static int
add_item(struct statements *text, const struct item *i, struct err *e)
{
	if (i->kind == ITEM_ROWS)
		return add(text, &i->load, e);
	if (add(text, &i->unload, e) == -1)
		return -1;
	return source(text, i, e);
}

/* All items of the phase, or what stands in for them. */
static int
add_phase(const struct schema *s, const struct phase *p, bool stand_in,
    struct statements *text, struct err *e)
{
	const struct item *i, *database = NULL, *used = NULL;
	size_t k;

	for (k = 0; k < s->n; k++) {
		i = &s->items[k];
		if (i->kind == ITEM_DATABASE)
			database = i;
		if (i->kind < p->first || i->kind > p->last)
			continue;
		if (i != database && used != database) {
			if (add(text, &database->load, e) == -1)
				return -1;
			used = database;
		}
		if ((stand_in ? add(text, &i->load, e) :
		    add_item(text, i, e)) == -1)
			return -1;
	}
	return 0;
}

/* Files that were sourced have changed the session. */
static int
set_session(const struct schema *s, struct statements *text, struct err *e)
{
	bool history = false;
	size_t i;

	for (i = 0; i < s->n_tables; i++)
		history = history || s->tables[i]->versioned;
	if (statements_addf(text, e, "SET NAMES binary") == -1)
		return -1;
	return statements_addf(text, e, "%s%s", session, history ?
	    ", system_versioning_insert_history=1" : "");
}

int
schema_load_file(const struct schema *s, struct buf *out, struct err *e)
{
	const struct phase *p;
	struct statements text;
	size_t i;
	int rc = -1;

	statements_init(&text);
	for (i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		p = &phases[i];
		if (p->first == ITEM_ROWS && set_session(s, &text, e) == -1)
			goto done;
		if (p->first == ITEM_VIEW && (statements_addf(&text, e,
		    "SET NAMES utf8mb4") == -1 ||
		    add_phase(s, p, true, &text, e) == -1))
			goto done;
		if (add_phase(s, p, false, &text, e) == -1)
			goto done;
	}
	if (buf_add_text(out, comment, e) == -1)
		goto done;
	rc = statements_format(&text, out, e);
done:
	statements_drop(&text);
	return rc;
}
