/*
 * The gate's rules about the past, about figures and about trust: each opens
 * for what is good, and stays shut, by name, for what is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../lib/gate_scene.h"
#include "base/clock.h"
#include "base/err.h"
#include "drill/drill.h"

#define SPOIL(name) static void name(struct scene *x)
#define POLICY(x) ((x)->f.policy)

SPOIL(too_fast) { x->r.phases[0].bytes = 1000000000000; }
SPOIL(clock_jumped) { x->r.started -= 3600 * NANO; x->r.point = x->r.started; }
SPOIL(half_covered) { x->r.coverage = 0.5; }
SPOIL(declared_too_long) { x->r.declared = 58; }

/*
 * The receipt of a sampled drill, as good as one can be: it has the checks of
 * one, and no objective of time.
 */
static void
of_sample(struct scene *x, double coverage)
{
	struct receipt *r = &x->r;

	(void)snprintf(r->kind, sizeof(r->kind), "sampled");
	(void)snprintf(r->checks[6].name, sizeof(r->checks[6].name),
	    "sample");		/* instead of the RTO's */
	r->coverage = coverage;
	r->bytes = (uint64_t)((double)r->bytes * coverage);
	r->total = r->phases[0].seconds = 1;
	r->rto = 0;
	r->sample = (struct receipt_sample){ .seed = 5, .share = 100000,
	    .tables = 1, .of_tables = 4, .entries = 3, .of_entries = 9 };
}

SPOIL(sampled_too_little)
{
	POLICY(x).gate_coverage = 300000;
	scene_past_drill(x, 1, "full", 5);
	of_sample(x, 0.2);
}

/* The policy lets sampled drills do; a full one was carried out before. */
static void
sampled_allowed(struct scene *x, double full_days, double full_seconds)
{
	POLICY(x).gate_coverage = 100000;
	scene_past_drill(x, full_days, "full", full_seconds);
	of_sample(x, 0.2);
}

SPOIL(only_sampled)
{
	POLICY(x).gate_coverage = 100000;
	of_sample(x, 0.2);
}

SPOIL(sampled_after_old_full) { sampled_allowed(x, 31, 5); }
SPOIL(sampled_after_slow_full) { sampled_allowed(x, 1, 61); }

SPOIL(sampled_after_failed_full)
{
	x->r.checks[3].passed = x->r.passed = false;
	scene_past_drill(x, 1, "full", 5);
	x->r.checks[3].passed = x->r.passed = true;
	only_sampled(x);
}

/* It had failed, and a full one had passed before it. */
SPOIL(sampled_failed)
{
	scene_past_drill(x, 1, "full", 5);
	of_sample(x, 0.2);
	x->r.checks[4].passed = x->r.passed = false;
}

SPOIL(sampled_without_proof)
{
	sampled_allowed(x, 1, 5);
	(void)snprintf(x->r.checks[4].name, sizeof(x->r.checks[4].name),
	    "made up");
}

/* Receipts that say of their sample what cannot be. */
SPOIL(sample_of_more_than_all) { of_sample(x, 0.2); x->r.sample.tables = 5; }
SPOIL(sample_share_of_200) { of_sample(x, 0.2); x->r.sample.share *= 20; }

SPOIL(sample_of_no_seed)
{
	of_sample(x, 0.2);
	x->r.sample.seed = RECEIPT_SEED_MAX + 1;
}

/* All of it, and still: its time was never held against the objective. */
SPOIL(sampled_whole) { of_sample(x, 1); }

static void
sampled_between_full_ones_do(void **state)
{
	struct scene *x = calloc(1, sizeof(*x));
	const struct rule *r;

	(void)state;
	assert_non_null(x);
	scene_make(x);
	sampled_allowed(x, 20, 5);
	scene_put_receipt(x);
	scene_judge(x, NULL);
	for (size_t i = 0; i < x->v.n_rules; i++)
		if (x->v.rules[i].result != RULE_PASS)
			fail_msg("%s: %s", x->v.rules[i].name,
			    x->v.rules[i].seen);
	r = scene_rule(&x->v, "drill coverage");
	assert_string_equal(r->seen, "20 %: rows of 1 of 4 tables, 0 B of "
	    "0 B; 3 of 9 entries of the files, 0 B of 0 B");
	r = scene_rule(&x->v, "rto");		/* the full one's */
	assert_string_equal(r->seen, "5.00 s");
	scene_drop(x);
	free(x);
}

