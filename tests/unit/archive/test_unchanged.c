/*
 * The stat cache: what did not change is not read again, and whatever did, or
 * whatever became of the cache or the store, the archive is the one that is
 * taken without it.
 *
 * That a run was not read is seen by this: the cache is told that the run's
 * segments are others (swap_run()), and these are in the archive then.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../lib/noise.h"
#include "../../lib/tree_kit.h"
#include "archive/stat_cache.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/scratch.h"

static struct tree_kit kit;
static char cache_file[300];
static uint8_t big[3 << 20];

static void
later(int seconds)
{
	clock_fake(-1, -1);
	clock_fake(clock_utc() + (int64_t)seconds * 1000000000, -1);
}

static int
set_up(void **state)
{
	char name[64];

	(void)state;
	tree_kit_open(&kit);
	(void)snprintf(cache_file, sizeof(cache_file), "%s/cache",
	    scratch_path(kit.scratch));
	noise_fill(big, sizeof(big), 1);
	tree_kit_file(&kit, "big", big, sizeof(big));
	for (int i = 0; i < 60; i++) {
		(void)snprintf(name, sizeof(name), "d%d/f%02d", i / 20, i);
		tree_kit_file(&kit, name, name, strlen(name));
	}
	tree_kit_sh(&kit, "ln $src/d0/f01 $src/d2/link;"
	    " ln $src/big $src/big2; ln -s x $src/sym; mkfifo $src/fifo");
	later(60);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	clock_fake(-1, -1);
	tree_kit_close(&kit);
	return 0;
}

static struct stat_cache *
open_as(const char *owner, unsigned reread)
{
	const struct stat_cache_options o = {
		.file = cache_file, .owner = owner,
		.secret = kit.live.secret, .reread = reread,
	};
	struct stat_cache *c;
	struct err e;

	if ((c = stat_cache_open(&o, &e)) == NULL)
		fail_msg("%s", e.text);
	return c;
}

static void
commit(struct stat_cache *c)
{
	struct err e;

	if (stat_cache_commit(c, &e) == -1)
		fail_msg("%s", e.text);
	stat_cache_free(c);
}

static void
take(unsigned reread)
{
	struct tree_options o = tree_kit_options(&kit);

	o.cache = open_as("me", reread);
	tree_kit_take_as(&kit, &o);
	commit(o.cache);
}

/* The archive just taken must be what is found without a cache. */
static void
check_root(void)
{
	const struct id with = kit.root.fingerprint;
	const struct tree_stats stats = kit.stats;

	tree_kit_take(&kit);
	assert_memory_equal(&with, &kit.root.fingerprint, sizeof(with));
	assert_int_equal(stats.files, kit.stats.files);
	assert_int_equal(stats.folders, kit.stats.folders);
	assert_int_equal(stats.others, kit.stats.others);
	assert_int_equal(stats.bytes, kit.stats.bytes);
}

static bool
root_differs(void)
{
	const struct id with = kit.root.fingerprint;

	tree_kit_take(&kit);
	return memcmp(&with, &kit.root.fingerprint, sizeof(with)) != 0;
}

/*
 * Have the cache say that big is another chunk's bytes, one that is in the
 * store or that is not; of all other runs it knows nothing afterwards.
 */
static void
swap_run(bool stored)
{
	struct stat_cache *c = open_as("me", 0);
	struct stat_run *r = stat_cache_find(c, "src/big");
	struct stream *s;
	struct refs refs;
	struct err e;

	assert_non_null(r);
	refs_init(&refs);
	assert_int_equal(r->n_segments, 1);
	assert_non_null(s = stream_new(kit.live.chunks, CONTENT_RUN, &e));
	assert_int_equal(stream_write(s, big, 512, &e), 0);
	assert_int_equal(stream_end(s, &refs, &e), 0);
	stream_free(s);
	assert_int_equal(chunks_flush(kit.live.chunks, &e), 0);
	r->segments[0].refs.v[0] = refs.v[0];
	if (!stored)
		r->segments[0].refs.v[0].id.b[0] ^= 1;
	refs_drop(&refs);
	stat_cache_add(c, r);
	stat_run_free(r);
	commit(c);
}

