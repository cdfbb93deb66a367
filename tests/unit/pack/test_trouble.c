/*
 * Stores that fail while chunks are written or read: who is told, and what
 * the index says afterwards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "pack/chunks.h"
#include "pack/pack.h"
#include "store/store.h"
#include "../../lib/noise.h"
#include "../../lib/rig.h"
#include "../../lib/store_far.h"
#include "../../lib/store_fault.h"

#define OK(x) do { if (!(x)) fail_msg("%s: %s", #x, e.text); } while (0)
#define BIG ((size_t)6 << 20)

static struct rig rig;
static uint8_t *data;
static struct refs refs;

static int
open_rig(void **state)
{
	(void)state;
	rig_open(&rig);
	refs_init(&refs);
	if ((data = malloc(BIG)) == NULL)
		return -1;
	noise_text(data, BIG, 1);
	return 0;
}

static int
close_rig(void **state)
{
	(void)state;
	rig_close(&rig);
	refs_drop(&refs);
	free(data);
	return 0;
}

/* Store some chunks with an index that is not used again. */
static void
make_packs(void)
{
	struct chunks *c = rig_chunks(&rig, "first");
	struct err e;

	rig_put(c, CONTENT_RUN, data, BIG, &refs);
	OK(chunks_flush(c, &e) == 0);
	chunks_close(c);
}

/* A store that asks, when a pack is put, whether its chunks are known yet. */
struct spy {
	struct store	*below;
	struct chunks	*chunks;
	int		 puts, early;
};

static enum store_put_result
spy_put(void *self, const char *what, const void *p, size_t len,
    const struct id *digest, struct err *e)
{
	struct spy *spy = self;
	struct pack_trailer t;
	struct pack_directory d;
	const uint8_t *bytes = p;

	assert_int_equal(pack_trailer_parse(bytes + len - PACK_TRAILER_SIZE,
	    len, &t, e), 0);
	assert_int_equal(pack_directory_parse(bytes + t.offset, &t, &d, e),
	    0);
	for (size_t i = 0; i < d.n; i++) {
		struct ref ref = { d.v[i].id, d.v[i].opened };

		spy->early += chunks_have(spy->chunks, &ref);
	}
	spy->puts++;
	pack_directory_drop(&d);
	return store_put(spy->below, what, p, len, digest, e);
}

static int
spy_list(void *self, const char *prefix, int (*each)(void *,
    const struct store_info *, struct err *), void *cookie, struct err *e)
{
	return store_list(((struct spy *)self)->below, prefix, each, cookie,
	    e);
}

static void
spy_close(void *self)
{
	(void)self;
}

static void
the_index_learns_of_a_chunk_only_when_it_is_stored(void **state)
{
	const struct store_driver driver = { .put = spy_put,
		.list = spy_list, .close = spy_close };
	struct chunks_options o = rig_options(&rig, "a");
	struct spy spy = { .below = rig.store };
	struct chunks *c;
	struct err e;

	(void)state;
	OK((o.store = store_wrap(&driver, &spy, "spy", &e)) != NULL);
	OK((c = chunks_open(&o, &e)) != NULL);
	spy.chunks = c;
	noise_fill(data, BIG, 4);
	rig_put(c, CONTENT_RUN, data, BIG, &refs);
	OK(chunks_flush(c, &e) == 0);
	for (size_t i = 0; i < refs.n; i++)
		assert_true(chunks_have(c, &refs.v[i]));
	assert_int_equal(spy.early, 0);
	assert_true(spy.puts >= 2);
	chunks_close(c);
	store_close(o.store);
}

