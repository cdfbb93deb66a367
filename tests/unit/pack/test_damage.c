/*
 * Packs that are not what they were: an error that names the pack, and never
 * a wrong byte.
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
#include "pack/check.h"
#include "pack/chunks.h"
#include "pack/pack.h"
#include "store/store.h"
#include "../../lib/noise.h"
#include "../../lib/rig.h"

#define OK(x) do { if (!(x)) fail_msg("%s: %s", #x, e.text); } while (0)
#define SMALL 3000u
#define BIG ((size_t)6 << 20)

static struct rig rig;
static uint8_t *data;
static struct refs refs;
static struct buf pack;		/* bytes of the one small pack */
static char name[STORE_NAME_MAX];
static struct id sha256;

static int
open_rig(void **state)
{
	(void)state;
	rig_open(&rig);
	refs_init(&refs);
	buf_init(&pack, 8 << 20);
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
	buf_drop(&pack);
	free(data);
	return 0;
}

/* Three chunks in one pack: two of text, one of noise. */
static void
make_small_pack(void)
{
	struct chunks_options o = rig_options(&rig, "a");
	struct chunks *c;
	struct err e;

	o.workers = 1;		/* so the pack has them in this order */
	c = chunks_open(&o, &e);
	OK(c != NULL);
	noise_fill(data + 2 * SMALL, SMALL, 3);
	for (int i = 0; i < 3; i++)
		rig_put(c, CONTENT_RUN, data + (size_t)i * SMALL, SMALL,
		    &refs);
	OK(chunks_flush(c, &e) == 0);
	chunks_close(c);
	assert_int_equal(rig_pack(rig.store, 0, name), 1);
	assert_int_equal(pack_name_parse(name, &sha256), 0);
	OK(store_get_all(rig.store, name, &pack, &e) == 0);
}

static void
forget_index(const char *index)
{
	char path[PATH_MAX + 16];
	struct err e;

	(void)snprintf(path, sizeof(path), "%s/%s", rig.folder, index);
	OK(file_remove_tree(path, &e) == 0);
}

/* Read all three: what comes is right; how many came. */
static int
read_small(struct chunks *c, struct err *e)
{
	uint8_t out[SMALL];
	int n = 0;

	for (size_t i = 0; i < 3; i++) {
		memset(out, 0xee, sizeof(out));
		if (chunks_get(c, &refs.v[i], out, e) == 0) {
			assert_memory_equal(out, data + i * SMALL, SMALL);
			n++;
		} else {
			assert_true(e->kind == ERR_DAMAGED ||
			    e->kind == ERR_ABSENT || e->kind == ERR_DENIED);
			assert_true(e->kind == ERR_ABSENT ||
			    strstr(e->text, name) != NULL);
		}
	}
	return n;
}

static void
no_bit_of_a_pack_can_change_unnoticed(void **state)
{
	struct chunks *c, *known;
	struct pack_report report;
	struct err e;
	int n;

	(void)state;
	make_small_pack();
	known = rig_chunks(&rig, "known");
	for (size_t i = 0; i < pack.len; i++) {
		pack.data[i] ^= (uint8_t)(1 << i % 8);
		rig_replace(rig.store, name, pack.data, pack.len);
		assert_int_equal(pack_check(rig.store, &sha256, &report, &e),
		    -1);
		assert_int_equal(e.kind, ERR_DAMAGED);
		assert_non_null(strstr(e.text, name));
		/* With the index of before, and with one of now. */
		n = read_small(known, &e);
		assert_true(n >= 2);
		if (i % 61 == 0 || i > pack.len - 64) {
			c = rig_chunks(&rig, "now");
			n = read_small(c, &e);
			assert_true(n >= 2 || chunks_bad(c) == 1 ||
			    e.kind == ERR_DENIED);
			assert_int_equal(rig_check_pack(c, &sha256,
			    &report, &e), -1);
			assert_int_equal(e.kind, ERR_DAMAGED);
			chunks_close(c);
			forget_index("now");
		}
		pack.data[i] ^= (uint8_t)(1 << i % 8);
	}
	rig_replace(rig.store, name, pack.data, pack.len);
	assert_int_equal(read_small(known, &e), 3);
	OK(pack_check(rig.store, &sha256, &report, &e) == 0);
	OK(rig_check_pack(known, &sha256, &report, &e) == 0);
	assert_int_equal(report.chunks, 3);
	assert_int_equal(report.checked, 3);
	assert_int_equal(report.opened, 3 * SMALL);
	chunks_close(known);
}