/* Where a full one is wanted, a sampled one more does no harm. */
static void
sampled_after_full_changes_nothing(void **state)
{
	struct scene *x = calloc(1, sizeof(*x));

	(void)state;
	assert_non_null(x);
	scene_make(x);
	scene_past_drill(x, 1, "full", 5);
	of_sample(x, 0.2);
	scene_put_receipt(x);
	scene_judge(x, NULL);
	assert_int_equal(x->v.result, RULE_PASS);
	assert_string_equal(scene_rule(&x->v, "drill kind")->seen, "full");
	scene_drop(x);
	free(x);
}

/* Sign the snapshot anew, changed; the receipt is of it. */
static void
sign_again(struct scene *x)
{
	assert_int_equal(unlink(fixture_object(&x->f, "snapshots/",
	    x->path)), 0);
	fixture_sign_snapshot(&x->f, &x->s);
	x->r.snapshot = x->s.digest;
}

static void
of_server(struct scene *x, const char *source, const char *copy)
{
	struct part *p = &x->s.parts[x->s.n_parts++];

	*p = x->s.parts[0];
	p->kind = PART_DB;
	(void)snprintf(p->name, sizeof(p->name), "db");
	(void)snprintf(p->db.version, sizeof(p->db.version), "%s", source);
	p->db.utc = p->point;
	p->db.tries = 1;
	(void)snprintf(x->r.server, sizeof(x->r.server), "%s", copy);
	sign_again(x);
}

SPOIL(server_newer) { of_server(x, "11.4.2-MariaDB", "10.11.6-MariaDB"); }
SPOIL(server_similar) { of_server(x, "10.1.9-MariaDB", "10.11.6-MariaDB"); }
SPOIL(server_none) { of_server(x, "10.11.6-MariaDB", ""); }

SPOIL(other_reader)
{
	static const char *names[] = { "0123456789abcdef", NULL };

	POLICY(x).gate_readers = names;
}

SPOIL(one_reader_more)
{
	static const char *names[] = { NULL };

	POLICY(x).gate_readers = names;
}

SPOIL(no_exercise) { POLICY(x).gate_escrow = 90 * DAYS; }
SPOIL(no_sabotage) { POLICY(x).gate_sabotage_age = 30 * DAYS; }

SPOIL(old_exercise)
{
	no_exercise(x);
	scene_past_drill(x, 91, "exercise", 5);
}

SPOIL(full_is_no_exercise)
{
	no_exercise(x);
	scene_past_drill(x, 1, "full", 5);
}

SPOIL(exercise_failed)
{
	no_exercise(x);
	x->r.checks[3].passed = x->r.passed = false;
	scene_past_drill(x, 1, "exercise", 5);
	x->r.checks[3].passed = x->r.passed = true;
}

SPOIL(exercise_with_lost_key)
{
	char key[RECOVERY_NAME_SIZE];

	no_exercise(x);
	memcpy(key, x->r.key, sizeof(key));
	x->r.key[0] = x->r.key[0] == '0' ? '1' : '0';
	scene_past_drill(x, 1, "exercise", 5);
	memcpy(x->r.key, key, sizeof(key));
}

SPOIL(old_sabotage)
{
	no_sabotage(x);
	scene_past_drill(x, 31, "sabotage", 5);
}

SPOIL(sabotage_unnoticed)
{
	no_sabotage(x);
	x->r.checks[3].passed = x->r.passed = false;
	scene_past_drill(x, 1, "sabotage", 5);
	x->r.checks[3].passed = x->r.passed = true;
}

/* A sabotage is no drill: it must not stand for one. */
SPOIL(only_sabotaged)
{
	(void)snprintf(x->r.kind, sizeof(x->r.kind), "sabotage");
}

static void
sizes(struct scene *x, double factor)
{
	uint64_t size = (uint64_t)((double)x->s.parts[0].root.size * factor);

	for (int day = 4; day >= 1; day--)
		scene_past_snapshot(x, day, size);
}

SPOIL(suddenly_small) { sizes(x, 3); }
SPOIL(suddenly_large) { POLICY(x).gate_growth = 100000; sizes(x, 0.5); }

SPOIL(nothing_in_it)
{
	x->s.parts[0].root.entries = 0;
	sign_again(x);
}

