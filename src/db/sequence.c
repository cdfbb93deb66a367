/*
 * Sequences: the statements that make one again, and the defaults of columns
 * that take from one.
 *
 * Promise: a sequence goes on where it stood, also one that is used up; and a
 * table whose defaults need a sequence that is not in the archive is refused.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "db/conn.h"
#include "db/schema.h"
#include "db/statements.h"

#define SQL_MAX ((size_t)1 << 16)

struct state {
	int64_t		next, min, max, start, increment;
	uint64_t	cache, cycles;
	int64_t		round;
};

static int
read_state(struct conn *c, const struct relation *t, struct state *st,
    struct err *e)
{
	int64_t *const to[] = { &st->next, &st->min, &st->max, &st->start,
	    &st->increment, &st->round };
	struct rows r = { 0 };
	struct buf sql;
	size_t i;
	int rc = -1;

	buf_init(&sql, SQL_MAX);
	if (buf_add_text(&sql, "SELECT next_not_cached_value, minimum_value, "
	    "maximum_value, start_value, increment, cycle_count, cache_size, "
	    "cycle_option FROM ", e) == -1 ||
	    quote_name(&sql, t->name, e) == -1 || buf_text(&sql, e) == NULL)
		goto done;
	if (rows_query(&r, c, (char *)sql.data, e) == -1) {
		(void)schema_failed(c, e);
		goto done;
	}
	if ((rc = rows_next(&r, e)) == 0)
		rc = err_set(e, ERR_REMOTE, "the sequence has no state");
	if (rc != 1)
		goto done;
	for (i = 0; i < sizeof(to) / sizeof(to[0]); i++)
		*to[i] = strtoll(r.v[i], NULL, 10);
	st->cache = strtoull(r.v[i], NULL, 10);
	st->cycles = strtoull(r.v[i + 1], NULL, 10);
done:
	rows_free(&r);
	buf_drop(&sql);
	return rc == 1 ? 0 : -1;
}

/*
 * The state is set in two steps: where it goes on, then how many rounds it
 * made.  A sequence that is used up stands somewhere beyond its end, where
 * only the second leads.
 */
static int
add_state(struct statements *text, const struct relation *t,
    const struct state *st, struct err *e)
{
	bool over = st->next > st->max || st->next < st->min;
	struct buf b;
	int rc = -1;

	buf_init(&b, SQL_MAX);
	if (!over && (buf_add_text(&b, "ALTER SEQUENCE ", e) == -1 ||
	    quote_name(&b, t->name, e) == -1 ||
	    buf_addf(&b, e, " RESTART %" PRId64, st->next) == -1 ||
	    statements_add(text, b.data, b.len, e) == -1))
		goto done;
	buf_clear(&b);
	if (over || st->round > 0) {
		if (buf_add_text(&b, "DO SETVAL(", e) == -1 ||
		    quote_name(&b, t->name, e) == -1 ||
		    buf_addf(&b, e, ", %" PRId64 ", 0, %" PRId64 ")",
		    st->next, st->round) == -1 ||
		    statements_add(text, b.data, b.len, e) == -1)
			goto done;
	}
	rc = 0;
done:
	buf_drop(&b);
	return rc;
}

/*
 * Does SHOW CREATE SEQUENCE say all of it?  Who makes a sequence as a table
 * can choose a row format, other options, and comments.
 */
static bool
is_plain_sequence(const char *create)
{
	static const char columns[] = " (\n"
	    "  `next_not_cached_value` bigint(21) NOT NULL,\n"
	    "  `minimum_value` bigint(21) NOT NULL,\n"
	    "  `maximum_value` bigint(21) NOT NULL,\n"
	    "  `start_value` bigint(21) NOT NULL COMMENT 'start value when "
	    "sequences is created or value if RESTART is used',\n"
	    "  `increment` bigint(21) NOT NULL COMMENT 'increment value',\n"
	    "  `cache_size` bigint(21) unsigned NOT NULL,\n"
	    "  `cycle_option` tinyint(1) unsigned NOT NULL COMMENT '0 if no "
	    "cycles are allowed, 1 if the sequence should begin a new cycle "
	    "when maximum_value is passed',\n"
	    "  `cycle_count` bigint(21) NOT NULL COMMENT 'How many cycles have "
	    "been done'\n) ENGINE=";
	static const char option[] = " SEQUENCE=1";
	const char *p = strstr(create, columns);

	if (p == NULL)
		return false;
	p += strlen(columns);
	p += strcspn(p, " ");
	return strncmp(p, option, strlen(option)) == 0;
}

