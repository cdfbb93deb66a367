/* The bytes of a pack, and every way in which they can be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "pack/pack.h"
#include "../../lib/noise.h"

#define BODY 5000u

static struct buf keys, end;
static struct pack_entry entries[3];

static int
build(void **state)
{
	struct pack_slot slots[2];
	struct pack_directory d = { .v = entries, .n = 3 };
	struct err e;

	(void)state;
	buf_init(&keys, 1 << 16);
	buf_init(&end, 1 << 16);
	noise_fill(slots, sizeof(slots), 1);
	if (pack_keys_build(slots, 2, &keys, &e) == -1)
		return -1;
	for (unsigned i = 0; i < 3; i++) {
		noise_fill(entries[i].id.b, ID_SIZE, i + 2);
		entries[i].offset = PACK_HEADER_SIZE + 1000 * i;
		entries[i].number = i;
		entries[i].sealed = 1000;
		entries[i].opened = i == 1 ? 3000 : 984;
		entries[i].key = 0;
		entries[i].coding = i == 1 ? PACK_ZSTD : PACK_STORED;
	}
	d.keys = keys.data;
	d.keys_len = keys.len;
	return pack_end_build(BODY, &d, &end, &e);
}

static int
drop(void **state)
{
	(void)state;
	buf_drop(&keys);
	buf_drop(&end);
	return 0;
}

/* Read what an object of BODY and these bytes would be. */
static int
parse(const struct buf *b, struct pack_directory *d, struct err *e)
{
	struct pack_trailer t;
	const uint8_t *trailer = b->data + b->len - PACK_TRAILER_SIZE;

	err_clear(e);
	if (pack_trailer_parse(trailer, BODY + b->len, &t, e) == -1)
		return -1;
	return pack_directory_parse(b->data + t.offset - BODY, &t, d, e);
}

static void
what_was_built_is_read(void **state)
{
	struct pack_directory d;
	struct pack_slot slots[PACK_SLOTS_MAX];
	struct err e;
	size_t n;

	(void)state;
	assert_int_equal(parse(&end, &d, &e), 0);
	assert_int_equal(d.n, 3);
	assert_int_equal(d.keys_len, keys.len);
	assert_memory_equal(d.keys, keys.data, keys.len);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(id_compare(&d.v[i].id, &entries[i].id), 0);
		assert_int_equal(d.v[i].offset, entries[i].offset);
		assert_int_equal(d.v[i].number, entries[i].number);
		assert_int_equal(d.v[i].sealed, entries[i].sealed);
		assert_int_equal(d.v[i].opened, entries[i].opened);
		assert_int_equal(d.v[i].key, entries[i].key);
		assert_int_equal(d.v[i].coding, entries[i].coding);
	}
	assert_int_equal(pack_keys_find(d.keys, d.keys_len, 0, slots, &n, &e),
	    0);
	assert_int_equal(n, 2);
	assert_memory_equal(slots[1].box, keys.data + 4 + 88 + 8, 80);
	assert_int_equal(pack_keys_find(d.keys, d.keys_len, 1, slots, &n, &e),
	    -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	pack_directory_drop(&d);
	pack_directory_drop(&d);
}

static void
bytes_are_where_the_manual_says(void **state)
{
	uint8_t head[PACK_HEADER_SIZE];
	const uint8_t *t = end.data + end.len - PACK_TRAILER_SIZE;
	const uint8_t *v = end.data + keys.len + 4 + PACK_ENTRY_SIZE;

	(void)state;
	pack_header(head);
	assert_memory_equal(head, "MUSTERPK\1\0\0\0\0\0\0\0", 16);
	assert_memory_equal(keys.data, "\1\0\2\0", 4);
	assert_int_equal(keys.len, 4 + 2 * 88);
	assert_memory_equal(end.data + keys.len, "\3\0\0\0", 4);
	assert_memory_equal(v, entries[1].id.b, 32);
	assert_memory_equal(v + 32, "\370\3\0\0\0\0\0\0", 8);
	assert_memory_equal(v + 40, "\350\3\0\0\270\13\0\0", 8);
	assert_memory_equal(v + 48, "\0\0\1\0\0\0\0\0\0\0\1", 11);
	assert_memory_equal(t + 32, "\210\23\0\0\0\0\0\0", 8);
	assert_int_equal(t[40] | t[41] << 8, end.len - 64);
	assert_memory_equal(t + 48, "\1\0\0\0\0\0\0\0MUSTERPE", 16);
}

