/*
 * The checks that a drill makes on a restored site, each on something that is
 * right and on something that is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../lib/live_mariadb.h"
#include "base/err.h"
#include "base/file.h"
#include "crypto/fernet.h"
#include "crypto/keys.h"
#include "drill/command.h"
#include "drill/frappe.h"
#include "drill/mask.h"
#include "drill/tables.h"
#include "drill/wellformed.h"
#include "policy/yaml_check.h"

/* github.com/fernet/spec, verify.json */
#define KEY "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="
#define TOKEN "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9d" \
    "OPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA=="

static char top[] = "/tmp/muster-test-checks-XXXXXX";
static struct live live;

static void
put(const char *name, const char *text)
{
	char path[256];
	struct err e;

	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	(void)unlink(path);
	if (file_create_path(path, 0600, text, strlen(text), &e) == -1)
		fail_msg("%s", e.text);
}

static void
a_token_opens_with_its_own_key_only(void **state)
{
	char token[] = TOKEN, other[] = KEY;
	struct fernet_key *k;
	struct err e;

	(void)state;
	k = fernet_key_parse(KEY, strlen(KEY), &e);
	assert_non_null(k);
	assert_int_equal(fernet_check(k, token, strlen(token), &e), 0);
	for (size_t i = 0; i < strlen(token) - 3; i += 5) {
		char was = token[i];

		token[i] = was == 'B' ? 'C' : 'B';
		assert_int_equal(fernet_check(k, token, strlen(token), &e),
		    -1);
		assert_int_equal(e.kind, ERR_DAMAGED);
		token[i] = was;
	}
	assert_int_equal(fernet_check(k, token, 20, &e), -1);
	fernet_key_free(k);
	other[3] ^= 1;
	k = fernet_key_parse(other, strlen(other), &e);
	assert_non_null(k);
	assert_int_equal(fernet_check(k, token, strlen(token), &e), -1);
	assert_non_null(strstr(e.text, "another key"));
	fernet_key_free(k);
	assert_null(fernet_key_parse("too short", 9, &e));
	assert_int_equal(e.kind, ERR_INPUT);
}

static void
ini_files_are_told_from_what_is_none(void **state)
{
	static const char *const good[] = {
		"", "# only\n; comments\n", "[client]\nuser=x\nskip-ssl\n",
		"[program:a]\ncommand = /bin/x\n   --more\n", "a: b",
		"!includedir /etc/mysql\n", "[a]\r\nb=c\r\n",
	};
	static const char *const bad[] = {
		"[client\n", "[]\n", "a=1\n=2\n", "[a]\n: x\n",
	};
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (wellformed_ini(good[i], strlen(good[i]), NULL, &e) == -1)
			fail_msg("%s: %s", good[i], e.text);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (wellformed_ini(bad[i], strlen(bad[i]), NULL, &e) == 0)
			fail_msg("accepted: %s", bad[i]);
	assert_int_equal(wellformed_ini("a=b\0c", 5, NULL, &e), -1);
}

static void
yaml_is_told_from_what_is_none(void **state)
{
	static const char good[] = "a: [1, 2]\n---\nb: &x y\nc: *x\n";
	static const char bad[] = "a: [1, 2\nb: c\n";
	struct err e;

	(void)state;
	if (yaml_check(good, strlen(good), &e) == -1)
		fail_msg("%s", e.text);
	assert_int_equal(yaml_check("", 0, &e), 0);
	assert_int_equal(yaml_check(bad, strlen(bad), &e), -1);
	assert_non_null(strstr(e.text, "line "));
}

static void
a_folder_with_a_broken_file_names_it(void **state)
{
	struct wellformed w;
	char path[256];
	struct err e;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/sub", top);
	assert_int_equal(mkdir(path, 0700), 0);
	put("a.json", "{\"a\": 1}");
	put("sub/b.yml", "a: b\n");
	put("sub/c.cnf", "[x]\n");
	put("sub/d.txt", "{{{");
	assert_int_equal(wellformed_folder(top, NULL, &w, &e), 0);
	assert_int_equal(w.files, 4);
	assert_int_equal(w.judged, 3);
	assert_int_equal(w.bad, 0);
	put("a.json", "{\"a\": 1, \"a\": 2}");
	assert_int_equal(wellformed_folder(top, NULL, &w, &e), 0);
	assert_int_equal(w.bad, 1);
	assert_non_null(strstr(w.first, "/a.json: line 1: a key"));
	put("a.json", "{\"a\": 1");
	assert_int_equal(wellformed_folder(top, NULL, &w, &e), 0);
	assert_non_null(strstr(w.first, "/a.json: line 1: not JSON"));
	put("a.json", "{}");
	put("sub/b.yml", "a: [\n");
	assert_int_equal(wellformed_folder(top, NULL, &w, &e), 0);
	assert_non_null(strstr(w.first, "/sub/b.yml: line "));
	put("sub/b.yml", "");
	assert_int_equal(wellformed_folder("/nonexistent", NULL, &w, &e), -1);
}

