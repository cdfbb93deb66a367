/*
 * Loading hand-made archives: what must arrive, and all that must be refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../lib/live_chunks.h"
#include "../../lib/live_mariadb.h"
#include "archive/entry.h"
#include "base/err.h"
#include "base/intr.h"

#define CREATE_D "DELIMITER ;;\nSET NAMES utf8mb4\n;;\n" \
	"CREATE DATABASE `d` CHARACTER SET latin1 COLLATE latin1_bin\n;;\n"
#define TABLE(columns) "DELIMITER ;;\nSET NAMES utf8mb4\n;;\n" \
	"CREATE TABLE `t` (" columns ") ENGINE=InnoDB\n;;\n"
#define LOAD(columns) "-- by hand\nDELIMITER ;;\nUSE `d`\n;;\n" \
	"LOAD DATA LOCAL INFILE 'd.t.00000.dat' INTO TABLE `t` CHARACTER SET " \
	"binary FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES " \
	"TERMINATED BY '\\n' (" columns ")\n;;\n"

struct piece {
	const char	*path, *text;
	size_t		 len;		/* 0: of the text */
};

static struct live live;
static struct live_chunks store;

static int
to_archive(void *cookie, const struct segment *s, struct err *e)
{
	return archive_writer_add(cookie, s, e);
}

static void
add_piece(struct entry_writer *w, const struct piece *p, struct err *e)
{
	const struct entry entry = { .path = p->path, .mode = S_IFREG | 0600,
	    .size = p->len > 0 ? p->len : strlen(p->text) };

	if (strstr(p->path, ".dat") == NULL) {
		assert_int_equal(entry_writer_add(w, &entry, p->text,
		    entry.size, e), 0);
		return;
	}
	assert_int_equal(entry_writer_cut(w, e), 0);
	assert_int_equal(entry_writer_begin(w, CONTENT_ROWS, e), 0);
	assert_int_equal(entry_writer_write(w, p->text, entry.size, e), 0);
	assert_int_equal(entry_writer_end(w, &entry, e), 0);
}

static void
make(struct archive_root *root, const struct piece *p)
{
	struct err e = { 0 };
	struct archive_writer *a = archive_writer_new(store.chunks, &e);
	struct entry_writer *w;

	assert_non_null(a);
	w = entry_writer_new(store.chunks, to_archive, a, &e);
	assert_non_null(w);
	for (; p->path != NULL; p++)
		add_piece(w, p, &e);
	assert_int_equal(entry_writer_cut(w, &e), 0);
	assert_int_equal(archive_writer_end(a, root, &e), 0);
	assert_int_equal(chunks_flush(store.chunks, &e), 0);
	entry_writer_free(w);
	archive_writer_free(a);
}

static int
load_with(const struct piece *p, struct db_load_options *o, struct db_stats *s,
    struct err *e)
{
	struct archive_root root;

	make(&root, p);
	o->login = live.login;
	return db_load(store.chunks, &root, o, s, e);
}

static int
load(const struct piece *p, struct err *e)
{
	struct db_load_options o = { .throwaway = true };
	struct db_stats s;

	return load_with(p, &o, &s, e);
}

static void
expect(const char *sql, const char *want)
{
	char *got = live_value(&live, NULL, sql);

	assert_string_equal(got, want);
	free(got);
}

static void
expect_no_database(void)
{
	expect("SELECT COUNT(*) FROM information_schema.schemata WHERE "
	    "schema_name='d'", "0");
}

static void
must_load(const struct piece *p)
{
	struct err e = { 0 };

	if (load(p, &e) == -1)
		fail_msg("%s", e.text);
}

/* Every test finds no database d. */
static int
clean(void **state)
{
	const char *sql[] = { "DROP DATABASE IF EXISTS d",
	    "DROP DATABASE IF EXISTS other", NULL };

	(void)state;
	live_run(&live, NULL, sql);
	return 0;
}

