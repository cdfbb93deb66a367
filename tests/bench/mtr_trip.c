/*
 * usage: mtr_trip SOURCE.sock TARGET.sock
 *
 * All databases of one server to another and back into an archive, as tests do
 * it (trip.h); but every line that differs is printed, not only the first, and
 * a refusal is an answer.  Exit status: 0 the same; 1 differs; 2 failed;
 * 3 refused, with what the refusal says on standard output.  The target is
 * empty before and afterwards.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../lib/trip.h"
#include "../lib/witness.h"
#include "base/buf.h"
#include "base/err.h"
#include "db/names.h"

#define SHOWN 600

enum { SAME, DIFFERS, FAILED, REFUSED };

static void
show(const char *what, const char *side, const char *line, size_t n)
{
	printf("%s: %s %.*s\n", what, side, (int)(n < SHOWN ? n : SHOWN),
	    line);
}

/* The length of the line at p, with its end. */
static size_t
line_len(const char *p, const char *end)
{
	const char *nl = memchr(p, '\n', (size_t)(end - p));

	return nl == NULL ? (size_t)(end - p) : (size_t)(nl + 1 - p);
}

/*
 * Is it about an account that the target does not have?  Those that have
 * nothing to do with the databases are none of the site's.
 */
static bool
is_other_account(const char *what, const char *line, size_t n,
    const struct buf *target)
{
	const char *bar = memchr(line, '|', n);

	return strcmp(what, "accounts") == 0 && bar != NULL &&
	    (target->len == 0 || memmem(target->data, target->len, line,
	    (size_t)(bar + 1 - line)) == NULL);
}

/* Print the lines that only one of two sorted texts has. */
static int
compare(const char *what, const struct buf *source, const struct buf *target)
{
	const char *a = (const char *)source->data, *b = (const char *)
	    target->data, *a_end = a + source->len, *b_end = b + target->len;
	size_t n, m;
	int order, answer = SAME;

	while (a < a_end || b < b_end) {
		n = a < a_end ? line_len(a, a_end) : 0;
		m = b < b_end ? line_len(b, b_end) : 0;
		order = n == 0 ? 1 : m == 0 ? -1 :
		    memcmp(a, b, n < m ? n : m);
		order = (order > 0) - (order < 0);
		if (order < 0 && is_other_account(what, a, n, target))
			order = -2;
		if (order == -1)
			show(what, "source", a, n - 1);
		if (order > 0)
			show(what, "target", b, m - 1);
		a += order <= 0 ? n : 0;
		b += order >= 0 ? m : 0;
		answer = order == 0 || order == -2 ? answer : DIFFERS;
	}
	return answer;
}

static int
compare_all(const struct trip *t, const struct names *n)
{
	struct buf a, b;
	int answer = SAME;
	size_t i;

	for (i = 0; i <= n->n; i++) {
		if (i < n->n) {
			witness_database(&t->source, n->v[i], &a);
			witness_database(&t->target, n->v[i], &b);
		} else {
			witness_accounts(&t->source, &a);
			witness_accounts(&t->target, &b);
		}
		if (compare(i < n->n ? n->v[i] : "accounts", &a, &b) !=
		    SAME)
			answer = DIFFERS;
		buf_drop(&a);
		buf_drop(&b);
	}
	return answer;
}

static int
trouble(const char *what, const struct err *e)
{
	if (e->kind == ERR_UNSUPPORTED) {
		printf("refused: %s\n", e->text);
		return REFUSED;
	}
	printf("failed: %s: %s\n", what, e->text);
	return FAILED;
}

static int
go(struct trip *t, const struct names *n)
{
	struct db_load_options o = { .login = t->target.login,
	    .throwaway = true, .users = true };
	struct archive_root before, alone, after;
	struct db_stats stats, loaded;
	struct err e = { 0 };
	int answer;

	if (trip_dump(t, &t->source, n, 3, &before, &stats, &e) == -1 ||
	    trip_dump(t, &t->source, n, 1, &alone, &stats, &e) == -1)
		return trouble("source", &e);
	if (db_load(t->store.chunks, &before, &o, &loaded, &e) == -1)
		return trouble("load", &e);
	answer = compare_all(t, n);
	if (trip_dump(t, &t->target, n, 2, &after, &stats, &e) == -1)
		return trouble("target", &e);
	if (memcmp(&before.fingerprint, &alone.fingerprint,
	    sizeof(before.fingerprint)) != 0) {
		printf("twice: two dumps of the source differ\n");
		answer = DIFFERS;
	}
	if (memcmp(&before.fingerprint, &after.fingerprint,
	    sizeof(before.fingerprint)) != 0) {
		printf("fingerprint: that of the copy differs\n");
		answer = DIFFERS;
	}
	printf("held: %llu databases, %llu tables, %llu rows, %llu views, "
	    "%llu routines, %llu triggers, %llu events, %llu sequences, "
	    "%llu users\n", (unsigned long long)stats.databases,
	    (unsigned long long)stats.tables, (unsigned long long)stats.rows,
	    (unsigned long long)stats.views,
	    (unsigned long long)stats.routines,
	    (unsigned long long)stats.triggers,
	    (unsigned long long)stats.events,
	    (unsigned long long)stats.sequences,
	    (unsigned long long)stats.users);
	return answer;
}

int
main(int argc, char *argv[])
{
	struct trip t = { 0 };
	struct names n = { 0 }, left = { 0 };
	int answer;

	if (argc != 3) {
		fprintf(stderr, "usage: mtr_trip SOURCE.sock TARGET.sock\n");
		return 64;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	t.source.login = (struct db_login){ .user = "root",
	    .socket = argv[1] };
	t.target.login = (struct db_login){ .user = "root",
	    .socket = argv[2] };
	live_chunks_open(&t.store);
	trip_list(&t.source, &n);
	answer = n.n == 0 ? SAME : go(&t, &n);
	trip_list(&t.target, &left);
	trip_forget(&t.target, &left);
	names_drop(&n);
	names_drop(&left);
	live_chunks_close(&t.store);
	return answer;
}
