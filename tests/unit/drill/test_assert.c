/*
 * Assertions look at the restored copy and nothing else: a symlink in it does
 * not lead to files of the host, which would make up for what is missing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "drill/assert.h"
#include "../../lib/live_mariadb.h"
#include "policy/policy.h"

static struct live live;
static char home[64];			/* the host's files; copy/ in it */
static char copy[128], outside[128], below[160], config[160];

static const char *files_paths[] = { "/srv/files", "/srv/private/files",
    NULL };
static const char *config_paths[2];
static const char *keys[] = { "db_name", NULL };

static void
put(const char *folder, const char *name, const char *text)
{
	char path[400];
	struct err e;

	(void)snprintf(path, sizeof(path), "%s%s", folder, name);
	*strrchr(path, '/') = '\0';
	assert_int_equal(file_mkdirs(path, 0700, &e), 0);
	path[strlen(path)] = '/';
	if (file_replace_path(path, 0600, text, strlen(text), &e) == -1)
		fail_msg("%s", e.text);
}

static void
lead(const char *from, const char *to)
{
	char path[400];

	(void)snprintf(path, sizeof(path), "%s%s", copy, from);
	assert_int_equal(symlink(to, path), 0);
}

static int
setup(void **state)
{
	(void)state;
	(void)snprintf(home, sizeof(home), "/tmp/muster-test-XXXXXX");
	assert_non_null(mkdtemp(home));
	(void)snprintf(copy, sizeof(copy), "%s/copy", home);
	(void)snprintf(outside, sizeof(outside), "%s/host", home);
	(void)snprintf(config, sizeof(config), "%s/etc/site_config.json",
	    outside);
	put(outside, "/etc/site_config.json", "{\"db_name\": \"host\"}");
	put(outside, "/files/a.txt", "a file of the host");
	put(copy, "/srv/files/a.txt", "a");
	put(copy, "/srv/private/files/b.txt", "b");
	put(copy, "/mnt/data/c.txt", "c");
	lead("/srv/files/inside.txt", "/mnt/data/c.txt");
	lead("/srv/files/up.txt", "../../mnt/data/c.txt");
	(void)snprintf(below, sizeof(below), "%s/files/a.txt", outside);
	lead("/srv/files/host.txt", below);
	*strrchr(below, '/') = '\0';
	lead("/srv/files/host", below);
	return 0;
}

static int
teardown(void **state)
{
	struct err e;

	(void)state;
	return file_remove_tree(home, &e);
}

/* Which of the URLs that the query gives are files of the copy? */
static bool
files_exist(const char *sql, char seen[RECEIPT_TEXT_MAX])
{
	const struct policy_assertion a = { .name = "files", .sql = sql,
	    .files_exist = true };
	const struct assert_place place = { .login = live.login,
	    .database = "mysql", .files = copy, .config = copy,
	    .files_paths = files_paths };
	struct receipt r = { .site = "" };
	struct err e;
	bool passed;

	assert_int_equal(assert_sql(&r, &a, &place, &e), 0);
	assert_int_equal(r.n_checks, 1);
	passed = r.checks[0].passed;
	(void)snprintf(seen, RECEIPT_TEXT_MAX, "%s", r.checks[0].seen);
	receipt_drop(&r);
	return passed;
}

static void
files_of_rows_are_looked_for_in_the_copy_only(void **state)
{
	static const struct {
		const char	*url;
		bool		 there;
	} cases[] = {
		{ "/files/a.txt", true }, { "/private/files/b.txt", true },
		{ "/files/none.txt", false }, { "/files", false },
		{ "/files/inside.txt", true }, { "/files/up.txt", true },
		{ "/files/host.txt", false }, { "/files/host/a.txt", false },
		{ "/files/../private/files/b.txt", false },
		{ "/elsewhere/a.txt", false },
		{ "https://example.com/x.png", true },
	};
	char sql[200], seen[RECEIPT_TEXT_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(sql, sizeof(sql), "SELECT '%s'",
		    cases[i].url);
		if (files_exist(sql, seen) != cases[i].there)
			fail_msg("%s: %s", cases[i].url, seen);
	}
	assert_false(files_exist("SELECT '/files/a.txt' UNION "
	    "SELECT '/files/host.txt'", seen));
	assert_string_equal(seen, "1 of 2 files, missing /files/host.txt");
}

