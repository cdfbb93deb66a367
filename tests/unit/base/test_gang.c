/* Threads that share a list. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/gang.h"
#include "base/intr.h"

#define THINGS 5000u

static atomic_uint done[THINGS];
static atomic_uint busy[GANG_MAX];
static atomic_uint overlaps, fail_at, begun, here, most;

static int
count(void *cookie, size_t thing, unsigned worker, struct err *e)
{
	assert_ptr_equal(cookie, done);
	assert_true(worker < GANG_MAX);
	if (atomic_fetch_add(&busy[worker], 1) != 0)
		atomic_fetch_add(&overlaps, 1);
	atomic_fetch_add(&done[thing], 1);
	atomic_fetch_add(&begun, 1);
	atomic_fetch_sub(&busy[worker], 1);
	if (thing == atomic_load(&fail_at))
		return err_set(e, ERR_INPUT, "thing %zu", thing);
	return 0;
}

static int
reset(void **state)
{
	(void)state;
	memset(done, 0, sizeof(done));
	atomic_store(&overlaps, 0);
	atomic_store(&begun, 0);
	atomic_store(&fail_at, THINGS);
	atomic_store(&here, 0);
	atomic_store(&most, 0);
	return 0;
}

static void
each_thing_is_done_once(void **state)
{
	static const unsigned workers[] = { 0, 1, 2, 7, GANG_MAX, 1000 };
	struct gang g = { .work = count, .cookie = done };
	struct err e;

	for (size_t w = 0; w < sizeof(workers) / sizeof(*workers); w++)
		for (g.n = 0; g.n <= THINGS; g.n = g.n * 9 + 1) {
			(void)reset(state);
			g.workers = workers[w];
			assert_int_equal(gang_run(&g, &e), 0);
			for (size_t i = 0; i < g.n; i++)
				assert_int_equal(done[i], 1);
			assert_int_equal(begun, g.n);
			assert_int_equal(overlaps, 0);
		}
}

/* Waits until as many are here as there are workers. */
static int
meet(void *cookie, size_t thing, unsigned worker, struct err *e)
{
	unsigned want = *(unsigned *)cookie;

	(void)thing;
	(void)worker;
	(void)e;
	atomic_fetch_add(&here, 1);
	while (atomic_load(&here) < want)
		;
	return 0;
}

static void
as_many_work_at_once_as_are_wanted(void **state)
{
	unsigned want = 6;
	const struct gang g = { .n = 6, .workers = 6, .work = meet,
	    .cookie = &want };
	struct err e;

	(void)state;
	assert_int_equal(gang_run(&g, &e), 0);
	assert_int_equal(here, 6);
}

static void
the_first_error_ends_all(void **state)
{
	const struct gang g = { .n = THINGS, .workers = 4, .work = count,
	    .cookie = done };
	struct err e;

	(void)state;
	atomic_store(&fail_at, 100);
	assert_int_equal(gang_run(&g, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_string_equal(e.text, "thing 100");
	assert_true(begun < THINGS);
}

/* Asked to stop from within; whoever is at work waits until that is known. */
static int
ask_to_stop(void *cookie, size_t thing, unsigned worker, struct err *e)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	(void)cookie;
	(void)worker;
	(void)e;
	atomic_fetch_add(&begun, 1);
	if (thing == 10)
		(void)kill(getpid(), SIGTERM);
	for (int i = 0; thing >= 10 && i < 20000 && intr_pending() == 0; i++)
		(void)nanosleep(&pause, NULL);
	return 0;
}

static void
who_is_asked_to_stop_begins_no_more(void **state)
{
	const struct gang g = { .n = 1000, .workers = 4,
	    .work = ask_to_stop };
	struct err e;

	(void)state;
	intr_watch();
	assert_int_equal(gang_run(&g, &e), -1);
	assert_int_equal(e.kind, ERR_INTERRUPTED);
	assert_true(begun < 20);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup(f, reset)
	const struct CMUnitTest tests[] = {
		T(each_thing_is_done_once),
		T(as_many_work_at_once_as_are_wanted),
		T(the_first_error_ends_all),
		T(who_is_asked_to_stop_begins_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
