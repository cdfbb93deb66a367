/* Chunks from streams into packs and back, and what is stored only once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/file.h"
#include "crypto/keys.h"
#include "pack/check.h"
#include "pack/chunks.h"
#include "store/store.h"
#include "../../lib/noise.h"
#include "../../lib/rig.h"
#include "../../lib/store_mem.h"

#define OK(x) do { if (!(x)) fail_msg("%s: %s", #x, e.text); } while (0)
#define BIG ((size_t)12 << 20)

static struct rig rig;
static uint8_t *data;		/* half text, half noise */

static int
open_rig(void **state)
{
	(void)state;
	rig_open(&rig);
	if ((data = malloc(BIG)) == NULL)
		return -1;
	noise_text(data, BIG / 2, 1);
	noise_fill(data + BIG / 2, BIG / 2, 2);
	return 0;
}

static int
close_rig(void **state)
{
	(void)state;
	rig_close(&rig);
	free(data);
	return 0;
}

static void
flush(struct chunks *c)
{
	struct err e;

	OK(chunks_flush(c, &e) == 0);
}

static void
expect(struct chunks *c, const struct refs *refs, const void *want, size_t n)
{
	size_t len;
	uint8_t *got = rig_get(c, refs, &len);

	assert_int_equal(len, n);
	assert_memory_equal(got, want, n);
	free(got);
}

static void
what_goes_in_comes_out(void **state)
{
	const size_t sizes[] = { 0, 1, 100, 70000, 5000000, BIG };
	struct chunks *c = rig_chunks(&rig, "a");
	struct refs refs[3][6];

	(void)state;
	for (int k = 0; k < CONTENT_KINDS; k++)
		for (int i = 0; i < 6; i++) {
			refs_init(&refs[k][i]);
			rig_put(c, (enum content)k, data, sizes[i],
			    &refs[k][i]);
		}
	flush(c);
	assert_int_equal(refs[0][0].n, 0);
	assert_int_equal(refs[0][1].n, 1);
	for (int k = 0; k < CONTENT_KINDS; k++)
		for (int i = 0; i < 6; i++) {
			expect(c, &refs[k][i], data, sizes[i]);
			refs_drop(&refs[k][i]);
		}
	chunks_close(c);
}

static void
one_chunk_can_be_read_alone(void **state)
{
	struct chunks *c = rig_chunks(&rig, "a");
	struct refs refs;
	struct err e;
	uint8_t *out;
	size_t done = 0;

	(void)state;
	refs_init(&refs);
	rig_put(c, CONTENT_RUN, data, BIG, &refs);
	assert_false(chunks_have(c, &(struct ref){ .len = 7 }));
	flush(c);
	for (size_t i = 0; i < refs.n; i++) {
		assert_true(chunks_have(c, &refs.v[i]));
		assert_non_null(out = malloc(refs.v[i].len));
		OK(chunks_get(c, &refs.v[i], out, &e) == 0);
		assert_memory_equal(out, data + done, refs.v[i].len);
		done += refs.v[i].len;
		free(out);
	}
	assert_int_equal(done, BIG);
	refs.v[0].len--;
	assert_false(chunks_have(c, &refs.v[0]));
	refs_drop(&refs);
	chunks_close(c);
}

static void
ids_depend_on_content_alone(void **state)
{
	struct chunks_options o = rig_options(&rig, "a");
	struct chunks *c, *dry;
	struct stream *s;
	struct refs a, b;
	struct err e;

	(void)state;
	refs_init(&a);
	refs_init(&b);
	o.workers = 1;
	OK((c = chunks_open(&o, &e)) != NULL);
	assert_false(chunks_are_dry(c));
	rig_put(c, CONTENT_ROWS, data, BIG, &a);
	o.store = NULL;
	o.index = NULL;
	o.workers = 3;
	OK((dry = chunks_open(&o, &e)) != NULL);
	assert_true(chunks_are_dry(dry));
	OK((s = stream_new(dry, CONTENT_ROWS, &e)) != NULL);
	for (size_t i = 0; i < BIG; i += 4096)
		OK(stream_write(s, data + i, 4096, &e) == 0);
	assert_int_equal(stream_size(s), BIG);
	OK(stream_end(s, &b, &e) == 0);
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.v, b.v, a.n * sizeof(a.v[0]));
	/* The same stream once more, after its end. */
	b.n = 0;
	OK(stream_write(s, data, BIG, &e) == 0);
	OK(stream_end(s, &b, &e) == 0);
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.v, b.v, a.n * sizeof(a.v[0]));
	OK(chunks_flush(dry, &e) == 0);
	assert_false(chunks_have(dry, &a.v[0]));
	assert_int_equal(chunks_get(dry, &a.v[0], data, &e), -1);
	assert_null(source_new(dry, a.v, 1, &e));
	stream_free(s);
	chunks_close(dry);
	chunks_close(c);
	refs_drop(&a);
	refs_drop(&b);
}

