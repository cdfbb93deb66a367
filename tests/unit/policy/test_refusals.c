/*
 * A bad policy is refused with the right file, line, key and expectation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "policy/policy.h"
#include "parts.h"

static struct policy *
parse(const char *text)
{
	struct policy *p = NULL;
	struct err e;

	if (policy_parse(&p, text, strlen(text), "/etc/m/p.yaml", &e) == -1)
		fail_msg("%s", e.text);
	return p;
}

static void
refuse(const char *text, const char *want)
{
	struct policy *p = NULL;
	struct err e;

	err_clear(&e);
	assert_int_equal(policy_parse(&p, text, strlen(text), "p.yaml", &e),
	    -1);
	assert_null(p);
	assert_string_equal(e.text, want);
	assert_int_equal(e.kind, ERR_INPUT);
}

static void
an_unknown_key_is_refused_at_any_level(void **state)
{
	(void)state;
	refuse(SMALLEST "alarm: {ping: x}\n",
	    "p.yaml:9: alarm: unknown key: expected site, components, "
	    "stores, keys, state, objectives, drill, gate, retention or "
	    "notify");
	refuse(SMALLEST "notify: {ping: hush}\n",
	    "p.yaml:9: notify.ping: expected a URL, http:// or https://");
	refuse(SMALLEST "notify: {ping: 'https:///hush'}\n",
	    "p.yaml:9: notify.ping: expected a URL, http:// or https://");
	refuse(SMALLEST "notify: {ping: 'https://h/a b'}\n",
	    "p.yaml:9: notify.ping: expected a URL, http:// or https://");
	refuse(SITE "components:\n  files:\n    paths: [/a]\n    exlude: [b]\n"
	    STORES KEYS OBJECTIVES,
	    "p.yaml:5: components.files.exlude: unknown key: expected paths, "
	    "exclude, one-file-system or allow-unreadable");
	refuse(SITE "components:\n  redis: {}\n" STORES KEYS OBJECTIVES,
	    "p.yaml:3: components.redis: unknown key: expected db, files or "
	    "config");
	refuse(SITE COMPONENTS "stores:\n  one:\n    url: /x\n"
	    "    objectlock: y\n" KEYS OBJECTIVES,
	    "p.yaml:8: stores.one.objectlock: unknown key: expected url, "
	    "endpoint, region, path-style, ca-file, credentials, profile, "
	    "storage-class, object-lock or limit-upload");
	refuse(SMALLEST "drill:\n  rehearsal: {run: x}\n",
	    "p.yaml:10: drill.rehearsal: unknown key: expected from, scratch, "
	    "mariadbd, memory, server, owners, provision, check-tables, "
	    "well-formed, frappe-passwords, rehearse, hooks or assertions");
	refuse(SMALLEST "drill:\n  owners: mine\n",
	    "p.yaml:10: drill.owners: expected proven or recorded, not mine");
	refuse(SMALLEST "gate: {readers: [me]}\n",
	    "p.yaml:9: gate.readers[1]: expected the name of a recovery key, "
	    "16 hexadecimal digits, not me");
	refuse(SMALLEST "gate: {offsite: [one, moon]}\n",
	    "p.yaml:9: gate.offsite[2]: expected the name of a store, not "
	    "moon");
	refuse(SMALLEST "gate: {locked: 7d}\n",
	    "p.yaml:9: gate.locked: no store locks anything: expected one "
	    "with object-lock");
	refuse(SMALLEST "gate: {coverage: 101%}\n",
	    "p.yaml:9: gate.coverage: expected at most 100%, not 101%");
	refuse(SMALLEST "drill: {frappe-passwords: true}\n",
	    "p.yaml:9: drill.frappe-passwords: expected components.db and "
	    "components.config, too");
	refuse(SMALLEST "drill:\n  hooks:\n    - {name: a, run: x}\n"
	    "    - {name: a, run: y}\n",
	    "p.yaml:12: drill.hooks[2]: another has this name: a");
	refuse(WITH_DB "drill:\n  assertions:\n"
	    "    - {name: a, sql: b, expect: empty}\n"
	    "    - name: c\n      query: d\n",
	    "p.yaml:12: drill.assertions[2].query: unknown key: expected "
	    "name, database, sql, expect, files-exist or files-below");
}

static void
a_wrong_type_is_refused(void **state)
{
	(void)state;
	refuse(SITE "components:\n  files:\n    paths: /a\n" STORES KEYS
	    OBJECTIVES,
	    "p.yaml:4: components.files.paths: expected a list, not /a");
	refuse(SITE "components:\n  files:\n    paths:\n      - /a\n"
	    "      - [b]\n" STORES KEYS OBJECTIVES,
	    "p.yaml:6: components.files.paths[2]: expected text, not a list");
	refuse("site: {a: b}\n" COMPONENTS STORES KEYS OBJECTIVES,
	    "p.yaml:1: site: expected text, not keys with values");
	refuse("site:\n" COMPONENTS STORES KEYS OBJECTIVES,
	    "p.yaml:1: site: expected text, not nothing");
	refuse("site: ~\n" COMPONENTS STORES KEYS OBJECTIVES,
	    "p.yaml:1: site: expected text, not nothing");
	refuse("site: ''\n" COMPONENTS STORES KEYS OBJECTIVES,
	    "p.yaml:1: site: expected text, not empty text");
	refuse(SITE "components:\n  files:\n" STORES KEYS OBJECTIVES,
	    "p.yaml:3: components.files: expected keys with values, not "
	    "nothing");
	refuse(SITE "components:\n  files: {paths: [a],\n"
	    "    one-file-system: yes}\n" STORES KEYS OBJECTIVES,
	    "p.yaml:4: components.files.one-file-system: expected true or "
	    "false, not yes");
	refuse(SMALLEST "drill: {server: newest}\n",
	    "p.yaml:9: drill.server: expected same-major, not newest");
	refuse(SMALLEST "drill: {assertions: {a: b}}\n",
	    "p.yaml:9: drill.assertions: expected a list, not keys with "
	    "values");
	refuse(SMALLEST "drill: {assertions: [a]}\n",
	    "p.yaml:9: drill.assertions[1]: expected keys with values, not a");
	refuse("- a\n", "p.yaml:1: expected keys with values, not a list");
	refuse("a\n", "p.yaml:1: expected keys with values, not a");
}

static void
a_key_that_is_there_twice_is_refused(void **state)
{
	(void)state;
	refuse(SMALLEST SITE,
	    "p.yaml:9: site: the key is there twice, first on line 1");
	refuse(SITE COMPONENTS "stores:\n  one: {url: /a}\n  one: {url: /b}\n"
	    KEYS OBJECTIVES,
	    "p.yaml:7: stores.one: the key is there twice, first on line 6");
	refuse(WITH_DB "drill:\n  assertions:\n    - name: a\n      sql: b\n"
	    "      sql: c\n",
	    "p.yaml:12: drill.assertions[1].sql: the key is there twice, "
	    "first on line 11");
}

static void
a_missing_key_is_named(void **state)
{
	(void)state;
	refuse(COMPONENTS STORES KEYS OBJECTIVES,
	    "p.yaml:1: site: missing: expected text");
	refuse(SITE STORES KEYS OBJECTIVES,
	    "p.yaml:1: components: missing: expected keys with values");
	refuse(SITE COMPONENTS KEYS OBJECTIVES,
	    "p.yaml:1: stores: missing: expected keys with values");
	refuse(SITE COMPONENTS STORES OBJECTIVES,
	    "p.yaml:1: keys: missing: expected keys with values");
	refuse(SITE COMPONENTS STORES KEYS,
	    "p.yaml:1: objectives: missing: expected keys with values");
	refuse(SITE COMPONENTS STORES KEYS "objectives:\n  rto: 1m\n",
	    "p.yaml:8: objectives.rpo: missing: expected text");
	refuse(SITE COMPONENTS STORES "keys: {recovery: r}\n" OBJECTIVES,
	    "p.yaml:7: keys.writer: missing: expected text");
	refuse(SITE "components:\n  files:\n    exclude: [a]\n" STORES KEYS
	    OBJECTIVES,
	    "p.yaml:3: components.files.paths: missing: expected a list");
	refuse(SITE "components:\n  db: {user: a}\n" STORES KEYS OBJECTIVES,
	    "p.yaml:3: components.db.databases: missing: expected a list");
	refuse(SITE COMPONENTS "stores:\n  one: {}\n" KEYS OBJECTIVES,
	    "p.yaml:6: stores.one.url: missing: expected a directory or "
	    "s3://bucket/prefix");
	refuse(WITH_DB "drill:\n  assertions:\n    - name: a\n",
	    "p.yaml:10: drill.assertions[1].sql: missing: expected text");
	refuse(SMALLEST "gate:\n  checks:\n    - {name: a, run: b}\n"
	    "    - {name: c}\n",
	    "p.yaml:12: gate.checks[2].run: missing: expected text");
}

static void
no_component_at_all_is_refused(void **state)
{
	(void)state;
	refuse(SITE "components: {}\n" STORES KEYS OBJECTIVES,
	    "p.yaml:2: components: expected at least one of db, files and "
	    "config");
}

static void
an_impossible_duration_is_refused(void **state)
{
#define RTO(value) SITE COMPONENTS STORES KEYS "objectives:\n  rpo: 1m\n" \
    "  rto: " value "\n"
#define RTO_AT "p.yaml:10: objectives.rto: "
#define LIKE " is not a duration like 30m, 1h30m or 7d (units w, d, h, m, " \
    "s, largest first)"
	(void)state;
	refuse(RTO("30"), RTO_AT "\"30\"" LIKE);
	refuse(RTO("5 parsecs"), RTO_AT "\"5 parsecs\"" LIKE);
	refuse(RTO("-1m"), RTO_AT "\"-1m\"" LIKE);
	refuse(RTO("0m"), RTO_AT "expected a duration of at least 1s, not 0m");
	refuse(RTO("37000d"),
	    RTO_AT "expected a duration of at most 36500d, not 37000d");
	refuse(RTO("99999999999999999999w"),
	    RTO_AT "\"99999999999999999999w\"" LIKE);
	refuse(SMALLEST "gate:\n  drill-age: 7\n",
	    "p.yaml:10: gate.drill-age: \"7\"" LIKE);
	refuse(SMALLEST "gate:\n  checks:\n  - name: a\n    run: b\n"
	    "    timeout: soon\n",
	    "p.yaml:13: gate.checks[1].timeout: \"soon\"" LIKE);
	refuse(SMALLEST "retention: {within: always}\n",
	    "p.yaml:9: retention.within: \"always\"" LIKE);
}

static void
numbers_out_of_range_are_refused(void **state)
{
	(void)state;
	refuse(SMALLEST "gate:\n\n  margin: 100%\n",
	    "p.yaml:11: gate.margin: expected less than 100%, not 100%");
	refuse(SMALLEST "gate: {margin: 120%}\n",
	    "p.yaml:9: gate.margin: expected less than 100%, not 120%");
	refuse(SMALLEST "gate: {margin: 20}\n",
	    "p.yaml:9: gate.margin: \"20\" is not a percentage like 20% or "
	    "0.5%");
	refuse(SMALLEST "drill: {memory: lots}\n",
	    "p.yaml:9: drill.memory: \"lots\" is not a size like 500M or 20G");
	refuse(SMALLEST "retention: {daily: -1}\n",
	    "p.yaml:9: retention.daily: expected a whole number up to "
	    "1000000, not -1");
	refuse(SMALLEST "retention: {daily: 0x10}\n",
	    "p.yaml:9: retention.daily: expected a whole number up to "
	    "1000000, not 0x10");
	refuse(SITE "components:\n  db: {databases: [a], method: binary}\n"
	    STORES KEYS OBJECTIVES,
	    "p.yaml:3: components.db.method: expected logical or physical, "
	    "not binary");
	refuse(SITE "components:\n  db: {databases: [a], exclude: [a.b],\n"
	    "    method: physical}\n" STORES KEYS OBJECTIVES,
	    "p.yaml:3: components.db.exclude: the physical method takes the "
	    "whole server: expected nothing to exclude, or method: logical");
	refuse(SITE "components:\n  db: {databases: [a], connections: 65}\n"
	    STORES KEYS OBJECTIVES,
	    "p.yaml:3: components.db.connections: expected a whole number up "
	    "to 64, not 65");
}

static void
an_empty_list_is_refused_where_something_must_be(void **state)
{
	struct policy *p;

	(void)state;
	refuse(SITE "components:\n  files:\n    paths: []\n" STORES KEYS
	    OBJECTIVES, "p.yaml:4: components.files.paths: the list is empty: "
	    "expected at least one item");
	refuse(SITE "components:\n  db:\n    databases: []\n" STORES KEYS
	    OBJECTIVES, "p.yaml:4: components.db.databases: the list is empty: "
	    "expected at least one item");
	refuse(SITE "components:\n  config:\n    paths: [a]\n"
	    "    require-keys: {a: []}\n" STORES KEYS OBJECTIVES,
	    "p.yaml:5: components.config.require-keys.a: expected a list of "
	    "keys that the file must have");
	p = parse(SITE "components:\n  files: {paths: [a], exclude: []}\n"
	    STORES KEYS OBJECTIVES "drill: {assertions: []}\n"
	    "gate: {checks: []}\n");
	assert_null(p->files.exclude[0]);
	policy_free(p);
}

static void
bad_stores_are_refused(void **state)
{
	(void)state;
	refuse(SITE COMPONENTS "stores: {}\n" KEYS OBJECTIVES,
	    "p.yaml:5: stores: expected at least one store, such as "
	    "local: {url: /srv/muster}");
	refuse(SITE COMPONENTS "stores: [a]\n" KEYS OBJECTIVES,
	    "p.yaml:5: stores: expected at least one store, such as "
	    "local: {url: /srv/muster}");
	refuse(SITE COMPONENTS "stores: {one: /srv}\n" KEYS OBJECTIVES,
	    "p.yaml:5: stores.one: expected {url: ...}");
	refuse(SITE COMPONENTS "stores: {one: {url: []}}\n" KEYS OBJECTIVES,
	    "p.yaml:5: stores.one.url: expected a directory or "
	    "s3://bucket/prefix");
	refuse(SITE COMPONENTS "stores: {a b: {url: /x}}\n" KEYS OBJECTIVES,
	    "p.yaml:5: stores.a b: not a name of a store: expected at most 64 "
	    "letters, digits, '.', '_' and '-', not starting with '.'");
	refuse(SITE COMPONENTS "stores:\n  one: {url: /x}\n"
	    "  two: {url: /x}\n" KEYS OBJECTIVES,
	    "p.yaml:7: stores.two.url: store one has this URL, too: "
	    "expected another");
	refuse(SMALLEST "drill:\n  from: two\n",
	    "p.yaml:10: drill.from: expected the name of a store, not two");
}

static void
a_bad_site_is_refused(void **state)
{
	(void)state;
	refuse("site: ../x\n" COMPONENTS STORES KEYS OBJECTIVES,
	    "p.yaml:1: site: not a name of a site: expected at most 64 "
	    "letters, digits, '.', '_' and '-', not starting with '.'");
}

static void
bad_required_keys_are_refused(void **state)
{
#define REQUIRE(value) SITE "components:\n  config:\n    paths: [a]\n" \
    "    require-keys: " value "\n" STORES KEYS OBJECTIVES
#define REQUIRE_AT "p.yaml:5: components.config.require-keys"
	(void)state;
	refuse(REQUIRE("[a]"), REQUIRE_AT ": expected names of files, each "
	    "with a list of keys");
	refuse(REQUIRE("{a: b}"), REQUIRE_AT ".a: expected a list of keys "
	    "that the file must have");
	refuse(REQUIRE("{x/a: [b]}"), REQUIRE_AT ".x/a: expected the last "
	    "part of a config path, such as site_config.json");
	refuse(REQUIRE("{a: [b, {}]}"), REQUIRE_AT ".a[2]: expected text");
}

static void
bad_assertions_are_refused(void **state)
{
#define ASSERT(rest) WITH_DB "drill:\n  assertions:\n" \
    "    - {name: a, sql: b, expect: empty}\n    - name: c\n" \
    "      sql: d\n" rest
#define NEITHER "p.yaml:11: drill.assertions[2]: expected either expect or " \
    "files-exist: true"
#define GRAMMAR "p.yaml:13: drill.assertions[2].expect: expected = or != " \
    "and a value, <, <=, > or >= and a number, empty or not empty, not "
	static const char *const bad[] = {
		"1", "== 1", "=> 1", ">= ", ">", "=", "!=", "! 1", "<> 1",
		"> many", ">= 1.", ">= 1x", "full", "Empty", "< -", "<= .5",
		"!<= 1", " = 1",
	};
	static const char *const good[] = {
		"= 1", "=1", "!= x y", "< 1", "<= -1", "> 1.5", ">= +0",
		"empty", "not empty", "= empty", ">=   7",
	};
	char text[1024], want[512];
	struct policy *p;
	size_t i;

	(void)state;
	refuse(ASSERT(""), NEITHER);
	refuse(ASSERT("      files-exist: false\n"), NEITHER);
	refuse(ASSERT("      files-exist: true\n      expect: empty\n"),
	    NEITHER);
	refuse(ASSERT("      expect: empty\n      files-below: /a\n"),
	    "p.yaml:14: drill.assertions[2].files-below: expected "
	    "files-exist: true, too");
	refuse(WITH_DB "drill:\n  assertions:\n"
	    "    - {name: a, sql: b, expect: empty}\n"
	    "    - {name: a, sql: c, expect: empty}\n",
	    "p.yaml:11: drill.assertions[2]: another has this name: a");
	refuse(SMALLEST "drill:\n  assertions:\n"
	    "    - {name: a, sql: b, expect: empty}\n",
	    "p.yaml:10: drill.assertions: there is no database to ask: "
	    "expected components.db");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(text, sizeof(text),
		    ASSERT("      expect: '%s'\n"), bad[i]);
		(void)snprintf(want, sizeof(want), GRAMMAR "%s", bad[i]);
		refuse(text, want);
	}
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		(void)snprintf(text, sizeof(text),
		    ASSERT("      expect: '%s'\n"), good[i]);
		p = parse(text);
		assert_string_equal(p->assertions[1].expect, good[i]);
		policy_free(p);
	}
}

static void
two_checks_of_one_name_are_refused(void **state)
{
	(void)state;
	refuse(SMALLEST "gate:\n  checks:\n    - {name: a, run: b}\n"
	    "    - {name: a, run: c}\n",
	    "p.yaml:12: gate.checks[2]: another has this name: a");
}

static void
a_passphrase_without_a_key_is_refused(void **state)
{
	(void)state;
	refuse(SITE COMPONENTS STORES "keys:\n  writer: w\n"
	    "  passphrase-file: p\n" OBJECTIVES,
	    "p.yaml:9: keys.passphrase-file: there is no key it opens: "
	    "expected keys.recovery, too");
}

static void
what_is_not_plain_yaml_is_refused_with_its_line(void **state)
{
	char deep[128] = "a: ";

	(void)state;
	refuse("", "p.yaml:1: the file is empty");
	refuse("# only words\n", "p.yaml:1: the file is empty");
	refuse("site: s\ncomponents: [\n",
	    "p.yaml:3: not YAML: did not find expected node content");
	refuse("site: s\n\tx: y\n",
	    "p.yaml:2: not YAML: found a tab character that violates "
	    "indentation");
	refuse("a: &x b\n", "p.yaml:1: anchors (&name) are not supported");
	refuse("a: b\nc: *x\n", "p.yaml:2: aliases (*name) are not supported");
	refuse("a: !x b\n", "p.yaml:1: tags (!name) are not supported: text "
	    "that begins with '!' must be quoted");
	refuse("a: !x [b]\n", "p.yaml:1: tags (!name) are not supported: text "
	    "that begins with '!' must be quoted");
	refuse("? [a]\n: b\n", "p.yaml:1: a key must be text");
	refuse("a: b\n---\nc: d\n",
	    "p.yaml:2: a second document is not supported");
	refuse("a: \"x\\0y\"\n", "p.yaml:1: text has a NUL in it");
	refuse("site: s\ncaf\xe9: x\n",
	    "p.yaml:2: not YAML: invalid trailing UTF-8 octet");
	memset(deep + 3, '[', 40);
	refuse(deep, "p.yaml:1: nested too deeply");
}

static void
control_characters_do_not_reach_the_terminal(void **state)
{
	(void)state;
	refuse(SMALLEST "retention: {daily: \"\\e[31m\\n\"}\n",
	    "p.yaml:9: retention.daily: expected a whole number up to "
	    "1000000, not ?[31m?");
}

static void
a_huge_number_of_keys_is_refused(void **state)
{
	static char text[300 * 8];
	size_t i, n = 0;

	(void)state;
	for (i = 0; i < 300; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "k%zu: 1\n",
		    i);
	refuse(text, "p.yaml:257: too many keys");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unknown_key_is_refused_at_any_level),
		cmocka_unit_test(a_wrong_type_is_refused),
		cmocka_unit_test(a_key_that_is_there_twice_is_refused),
		cmocka_unit_test(a_missing_key_is_named),
		cmocka_unit_test(no_component_at_all_is_refused),
		cmocka_unit_test(an_impossible_duration_is_refused),
		cmocka_unit_test(numbers_out_of_range_are_refused),
		cmocka_unit_test(
		    an_empty_list_is_refused_where_something_must_be),
		cmocka_unit_test(bad_stores_are_refused),
		cmocka_unit_test(a_bad_site_is_refused),
		cmocka_unit_test(bad_required_keys_are_refused),
		cmocka_unit_test(bad_assertions_are_refused),
		cmocka_unit_test(two_checks_of_one_name_are_refused),
		cmocka_unit_test(a_passphrase_without_a_key_is_refused),
		cmocka_unit_test(
		    what_is_not_plain_yaml_is_refused_with_its_line),
		cmocka_unit_test(control_characters_do_not_reach_the_terminal),
		cmocka_unit_test(a_huge_number_of_keys_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
