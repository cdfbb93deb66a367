/*
 * Objects that come into a directory in pieces: whole under their name, or
 * not there at all, whatever who gives them does.
 *
 * Mutants that must be caught: the rest at the end not written; a piece that
 * begins elsewhere, that goes beyond the end, or an end that comes too early,
 * taken; beginning again without going back; an error of the giver passed
 * over; the giver asked though the object is there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/file.h"
#include "store/dir_fill.h"
#include "store/direct.h"
#include "store/store.h"

#define MOST (3 * DIRECT_PIECE)

static char top[] = "/tmp/muster-test-pieces-XXXXXX";
static uint8_t *data, *back;
static int round_no;

/* Who gives, and what goes wrong. */
struct giving {
	size_t		 len, piece;
	size_t		 again_at;	/* begins anew there, once; or 0 */
	size_t		 ends_at;	/* or len */
	size_t		 shift;		/* of the offsets after the first */
	bool		 fails;		/* at its end */
	unsigned	 asked;
};

static int
give(void *cookie, const struct store_sink *sink, struct err *e)
{
	struct giving *g = cookie;
	size_t at = 0, n, again = g->again_at;

	g->asked++;
	while (at < g->ends_at) {
		n = g->piece < g->ends_at - at ? g->piece : g->ends_at - at;
		if (sink->take(sink->cookie, at + (at > 0 ? g->shift : 0),
		    data + at, n, e) == -1)
			return -1;
		at += n;
		if (again > 0 && at >= again)
			at = again = 0;
	}
	return g->fails ? err_set(e, ERR_REMOTE, "it is not right") : 0;
}

static struct store *
fresh(bool unread)
{
	const struct store_options o = { .unread = unread };
	struct store *s;
	struct err e;
	char dir[64];

	(void)snprintf(dir, sizeof(dir), "%s/%d", top, round_no++);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(chdir(dir), 0);
	if ((s = store_open_with(".", &o, &e)) == NULL)
		fail_msg("%s", e.text);
	assert_true(store_takes(s) && !store_gives(s));
	return s;
}

static enum store_put_result
put(struct store *s, struct giving *g, struct err *e)
{
	const struct store_giver giver = { give, g, g->len };

	if (g->ends_at == 0)
		g->ends_at = g->len;
	err_clear(e);
	return store_put_given(s, "a/b", &giver, e);
}