static int
count_chunks(void *cookie, const struct store_info *info, const struct id *id,
    struct err *e)
{
	struct pack_report r, *sum = cookie;

	assert_non_null(id);
	assert_int_equal(pack_check(rig.store, id, &r, e), 0);
	sum->chunks += r.chunks;
	sum->sealed += info->size;
	return 0;
}

static struct pack_report
stored(void)
{
	struct pack_report sum = { 0 };
	struct err e;

	OK(packs_each(rig.store, count_chunks, &sum, &e) == 0);
	return sum;
}

static void
what_is_known_is_not_stored_again(void **state)
{
	struct chunks *c = rig_chunks(&rig, "a");
	struct chunks_stats st;
	struct refs refs;
	struct pack_report before;

	(void)state;
	refs_init(&refs);
	rig_put(c, CONTENT_RUN, data, BIG, &refs);
	rig_put(c, CONTENT_RUN, data, BIG, &refs);
	flush(c);
	rig_put(c, CONTENT_RUN, data, BIG, &refs);
	flush(c);
	chunks_stats(c, &st);
	assert_int_equal(st.chunks, refs.n);
	assert_int_equal(st.new_chunks, refs.n / 3);
	assert_int_equal(st.bytes, 3 * BIG);
	assert_int_equal(st.new_bytes, BIG);
	before = stored();
	assert_int_equal(before.chunks, refs.n / 3);
	assert_int_equal(before.sealed, st.stored_bytes);
	assert_true(st.packs > 2);
	assert_true(st.stored_bytes < BIG * 3 / 4);
	chunks_close(c);
	c = rig_chunks(&rig, "a");
	rig_put(c, CONTENT_RUN, data, BIG, &refs);
	flush(c);
	chunks_stats(c, &st);
	assert_int_equal(st.new_chunks, 0);
	assert_int_equal(st.packs, 0);
	assert_int_equal(stored().chunks, before.chunks);
	chunks_close(c);
	refs_drop(&refs);
}

struct writer {
	struct chunks	*chunks;
	struct refs	 refs;
	int		 rc;
};

static void *
write_all(void *cookie)
{
	struct writer *w = cookie;
	struct stream *s;
	struct err e;

	w->rc = -1;
	if ((s = stream_new(w->chunks, CONTENT_ROWS, &e)) == NULL)
		return NULL;
	w->rc = stream_write(s, data, BIG, &e);
	if (w->rc == 0)
		w->rc = stream_end(s, &w->refs, &e);
	stream_free(s);
	return NULL;
}

/* Another stream may refer to a chunk that is still in the batch of one. */
static void
chunks_of_a_stream_that_is_given_up_are_stored(void **state)
{
	struct chunks *c = rig_chunks(&rig, "a");
	struct stream *given_up;
	struct refs refs;
	struct err e;
	uint8_t own[60000];

	(void)state;
	refs_init(&refs);
	for (size_t i = 0; i < sizeof(own); i++)	/* no other test's */
		own[i] = (uint8_t)(i * i / 7 + i / 255);
	OK((given_up = stream_new(c, CONTENT_ROWS, &e)) != NULL);
	OK(stream_write(given_up, own, sizeof(own), &e) == 0);
	rig_put(c, CONTENT_ROWS, own, sizeof(own), &refs);
	stream_free(given_up);
	flush(c);
	expect(c, &refs, own, sizeof(own));
	refs_drop(&refs);
	chunks_close(c);
}

static void
equal_chunks_of_many_threads_are_stored_once(void **state)
{
	struct chunks *c = rig_chunks(&rig, "a");
	struct writer w[6];
	pthread_t t[6];

	(void)state;
	for (int i = 0; i < 6; i++) {
		w[i] = (struct writer){ .chunks = c };
		refs_init(&w[i].refs);
		assert_int_equal(pthread_create(&t[i], NULL, write_all,
		    &w[i]), 0);
	}
	for (int i = 0; i < 6; i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
	flush(c);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(w[i].rc, 0);
		expect(c, &w[i].refs, data, BIG);
	}
	assert_int_equal(stored().chunks, w[0].refs.n);
	for (int i = 0; i < 6; i++)
		refs_drop(&w[i].refs);
	chunks_close(c);
}

