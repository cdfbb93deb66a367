/*
 * What a server shows of a database: see witness.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "db/names.h"
#include "live_mariadb.h"
#include "witness.h"
#include "witness_rows.h"

#define TEXT_MAX ((size_t)256 << 20)

static void
must(int rc)
{
	if (rc == -1)
		fail_msg("out of memory");
}

/* label|value|value, on one line whatever the values hold. */
static char *
make_line(const char *label, const struct rows *r, unsigned skip)
{
	struct err e = { 0 };
	struct buf b;
	unsigned i;
	unsigned long k;
	char *line;

	buf_init(&b, TEXT_MAX);
	must(buf_add_text(&b, label, &e));
	for (i = 0; i < r->n; i++) {
		if (i == skip)
			continue;
		must(buf_add_text(&b, r->v[i] == NULL ? "|\\N" : "|", &e));
		for (k = 0; r->v[i] != NULL && k < r->len[i]; k++)
			must(r->v[i][k] == '\n' ?
			    buf_add_text(&b, "\\n", &e) :
			    buf_add_byte(&b, (uint8_t)r->v[i][k], &e));
	}
	assert_non_null(buf_text(&b, &e));
	line = strdup((char *)b.data);
	assert_non_null(line);
	buf_drop(&b);
	return line;
}

/* The rows of a statement as lines, without the column `skip`. */
static void
add_query(struct names *lines, struct conn *c, const char *label,
    const char *sql, unsigned skip)
{
	struct rows r = { 0 };
	struct err e = { 0 };
	char *line;
	int rc;

	if (rows_query(&r, c, sql, &e) == -1)
		fail_msg("%s: %s", sql, e.text);
	while ((rc = rows_next(&r, &e)) == 1) {
		line = make_line(label, &r, skip);
		must(names_add(lines, line, &e));
		free(line);
	}
	assert_int_equal(rc, 0);
	rows_free(&r);
}

/* The first column of a statement. */
static void
list(struct names *out, struct conn *c, const char *sql)
{
	struct rows r = { 0 };
	struct err e = { 0 };

	if (rows_query(&r, c, sql, &e) == -1)
		fail_msg("%s: %s", sql, e.text);
	while (rows_next(&r, &e) == 1)
		must(names_add(out, r.v[0], &e));
	rows_free(&r);
}

/*
 * SHOW CREATE always says PAGE_CHECKSUM of an Aria table, and what it says
 * counts as chosen when it is run: that it was is not seen there.  A sequence
 * has numbers only: its collation means nothing.  Nor does SHOW CREATE say that
 * keys of a MyISAM table are disabled, how wide its pointers are, how wide a
 * DOUBLE was declared long ago, or that CREATE TABLE ... SELECT of nothing
 * made members of no length.  How a view was written at first is no longer in
 * SHOW CREATE, where a join without parentheses has some.
 */
