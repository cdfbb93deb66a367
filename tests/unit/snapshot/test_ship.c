/*
 * Shipping, to stores that behave and to stores that do not.  What must hold
 * whatever happens: a snapshot that is bound there is whole there, nothing
 * damaged is sent, and the next run completes what the last one left.
 */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "../../lib/fixture.h"
#include "../../lib/store_fault.h"
#include "../../lib/store_mem.h"
#include "snapshot/ship.h"
#include "snapshot/take.h"
#include "store/store.h"

struct scene {
	struct fixture	 f;
	struct snapshot	 s;
	struct store	*to;		/* in memory */
	struct ship_report r;
	struct err	 e;
	char		 told[4096];	/* problems, a line each */
};

static void
scene_make(struct scene *x)
{
	struct err e;

	memset(x, 0, sizeof(*x));
	fixture_make(&x->f);
	fixture_take(&x->f, &x->s);
	fixture_open(&x->f, DEPOT_LOOK);
	assert_non_null(x->to = store_mem_new(&e));
}

static void
scene_drop(struct scene *x)
{
	store_close(x->to);
	fixture_drop(&x->f);
}

static void
on_problem(void *cookie, const char *object, const char *what)
{
	struct scene *x = cookie;
	size_t n = strlen(x->told);

	(void)snprintf(x->told + n, sizeof(x->told) - n, "%s: %s\n", object,
	    what);
}

static int
ship_with(struct scene *x, struct store *to, struct ship_options o)
{
	o.to = to;
	o.problem = on_problem;
	o.cookie = x;
	x->told[0] = '\0';
	return ship_store(&x->f.depot, &o, &x->r, &x->e);
}

static int
ship(struct scene *x)
{
	return ship_with(x, x->to, (struct ship_options){ .found = true });
}

static void
must_ship(struct scene *x)
{
	if (ship(x) == -1)
		fail_msg("%s", x->e.text);
	if (x->r.problems != 0)
		fail_msg("%s", x->told);
}

struct count {
	struct store	*other;
	size_t		 n;
};

/* The other store has the very same object. */
static int
same_there(void *cookie, const struct store_info *info, struct err *e)
{
	struct count *c = cookie;
	struct store_info there;

	c->n++;
	if (store_head(c->other, info->name, &there, e) == -1)
		fail_msg("%s: %s", info->name, e->text);
	assert_int_equal(there.size, info->size);
	return 0;
}

static size_t
assert_same(struct store *a, struct store *b)
{
	struct count c = { b, 0 };
	struct err e;

	assert_int_equal(store_list(a, "", same_there, &c, &e), 0);
	return c.n;
}

static int
count_one(void *cookie, const struct store_info *info, struct err *e)
{
	size_t *n = cookie;

	(void)info;
	(void)e;
	++*n;
	return 0;
}

static size_t
count(struct store *s, const char *prefix)
{
	size_t n = 0;
	struct err e;

	assert_int_equal(store_list(s, prefix, count_one, &n, &e), 0);
	return n;
}

static int
pack_there(void *cookie, const struct id *pack, struct err *e)
{
	char name[STORE_NAME_MAX];
	struct store_info info;

	if (store_head(cookie, inventory_pack_name(pack, name), &info,
	    e) == -1)
		fail_msg("bound, but not whole: %s is not there", name);
	return 0;
}

/* What is bound in the other store is whole there. */
static void
assert_whole(struct scene *x)
{
	struct err e;

	if (count(x->to, "snapshots/") == 0)
		return;
	assert_true(count(x->to, "charters/") > 0);
	assert_int_equal(inventory_each(x->to, &x->s.inventory, pack_there,
	    x->to, &e), 0);
}

