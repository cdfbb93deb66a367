/*
 * Part of an archive: what a sample chooses, and that a copy of it, taken
 * again, is the part that the manifest says, and no other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/noise.h"
#include "../../lib/tree_kit.h"
#include "archive/sample.h"
#include "base/err.h"

static struct tree_kit kit;

static int
set_up(void **state)
{
	(void)state;
	tree_kit_open(&kit);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	tree_kit_close(&kit);
	return 0;
}

static uint64_t
count(const struct sample *s)
{
	uint64_t i, n = 0;

	for (i = 0; i < s->of + 3; i++)
		n += sample_has(s, i);
	return n;
}

static void
a_share_is_so_many_and_at_least_one(void **state)
{
	static const struct {
		uint32_t	share;
		uint64_t	of, n;
	} all[] = {
		{ 100000, 0, 0 }, { 1, 1, 1 }, { 1, 1000, 1 },
		{ 100000, 10, 1 }, { 100000, 11, 2 }, { 100000, 1000, 100 },
		{ 330000, 7, 3 }, { SAMPLE_ALL, 7, 7 }, { 500000, 3, 2 },
		{ 999999, 1000, 1000 }, { SAMPLE_ALL, 12345, 12345 },
	};
	struct sample s;
	size_t i;
	uint64_t seed;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(*all); i++)
		for (seed = 0; seed < 20; seed++) {
			sample_init(&s, seed, all[i].share, all[i].of);
			assert_int_equal(s.n, all[i].n);
			assert_int_equal(count(&s), all[i].n);
		}
}

/* A tenth of a thousand lists of 100: each element about a hundred times. */
static void
every_element_has_its_chance(void **state)
{
	unsigned seen[100] = { 0 };
	struct sample s;
	uint64_t seed, i;

	(void)state;
	for (seed = 0; seed < 1000; seed++) {
		sample_init(&s, seed, 100000, 100);
		for (i = 0; i < 100; i++)
			seen[i] += sample_has(&s, i);
	}
	for (i = 0; i < 100; i++)
		assert_in_range(seen[i], 60, 140);
}

static void
a_list_longer_than_any_product_is_no_trouble(void **state)
{
	struct sample s;
	uint64_t i, n = 0;

	(void)state;
	sample_init(&s, 5, 500000, UINT64_MAX);
	assert_in_range(s.n, UINT64_MAX / 2 - 1000000, UINT64_MAX / 2 + 1);
	for (i = UINT64_MAX - 2000; i < UINT64_MAX; i++)
		n += sample_has(&s, i);
	assert_in_range(n, 900, 1100);
}

static void
make_tree(void)
{
	char name[64];
	uint8_t bytes[6000];
	unsigned i;

	for (i = 0; i < 400; i++) {
		noise_fill(bytes, sizeof(bytes), i);
		(void)snprintf(name, sizeof(name), "d%u/e%u/f%u", i % 7,
		    i % 11, i);
		tree_kit_file(&kit, name, bytes, i * 37 % sizeof(bytes));
	}
	/* links whose first name is early, in another run, and a big file */
	tree_kit_sh(&kit, "mkdir $src/z; for i in $(seq 0 60); do"
	    " ln $src/d$((i % 7))/e$((i % 11))/f$i $src/z/l$i;"
	    " ln $src/d$((i % 7))/e$((i % 11))/f$i $src/z/m$i; done;"
	    " head -c 3000000 /dev/urandom >$src/d3/big;"
	    " ln -s big $src/d3/link; touch -d 2001-01-01 $src/d1 $src/z");
}

static struct archive_root
part_of(const struct sample *s)
{
	struct chunks *dry = kit.live.chunks;
	const struct segment_choice c = { sample_pick, s };
	struct archive_root root;
	struct err e;

	if (archive_part(kit.live.chunks, &kit.root, &c, dry, &root,
	    &e) == -1)
		fail_msg("%s", e.text);
	return root;
}

/* Restore the part into dst, and take what is in it again. */
static void
take_part(const struct tree_part *p)
{
	struct tree_restore_options r = tree_kit_restore_options(&kit);
	struct tree_options o = tree_kit_options(&kit);
	char folder[300];
	struct err e;

	r.part = p;
	if (tree_kit_restore(&kit, &r, &e) == -1)
		fail_msg("%s", e.text);
	(void)snprintf(folder, sizeof(folder), "%s", kit.dst);
	o.root = folder;
	o.part = p;
	tree_kit_take_as(&kit, &o);
}

