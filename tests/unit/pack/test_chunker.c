/* Cutting: bounds, sizes, and that content alone decides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "pack/chunker.h"
#include "pack/pack.h"
#include "../../lib/noise.h"

#define DATA ((size_t)24 << 20)
#define CUTS 4096

struct cuts {
	size_t	at[CUTS];	/* ends of chunks */
	size_t	n;
};

static uint8_t *data;

static void
plan_of(struct chunker_plan *plan, size_t min, size_t mean, size_t max)
{
	const size_t sizes[3] = { min, mean, max };
	uint64_t gear[256];
	struct err e;

	noise_fill(gear, sizeof(gear), 7);
	assert_int_equal(chunker_plan_init(plan, gear, sizes, &e), 0);
}

/* Cut in pieces of at most `piece` bytes, or of varying sizes for 0. */
static void
cut_all(const struct chunker_plan *plan, const uint8_t *p, size_t n,
    size_t piece, struct cuts *cuts)
{
	struct chunker c;
	size_t done = 0, some, used, turn = 0;
	bool cut;

	cuts->n = 0;
	chunker_start(&c, plan);
	while (done < n) {
		some = piece != 0 ? piece : 1 + turn++ * 7919 % 40000;
		if (some > n - done)
			some = n - done;
		used = chunker_take(&c, p + done, some, &cut);
		assert_true(used > 0 && used <= some);
		done += used;
		if (cut) {
			assert_true(cuts->n < CUTS);
			cuts->at[cuts->n++] = done;
		}
	}
}

/* The same by the definition, one byte at a time over 64-byte windows. */
static size_t
first_cut(const struct chunker_plan *plan, const uint8_t *p, size_t n)
{
	uint64_t h, mask;

	for (size_t len = plan->min; len <= n; len++) {
		h = 0;
		for (size_t i = len - 64; i < len; i++)
			h = (h << 1) + plan->gear[p[i]];
		mask = len <= plan->mean ? plan->early : plan->late;
		if ((h & mask) == 0 || len == plan->max)
			return len;
	}
	return 0;
}

static void
chunks_are_what_the_definition_says(void **state)
{
	static struct cuts cuts;
	struct chunker_plan plan;
	size_t from = 0;

	(void)state;
	plan_of(&plan, 2048, 16384, 65536);
	cut_all(&plan, data, 2 << 20, 2 << 20, &cuts);
	assert_true(cuts.n > 40);
	for (size_t i = 0; i < cuts.n; i++) {
		assert_int_equal(from + first_cut(&plan, data + from,
		    (2 << 20) - from), cuts.at[i]);
		from = cuts.at[i];
	}
}

static void
pieces_do_not_matter(void **state)
{
	static struct cuts whole, parts;
	struct chunker_plan plan;
	const size_t pieces[] = { 0, 1, 63, 64, 65, 512, 8191, 8192, 8193,
		100000 };

	(void)state;
	plan_of(&plan, 8192, 32768, 131072);
	cut_all(&plan, data, 4 << 20, 4 << 20, &whole);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		cut_all(&plan, data, 4 << 20, pieces[i], &parts);
		assert_int_equal(parts.n, whole.n);
		assert_memory_equal(parts.at, whole.at,
		    whole.n * sizeof(whole.at[0]));
	}
}

static void
sizes_keep_their_bounds_and_their_mean(void **state)
{
	const size_t means[] = { 32768, 131072, 1048576 };
	static struct cuts cuts;
	struct chunker_plan plan;
	size_t from, len, mean;

	(void)state;
	for (int i = 0; i < 3; i++) {
		plan_of(&plan, means[i] / 4, means[i], means[i] * 4);
		cut_all(&plan, data, DATA, DATA, &cuts);
		from = 0;
		for (size_t k = 0; k < cuts.n; k++) {
			len = cuts.at[k] - from;
			assert_true(len >= plan.min && len <= plan.max);
			from = cuts.at[k];
		}
		mean = from / cuts.n;
		assert_true(mean > means[i] * 3 / 4 &&
		    mean < means[i] * 3 / 2);
	}
}

static void
an_insertion_moves_only_the_cuts_near_to_it(void **state)
{
	static struct cuts before, after;
	struct chunker_plan plan;
	size_t same = 0, shift = 37, at = 3000000, n = 8 << 20;
	uint8_t *changed;

	(void)state;
	assert_non_null(changed = malloc(n + shift));
	memcpy(changed, data, at);
	memset(changed + at, 'x', shift);
	memcpy(changed + at + shift, data + at, n - at);
	plan_of(&plan, 8192, 32768, 131072);
	cut_all(&plan, data, n, n, &before);
	cut_all(&plan, changed, n + shift, n + shift, &after);
	for (size_t i = 0, k = 0; i < before.n; i++) {
		size_t want = before.at[i] + (before.at[i] > at ? shift : 0);

		while (k < after.n && after.at[k] < want)
			k++;
		same += k < after.n && after.at[k] == want;
	}
	assert_true(before.n - same <= 5);
	free(changed);
}

static void
what_never_matches_is_cut_at_the_maximum(void **state)
{
	static struct cuts cuts;
	struct chunker_plan plan;
	uint8_t *zeros;

	(void)state;
	assert_non_null(zeros = calloc(1, 1 << 20));
	plan_of(&plan, 8192, 32768, 131072);
	cut_all(&plan, zeros, 1 << 20, 0, &cuts);
	assert_int_equal(cuts.n, 8);
	for (size_t i = 0; i < cuts.n; i++)
		assert_int_equal(cuts.at[i], (i + 1) * 131072);
	free(zeros);
}

static void
equal_bounds_give_equal_chunks(void **state)
{
	static struct cuts cuts;
	struct chunker_plan plan;

	(void)state;
	plan_of(&plan, 4096, 4096, 4096);
	cut_all(&plan, data, 100000, 0, &cuts);
	assert_int_equal(cuts.n, 24);
	for (size_t i = 0; i < cuts.n; i++)
		assert_int_equal(cuts.at[i], (i + 1) * 4096);
}

static void
impossible_sizes_are_refused(void **state)
{
	const size_t wrong[][3] = { { 63, 128, 256 }, { 256, 128, 512 },
		{ 64, 100, 200 }, { 64, 128, 127 }, { 64, 0, 128 },
		{ 64, 128, (size_t)PACK_CHUNK_MAX + 1 } };
	const uint64_t gear[256] = { 0 };
	static struct chunker_plan plan;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(chunker_plan_init(&plan, gear, wrong[i], &e),
		    -1);
		assert_int_equal(e.kind, ERR_UNSUPPORTED);
	}
}

static int
make_data(void **state)
{
	(void)state;
	if ((data = malloc(DATA)) == NULL)
		return -1;
	noise_fill(data, DATA, 1);
	return 0;
}

static int
drop_data(void **state)
{
	(void)state;
	free(data);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chunks_are_what_the_definition_says),
		cmocka_unit_test(pieces_do_not_matter),
		cmocka_unit_test(sizes_keep_their_bounds_and_their_mean),
		cmocka_unit_test(an_insertion_moves_only_the_cuts_near_to_it),
		cmocka_unit_test(what_never_matches_is_cut_at_the_maximum),
		cmocka_unit_test(equal_bounds_give_equal_chunks),
		cmocka_unit_test(impossible_sizes_are_refused),
	};

	return cmocka_run_group_tests(tests, make_data, drop_data);
}