static void
an_empty_store_becomes_a_copy_only_when_that_is_wanted(void **state)
{
	struct scene x;

	(void)state;
	scene_make(&x);
	assert_int_equal(ship_with(&x, x.to, (struct ship_options){ 0 }), -1);
	assert_int_equal(x.e.kind, ERR_ABSENT);
	assert_non_null(strstr(x.e.text, "--init"));
	assert_int_equal(count(x.to, ""), 0);
	must_ship(&x);
	assert_true(x.r.packs > 0 && x.r.statements > 0);
	assert_int_equal(x.r.read_packs, x.r.packs);
	assert_int_equal(assert_same(x.f.depot.store, x.to),
	    count(x.to, ""));
	scene_drop(&x);
}

static void
what_is_there_is_not_sent_again(void **state)
{
	struct scene x;

	(void)state;
	scene_make(&x);
	must_ship(&x);
	assert_int_equal(ship_with(&x, x.to, (struct ship_options){
	    .read_all = true }), 0);
	assert_int_equal(x.r.packs, 0);
	assert_int_equal(x.r.bytes, 0);
	assert_int_equal(x.r.statements, 0);
	assert_true(x.r.present > 0);
	assert_int_equal(x.r.read_packs, x.r.present);
	scene_drop(&x);
}

static void
a_dry_run_counts_and_changes_nothing(void **state)
{
	struct scene x;
	struct ship_report would;

	(void)state;
	scene_make(&x);
	assert_int_equal(ship_with(&x, x.to, (struct ship_options){
	    .found = true, .dry_run = true }), 0);
	would = x.r;
	assert_int_equal(count(x.to, ""), 0);
	must_ship(&x);
	assert_int_equal(x.r.packs, would.packs);
	assert_int_equal(x.r.bytes, would.bytes);
	assert_int_equal(x.r.statements, would.statements);
	scene_drop(&x);
}

/* The nth operation of these kinds fails like this: then all is well again. */
static void
fail_each(unsigned ops, enum fault_kind kind)
{
	struct fault_plan plan;
	struct store *bad;
	struct scene x;
	uint64_t nth, all = UINT64_MAX;
	struct err e;

	for (nth = 1; nth <= all; nth++) {
		scene_make(&x);
		plan = (struct fault_plan){ .ops = ops, .nth = nth,
		    .kind = kind };
		assert_non_null(bad = store_fault_new(x.to, &plan, &e));
		if (ship_with(&x, bad, (struct ship_options){ .found = true,
		    .read_all = true, .jobs = 1 }) == 0 &&
		    x.r.problems == 0 && plan.seen >= nth &&
		    kind != FAULT_FORGET && kind != FAULT_TEAR)
			fail_msg("operation %llu: nobody noticed",
			    (unsigned long long)nth);
		if (plan.seen < nth)
			all = 0;	/* there are no more */
		store_close(bad);
		assert_whole(&x);
		if (kind == FAULT_FAIL) {
			must_ship(&x);
			assert_int_equal(assert_same(x.f.depot.store, x.to),
			    count(x.to, ""));
		}
		scene_drop(&x);
	}
	assert_true(nth > 4);
}

static void
a_store_that_fails_at_any_point_leaves_nothing_to_mend(void **state)
{
	(void)state;
	fail_each(FAULT_PUT, FAULT_FAIL);
	fail_each(FAULT_GET | FAULT_HEAD | FAULT_LIST, FAULT_FAIL);
}

static void
a_store_that_changes_a_bit_is_found_out(void **state)
{
	(void)state;
	fail_each(FAULT_PUT, FAULT_FLIP);
}

static void
a_store_that_forgets_what_it_took_is_found_out(void **state)
{
	struct fault_plan plan = { .ops = FAULT_PUT, .nth = 1,
	    .kind = FAULT_FORGET, .name_has = "packs/" };
	struct store *bad;
	struct scene x;
	struct err e;

	(void)state;
	scene_make(&x);
	assert_non_null(bad = store_fault_new(x.to, &plan, &e));
	assert_int_equal(ship_with(&x, bad, (struct ship_options){
	    .found = true }), 0);
	assert_int_equal(x.r.problems, 1);
	assert_non_null(strstr(x.told, "is not there after it was sent"));
	store_close(bad);
	must_ship(&x);
	assert_true(x.r.packs > 0);
	scene_drop(&x);
}

