/*
 * The gate, against evidence that is wrong in every way we could think of.  A
 * good set of evidence gives GO; each case spoils one thing of it, and the
 * gate must not open, and must name the rule.
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

#include "base/clock.h"
#include "base/err.h"
#include "../../lib/gate_scene.h"
#include "drill/drill.h"
#include "gate/gate.h"

static void
age(struct scene *x, int64_t seconds)
{
	clock_fake(x->now + seconds * NANO, clock_monotonic());
}

#define SPOIL(name) static void name(struct scene *x)

SPOIL(later_16m) { age(x, 16 * 60); }
SPOIL(later_8d) { age(x, 8 * 86400); }
SPOIL(earlier_5m) { age(x, -300); }
SPOIL(kind_sampled) { (void)snprintf(x->r.kind, 64, "sampled"); }
SPOIL(kind_empty) { x->r.kind[0] = '\0'; }
SPOIL(other_site) { (void)snprintf(x->r.site, 64, "other.example"); }
SPOIL(other_store) { x->r.store[0] = x->r.store[0] == '0' ? '1' : '0'; }
SPOIL(other_policy) { x->r.policy.b[0] ^= 1; }
SPOIL(other_snapshot) { x->r.snapshot.b[31] ^= 1; }
SPOIL(slow) { x->r.phases[0].seconds = x->r.total = 61;
    x->r.started = x->now - 100 * NANO; }
SPOIL(zero_seconds) { x->r.phases[0].seconds = x->r.total = 0; }
SPOIL(no_margin) { x->f.policy.gate_margin = 950000; }
SPOIL(drill_8d_ago) { x->r.finished -= 8 * 86400 * NANO;
    x->r.started -= 8 * 86400 * NANO; x->r.point = x->r.started; }
SPOIL(drill_in_5m) { x->r.finished += 300 * NANO; }

SPOIL(check_missing)
{
	x->r.n_checks--;		/* rpo is gone */
}

SPOIL(proof_missing)
{
	(void)snprintf(x->r.checks[4].name, RECEIPT_TEXT_MAX, "something");
}

SPOIL(check_failed)
{
	x->r.checks[4].passed = x->r.passed = false;
}

SPOIL(failed_later)
{
	scene_put_receipt(x);
	x->put = false;
	x->r.finished += 2 * NANO;
	check_failed(x);
	scene_put_receipt(x);
}

SPOIL(lies_passed)
{
	x->r.checks[4].passed = false;	/* yet it says "passed" */
}

SPOIL(no_checks)
{
	x->r.n_checks = 0;
}

SPOIL(total_lies)
{
	x->r.total = 1;
}

SPOIL(longer_than_it_lasted)
{
	x->r.phases[0].seconds = x->r.total = 30;
}

SPOIL(ends_before_it_begins)
{
	x->r.started = x->r.finished + 5 * NANO;
}

SPOIL(assertion_added)
{
	static struct policy_assertion a = { .name = "users exist",
	    .sql = "SELECT 1", .expect = "= 1" };

	x->f.policy.assertions = &a;
	x->f.policy.n_assertions = 1;
}

/* Nothing but files may be allowed to be unreadable. */
SPOIL(config_unread)
{
	x->f.policy.files.allow_unreadable = true;
	assert_int_equal(unlink(fixture_object(&x->f, "snapshots/",
	    x->path)), 0);
	x->s.parts[0].unread = 1;
	fixture_sign_snapshot(&x->f, &x->s);
	x->r.snapshot = x->s.digest;
}

SPOIL(policy_edited) { x->f.policy.digest.b[5] ^= 1; }
SPOIL(policy_site) { x->f.policy.site = "moved.example"; }
SPOIL(policy_db) { x->f.policy.db.present = true; }
SPOIL(policy_files) { x->f.policy.files.present = true; }
SPOIL(rpo_short) { x->f.policy.rpo = 1; age(x, 10); }

