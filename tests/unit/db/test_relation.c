/*
 * How a table is read and loaded, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "db/schema.h"

#define LOAD " CHARACTER SET binary FIELDS TERMINATED BY '\\t' " \
	"ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' "

struct spec {
	const char	*name, *type, *full, *charset;
	bool		 generated, row_start, row_end, stored;
};

static struct relation *
table_of(const struct spec *c, size_t n, const char *key)
{
	struct relation *t = calloc(1, sizeof(*t));
	size_t i;

	assert_non_null(t);
	t->database = strdup("d`b");
	t->name = strdup("t");
	t->columns = calloc(n, sizeof(*t->columns));
	assert_non_null(t->columns);
	for (i = 0; i < n; i++) {
		t->columns[i].generated = c[i].generated;
		t->columns[i].stored = c[i].stored || c[i].row_start ||
		    c[i].row_end;
		t->columns[i].row_start = c[i].row_start;
		t->columns[i].row_end = c[i].row_end;
		t->columns[i].name = strdup(c[i].name);
		t->columns[i].type = strdup(c[i].type);
		t->columns[i].full = strdup(c[i].full == NULL ? c[i].type :
		    c[i].full);
		if (c[i].charset != NULL)
			t->columns[i].charset = strdup(c[i].charset);
	}
	t->n_columns = n;
	if (key != NULL) {
		t->key = calloc(1, sizeof(*t->key));
		assert_non_null(t->key);
		t->key[t->n_key++] = strdup(key);
	}
	return t;
}

static void
expect(struct relation *t, const char *select, const char *load)
{
	struct err e = { 0 };
	struct buf b;

	buf_init(&b, 1 << 16);
	assert_int_equal(relation_statements(t, "p.dat", &b, &e), 0);
	assert_string_equal((char *)t->select.data, select);
	assert_string_equal(buf_text(&b, &e), load);
	buf_drop(&b);
	relation_free(t);
}

static void
expect_refused(struct relation *t, const char *word)
{
	struct err e = { 0 };
	struct buf b;

	buf_init(&b, 1 << 16);
	assert_int_equal(relation_statements(t, "p.dat", &b, &e), -1);
	assert_int_equal(e.kind, ERR_UNSUPPORTED);
	assert_non_null(strstr(e.text, word));
	assert_non_null(strstr(e.text, "components.db.exclude"));
	buf_drop(&b);
	relation_free(t);
}

static void
each_type_has_its_way_to_be_exact(void **state)
{
	static const struct spec c[] = {
		{ .name = "i", .type = "int" },
		{ .name = "f", .type = "float" },
		{ .name = "g", .type = "int", .generated = true },
		{ .name = "u", .type = "uuid" },
		{ .name = "e", .type = "enum", .full = "enum('a','')" },
		{ .name = "n", .type = "enum", .full = "enum('a')" },
		{ .name = "b`q", .type = "longblob" },
	};
	struct relation *t = table_of(c, 7, "i");
	struct err e = { 0 };
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 16);
	assert_int_equal(relation_statements(t, "p.dat", &b, &e), 0);
	assert_int_equal(t->n_plain, 6);
	assert_true(t->plain[0] && t->plain[1] && t->plain[2] && t->plain[3]);
	assert_false(t->plain[4] || t->plain[5]);
	buf_drop(&b);
	relation_free(t);
	expect(table_of(c, 7, "i"), "SELECT SQL_NO_CACHE m.`i`,"
	    "CAST(m.`f` AS DOUBLE),CONVERT(m.`u` USING utf8mb4),"
	    "CAST(m.`e` AS UNSIGNED),m.`n`,m.`b``q` FROM `d``b`.`t` AS m "
	    "ORDER BY m.`i`", "LOAD DATA LOCAL INFILE 'p.dat' INTO TABLE `t`"
	    LOAD "(`i`,`f`,@v0,@v1,`n`,`b``q`) SET "
	    "`u`=CONVERT(@v0 USING utf8mb4),`e`=CAST(@v1 AS UNSIGNED)");
}

static void
a_table_without_a_key_is_ordered_by_all(void **state)
{
	static const struct spec c[] = {
		{ .name = "i", .type = "int" },
		{ .name = "v", .type = "varchar" },
		{ .name = "t", .type = "text" },
		{ .name = "f", .type = "float" },
	};

	(void)state;
	expect(table_of(c, 4, NULL), "SELECT SQL_NO_CACHE m.`i`,m.`v`,m.`t`,"
	    "CAST(m.`f` AS DOUBLE) FROM `d``b`.`t` AS m ORDER BY m.`i`,"
	    "LEFT(m.`v`,64),m.`f`,MD5(CONCAT_WS(',',IFNULL(MD5(m.`i`),''),"
	    "IFNULL(MD5(m.`v`),''),IFNULL(MD5(m.`t`),''),"
	    "IFNULL(MD5(CAST(m.`f` AS DOUBLE)),'')))",
	    "LOAD DATA LOCAL INFILE 'p.dat' INTO TABLE `t`" LOAD
	    "(`i`,`v`,`t`,`f`)");
}

static void
history_is_read_and_ordered_by_its_period(void **state)
{
	static const struct spec c[] = {
		{ .name = "i", .type = "int" },
		{ .name = "s", .type = "timestamp", .generated = true,
		    .row_start = true },
		{ .name = "e", .type = "timestamp", .generated = true,
		    .row_end = true },
	};
	struct relation *t = table_of(c, 3, "i");

	(void)state;
	t->versioned = true;
	expect(t, "SELECT SQL_NO_CACHE m.`i`,m.`s`,m.`e` FROM `d``b`.`t` FOR "
	    "SYSTEM_TIME ALL AS m ORDER BY m.`i`,m.`s`,m.`e`",
	    "LOAD DATA LOCAL INFILE 'p.dat' INTO TABLE `t`" LOAD
	    "(`i`,`s`,`e`)");
}

static void
rows_without_a_column_of_their_own_are_counted(void **state)
{
	static const struct spec c[] = {
		{ .name = "g", .type = "int", .generated = true } };

	(void)state;
	expect(table_of(c, 1, NULL),
	    "SELECT SQL_NO_CACHE 1 FROM `d``b`.`t` AS m",
	    "LOAD DATA LOCAL INFILE 'p.dat' INTO TABLE `t`" LOAD "(@v0)");
}

static void
a_float_at_its_limit_stays_within_it(void **state)
{
	static const struct spec c[] = {
		{ .name = "f", .type = "float", .full = "float(7,2)" } };

	(void)state;
	expect(table_of(c, 1, "f"), "SELECT SQL_NO_CACHE CAST(GREATEST(LEAST("
	    "CAST(m.`f` AS DOUBLE),1e5-1/1e2),1/1e2-1e5) AS DOUBLE) FROM "
	    "`d``b`.`t` AS m ORDER BY m.`f`",
	    "LOAD DATA LOCAL INFILE 'p.dat' INTO TABLE `t`" LOAD "(`f`)");
}

static void
what_is_not_known_is_refused_by_name(void **state)
{
	static const struct spec vector[] = {
		{ .name = "emb", .type = "vector" } };
	static const struct spec by_trx[] = {
		{ .name = "i", .type = "int" },
		{ .name = "s", .type = "bigint", .generated = true,
		    .row_start = true } };
	static const struct spec lossy[] = {
		{ .name = "en", .type = "enum", .full = "enum('?')",
		    .charset = "utf8mb4" } };

	(void)state;
	expect_refused(table_of(vector, 1, NULL), "column emb has type vector");
	expect_refused(table_of(by_trx, 2, NULL), "by transaction");
	expect_refused(table_of(lossy, 1, NULL), "'?'");
}

/* Dropped, or rebuilt, between the list of tables and that of columns. */
static void
a_table_without_columns_has_changed(void **state)
{
	struct relation *t = table_of(NULL, 0, NULL);
	struct err e = { 0 };
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 16);
	assert_int_equal(relation_statements(t, "p.dat", &b, &e), -1);
	assert_int_equal(e.kind, ERR_CHANGED);
	buf_drop(&b);
	relation_free(t);
}