static const struct {
	const char	*label, *sql;
} catalogue[] = {
	{ "database", "SELECT default_character_set_name, "
	    "default_collation_name, schema_comment FROM "
	    "information_schema.schemata WHERE schema_name=DATABASE()" },
	{ "table", "SELECT table_name, table_type, engine, "
	    "row_format, auto_increment, "
	    "IF(table_type='SEQUENCE', NULL, table_collation), "
	    "IF(engine='Aria', REGEXP_REPLACE(create_options, "
	    "'page_checksum=1 ?', ''), create_options), "
	    "table_comment, temporary FROM "
	    "information_schema.tables WHERE table_schema=DATABASE()" },
	{ "column", "SELECT table_name, column_name, ordinal_position, "
	    "column_default, is_nullable, data_type, "
	    "IF(data_type IN ('enum', 'set'), NULL, "
	    "character_maximum_length), "
	    "IF(data_type IN ('enum', 'set'), NULL, "
	    "character_octet_length), "
	    "IF(data_type='double', NULL, numeric_precision), numeric_scale, "
	    "datetime_precision, character_set_name, collation_name, "
	    "column_type, column_key, extra, column_comment, is_generated, "
	    "generation_expression FROM information_schema.columns WHERE "
	    "table_schema=DATABASE()" },
	{ "index", "SELECT table_name, non_unique, index_name, seq_in_index, "
	    "column_name, collation, sub_part, packed, nullable, index_type, "
	    "index_comment, ignored FROM "
	    "information_schema.statistics WHERE table_schema=DATABASE()" },
	{ "key column", "SELECT * FROM information_schema.key_column_usage "
	    "WHERE table_schema=DATABASE()" },
	{ "foreign key", "SELECT * FROM "
	    "information_schema.referential_constraints WHERE "
	    "constraint_schema=DATABASE()" },
	{ "constraint", "SELECT * FROM information_schema.table_constraints "
	    "WHERE table_schema=DATABASE()" },
	{ "check", "SELECT * FROM information_schema.check_constraints WHERE "
	    "constraint_schema=DATABASE()" },
	{ "view", "SELECT table_name, check_option, is_updatable, definer, "
	    "security_type, character_set_client, collation_connection, "
	    "algorithm FROM information_schema.views WHERE "
	    "table_schema=DATABASE()" },
	{ "trigger", "SELECT trigger_name, event_manipulation, "
	    "event_object_table, action_order, action_condition, "
	    "action_statement, action_orientation, action_timing, sql_mode, "
	    "definer, character_set_client, collation_connection, "
	    "database_collation FROM information_schema.triggers WHERE "
	    "trigger_schema=DATABASE()" },
	{ "routine", "SELECT specific_name, routine_type, dtd_identifier, "
	    "routine_body, routine_definition, parameter_style, "
	    "is_deterministic, sql_data_access, security_type, sql_mode, "
	    "routine_comment, definer, character_set_client, "
	    "collation_connection, database_collation FROM "
	    "information_schema.routines WHERE routine_schema=DATABASE()" },
	{ "parameter", "SELECT * FROM information_schema.parameters WHERE "
	    "specific_schema=DATABASE()" },
	{ "event", "SELECT event_name, definer, time_zone, event_body, "
	    "event_definition, event_type, execute_at, interval_value, "
	    "interval_field, sql_mode, starts, ends, status, on_completion, "
	    "event_comment, character_set_client, collation_connection, "
	    "database_collation FROM information_schema.events WHERE "
	    "event_schema=DATABASE()" },
	{ "partition", "SELECT table_name, partition_name, "
	    "subpartition_name, partition_ordinal_position, "
	    "subpartition_ordinal_position, partition_method, "
	    "subpartition_method, partition_expression, "
	    "subpartition_expression, partition_description, "
	    "partition_comment, nodegroup, tablespace_name FROM "
	    "information_schema.partitions WHERE table_schema=DATABASE() AND "
	    "partition_name IS NOT NULL" },
};

/* Objects by kind: their list, what shows one, a column that has a time. */
static const struct {
	const char	*list, *show;
	unsigned	 skip;
} objects[] = {
	{ "SELECT table_name FROM information_schema.tables WHERE "
	    "table_schema=DATABASE()", "SHOW CREATE TABLE", UINT32_MAX },
	{ "SELECT table_name FROM information_schema.tables WHERE "
	    "table_schema=DATABASE() AND table_type='SEQUENCE'",
	    "SELECT * FROM", UINT32_MAX },
	/* With a generated column it is another one each time. */
	{ "SELECT table_name FROM information_schema.tables t WHERE "
	    "table_schema=DATABASE() AND table_type IN ('BASE TABLE', "
	    "'SYSTEM VERSIONED') AND NOT EXISTS (SELECT 1 FROM "
	    "information_schema.columns c WHERE c.table_schema=DATABASE() AND "
	    "c.table_name=t.table_name AND extra LIKE '%GENERATED%')",
	    "CHECKSUM TABLE", UINT32_MAX },
	{ "SELECT routine_name FROM information_schema.routines WHERE "
	    "routine_schema=DATABASE() AND routine_type='FUNCTION'",
	    "SHOW CREATE FUNCTION", UINT32_MAX },
	{ "SELECT routine_name FROM information_schema.routines WHERE "
	    "routine_schema=DATABASE() AND routine_type='PROCEDURE'",
	    "SHOW CREATE PROCEDURE", UINT32_MAX },
	{ "SELECT routine_name FROM information_schema.routines WHERE "
	    "routine_schema=DATABASE() AND routine_type='PACKAGE'",
	    "SHOW CREATE PACKAGE", UINT32_MAX },
	{ "SELECT routine_name FROM information_schema.routines WHERE "
	    "routine_schema=DATABASE() AND routine_type='PACKAGE BODY'",
	    "SHOW CREATE PACKAGE BODY", UINT32_MAX },
	{ "SELECT trigger_name FROM information_schema.triggers WHERE "
	    "trigger_schema=DATABASE()", "SHOW CREATE TRIGGER", 6 },
	{ "SELECT event_name FROM information_schema.events WHERE "
	    "event_schema=DATABASE()", "SHOW CREATE EVENT", UINT32_MAX },
};