SPOIL(check_no)
{
	x->check = (struct policy_check){ "queue", "echo 3 jobs; exit 1", 10 };
	x->f.policy.checks = &x->check;
	x->f.policy.n_checks = 1;
}

SPOIL(check_hangs)
{
	x->check = (struct policy_check){ "queue", "sleep 30", 1 };
	x->f.policy.checks = &x->check;
	x->f.policy.n_checks = 1;
}

SPOIL(check_absent)
{
	x->check = (struct policy_check){ "queue", "/nonexistent/check", 5 };
	x->f.policy.checks = &x->check;
	x->f.policy.n_checks = 1;
}

static void
cut(struct scene *x, const char *prefix, off_t len)
{
	(void)fixture_object(&x->f, prefix, x->path);
	assert_int_equal(chmod(x->path, 0600), 0);
	assert_int_equal(truncate(x->path, len), 0);
}

static void
away(struct scene *x, const char *prefix)
{
	assert_int_equal(unlink(fixture_object(&x->f, prefix, x->path)), 0);
}

static void
flip(struct scene *x, const char *prefix, long offset)
{
	fixture_flip(fixture_object(&x->f, prefix, x->path), offset);
}

/* Give the object another name: its last digit changes. */
static void
renamed(struct scene *x, const char *prefix, size_t from_end)
{
	char *c;

	(void)fixture_object(&x->f, prefix, x->path);
	(void)snprintf(x->other, sizeof(x->other), "%s", x->path);
	c = x->other + strlen(x->other) - from_end;
	*c = *c == '0' ? '1' : '0';
	assert_int_equal(rename(x->path, x->other), 0);
}

/* The gate saw that it had failed; then its receipt was taken away. */
SPOIL(failed_taken_away)
{
	struct err e;

	scene_judge(x, NULL);
	if (gate_sign(&x->f.depot, &x->v, &e) == -1)
		fail_msg("%s", e.text);
	(void)snprintf(x->path, sizeof(x->path), "%.200s/%.200s", x->f.store,
	    x->r.object);
	assert_int_equal(unlink(x->path), 0);
}

/* A second charter of another name, which may be any, even a newer one. */
SPOIL(charter_beside)
{
	renamed(x, "charters/", 1);
	assert_int_equal(link(x->other, x->path), 0);
}

SPOIL(charter_huge_beside)
{
	FILE *f;

	charter_beside(x);
	assert_int_equal(unlink(x->other), 0);
	assert_non_null(f = fopen(x->other, "w"));
	assert_int_equal(ftruncate(fileno(f), 2 << 20), 0);
	assert_int_equal(fclose(f), 0);
}

SPOIL(snapshot_flipped) { flip(x, "snapshots/", 200); }
SPOIL(snapshot_flipped_end) { flip(x, "snapshots/", -20); }
SPOIL(snapshot_cut) { cut(x, "snapshots/", 100); }
SPOIL(snapshot_emptied) { cut(x, "snapshots/", 0); }
SPOIL(snapshot_gone) { away(x, "snapshots/"); }
SPOIL(snapshot_renamed) { renamed(x, "snapshots/", 1); }
SPOIL(snapshot_redated) { renamed(x, "snapshots/", 68); }
SPOIL(receipt_flipped) { flip(x, "receipts/", 200); }
SPOIL(receipt_cut) { cut(x, "receipts/", 300); }
SPOIL(receipt_gone) { away(x, "receipts/"); }
SPOIL(receipt_redated) { renamed(x, "receipts/", 68); }
SPOIL(receipt_renamed) { renamed(x, "receipts/", 3); }
SPOIL(pack_flipped) { flip(x, "packs/", 40); }
SPOIL(pack_header_flipped) { flip(x, "packs/", 0); }
SPOIL(pack_end_flipped) { flip(x, "packs/", -1); }
SPOIL(pack_cut) { cut(x, "packs/", 64); }
SPOIL(pack_emptied) { cut(x, "packs/", 0); }
SPOIL(pack_gone) { away(x, "packs/"); }
SPOIL(pack_renamed) { renamed(x, "packs/", 1); }
SPOIL(inventory_flipped) { flip(x, "inventories/", 3); }
SPOIL(inventory_cut) { cut(x, "inventories/", 10); }
SPOIL(inventory_emptied) { cut(x, "inventories/", 0); }
SPOIL(inventory_gone) { away(x, "inventories/"); }