static void
secrets_are_masked_wherever_they_came_from(void **state)
{
	char text[] = "env hunter2222 json s3cr3t-value ini p4ssw0rd-x open "
	    "plainvalue short abc";
	struct wellformed w;
	struct mask *m;
	struct err e;

	(void)state;
	assert_int_equal(setenv("TEST_API_TOKEN", "hunter2222", 1), 0);
	put("a.json", "{\"x\": [{\"db_password\": \"s3cr3t-value\"}], "
	    "\"name\": \"plainvalue\", \"key\": \"abc\"}");
	put("sub/c.cnf", "[client]\npassword = \"p4ssw0rd-x\"\n");
	m = mask_new(&e);
	assert_non_null(m);
	assert_int_equal(wellformed_folder(top, m, &w, &e), 0);
	mask_apply(m, text, strlen(text));
	assert_string_equal(text, "env ********** json ************ ini "
	    "********** open plainvalue short abc");
	mask_free(m);
	assert_int_equal(unsetenv("TEST_API_TOKEN"), 0);
}

static void
long_output_is_cut_in_the_middle(void **state)
{
	char in[9000], out[1000];

	(void)state;
	memset(in, 'm', sizeof(in));
	memcpy(in, "begin", 5);
	memcpy(in + sizeof(in) - 3, "end", 3);
	command_cut(in, sizeof(in), out, sizeof(out));
	assert_int_equal(strlen(out), sizeof(out) - 1);
	assert_memory_equal(out, "begin", 5);
	assert_non_null(strstr(out, "[... cut here ...]"));
	assert_string_equal(out + sizeof(out) - 4, "end");
	command_cut("short", 5, out, sizeof(out));
	assert_string_equal(out, "short");
}

static void
a_command_finds_the_copy_and_cannot_tell_secrets(void **state)
{
	const struct assert_place place = {
		.login = live.login, .database = "d", .files = "/f",
		.config = "/c",
	};
	struct command c = { "mariadb --no-defaults -u $MUSTER_USER -N -e "
	    "'SELECT 40 + 2'; echo $MUSTER_SITE $MUSTER_DATABASE $MUSTER_FILES"
	    " $MUSTER_CONFIG; pwd; echo hunter2222; exit 3", 20, top, "s.x",
	    &place, NULL };
	struct command_seen s;
	struct mask *m;
	struct err e;

	(void)state;
	m = mask_new(&e);
	assert_non_null(m);
	assert_int_equal(mask_learn(m, "password", "hunter2222", 10, &e), 0);
	c.mask = m;
	if (command_run(&c, &s, &e) == -1)
		fail_msg("%s", e.text);
	assert_int_equal(s.status, 3);
	assert_non_null(strstr(s.output, "42\ns.x d /f /c\n"));
	assert_non_null(strstr(s.output, top));
	assert_null(strstr(s.output, "hunter"));
	assert_string_equal(s.text, "exit 3: **********");
	c.run = "sleep 30";
	c.timeout = 1;
	assert_int_equal(command_run(&c, &s, &e), 0);
	assert_string_equal(s.text, "killed after 1s");
	mask_free(m);
}

static void
see(const char *sql, const char *database)
{
	const char *const all[] = { sql, NULL };

	live_run(&live, database, all);
}

