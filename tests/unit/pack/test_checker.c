/* Packs that are checked one beside the other are told of one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "pack/check.h"
#include "pack/chunks.h"
#include "pack/pack.h"
#include "store/store.h"
#include "../../lib/noise.h"
#include "../../lib/rig.h"

#define OK(x) do { if (!(x)) fail_msg("%s: %s", #x, e.text); } while (0)
#define BIG ((size_t)6 << 20)
#define PACKS_MAX 16

static struct rig rig;
static struct id packs[PACKS_MAX];
static size_t n_packs;

/* What was told: of which packs, and of how many that were bad. */
static size_t told, bad, stop_at;
static uint64_t checked, bytes;

static int
open_rig(void **state)
{
	struct chunks *c;
	struct refs refs;
	struct err e;
	uint8_t *data;
	char name[STORE_NAME_MAX];

	(void)state;
	rig_open(&rig);
	if ((data = malloc(BIG)) == NULL)
		return -1;
	noise_fill(data, BIG, 3);
	refs_init(&refs);
	c = rig_chunks(&rig, "a");
	rig_put(c, CONTENT_RUN, data, BIG, &refs);
	OK(chunks_flush(c, &e) == 0);
	chunks_close(c);
	refs_drop(&refs);
	free(data);
	n_packs = rig_pack(rig.store, 0, name);
	assert_in_range(n_packs, 4, PACKS_MAX);
	for (size_t i = 0; i < n_packs; i++) {
		(void)rig_pack(rig.store, i, name);
		assert_int_equal(pack_name_parse(name, &packs[i]), 0);
	}
	told = bad = 0;
	checked = bytes = 0;
	stop_at = SIZE_MAX;
	return 0;
}

static int
close_rig(void **state)
{
	(void)state;
	rig_close(&rig);
	return 0;
}

static int
tell(void *cookie, const struct id *sha256, const struct pack_report *report,
    const struct err *why, struct err *e)
{
	char name[PACK_NAME_SIZE];

	assert_ptr_equal(cookie, &rig);
	assert_int_equal(id_compare(sha256, &packs[told]), 0);
	if (told++ == stop_at)
		return err_set(e, ERR_SYSTEM, "enough");
	if (why != NULL) {
		bad++;
		assert_true(why->kind == ERR_DAMAGED ||
		    why->kind == ERR_ABSENT);
		assert_non_null(strstr(why->text, pack_name(sha256, name)));
		assert_int_equal(report->checked, 0);
		return 0;
	}
	assert_int_equal(report->checked, report->chunks);
	checked += report->checked;
	bytes += report->size;
	return 0;
}

static int
check(size_t n, struct err *e)
{
	struct chunks *c = rig_chunks(&rig, "a");
	struct pack_checker *p;
	int rc = 0;

	p = pack_checker_new(c, tell, &rig, e);
	assert_non_null(p);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = pack_checker_add(p, &packs[i], e);
	if (rc == 0)
		rc = pack_checker_end(p, e);
	/* Once more there is nothing to tell. */
	if (rc == 0)
		assert_int_equal(pack_checker_end(p, e), 0);
	pack_checker_free(p);
	chunks_close(c);
	return rc;
}

static void
good_packs_are_told_in_order(void **state)
{
	struct err e;

	(void)state;
	OK(check(0, &e) == 0);
	assert_int_equal(told, 0);
	OK(check(n_packs, &e) == 0);
	assert_int_equal(told, n_packs);
	assert_int_equal(bad, 0);
	assert_true(checked > n_packs);
	assert_true(bytes > BIG);
}

static void
bad_ones_are_told_among_them(void **state)
{
	char name[PACK_NAME_SIZE];
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, PACK_SIZE_MAX);
	(void)pack_name(&packs[1], name);
	OK(store_get_all(rig.store, name, &b, &e) == 0);
	b.data[b.len / 2] ^= 1;
	rig_replace(rig.store, name, b.data, b.len);
	buf_drop(&b);
	(void)pack_name(&packs[n_packs - 1], name);
	OK(store_remove(rig.store, name, &e) == 0);
	OK(check(n_packs, &e) == 0);
	assert_int_equal(told, n_packs);
	assert_int_equal(bad, 2);
}

static void
what_the_callback_says_ends_it(void **state)
{
	struct err e;

	(void)state;
	stop_at = 1;
	assert_int_equal(check(n_packs, &e), -1);
	assert_string_equal(e.text, "enough");
	assert_int_equal(told, 2);
}

static void
freed_early_it_tells_nothing_more(void **state)
{
	struct chunks *c = rig_chunks(&rig, "a");
	struct pack_checker *p;
	struct err e;

	(void)state;
	OK((p = pack_checker_new(c, tell, &rig, &e)) != NULL);
	OK(pack_checker_add(p, &packs[0], &e) == 0);
	OK(pack_checker_add(p, &packs[1], &e) == 0);
	pack_checker_free(p);
	assert_int_equal(told, 1);
	pack_checker_free(NULL);
	chunks_close(c);
}

static void
without_a_store_there_is_none(void **state)
{
	struct chunks_options o = rig_options(&rig, NULL);
	struct chunks *c;
	struct err e;

	(void)state;
	o.store = NULL;
	o.index = NULL;
	OK((c = chunks_open(&o, &e)) != NULL);
	assert_null(pack_checker_new(c, tell, &rig, &e));
	assert_int_equal(e.kind, ERR_ABSENT);
	chunks_close(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, open_rig, close_rig)
		T(good_packs_are_told_in_order),
		T(bad_ones_are_told_among_them),
		T(what_the_callback_says_ends_it),
		T(freed_early_it_tells_nothing_more),
		T(without_a_store_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