static void
without_restored_files_the_check_fails(void **state)
{
	char kept[sizeof(copy)], seen[RECEIPT_TEXT_MAX];

	(void)state;
	memcpy(kept, copy, sizeof(copy));
	(void)snprintf(copy, sizeof(copy), "/nonexistent");
	assert_false(files_exist("SELECT '/files/a.txt'", seen));
	assert_string_equal(seen, "no files were restored");
	memcpy(copy, kept, sizeof(copy));
}

/* The outcome of the one demand for site_config.json. */
static bool
config_right(const char *path, char seen[RECEIPT_TEXT_MAX])
{
	struct policy_require q = { "site_config.json", keys };
	const struct assert_place place = { .files = copy, .config = copy,
	    .config_paths = config_paths };
	struct policy p = { .site = "x" };
	struct receipt r = { .site = "" };
	struct err e;
	bool passed;

	config_paths[0] = path;
	p.config.require = &q;
	p.config.n_require = 1;
	assert_int_equal(assert_config(&r, &p, &place, &e), 0);
	assert_int_equal(r.n_checks, 1);
	passed = r.checks[0].passed;
	(void)snprintf(seen, RECEIPT_TEXT_MAX, "%s", r.checks[0].seen);
	receipt_drop(&r);
	return passed;
}

static void
configuration_is_looked_for_in_the_copy_only(void **state)
{
	char seen[RECEIPT_TEXT_MAX], link[400];

	(void)state;
	assert_false(config_right("/etc/site_config.json", seen));
	assert_string_equal(seen, "not among the restored configuration");
	assert_false(config_right("/srv/files/a.txt", seen));
	assert_string_equal(seen, "not among the restored configuration");

	put(copy, "/etc/other", "x");
	lead("/etc/site_config.json", config);
	assert_false(config_right("/etc/site_config.json", seen));
	assert_false(config_right("/etc", seen));
	(void)snprintf(link, sizeof(link), "%s/etc/site_config.json", copy);
	assert_int_equal(unlink(link), 0);

	put(copy, "/etc/site_config.json", "{\"db_name\": \"copy\"}");
	assert_true(config_right("/etc/site_config.json", seen));
	assert_string_equal(seen, "all 1 there");
	assert_true(config_right("/etc", seen));
	put(copy, "/etc/site_config.json", "{\"db_name\": \"\"}");
	assert_false(config_right("/etc", seen));
	assert_string_equal(seen, "db_name is missing or empty");
	put(copy, "/etc/site_config.json", "{\n{");
	assert_false(config_right("/etc", seen));
	assert_string_equal(seen, "not JSON: line 2");
}

static void
configuration_that_cannot_be_read_fails(void **state)
{
	char seen[RECEIPT_TEXT_MAX], path[400];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/loop", copy);
	assert_int_equal(mkdir(path, 0700), 0);
	lead("/loop/site_config.json", "site_config.json");
	assert_false(config_right("/loop", seen));
	assert_non_null(strstr(seen, "symbolic links"));

	(void)snprintf(path, sizeof(path), "%s/dir", copy);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/dir/site_config.json", copy);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_false(config_right("/dir", seen));
	assert_non_null(strstr(seen, "Is a directory"));

	(void)snprintf(path, sizeof(path), "%s/huge", copy);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/huge/site_config.json", copy);
	put(copy, "/huge/site_config.json", "x");
	assert_int_equal(truncate(path, 5 << 20), 0);
	assert_false(config_right("/huge", seen));
	assert_non_null(strstr(seen, "larger than"));
}

static int
start(void **state)
{
	(void)state;
	live_start(&live);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	live_stop(&live);
	return 0;
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(files_of_rows_are_looked_for_in_the_copy_only),
		T(without_restored_files_the_check_fails),
		T(configuration_is_looked_for_in_the_copy_only),
		T(configuration_that_cannot_be_read_fails),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
