/*
 * What a good policy means, and where policies are found.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "policy/policy.h"
#include "parts.h"

static char top[] = "/tmp/muster-test-policy-XXXXXX";
static char repository[4096];

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
the_smallest_policy_has_all_defaults(void **state)
{
	struct policy *p = parse(SMALLEST);
	struct id digest;

	(void)state;
	assert_string_equal(p->path, "/etc/m/p.yaml");
	assert_string_equal(p->site, "s");
	id_sha256(SMALLEST, strlen(SMALLEST), &digest);
	assert_int_equal(id_compare(&digest, &p->digest), 0);
	assert_false(p->db.present);
	assert_true(p->files.present);
	assert_false(p->config.present);
	assert_string_equal(p->files.paths[0], "/a");
	assert_null(p->files.paths[1]);
	assert_null(p->files.exclude[0]);
	assert_true(p->files.one_file_system);
	assert_false(p->files.allow_unreadable);
	assert_int_equal(p->n_stores, 1);
	assert_string_equal(p->stores[0].name, "one");
	assert_string_equal(p->stores[0].url, "/srv/one");
	assert_string_equal(p->writer_key, "/etc/m/w.key");
	assert_null(p->recovery_key);
	assert_null(p->passphrase_file);
	assert_string_equal(p->state, "/var/lib/muster/s");
	assert_int_equal(p->rto, 1800);
	assert_int_equal(p->rpo, 900);
	assert_string_equal(p->drill_from, "one");
	assert_string_equal(p->drill_scratch, "/var/tmp");
	assert_false(p->drill_owners_recorded);
	assert_null(p->drill_mariadbd);
	assert_int_equal(p->drill_memory, 0);
	assert_int_equal(p->drill_provision, 0);
	assert_true(p->drill_check_tables);
	assert_true(p->drill_well_formed);
	assert_false(p->drill_frappe_passwords);
	assert_int_equal(p->n_hooks, 0);
	assert_null(p->rehearse);
	assert_int_equal(p->gate_valid, 3600);
	assert_null(p->gate_readers);
	assert_false(p->gate_key_apart);
	assert_null(p->gate_offsite[0]);	/* there is one store only */
	assert_int_equal(p->gate_locked, 0);
	assert_int_equal(p->gate_doctor_age, 0);
	assert_int_equal(p->gate_escrow, 0);
	assert_int_equal(p->gate_coverage, 1000000);
	assert_int_equal(p->gate_full_age, 30 * 86400);
	assert_int_equal(p->gate_slowdown, 1000000);
	assert_int_equal(p->gate_forecast, 0);
	assert_int_equal(p->gate_shrink, 500000);
	assert_int_equal(p->gate_growth, 0);
	assert_int_equal(p->gate_rpo_period, 0);
	assert_int_equal(p->gate_sabotage_age, 0);
	assert_int_equal(p->n_assertions, 0);
	assert_int_equal(p->gate_snapshot_age, 900);
	assert_int_equal(p->gate_drill_age, 7 * 86400);
	assert_int_equal(p->gate_margin, 0);
	assert_int_equal(p->gate_clock_skew, 60);
	assert_int_equal(p->n_checks, 0);
	assert_null(p->notify_ping);
	assert_null(p->notify_ping_file);
	assert_null(p->notify_textfile);
	assert_int_equal(p->retention.within, 0);
	assert_int_equal(p->retention.yearly, 0);
	policy_free(p);
}

/* A copy elsewhere is demanded unless the policy says that none is. */
static void
every_store_but_the_first_is_off_site(void **state)
{
	struct policy *p = parse("site: s\n"
	    "components: {files: {paths: [/f]}}\n"
	    "stores: {a: {url: /a}, b: {url: /b}, c: {url: /c}}\n"
	    "keys: {writer: w}\nobjectives: {rto: 1h, rpo: 1h}\n");

	(void)state;
	assert_string_equal(p->gate_offsite[0], "b");
	assert_string_equal(p->gate_offsite[1], "c");
	assert_null(p->gate_offsite[2]);
	policy_free(p);
	p = parse("site: s\n"
	    "components: {files: {paths: [/f]}}\n"
	    "stores: {a: {url: /a}, b: {url: /b}}\n"
	    "keys: {writer: w}\nobjectives: {rto: 1h, rpo: 1h}\n"
	    "gate: {offsite: []}\n");
	assert_null(p->gate_offsite[0]);
	policy_free(p);
}