SPOIL(gaps)
{
	POLICY(x).gate_rpo_period = 7 * DAYS;
	sizes(x, 1);
}

/* Each day one, but that of the day before yesterday is of something else. */
SPOIL(only_a_part_between)
{
	struct part *p = &x->s.parts[0];
	char name[sizeof(p->name)];

	POLICY(x).gate_rpo_period = 7 * DAYS;
	POLICY(x).rpo = 90000;
	memcpy(name, p->name, sizeof(name));
	for (int day = 4; day >= 1; day--) {
		(void)snprintf(p->name, sizeof(p->name), "%s",
		    day == 2 ? "rest" : name);
		scene_past_snapshot(x, day, p->root.size);
	}
	memcpy(p->name, name, sizeof(name));
}

/* Snapshots of these days alone, then the one that is judged. */
static void
only_days(struct scene *x, const double *days, size_t n)
{
	assert_int_equal(unlink(fixture_object(&x->f, "snapshots/",
	    x->path)), 0);
	for (size_t i = 0; i < n; i++)
		scene_past_snapshot(x, days[i], x->s.parts[0].root.size);
	fixture_sign_snapshot(&x->f, &x->s);
	x->r.snapshot = x->s.digest;
}

static void
remove_oldest(struct scene *x)
{
	assert_int_equal(unlink(fixture_object(&x->f, "snapshots/",
	    x->path)), 0);
}

SPOIL(removed_before)
{
	static const double days[] = { 20, 5, 2 };

	POLICY(x).retention.daily = 3;
	only_days(x, days, 3);
	remove_oldest(x);		/* pruned */
	remove_oldest(x);		/* the third day */
}

/*
 * Of ten days ago nothing is left but a snapshot of one component, as is the
 * younger one of that day whose predecessor is gone.
 */
SPOIL(only_a_part_is_left)
{
	struct part *p = &x->s.parts[0];
	char name[sizeof(p->name)];
	enum part_kind kind = p->kind;
	char first[FIXTURE_PATH];

	POLICY(x).retention.daily = 30;
	(void)snprintf(x->other, sizeof(x->other), "%s/aside", x->f.dir);
	assert_int_equal(unlink(fixture_object(&x->f, "snapshots/",
	    x->path)), 0);
	scene_past_snapshot(x, 12, p->root.size);
	scene_past_snapshot(x, 10.001, p->root.size);
	memcpy(name, p->name, sizeof(name));
	(void)snprintf(p->name, sizeof(p->name), "rest");
	p->kind = PART_STREAM;
	scene_past_snapshot(x, 10, p->root.size);
	memcpy(p->name, name, sizeof(name));
	p->kind = kind;
	fixture_sign_snapshot(&x->f, &x->s);
	x->r.snapshot = x->s.digest;
	(void)fixture_object(&x->f, "snapshots/", first);
	assert_int_equal(rename(first, x->other), 0);
	remove_oldest(x);
	assert_int_equal(rename(x->other, first), 0);
}

SPOIL(last_removed)
{
	static const double days[] = { 0.01, 0.005 };

	POLICY(x).retention.last = 3;
	only_days(x, days, 2);
	remove_oldest(x);
}

SPOIL(month_removed)
{
	static const double days[] = { 70, 2 };

	POLICY(x).retention.monthly = 3;
	only_days(x, days, 2);
	remove_oldest(x);
}

/* The chain of snapshots has a hole where all are kept. */
SPOIL(removed_between)
{
	char first[FIXTURE_PATH];

	POLICY(x).retention.within = 14 * DAYS;
	(void)snprintf(x->other, sizeof(x->other), "%s/aside", x->f.dir);
	assert_int_equal(unlink(fixture_object(&x->f, "snapshots/",
	    x->path)), 0);
	scene_past_snapshot(x, 4, x->s.parts[0].root.size);
	(void)fixture_object(&x->f, "snapshots/", first);
	assert_int_equal(rename(first, x->other), 0);
	scene_past_snapshot(x, 5, x->s.parts[0].root.size);
	assert_int_equal(rename(x->other, first), 0);
	scene_past_snapshot(x, 3, x->s.parts[0].root.size);
	assert_int_equal(unlink(first), 0);
	fixture_sign_snapshot(&x->f, &x->s);
	x->r.snapshot = x->s.digest;
}

