/* Entries through tar and back: nothing is lost, nothing is made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "archive/entry.h"
#include "archive/pax.h"
#include "base/buf.h"
#include "base/err.h"
#include "../../lib/live_chunks.h"

static struct live_chunks live;

/* The segments a writer made, at most a few. */
struct got {
	struct segment	 seg[4];
	size_t		 n;
};

static int
keep(void *cookie, const struct segment *s, struct err *e)
{
	struct got *g = cookie;
	struct segment *to = &g->seg[g->n++];

	assert_true(g->n <= 4);
	segment_init(to);
	to->entries = s->entries;
	to->size = s->size;
	to->first = strdup(s->first);
	to->last = strdup(s->last);
	return refs_append(&to->refs, &s->refs, e);
}

static void
drop(struct got *g)
{
	while (g->n > 0)
		segment_drop(&g->seg[--g->n]);
}

static struct entry
plain(const char *path)
{
	return (struct entry){
		.path = path, .mode = S_IFREG | 0644, .uid = 1000,
		.gid = 1001, .mtime_sec = 1700000000, .mtime_nsec = 123456789,
	};
}

static void
assert_same_text(const char *a, const char *b)
{
	assert_int_equal(a == NULL, b == NULL);
	if (a != NULL)
		assert_string_equal(a, b);
}

static void
assert_same(const struct entry *a, const struct entry *b)
{
	size_t i;

	assert_string_equal(a->path, b->path);
	assert_same_text(a->link, b->link);
	assert_int_equal(a->hardlink, b->hardlink);
	assert_int_equal(a->mode, b->mode);
	assert_int_equal(a->uid, b->uid);
	assert_int_equal(a->gid, b->gid);
	assert_same_text(a->user, b->user);
	assert_same_text(a->group, b->group);
	assert_int_equal(a->mtime_sec, b->mtime_sec);
	assert_int_equal(a->mtime_nsec, b->mtime_nsec);
	assert_int_equal(a->rdev_major, b->rdev_major);
	assert_int_equal(a->rdev_minor, b->rdev_minor);
	assert_same_text(a->acl_access, b->acl_access);
	assert_same_text(a->acl_default, b->acl_default);
	assert_int_equal(a->n_xattrs, b->n_xattrs);
	for (i = 0; i < a->n_xattrs; i++) {
		assert_string_equal(a->xattrs[i].name, b->xattrs[i].name);
		assert_int_equal(a->xattrs[i].len, b->xattrs[i].len);
		assert_memory_equal(a->xattrs[i].value, b->xattrs[i].value,
		    a->xattrs[i].len);
	}
}

static void
assert_content(struct entry_reader *r, const void *want, size_t len)
{
	const uint8_t *p = want;
	const void *data;
	size_t n, got = 0;
	struct err e;
	int rc;

	while ((rc = entry_reader_read(r, &data, &n, &e)) == 1) {
		assert_true(n <= len - got);
		assert_memory_equal(data, p + got, n);
		got += n;
	}
	assert_int_equal(rc, 0);
	assert_int_equal(got, len);
}

/* One entry with its content, written and read back. */
static void
round_trip(const struct entry *en, const void *content, size_t len)
{
	struct got g = { .n = 0 };
	struct entry_writer *w;
	struct entry_reader *r;
	const struct entry *back;
	struct err e;

	assert_non_null(w = entry_writer_new(live.chunks, keep, &g, &e));
	if (entry_writer_add(w, en, content, len, &e) == -1)
		fail_msg("%s", e.text);
	assert_int_equal(entry_writer_cut(w, &e), 0);
	entry_writer_free(w);
	assert_int_equal(chunks_flush(live.chunks, &e), 0);
	assert_int_equal(g.n, 1);
	assert_string_equal(g.seg[0].first, en->path);
	assert_non_null(r = entry_reader_new(live.chunks, &g.seg[0], &e));
	if (entry_reader_next(r, &back, &e) != 1)
		fail_msg("%s", e.text);
	assert_same(en, back);
	assert_content(r, content, len);
	assert_int_equal(entry_reader_next(r, &back, &e), 0);
	entry_reader_free(r);
	drop(&g);
}

static void
odd_names_come_back_as_the_bytes_they_were(void **state)
{
	static const char *const names[] = {
		"simple", "a/b c", "new\nline", "tab\t", "\xff\xfe\x80",
		"e\xcc\x81", "\xc3\xa9", "caf\xe9/latin1", "a\\b", "\x01\x7f",
		"=", "12 path=x\n", "PaxHeader/x", "._mac", "./.x" + 2,
	};
	struct entry en;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		en = plain(names[i]);
		round_trip(&en, "x", 1);
		en.mode = S_IFLNK | 0777;
		en.link = names[i];
		round_trip(&en, NULL, 0);
		en.mode = S_IFDIR | 0755;
		en.link = NULL;
		round_trip(&en, NULL, 0);
	}
}