static void
every_key_arrives_where_it_belongs(void **state)
{
	struct policy *p = parse(
	    "site: erp.example.com\n"
	    "components:\n"
	    "  db: {defaults-file: my.cnf, socket: /run/s, user: u,\n"
	    "    databases: [a, b], exclude: [a.x], connections: 010}\n"
	    "  files: {paths: [./f, ../g, /h], exclude: ['*.tmp'],\n"
	    "    one-file-system: false, allow-unreadable: true}\n"
	    "  config: {paths: [c.json, d.json], exclude: [x],\n"
	    "    require-keys: {c.json: [k, l], d.json: [m]}}\n"
	    "stores:\n"
	    "  near: {url: store}\n"
	    "  far.away: {url: 's3://bucket/prefix',\n"
	    "    object-lock: {mode: governance, days: 9}}\n"
	    "  last: {url: /srv/last}\n"
	    "keys: {writer: w, recovery: r, passphrase-file: /p}\n"
	    "state: st\n"
	    "objectives: {rto: 1h30m, rpo: 1d}\n"
	    "drill:\n"
	    "  {from: near, scratch: sc, mariadbd: bin/mariadbd, memory: 2G,\n"
	    "   server: same-major, owners: recorded, provision: 5m,\n"
	    "   check-tables: false,\n"
	    "   rehearse: {run: migrate, timeout: 3m},\n"
	    "   well-formed: false, frappe-passwords: true, hooks: [\n"
	    "     {name: h, run: 'true', timeout: 2s}], assertions: [\n"
	    "     {name: n, database: b, sql: SELECT 1, expect: '>= 1'},\n"
	    "     {name: o, sql: q, files-exist: true, files-below: pub}]}\n"
	    "gate: {snapshot-age: 5m, drill-age: 2w, margin: 12.5%,\n"
	    "  valid: 30m, readers: [0123456789abcdef], key-apart: true,\n"
	    "  offsite: [last, near], locked: 7d, doctor-age: 1d,\n"
	    "  drill-key: {escrow: 90d},\n"
	    "  full-drill-age: 9d,\n"
	    "  coverage: 30%, slowdown: 50%, forecast: 30d, rpo-period: 7d,\n"
	    "  size: {shrink: 25%, growth: 300%}, sabotage-age: 30d,\n"
	    "  clock-skew: 0s, checks: [{name: c, run: 'true', timeout: 9s},\n"
	    "  {name: d, run: 'false'}]}\n"
	    "retention: {within: 2d, last: 1, hourly: 2, daily: 3, weekly: 4,\n"
	    "  monthly: 5, yearly: 6}\n"
	    "notify: {ping: 'https://hc.example/u', ping-file: /p,\n"
	    "  textfile: m.prom}\n");

	(void)state;
	assert_string_equal(p->db.defaults_file, "/etc/m/my.cnf");
	assert_string_equal(p->db.socket, "/run/s");
	assert_string_equal(p->db.user, "u");
	assert_string_equal(p->db.databases[0], "a");
	assert_string_equal(p->db.databases[1], "b");
	assert_null(p->db.databases[2]);
	assert_string_equal(p->db.exclude[0], "a.x");
	assert_int_equal(p->db.connections, 10);
	assert_false(p->db.physical);
	assert_string_equal(p->files.paths[0], "/etc/m/f");
	assert_string_equal(p->files.paths[1], "/etc/m/../g");
	assert_string_equal(p->files.paths[2], "/h");
	assert_string_equal(p->files.exclude[0], "*.tmp");
	assert_false(p->files.one_file_system);
	assert_true(p->files.allow_unreadable);
	assert_string_equal(p->config.paths[1], "/etc/m/d.json");
	assert_string_equal(p->config.exclude[0], "x");
	assert_int_equal(p->config.n_require, 2);
	assert_string_equal(p->config.require[0].file, "c.json");
	assert_string_equal(p->config.require[0].keys[1], "l");
	assert_null(p->config.require[0].keys[2]);
	assert_string_equal(p->config.require[1].keys[0], "m");
	assert_int_equal(p->n_stores, 3);
	assert_string_equal(p->stores[0].url, "/etc/m/store");
	assert_string_equal(p->stores[1].name, "far.away");
	assert_string_equal(p->stores[1].url, "s3://bucket/prefix");
	assert_string_equal(p->stores[2].name, "last");
	assert_string_equal(p->recovery_key, "/etc/m/r");
	assert_string_equal(p->passphrase_file, "/p");
	assert_string_equal(p->state, "/etc/m/st");
	assert_int_equal(p->rto, 5400);
	assert_string_equal(p->drill_from, "near");
	assert_string_equal(p->drill_scratch, "/etc/m/sc");
	assert_string_equal(p->drill_mariadbd, "/etc/m/bin/mariadbd");
	assert_int_equal(p->drill_memory, 2ull << 30);
	assert_true(p->drill_owners_recorded);
	assert_int_equal(p->n_assertions, 2);
	assert_string_equal(p->assertions[0].database, "b");
	assert_string_equal(p->assertions[0].expect, ">= 1");
	assert_false(p->assertions[0].files_exist);
	assert_null(p->assertions[1].expect);
	assert_true(p->assertions[1].files_exist);
	assert_string_equal(p->assertions[1].files_below, "/etc/m/pub");
	assert_int_equal(p->gate_snapshot_age, 300);
	assert_int_equal(p->gate_drill_age, 14 * 86400);
	assert_int_equal(p->gate_margin, 125000);
	assert_int_equal(p->gate_clock_skew, 0);
	assert_int_equal(p->n_checks, 2);
	assert_int_equal(p->checks[0].timeout, 9);
	assert_string_equal(p->checks[1].run, "false");
	assert_int_equal(p->checks[1].timeout, 60);
	assert_int_equal(p->retention.within, 2 * 86400);
	assert_int_equal(p->retention.last, 1);
	assert_int_equal(p->retention.hourly, 2);
	assert_int_equal(p->retention.daily, 3);
	assert_int_equal(p->retention.weekly, 4);
	assert_int_equal(p->retention.monthly, 5);
	assert_int_equal(p->retention.yearly, 6);
	assert_int_equal(p->gate_valid, 1800);
	assert_string_equal(p->gate_readers[0], "0123456789abcdef");
	assert_true(p->gate_key_apart);
	assert_string_equal(p->notify_ping, "https://hc.example/u");
	assert_string_equal(p->notify_ping_file, "/p");
	assert_non_null(strstr(p->notify_textfile, "/m.prom"));
	assert_string_equal(p->gate_offsite[0], "last");
	assert_string_equal(p->gate_offsite[1], "near");
	assert_null(p->gate_offsite[2]);
	assert_int_equal(p->gate_locked, 7 * 86400);
	assert_int_equal(p->gate_doctor_age, 86400);
	assert_int_equal(p->gate_escrow, 90 * 86400);
	assert_int_equal(p->gate_coverage, 300000);
	assert_int_equal(p->gate_full_age, 9 * 86400);
	assert_int_equal(p->gate_slowdown, 500000);
	assert_int_equal(p->gate_forecast, 30 * 86400);
	assert_int_equal(p->gate_rpo_period, 7 * 86400);
	assert_int_equal(p->gate_shrink, 250000);
	assert_int_equal(p->gate_growth, 3000000);
	assert_int_equal(p->gate_sabotage_age, 30 * 86400);
	assert_string_equal(p->rehearse->run, "migrate");
	assert_int_equal(p->rehearse->timeout, 180);
	assert_int_equal(p->drill_provision, 300);
	assert_false(p->drill_check_tables);
	assert_false(p->drill_well_formed);
	assert_true(p->drill_frappe_passwords);
	assert_int_equal(p->n_hooks, 1);
	assert_string_equal(p->hooks[0].run, "true");
	assert_int_equal(p->hooks[0].timeout, 2);
	policy_free(p);
}

