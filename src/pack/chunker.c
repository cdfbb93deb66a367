/*
 * Content-defined cutting: a gear hash with normalised chunk sizes (FastCDC,
 * Xia et al. 2016).  The promise: equal bytes since the last cut give equal
 * cut points, so that an insertion moves only the cuts near to it.
 *
 * The hash of a position is the sum of gear[byte] << age over the last 64
 * bytes (older ones were shifted out).  A chunk of length n ends here when
 * min <= n <= mean and the hash has log2(mean) + 2 zero bits at its top, or
 * mean < n < max and it has log2(mean) - 2 of them, or n = max.  Hashing
 * starts 64 bytes before min.
 *
 * The hash is one long chain of dependent steps; four lanes over adjacent
 * blocks give the CPU four chains, and the same answer.
 */
#include <string.h>

#include "base/err.h"
#include "pack/chunker.h"
#include "pack/pack.h"

#define LANE 2048u

int
chunker_plan_init(struct chunker_plan *plan, const uint64_t gear[256],
    const size_t sizes[3], struct err *e)
{
	size_t min = sizes[0], mean = sizes[1], max = sizes[2];
	unsigned bits = 0;

	if (min < CHUNKER_WINDOW || mean < min || max < mean ||
	    max > PACK_CHUNK_MAX || (mean & (mean - 1)) != 0)
		return err_set(e, ERR_UNSUPPORTED, "chunk sizes %zu, %zu, %zu:"
		    " expected 64 <= min <= mean <= max <= %u with mean a"
		    " power of two", min, mean, max, PACK_CHUNK_MAX);
	while (((size_t)1 << bits) < mean)
		bits++;
	memcpy(plan->gear, gear, sizeof(plan->gear));
	plan->min = min;
	plan->mean = mean;
	plan->max = max;
	plan->early = UINT64_MAX << (64 - (bits + 2));
	plan->late = UINT64_MAX << (64 - (bits - 2));
	return 0;
}

void
chunker_start(struct chunker *c, const struct chunker_plan *plan)
{
	c->plan = plan;
	c->block = 0;
	chunker_again(c);
}

void
chunker_blocks(struct chunker *c, size_t block)
{
	c->block = block;
}

void
chunker_again(struct chunker *c)
{
	c->len = 0;
	c->hash = 0;
}

/*
 * Four adjacent blocks of LANE bytes at once: 1 + the index of the first byte
 * whose hash matches, or 0.  Lanes after the first warm up on the end of the
 * block before theirs.
 */
static size_t
scan_block(const uint64_t *gear, uint64_t mask, uint64_t *hash,
    const uint8_t *p)
{
	uint64_t h0 = *hash, h1 = 0, h2 = 0, h3 = 0;
	size_t f1 = 0, f2 = 0, f3 = 0, i;

	for (i = LANE - CHUNKER_WINDOW; i < LANE; i++) {
		h1 = (h1 << 1) + gear[p[i]];
		h2 = (h2 << 1) + gear[p[LANE + i]];
		h3 = (h3 << 1) + gear[p[2 * LANE + i]];
	}
	for (i = 0; i < LANE; i++) {
		h0 = (h0 << 1) + gear[p[i]];
		h1 = (h1 << 1) + gear[p[LANE + i]];
		h2 = (h2 << 1) + gear[p[2 * LANE + i]];
		h3 = (h3 << 1) + gear[p[3 * LANE + i]];
		if (__builtin_expect((h0 & mask) == 0, 0))
			return i + 1;
		if (__builtin_expect((h1 & mask) == 0 && f1 == 0, 0))
			f1 = LANE + i + 1;
		if (__builtin_expect((h2 & mask) == 0 && f2 == 0, 0))
			f2 = 2 * LANE + i + 1;
		if (__builtin_expect((h3 & mask) == 0 && f3 == 0, 0))
			f3 = 3 * LANE + i + 1;
	}
	*hash = h3;
	return f1 != 0 ? f1 : f2 != 0 ? f2 : f3;
}

/* 1 + the index of the first byte whose hash matches, or 0. */
static size_t
scan(const struct chunker_plan *plan, uint64_t mask, uint64_t *hash,
    const uint8_t *p, size_t n)
{
	uint64_t h;
	size_t i = 0, found;

	for (; n - i >= 4 * LANE; i += 4 * LANE)
		if ((found = scan_block(plan->gear, mask, hash, p + i)) != 0)
			return i + found;
	for (h = *hash; i < n; i++) {
		h = (h << 1) + plan->gear[p[i]];
		if ((h & mask) == 0)
			return i + 1;
	}
	*hash = h;
	return 0;
}

/* How many of n bytes still belong to the part of the chunk below `end`. */
static size_t
below(const struct chunker *c, size_t end, size_t n)
{
	if (c->len >= end)
		return 0;
	return n < end - c->len ? n : end - c->len;
}

/* Bytes before the first possible cut: skipped, then only hashed. */
static size_t
take_head(struct chunker *c, const uint8_t *p, size_t n)
{
	size_t skip, warm, i;

	skip = below(c, c->plan->min - CHUNKER_WINDOW, n);
	c->len += skip;
	warm = below(c, c->plan->min - 1, n - skip);
	for (i = skip; i < skip + warm; i++)
		c->hash = (c->hash << 1) + c->plan->gear[p[i]];
	c->len += warm;
	return skip + warm;
}

/* Up to the end of the block. */
static size_t
take_block(struct chunker *c, size_t n, bool *cut)
{
	size_t left = c->block - c->len;

	*cut = n >= left;
	c->len += *cut ? 0 : n;
	if (!*cut)
		return n;
	chunker_again(c);
	return left;
}

size_t
chunker_take(struct chunker *c, const uint8_t *p, size_t n, bool *cut)
{
	const struct chunker_plan *plan = c->plan;
	const size_t ends[2] = { plan->mean, plan->max };
	const uint64_t masks[2] = { plan->early, plan->late };
	size_t used, some, found;

	if (c->block != 0)
		return take_block(c, n, cut);
	*cut = false;
	used = take_head(c, p, n);
	for (int i = 0; i < 2; i++) {
		some = below(c, ends[i], n - used);
		found = scan(plan, masks[i], &c->hash, p + used, some);
		if (found != 0) {
			chunker_again(c);
			*cut = true;
			return used + found;
		}
		c->len += some;
		used += some;
	}
	if (c->len == plan->max) {
		chunker_again(c);
		*cut = true;
	}
	return used;
}