static void
every_table_is_checked_and_a_corrupt_one_named(void **state)
{
	static const char *const databases[] = { "checked", NULL };
	struct tables_seen t;
	char path[512], *data;
	struct err e;
	FILE *f;

	(void)state;
	see("CREATE DATABASE checked", NULL);
	see("CREATE TABLE a (x INT PRIMARY KEY)", "checked");
	see("CREATE TABLE m (x INT) ENGINE=MEMORY", "checked");
	see("CREATE VIEW v AS SELECT * FROM a", "checked");
	see("CREATE TABLE `b``c` (x INT, y VARCHAR(200)) ENGINE=MyISAM",
	    "checked");
	see("INSERT INTO `b``c` SELECT seq, REPEAT('y', 100) FROM "
	    "seq_1_to_500", "checked");
	see("FLUSH TABLES", "checked");
	if (tables_check(&live.login, databases, &t, &e) == -1)
		fail_msg("%s", e.text);
	assert_int_equal(t.checked, 3);
	assert_int_equal(t.bad, 0);
	data = live_value(&live, NULL, "SELECT @@datadir");
	(void)snprintf(path, sizeof(path), "%schecked/b@0060c.MYD", data);
	free(data);
	f = fopen(path, "r+b");
	assert_non_null(f);
	assert_int_equal(fseek(f, 5000, SEEK_SET), 0);
	for (int i = 0; i < 400; i++)
		(void)fputc(0xff, f);
	assert_int_equal(fclose(f), 0);
	see("FLUSH TABLES", "checked");
	if (tables_check(&live.login, databases, &t, &e) == -1)
		fail_msg("%s", e.text);
	assert_int_equal(t.checked, 3);
	assert_int_equal(t.bad, 1);
	assert_non_null(strstr(t.first, "`checked`.`b``c`: "));
}

static void
stored_passwords_need_the_restored_key(void **state)
{
	const char *config[] = { "/site_config.json", NULL };
	struct assert_place place = { .login = live.login,
	    .database = "auth", .config = top, .config_paths = config };
	char seen[RECEIPT_TEXT_MAX];
	struct err e;

	(void)state;
	see("CREATE DATABASE auth", NULL);
	see("CREATE TABLE __Auth (name VARCHAR(9), password TEXT, encrypted "
	    "INT)", "auth");
	see("INSERT INTO __Auth VALUES ('a', '" TOKEN "', 1), ('b', 'plain', "
	    "0), ('c', NULL, 1)", "auth");
	put("site_config.json", "{\"encryption_key\": \"" KEY "\"}");
	if (frappe_passwords(&place, seen, &e) == -1)
		fail_msg("%s", e.text);
	assert_string_equal(seen, "all 1 open");
	put("site_config.json", "{\"encryption_key\": \"x" KEY "\"}");
	assert_int_equal(frappe_passwords(&place, seen, &e), -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	assert_null(strstr(e.text, "cw_0x"));
	put("site_config.json", "{}");
	assert_int_equal(frappe_passwords(&place, seen, &e), -1);
	assert_non_null(strstr(e.text, "no encryption_key"));
	put("site_config.json", "{\"encryption_key\": \"AAAAAAAAAAAAAAAAAAAAAA"
	    "AAAAAAAAAAAAAAAAAAAAA=\"}");
	assert_int_equal(frappe_passwords(&place, seen, &e), -1);
	assert_non_null(strstr(e.text, "1 of 1 stored passwords do not open"));
	place.config_paths = (const char *[]){ "/other", NULL };
	assert_int_equal(frappe_passwords(&place, seen, &e), -1);
	assert_non_null(strstr(e.text, "no site_config.json"));
	place.config_paths = config;
	see("DROP TABLE __Auth", "auth");
	assert_int_equal(frappe_passwords(&place, seen, &e), -1);
	assert_int_equal(e.kind, ERR_REMOTE);
}

static int
begin(void **state)
{
	struct err e;

	(void)state;
	live_start(&live);
	return mkdtemp(top) != NULL && keys_init(&e) == 0 ? 0 : -1;
}

static int
end(void **state)
{
	struct err e;

	(void)state;
	live_stop(&live);
	return file_remove_tree(top, &e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_opens_with_its_own_key_only),
		cmocka_unit_test(ini_files_are_told_from_what_is_none),
		cmocka_unit_test(yaml_is_told_from_what_is_none),
		cmocka_unit_test(a_folder_with_a_broken_file_names_it),
		cmocka_unit_test(secrets_are_masked_wherever_they_came_from),
		cmocka_unit_test(long_output_is_cut_in_the_middle),
		cmocka_unit_test(
		    a_command_finds_the_copy_and_cannot_tell_secrets),
		cmocka_unit_test(
		    every_table_is_checked_and_a_corrupt_one_named),
		cmocka_unit_test(stored_passwords_need_the_restored_key),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