static void
the_index_is_built_again_from_the_store(void **state)
{
	struct chunks *c = rig_chunks(&rig, "a");
	struct chunks_stats st;
	struct refs refs;
	struct err e;
	char path[PATH_MAX + 32];

	(void)state;
	refs_init(&refs);
	rig_put(c, CONTENT_RUN, data, BIG, &refs);
	flush(c);
	chunks_close(c);
	for (int how = 0; how < 3; how++) {
		(void)snprintf(path, sizeof(path), "%s/a%s", rig.folder,
		    how == 1 ? "/data.mdb" : "");
		if (how == 1)
			OK(file_replace_path(path, 0600, data, 20000, &e) ==
			    0);
		else
			OK(file_remove_tree(path, &e) == 0);
		c = rig_chunks(&rig, "a");
		assert_int_equal(chunks_bad(c), 0);
		expect(c, &refs, data, BIG);
		rig_put(c, CONTENT_RUN, data, BIG, &refs);
		refs.n /= 2;
		flush(c);
		chunks_stats(c, &st);
		assert_int_equal(st.new_chunks, 0);
		chunks_close(c);
	}
	refs_drop(&refs);
}

static void
another_host_sees_what_was_stored(void **state)
{
	struct chunks *a = rig_chunks(&rig, "a"), *b;
	struct refs refs;

	(void)state;
	refs_init(&refs);
	rig_put(a, CONTENT_RUN, data, BIG, &refs);
	flush(a);
	b = rig_chunks(&rig, "b");
	expect(b, &refs, data, BIG);
	chunks_close(b);
	expect(a, &refs, data, BIG);
	chunks_close(a);
	refs_drop(&refs);
}

static void
a_pack_that_vanished_is_forgotten(void **state)
{
	struct chunks *c = rig_chunks(&rig, "a");
	struct chunks_stats st;
	struct refs refs;
	struct err e;
	char name[STORE_NAME_MAX];
	size_t lost = 0, packs;

	(void)state;
	refs_init(&refs);
	rig_put(c, CONTENT_RUN, data, BIG, &refs);
	flush(c);
	chunks_close(c);
	packs = rig_pack(rig.store, 1, name);
	OK(store_remove(rig.store, name, &e) == 0);
	c = rig_chunks(&rig, "a");
	assert_int_equal(chunks_bad(c), 0);
	for (size_t i = 0; i < refs.n; i++)
		lost += !chunks_have(c, &refs.v[i]);
	assert_true(lost > 0 && lost < refs.n);
	refs.n = 0;
	rig_put(c, CONTENT_RUN, data, BIG, &refs);
	flush(c);
	chunks_stats(c, &st);
	assert_int_equal(st.new_chunks, lost);
	assert_true(rig_pack(rig.store, 0, name) >= packs - 1);
	expect(c, &refs, data, BIG);
	chunks_close(c);
	refs_drop(&refs);
}

static void
objects_that_are_no_packs_are_left_alone(void **state)
{
	struct chunks *c;

	(void)state;
	rig_replace(rig.store, "packs/ab/notes", "hello", 5);
	rig_replace(rig.store, "packs/readme", "", 0);
	c = rig_chunks(&rig, "a");
	assert_int_equal(chunks_bad(c), 0);
	chunks_close(c);
}

static void
only_recovery_keys_of_the_charter_read(void **state)
{
	struct chunks_options o = rig_options(&rig, "a");
	struct chunks *c = rig_chunks(&rig, "a");
	const struct recovery_key *keys[3] = { NULL, rig.stranger,
		rig.second };
	struct source *s;
	struct refs refs;
	struct err e;
	const void *p;
	uint8_t *out;
	size_t n;

	(void)state;
	refs_init(&refs);
	rig_put(c, CONTENT_RUN, data, BIG, &refs);
	flush(c);
	chunks_close(c);
	assert_non_null(out = malloc(refs.v[0].len));
	for (int i = 0; i < 3; i++) {
		o.recovery = keys[i];
		OK((c = chunks_open(&o, &e)) != NULL);
		assert_true(chunks_have(c, &refs.v[0]));
		if (i == 2) {
			expect(c, &refs, data, BIG);
			chunks_close(c);
			continue;
		}
		memset(out, 0, refs.v[0].len);
		assert_int_equal(chunks_get(c, &refs.v[0], out, &e), -1);
		assert_int_equal(e.kind, ERR_DENIED);
		OK((s = source_new(c, refs.v, refs.n, &e)) != NULL);
		assert_int_equal(source_read(s, &p, &n, &e), -1);
		assert_int_equal(e.kind, ERR_DENIED);
		for (size_t k = 0; k < refs.v[0].len; k++)
			assert_int_equal(out[k], 0);
		source_free(s);
		chunks_close(c);
	}
	free(out);
	refs_drop(&refs);
}

static void
what_is_opened_to_be_read_is_not_written(void **state)
{
	struct chunks_options o = rig_options(&rig, "a");
	struct chunks *c;
	struct err e;

	(void)state;
	o.writable = false;
	OK((c = chunks_open(&o, &e)) != NULL);
	assert_null(stream_new(c, CONTENT_RUN, &e));
	assert_int_equal(e.kind, ERR_DENIED);
	OK(chunks_flush(c, &e) == 0);
	chunks_close(c);
}