SPOIL(slower)
{
	for (int day = 3; day >= 1; day--)
		scene_past_drill(x, day, "full", 1);
}

/* It holds now, and will not in 30 days. */
SPOIL(missed_soon)
{
	double size = (double)x->s.parts[0].root.size;

	POLICY(x).gate_forecast = 30 * DAYS;
	POLICY(x).gate_shrink = 0;
	for (int day = 5; day >= 1; day--)
		scene_past_snapshot(x, day, (uint64_t)(size * (1 - 0.15 *
		    day)));
	x->r.phases[0].seconds = x->r.total = 20;
	x->r.started = x->r.finished - 21 * NANO;
	x->r.point = x->r.started;
}

SPOIL(never_drilled_well)
{
	POLICY(x).gate_forecast = 30 * DAYS;
	x->r.checks[3].passed = x->r.passed = false;
}

SPOIL(receipt_taken_away)
{
	scene_past_drill(x, 3, "full", 5);
	scene_past_drill(x, 2, "full", 5);
	assert_int_equal(unlink(fixture_object(&x->f, "receipts/",
	    x->path)), 0);
}

SPOIL(receipt_slipped_in)
{
	scene_put_receipt(x);
	scene_past_drill(x, 2, "full", 5);
	x->put = true;
}

SPOIL(verdict_taken_away)
{
	struct err e;

	scene_put_receipt(x);
	clock_fake(x->now + NANO, clock_monotonic());
	scene_judge(x, NULL);
	assert_int_equal(gate_sign(&x->f.depot, &x->v, &e), 0);
	clock_fake(x->now + 3 * NANO, clock_monotonic());
	scene_judge(x, NULL);
	assert_int_equal(gate_sign(&x->f.depot, &x->v, &e), 0);
	assert_int_equal(unlink(fixture_object(&x->f, "verdicts/",
	    x->path)), 0);
}

SPOIL(verdict_damaged)
{
	verdict_taken_away(x);
	fixture_flip(fixture_object(&x->f, "verdicts/", x->path), 200);
}

static const struct wrong wrongs[] = {
	{ "bytes came faster than any machine", too_fast, NULL,
	    "drill plausible" },
	{ "the clock jumped during the drill", clock_jumped, NULL,
	    "drill plausible" },
	{ "half of it was restored", half_covered, NULL, "drill coverage" },
	{ "too little was sampled", sampled_too_little, NULL,
	    "drill coverage" },
	{ "all was sampled where full is wanted", sampled_whole, NULL,
	    "drill kind" },
	{ "all was sampled, but not timed", sampled_whole, NULL, "rto" },
	{ "sampled, and never a full one", only_sampled, NULL, "full drill" },
	{ "sampled, and no time that counts", only_sampled, NULL, "rto" },
	{ "sampled, the full one long ago", sampled_after_old_full, NULL,
	    "full drill" },
	{ "sampled, the full one too slow", sampled_after_slow_full, NULL,
	    "rto" },
	{ "sampled, the full one had failed", sampled_after_failed_full, NULL,
	    "full drill" },
	{ "a sampled one after it failed", sampled_failed, NULL,
	    "drill passed" },
	{ "5 of 4 tables were sampled", sample_of_more_than_all, NULL,
	    "drill trail" },
	{ "200 % were to be sampled", sample_share_of_200, NULL,
	    "drill trail" },
	{ "sampled by a seed that is none", sample_of_no_seed, NULL,
	    "drill trail" },
	{ "sampled, but nothing was proven", sampled_without_proof, NULL,
	    "drill complete" },
	{ "a machine takes too long to get", declared_too_long, NULL, "rto" },
	{ "production runs a newer server", server_newer, NULL,
	    "drill server" },
	{ "production's version only looks alike", server_similar, NULL,
	    "drill server" },
	{ "the drill had no server", server_none, NULL, "drill server" },
	{ "another key can read", other_reader, NULL, "readers" },
	{ "one key too many can read", one_reader_more, NULL, "readers" },
	{ "the escrowed key was never tried", no_exercise, NULL,
	    "drill key escrow" },
	{ "the escrowed key was tried long ago", old_exercise, NULL,
	    "drill key escrow" },
	{ "a full drill is no exercise", full_is_no_exercise, NULL,
	    "drill key escrow" },
	{ "the exercise failed", exercise_failed, NULL, "drill key escrow" },
	{ "the escrowed key opens it no more", exercise_with_lost_key, NULL,
	    "drill key escrow" },
	{ "the alarm was never tried", no_sabotage, NULL, "sabotage" },
	{ "the alarm was tried long ago", old_sabotage, NULL, "sabotage" },
	{ "a sabotage went unnoticed", sabotage_unnoticed, NULL, "sabotage" },
	{ "a sabotage is all there is", only_sabotaged, NULL, "drill" },
	{ "a component is suddenly small", suddenly_small, NULL,
	    "snapshot size" },
	{ "a component is suddenly large", suddenly_large, NULL,
	    "snapshot size" },
	{ "a component is empty", nothing_in_it, NULL, "snapshot size" },
	{ "recovery points were days apart", gaps, NULL, "rpo period" },
	{ "a recovery point lacked a component", only_a_part_between, NULL,
	    "rpo period" },
	{ "a day's only snapshot was removed", removed_before, NULL,
	    "retention" },
	{ "a day has but a part of a snapshot left", only_a_part_is_left, NULL,
	    "retention" },
	{ "one of the last was removed", last_removed, NULL, "retention" },
	{ "a month's only snapshot was removed", month_removed, NULL,
	    "retention" },
	{ "a snapshot in between was removed", removed_between, NULL,
	    "retention" },
	{ "the restore takes longer than it did", slower, NULL,
	    "drill speed" },
	{ "the objective will be missed", missed_soon, NULL, "forecast" },
	{ "no drill can be extrapolated", never_drilled_well, NULL,
	    "forecast" },
	{ "a receipt was taken away", receipt_taken_away, NULL,
	    "receipt chain" },
	{ "a receipt was slipped in", receipt_slipped_in, NULL,
	    "receipt chain" },
	{ "a verdict was taken away", verdict_taken_away, NULL,
	    "verdict chain" },
	{ "a verdict was damaged", verdict_damaged, NULL, "verdict chain" },
};