static void
names_of_every_length_come_back(void **state)
{
	static const size_t lengths[] = {
		99, 100, 101, 155, 156, 255, 256, 257, 300, 4095, 4096, 4097,
		5000, 65535,
	};
	static char name[ARCHIVE_PATH_MAX + 1];
	struct entry en;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		memset(name, 'n', lengths[i]);
		for (k = 199; k + 1 < lengths[i]; k += 200)
			name[k] = '/';
		name[lengths[i]] = '\0';
		en = plain(name);
		round_trip(&en, "x", 1);
		en.hardlink = true;
		en.link = name;
		round_trip(&en, NULL, 0);
		name[0] = (char)0xff;
		en.link = NULL;
		en.hardlink = false;
		round_trip(&en, "x", 1);
	}
}

static void
every_kind_of_entry_comes_back(void **state)
{
	static const struct {
		mode_t mode;
		const char *link;
		uint32_t major, minor;
	} t[] = {
		{ S_IFREG | 0, NULL, 0, 0 },
		{ S_IFREG | 07777, NULL, 0, 0 },
		{ S_IFDIR | 01777, NULL, 0, 0 },
		{ S_IFDIR | 02755, NULL, 0, 0 },
		{ S_IFIFO | 0600, NULL, 0, 0 },
		{ S_IFCHR | 0666, NULL, 1, 3 },
		{ S_IFBLK | 0660, NULL, 259, 1048575 },
		{ S_IFCHR | 0660, NULL, 4095, 262144 },
		{ S_IFLNK | 0777, "/etc/passwd", 0, 0 },
		{ S_IFLNK | 0777, "../../up", 0, 0 },
		{ S_IFLNK | 0777, "nowhere at all", 0, 0 },
		{ S_IFLNK | 0777, "trailing/", 0, 0 },
	};
	struct entry en = plain("some/thing");
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		en.mode = t[i].mode;
		en.link = t[i].link;
		en.rdev_major = t[i].major;
		en.rdev_minor = t[i].minor;
		round_trip(&en, NULL, 0);
	}
}

static void
a_symlink_may_point_as_far_as_the_system_allows(void **state)
{
	static char target[4096];
	struct entry en = plain("link");

	(void)state;
	memset(target, 't', 4095);
	en.mode = S_IFLNK | 0777;
	en.link = target;
	round_trip(&en, NULL, 0);
}

static void
times_come_back_to_the_nanosecond(void **state)
{
	static const struct {
		int64_t sec;
		long nsec;
	} t[] = {
		{ 0, 0 }, { 0, 1 }, { 1, 999999999 }, { -1, 0 },
		{ -1, 500000000 }, { -5, 250000000 }, { -2208988800, 1 },
		{ 0x7fffffff, 0 }, { 0x80000000, 5 }, { 253402300799, 999 },
		{ 1700000000, 100000000 }, { 1700000000, 120 },
	};
	struct entry en = plain("t");
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		en.mtime_sec = t[i].sec;
		en.mtime_nsec = t[i].nsec;
		round_trip(&en, "abc", 3);
	}
}

static void
owners_of_any_number_and_name_come_back(void **state)
{
	struct entry en = plain("o");

	(void)state;
	en.uid = 4294967294;
	en.gid = 262144;
	round_trip(&en, NULL, 0);
	en.uid = 0;
	en.gid = 2097152;
	en.user = "frappe";
	en.group = "a group with a name that is longer than a tar header has";
	round_trip(&en, NULL, 0);
	en.user = "m\xc3\xbcller";
	round_trip(&en, NULL, 0);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct xattr *)a)->name,
	    ((const struct xattr *)b)->name);
}

static void
many_extended_attributes_of_any_bytes_come_back(void **state)
{
	static char names[60][64], values[60][300];
	struct xattr x[60];
	struct entry en = plain("x");
	size_t i, k;

	(void)state;
	for (i = 0; i < 60; i++) {
		(void)snprintf(names[i], sizeof(names[i]),
		    "user.some-attribute-%zu", i * 7919 % 60);
		for (k = 0; k < sizeof(values[i]); k++)
			values[i][k] = (char)(i * 37 + k);
		x[i] = (struct xattr){ names[i], values[i],
		    i * sizeof(values[i]) / 60 };
	}
	qsort(x, 60, sizeof(x[0]), by_name);
	en.xattrs = x;
	en.n_xattrs = 60;
	round_trip(&en, "content", 7);
}

