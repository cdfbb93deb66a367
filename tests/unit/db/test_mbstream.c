/*
 * The stream of mariadb-backup, whole and damaged: every refusal names what is
 * wrong and where.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "db/mbstream.h"

static struct buf in;
static struct err e;

static int
begin(void **state)
{
	(void)state;
	buf_init(&in, (size_t)64 << 20);
	err_clear(&e);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	buf_drop(&in);
	return 0;
}

static void
head(char type, unsigned flags, const char *name)
{
	struct err x;

	assert_int_equal(buf_add(&in, "XBSTCK01", 8, &x), 0);
	assert_int_equal(buf_add_byte(&in, (uint8_t)flags, &x), 0);
	assert_int_equal(buf_add_byte(&in, (uint8_t)type, &x), 0);
	assert_int_equal(buf_add_u32(&in, (uint32_t)strlen(name), &x), 0);
	assert_int_equal(buf_add_text(&in, name, &x), 0);
}

static void
data(const char *name, uint64_t offset, const void *p, size_t n, uint32_t spoil)
{
	struct err x;

	head('P', 0, name);
	assert_int_equal(buf_add_u64(&in, n, &x), 0);
	assert_int_equal(buf_add_u64(&in, offset, &x), 0);
	assert_int_equal(buf_add_u32(&in, (uint32_t)crc32(0, p, (uInt)n) +
	    spoil, &x), 0);
	assert_int_equal(buf_add(&in, p, n, &x), 0);
}

/* What there is to read, as a descriptor. */
static int
as_file(void)
{
	int fd = memfd_create("stream", MFD_CLOEXEC);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, in.data, in.len), (ssize_t)in.len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* Read all; how it ended: 0 or -1 with the error. */
static int
read_all(size_t *items, size_t *bytes)
{
	struct mbstream_item i;
	struct mbstream *m;
	const void *p;
	int fd = as_file(), rc;
	size_t n;

	*items = *bytes = 0;
	assert_non_null(m = mbstream_new(fd, &e));
	while ((rc = mbstream_next(m, &i, &e)) == 1) {
		++*items;
		if (i.kind != MBSTREAM_DATA)
			continue;
		while ((rc = mbstream_read(m, &p, &n, &e)) == 1)
			*bytes += n;
		if (rc == -1)
			break;
	}
	mbstream_free(m);
	(void)close(fd);
	return rc;
}

static void
expect(enum err_kind kind, const char *text)
{
	size_t items, bytes;

	assert_int_equal(read_all(&items, &bytes), -1);
	assert_int_equal(e.kind, kind);
	if (strstr(e.text, text) == NULL)
		fail_msg("\"%s\" is not in: %s", text, e.text);
}

static void
every_kind_of_item_comes_as_it_was_sent(void **state)
{
	struct mbstream_item i;
	struct mbstream *m;
	const void *p;
	struct err x;
	size_t n;
	int fd;

	(void)state;
	data("./e/t.ibd", 7, "hello", 5, 0);
	head('E', 0, "e/t.ibd");
	head('R', 0, "e/a.frm");
	assert_int_equal(buf_add_u32(&in, 7, &x), 0);
	assert_int_equal(buf_add_text(&in, "e/b.frm", &x), 0);
	head('D', 0, "e/b.frm");
	fd = as_file();
	assert_non_null(m = mbstream_new(fd, &e));
	assert_int_equal(mbstream_next(m, &i, &e), 1);
	assert_int_equal(i.kind, MBSTREAM_DATA);
	assert_string_equal(i.name, "e/t.ibd");
	assert_int_equal(i.offset, 7);
	assert_int_equal(i.len, 5);
	assert_int_equal(mbstream_read(m, &p, &n, &e), 1);
	assert_int_equal(n, 5);
	assert_memory_equal(p, "hello", 5);
	assert_int_equal(mbstream_read(m, &p, &n, &e), 0);
	assert_int_equal(mbstream_next(m, &i, &e), 1);
	assert_int_equal(i.kind, MBSTREAM_END);
	assert_int_equal(mbstream_next(m, &i, &e), 1);
	assert_int_equal(i.kind, MBSTREAM_RENAME);
	assert_string_equal(i.name, "e/a.frm");
	assert_string_equal(i.to, "e/b.frm");
	assert_int_equal(mbstream_next(m, &i, &e), 1);
	assert_int_equal(i.kind, MBSTREAM_REMOVE);
	assert_string_equal(i.name, "e/b.frm");
	assert_int_equal(mbstream_next(m, &i, &e), 0);
	mbstream_free(m);
	(void)close(fd);
}

static void
nothing_is_an_empty_stream(void **state)
{
	size_t items, bytes;

	(void)state;
	assert_int_equal(read_all(&items, &bytes), 0);
	assert_int_equal(items, 0);
}

static void
data_of_any_length_is_read_whole(void **state)
{
	static const size_t sizes[] = { 0, 1, 65536, 262144, 262145, 3000000 };
	uint8_t *p = calloc(1, 3000000);
	size_t i, items, bytes, sum = 0;

	(void)state;
	assert_non_null(p);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		memset(p, (int)i + 1, sizes[i]);
		data("f", sum, p, sizes[i], 0);
		sum += sizes[i];
	}
	assert_int_equal(read_all(&items, &bytes), 0);
	assert_int_equal(items, 6);
	assert_int_equal(bytes, sum);
	free(p);
}