static void
expect_whole(struct store *s, size_t len)
{
	struct store_info info;
	struct stat st;
	struct err e;

	assert_int_equal(store_head(s, "a/b", &info, &e), 0);
	assert_int_equal(info.size, len);
	memset(back, 0, len);
	assert_int_equal(store_get(s, "a/b", 0, len, back, &e), 0);
	assert_memory_equal(back, data, len);
	assert_int_equal(stat("a/b", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0400);
}

static void
expect_no_part(void)
{
	struct dirent *d;
	DIR *dir;

	assert_non_null(dir = opendir(".tmp"));
	while ((d = readdir(dir)) != NULL)
		assert_int_equal(d->d_name[0], '.');
	assert_int_equal(closedir(dir), 0);
}

static void
any_length_in_any_pieces_is_whole(void **state)
{
	static const size_t lens[] = { 1, 4095, 4096, 1 << 20,
	    DIRECT_PIECE - 1, DIRECT_PIECE, DIRECT_PIECE + 1,
	    2 * DIRECT_PIECE, MOST - 3 };
	static const size_t pieces[] = { 16384, 100003, DIRECT_PIECE, MOST };
	struct store *s;
	struct err e;

	(void)state;
	for (size_t i = 0; i < 9; i++)
		for (size_t j = 0; j < 8; j++) {
			struct giving g = { .len = lens[i],
			    .piece = pieces[j / 2] };

			s = fresh(j % 2 == 0);
			assert_int_equal(put(s, &g, &e), STORE_PUT);
			expect_whole(s, lens[i]);
			expect_no_part();
			store_close(s);
		}
}

static void
it_may_begin_again_at_any_time(void **state)
{
	struct giving g = { .len = MOST - 3, .piece = 100003 };
	struct store *s;
	struct err e;

	(void)state;
	for (g.again_at = 1; g.again_at < MOST; g.again_at += 700001) {
		s = fresh(g.again_at % 2 == 0);
		assert_int_equal(put(s, &g, &e), STORE_PUT);
		expect_whole(s, g.len);
		store_close(s);
	}
}

static void
what_is_there_is_not_asked_for(void **state)
{
	struct giving g = { .len = 5000, .piece = 1000 };
	struct store *s = fresh(true);
	struct err e;

	(void)state;
	assert_int_equal(put(s, &g, &e), STORE_PUT);
	assert_int_equal(put(s, &g, &e), STORE_EXISTED);
	assert_int_equal(g.asked, 1);
	expect_whole(s, g.len);
	store_close(s);
}

static void
what_is_not_given_right_is_no_object(void **state)
{
	static const struct {
		struct giving	 g;
		enum err_kind	 kind;
		const char	*why;
	} rows[] = {
		{ { .len = 10, .piece = 10, .fails = true }, ERR_REMOTE,
		    "cannot put a/b into .: it is not right" },
		{ { .len = MOST - 3, .piece = 65536, .fails = true },
		    ERR_REMOTE, "it is not right" },
		{ { .len = 10, .piece = 4, .ends_at = 9 }, ERR_DAMAGED,
		    "9 bytes were given, expected were 10" },
		{ { .len = MOST - 1, .piece = 65536, .ends_at =
		    DIRECT_PIECE }, ERR_DAMAGED, " bytes were given" },
		{ { .len = 10, .piece = 4, .ends_at = 11 }, ERR_DAMAGED,
		    "3 bytes at 8 were given, expected were those from 8 to "
		    "10" },
		{ { .len = 10, .piece = 4, .shift = 1 }, ERR_DAMAGED,
		    "4 bytes at 5 were given, expected were those from 4 to "
		    "10" },
		{ { .len = 10, .piece = 4, .shift = SIZE_MAX / 2 },
		    ERR_DAMAGED, " were given" },
	};
	struct giving right = { .len = 10, .piece = 10 };
	struct store_info info;
	struct store *s;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct giving g = rows[i].g;

		s = fresh(i % 2 == 0);
		assert_int_equal(put(s, &g, &e), STORE_FAILED);
		assert_int_equal(e.kind, rows[i].kind);
		if (strstr(e.text, rows[i].why) == NULL)
			fail_msg("%zu: %s", i, e.text);
		assert_int_equal(store_head(s, "a/b", &info, &e), -1);
		assert_int_equal(e.kind, ERR_ABSENT);
		expect_no_part();
		assert_int_equal(put(s, &right, &e), STORE_PUT);
		store_close(s);
	}
}

/* A file that is closed meanwhile: it can neither be written nor gone back. */
static int
close_it(void *cookie, const struct store_sink *sink, struct err *e)
{
	int *fd = cookie;

	if (sink->take(sink->cookie, 0, data, DIRECT_PIECE, e) == -1)
		fail_msg("%s", e->text);
	assert_int_equal(close(*fd), 0);
	*fd = -1;
	return sink->take(sink->cookie, 0, data, 1, e);
}

static void
a_file_that_cannot_go_back_is_told(void **state)
{
	int fd, seen;
	struct err e;

	(void)state;
	seen = fd = open("/tmp", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd != -1);
	assert_int_equal(dir_fill(fd, &(struct store_giver){ close_it, &seen,
	    MOST }, false, &e), -1);
	assert_int_equal(e.kind, ERR_SYSTEM);
	assert_non_null(strstr(e.text, "seek: "));
	fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_true(fd != -1);
	struct giving g = { .len = MOST, .piece = MOST, .ends_at = MOST };
	assert_int_equal(dir_fill(fd, &(struct store_giver){ give, &g, MOST },
	    true, &e), -1);
	assert_non_null(strstr(e.text, "No space left"));
	fd_drop(&fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_length_in_any_pieces_is_whole),
		cmocka_unit_test(it_may_begin_again_at_any_time),
		cmocka_unit_test(what_is_there_is_not_asked_for),
		cmocka_unit_test(what_is_not_given_right_is_no_object),
		cmocka_unit_test(a_file_that_cannot_go_back_is_told),
	};
	struct err e;
	int failed;

	data = malloc(MOST);
	back = malloc(MOST);
	if (data == NULL || back == NULL || mkdtemp(top) == NULL)
		return 1;
	for (size_t i = 0; i < MOST; i++)
		data[i] = (uint8_t)(i * 7919 >> 5);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	if (chdir("/") == -1 || file_remove_tree(top, &e) == -1)
		failed++;
	free(data);
	free(back);
	return failed;
}