static void
a_bad_past_never_opens_the_gate(void **state)
{
	(void)state;
	scene_refuse_all(wrongs, sizeof(wrongs) / sizeof(wrongs[0]));
}

static void
a_good_past_satisfies_every_rule(void **state)
{
	struct scene *x = calloc(1, sizeof(*x));
	const char *readers[2] = { NULL, NULL };
	uint64_t size;

	(void)state;
	assert_non_null(x);
	scene_make(x);
	readers[0] = x->r.key;
	POLICY(x).gate_readers = readers;
	POLICY(x).gate_escrow = 90 * DAYS;
	POLICY(x).gate_sabotage_age = 30 * DAYS;
	POLICY(x).gate_forecast = 30 * DAYS;
	POLICY(x).gate_growth = 500000;
	POLICY(x).gate_rpo_period = 3600;
	POLICY(x).rpo = 4 * DAYS;
	POLICY(x).retention.daily = 14;
	size = x->s.parts[0].root.size;
	assert_int_equal(unlink(fixture_object(&x->f, "snapshots/",
	    x->path)), 0);
	for (int day = 10; day >= 1; day--) {
		scene_past_snapshot(x, day + 0.001, size);
		scene_past_snapshot(x, day, size - (uint64_t)day);
		if (day == 10)
			remove_oldest(x);	/* its day has another */
	}
	fixture_sign_snapshot(&x->f, &x->s);
	x->r.snapshot = x->s.digest;
	scene_past_drill(x, 9, "exercise", 5);
	scene_past_drill(x, 8, "sabotage", 1);
	for (int day = 7; day >= 1; day--)
		scene_past_drill(x, day, "full", 4.5);
	scene_put_receipt(x);
	scene_judge(x, NULL);
	for (size_t i = 0; i < x->v.n_rules; i++)
		if (x->v.rules[i].result != RULE_PASS)
			fail_msg("%s: want %s, seen %s", x->v.rules[i].name,
			    x->v.rules[i].required, x->v.rules[i].seen);
	assert_int_equal(x->v.result, RULE_PASS);
	assert_int_equal(x->v.n_rules, 31);
	scene_drop(x);
	free(x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_past_satisfies_every_rule),
		cmocka_unit_test(a_bad_past_never_opens_the_gate),
		cmocka_unit_test(sampled_between_full_ones_do),
		cmocka_unit_test(sampled_after_full_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
