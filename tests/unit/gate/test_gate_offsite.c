/*
 * The gate's rules about other stores, about the doctor, and about who can
 * read: each opens for what is good, and stays shut, by name, for what is not.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../lib/gate_scene.h"
#include "base/err.h"
#include "base/file.h"
#include "drill/drill.h"
#include "gate/explain.h"
#include "snapshot/ship.h"
#include "store/store.h"

#define SPOIL(name) static void name(struct scene *x)
#define POLICY(x) ((x)->f.policy)

static struct policy_store stores[2];
static char far_url[FIXTURE_PATH];
static const char *offsite[] = { "offsite", NULL };

/* A second store beside the first, empty. */
static void
add_store(struct scene *x)
{
	struct err e;

	(void)snprintf(far_url, sizeof(far_url), "%s/far", x->f.dir);
	if (store_create(far_url, &e) == -1)
		fail_msg("%s", e.text);
	stores[0] = x->f.store_entry;
	stores[1] = (struct policy_store){ .name = "offsite",
	    .url = far_url };
	POLICY(x).stores = stores;
	POLICY(x).n_stores = 2;
	POLICY(x).gate_offsite = offsite;
}

/* The same, a copy. */
SPOIL(shipped)
{
	struct ship_options o = { .found = true };
	struct ship_report r;
	struct err e;

	add_store(x);
	assert_non_null(o.to = store_open(far_url, &e));
	if (ship_store(&x->f.depot, &o, &r, &e) == -1)
		fail_msg("%s", e.text);
	assert_int_equal(r.problems, 0);
	store_close(o.to);
}

/* Where the copy of the first object below a prefix is. */
static const char *
copy_of(struct scene *x, const char *prefix)
{
	const char *here = fixture_object(&x->f, prefix, x->path);

	assert_true((size_t)snprintf(x->other, sizeof(x->other), "%s%s",
	    far_url, here + strlen(x->f.store)) < sizeof(x->other));
	return x->other;
}

static void
gone(struct scene *x, const char *prefix)
{
	shipped(x);
	assert_int_equal(unlink(copy_of(x, prefix)), 0);
}

SPOIL(never_shipped) { add_store(x); }
SPOIL(statement_gone) { gone(x, "snapshots/"); }
SPOIL(inventory_gone) { gone(x, "inventories/"); }
SPOIL(pack_gone) { gone(x, "packs/"); }
SPOIL(charter_gone) { gone(x, "charters/"); }

SPOIL(statement_changed)
{
	shipped(x);
	fixture_flip(copy_of(x, "snapshots/"), 20);
}

SPOIL(inventory_changed)
{
	shipped(x);
	fixture_flip(copy_of(x, "inventories/"), 20);
}

SPOIL(pack_changed)
{
	shipped(x);
	fixture_flip(copy_of(x, "packs/"), 100);
}

SPOIL(pack_cut)
{
	struct stat st;

	shipped(x);
	assert_int_equal(stat(copy_of(x, "packs/"), &st), 0);
	assert_int_equal(truncate(x->other, st.st_size - 1), 0);
}

SPOIL(store_gone)
{
	struct err e;

	shipped(x);
	if (file_remove_tree(far_url, &e) == -1)
		fail_msg("%s", e.text);
}

/* A store of somebody else's is where the copy should be. */
SPOIL(store_of_another)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	add_store(x);
	fixture_make(f);
	assert_int_equal(rmdir(far_url), 0);
	assert_int_equal(rename(f->store, far_url), 0);
	fixture_drop(f);
	free(f);
}

SPOIL(store_not_named) { offsite[0] = "elsewhere"; add_store(x); }

/* Directories lock nothing. */
SPOIL(not_locked)
{
	shipped(x);
	stores[1].lock = POLICY_GOVERNANCE;
	stores[1].lock_days = 30;
	POLICY(x).gate_locked = 7 * DAYS;
}

SPOIL(lock_not_seen)
{
	not_locked(x);
	assert_int_equal(unlink(copy_of(x, "inventories/")), 0);
}

/* What the doctor saw so many days ago. */
static void
doctor(struct scene *x, double days, bool passed)
{
	struct receipt now = x->r;

	POLICY(x).gate_doctor_age = DAYS;
	x->r.key[0] = '\0';
	x->r.passed = passed;
	x->r.checks[0].passed = passed;
	scene_past_drill(x, days, "doctor", 2);
	x->r = now;
	x->r.checks[0].passed = true;
}

SPOIL(doctor_never) { POLICY(x).gate_doctor_age = DAYS; }
SPOIL(doctor_stale) { doctor(x, 2, true); }
SPOIL(doctor_complains) { doctor(x, 0.1, false); }
SPOIL(doctor_ahead) { doctor(x, -1, true); }

SPOIL(doctor_of_other_policy)
{
	struct id right = x->r.policy;

	memset(&x->r.policy, 7, sizeof(x->r.policy));
	doctor(x, 0.1, true);
	x->r.policy = right;
}

SPOIL(read_where_taken)
{
	POLICY(x).gate_key_apart = true;
	(void)snprintf(x->r.host, sizeof(x->r.host), "%s", x->s.host);
}

SPOIL(key_where_taken)
{
	POLICY(x).gate_key_apart = true;
	POLICY(x).recovery_key = x->f.recovery;
}

/* Another name of the first store. */
SPOIL(same_folder)
{
	static char url[PATH_MAX];

	add_store(x);
	(void)snprintf(url, sizeof(url), "%s/.", x->f.store);
	stores[1].url = url;
}