static void
a_policy_beyond_a_megabyte_is_refused(void **state)
{
	size_t len = (1 << 20) + 1;
	struct policy *p;
	struct err e;
	char *text;

	(void)state;
	assert_non_null(text = malloc(len));
	memset(text, '#', len);
	assert_int_equal(policy_parse(&p, text, len, "p.yaml", &e), -1);
	assert_string_equal(e.text, "p.yaml: larger than 1048576 bytes");
	assert_int_equal(file_create_path("big.yaml", 0600, text, len, &e), 0);
	assert_null(policy_load("big.yaml", &e));
	free(text);
}

static void
a_policy_without_a_folder_keeps_its_paths_relative(void **state)
{
	struct policy *p = NULL;
	struct err e;

	(void)state;
	assert_int_equal(policy_parse(&p, SMALLEST, strlen(SMALLEST), "p.yaml",
	    &e), 0);
	assert_string_equal(p->writer_key, "w.key");
	policy_free(p);
	assert_int_equal(policy_parse(&p, SMALLEST, strlen(SMALLEST),
	    "/p.yaml", &e), 0);
	assert_string_equal(p->writer_key, "/w.key");
	policy_free(p);
}

static void
a_loaded_policy_has_absolute_paths(void **state)
{
	struct policy *p;
	struct err e;
	char want[128];

	(void)state;
	assert_int_equal(file_create_path("x.yaml", 0600, SMALLEST,
	    strlen(SMALLEST), &e), 0);
	(void)snprintf(want, sizeof(want), "%s/w.key", top);
	assert_non_null(p = policy_load("x.yaml", &e));
	assert_string_equal(p->path, "x.yaml");
	assert_string_equal(p->writer_key, want);
	policy_free(p);
	assert_non_null(p = policy_load("./x.yaml", &e));
	assert_string_equal(p->writer_key, want);
	policy_free(p);
}