/* A sequence that was made as a table: all of its state is its only row. */
static int
add_row(struct statements *text, const struct relation *t,
    const struct state *st, struct err *e)
{
	struct buf b;
	int rc = -1;

	buf_init(&b, SQL_MAX);
	if (buf_add_text(&b, "INSERT INTO ", e) == -1 ||
	    quote_name(&b, t->name, e) == -1 ||
	    buf_addf(&b, e, " VALUES (%" PRId64 ",%" PRId64 ",%" PRId64
	    ",%" PRId64 ",%" PRId64 ",%" PRIu64 ",%" PRIu64 ",%" PRId64 ")",
	    st->next, st->min, st->max, st->start, st->increment, st->cache,
	    st->cycles, st->round) == -1)
		goto done;
	rc = statements_add(text, b.data, b.len, e);
done:
	buf_drop(&b);
	return rc;
}

/* How it is made again, and whether as a table; NULL on -1. */
static char *
show_sequence(struct conn *c, const char *name, bool *as_table,
    struct err *e)
{
	char *create;

	*as_table = false;
	if ((create = schema_show(c, "SHOW CREATE TABLE", name, 1,
	    e)) == NULL)
		return NULL;
	if (!is_plain_sequence(create)) {
		*as_table = true;
		return create;
	}
	free(create);
	return schema_show(c, "SHOW CREATE SEQUENCE", name, 1, e);
}

int
schema_sequence(struct schema *s, struct conn *c, struct relation *t,
    struct err *e)
{
	struct statements text;
	struct state st = { 0 };
	struct item *i;
	bool as_table;
	char *path;
	int rc = -1;

	statements_init(&text);
	if ((t->create = show_sequence(c, t->name, &as_table, e)) == NULL ||
	    read_state(c, t, &st, e) == -1)
		goto done;
	if (statements_addf(&text, e, "SET NAMES utf8mb4") == -1 ||
	    statements_addf(&text, e, "%s", schema_session) == -1 ||
	    statements_addf(&text, e, "%s", t->create) == -1)
		goto done;
	if ((as_table ? add_row(&text, t, &st, e) :
	    add_state(&text, t, &st, e)) == -1)
		goto done;
	if ((path = schema_path(t->stem, "-schema-sequence.sql", e)) == NULL ||
	    (i = schema_file(s, ITEM_SEQUENCE, path, &text, e)) == NULL)
		goto done;
	schema_set_hole(i, t->create, strlen(t->create), 0);
	i->hole_len = i->content.len - i->hole;
	s->stats.sequences++;
	rc = 0;
done:
	statements_drop(&text);
	return rc;
}

static bool
has_sequence(const struct schema *s, const char *database, const char *name)
{
	size_t i;

	for (i = 0; i < s->n_tables; i++)
		if (s->tables[i]->is_sequence &&
		    strcmp(s->tables[i]->database, database) == 0 &&
		    strcmp(s->tables[i]->name, name) == 0)
			return true;
	return false;
}

/*
 * The next call of a sequence in an expression as the server writes it, as
 * its first argument, or NULL.
 */
static const char *
next_call(const char *p)
{
	static const char *const calls[] = { "nextval(`", "lastval(`",
	    "setval(`" };
	size_t i, n;

	while (*p != '\0') {
		if (*p == '\'') {
			p = schema_literal_end(p);
			continue;
		}
		if (*p == '`') {
			p = strchrnul(p + 1, '`');
			p += *p != '\0';
			continue;
		}
		for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
			n = strlen(calls[i]);
			if (strncmp(p, calls[i], n) == 0)
				return p + n - 1;
		}
		p++;
	}
	return NULL;
}

/* The sequences that a default takes from must be in the archive. */
static int
check_default(const struct schema *s, const struct relation *t,
    const char *p, struct err *e)
{
	struct buf database, name;
	struct err short_of = { 0 };
	int rc = 0;

	buf_init(&database, SQL_MAX);
	buf_init(&name, SQL_MAX);
	while (rc == 0 && (p = next_call(p)) != NULL) {
		p = unquote_name(p, &database, &short_of);
		if (p == NULL || *p++ != '.' ||
		    (p = unquote_name(p, &name, &short_of)) == NULL)
			break;
		if (!has_sequence(s, (char *)database.data,
		    (char *)name.data))
			rc = err_set(e, ERR_UNSUPPORTED, "%s.%s: a default "
			    "takes from sequence %s.%s, which is not in the "
			    "archive: name its database "
			    "(components.db.databases), or exclude the table "
			    "(components.db.exclude)", t->database, t->name,
			    (char *)database.data, (char *)name.data);
	}
	/* That it could not be looked at is not that it is all right. */
	if (short_of.kind != ERR_NONE) {
		*e = short_of;
		rc = -1;
	}
	buf_drop(&database);
	buf_drop(&name);
	return rc;
}

int
schema_check_defaults(const struct schema *s, struct err *e)
{
	const struct relation *t;
	size_t i, k;

	for (i = 0; i < s->n_tables; i++) {
		t = s->tables[i];
		for (k = 0; k < t->n_columns; k++)
			if (t->columns[k].text_default != NULL &&
			    check_default(s, t, t->columns[k].text_default,
			    e) == -1)
				return -1;
	}
	return 0;
}
