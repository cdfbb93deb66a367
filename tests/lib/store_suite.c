/*
 * What store/store.h promises, as tests for any store.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/id.h"
#include "store/store.h"
#include "store_suite.h"

#define THREADS 8

static struct store *(*make_fresh)(void);

static int
setup(void **state)
{
	*state = make_fresh();
	return *state == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	store_close(*state);
	return 0;
}

static enum store_put_result
put_bytes(struct store *s, const char *name, const void *p, size_t n,
    struct err *e)
{
	struct id digest;

	id_sha256(p, n, &digest);
	return store_put(s, name, p, n, &digest, e);
}

static void
put(struct store *s, const char *name, const char *text)
{
	struct err e;

	err_clear(&e);
	if (put_bytes(s, name, text, strlen(text), &e) != STORE_PUT)
		fail_msg("%s: %s", name, e.text);
}

static void
expect(struct store *s, const char *name, const char *text)
{
	struct err e;
	struct buf b;

	buf_init(&b, 1 << 20);
	err_clear(&e);
	if (store_get_all(s, name, &b, &e) == -1)
		fail_msg("%s: %s", name, e.text);
	assert_int_equal(b.len, strlen(text));
	if (b.len > 0)
		assert_memory_equal(b.data, text, b.len);
	buf_drop(&b);
}

static void
expect_absent(struct store *s, const char *name)
{
	struct store_info info;
	struct err e;
	char c;

	err_clear(&e);
	assert_int_equal(store_head(s, name, &info, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
	err_clear(&e);
	assert_int_equal(store_get(s, name, 0, 1, &c, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_non_null(strstr(e.text, name));
	err_clear(&e);
	assert_int_equal(store_remove(s, name, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
}

static int
collect(void *cookie, const struct store_info *info, struct err *e)
{
	(void)e;
	strcat(strcat(cookie, info->name), " ");
	return 0;
}

static void
expect_list(struct store *s, const char *prefix, const char *names)
{
	static char seen[1 << 16];
	struct err e;

	seen[0] = '\0';
	err_clear(&e);
	if (store_list(s, prefix, collect, seen, &e) != 0)
		fail_msg("list %s: %s", prefix, e.text);
	assert_string_equal(seen, names);
}

static void
what_was_put_is_read_back_byte_for_byte(void **state)
{
	struct store *s = *state;
	uint8_t out[256], in[256];
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)i;
	assert_int_equal(put_bytes(s, "packs/ab/abcd", in, sizeof(in), &e),
	    STORE_PUT);
	assert_int_equal(store_get(s, "packs/ab/abcd", 0, sizeof(out), out,
	    &e), 0);
	assert_memory_equal(in, out, sizeof(in));
}

static void
a_second_put_of_a_name_changes_nothing_and_says_so(void **state)
{
	struct store *s = *state;
	struct err e;

	put(s, "a/b", "first");
	assert_int_equal(put_bytes(s, "a/b", "second", 6, &e), STORE_EXISTED);
	expect(s, "a/b", "first");
}

static void
an_empty_object_is_an_object(void **state)
{
	struct store *s = *state;
	struct store_info info;
	struct err e;
	char c;

	put(s, "empty", "");
	assert_int_equal(store_head(s, "empty", &info, &e), 0);
	assert_int_equal(info.size, 0);
	assert_int_equal(store_get(s, "empty", 0, 0, &c, &e), 0);
	expect(s, "empty", "");
	expect_list(s, "", "empty ");
}

static void
a_range_is_read_exactly(void **state)
{
	struct store *s = *state;
	struct err e;
	char out[5] = "";

	put(s, "x", "0123456789");
	assert_int_equal(store_get(s, "x", 9, 1, out, &e), 0);
	assert_int_equal(out[0], '9');
	assert_int_equal(store_get(s, "x", 3, 4, out, &e), 0);
	assert_string_equal(out, "3456");
	assert_int_equal(store_get(s, "x", 10, 0, out, &e), 0);
}

static void
a_range_beyond_the_end_is_damage_and_no_short_read(void **state)
{
	static const struct {
		uint64_t	offset;
		size_t		len;
	} bad[] = {
		{ 0, 4 }, { 3, 1 }, { 4, 0 }, { 1, SIZE_MAX },
		{ UINT64_MAX, 1 }, { UINT64_MAX - 1, 3 }, { 1u << 31, 1 },
	};
	struct store *s = *state;
	struct err e;
	char out[8];
	size_t i;

	put(s, "x", "012");
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		err_clear(&e);
		assert_int_equal(store_get(s, "x", bad[i].offset, bad[i].len,
		    out, &e), -1);
		assert_int_equal(e.kind, ERR_DAMAGED);
	}
}

static void
what_is_not_there_is_absent(void **state)
{
	struct store *s = *state;

	put(s, "packs/ab/abcd", "x");
	expect_absent(s, "nothing");
	expect_absent(s, "packs/ab/abce");
	expect_absent(s, "packs/ac/abcd");
	expect_absent(s, "packs/ab");
	expect_absent(s, "packs/ab/abcd/e");
}

static void
names_that_lead_away_or_hide_are_refused(void **state)
{
	static const char *const bad[] = {
		"", "/", "/x", "x/", "a//b", ".", "..", "../x", "a/../b",
		"a/./b", ".x", "a/.x", "a b", "a\n", "a\\b", "a:b",
		"caf\xc3\xa9", "a*", "~", "a\x7f",
	};
	struct store *s = *state;
	struct store_info info;
	char long_name[STORE_NAME_MAX + 1], c;
	const char *name;
	struct err e;
	size_t i, n = sizeof(bad) / sizeof(*bad);

	memset(long_name, 'x', STORE_NAME_MAX);
	long_name[STORE_NAME_MAX] = '\0';
	for (i = 0; i <= n; i++) {
		name = i < n ? bad[i] : long_name;
		err_clear(&e);
		assert_int_equal(put_bytes(s, name, "x", 1, &e), STORE_FAILED);
		assert_int_equal(e.kind, ERR_INPUT);
		err_clear(&e);
		assert_int_equal(store_get(s, name, 0, 1, &c, &e), -1);
		assert_int_equal(e.kind, ERR_INPUT);
		err_clear(&e);
		assert_int_equal(store_head(s, name, &info, &e), -1);
		assert_int_equal(e.kind, ERR_INPUT);
		err_clear(&e);
		assert_int_equal(store_remove(s, name, &e), -1);
		assert_int_equal(e.kind, ERR_INPUT);
	}
	expect_list(s, "", "");
}

static void
prefixes_that_lead_away_or_hide_are_refused(void **state)
{
	static const char *const bad[] = {
		"/", "..", "../", "a//", ".", "a/.", "a/../b", "a b", "*",
	};
	struct store *s = *state;
	char seen[64] = "";
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		err_clear(&e);
		assert_int_equal(store_list(s, bad[i], collect, seen, &e), -1);
		assert_int_equal(e.kind, ERR_INPUT);
	}
}

static void
the_longest_name_is_stored_and_listed(void **state)
{
	struct store *s = *state;
	char name[STORE_NAME_MAX], deep[STORE_NAME_MAX];
	char want[2 * STORE_NAME_MAX + 3];
	size_t i;

	memset(name, 'x', STORE_NAME_MAX - 1);
	name[STORE_NAME_MAX - 1] = '\0';
	for (i = 0; i < STORE_NAME_MAX - 1; i++)
		deep[i] = i % 2 == 0 ? 'a' : '/';
	deep[i] = '\0';
	put(s, name, "long");
	put(s, deep, "deep");
	expect(s, name, "long");
	expect(s, deep, "deep");
	(void)snprintf(want, sizeof(want), "%s %s ", deep, name);
	expect_list(s, "", want);
}

static void
a_list_is_in_byte_order_of_the_full_names(void **state)
{
	static const char *const names[] = {
		"b", "a/z", "a.b", "a-b/c", "a0", "a/b/c", "a/b.c", "Z", "_",
		"a/b0",
	};
	struct store *s = *state;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		put(s, names[i], "x");
	expect_list(s, "",
	    "Z _ a-b/c a.b a/b.c a/b/c a/b0 a/z a0 b ");
}

static void
a_prefix_may_end_anywhere(void **state)
{
	struct store *s = *state;

	put(s, "packs/ab/abcd", "x");
	put(s, "packs/ab/abce", "x");
	put(s, "packs/ac/acaa", "x");
	put(s, "packs.old", "x");
	put(s, "statements/s1", "x");
	expect_list(s, "packs/ab/abc",
	    "packs/ab/abcd packs/ab/abce ");
	expect_list(s, "packs/ab/abcd", "packs/ab/abcd ");
	expect_list(s, "packs/ab/", "packs/ab/abcd packs/ab/abce ");
	expect_list(s, "packs/a",
	    "packs/ab/abcd packs/ab/abce packs/ac/acaa ");
	expect_list(s, "packs/",
	    "packs/ab/abcd packs/ab/abce packs/ac/acaa ");
	expect_list(s, "pack",
	    "packs.old packs/ab/abcd packs/ab/abce packs/ac/acaa ");
	expect_list(s, "packs/ad/", "");
	expect_list(s, "packs/ab/abcd/", "");
	expect_list(s, "packs/b", "");
	expect_list(s, "zzz/zzz", "");
}

struct stop {
	int	calls, answer;
};

static int
stop_at_two(void *cookie, const struct store_info *info, struct err *e)
{
	struct stop *stop = cookie;

	(void)info;
	if (++stop->calls < 2)
		return 0;
	if (stop->answer == -1)
		return err_set(e, ERR_CHANGED, "enough");
	return stop->answer;
}

static void
each_can_end_the_listing(void **state)
{
	struct store *s = *state;
	struct stop stop = { .answer = 7 };
	struct err e;

	put(s, "a/1", "x");
	put(s, "a/2", "x");
	put(s, "a/3", "x");
	put(s, "b", "x");
	err_clear(&e);
	assert_int_equal(store_list(s, "", stop_at_two, &stop, &e), 7);
	assert_int_equal(stop.calls, 2);
	stop = (struct stop){ .answer = -1 };
	assert_int_equal(store_list(s, "", stop_at_two, &stop, &e), -1);
	assert_int_equal(stop.calls, 2);
	assert_int_equal(e.kind, ERR_CHANGED);
	assert_string_equal(e.text, "enough");
}

static int
remove_it(void *cookie, const struct store_info *info, struct err *e)
{
	return store_remove(cookie, info->name, e);
}

static void
each_may_remove_what_it_is_shown(void **state)
{
	struct store *s = *state;
	struct err e;

	put(s, "a/1", "x");
	put(s, "a/2", "x");
	put(s, "b/3", "x");
	assert_int_equal(store_list(s, "a", remove_it, s, &e), 0);
	expect_list(s, "", "b/3 ");
}

static void
a_removed_object_has_gone_alone_and_may_come_again(void **state)
{
	struct store *s = *state;
	struct err e;

	put(s, "a/1", "one");
	put(s, "a/2", "two");
	assert_int_equal(store_remove(s, "a/1", &e), 0);
	expect_absent(s, "a/1");
	expect(s, "a/2", "two");
	put(s, "a/1", "one again");
	expect(s, "a/1", "one again");
}

static void
the_whole_object_is_bounded_by_the_buffer(void **state)
{
	struct store *s = *state;
	struct buf b;
	struct err e;

	put(s, "x", "0123456789");
	buf_init(&b, 12);
	assert_int_equal(buf_add_text(&b, "ab", &e), 0);
	assert_int_equal(store_get_all(s, "x", &b, &e), 0);
	assert_int_equal(b.len, 12);
	assert_memory_equal(b.data, "ab0123456789", 12);
	assert_int_equal(store_get_all(s, "x", &b, &e), -1);
	buf_drop(&b);
	buf_init(&b, 9);
	assert_int_equal(store_get_all(s, "x", &b, &e), -1);
	assert_int_equal(e.kind, ERR_DAMAGED);
	buf_drop(&b);
}

static void
head_and_list_say_size_and_time(void **state)
{
	struct store *s = *state;
	struct store_info info;
	struct err e;

	put(s, "a/x", "0123456789");
	assert_int_equal(store_head(s, "a/x", &info, &e), 0);
	assert_string_equal(info.name, "a/x");
	assert_int_equal(info.size, 10);
	assert_true(info.mtime == 0 || info.mtime > 1600000000LL * 1000000000);
}

struct racer {
	struct store		*s;
	char			 name[32];
	char			 text[32];
	enum store_put_result	 rc;
};

static void *
race(void *arg)
{
	struct racer *r = arg;
	struct err e;

	r->rc = put_bytes(r->s, r->name, r->text, strlen(r->text), &e);
	return NULL;
}

static void
run_race(struct store *s, struct racer r[THREADS], bool same)
{
	pthread_t thread[THREADS];
	int i;

	for (i = 0; i < THREADS; i++) {
		r[i].s = s;
		(void)snprintf(r[i].name, sizeof(r[i].name), "race/%d",
		    same ? 0 : i);
		(void)snprintf(r[i].text, sizeof(r[i].text), "thread %d", i);
		assert_int_equal(pthread_create(&thread[i], NULL, race, &r[i]),
		    0);
	}
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
}

static void
of_many_puts_of_one_name_exactly_one_wins(void **state)
{
	struct store *s = *state;
	struct racer r[THREADS];
	int i, winner = -1;

	run_race(s, r, true);
	for (i = 0; i < THREADS; i++) {
		if (r[i].rc == STORE_EXISTED)
			continue;
		assert_int_equal(r[i].rc, STORE_PUT);
		assert_int_equal(winner, -1);
		winner = i;
	}
	assert_int_not_equal(winner, -1);
	expect(s, "race/0", r[winner].text);
}

static void
many_threads_may_put_at_once(void **state)
{
	struct store *s = *state;
	struct racer r[THREADS];
	int i;

	run_race(s, r, false);
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(r[i].rc, STORE_PUT);
		expect(s, r[i].name, r[i].text);
	}
}

static int
check_order(void *cookie, const struct store_info *info, struct err *e)
{
	struct stop *seen = cookie;
	char name[32];

	(void)e;
	(void)snprintf(name, sizeof(name), "many/%05d", seen->calls++);
	return strcmp(name, info->name) == 0 ? 0 : 1;
}

/* Every eighth of a thousand objects, downwards. */
static void *
put_some(void *arg)
{
	struct racer *r = arg;
	struct err e;
	int i;

	for (i = 999 - r->text[0]; i >= 0; i -= THREADS) {
		(void)snprintf(r->name, sizeof(r->name), "many/%05d", i);
		if ((r->rc = put_bytes(r->s, r->name, "x", 1, &e)) !=
		    STORE_PUT)
			break;
	}
	return NULL;
}