/* Wherever it is cut but between two items, that is noticed. */
static void
a_stream_that_is_cut_is_damaged(void **state)
{
	size_t whole, first, items, bytes, n;
	struct err x;

	(void)state;
	data("some/file", 0, "0123456789", 10, 0);
	first = in.len;
	head('R', 0, "a");
	assert_int_equal(buf_add_u32(&in, 1, &x), 0);
	assert_int_equal(buf_add_text(&in, "b", &x), 0);
	whole = in.len;
	for (n = 1; n < whole; n++) {
		in.len = n;
		if (n == first) {
			assert_int_equal(read_all(&items, &bytes), 0);
			continue;
		}
		expect(ERR_DAMAGED, "it ends here");
	}
	in.len = whole;
	assert_int_equal(read_all(&items, &bytes), 0);
}

/* A bit that is flipped in the bytes of a file never passes. */
static void
a_wrong_checksum_is_damaged(void **state)
{
	(void)state;
	data("e/t.ibd", 0, "hello", 5, 1);
	expect(ERR_DAMAGED, "e/t.ibd: the bytes before");
	buf_clear(&in);
	data("e/t.ibd", 0, "hello", 5, 0);
	in.data[in.len - 1] ^= 1;
	expect(ERR_DAMAGED, "CRC-32");
	buf_clear(&in);
	data("e/t.ibd", 0, "", 0, 1);
	expect(ERR_DAMAGED, "CRC-32");
}

static void
what_is_no_such_stream_is_named_by_its_place(void **state)
{
	(void)state;
	assert_int_equal(buf_add_text(&in, "mariadb-backup: not found\n", &e),
	    0);
	expect(ERR_DAMAGED, "at byte 14: expected XBSTCK01");
}

static void
names_never_lead_outside(void **state)
{
	static const char *const bad[] = { "", "/etc/passwd", "../x", "a/../b",
	    "a/..", ".", "..", "a//b", "a/", "a/./b", "./../x", "./" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		buf_clear(&in);
		data(bad[i], 0, "x", 1, 0);
		expect(ERR_DAMAGED, "a relative name");
	}
	buf_clear(&in);
	data("a-b", 0, "x", 1, 0);
	in.data[15] = '\0';
	expect(ERR_DAMAGED, "a relative name");
	buf_clear(&in);
	head('R', 0, "a");
	assert_int_equal(buf_add_u32(&in, 4, &e), 0);
	assert_int_equal(buf_add_text(&in, "../x", &e), 0);
	expect(ERR_DAMAGED, "a relative name");
}

static void
lengths_are_bounded(void **state)
{
	char name[600];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[511] = '\0';
	data(name, 0, "x", 1, 0);
	name[511] = 'n';
	name[512] = '\0';
	head('E', 0, name);
	expect(ERR_DAMAGED, "511");
	buf_clear(&in);
	head('P', 0, "a");
	assert_int_equal(buf_add_u64(&in, UINT64_MAX, &e), 0);
	assert_int_equal(buf_add_u64(&in, 0, &e), 0);
	assert_int_equal(buf_add_u32(&in, 0, &e), 0);
	expect(ERR_DAMAGED, "a length");
	buf_clear(&in);
	head('P', 0, "a");
	assert_int_equal(buf_add_u64(&in, 2, &e), 0);
	assert_int_equal(buf_add_u64(&in, INT64_MAX - 1, &e), 0);
	assert_int_equal(buf_add_u32(&in, 0, &e), 0);
	expect(ERR_DAMAGED, "a length");
}

/* What writes over earlier bytes would leave an archive that is wrong. */
static void
what_cannot_be_kept_is_refused(void **state)
{
	(void)state;
	head('S', 0, "e/t.ibd");
	assert_int_equal(buf_add_u64(&in, 0, &e), 0);
	expect(ERR_UNSUPPORTED, "kind 83 for e/t.ibd");
	buf_clear(&in);
	head('P', 2, "e/t.ibd");
	expect(ERR_UNSUPPORTED, "over a part of e/t.ibd");
	buf_clear(&in);
	head('Z', 1, "e/t.ibd");
	expect(ERR_UNSUPPORTED, "kind 90");
}

static void
a_descriptor_that_cannot_be_read_is_said(void **state)
{
	struct mbstream_item i;
	struct mbstream *m;
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_non_null(m = mbstream_new(fd, &e));
	assert_int_equal(mbstream_next(m, &i, &e), -1);
	assert_int_equal(e.kind, ERR_SYSTEM);
	mbstream_free(m);
	(void)close(fd);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		T(every_kind_of_item_comes_as_it_was_sent),
		T(nothing_is_an_empty_stream),
		T(data_of_any_length_is_read_whole),
		T(a_stream_that_is_cut_is_damaged),
		T(a_wrong_checksum_is_damaged),
		T(what_is_no_such_stream_is_named_by_its_place),
		T(names_never_lead_outside),
		T(lengths_are_bounded),
		T(what_cannot_be_kept_is_refused),
		T(a_descriptor_that_cannot_be_read_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
