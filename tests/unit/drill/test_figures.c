/*
 * What the stopwatch means: bottlenecks, the RTO with what is declared, and
 * figures that cannot be true.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "drill/figures.h"

#define NANO ((int64_t)1000000000)

static void
add(struct phase *list, size_t *n, const char *name, double seconds,
    uint64_t bytes)
{
	struct phase *p = &list[(*n)++];

	(void)snprintf(p->name, sizeof(p->name), "%s", name);
	p->seconds = seconds;
	p->bytes = bytes;
}

static struct receipt
usual(void)
{
	struct receipt r;

	memset(&r, 0, sizeof(r));
	add(r.phases, &r.n_phases, "open", 1, 0);
	add(r.phases, &r.n_phases, "load", 60, 2000000000);
	add(r.phases, &r.n_phases, "files", 20, 1000000000);
	add(r.phases, &r.n_phases, "check", 19, 0);
	add(r.work, &r.n_work, "fetch", 10, 700000000);
	add(r.work, &r.n_work, "open", 12, 3000000000);
	r.total = 100;
	r.started = 1000 * NANO;
	r.finished = 1101 * NANO;
	return r;
}

static void
the_bottleneck_is_what_took_longest(void **state)
{
	struct receipt r = usual();

	(void)state;
	assert_string_equal(figures_bottleneck(&r), "load");
	r.work[0].seconds = 41;
	assert_string_equal(figures_bottleneck(&r), "fetch");
	r.work[0].seconds = 39;
	r.work[1].seconds = 41;
	assert_string_equal(figures_bottleneck(&r), "open");
	r.phases[3].seconds = 200;
	assert_string_equal(figures_bottleneck(&r), "check");
	r.n_phases = 0;
	assert_string_equal(figures_bottleneck(&r), "");
}

static void
the_rto_counts_what_is_declared(void **state)
{
	struct receipt r = usual();
	struct snapshot s = { .started = 0 };
	struct err e;

	(void)state;
	r.rto = 120;
	r.rpo = 60;
	s.finished = 90 * NANO;
	s.point = 20 * NANO;
	assert_int_equal(figures_check(&r, &s, false, &e), 0);
	assert_int_equal(r.n_checks, 2);
	assert_true(r.checks[0].passed);
	assert_false(r.checks[1].passed);
	receipt_drop(&r);
	r = usual();
	r.rto = 120;
	r.declared = 21;
	assert_true(figures_rto(&r) > 120.9);
	assert_int_equal(figures_check(&r, &s, false, &e), 0);
	assert_int_equal(r.n_checks, 1);
	assert_false(r.checks[0].passed);
	assert_non_null(strstr(r.checks[0].seen, "declared"));
	receipt_drop(&r);
}

static void
what_cannot_be_true_is_told(void **state)
{
	struct receipt r = usual();

	(void)state;
	assert_null(figures_implausible(&r));
	r.total = 0;
	assert_non_null(strstr(figures_implausible(&r), "no time"));
	r = usual();
	r.phases[2].seconds = 0.01;
	assert_non_null(strstr(figures_implausible(&r), "faster"));
	r = usual();
	r.finished += 3600 * NANO;
	assert_non_null(strstr(figures_implausible(&r), "clock"));
	r = usual();
	r.finished = r.started - NANO;
	assert_non_null(strstr(figures_implausible(&r), "clock"));
	r = usual();
	add(r.after, &r.n_after, "rehearse", 3600, 0);
	r.finished += 3600 * NANO;
	assert_null(figures_implausible(&r));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_bottleneck_is_what_took_longest),
		cmocka_unit_test(the_rto_counts_what_is_declared),
		cmocka_unit_test(what_cannot_be_true_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