static void
test_rows_arrive_as_they_left(void **state)
{
	static const char rows[] = "1\ta\\tb\\nc\\\\d\\0e\n2\t\\N\n3\t\xff\n";
	const struct piece p[] = {
		{ "load.sql", LOAD("`a`,`b`"), 0 },
		{ "d-schema-create.sql", CREATE_D, 0 },
		{ "d.t-schema.sql", TABLE("a INT PRIMARY KEY, b BLOB"), 0 },
		{ "d.t.00000.dat", rows, 0 },
		{ 0 },
	};
	struct db_load_options o = { .users = true };
	struct db_stats s;
	struct err e = { 0 };

	(void)state;
	if (load_with(p, &o, &s, &e) == -1)
		fail_msg("%s", e.text);
	assert_int_equal(s.databases, 1);
	assert_int_equal(s.tables, 1);
	assert_int_equal(s.rows, 3);
	assert_int_equal(s.bytes, sizeof(rows) - 1);
	expect("SELECT GROUP_CONCAT(a, '=', IFNULL(HEX(b), 'NULL') ORDER BY a)"
	    " FROM d.t", "1=6109620A635C640065,2=NULL,3=FF");
	expect("SELECT default_collation_name FROM "
	    "information_schema.schemata WHERE schema_name='d'",
	    "latin1_bin");
}

static void
test_an_empty_database_is_taken_a_full_one_is_not(void **state)
{
	const char *empty[] = { "CREATE DATABASE d", NULL };
	const char *full[] = { "DROP DATABASE d", "CREATE DATABASE d",
	    "CREATE FUNCTION d.f() RETURNS INT RETURN 1", NULL };
	const struct piece p[] = {
		{ "load.sql", LOAD("`a`"), 0 },
		{ "d-schema-create.sql", CREATE_D, 0 },
		{ "d.t-schema.sql", TABLE("a INT"), 0 },
		{ "d.t.00000.dat", "1\n", 0 },
		{ 0 },
	};
	struct err e = { 0 };

	(void)state;
	live_run(&live, NULL, empty);
	must_load(p);
	expect("SELECT default_collation_name FROM "
	    "information_schema.schemata WHERE schema_name='d'",
	    "latin1_bin");
	assert_int_equal(load(p, &e), -1);
	assert_int_equal(e.kind, ERR_EXISTS);
	live_run(&live, NULL, full);
	assert_int_equal(load(p, &e), -1);
	assert_int_equal(e.kind, ERR_EXISTS);
	assert_non_null(strstr(e.text, "database d "));
	expect("SELECT COUNT(*) FROM information_schema.tables WHERE "
	    "table_schema='d'", "0");
}

static void
expect_refused(const char *columns, const char *rows, const char *why)
{
	char schema[512];
	const struct piece p[] = {
		{ "load.sql", LOAD("`a`,`b`"), 0 },
		{ "d-schema-create.sql", CREATE_D, 0 },
		{ "d.t-schema.sql", schema, 0 },
		{ "d.t.00000.dat", rows, 0 },
		{ 0 },
	};
	struct err e = { 0 };

	(void)snprintf(schema, sizeof(schema), TABLE("%s"), columns);
	if (load(p, &e) != -1)
		fail_msg("%s: %s", columns, rows);
	if (e.kind != ERR_REMOTE || strstr(e.text, why) == NULL ||
	    strstr(e.text, "d.t.00000.dat") == NULL)
		fail_msg("%s", e.text);
	(void)clean(NULL);
}

static void
test_any_warning_is_an_error_that_names_the_table(void **state)
{
	(void)state;
	expect_refused("a INT, b CHAR(2)", "1\tabc\n", "(1265)");
	expect_refused("a INT, b INT", "1\tx\n", "(1366)");
	expect_refused("a INT, b INT", "1\n", "(1261)");
	expect_refused("a INT, b INT", "1\t2\t3\n", "(1262)");
	expect_refused("a INT PRIMARY KEY, b INT", "1\t1\n1\t1\n", "1");
	expect_refused("a INT, b INT UNIQUE", "1\t1\n2\t1\n", "1");
	expect_refused("a INT, b ENUM('x')", "1\ty\n", "(1265)");
	expect_refused("a CHAR(1), b ENUM('x')", "12\t\n", "(1265)");
	expect_refused("a INT, b UUID", "1\tnone\n", "(1");
}

