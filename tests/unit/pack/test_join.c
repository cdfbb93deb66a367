/* Streams written beside each other and joined are as one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "pack/chunks.h"
#include "../../lib/noise.h"
#include "../../lib/rig.h"

#define OK(x) do { if (!(x)) fail_msg("%s: %s", #x, e.text); } while (0)
#define BIG ((size_t)12 << 20)
#define MIB ((size_t)1 << 20)

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

/* In pieces, as writers do. */
static void
write_all(struct stream *s, const uint8_t *p, size_t n)
{
	struct err e;
	size_t some;

	for (; n > 0; p += some, n -= some) {
		some = n < 77777 ? n : 77777;
		OK(stream_write(s, p, some, &e) == 0);
	}
}

/* Written in parts that end at these points, the last ones first. */
static int
put_parts(struct chunks *c, enum content kind, const uint8_t *p,
    const size_t *ends, size_t n, struct refs *refs)
{
	struct stream *s[8] = { NULL };
	struct err e;
	size_t i;
	int rc = 1;

	assert_true(n <= 8);
	for (i = n; i-- > 0;) {
		s[i] = i == 0 ? stream_new(c, kind, &e) :
		    stream_new_later(c, kind, &e);
		OK(s[i] != NULL);
		write_all(s[i], p + (i == 0 ? 0 : ends[i - 1]),
		    ends[i] - (i == 0 ? 0 : ends[i - 1]));
	}
	for (i = 1; rc == 1 && i < n; i++) {
		rc = stream_join(s[0], s[i], &e);
		OK(rc != -1);
	}
	if (rc == 1) {
		assert_int_equal(stream_size(s[0]), ends[n - 1]);
		OK(stream_end(s[0], refs, &e) == 0);
	}
	for (i = 0; i < n; i++)
		stream_free(s[i]);
	return rc;
}

static void
expect_equal(const struct refs *a, const struct refs *b)
{
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++) {
		assert_int_equal(a->v[i].len, b->v[i].len);
		assert_memory_equal(&a->v[i].id, &b->v[i].id,
		    sizeof(a->v[i].id));
	}
}

static void
parts_are_as_one(void **state)
{
	static const size_t cases[][8] = {
		{ BIG },
		{ 5 * MIB, BIG },
		{ 1, 2, 3, BIG },
		{ 0, 0, BIG, BIG },
		{ 4 * MIB + 12345, 4 * MIB + 22345, 9 * MIB + 1, BIG },
		{ BIG - 10, BIG },
		{ 3 * MIB, 4 * MIB, 5 * MIB, 6 * MIB, 7 * MIB, 8 * MIB,
		    9 * MIB, BIG },
	};
	static const size_t n[] = { 1, 2, 4, 4, 4, 2, 8 };
	struct chunks *c = rig_chunks(&rig, NULL);
	struct refs whole, parts;
	size_t i;

	(void)state;
	for (int kind = 0; kind < CONTENT_KINDS; kind++) {
		refs_init(&whole);
		rig_put(c, (enum content)kind, data, BIG, &whole);
		for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			refs_init(&parts);
			/* Large chunks need not meet within a MiB. */
			if (put_parts(c, (enum content)kind, data, cases[i],
			    n[i], &parts) == 1)
				expect_equal(&whole, &parts);
			else
				assert_int_equal(kind, CONTENT_BIG);
			refs_drop(&parts);
		}
		refs_drop(&whole);
	}
	chunks_close(c);
}

/* Wherever the seam is, rows meet again: they are cut small. */
static void
rows_meet_wherever_the_seam_is(void **state)
{
	struct chunks *c = rig_chunks(&rig, NULL);
	struct refs whole, parts;
	size_t ends[2] = { 0, BIG / 2 };

	(void)state;
	refs_init(&whole);
	rig_put(c, CONTENT_ROWS, data, BIG / 2, &whole);
	for (int i = 0; i < 40; i++) {
		ends[0] = (size_t)i * 104729;
		refs_init(&parts);
		assert_int_equal(put_parts(c, CONTENT_ROWS, data, ends, 2,
		    &parts), 1);
		expect_equal(&whole, &parts);
		refs_drop(&parts);
	}
	refs_drop(&whole);
	chunks_close(c);
}

static void
joined_parts_are_stored(void **state)
{
	static const size_t ends[] = { 5 * MIB + 3, 7 * MIB, BIG };
	struct chunks *c = rig_chunks(&rig, "a");
	struct chunks_stats stats;
	struct refs refs;
	struct err e;
	uint8_t *got;
	size_t len;

	(void)state;
	refs_init(&refs);
	assert_int_equal(put_parts(c, CONTENT_ROWS, data, ends, 3, &refs), 1);
	OK(chunks_flush(c, &e) == 0);
	/* Nothing was packed that no stream refers to. */
	chunks_stats(c, &stats);
	assert_int_equal(stats.bytes, BIG);
	assert_int_equal(stats.new_bytes, BIG);
	got = rig_get(c, &refs, &len);
	assert_int_equal(len, BIG);
	assert_memory_equal(got, data, BIG);
	free(got);
	refs_drop(&refs);
	chunks_close(c);
}

/* Without structure all cuts are at the largest size, and never meet. */
static void
what_never_meets_is_said(void **state)
{
	static const size_t ends[] = { MIB + 1, 6 * MIB };
	struct chunks *c = rig_chunks(&rig, NULL);
	struct refs refs;
	uint8_t *zeros;

	(void)state;
	assert_non_null(zeros = calloc(1, 6 * MIB));
	refs_init(&refs);
	assert_int_equal(put_parts(c, CONTENT_ROWS, zeros, ends, 2, &refs),
	    0);
	assert_int_equal(refs.n, 0);
	refs_drop(&refs);
	free(zeros);
	chunks_close(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(parts_are_as_one, open_rig,
		    close_rig),
		cmocka_unit_test_setup_teardown(
		    rows_meet_wherever_the_seam_is, open_rig, close_rig),
		cmocka_unit_test_setup_teardown(joined_parts_are_stored,
		    open_rig, close_rig),
		cmocka_unit_test_setup_teardown(what_never_meets_is_said,
		    open_rig, close_rig),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