static void
a_put_that_fails_reaches_everybody(void **state)
{
	struct chunks_options o = rig_options(&rig, "a");
	struct fault_plan plan = { .ops = FAULT_PUT, .nth = 1,
		.later_too = 1 };
	struct stream *s;
	struct chunks *c;
	struct err e;
	int rc = 0;

	(void)state;
	for (plan.nth = 1; plan.nth < 3; plan.nth++) {
		plan.seen = 0;
		err_clear(&e);
		OK((o.store = store_fault_new(rig.store, &plan, &e)) != NULL);
		OK((c = chunks_open(&o, &e)) != NULL);
		OK((s = stream_new(c, CONTENT_BIG, &e)) != NULL);
		for (int turn = 0; turn < 40 && rc == 0; turn++) {
			noise_fill(data, BIG, (uint64_t)turn + 99);
			rc = stream_write(s, data, BIG, &e);
		}
		assert_int_equal(rc, -1);
		assert_int_equal(e.kind, ERR_REMOTE);
		assert_non_null(strstr(e.text, "cannot store pack packs/"));
		assert_int_equal(stream_write(s, data, 1, &e), -1);
		assert_int_equal(stream_end(s, &refs, &e), -1);
		assert_int_equal(refs.n, 0);
		err_clear(&e);
		assert_int_equal(chunks_flush(c, &e), -1);
		assert_int_equal(e.kind, ERR_REMOTE);
		assert_non_null(strstr(e.text, "cannot store pack packs/"));
		stream_free(s);
		chunks_close(c);
		store_close(o.store);
		rc = 0;
	}
	/* What was not stored is not known. */
	c = rig_chunks(&rig, "a");
	assert_int_equal(chunks_bad(c), 0);
	chunks_close(c);
}

static void
gets_that_fail_are_told_apart(void **state)
{
	static const struct {
		enum fault_kind	 kind;
		enum err_kind	 as, is;
	} cases[] = {
		{ FAULT_FAIL, ERR_REMOTE, ERR_REMOTE },
		{ FAULT_FAIL, ERR_DENIED, ERR_DENIED },
		{ FAULT_TEAR, ERR_NONE, ERR_DAMAGED },
		{ FAULT_FLIP, ERR_NONE, ERR_DAMAGED },
		{ FAULT_FORGET, ERR_NONE, ERR_ABSENT },
	};
	struct chunks_options o = rig_options(&rig, "first");
	struct chunks *c;
	struct fault_plan plan;
	struct source *s;
	struct err e;
	const void *p;
	size_t len;
	int rc;

	(void)state;
	make_packs();
	o = rig_options(&rig, "first");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		plan = (struct fault_plan){ .ops = FAULT_GET, .nth = 2,
			.later_too = 1, .kind = cases[i].kind,
			.as = cases[i].as };
		OK((o.store = store_fault_new(rig.store, &plan, &e)) != NULL);
		OK((c = chunks_open(&o, &e)) != NULL);
		OK((s = source_new(c, refs.v, refs.n, &e)) != NULL);
		while ((rc = source_read(s, &p, &len, &e)) == 1)
			;
		assert_int_equal(rc, -1);
		assert_int_equal(e.kind, cases[i].is);
		assert_non_null(strstr(e.text, "pack packs/"));
		source_free(s);
		chunks_close(c);
		store_close(o.store);
	}
}

static void
a_get_that_is_torn_once_is_made_good(void **state)
{
	struct chunks_options o = rig_options(&rig, "first");
	struct fault_plan plan = { .ops = FAULT_GET, .nth = 1,
		.kind = FAULT_TEAR };
	struct chunks *c;
	struct err e;
	size_t len;

	(void)state;
	make_packs();
	o = rig_options(&rig, "first");
	OK((o.store = store_fault_new(rig.store, &plan, &e)) != NULL);
	OK((c = chunks_open(&o, &e)) != NULL);
	free(rig_get(c, &refs, &len));
	assert_int_equal(len, BIG);
	assert_true(plan.seen > 2);
	chunks_close(c);
	store_close(o.store);
}

static void
a_store_that_cannot_be_listed_or_read_is_not_opened(void **state)
{
	struct chunks_options o = rig_options(&rig, "fresh");
	struct fault_plan plan = { .ops = FAULT_LIST, .nth = 1 };
	struct err e;

	(void)state;
	make_packs();
	o = rig_options(&rig, "fresh");
	for (int i = 0; i < 2; i++) {
		plan.ops = i == 0 ? FAULT_LIST : FAULT_GET;
		plan.seen = 0;
		OK((o.store = store_fault_new(rig.store, &plan, &e)) != NULL);
		assert_null(chunks_open(&o, &e));
		assert_int_equal(e.kind, ERR_REMOTE);
		assert_non_null(strstr(e.text, "cannot read which packs"));
		store_close(o.store);
	}
}