static void
test_index_0_of_an_enum_is_no_error(void **state)
{
	const struct piece p[] = {
		{ "load.sql", "DELIMITER ;;\nLOAD DATA LOCAL INFILE "
		    "'d.t.00000.dat' INTO TABLE `t` CHARACTER SET binary "
		    "FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES "
		    "TERMINATED BY '\\n' (`a`,`b``c`,@v0,@v1) SET "
		    "`d`=CAST(@v0 AS UNSIGNED),`e`=CAST(@v1 AS UNSIGNED)"
		    "\n;;\n", 0 },
		{ "d-schema-create.sql", CREATE_D, 0 },
		{ "d.t-schema.sql", TABLE("a INT, `b``c` ENUM('x') "
		    "CHARACTER SET utf8mb4, d ENUM('','z'), e SET('','p')"),
		    0 },
		{ "d.t.00000.dat", "1\t\t0\t0\n2\tx\t2\t2\n"
		    "3\t\\N\t\\N\t1\n", 0 },
		{ 0 },
	};

	(void)state;
	must_load(p);
	expect("SELECT GROUP_CONCAT(IFNULL(`b``c`+0, 'N'), IFNULL(d+0, 'N'), "
	    "e+0 ORDER BY a) FROM d.t", "000,122,NN1");
}

static char *
many_rows(size_t n)
{
	char *text = malloc(n * 64 + 1), *p = text;
	size_t i;

	assert_non_null(text);
	for (i = 0; i < n; i++)
		p += sprintf(p, "%zu\tsome text that fills the row, %zu\n", i,
		    i * 7919);
	return text;
}