static void
what_is_damaged_here_is_named_and_not_sent(void **state)
{
	static const char *const prefixes[] = { "packs/", "inventories/",
	    "snapshots/" };
	char path[FIXTURE_PATH];
	struct scene x;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		scene_make(&x);
		fixture_flip(fixture_object(&x.f, prefixes[i], path), 30);
		assert_int_equal(ship(&x), 0);
		assert_true(x.r.problems > 0);
		assert_non_null(strstr(x.told, strstr(path, prefixes[i])));
		assert_int_equal(count(x.to, "snapshots/"), 0);
		if (i == 0)
			assert_int_equal(count(x.to, "packs/"), 0);
		scene_drop(&x);
	}
}

static void
a_pack_that_is_missing_here_is_named(void **state)
{
	char path[FIXTURE_PATH];
	struct scene x;

	(void)state;
	scene_make(&x);
	assert_int_equal(unlink(fixture_object(&x.f, "packs/", path)), 0);
	assert_int_equal(ship(&x), 0);
	assert_non_null(strstr(x.told, "missing here, needed by snapshots/"));
	assert_int_equal(count(x.to, "snapshots/"), 0);
	scene_drop(&x);
}

static void
a_pack_of_another_size_there_is_named_and_never_replaced(void **state)
{
	char path[FIXTURE_PATH];
	struct store_info info;
	struct id any = { .b = { 0 } };
	struct scene x;

	(void)state;
	scene_make(&x);
	(void)fixture_object(&x.f, "packs/", path);
	assert_int_equal(store_put(x.to, strstr(path, "packs/"), "torn", 4,
	    &any, &x.e), STORE_PUT);
	assert_int_equal(ship(&x), 0);
	assert_non_null(strstr(x.told, "there it has 4 bytes"));
	assert_int_equal(count(x.to, "snapshots/"), 0);
	assert_int_equal(store_head(x.to, strstr(path, "packs/"), &info,
	    &x.e), 0);
	assert_int_equal(info.size, 4);
	scene_drop(&x);
}

static void
another_store_is_not_shipped_to(void **state)
{
	struct scene x, other;

	(void)state;
	scene_make(&x);
	scene_make(&other);
	assert_int_equal(ship(&other), 0);
	assert_int_equal(ship_with(&x, other.to, (struct ship_options){
	    .found = true }), -1);
	assert_int_equal(x.e.kind, ERR_DENIED);
	assert_non_null(strstr(x.e.text, "not a copy of"));
	scene_drop(&other);
	scene_drop(&x);
}

/* Back from the store in memory, which gives, into a new folder. */
struct back {
	struct scene	 x;
	struct store	*here;		/* the depot's own, meanwhile */
	char		 dir[FIXTURE_PATH + 8];
};

/* With a configuration file of so many bytes that cannot be compressed much. */
static void
take_large(struct scene *x, size_t n)
{
	char *text = malloc(n + 1);

	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		text[i] = (char)('!' + random() % 90);
	text[n] = '\0';
	fixture_config(&x->f, text);
	free(text);
	fixture_take(&x->f, &x->s);
	fixture_open(&x->f, DEPOT_LOOK);
}

static void
back_make(struct back *b, size_t large)
{
	const struct store_options o = { .unread = true };
	struct err e;

	scene_make(&b->x);
	if (large > 0)
		take_large(&b->x, large);
	must_ship(&b->x);
	(void)snprintf(b->dir, sizeof(b->dir), "%s/back", b->x.f.dir);
	b->here = b->x.f.depot.store;
	b->x.f.depot.store = b->x.to;
	if (store_create(b->dir, &e) == -1 ||
	    (b->x.to = store_open_with(b->dir, &o, &e)) == NULL)
		fail_msg("%s", e.text);
}