static void
what_is_not_flushed_is_dropped_and_nothing_hangs(void **state)
{
	struct chunks *c = rig_chunks(&rig, "a");
	struct stream *s;
	struct refs refs;
	struct err e;
	char name[STORE_NAME_MAX];

	(void)state;
	refs_init(&refs);
	rig_put(c, CONTENT_RUN, data, 300000, &refs);
	OK((s = stream_new(c, CONTENT_BIG, &e)) != NULL);
	OK(stream_write(s, data, BIG, &e) == 0);
	stream_free(s);
	chunks_close(c);
	c = rig_chunks(&rig, "a");
	assert_false(chunks_have(c, &refs.v[0]) &&
	    rig_pack(rig.store, 0, name) == 0);
	chunks_close(c);
	refs_drop(&refs);
}

static void
sources_are_read_side_by_side_and_left_early(void **state)
{
	struct chunks *c = rig_chunks(&rig, "a");
	struct source *s[5];
	struct refs refs;
	struct err e;
	const void *p;
	size_t n, done[5] = { 0 };

	(void)state;
	refs_init(&refs);
	rig_put(c, CONTENT_ROWS, data, BIG, &refs);
	flush(c);
	for (int i = 0; i < 5; i++)
		OK((s[i] = source_new(c, refs.v, refs.n, &e)) != NULL);
	for (int turn = 0; turn < 4; turn++)
		for (int i = 0; i < 5 - turn; i++) {
			n = 0;
			if (source_read(s[i], &p, &n, &e) != 1)
				continue;
			assert_memory_equal(p, data + done[i], n);
			done[i] += n;
		}
	for (int i = 0; i < 5; i++) {
		assert_true(done[i] > 0);
		source_free(s[i]);
	}
	OK((s[0] = source_new(c, refs.v, 0, &e)) != NULL);
	assert_int_equal(source_read(s[0], &p, &n, &e), 0);
	assert_int_equal(source_read(s[0], &p, &n, &e), 0);
	source_free(s[0]);
	source_free(NULL);
	chunks_close(c);
	chunks_close(NULL);
	refs_drop(&refs);
}

static void
lists_that_cannot_be_are_refused(void **state)
{
	struct chunks *c = rig_chunks(&rig, "a");
	struct ref ref = { .len = 0 };
	struct source *s;
	struct err e;
	const void *p;
	uint8_t out[8];
	size_t n;

	(void)state;
	assert_null(source_new(c, &ref, 1, &e));
	assert_int_equal(e.kind, ERR_DAMAGED);
	ref.len = UINT32_MAX;
	assert_null(source_new(c, &ref, 1, &e));
	assert_int_equal(e.kind, ERR_DAMAGED);
	assert_int_equal(chunks_get(c, &ref, out, &e), -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	ref.len = 8;
	assert_int_equal(chunks_get(c, &ref, out, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
	OK((s = source_new(c, &ref, 1, &e)) != NULL);
	assert_int_equal(source_read(s, &p, &n, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_int_equal(source_read(s, &p, &n, &e), -1);
	source_free(s);
	chunks_close(c);
}

static void
a_charter_out_of_bounds_is_refused(void **state)
{
	struct chunks_options o = rig_options(&rig, "a");
	struct charter ch = rig.charter;
	struct err e;

	(void)state;
	o.charter = &ch;
	ch.chunk_max[1] = UINT32_MAX;
	assert_null(chunks_open(&o, &e));
	assert_int_equal(e.kind, ERR_UNSUPPORTED);
	ch = rig.charter;
	ch.pack_size = UINT32_MAX;
	assert_null(chunks_open(&o, &e));
	assert_int_equal(e.kind, ERR_UNSUPPORTED);
	ch = rig.charter;
	ch.n_recovery = 0;
	assert_null(chunks_open(&o, &e));
	assert_int_equal(e.kind, ERR_UNSUPPORTED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, open_rig, close_rig)
		T(what_goes_in_comes_out),
		T(one_chunk_can_be_read_alone),
		T(ids_depend_on_content_alone),
		T(what_is_known_is_not_stored_again),
		T(chunks_of_a_stream_that_is_given_up_are_stored),
		T(equal_chunks_of_many_threads_are_stored_once),
		T(the_index_is_built_again_from_the_store),
		T(another_host_sees_what_was_stored),
		T(a_pack_that_vanished_is_forgotten),
		T(objects_that_are_no_packs_are_left_alone),
		T(only_recovery_keys_of_the_charter_read),
		T(what_is_opened_to_be_read_is_not_written),
		T(what_is_not_flushed_is_dropped_and_nothing_hangs),
		T(sources_are_read_side_by_side_and_left_early),
		T(lists_that_cannot_be_are_refused),
		T(a_charter_out_of_bounds_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