static void
no_bit_of_the_end_can_change(void **state)
{
	struct pack_directory d;
	struct err e;

	(void)state;
	for (size_t i = 0; i < end.len * 8; i++) {
		end.data[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(parse(&end, &d, &e), -1);
		assert_true(e.kind == ERR_DAMAGED ||
		    e.kind == ERR_UNSUPPORTED);
		assert_null(d.v);
		end.data[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	assert_int_equal(parse(&end, &d, &e), 0);
	pack_directory_drop(&d);
}

/* Directory and trailer of this one entry, whatever it says. */
static int
parse_entry(const struct pack_entry *v, struct err *e)
{
	struct pack_directory d = { keys.data, keys.len,
	    (struct pack_entry *)(uintptr_t)v, 1 };
	struct buf b;
	int rc;

	buf_init(&b, 1 << 16);
	assert_int_equal(pack_end_build(BODY, &d, &b, e), 0);
	if ((rc = parse(&b, &d, e)) == 0)
		pack_directory_drop(&d);
	buf_drop(&b);
	return rc;
}

static void
an_entry_that_cannot_be_is_refused(void **state)
{
	const struct pack_entry good = entries[1];
	struct pack_entry v[16];
	struct err e;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < 16; i++)
		v[i] = good;
	v[n++].offset = 15;
	v[n++].offset = BODY - 999;
	v[n++].offset = BODY + 1;
	v[n++].offset = UINT64_MAX;
	v[n++].offset = UINT64_MAX - 999;
	v[n++].sealed = BODY;
	v[n++].sealed = SEAL_TAG;
	v[n++].sealed = 0;
	v[n++].sealed = UINT32_MAX;
	v[n++].opened = 0;
	v[n++].opened = PACK_CHUNK_MAX + 1;
	v[n++].opened = 984;		/* compressed, and not smaller */
	v[n++].key = 1;
	v[n++].coding = PACK_STORED;	/* of another length */
	v[n++].coding = 2;
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(parse_entry(&v[i], &e), -1);
		assert_int_equal(e.kind, ERR_DAMAGED);
	}
	v[n] = good;
	v[n].offset = BODY - 1000;
	v[n].opened = PACK_CHUNK_MAX;
	assert_int_equal(parse_entry(&v[n], &e), 0);
}

/* A directory of these bytes. */
static int
parse_bytes(const void *p, size_t len, struct err *e)
{
	struct pack_trailer t = { .offset = BODY, .len = len };
	struct pack_directory d;

	id_sha256(p, len, &t.digest);
	err_clear(e);
	if (pack_directory_parse(p, &t, &d, e) == -1)
		return -1;
	pack_directory_drop(&d);
	return 0;
}

static void
a_directory_of_another_length_is_refused(void **state)
{
	struct err e;
	size_t len = end.len - PACK_TRAILER_SIZE;
	uint8_t *p;

	(void)state;
	assert_int_equal(parse_bytes(end.data, len, &e), 0);
	for (size_t i = 0; i < len; i++) {
		/* Exactly so large, so that reading beyond is seen. */
		assert_non_null(p = malloc(i + 1));
		memcpy(p, end.data, i);
		assert_int_equal(parse_bytes(p, i, &e), -1);
		assert_int_equal(e.kind, ERR_DAMAGED);
		free(p);
	}
	assert_int_equal(parse_bytes(end.data, len + 1, &e), -1);
}

static void
a_key_table_that_cannot_be_is_refused(void **state)
{
	uint8_t copy[1024];
	size_t len = end.len - PACK_TRAILER_SIZE;
	struct err e;
	const uint16_t wrong[][2] = { { 0, 0 }, { 0, 2 }, { 0, 65535 },
		{ 2, 0 }, { 2, 1 }, { 2, 3 }, { 2, 17 }, { 2, 65535 } };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		memcpy(copy, end.data, len);
		copy[wrong[i][0]] = (uint8_t)wrong[i][1];
		copy[wrong[i][0] + 1] = (uint8_t)(wrong[i][1] >> 8);
		assert_int_equal(parse_bytes(copy, len, &e), -1);
		assert_int_equal(e.kind, ERR_DAMAGED);
	}
}

