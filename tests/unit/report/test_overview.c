/*
 * Reports out of a store with a past: the page has its charts and nothing from
 * elsewhere, the metrics are well-formed, the JSON says the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/gate_scene.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "report/overview.h"
#include "report/page.h"

static int
make(void **state)
{
	struct scene *x = calloc(1, sizeof(*x));
	struct err e;

	assert_non_null(x);
	scene_make(x);
	for (int day = 20; day >= 1; day--)
		scene_past_snapshot(x, day, (uint64_t)(40 - day) * 100000000);
	for (int day = 19; day >= 2; day -= 3)
		scene_past_drill(x, day, day == 10 ? "sabotage" : "full",
		    30 - day);
	x->r.checks[2].passed = x->r.passed = false;
	(void)snprintf(x->r.checks[2].seen, RECEIPT_TEXT_MAX,
	    "<script>alert(\"1\")</script> & more");
	scene_past_drill(x, 1, "full", 40);
	x->r.checks[2].passed = x->r.passed = true;
	scene_put_receipt(x);
	x->f.policy.site = "test.example";
	scene_judge(x, "git:0123456789abcdef0123456789abcdef01234567");
	assert_int_equal(gate_sign(&x->f.depot, &x->v, &e), 0);
	*state = x;
	return 0;
}

static int
drop(void **state)
{
	scene_drop(*state);
	free(*state);
	return 0;
}

static void
load(struct scene *x, struct overview *o)
{
	struct err e;

	if (overview_load(o, &x->f.depot, &x->f.policy, &e) == -1)
		fail_msg("%s", e.text);
}

static size_t
count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)) != NULL; text += strlen(what))
		n++;
	return n;
}

static void
the_page_has_its_charts_and_nothing_from_elsewhere(void **state)
{
	struct scene *x = *state;
	struct overview o;
	struct page p;
	struct err e;
	const char *text;

	load(x, &o);
	page_init(&p, &e);
	overview_page(&o, &p);
	assert_int_equal(p.rc, 0);
	assert_non_null(text = buf_text(&p.b, &e));
	assert_int_equal(count(text, "<svg "), 5);
	assert_int_equal(count(text, "</svg>"), 5);
	assert_int_equal(count(text, "<figure"), 5);
	assert_int_equal(count(text, "class=\"limit\""), 3);
	assert_int_equal(count(text, "class=\"note\""), 3);
	assert_int_equal(count(text, "rules did not pass, 2"), 1);
	assert_true(count(text, "<circle") > 20);
	assert_true(count(text, "<rect class") > 20);
	assert_int_equal(count(text, "<script"), 0);
	assert_int_equal(count(text, "http:"), 0);
	assert_int_equal(count(text, "https:"), 0);
	assert_int_equal(count(text, "url("), 0);
	assert_int_equal(count(text, "@import"), 0);
	assert_int_equal(count(text, "nan"), 0);
	assert_true(count(text, "<td class=\"good\">pass") > 15);
	assert_int_equal(count(text, "<tr>"), count(text, "</tr>"));
	assert_int_equal(count(text, "<td"), count(text, "</td>"));
	page_drop(&p);
	overview_drop(&o);
}

/* What could have been lost goes from one with every component to the next. */
static void
a_part_of_a_snapshot_ends_no_gap(void **state)
{
	struct scene *x = *state;
	struct overview o;
	json_t *j, *one;
	double before;
	size_t n;

	load(x, &o);
	n = o.h.n_snapshots;
	before = overview_gap(&o, n - 3);
	o.h.snapshots[n - 2].complete = false;
	assert_true(overview_gap(&o, n - 3) > before + 80000);
	assert_true(overview_gap(&o, n - 2) == -1);
	assert_true(overview_worst(&o) == overview_gap(&o, n - 3));
	before = overview_lost(&o);
	o.h.snapshots[n - 1].complete = false;
	assert_true(overview_lost(&o) > before + 80000);
	assert_ptr_equal(overview_snapshot(&o), &o.h.snapshots[n - 3]);
	assert_non_null(j = overview_json(&o));
	one = json_array_get(json_object_get(j, "snapshots"), n - 1);
	assert_true(json_is_false(json_object_get(one, "complete")));
	assert_true(json_is_null(json_object_get(one, "gap_seconds")));
	json_decref(j);
	for (size_t i = 0; i < n; i++)
		o.h.snapshots[i].complete = false;
	assert_true(overview_lost(&o) == -1 && overview_worst(&o) == -1);
	assert_ptr_equal(overview_snapshot(&o), &o.h.snapshots[n - 1]);
	overview_drop(&o);
}