static void
attributes_with_odd_names_come_back(void **state)
{
	static const struct xattr odd[] = {
		{ "security.capability", "\1\0\0\2\0\4\0\0\0\0\0", 20 },
		{ "trusted.x", "", 0 },
		{ "user.a=b", "x", 1 },
		{ "user.p%20q", "\n", 1 },
		{ "user.s p", "12 path=evil\n", 13 },
		{ "user.\xc3\xa9", "\xff", 1 },
	};
	static const char caps[20] = "\1\0\0\2\0\4";
	struct xattr x[6];
	struct entry en = plain("x");
	size_t i;

	(void)state;
	memcpy(x, odd, sizeof(x));
	x[0].value = caps;
	en.xattrs = x;
	en.n_xattrs = 6;
	round_trip(&en, NULL, 0);
	for (i = 0; i < 6; i++) {
		en.xattrs = &x[i];
		en.n_xattrs = 1;
		round_trip(&en, NULL, 0);
	}
}

static void
access_control_lists_come_back(void **state)
{
	struct entry en = plain("acl");

	(void)state;
	en.mode = S_IFDIR | 0750;	/* as libarchive sees it: group:: */
	en.acl_access = "user::rwx,user:0:r--,user:1000:rwx,group::r-x,"
	    "group:5:---,mask::rwx,other::---";
	round_trip(&en, NULL, 0);
	en.acl_default = "user::rwx,user:4000000:r-x,group::r-x,mask::r-x,"
	    "other::---";
	round_trip(&en, NULL, 0);
	en.acl_access = NULL;
	round_trip(&en, NULL, 0);
	en.acl_default = "user::rwx,group::r-x,other::r-x";
	round_trip(&en, NULL, 0);
}

static void
what_does_not_fit_a_header_is_refused_by_name(void **state)
{
	static char value[1200000];
	const struct xattr x = { "user.big", value, sizeof(value) };
	struct got g = { .n = 0 };
	struct entry en = plain("too/big");
	struct entry_writer *w;
	struct err e;

	(void)state;
	en.xattrs = &x;
	en.n_xattrs = 1;
	assert_non_null(w = entry_writer_new(live.chunks, keep, &g, &e));
	assert_int_equal(entry_writer_add(w, &en, NULL, 0, &e), -1);
	assert_int_equal(e.kind, ERR_UNSUPPORTED);
	assert_non_null(strstr(e.text, "too/big"));
	en.n_xattrs = 0;		/* it is as if it never was */
	en.path = "fine";
	assert_int_equal(entry_writer_add(w, &en, NULL, 0, &e), 0);
	assert_int_equal(entry_writer_cut(w, &e), 0);
	assert_int_equal(g.n, 1);
	assert_int_equal(g.seg[0].entries, 1);
	entry_writer_free(w);
	drop(&g);
}

static void
headers_hold_sizes_beyond_eight_gibibytes(void **state)
{
	struct entry en = plain("sparse");
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, 1 << 20);
	en.size = (uint64_t)9 << 30;
	assert_int_equal(pax_header(&en, &b, &e), 0);
	assert_int_equal(b.len % PAX_BLOCK, 0);
	assert_non_null(memmem(b.data, b.len, "size=9663676416\n", 16));
	buf_drop(&b);
}

