/*
 * Good evidence for the gate: see gate_scene.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "crypto/charter.h"
#include "drill/drill.h"
#include "gate/explain.h"
#include "gate_scene.h"

/* 2026-06-17T12:00:00Z: far from the borders of days, weeks and months. */
#define NOON (INT64_C(1781697600) * NANO)

void
scene_add(struct receipt *r, const char *name, bool passed)
{
	const struct outcome made = { name, "x", "y", passed, 0.1, NULL };
	struct err e;

	assert_int_equal(receipt_add(r, &made, &e), 0);
}

static void
good_receipt(struct scene *x)
{
	struct receipt *r = &x->r;

	memset(r, 0, sizeof(*r));
	(void)snprintf(r->site, sizeof(r->site), "test.example");
	(void)snprintf(r->host, sizeof(r->host), "test");
	(void)snprintf(r->from, sizeof(r->from), "store");
	(void)snprintf(r->kind, sizeof(r->kind), "full");
	(void)snprintf(r->store, sizeof(r->store), "%s",
	    x->f.depot.charter.store);
	r->snapshot = x->s.digest;
	r->policy = x->f.policy.digest;
	r->started = x->now - 10 * NANO;
	r->finished = x->now;
	r->point = x->s.point;
	(void)snprintf(r->phases[0].name, sizeof(r->phases[0].name), "load");
	r->phases[0].seconds = r->total = 5;
	r->n_phases = 1;
	r->bytes = snapshot_bytes(&x->s);
	r->coverage = 1;
	memcpy(r->key, x->f.depot.charter.recovery[0].name, sizeof(r->key));
	r->rto = 60;
	r->rpo = 900;
	scene_add(r, "charter", true);
	scene_add(r, "inventory", true);
	scene_add(r, "recipe", true);
	scene_add(r, "restore: config", true);
	scene_add(r, "proof: config", true);
	scene_add(r, "config: site_config.json", true);
	scene_add(r, "rto", true);
	scene_add(r, "rpo", true);
	r->passed = true;
}

void
scene_put_receipt(struct scene *x)
{
	struct err e;

	if (drill_sign(&x->f.depot, &x->r, &e) == -1)
		fail_msg("%s", e.text);
	x->put = true;
}

void
scene_make(struct scene *x)
{
	clock_fake(NOON, NANO);
	fixture_make(&x->f);
	fixture_take(&x->f, &x->s);
	x->now = clock_utc();
	good_receipt(x);
}

void
scene_drop(struct scene *x)
{
	clock_fake(-1, -1);
	receipt_drop(&x->r);
	fixture_drop(&x->f);
}

void
scene_judge(struct scene *x, const char *subject)
{
	struct gate_options o = { .policy = &x->f.policy,
	    .subject = subject };
	struct err e;

	fixture_open(&x->f, DEPOT_SIGN);
	if (gate_judge(&x->f.depot, &o, &x->v, &e) == -1)
		fail_msg("%s", e.text);
	for (size_t i = 0; i < x->v.n_rules; i++)
		if (gate_explain(x->v.rules[i].name) == NULL)
			fail_msg("%s: cannot be explained",
			    x->v.rules[i].name);
}

void
scene_past_drill(struct scene *x, double days, const char *kind,
    double seconds)
{
	struct receipt now = x->r;
	bool put = x->put;
	struct receipt *r = &x->r;

	(void)snprintf(r->kind, sizeof(r->kind), "%s", kind);
	r->finished -= (int64_t)(days * 86400) * NANO;
	r->total = r->phases[0].seconds = seconds;
	r->started = r->finished - (int64_t)(seconds + 2) * NANO;
	r->point = r->started;
	scene_put_receipt(x);
	x->r = now;
	x->put = put;
}

void
scene_past_snapshot(struct scene *x, double days, uint64_t size)
{
	struct snapshot *s = malloc(sizeof(*s));
	int64_t back = (int64_t)(days * 86400) * NANO;

	assert_non_null(s);
	*s = x->s;
	s->started -= back;
	s->finished -= back;
	s->point -= back;
	for (size_t i = 0; i < s->n_parts; i++) {
		s->parts[i].point -= back;
		s->parts[i].root.size = size;
	}
	fixture_sign_snapshot(&x->f, s);
	free(s);
}

const struct rule *
scene_rule(const struct verdict *v, const char *name)
{
	for (size_t i = 0; i < v->n_rules; i++)
		if (strcmp(v->rules[i].name, name) == 0)
			return &v->rules[i];
	return NULL;
}

static void
refuse(const struct wrong *w)
{
	struct scene *x = calloc(1, sizeof(*x));
	const struct rule *r;
	struct err e;

	assert_non_null(x);
	scene_make(x);
	if (w->before != NULL)
		w->before(x);
	if (!x->put)
		scene_put_receipt(x);
	if (w->after != NULL)
		w->after(x);
	scene_judge(x, NULL);
	r = scene_rule(&x->v, w->rule);
	if (x->v.result == RULE_PASS)
		fail_msg("%s: the gate opened", w->what);
	if (r == NULL || r->result == RULE_PASS)
		fail_msg("%s: rule \"%s\" did not say so", w->what, w->rule);
	print_message("  refused: %-44s %s: %.60s\n", w->what, r->name,
	    r->seen);
	if (gate_sign(&x->f.depot, &x->v, &e) == -1)
		fail_msg("%s: %s", w->what, e.text);
	scene_drop(x);
	free(x);
}

void
scene_refuse_all(const struct wrong *w, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		refuse(&w[i]);
}