/* When none is complete, people, metrics and the page are told. */
static void
nothing_but_parts_is_everything_lost(void **state)
{
	struct scene *x = *state;
	struct overview o;
	struct page p;
	struct buf b;
	struct err e;
	const char *text;

	load(x, &o);
	for (size_t i = 0; i < o.h.n_snapshots; i++)
		o.h.snapshots[i].complete = false;
	page_init(&p, &e);
	overview_page(&o, &p);
	assert_non_null(text = buf_text(&p.b, &e));
	assert_int_equal(count(text, "no snapshot has every component"), 1);
	assert_int_equal(count(text, "What could have been lost after"), 0);
	page_drop(&p);
	buf_init(&b, 1 << 20);
	assert_int_equal(overview_metrics(&o, &b, &e), 0);
	assert_non_null(text = buf_text(&b, &e));
	assert_non_null(strstr(text, "\nmuster_snapshot_complete{site=\""
	    "test.example\"} 0\n"));
	assert_null(strstr(text, "recovery_point"));
	buf_drop(&b);
	overview_drop(&o);
}

static void
text_cannot_become_markup(void **state)
{
	struct page p;
	struct err e;

	(void)state;
	page_init(&p, &e);
	page_text(&p, "<a href=\"x\">&</a>");
	assert_string_equal(buf_text(&p.b, &e),
	    "&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;");
	page_drop(&p);
}

static void
a_page_that_grows_too_large_is_an_error(void **state)
{
	struct page p;
	struct err e;

	(void)state;
	page_init(&p, &e);
	p.b.max = 10;
	page_raw(&p, "0123456");
	assert_int_equal(p.rc, 0);
	page_text(&p, "<<<");
	assert_int_equal(p.rc, -1);
	assert_int_equal(e.kind, ERR_MEMORY);
	page_f(&p, "%d", 1);
	assert_int_equal(p.rc, -1);
	page_drop(&p);
}

/* NAME{site="..."...} NUMBER, each announced by HELP and TYPE before it. */
static void
metrics_have_the_form_of_the_textfile_collector(void **state)
{
	struct scene *x = *state;
	char name[128] = "", *line, *save, *brace, *end;
	struct overview o;
	struct buf b;
	struct err e;
	size_t n = 0;

	load(x, &o);
	buf_init(&b, 1 << 20);
	assert_int_equal(overview_metrics(&o, &b, &e), 0);
	assert_non_null(buf_text(&b, &e));
	assert_true(b.data[b.len - 1] == '\n');
	assert_non_null(strstr((char *)b.data, "\nmuster_gate_go{site=\""
	    "test.example\"} 0\n"));
	assert_non_null(strstr((char *)b.data, "\nmuster_drill_success{site="
	    "\"test.example\"} 1\n"));
	assert_non_null(strstr((char *)b.data, ",phase=\"load\"} 5\n"));
	for (line = strtok_r((char *)b.data, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, "# TYPE ", 7) == 0) {
			(void)snprintf(name, sizeof(name), "%.*s",
			    (int)strcspn(line + 7, " "), line + 7);
			assert_non_null(strstr(line, " gauge"));
			continue;
		}
		if (line[0] == '#')
			continue;
		assert_non_null(brace = strstr(line, "{site=\""));
		assert_memory_equal(line, name, strlen(name));
		assert_true(brace == line + strlen(name));
		assert_non_null(brace = strstr(line, "} "));
		(void)strtod(brace + 2, &end);
		assert_true(*end == '\0' && end > brace + 2);
		n++;
	}
	assert_true(n >= 20);
	buf_drop(&b);
	overview_drop(&o);
}

static void
the_json_has_the_same_past(void **state)
{
	struct scene *x = *state;
	struct overview o;
	json_t *j;

	load(x, &o);
	assert_non_null(j = overview_json(&o));
	assert_int_equal(json_array_size(json_object_get(j, "snapshots")), 21);
	assert_int_equal(json_array_size(json_object_get(j, "drills")), 8);
	assert_true(json_is_object(json_object_get(j, "verdict")));
	assert_true(json_is_object(json_object_get(j, "forecast")));
	json_decref(j);
	overview_drop(&o);
}

static void
an_empty_past_is_told_as_such(void **state)
{
	struct scene *x = *state;
	struct overview o;
	struct page p;
	struct err e;
	const char *text;

	x->f.policy.site = "nobody.example";
	load(x, &o);
	assert_null(overview_snapshot(&o));
	assert_null(overview_drill(&o));
	assert_null(overview_verdict(&o));
	page_init(&p, &e);
	overview_page(&o, &p);
	assert_int_equal(p.rc, 0);
	assert_non_null(text = buf_text(&p.b, &e));
	assert_int_equal(count(text, "<svg "), 0);
	assert_non_null(strstr(text, "there is no snapshot"));
	assert_non_null(strstr(text, "no full drill was carried out"));
	assert_non_null(strstr(text, "the gate was never asked"));
	page_drop(&p);
	overview_drop(&o);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, make, drop)
	const struct CMUnitTest tests[] = {
		T(the_page_has_its_charts_and_nothing_from_elsewhere),
		T(a_part_of_a_snapshot_ends_no_gap),
		T(nothing_but_parts_is_everything_lost),
		cmocka_unit_test(text_cannot_become_markup),
		cmocka_unit_test(a_page_that_grows_too_large_is_an_error),
		T(metrics_have_the_form_of_the_textfile_collector),
		T(the_json_has_the_same_past),
		T(an_empty_past_is_told_as_such),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