/* Signed by a key that the charter does not know. */
SPOIL(receipt_stranger)
{
	struct fixture stranger;
	struct depot mixed;

	fixture_make(&stranger);
	fixture_open(&stranger, DEPOT_SIGN);
	mixed = stranger.depot;
	mixed.store = x->f.depot.store;
	struct err e;

	assert_int_equal(drill_sign(&mixed, &x->r, &e), 0);
	x->put = true;
	fixture_drop(&stranger);
}

static const struct wrong wrongs[] = {
	{ "no drill was ever done", NULL, receipt_gone, "drill" },
	{ "the snapshot is stale", NULL, later_16m, "snapshot age" },
	{ "the recovery point is stale", NULL, later_16m, "rpo" },
	{ "the drill is stale", NULL, later_8d, "drill age" },
	{ "the clock is behind the snapshot", NULL, earlier_5m,
	    "snapshot age" },
	{ "the clock is behind the drill", NULL, earlier_5m, "drill age" },
	{ "the clock is behind the point", NULL, earlier_5m, "rpo" },
	{ "the drill was sampled", kind_sampled, NULL, "drill kind" },
	{ "the drill is of no kind", kind_empty, NULL, "drill kind" },
	{ "the drill was of another site", other_site, NULL, "drill" },
	{ "the drill was of another store", other_store, NULL,
	    "drill snapshot" },
	{ "the drill had another policy", other_policy, NULL, "drill policy" },
	{ "the drill was of a snapshot nobody has", other_snapshot, NULL,
	    "drill snapshot" },
	{ "the restore took too long", slow, NULL, "rto" },
	{ "the restore took no time at all", zero_seconds, NULL, "rto" },
	{ "the margin is used up", NULL, no_margin, "rto" },
	{ "the drill was done 8 days ago", drill_8d_ago, NULL, "drill age" },
	{ "the drill will be done in 5 minutes", drill_in_5m, NULL,
	    "drill age" },
	{ "a check was not carried out", check_missing, NULL,
	    "drill complete" },
	{ "the proof was not carried out", proof_missing, NULL,
	    "drill complete" },
	{ "a check failed", check_failed, NULL, "drill passed" },
	{ "a later drill failed", failed_later, NULL, "drill passed" },
	{ "a later drill failed, and was taken away", failed_later,
	    failed_taken_away, "judged receipts" },
	{ "the receipt lies about its checks", lies_passed, NULL,
	    "drill trail" },
	{ "the receipt has no check", no_checks, NULL, "drill trail" },
	{ "the receipt lies about its total", total_lies, NULL,
	    "drill trail" },
	{ "the drill took longer than it lasted", longer_than_it_lasted, NULL,
	    "drill trail" },
	{ "the drill ended before it began", ends_before_it_begins, NULL,
	    "drill trail" },
	{ "the policy wants another assertion", NULL, assertion_added,
	    "drill complete" },
	{ "part of the configuration was not read", config_unread, NULL,
	    "snapshot whole" },
	{ "the policy was edited since the snapshot", NULL, policy_edited,
	    "snapshot policy" },
	{ "the policy was edited since the drill", NULL, policy_edited,
	    "drill policy" },
	{ "the policy is of another site", NULL, policy_site, "snapshot" },
	{ "the policy wants a database", NULL, policy_db,
	    "snapshot components" },
	{ "the policy wants files", NULL, policy_files,
	    "snapshot components" },
	{ "the recovery point is over the objective", NULL, rpo_short, "rpo" },
	{ "a check of the user says no", NULL, check_no, "check: queue" },
	{ "a check of the user hangs", NULL, check_hangs, "check: queue" },
	{ "a check of the user does not exist", NULL, check_absent,
	    "check: queue" },
	{ "a charter lies under another's name", NULL, charter_beside,
	    "charter" },
	{ "a charter is too large for one", NULL, charter_huge_beside,
	    "charter" },
	{ "the snapshot was flipped", NULL, snapshot_flipped, "snapshot" },
	{ "the snapshot's signature was flipped", NULL, snapshot_flipped_end,
	    "snapshot" },
	{ "the snapshot was cut", NULL, snapshot_cut, "snapshot" },
	{ "the snapshot was emptied", NULL, snapshot_emptied, "snapshot" },
	{ "the snapshot is gone", NULL, snapshot_gone, "snapshot" },
	{ "the snapshot is gone for the drill too", NULL, snapshot_gone,
	    "drill snapshot" },
	{ "the snapshot was renamed", NULL, snapshot_renamed, "snapshot" },
	{ "the snapshot was given another time", NULL, snapshot_redated,
	    "snapshot" },
	{ "the receipt was flipped", NULL, receipt_flipped, "drill trail" },
	{ "the receipt was cut", NULL, receipt_cut, "drill trail" },
	{ "the receipt was given another time", NULL, receipt_redated,
	    "drill trail" },
	{ "the receipt was renamed", NULL, receipt_renamed, "drill trail" },
	{ "the receipt is signed by a stranger", receipt_stranger, NULL,
	    "drill trail" },
	{ "a pack was flipped", NULL, pack_flipped, "stored" },
	{ "a pack's header was flipped", NULL, pack_header_flipped, "stored" },
	{ "a pack's end was flipped", NULL, pack_end_flipped, "stored" },
	{ "a pack was cut", NULL, pack_cut, "stored" },
	{ "a pack was emptied", NULL, pack_emptied, "stored" },
	{ "a pack is gone", NULL, pack_gone, "stored" },
	{ "a pack was renamed", NULL, pack_renamed, "stored" },
	{ "the inventory was flipped", NULL, inventory_flipped, "stored" },
	{ "the inventory was cut", NULL, inventory_cut, "stored" },
	{ "the inventory was emptied", NULL, inventory_emptied, "stored" },
	{ "the inventory is gone", NULL, inventory_gone, "stored" },
};