static void
a_long_list_is_whole(void **state)
{
	struct store *s = *state;
	struct stop seen = { .calls = 0 };
	struct racer r[THREADS];
	pthread_t thread[THREADS];
	struct err e;
	int i;

	for (i = 0; i < THREADS; i++) {
		r[i].s = s;
		r[i].text[0] = (char)i;
		assert_int_equal(pthread_create(&thread[i], NULL, put_some,
		    &r[i]), 0);
	}
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(thread[i], NULL), 0);
		assert_int_equal(r[i].rc, STORE_PUT);
	}
	assert_int_equal(store_list(s, "many/", check_order, &seen, &e), 0);
	assert_int_equal(seen.calls, 1000);
}

static void
errors_name_the_object_and_the_store(void **state)
{
	struct store *s = *state;
	struct store_info info;
	struct err e;
	char want[512];

	err_clear(&e);
	assert_int_equal(store_head(s, "no/such", &info, &e), -1);
	(void)snprintf(want, sizeof(want), "cannot look up no/such in %.400s: ",
	    store_url(s));
	assert_ptr_equal(strstr(e.text, want), e.text);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
store_suite_run(const char *name, struct store *(*fresh)(void))
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_put_is_read_back_byte_for_byte),
		TEST(a_second_put_of_a_name_changes_nothing_and_says_so),
		TEST(an_empty_object_is_an_object),
		TEST(a_range_is_read_exactly),
		TEST(a_range_beyond_the_end_is_damage_and_no_short_read),
		TEST(what_is_not_there_is_absent),
		TEST(names_that_lead_away_or_hide_are_refused),
		TEST(prefixes_that_lead_away_or_hide_are_refused),
		TEST(the_longest_name_is_stored_and_listed),
		TEST(a_list_is_in_byte_order_of_the_full_names),
		TEST(a_prefix_may_end_anywhere),
		TEST(each_can_end_the_listing),
		TEST(each_may_remove_what_it_is_shown),
		TEST(a_removed_object_has_gone_alone_and_may_come_again),
		TEST(the_whole_object_is_bounded_by_the_buffer),
		TEST(head_and_list_say_size_and_time),
		TEST(of_many_puts_of_one_name_exactly_one_wins),
		TEST(many_threads_may_put_at_once),
		TEST(a_long_list_is_whole),
		TEST(errors_name_the_object_and_the_store),
	};

	make_fresh = fresh;
	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}
