/* Segments whose tar is not what it says: refused, never read as it likes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "archive/entry.h"
#include "base/buf.h"
#include "base/err.h"
#include "../../lib/live_chunks.h"
#include "../../lib/raw_tar.h"

static struct live_chunks live;

/* Read all of a segment made by hand: the kind of error it ends with. */
static enum err_kind
read_raw(const struct buf *b, size_t entries)
{
	struct segment s;
	struct entry_reader *r;
	const struct entry *en;
	const void *data;
	size_t len;
	struct err e = { .kind = ERR_NONE };
	int rc = -1;

	raw_tar_segment(live.chunks, b, entries, &s);
	r = entry_reader_new(live.chunks, &s, &e);
	while (r != NULL && (rc = entry_reader_next(r, &en, &e)) == 1) {
		while ((rc = entry_reader_read(r, &data, &len, &e)) == 1)
			;
		if (rc == -1)
			break;
	}
	entry_reader_free(r);
	segment_drop(&s);
	return rc == 0 ? ERR_NONE : e.kind;
}

static void
tars_that_lie_are_refused(void **state)
{
	static const struct {
		const char *name, *link;
		char type;
		size_t len;
		enum err_kind want;
	} t[] = {
		{ "good", "", '0', 5, ERR_NONE },
		{ "good/", "", '5', 0, ERR_NONE },
		{ "../bad", "", '0', 5, ERR_DAMAGED },
		{ "/bad", "", '0', 5, ERR_DAMAGED },
		{ "a/../../bad", "", '0', 5, ERR_DAMAGED },
		{ "a//b", "", '0', 5, ERR_DAMAGED },
		{ "", "", '0', 5, ERR_DAMAGED },
		{ "./", "", '5', 0, ERR_DAMAGED },
		{ "link", "../../etc/passwd", '1', 0, ERR_DAMAGED },
		{ "link", "/etc/passwd", '1', 0, ERR_DAMAGED },
		{ "link", "good", '1', 5, ERR_DAMAGED },
		{ "link", "", '2', 0, ERR_DAMAGED },
		{ "link", "anywhere", '2', 0, ERR_NONE },
		{ "what", "", 'Q', 5, ERR_NONE },	/* POSIX: as a file */
	};
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, 1 << 20);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		buf_clear(&b);
		raw_tar_add(&b, t[i].type, t[i].name, t[i].link, "12345",
		    t[i].len);
		if (read_raw(&b, 1) != t[i].want)
			fail_msg("case %zu, %s", i, t[i].name);
	}
	buf_drop(&b);
}

static void
segments_that_hold_more_or_less_than_they_say_are_refused(void **state)
{
	static const char zeros[1024];
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, 1 << 20);
	raw_tar_add(&b, '0', "one", "", "12345", 5);
	raw_tar_add(&b, '0', "two", "", "12345", 5);
	assert_int_equal(read_raw(&b, 2), ERR_NONE);
	assert_int_equal(read_raw(&b, 1), ERR_DAMAGED);
	assert_int_equal(read_raw(&b, 3), ERR_DAMAGED);
	b.len -= 512;				/* content is missing */
	assert_int_equal(read_raw(&b, 2), ERR_DAMAGED);
	b.len += 511;
	assert_int_equal(read_raw(&b, 2), ERR_DAMAGED);
	b.len -= 1000;				/* half a header */
	assert_int_equal(read_raw(&b, 2), ERR_DAMAGED);
	b.len = 1024;
	assert_int_equal(buf_add(&b, zeros, 1024, &e), 0);
	raw_tar_add(&b, '0', "hidden", "", "12345", 5);
	assert_int_equal(read_raw(&b, 2), ERR_DAMAGED);
	b.data[20] ^= 1;			/* checksum of the first */
	assert_int_equal(read_raw(&b, 2), ERR_DAMAGED);
	buf_drop(&b);
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
		cmocka_unit_test(tars_that_lie_are_refused),
		cmocka_unit_test(
		    segments_that_hold_more_or_less_than_they_say_are_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