/* The statement `show` for each name. */
static void
add_objects(struct names *lines, struct conn *c, size_t kind)
{
	const char *show = objects[kind].show;
	struct names n = { 0 };
	struct err e = { 0 };
	struct buf sql;
	size_t i;

	buf_init(&sql, TEXT_MAX);
	list(&n, c, objects[kind].list);
	for (i = 0; i < n.n; i++) {
		buf_clear(&sql);
		must(buf_addf(&sql, &e, "%s ", show));
		must(quote_name(&sql, n.v[i], &e));
		if (strcmp(show, "CHECKSUM TABLE") == 0)
			must(buf_add_text(&sql, " EXTENDED", &e));
		assert_non_null(buf_text(&sql, &e));
		add_query(lines, c, (char *)sql.data, (char *)sql.data,
		    objects[kind].skip);
	}
	buf_drop(&sql);
	names_drop(&n);
}

/* All lines, sorted. */
static void
write_lines(struct names *lines, struct buf *out)
{
	struct err e = { 0 };
	size_t i;

	names_sort(lines);
	for (i = 0; i < lines->n; i++) {
		must(buf_add_text(out, lines->v[i], &e));
		must(buf_add_byte(out, '\n', &e));
	}
	names_drop(lines);
}

void
witness_database(const struct live *l, const char *database, struct buf *out)
{
	struct conn *c = live_connect(l, CONN_BINARY);
	struct names lines = { 0 };
	struct err e = { 0 };
	size_t i;

	buf_init(out, TEXT_MAX);
	must(conn_use(c, database, &e));
	must(conn_exec(c, "SET SESSION time_zone='+00:00'", &e));
	for (i = 0; i < sizeof(catalogue) / sizeof(*catalogue); i++)
		add_query(&lines, c, catalogue[i].label, catalogue[i].sql,
		    UINT32_MAX);
	for (i = 0; i < sizeof(objects) / sizeof(*objects); i++)
		add_objects(&lines, c, i);
	witness_rows(l, c, database, &lines);
	conn_close(c);
	write_lines(&lines, out);
}

void
witness_accounts(const struct live *l, struct buf *out)
{
	static const char accounts[] = "SELECT CONCAT(QUOTE(user), "
	    "IF(host='', '', CONCAT('@', QUOTE(host)))) FROM "
	    "mysql.global_priv WHERE user NOT IN ('root', 'mariadb.sys', "
	    "'PUBLIC')";
	struct conn *c = live_connect(l, CONN_BINARY);
	struct names lines = { 0 }, n = { 0 };
	char sql[512];
	size_t i;

	buf_init(out, TEXT_MAX);
	list(&n, c, accounts);
	for (i = 0; i < n.n; i++) {
		(void)snprintf(sql, sizeof(sql), "SHOW GRANTS FOR %s",
		    n.v[i]);
		add_query(&lines, c, sql, sql, UINT32_MAX);
		(void)snprintf(sql, sizeof(sql), "SHOW CREATE USER %s",
		    n.v[i]);
		if (strchr(n.v[i], '@') != NULL)
			add_query(&lines, c, sql, sql, UINT32_MAX);
	}
	names_drop(&n);
	conn_close(c);
	write_lines(&lines, out);
}

void
witness_compare(const char *what, const struct buf *source,
    const struct buf *target)
{
	size_t i, from = 0, end;

	for (i = 0; i < source->len && i < target->len; i++) {
		if (source->data[i] != target->data[i])
			break;
		if (source->data[i] == '\n')
			from = i + 1;
	}
	if (i == source->len && i == target->len)
		return;
	for (end = from; end < source->len && source->data[end] != '\n'; )
		end++;
	print_error("%s:\nsource: %.*s\n", what, (int)(end - from),
	    (const char *)source->data + from);
	for (end = from; end < target->len && target->data[end] != '\n'; )
		end++;
	print_error("target: %.*s\n", (int)(end - from),
	    (const char *)target->data + from);
	fail_msg("%s is not what it was", what);
}
