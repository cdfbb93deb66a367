/*
 * What option files ask of TLS, and where a connector that passes over it is
 * not asked to connect.
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

#include "base/err.h"
#include "base/file.h"
#include "db/option_file.h"
#include "db/option_tls.h"

static char folder[] = "/tmp/muster-test-option-XXXXXX";

/* A file below the folder; every @ in it becomes the folder. */
static const char *
put(const char *name, const char *text)
{
	static char path[256];
	struct err e = { 0 };
	char whole[8192];
	size_t n = 0;

	for (; *text != '\0'; text++)
		if (*text == '@')
			n += (size_t)snprintf(whole + n, sizeof(whole) - n,
			    "%s", folder);
		else
			whole[n++] = *text;
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (file_replace_path(path, 0600, whole, n, &e) == -1)
		fail_msg("%s", e.text);
	return path;
}

/* A file of this text is accepted, and asks for TLS or not. */
static void
accepted(const char *text, bool wanted)
{
	struct err e = { 0 };
	bool tls = false;

	if (option_file_check(put("my.cnf", text), &tls, &e) == -1)
		fail_msg("%s: %s", text, e.text);
	if (tls != wanted)
		fail_msg("%s: %d", text, tls);
}

/* It is refused, and these words are in the error. */
static void
refused(const char *text, const char *words)
{
	struct err e = { 0 };
	bool tls;

	if (option_file_check(put("my.cnf", text), &tls, &e) == 0)
		fail_msg("%s: accepted", text);
	assert_int_equal(e.kind, ERR_INPUT);
	if (strstr(e.text, words) == NULL)
		fail_msg("%s: %s", text, e.text);
}

static void
test_each_line_says_one_thing_of_tls(void **state)
{
	static const struct { const char *line; enum tls_line what; } t[] = {
		{ "host=db\n", TLS_LINE_NONE },
		{ "sslx", TLS_LINE_UNKNOWN },
		{ "ssl\n", TLS_LINE_ON }, { "ssl = 1 # x", TLS_LINE_ON },
		{ "ssl=offer", TLS_LINE_ON }, { "ssl # x\n", TLS_LINE_ON },
		{ "ssl=0\r\n", TLS_LINE_OFF }, { "ssl = OFF", TLS_LINE_OFF },
		{ "ssl='false'", TLS_LINE_OFF }, { "skip-ssl", TLS_LINE_OFF },
		{ "disable_ssl\n", TLS_LINE_OFF },
		{ "loose_skip-ssl", TLS_LINE_OFF },
		{ "skip-ssl-verify-server-cert", TLS_LINE_NONE },
		{ "ssl_ca = /a", TLS_LINE_KNOWN },
		{ "tls-version=TLSv1.3", TLS_LINE_KNOWN },
		{ "ssl-verify-server-cert=\"1\"\n", TLS_LINE_KNOWN },
		{ "tls-verify-peer=0", TLS_LINE_KNOWN },
		{ "tls-verify-peer=yes", TLS_LINE_NUMBER },
		{ "ssl-enforce\n", TLS_LINE_NUMBER },
		{ "ssl-enforce=10", TLS_LINE_NUMBER },
		{ "ssl-ca\n", TLS_LINE_UNKNOWN },
		{ "SSL-CA=/a", TLS_LINE_UNKNOWN },
		{ "loose-ssl", TLS_LINE_UNKNOWN },
		{ "enable-ssl", TLS_LINE_UNKNOWN },
		{ "ssl-verify=1", TLS_LINE_UNKNOWN },
		{ "ssl-mode=REQUIRED", TLS_LINE_UNKNOWN },
		{ "ssl-mode=PREFERRED", TLS_LINE_NONE },
		{ "tls-ciphersuites=x", TLS_LINE_UNKNOWN },
	};
	char key[TLS_KEY_MAX], line[200];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (tls_line(t[i].line, key) != t[i].what)
			fail_msg("%s", t[i].line);
	assert_int_equal(tls_line("ssl_ca = /a", key), TLS_LINE_KNOWN);
	assert_string_equal(key, "ssl-ca");
	(void)snprintf(line, sizeof(line), "ssl%0150d=1", 0);
	assert_int_equal(tls_line(line, key), TLS_LINE_UNKNOWN);
	assert_int_equal(strlen(key), TLS_KEY_MAX - 1);
}

static void
test_only_groups_that_are_read_count(void **state)
{
	(void)state;
	accepted("# ssl\n\n;ssl\n[mysqld]\nssl-mode=REQUIRED\n[clients]\nssl\n"
	    "[client]\nuser=x\n", false);
	accepted("[client ]\nssl\n", true);
	accepted("  [muster]\n\t ssl\n", true);
	accepted("[client-mariadb]\nssl\n", true);
	accepted("[client-server]\nssl\n[mysqld]\nssl=0\n", true);
	accepted("[client]\nssl\n[muster]\nskip-ssl\n", false);
	refused("[client]\n[client\t]\nssl-mode=VERIFY_CA\n",
	    "my.cnf: line 3: ssl-mode: the connector does not understand");
}