/* A path that leads nowhere the kernel would go: neither there nor absent. */
SPOIL(key_not_seen)
{
	static char path[NAME_MAX + 3];

	memset(path, 'k', sizeof(path) - 1);
	path[0] = '/';
	POLICY(x).gate_key_apart = true;
	POLICY(x).recovery_key = path;
}

SPOIL(read_where_unknown)
{
	POLICY(x).gate_key_apart = true;
	assert_int_equal(unlink(fixture_object(&x->f, "snapshots/",
	    x->path)), 0);
}

static const struct wrong wrongs[] = {
	{ "nothing is off-site", never_shipped, NULL, "off-site offsite" },
	{ "the statement is not off-site", statement_gone, NULL,
	    "off-site offsite" },
	{ "the inventory is not off-site", inventory_gone, NULL,
	    "off-site offsite" },
	{ "a pack is not off-site", pack_gone, NULL, "off-site offsite" },
	{ "the charter is not off-site", charter_gone, NULL,
	    "off-site offsite" },
	{ "another statement is off-site", statement_changed, NULL,
	    "off-site offsite" },
	{ "another inventory is off-site", inventory_changed, NULL,
	    "off-site offsite" },
	{ "a pack is damaged off-site", pack_changed, NULL,
	    "off-site offsite" },
	{ "a pack was cut off-site", pack_cut, NULL, "off-site offsite" },
	{ "the off-site store is gone", store_gone, NULL,
	    "off-site offsite" },
	{ "the off-site store is another", store_of_another, NULL,
	    "off-site offsite" },
	{ "the off-site store is the first one's folder", same_folder, NULL,
	    "off-site offsite" },
	{ "nothing is locked", not_locked, NULL, "lock offsite" },
	{ "what should be locked is not there", lock_not_seen, NULL,
	    "lock offsite" },
	{ "the doctor never looked", doctor_never, NULL, "doctor" },
	{ "the doctor looked long ago", doctor_stale, NULL, "doctor" },
	{ "the doctor found something", doctor_complains, NULL, "doctor" },
	{ "the doctor will look", doctor_ahead, NULL, "doctor" },
	{ "the doctor looked by another policy", doctor_of_other_policy, NULL,
	    "doctor" },
	{ "the drill ran where snapshots are taken", read_where_taken, NULL,
	    "readers apart" },
	{ "a recovery key is where snapshots are taken", key_where_taken,
	    NULL, "readers apart" },
	{ "whether a recovery key is there cannot be seen", key_not_seen,
	    NULL, "readers apart" },
	{ "nobody knows where snapshots are taken", read_where_unknown, NULL,
	    "readers apart" },
	{ "an off-site store that the policy lacks", store_not_named, NULL,
	    "off-site elsewhere" },
};

static void
what_is_wrong_elsewhere_never_opens_the_gate(void **state)
{
	(void)state;
	scene_refuse_all(wrongs, sizeof(wrongs) / sizeof(wrongs[0]));
	offsite[0] = "offsite";
}

static void
what_is_good_elsewhere_opens_it(void **state)
{
	struct scene *x = calloc(1, sizeof(*x));

	(void)state;
	assert_non_null(x);
	scene_make(x);
	shipped(x);
	doctor(x, 0.5, true);
	POLICY(x).gate_key_apart = true;
	scene_put_receipt(x);
	scene_judge(x, NULL);
	for (size_t i = 0; i < x->v.n_rules; i++)
		if (x->v.rules[i].result != RULE_PASS)
			fail_msg("%s: want %s, seen %s", x->v.rules[i].name,
			    x->v.rules[i].required, x->v.rules[i].seen);
	assert_non_null(strstr(scene_rule(&x->v, "off-site offsite")->seen,
	    "1 pack there, 1 of them read back, 1."));
	assert_non_null(scene_rule(&x->v, "doctor"));
	assert_non_null(scene_rule(&x->v, "readers apart"));
	scene_drop(x);
	free(x);
}

/* The newest receipt is the doctor's: it stands for no drill. */
static void
what_the_doctor_signs_is_no_drill(void **state)
{
	struct scene *x = calloc(1, sizeof(*x));

	(void)state;
	assert_non_null(x);
	scene_make(x);
	doctor(x, 0.1, true);
	scene_judge(x, NULL);
	assert_int_equal(x->v.result, RULE_FAIL);
	assert_string_equal(scene_rule(&x->v, "drill")->seen, "none");
	assert_int_equal(scene_rule(&x->v, "doctor")->result, RULE_PASS);
	scene_drop(x);
	free(x);
}

/* A store that cannot be reached is unknown, and not a no. */
static void
a_store_out_of_reach_is_could_not_tell(void **state)
{
	struct scene *x = calloc(1, sizeof(*x));
	struct err e;

	(void)state;
	assert_non_null(x);
	scene_make(x);
	shipped(x);
	scene_put_receipt(x);
	if (file_remove_tree(far_url, &e) == -1 ||
	    file_replace_path(far_url, 0600, "x", 1, &e) == -1)
		fail_msg("%s", e.text);
	scene_judge(x, NULL);
	assert_int_equal(scene_rule(&x->v, "off-site offsite")->result,
	    RULE_UNKNOWN);
	assert_int_equal(x->v.result, RULE_UNKNOWN);
	scene_drop(x);
	free(x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_good_elsewhere_opens_it),
		cmocka_unit_test(what_the_doctor_signs_is_no_drill),
		cmocka_unit_test(a_store_out_of_reach_is_could_not_tell),
		cmocka_unit_test(what_is_wrong_elsewhere_never_opens_the_gate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