static void
what_did_not_change_is_not_read(void **state)
{
	(void)state;
	take(0);
	take(0);
	check_root();
	swap_run(true);
	take(0);
	assert_true(root_differs());
	assert_string_equal(kit.notes, "");
}

static void
a_run_whose_chunks_are_gone_is_read(void **state)
{
	(void)state;
	take(0);
	swap_run(false);
	take(0);
	check_root();
}

static void
the_packs_of_what_is_not_read_are_used(void **state)
{
	struct chunks_stats stats;

	(void)state;
	take(0);
	chunks_stats(kit.live.chunks, &stats);
	assert_true(stats.bytes > sizeof(big));
	take(0);
	assert_true(stats.bytes > sizeof(big));
	chunks_stats(kit.live.chunks, &stats);
	assert_true(stats.bytes > 2 * sizeof(big));
	assert_true(stats.new_bytes < 2 * sizeof(big));
}

static void
every_kind_of_change_is_seen(void **state)
{
	static const char *const changes[] = {
		"echo more >>$src/d0/f05",
		"t=$(stat -c %y $src/d0/f06); printf 'D0/F06' >$src/d0/f06;"
		    " touch -d \"$t\" $src/d0/f06",
		"t=$(stat -c %y $src/big); printf x | dd of=$src/big bs=1"
		    " seek=2000000 conv=notrunc status=none;"
		    " touch -d \"$t\" $src/big",
		"chmod 700 $src/d1/f25",
		"chmod 700 $src/d1",
		"setfattr -n user.a -v b $src/d1/f26",
		"setfacl -m u:1:r $src/d1/f27",
		"touch -d '2001-01-01' $src/d1/f28",
		"rm $src/d2/f41",
		"mv $src/d2/f42 $src/d2/f42b",
		"echo new >$src/d2/f43b",
		"cp -p $src/d2/f44 $src/t; mv $src/t $src/d2/f44",
		"rm $src/d0/f01",	/* the first name of d2/link */
		"ln $src/d2/f45 $src/d0/f00a",	/* its first name now */
		"rm $src/sym; ln -s y $src/sym",
		"rm $src/fifo; echo file >$src/fifo",
		"rm -r $src/d1; echo file >$src/d1",
		"truncate -s 100 $src/big",
	};

	(void)state;
	take(0);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		tree_kit_sh(&kit, changes[i]);
		later(60 * (int)(i + 2));
		take(0);
		check_root();
		take(0);
		check_root();
	}
}

static void
what_is_as_young_as_the_scan_is_not_remembered(void **state)
{
	struct stat_cache *c;
	struct stat_run *r;

	(void)state;
	clock_fake(-1, -1);
	take(0);
	c = open_as("me", 0);
	assert_null(stat_cache_find(c, "src/big"));
	stat_cache_free(c);
	later(60);
	take(0);
	c = open_as("me", 0);
	assert_non_null(r = stat_cache_find(c, "src/big"));
	stat_run_free(r);
	stat_cache_free(c);
}

static void
other_content_behind_the_same_times_is_shouted(void **state)
{
	(void)state;
	take(0);
	swap_run(true);
	take(100);
	assert_string_equal(kit.notes, "differs src/big: its content is not"
	    " what it was, although its size and times are\n");
	assert_int_equal(kit.stats.differs, 1);
	check_root();
	take(100);
	assert_string_equal(kit.notes, "");
	check_root();
}