static void
assert_no_part(struct back *b)
{
	char tmp[FIXTURE_PATH + 16];
	struct dirent *d;
	DIR *dir;

	(void)snprintf(tmp, sizeof(tmp), "%s/.tmp", b->dir);
	assert_non_null(dir = opendir(tmp));
	while ((d = readdir(dir)) != NULL)
		assert_int_equal(d->d_name[0], '.');
	assert_int_equal(closedir(dir), 0);
}

static void
back_drop(struct back *b)
{
	store_close(b->x.f.depot.store);
	b->x.f.depot.store = b->here;
	scene_drop(&b->x);
}

static void
what_comes_in_pieces_is_whole(void **state)
{
	struct back b;

	(void)state;
	back_make(&b, 0);
	must_ship(&b.x);
	assert_true(b.x.r.packs > 0);
	assert_int_equal(assert_same(b.here, b.x.to), count(b.x.to, ""));
	must_ship(&b.x);
	assert_int_equal(b.x.r.packs, 0);
	back_drop(&b);
}

static void
what_came_damaged_is_named_and_gets_no_name(void **state)
{
	char path[FIXTURE_PATH];
	const char *name;
	struct store_info info;
	struct id any = { .b = { 0 } };
	struct back b;
	uint8_t *p;

	(void)state;
	back_make(&b, 0);
	name = strstr(fixture_object(&b.x.f, "packs/", path), "packs/");
	assert_int_equal(store_head(b.here, name, &info, &b.x.e), 0);
	assert_non_null(p = malloc(info.size));
	assert_int_equal(store_get(b.here, name, 0, info.size, p, &b.x.e), 0);
	p[info.size - 1] ^= 1;
	assert_int_equal(store_remove(b.x.f.depot.store, name, &b.x.e), 0);
	assert_int_equal(store_put(b.x.f.depot.store, name, p, info.size,
	    &any, &b.x.e), STORE_PUT);
	free(p);
	assert_int_equal(ship(&b.x), 0);
	assert_non_null(strstr(b.x.told, name));
	assert_non_null(strstr(b.x.told, "do not have the SHA-256 in its "
	    "name"));
	assert_no_part(&b);
	assert_int_equal(count(b.x.to, "packs/"), 0);
	assert_int_equal(count(b.x.to, "snapshots/"), 0);
	back_drop(&b);
}

static void
a_folder_that_can_take_no_more_ends_it(void **state)
{
	struct rlimit old, small;
	struct back b;

	(void)state;
	back_make(&b, 8u << 20);	/* more than two pieces */
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){ 3 << 20, old.rlim_max };
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(ship(&b.x), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	(void)signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(b.x.e.sys, EFBIG);
	if (strstr(b.x.e.text, "cannot send packs/") == NULL)
		fail_msg("%s", b.x.e.text);
	assert_null(strstr(b.x.e.text, "cannot read"));
	assert_no_part(&b);
	must_ship(&b.x);
	back_drop(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    an_empty_store_becomes_a_copy_only_when_that_is_wanted),
		cmocka_unit_test(what_is_there_is_not_sent_again),
		cmocka_unit_test(a_dry_run_counts_and_changes_nothing),
		cmocka_unit_test(
		    a_store_that_fails_at_any_point_leaves_nothing_to_mend),
		cmocka_unit_test(a_store_that_changes_a_bit_is_found_out),
		cmocka_unit_test(
		    a_store_that_forgets_what_it_took_is_found_out),
		cmocka_unit_test(what_is_damaged_here_is_named_and_not_sent),
		cmocka_unit_test(a_pack_that_is_missing_here_is_named),
		cmocka_unit_test(
		    a_pack_of_another_size_there_is_named_and_never_replaced),
		cmocka_unit_test(another_store_is_not_shipped_to),
		cmocka_unit_test(what_comes_in_pieces_is_whole),
		cmocka_unit_test(what_came_damaged_is_named_and_gets_no_name),
		cmocka_unit_test(a_folder_that_can_take_no_more_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