static void
test_where_the_connector_stops_nothing_is_believed(void **state)
{
	char text[5000];

	(void)state;
	refused("user=x\n[client]\nssl-ca=/a\n", "line 1: an option before");
	refused("[client]\n[mysqld\nssl-ca=/a\n", "line 2: a group without");
	(void)snprintf(text, sizeof(text), "[client]\n#%04500d\n", 0);
	refused(text, "line 2: expected at most 4000 bytes");
}

static void
test_what_is_brought_in_is_read_as_well(void **state)
{
	(void)state;
	(void)put("other", "[client]\nssl\n");
	accepted("!include @/other\n", true);
	accepted("[mysqld]\n!include @/other  \n", true);
	accepted("!include @/other\n[client]\nssl=0\n", false);
	accepted("[client]\nssl=0\n!include @/other\n", true);
	accepted("!include @/absent\n", false);
	accepted("!include @/other/below\n", false);
	refused("!include\t@/other\n", "line 1: expected !include FILE");
	refused("!includes @/other\n", "line 1: expected !include FILE");
	refused("! include @/other\n", "line 1: expected !include FILE");
	refused("!include  @/other\n", "a path behind one blank");
	refused("!include \n", "a path behind one blank");
	(void)put("other", "[client]\n\nssl-verify-server-cert=ON\n");
	refused("!include @/other\n", "/other: line 3: ssl-verify-server-cert"
	    ": expected =1 or =0");
	refused("!include @/my.cnf\n", "bring in each other");
}

static void
test_a_folder_asks_for_what_may_not_be_read(void **state)
{
	struct err e = { 0 };
	char path[256];
	bool tls;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/d", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)put("d/a.cnf", "[client]\nuser=x\nssl=0\n[mysqld]\nssl-ca=/a\n");
	(void)put("d/a.txt", "[client]\nssl-ca=/a\n");
	(void)put("d/my.cnf", "[client]\nssl\n");
	accepted("!includedir @/d\n", true);
	accepted("!includedir @/d/\n", true);
	(void)put("d/a.cnf", "[client]\nssl-ca=/a\n");
	refused("!includedir @/d\n", "d/a.cnf: line 2: ssl-ca: the connector "
	    "may read no file of an !includedir");
	(void)put("d/a.cnf", "[client]\nssl\n");
	refused("!includedir @/d\n", "d/a.cnf: line 2: ssl: the connector "
	    "may read no file of an !includedir");
	(void)put("other", "[client]\nssl\n");
	(void)put("d/a.cnf", "!include @/other\n");
	refused("!includedir @/d\n", "/other: line 2: ssl: the connector");
	assert_int_equal(option_file_check(put("my.cnf",
	    "!includedir @/none\n"), &tls, &e), -1);
	assert_int_equal(e.kind, ERR_SYSTEM);
	assert_non_null(strstr(e.text, "my.cnf: line 1: cannot read folder"));
}

static void
test_the_files_that_nobody_names_are_read(void **state)
{
	struct err e = { 0 };
	char path[256];
	bool tls = false;

	(void)state;
	(void)put(".my.cnf", "[client]\nuser=x\n");
	assert_int_equal(setenv("HOME", folder, 1), 0);
	assert_int_equal(option_files_check(&tls, &e), 0);
	assert_false(tls);
	(void)put(".my.cnf", "[client]\nssl\n");
	assert_int_equal(chmod(strcat(strcpy(path, folder), "/.my.cnf"),
	    0644), 0);
	assert_int_equal(option_files_check(&tls, &e), 0);
	assert_true(tls);
	(void)put(".my.cnf", "[client]\nssl-mode=VERIFY_IDENTITY\n");
	assert_int_equal(option_files_check(&tls, &e), -1);
	assert_non_null(strstr(e.text, "/.my.cnf: line 2: ssl-mode"));
	(void)put(".my.cnf", "");
	(void)put("my.cnf", "[client]\nssl-mode=REQUIRED\n");
	assert_int_equal(option_files_check(&tls, &e), 0);
	assert_int_equal(setenv("MYSQL_HOME", folder, 1), 0);
	assert_int_equal(option_files_check(&tls, &e), -1);
	assert_non_null(strstr(e.text, "/my.cnf: line 2: ssl-mode"));
	assert_int_equal(setenv("MARIADB_HOME", "/no/such/folder", 1), 0);
	assert_int_equal(option_files_check(&tls, &e), 0);
	assert_int_equal(setenv("MARIADB_HOME", folder, 1), 0);
	assert_int_equal(option_files_check(&tls, &e), -1);
	assert_int_equal(unsetenv("MARIADB_HOME"), 0);
	assert_int_equal(unsetenv("MYSQL_HOME"), 0);
	assert_int_equal(unsetenv("HOME"), 0);
	assert_int_equal(option_files_check(&tls, &e), 0);
}

static int
set_up(void **state)
{
	(void)state;
	(void)unsetenv("MARIADB_HOME");
	(void)unsetenv("MYSQL_HOME");
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	struct err e;

	(void)state;
	return file_remove_tree(folder, &e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_line_says_one_thing_of_tls),
		cmocka_unit_test(test_only_groups_that_are_read_count),
		cmocka_unit_test(
		    test_where_the_connector_stops_nothing_is_believed),
		cmocka_unit_test(test_what_is_brought_in_is_read_as_well),
		cmocka_unit_test(test_a_folder_asks_for_what_may_not_be_read),
		cmocka_unit_test(test_the_files_that_nobody_names_are_read),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