static void
test_no_row_behind_a_damaged_chunk_is_loaded(void **state)
{
	char *rows = many_rows(100000);
	const struct piece p[] = {
		{ "load.sql", LOAD("`a`,`b`"), 0 },
		{ "d-schema-create.sql", CREATE_D, 0 },
		{ "d.t-schema.sql", TABLE("a INT, b TEXT"), 0 },
		{ "d.t.00000.dat", rows, 0 },
		{ 0 },
	};
	struct db_load_options o = { .throwaway = true,
	    .login = live.login };
	struct archive_root root;
	struct db_stats stats;
	struct err e = { 0 };

	(void)state;
	make(&root, p);
	live_chunks_damage(&store);
	assert_int_equal(db_load(store.chunks, &root, &o, &stats, &e), -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	if (strstr(e.text, "d.t.00000.dat") == NULL)
		fail_msg("%s", e.text);
	expect("SELECT COUNT(*) FROM d.t", "0");
	live_chunks_damage(&store);
	(void)clean(NULL);
	assert_int_equal(db_load(store.chunks, &root, &o, &stats, &e), 0);
	expect("SELECT COUNT(*) FROM d.t", "100000");
	free(rows);
}

static void
expect_unfit(const struct piece *p, enum err_kind kind, const char *why)
{
	struct err e = { 0 };

	assert_int_equal(load(p, &e), -1);
	if (e.kind != kind || strstr(e.text, why) == NULL)
		fail_msg("%s", e.text);
	expect_no_database();
}

static void
test_an_archive_that_does_not_fit_changes_nothing(void **state)
{
	const struct piece load_t = { "load.sql", LOAD("`a`"), 0 },
	    no_load = { "load.sql", "DELIMITER ;;\nUSE `d`\n;;\n", 0 },
	    create = { "d-schema-create.sql", CREATE_D, 0 },
	    no_create = { "d-schema-create.sql", "DELIMITER ;;\n", 0 },
	    table = { "d.t-schema.sql", TABLE("a INT"), 0 },
	    rows = { "d.t.00000.dat", "1\n", 0 },
	    odd = { "d.t-new-thing.sql", "DELIMITER ;;\nX\n;;\n", 0 },
	    cut = { "d-schema-post.sql", "DELIMITER ;;\nCREATE x", 0 },
	    end = { 0 };
	const struct piece without_rows[] = { load_t, create, table, end },
	    without_table[] = { load_t, create, rows, end },
	    without_create[] = { load_t, table, rows, end },
	    nameless[] = { load_t, no_create, table, rows, end },
	    without_load[] = { create, table, rows, end },
	    unsaid[] = { no_load, create, table, rows, end },
	    twice[] = { load_t, create, table, rows, rows, end },
	    twice_created[] = { load_t, create, create, table, rows, end },
	    unknown[] = { load_t, create, table, rows, odd, end },
	    nothing[] = { load_t, end };
	const struct piece half[] = { create, cut, end };

	(void)state;
	expect_unfit(without_rows, ERR_DAMAGED, "no rows d.t.00000.dat");
	expect_unfit(without_table, ERR_DAMAGED, "only 0 of them");
	expect_unfit(without_create, ERR_DAMAGED, "no CREATE DATABASE for d");
	expect_unfit(nameless, ERR_DAMAGED, "no CREATE DATABASE for d");
	expect_unfit(without_load, ERR_DAMAGED, "does not say how");
	expect_unfit(unsaid, ERR_DAMAGED, "does not say how");
	expect_unfit(twice, ERR_DAMAGED, "two entries d.t.00000.dat");
	expect_unfit(twice_created, ERR_DAMAGED, "two CREATE DATABASE");
	expect_unfit(unknown, ERR_UNSUPPORTED, "d.t-new-thing.sql");
	expect_unfit(nothing, ERR_DAMAGED, "");
	expect_unfit(half, ERR_DAMAGED, "is not ended");
}

static void
test_views_may_come_before_what_they_need(void **state)
{
	const struct piece p[] = {
		{ "d-schema-create.sql", CREATE_D, 0 },
		{ "d-schema-post.sql", "DELIMITER ;;\nCREATE FUNCTION f() "
		    "RETURNS INT RETURN 7\n;;\n", 0 },
		{ "d.a-schema-view.sql", "DELIMITER ;;\nCREATE VIEW a AS "
		    "SELECT * FROM b\n;;\n", 0 },
		{ "d.b-schema-view.sql", "DELIMITER ;;\nCREATE VIEW b AS "
		    "SELECT * FROM c\n;;\n", 0 },
		{ "d.c-schema-view.sql", "DELIMITER ;;\nCREATE VIEW c AS "
		    "SELECT f() AS x\n;;\n", 0 },
		{ "d-schema-events.sql", "DELIMITER ;;\nCREATE EVENT e ON "
		    "SCHEDULE EVERY 1 SECOND DO DROP DATABASE d\n;;\n", 0 },
		{ 0 },
	};
	struct db_load_options o = { .throwaway = true };
	struct db_stats s;
	struct err e = { 0 };

	(void)state;
	if (load_with(p, &o, &s, &e) == -1)
		fail_msg("%s", e.text);
	assert_int_equal(s.views, 3);
	assert_int_equal(s.routines, 1);
	assert_int_equal(s.events, 1);
	expect("SELECT x FROM d.a", "7");
}

static void
test_a_view_that_cannot_be_made_is_named(void **state)
{
	const struct piece p[] = {
		{ "d-schema-create.sql", CREATE_D, 0 },
		{ "d.a-schema-view.sql", "DELIMITER ;;\nCREATE VIEW a AS "
		    "SELECT * FROM absent\n;;\n", 0 },
		{ "d.b-schema-view.sql", "DELIMITER ;;\nCREATE VIEW b AS "
		    "SELECT 1\n;;\n", 0 },
		{ 0 },
	};
	struct err e = { 0 };

	(void)state;
	assert_int_equal(load(p, &e), -1);
	assert_int_equal(e.kind, ERR_REMOTE);
	assert_non_null(strstr(e.text, "d.a-schema-view.sql"));
	assert_non_null(strstr(e.text, "incomplete"));
}

static void
test_a_database_may_get_another_name(void **state)
{
	const struct piece p[] = {
		{ "load.sql", LOAD("`a`,`b`"), 0 },
		{ "d-schema-create.sql", CREATE_D, 0 },
		{ "d.s-schema-sequence.sql", "DELIMITER ;;\nCREATE SEQUENCE "
		    "`s` START WITH 5\n;;\n", 0 },
		{ "d.t-schema.sql", TABLE("a INT DEFAULT nextval(`d`.`s`), "
		    "b INT"), 0 },
		{ "d.t.00000.dat", "1\t2\n", 0 },
		{ 0 },
	};
	struct db_load_options o = { .rename_from = "d",
	    .rename_to = "other" };
	const char *sql[] = { "INSERT INTO other.t (b) VALUES (3)", NULL };
	struct db_stats s;
	struct err e = { 0 };

	(void)state;
	if (load_with(p, &o, &s, &e) == -1)
		fail_msg("%s", e.text);
	assert_int_equal(s.sequences, 1);
	expect_no_database();
	live_run(&live, NULL, sql);
	expect("SELECT GROUP_CONCAT(a ORDER BY a) FROM other.t", "1,5");
	assert_int_equal(load_with(p, &o, &s, &e), -1);
	assert_int_equal(e.kind, ERR_EXISTS);
	o.rename_from = "e";
	assert_int_equal(load_with(p, &o, &s, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
	expect_no_database();
}

static void
kill_others(void *cookie, uint64_t bytes, uint64_t rows)
{
	const char *sql[] = { "BEGIN NOT ATOMIC FOR k IN (SELECT id FROM "
	    "information_schema.processlist WHERE id <> CONNECTION_ID()) DO "
	    "EXECUTE IMMEDIATE CONCAT('KILL ', k.id); END FOR; END", NULL };

	(void)cookie;
	assert_true(bytes > 0);
	(void)rows;
	live_run(&live, NULL, sql);
}

static void
interrupt(void *cookie, uint64_t bytes, uint64_t rows)
{
	(void)cookie;
	(void)bytes;
	(void)rows;
	(void)raise(SIGTERM);
}

static void
load_slowly(void (*progress)(void *, uint64_t, uint64_t), struct err *e)
{
	char *rows = many_rows(400000);
	const struct piece p[] = {
		{ "load.sql", LOAD("`a`,`b`"), 0 },
		{ "d-schema-create.sql", CREATE_D, 0 },
		{ "d.t-schema.sql", TABLE("a INT, b VARCHAR(100), "
		    "KEY (b), KEY (b, a), KEY(a, b)"), 0 },
		{ "d.t.00000.dat", rows, 0 },
		{ 0 },
	};
	struct db_load_options o = { .progress = progress };
	struct db_stats s;

	assert_int_equal(load_with(p, &o, &s, e), -1);
	free(rows);
}

static void
test_a_killed_connection_ends_it(void **state)
{
	struct err e = { 0 };

	(void)state;
	load_slowly(kill_others, &e);
	if (e.kind != ERR_REMOTE || strstr(e.text, "d.t.00000.dat") == NULL)
		fail_msg("%s", e.text);
}

static void
test_a_signal_ends_it_soon(void **state)
{
	struct err e = { 0 };

	(void)state;
	intr_watch();
	load_slowly(interrupt, &e);
	if (e.kind != ERR_INTERRUPTED)
		fail_msg("%s", e.text);
}

static int
setup(void **state)
{
	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	live_chunks_open(&store);
	live_start(&live);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	live_stop(&live);
	live_chunks_close(&store);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup(f, clean)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rows_arrive_as_they_left),
		TEST(test_an_empty_database_is_taken_a_full_one_is_not),
		TEST(test_any_warning_is_an_error_that_names_the_table),
		TEST(test_index_0_of_an_enum_is_no_error),
		TEST(test_no_row_behind_a_damaged_chunk_is_loaded),
		TEST(test_an_archive_that_does_not_fit_changes_nothing),
		TEST(test_views_may_come_before_what_they_need),
		TEST(test_a_view_that_cannot_be_made_is_named),
		TEST(test_a_database_may_get_another_name),
		TEST(test_a_killed_connection_ends_it),
		TEST(test_a_signal_ends_it_soon),	/* it stays pending */
	};

	return cmocka_run_group_tests_name("load", tests, setup, teardown);
}