static void
a_pack_cut_short_or_long_is_damaged(void **state)
{
	struct pack_report report;
	struct chunks *c;
	struct err e;

	(void)state;
	make_small_pack();
	for (size_t len = 0; len < pack.len; len += 1 + len / 9) {
		rig_replace(rig.store, name, pack.data, len);
		assert_int_equal(pack_check(rig.store, &sha256, &report, &e),
		    -1);
		assert_int_equal(e.kind, ERR_DAMAGED);
		c = rig_chunks(&rig, "a");
		assert_int_equal(chunks_bad(c), 1);
		assert_int_equal(read_small(c, &e), 0);
		assert_int_equal(e.kind, ERR_ABSENT);
		chunks_close(c);
	}
	OK(buf_add_byte(&pack, 0, &e) == 0);
	rig_replace(rig.store, name, pack.data, pack.len);
	c = rig_chunks(&rig, "a");
	assert_int_equal(chunks_bad(c), 1);
	chunks_close(c);
	/* A bad pack is tried again each time. */
	rig_replace(rig.store, name, pack.data, pack.len - 1);
	c = rig_chunks(&rig, "a");
	assert_int_equal(chunks_bad(c), 0);
	assert_int_equal(read_small(c, &e), 3);
	chunks_close(c);
	OK(store_remove(rig.store, name, &e) == 0);
	assert_int_equal(pack_check(rig.store, &sha256, &report, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
}

/* Put the pack with another directory, made right in all its numbers. */
static void
forge(void (*change)(struct pack_directory *))
{
	const uint8_t *trailer = pack.data + pack.len - PACK_TRAILER_SIZE;
	struct pack_trailer t;
	struct pack_directory d;
	struct buf b, end;
	struct err e;

	OK(pack_trailer_parse(trailer, pack.len, &t, &e) == 0);
	OK(pack_directory_parse(pack.data + t.offset, &t, &d, &e) == 0);
	change(&d);
	buf_init(&b, 1 << 20);
	buf_init(&end, 1 << 20);
	OK(buf_add(&b, pack.data, t.offset, &e) == 0);
	OK(pack_end_build(t.offset, &d, &end, &e) == 0);
	OK(buf_add(&b, end.data, end.len, &e) == 0);
	OK(store_remove(rig.store, name, &e) == 0);
	id_sha256(b.data, b.len, &sha256);
	(void)pack_name(&sha256, name);
	rig_replace(rig.store, name, b.data, b.len);
	pack_directory_drop(&d);
	buf_drop(&b);
	buf_drop(&end);
}

static void
swap_ids(struct pack_directory *d)
{
	struct id id = d->v[0].id;

	d->v[0].id = d->v[1].id;
	d->v[1].id = id;
}

static void
swap_numbers(struct pack_directory *d)
{
	d->v[0].number = 1;
	d->v[1].number = 0;
}

static void
swap_places(struct pack_directory *d)
{
	uint64_t offset = d->v[0].offset;
	uint32_t sealed = d->v[0].sealed;

	d->v[0].offset = d->v[1].offset;
	d->v[0].sealed = d->v[1].sealed;
	d->v[1].offset = offset;
	d->v[1].sealed = sealed;
}

static void
mix_slots(struct pack_directory *d)
{
	/* The names of the two recipients, the first key's box spoilt. */
	memset(d->keys + 4, 0, 8);
	memset(d->keys + 4 + 88, 0, 8);
	d->keys[4 + 8] ^= 1;
	d->keys[4 + 88 + 8] ^= 1;
}

static void
a_forged_directory_opens_nothing(void **state)
{
	void (*const changes[])(struct pack_directory *) = { swap_ids,
		swap_numbers, swap_places, mix_slots };
	const int right[] = { 1, 1, 1, 0 };
	struct pack_report report;
	struct chunks *c;
	struct err e;

	(void)state;
	make_small_pack();
	for (int i = 0; i < 4; i++) {
		forge(changes[i]);
		c = rig_chunks(&rig, "a");
		assert_int_equal(chunks_bad(c), 0);
		assert_int_equal(read_small(c, &e), right[i]);
		OK(pack_check(rig.store, &sha256, &report, &e) == 0);
		assert_int_equal(rig_check_pack(c, &sha256, &report, &e),
		    -1);
		assert_int_equal(e.kind, i == 3 ? ERR_DENIED : ERR_DAMAGED);
		assert_int_equal(report.checked, right[i]);
		assert_non_null(strstr(e.text, name));
		chunks_close(c);
	}
}

static void
swap_names(struct pack_directory *d)
{
	uint8_t first[8];

	memcpy(first, d->keys + 4, 8);
	memcpy(d->keys + 4, d->keys + 4 + 88, 8);
	memcpy(d->keys + 4 + 88, first, 8);
}

static void
slots_are_tried_whatever_they_are_named(void **state)
{
	struct chunks *c;
	struct err e;

	(void)state;
	make_small_pack();
	forge(swap_names);
	c = rig_chunks(&rig, "a");
	assert_int_equal(read_small(c, &e), 3);
	chunks_close(c);
}

static void
of_two_copies_one_may_be_damaged(void **state)
{
	struct chunks_options o = rig_options(&rig, "a");
	struct chunks *a = rig_chunks(&rig, "a");
	struct chunks *b = rig_chunks(&rig, "b");
	struct source *s;
	struct err e;
	const void *p;
	size_t len, n;

	(void)state;
	rig_put(a, CONTENT_RUN, data, BIG, &refs);
	rig_put(b, CONTENT_RUN, data, BIG, &refs);
	refs.n /= 2;
	OK(chunks_flush(a, &e) == 0);
	OK(chunks_flush(b, &e) == 0);
	chunks_close(a);
	chunks_close(b);
	n = rig_pack(rig.store, 0, name);
	assert_true(n >= 2);
	OK(store_get_all(rig.store, name, &pack, &e) == 0);
	for (size_t i = PACK_HEADER_SIZE; i < pack.len / 2; i += 500)
		pack.data[i] ^= 4;
	a = rig_chunks(&rig, "a");
	rig_replace(rig.store, name, pack.data, pack.len);
	free(rig_get(a, &refs, &len));
	assert_int_equal(len, BIG);
	chunks_close(a);
	/* Damage a second one, and there may be nothing left. */
	for (size_t i = 1; i < n; i++) {
		(void)rig_pack(rig.store, i, name);
		buf_clear(&pack);
		OK(store_get_all(rig.store, name, &pack, &e) == 0);
		for (size_t k = PACK_HEADER_SIZE; k < pack.len / 2; k += 500)
			pack.data[k] ^= 4;
		rig_replace(rig.store, name, pack.data, pack.len);
	}
	OK((a = chunks_open(&o, &e)) != NULL);
	OK((s = source_new(a, refs.v, refs.n, &e)) != NULL);
	while ((n = (size_t)source_read(s, &p, &len, &e)) == 1)
		;
	assert_int_equal((int)n, -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	assert_non_null(strstr(e.text, "pack packs/"));
	source_free(s);
	chunks_close(a);
}

static void
stored_bytes_and_index_hold_no_plaintext(void **state)
{
	static const char word[] = "warehouse Administrator";
	struct chunks *c = rig_chunks(&rig, "a");
	struct buf file;
	struct err e;
	char path[PATH_MAX + 32];

	(void)state;
	for (size_t i = 0; i + sizeof(word) < SMALL; i += sizeof(word) - 1)
		memcpy(data + i, word, sizeof(word) - 1);
	rig_put(c, CONTENT_RUN, data, 20, &refs);
	rig_put(c, CONTENT_RUN, data, SMALL, &refs);
	OK(chunks_flush(c, &e) == 0);
	chunks_close(c);
	assert_int_equal(rig_pack(rig.store, 0, name), 1);
	OK(store_get_all(rig.store, name, &pack, &e) == 0);
	assert_null(memmem(pack.data, pack.len, "warehouse", 9));
	buf_init(&file, 64 << 20);
	(void)snprintf(path, sizeof(path), "%s/a/data.mdb", rig.folder);
	OK(file_load(path, &file, &e) == 0);
	assert_null(memmem(file.data, file.len, "warehouse", 9));
	buf_drop(&file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, open_rig, close_rig)
		T(no_bit_of_a_pack_can_change_unnoticed),
		T(a_pack_cut_short_or_long_is_damaged),
		T(a_forged_directory_opens_nothing),
		T(slots_are_tried_whatever_they_are_named),
		T(of_two_copies_one_may_be_damaged),
		T(stored_bytes_and_index_hold_no_plaintext),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