static void
good_evidence_is_go(void **state)
{
	struct scene *x = calloc(1, sizeof(*x));
	struct err e;

	(void)state;
	assert_non_null(x);
	scene_make(x);
	scene_put_receipt(x);
	scene_judge(x, NULL);
	for (size_t i = 0; i < x->v.n_rules; i++)
		if (x->v.rules[i].result != RULE_PASS)
			fail_msg("%s: %s", x->v.rules[i].name,
			    x->v.rules[i].seen);
	assert_int_equal(x->v.result, RULE_PASS);
	assert_int_equal(x->v.n_rules, 26);
	assert_int_equal(gate_sign(&x->f.depot, &x->v, &e), 0);
	scene_drop(x);
	free(x);
}

static void
wrong_evidence_never_opens_the_gate(void **state)
{
	size_t n = sizeof(wrongs) / sizeof(wrongs[0]);

	(void)state;
	scene_refuse_all(wrongs, n);
	assert_true(n >= 60);
}

static void
a_subject_is_a_commit_or_a_digest(void **state)
{
	(void)state;
	assert_true(gate_subject_valid(
	    "git:0123456789abcdef0123456789abcdef01234567"));
	assert_true(gate_subject_valid("sha256:0123456789abcdef0123456789"
	    "abcdef0123456789abcdef0123456789abcdef"));
	assert_false(gate_subject_valid("git:xyz"));
	assert_false(gate_subject_valid("git:"));
	assert_false(gate_subject_valid("0123"));
	assert_false(gate_subject_valid(
	    "sha256:0123456789abcdef0123456789abcdef01234567"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_evidence_is_go),
		cmocka_unit_test(wrong_evidence_never_opens_the_gate),
		cmocka_unit_test(a_subject_is_a_commit_or_a_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