static struct sample
choose(uint64_t seed, uint32_t share)
{
	struct sample s;
	struct err e;
	uint64_t n;

	if (archive_count(kit.live.chunks, &kit.root, &n, &e) == -1)
		fail_msg("%s", e.text);
	assert_in_range(n, 20, 200);
	sample_init(&s, seed, share, n);
	return s;
}

static void
a_copy_of_a_part_is_that_part(void **state)
{
	struct archive_root all, part;
	struct sample s;
	const struct tree_part p = { kit.live.chunks, &all, &s };
	uint64_t seed;

	(void)state;
	make_tree();
	tree_kit_take(&kit);
	all = kit.root;
	for (seed = 0; seed < 12; seed++) {
		kit.root = all;
		s = choose(seed, seed == 0 ? SAMPLE_ALL : 60000 * (uint32_t)
		    seed);
		part = part_of(&s);
		take_part(&p);
		assert_string_equal(kit.notes, "");
		assert_int_equal(part.entries, kit.root.entries);
		assert_int_equal(part.size, kit.root.size);
		assert_memory_equal(&part.fingerprint,
		    &kit.root.fingerprint, sizeof(part.fingerprint));
		if (seed == 0)		/* all: the archive itself */
			assert_memory_equal(&part.fingerprint,
			    &all.fingerprint, sizeof(part.fingerprint));
		else
			assert_true(part.entries < all.entries);
		tree_kit_sh(&kit, "rm -rf $dst/*");
	}
}

/* Nothing of what was chosen can be gone or changed unseen. */
static void
a_changed_copy_of_a_part_is_not_that_part(void **state)
{
	static const char *const harm[] = {
		"f=$(find $dst -type f -size +0 | sort | head -1);"
		" printf x | dd of=$f conv=notrunc bs=1 seek=0 2>/dev/null",
		"rm $(find $dst -type f | sort | tail -1)",
		"chmod 751 $(find $dst -type f | sort | head -3)",
		"rm -r $dst/*",
	};
	struct archive_root all, part;
	struct sample s;
	const struct tree_part p = { kit.live.chunks, &all, &s };
	struct tree_options o = tree_kit_options(&kit);
	char folder[300];
	size_t i;

	(void)state;
	make_tree();
	tree_kit_take(&kit);
	all = kit.root;
	s = choose(3, 300000);
	part = part_of(&s);
	(void)snprintf(folder, sizeof(folder), "%s", kit.dst);
	o.root = folder;
	o.part = &p;
	for (i = 0; i < sizeof(harm) / sizeof(*harm); i++) {
		kit.root = all;
		take_part(&p);
		assert_memory_equal(&part.fingerprint,
		    &kit.root.fingerprint, sizeof(part.fingerprint));
		tree_kit_sh(&kit, harm[i]);
		tree_kit_take_as(&kit, &o);
		assert_memory_not_equal(&part.fingerprint,
		    &kit.root.fingerprint, sizeof(part.fingerprint));
		tree_kit_sh(&kit, "rm -rf $dst/*");
	}
}

/* A file that nobody chose is there for its links, and is not compared. */
static void
a_link_brings_the_file_that_it_names(void **state)
{
	struct archive_root all, part;
	struct sample s;
	const struct tree_part p = { kit.live.chunks, &all, &s };

	(void)state;
	make_tree();
	tree_kit_take(&kit);
	all = kit.root;
	s = choose(0, SAMPLE_ALL);
	s.n = 1;			/* of its one stretch: the last run */
	for (s.seed = 0; !sample_has(&s, s.of - 1); s.seed++)
		;
	part = part_of(&s);
	take_part(&p);
	assert_memory_equal(&part.fingerprint, &kit.root.fingerprint,
	    sizeof(part.fingerprint));
	tree_kit_sh(&kit, "test -n \"$(find $dst -path '*/z/*' -links +1)\";"
	    " test -n \"$(find $dst -path '*/e*/f*' -links +1)\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_share_is_so_many_and_at_least_one),
		cmocka_unit_test(every_element_has_its_chance),
		cmocka_unit_test(a_list_longer_than_any_product_is_no_trouble),
		cmocka_unit_test_setup_teardown(a_copy_of_a_part_is_that_part,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_changed_copy_of_a_part_is_not_that_part, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    a_link_brings_the_file_that_it_names, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