static void
a_sample_comes_to_every_run_in_its_turn(void **state)
{
	bool seen[200] = { false };
	struct stat_cache *c;
	char name[32];
	size_t n = 0, most = 0;

	(void)state;
	for (int round = 0; round < 10; round++) {
		c = open_as("me", 10);
		n = 0;
		for (int i = 0; i < 200; i++) {
			(void)snprintf(name, sizeof(name), "name-%d", i);
			if (!stat_cache_samples(c, name))
				continue;
			assert_false(seen[i]);
			seen[i] = true;
			n++;
		}
		most = n > most ? n : most;
		commit(c);
	}
	for (int i = 0; i < 200; i++)
		assert_true(seen[i]);
	assert_true(most < 60);
	c = open_as("me", 0);
	assert_false(stat_cache_samples(c, "name-1"));
	stat_cache_free(c);
}

static void
what_was_not_committed_is_forgotten(void **state)
{
	struct tree_options o = tree_kit_options(&kit);
	struct stat before, after;

	(void)state;
	take(0);
	assert_int_equal(stat(cache_file, &before), 0);
	o.cache = open_as("me", 0);
	tree_kit_take_as(&kit, &o);
	stat_cache_free(o.cache);
	assert_int_equal(stat(cache_file, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	tree_kit_sh(&kit, "[ \"$(ls $src/.. | grep -c cache)\" = 1 ]");
}

static void
a_damaged_cache_is_no_cache(void **state)
{
	struct buf whole, some;
	struct err e;

	(void)state;
	take(0);
	check_root();
	buf_init(&whole, 1 << 20);
	buf_init(&some, 1 << 20);
	assert_int_equal(file_load(cache_file, &whole, &e), 0);
	for (size_t at = 0; at < whole.len; at += 131) {
		buf_clear(&some);
		assert_int_equal(buf_add(&some, whole.data,
		    at % 2 == 0 ? whole.len : at, &e), 0);
		if (at % 2 == 0)
			some.data[at] ^= 4;
		assert_int_equal(file_replace_path(cache_file, 0600,
		    some.data, some.len, &e), 0);
		take(0);
		check_root();
	}
	buf_drop(&whole);
	buf_drop(&some);
}

static void
a_cache_of_another_owner_is_no_cache(void **state)
{
	struct stat_cache *c;

	(void)state;
	take(0);
	c = open_as("you", 0);
	assert_null(stat_cache_find(c, "src/big"));
	stat_cache_free(c);
}

static void
a_cache_that_cannot_be_written_leaves_the_old_one(void **state)
{
	struct rlimit old, small = { 100, 0 };
	struct tree_options o = tree_kit_options(&kit);
	struct err e;

	(void)state;
	take(0);
	o.cache = open_as("me", 0);
	tree_kit_take_as(&kit, &o);
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(stat_cache_commit(o.cache, &e), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_non_null(strstr(e.text, "cannot write the stat cache"));
	stat_cache_free(o.cache);
	swap_run(true);
	take(0);
	assert_true(root_differs());
}

static void
a_cache_without_a_folder_says_so(void **state)
{
	const struct stat_cache_options o = {
		.file = "/nonexistent/cache", .owner = "me",
		.secret = kit.live.secret,
	};
	struct err e;

	(void)state;
	assert_null(stat_cache_open(&o, &e));
	assert_non_null(strstr(e.text, "/nonexistent/cache.new"));
	stat_cache_free(NULL);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_did_not_change_is_not_read),
		T(a_run_whose_chunks_are_gone_is_read),
		T(the_packs_of_what_is_not_read_are_used),
		T(every_kind_of_change_is_seen),
		T(what_is_as_young_as_the_scan_is_not_remembered),
		T(other_content_behind_the_same_times_is_shouted),
		T(a_sample_comes_to_every_run_in_its_turn),
		T(what_was_not_committed_is_forgotten),
		T(a_damaged_cache_is_no_cache),
		T(a_cache_of_another_owner_is_no_cache),
		T(a_cache_that_cannot_be_written_leaves_the_old_one),
		T(a_cache_without_a_folder_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