static void
packs_are_read_in_several_at_once(void **state)
{
	struct far far;
	char mark[PATH_MAX + 16];
	struct chunks_options o;
	struct chunks *c;
	struct err e;

	(void)state;
	noise_fill(data, BIG, 5);	/* as many packs as MiB */
	make_packs();
	o = rig_options(&rig, "fresh");
	OK((o.store = store_far_new(&far, rig.store, &e)) != NULL);
	OK((c = chunks_open(&o, &e)) != NULL);
	assert_true(far.most >= 2);
	(void)snprintf(mark, sizeof(mark), "%s/fresh/unsynced", rig.folder);
	assert_false(file_exists(mark));	/* all is on the disk */
	for (size_t i = 0; i < refs.n; i++)
		assert_true(chunks_have(c, &refs.v[i]));
	chunks_close(c);
	store_close(o.store);
}

static void
a_pack_that_goes_while_it_is_read_in_is_absent(void **state)
{
	struct chunks_options o;
	struct fault_plan plan = { .ops = FAULT_GET, .nth = 1,
		.kind = FAULT_FORGET };
	struct chunks *c;
	struct err e;
	size_t lost = 0;

	(void)state;
	make_packs();
	o = rig_options(&rig, "fresh");
	OK((o.store = store_fault_new(rig.store, &plan, &e)) != NULL);
	OK((c = chunks_open(&o, &e)) != NULL);
	assert_int_equal(chunks_bad(c), 0);
	for (size_t i = 0; i < refs.n; i++)
		lost += !chunks_have(c, &refs.v[i]);
	assert_true(lost > 0);
	chunks_close(c);
	store_close(o.store);
}

static enum store_put_result
clash_put(void *self, const char *what, const void *p, size_t len,
    const struct id *digest, struct err *e)
{
	struct spy *spy = self;

	if (spy->puts++ == 0)
		return STORE_EXISTED;
	(void)store_put(spy->below, what, p, len, digest, e);
	return STORE_EXISTED;
}

static int
clash_head(void *self, const char *what, struct store_info *info,
    struct err *e)
{
	struct spy *spy = self;

	if (spy->early)
		return store_head(spy->below, what, info, e);
	memset(info, 0, sizeof(*info));
	info->size = 17;
	return 0;
}

static void
a_pack_that_existed_must_have_the_size(void **state)
{
	const struct store_driver driver = { .put = clash_put,
		.head = clash_head, .list = spy_list, .close = spy_close };
	struct chunks_options o = rig_options(&rig, "a");
	struct spy spy = { .below = rig.store };
	struct chunks *c;
	struct err e;

	(void)state;
	for (int i = 0; i < 2; i++) {
		spy.early = i;
		OK((o.store = store_wrap(&driver, &spy, "clash", &e)) !=
		    NULL);
		OK((c = chunks_open(&o, &e)) != NULL);
		rig_put(c, CONTENT_RUN, data, 1000, &refs);
		if (i == 0) {
			assert_int_equal(chunks_flush(c, &e), -1);
			assert_int_equal(e.kind, ERR_DAMAGED);
			assert_false(chunks_have(c, &refs.v[0]));
		} else {
			OK(chunks_flush(c, &e) == 0);
			assert_true(chunks_have(c, &refs.v[0]));
		}
		chunks_close(c);
		store_close(o.store);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, open_rig, close_rig)
		T(the_index_learns_of_a_chunk_only_when_it_is_stored),
		T(a_put_that_fails_reaches_everybody),
		T(gets_that_fail_are_told_apart),
		T(a_get_that_is_torn_once_is_made_good),
		T(a_store_that_cannot_be_listed_or_read_is_not_opened),
		T(packs_are_read_in_several_at_once),
		T(a_pack_that_goes_while_it_is_read_in_is_absent),
		T(a_pack_that_existed_must_have_the_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