static void
a_policy_is_found_in_the_usual_places(void **state)
{
	struct policy *p;
	struct err e;

	(void)state;
	assert_int_equal(unsetenv("MUSTER_POLICY"), 0);
	if (!file_exists("/etc/muster/muster.yaml")) {
		assert_null(policy_load(NULL, &e));
		assert_int_equal(e.kind, ERR_ABSENT);
	}
	assert_int_equal(file_create_path("muster.yaml", 0600, SMALLEST,
	    strlen(SMALLEST), &e), 0);
	assert_non_null(p = policy_load(NULL, &e));
	assert_string_equal(p->path, "./muster.yaml");
	policy_free(p);
	assert_int_equal(file_create_path("other.yaml", 0600, SMALLEST,
	    strlen(SMALLEST), &e), 0);
	assert_int_equal(setenv("MUSTER_POLICY", "other.yaml", 1), 0);
	assert_non_null(p = policy_load(NULL, &e));
	assert_string_equal(p->path, "other.yaml");
	policy_free(p);
	assert_int_equal(setenv("MUSTER_POLICY", "gone.yaml", 1), 0);
	assert_null(policy_load(NULL, &e));
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_int_equal(unsetenv("MUSTER_POLICY"), 0);
}

static void
a_policy_that_anybody_can_change_is_refused(void **state)
{
	struct policy *p;
	struct err e;

	(void)state;
	assert_int_equal(file_create_path("open.yaml", 0600, SMALLEST,
	    strlen(SMALLEST), &e), 0);
	assert_int_equal(chmod("open.yaml", 0664), 0);
	assert_non_null(p = policy_load("open.yaml", &e));
	policy_free(p);
	assert_int_equal(chmod("open.yaml", 0646), 0);
	assert_null(policy_load("open.yaml", &e));
	assert_int_equal(e.kind, ERR_DENIED);
	assert_string_equal(e.text, "policy open.yaml can be changed by "
	    "everybody (mode 646): chmod o-w it");
}