static void
several_data_keys_are_found_by_number(void **state)
{
	struct pack_slot slot[3], found[PACK_SLOTS_MAX];
	struct buf one, all;
	struct err e;
	size_t n;

	(void)state;
	noise_fill(slot, sizeof(slot), 9);
	buf_init(&one, 1 << 16);
	buf_init(&all, 1 << 16);
	assert_int_equal(buf_add_u16(&all, 2, &e), 0);
	assert_int_equal(pack_keys_build(slot, 1, &one, &e), 0);
	assert_int_equal(pack_keys_build(slot + 1, 2, &one, &e), 0);
	assert_int_equal(buf_add(&all, one.data + 2, 90, &e), 0);
	assert_int_equal(buf_add(&all, one.data + 94, 178, &e), 0);
	assert_int_equal(pack_keys_find(all.data, all.len, 0, found, &n, &e),
	    0);
	assert_int_equal(n, 1);
	assert_memory_equal(found, slot, sizeof(*slot));
	assert_int_equal(pack_keys_find(all.data, all.len, 1, found, &n, &e),
	    0);
	assert_int_equal(n, 2);
	assert_memory_equal(found, slot + 1, 2 * sizeof(*slot));
	assert_int_equal(pack_keys_find(all.data, all.len, 2, found, &n, &e),
	    -1);
	buf_drop(&one);
	buf_drop(&all);
}

static void
a_newer_version_is_named(void **state)
{
	uint8_t head[PACK_HEADER_SIZE], *t;
	struct pack_directory d;
	struct err e;

	(void)state;
	pack_header(head);
	assert_int_equal(pack_header_check(head, &e), 0);
	head[8] = 2;
	assert_int_equal(pack_header_check(head, &e), -1);
	assert_int_equal(e.kind, ERR_UNSUPPORTED);
	assert_non_null(strstr(e.text, "version 2"));
	head[8] = 0;
	assert_int_equal(pack_header_check(head, &e), -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	pack_header(head);
	head[12] = 1;
	assert_int_equal(pack_header_check(head, &e), -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	head[0] = 'm';
	assert_int_equal(pack_header_check(head, &e), -1);
	t = end.data + end.len - PACK_TRAILER_SIZE;
	t[48] = 2;
	assert_int_equal(parse(&end, &d, &e), -1);
	assert_int_equal(e.kind, ERR_UNSUPPORTED);
	t[48] = 1;
}

static void
an_object_too_large_is_no_pack(void **state)
{
	struct pack_trailer t;
	struct buf b;
	struct err e;
	struct pack_directory d = { keys.data, keys.len, entries, 0 };
	uint64_t body = PACK_SIZE_MAX - 64 - keys.len - 4;

	(void)state;
	buf_init(&b, 1 << 16);
	assert_int_equal(pack_end_build(body, &d, &b, &e), 0);
	assert_int_equal(pack_trailer_parse(b.data + b.len - 64,
	    PACK_SIZE_MAX, &t, &e), 0);
	assert_int_equal(pack_end_build(body + 1, &d, &b, &e), 0);
	assert_int_equal(pack_trailer_parse(b.data + b.len - 64,
	    PACK_SIZE_MAX + 1, &t, &e), -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	buf_drop(&b);
}

static void
names_are_exact(void **state)
{
	struct id id, back;
	char name[PACK_NAME_SIZE];

	(void)state;
	noise_fill(id.b, ID_SIZE, 5);
	(void)pack_name(&id, name);
	assert_int_equal(strlen(name), 73);
	assert_memory_equal(name, "packs/", 6);
	assert_int_equal(pack_name_parse(name, &back), 0);
	assert_int_equal(id_compare(&id, &back), 0);
	name[6] ^= 1;
	assert_int_equal(pack_name_parse(name, &back), -1);
	name[6] ^= 1;
	name[72] = 'A';
	assert_int_equal(pack_name_parse(name, &back), -1);
	assert_int_equal(pack_name_parse("packs/", &back), -1);
	assert_int_equal(pack_name_parse("", &back), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_built_is_read),
		cmocka_unit_test(bytes_are_where_the_manual_says),
		cmocka_unit_test(no_bit_of_the_end_can_change),
		cmocka_unit_test(an_entry_that_cannot_be_is_refused),
		cmocka_unit_test(a_directory_of_another_length_is_refused),
		cmocka_unit_test(a_key_table_that_cannot_be_is_refused),
		cmocka_unit_test(several_data_keys_are_found_by_number),
		cmocka_unit_test(a_newer_version_is_named),
		cmocka_unit_test(an_object_too_large_is_no_pack),
		cmocka_unit_test(names_are_exact),
	};

	return cmocka_run_group_tests(tests, build, drop);
}