static void
an_empty_member_is_found_among_quotes(void **state)
{
	(void)state;
	assert_true(relation_has_empty_member("enum('')"));
	assert_true(relation_has_empty_member("enum('a','')"));
	assert_true(relation_has_empty_member("enum('','a')"));
	assert_true(relation_has_empty_member("set('it''s','','b')"));
	assert_false(relation_has_empty_member("enum('a')"));
	assert_false(relation_has_empty_member("enum('''')"));
	assert_false(relation_has_empty_member("enum('a'',''b')"));
	assert_false(relation_has_empty_member("enum(''','''''')"));
	assert_false(relation_has_empty_member("enum('"));
	assert_false(relation_has_empty_member("varchar(10)"));
}

static void
expect_counter(const char *create, const char *text)
{
	size_t at, len;

	relation_find_counter(create, &at, &len);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(create + at, text, len);
}

static void
the_counter_is_found_among_the_options_only(void **state)
{
	(void)state;
	expect_counter("CREATE TABLE `t` (\n  `a` int\n) ENGINE=InnoDB "
	    "AUTO_INCREMENT=12 DEFAULT CHARSET=latin1", " AUTO_INCREMENT=12");
	expect_counter("CREATE TABLE `t` (\n  `a` int\n) ENGINE=InnoDB "
	    "DEFAULT CHARSET=latin1 COMMENT=' AUTO_INCREMENT=12'", "");
	expect_counter("CREATE TABLE `\n) ENGINE=x AUTO_INCREMENT=1` (\n"
	    "  `a` int\n) ENGINE=MyISAM AUTO_INCREMENT=3\n PARTITION BY x",
	    " AUTO_INCREMENT=3");
	expect_counter("CREATE SEQUENCE `s`", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_type_has_its_way_to_be_exact),
		cmocka_unit_test(a_table_without_a_key_is_ordered_by_all),
		cmocka_unit_test(history_is_read_and_ordered_by_its_period),
		cmocka_unit_test(
		    rows_without_a_column_of_their_own_are_counted),
		cmocka_unit_test(a_float_at_its_limit_stays_within_it),
		cmocka_unit_test(what_is_not_known_is_refused_by_name),
		cmocka_unit_test(a_table_without_columns_has_changed),
		cmocka_unit_test(an_empty_member_is_found_among_quotes),
		cmocka_unit_test(the_counter_is_found_among_the_options_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