/* In /tmp anybody may have left a ./muster.yaml. */
static void
a_policy_of_another_user_must_be_named(void **state)
{
	struct policy *p;
	struct err e;

	(void)state;
	if (geteuid() != 0)
		skip();			/* cannot give a file away */
	(void)unlink("muster.yaml");
	assert_int_equal(file_create_path("muster.yaml", 0644, SMALLEST,
	    strlen(SMALLEST), &e), 0);
	assert_int_equal(chown("muster.yaml", 65534, 65534), 0);
	assert_int_equal(unsetenv("MUSTER_POLICY"), 0);
	assert_null(policy_load(NULL, &e));
	assert_int_equal(e.kind, ERR_DENIED);
	assert_string_equal(e.text, "policy ./muster.yaml belongs to another "
	    "user (uid 65534): name it with --policy if it is meant");
	assert_int_equal(setenv("MUSTER_POLICY", "", 1), 0);
	assert_null(policy_load(NULL, &e));
	assert_int_equal(unsetenv("MUSTER_POLICY"), 0);
	assert_non_null(p = policy_load("./muster.yaml", &e));
	policy_free(p);
}

static void
the_state_folder_may_come_from_systemd(void **state)
{
	struct policy *p;

	(void)state;
	assert_int_equal(setenv("STATE_DIRECTORY", "/var/lib/a:/var/lib/b", 1),
	    0);
	p = parse(SMALLEST);
	assert_string_equal(p->state, "/var/lib/a/s");
	policy_free(p);
	assert_int_equal(unsetenv("STATE_DIRECTORY"), 0);
}

static void
stores_are_found_by_name(void **state)
{
	struct policy *p = parse(SITE COMPONENTS "stores:\n  a: {url: /a}\n"
	    "  b: {url: /b}\n" KEYS OBJECTIVES);
	struct err e;

	(void)state;
	assert_string_equal(policy_find_store(p, NULL, &e)->name, "a");
	assert_string_equal(policy_find_store(p, "b", &e)->url, "/b");
	assert_null(policy_find_store(p, "c", &e));
	assert_int_equal(e.kind, ERR_INPUT);
	assert_string_equal(p->drill_from, "b");
	policy_free(p);
	policy_free(NULL);
}

static void
the_ready_made_policies_are_good(void **state)
{
	static const char *const names[] = {
		"frappe", "files-only", "database-only", "wordpress-like",
	};
	struct policy *p;
	struct err e;
	char path[5000];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/policies/%s.yaml",
		    repository, names[i]);
		if ((p = policy_load(path, &e)) == NULL)
			fail_msg("%s", e.text);
		policy_free(p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_smallest_policy_has_all_defaults),
		cmocka_unit_test(every_key_arrives_where_it_belongs),
		cmocka_unit_test(every_store_but_the_first_is_off_site),
		cmocka_unit_test(a_policy_beyond_a_megabyte_is_refused),
		cmocka_unit_test(
		    a_policy_without_a_folder_keeps_its_paths_relative),
		cmocka_unit_test(a_loaded_policy_has_absolute_paths),
		cmocka_unit_test(a_policy_is_found_in_the_usual_places),
		cmocka_unit_test(a_policy_that_anybody_can_change_is_refused),
		cmocka_unit_test(a_policy_of_another_user_must_be_named),
		cmocka_unit_test(the_state_folder_may_come_from_systemd),
		cmocka_unit_test(stores_are_found_by_name),
		cmocka_unit_test(the_ready_made_policies_are_good),
	};
	struct err e;
	int failed;

	(void)unsetenv("STATE_DIRECTORY");
	if (getcwd(repository, sizeof(repository)) == NULL ||
	    mkdtemp(top) == NULL || chdir(top) == -1)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	if (chdir("/") == -1 || file_remove_tree(top, &e) == -1)
		failed++;
	return failed;
}