static void
a_header_says_nothing_that_a_restore_cannot_reproduce(void **state)
{
	static const char *const never[] = {
		"atime", "ctime", "SCHILY.dev", "SCHILY.ino", "SCHILY.nlink",
		"LIBARCHIVE.creationtime", "fflags", "hdrcharset",
	};
	struct entry en = plain("x");
	struct buf a, b;
	struct err e;
	size_t i;

	(void)state;
	buf_init(&a, 1 << 20);
	buf_init(&b, 1 << 20);
	assert_int_equal(pax_header(&en, &a, &e), 0);
	assert_int_equal(pax_header(&en, &b, &e), 0);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
	for (i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		assert_null(memmem(a.data, a.len, never[i],
		    strlen(never[i])));
	en.path = "../x";
	assert_int_equal(pax_header(&en, &b, &e), -1);
	buf_drop(&a);
	buf_drop(&b);
}

static void
a_large_entry_is_a_segment_of_its_own(void **state)
{
	struct got g = { .n = 0 };
	struct entry a = plain("a"), big = plain("b"), c = plain("c");
	struct entry_writer *w;
	struct entry_reader *r;
	const struct entry *back;
	uint8_t *data;
	size_t i, len = 3000001;
	struct err e;

	(void)state;
	assert_non_null(data = malloc(len));
	for (i = 0; i < len; i++)
		data[i] = (uint8_t)(i * 2654435761u >> 13);
	assert_non_null(w = entry_writer_new(live.chunks, keep, &g, &e));
	assert_int_equal(entry_writer_add(w, &a, "A", 1, &e), 0);
	assert_int_equal(entry_writer_begin(w, CONTENT_BIG, &e), 0);
	assert_int_equal(entry_writer_write(w, "forgotten", 9, &e), 0);
	assert_int_equal(entry_writer_begin(w, CONTENT_BIG, &e), 0);
	for (i = 0; i < len; i += 1000000)
		assert_int_equal(entry_writer_write(w, data + i,
		    len - i < 1000000 ? len - i : 1000000, &e), 0);
	assert_int_equal(entry_writer_end(w, &big, &e), 0);
	assert_int_equal(entry_writer_add(w, &c, "C", 1, &e), 0);
	assert_int_equal(entry_writer_cut(w, &e), 0);
	assert_int_equal(entry_writer_cut(w, &e), 0);	/* nothing to cut */
	entry_writer_free(w);
	assert_int_equal(chunks_flush(live.chunks, &e), 0);
	assert_int_equal(g.n, 3);
	assert_string_equal(g.seg[1].first, "b");
	assert_int_equal(g.seg[1].size % PAX_BLOCK, 0);
	assert_non_null(r = entry_reader_new(live.chunks, &g.seg[1], &e));
	assert_int_equal(entry_reader_next(r, &back, &e), 1);
	assert_int_equal(back->size, len);
	assert_content(r, data, len);
	assert_int_equal(entry_reader_next(r, &back, &e), 0);
	entry_reader_free(r);
	free(data);
	drop(&g);
}

static void
content_that_is_not_asked_for_is_passed_over(void **state)
{
	struct got g = { .n = 0 };
	struct entry a = plain("z"), b = plain("a");
	struct entry_writer *w;
	struct entry_reader *r;
	const struct entry *back;
	static const char content[5000] = "content";
	struct err e;

	(void)state;
	assert_non_null(w = entry_writer_new(live.chunks, keep, &g, &e));
	assert_int_equal(entry_writer_add(w, &a, content, 5000, &e), 0);
	assert_int_equal(entry_writer_add(w, &b, "B", 1, &e), 0);
	assert_int_equal(entry_writer_cut(w, &e), 0);
	entry_writer_free(w);
	assert_int_equal(chunks_flush(live.chunks, &e), 0);
	assert_string_equal(g.seg[0].first, "a");	/* lowest, highest */
	assert_string_equal(g.seg[0].last, "z");
	assert_non_null(r = entry_reader_new(live.chunks, &g.seg[0], &e));
	assert_int_equal(entry_reader_next(r, &back, &e), 1);
	assert_int_equal(entry_reader_next(r, &back, &e), 1);
	assert_string_equal(back->path, "a");
	assert_content(r, "B", 1);
	assert_int_equal(entry_reader_next(r, &back, &e), 0);
	entry_reader_free(r);
	drop(&g);
}

static void
a_copy_has_all_and_stands_alone(void **state)
{
	char name[] = "x/y", target[] = "t", value[] = "v";
	const struct xattr x[2] = { { "user.a", value, 1 },
	    { "user.b", NULL, 0 } };
	struct entry en = plain(name), *copy;
	struct err e;

	(void)state;
	en.link = target;
	en.user = "u";
	en.xattrs = x;
	en.n_xattrs = 2;
	en.acl_access = "user::rwx";
	assert_non_null(copy = entry_clone(&en, &e));
	memset(name, 0, sizeof(name));
	memset(value, 0, sizeof(value));
	assert_string_equal(copy->path, "x/y");
	assert_string_equal(copy->link, "t");
	assert_string_equal(copy->user, "u");
	assert_null(copy->group);
	assert_memory_equal(copy->xattrs[0].value, "v", 1);
	assert_string_equal(copy->xattrs[1].name, "user.b");
	assert_string_equal(copy->acl_access, "user::rwx");
	free(copy);
}

static int
set_up(void **state)
{
	(void)state;
	live_chunks_open(&live);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	live_chunks_close(&live);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(odd_names_come_back_as_the_bytes_they_were),
		cmocka_unit_test(names_of_every_length_come_back),
		cmocka_unit_test(every_kind_of_entry_comes_back),
		cmocka_unit_test(
		    a_symlink_may_point_as_far_as_the_system_allows),
		cmocka_unit_test(times_come_back_to_the_nanosecond),
		cmocka_unit_test(owners_of_any_number_and_name_come_back),
		cmocka_unit_test(
		    many_extended_attributes_of_any_bytes_come_back),
		cmocka_unit_test(attributes_with_odd_names_come_back),
		cmocka_unit_test(access_control_lists_come_back),
		cmocka_unit_test(
		    what_does_not_fit_a_header_is_refused_by_name),
		cmocka_unit_test(headers_hold_sizes_beyond_eight_gibibytes),
		cmocka_unit_test(
		    a_header_says_nothing_that_a_restore_cannot_reproduce),
		cmocka_unit_test(a_large_entry_is_a_segment_of_its_own),
		cmocka_unit_test(content_that_is_not_asked_for_is_passed_over),
		cmocka_unit_test(a_copy_has_all_and_stands_alone),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
