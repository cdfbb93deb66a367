/*
 * Verdicts on another machine, with nothing but public keys; overrides; and
 * that every rule can be explained.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/gate_scene.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "crypto/pem.h"
#include "gate/history.h"
#include "gate/verify.h"
#include "snapshot/chain.h"
#include "store/store.h"

#define DEPLOY "git:0123456789abcdef0123456789abcdef01234567"
#define OTHER "git:1123456789abcdef0123456789abcdef01234567"

struct stage {
	struct scene	x;
	struct charter	signers;	/* as a keyring gives them */
	struct buf	file;
	struct recovery_key *operator;
	char		name[CHARTER_NAME_MAX];
};

static void
load_file(struct stage *g)
{
	struct err e;

	buf_clear(&g->file);
	if (store_get_all(g->x.f.depot.store, g->x.v.object, &g->file,
	    &e) == -1)
		fail_msg("%s", e.text);
}

static int
make(void **state)
{
	struct stage *g = calloc(1, sizeof(*g));
	const struct charter *c;
	struct charter_signer op = { .roles = ROLE_VERDICT };
	struct buf pem;
	struct err e;

	assert_non_null(g);
	buf_init(&g->file, 1 << 20);
	buf_init(&pem, 1 << 20);
	scene_make(&g->x);
	scene_put_receipt(&g->x);
	scene_judge(&g->x, DEPLOY);
	g->operator = recovery_key_load(g->x.f.recovery, NULL, &e);
	assert_non_null(g->operator);
	c = &g->x.f.depot.charter;
	(void)snprintf(op.name, sizeof(op.name), "operator");
	memcpy(op.public, c->recovery[0].sign_public, sizeof(op.public));
	assert_int_equal(pem_add(&pem, &c->signers[0], &e), 0);
	assert_int_equal(pem_add(&pem, &op, &e), 0);
	assert_non_null(buf_text(&pem, &e));
	if (pem_parse((char *)pem.data, &g->signers, ROLE_VERDICT, &e) == -1)
		fail_msg("%s", e.text);
	assert_int_equal(g->signers.n_signers, 2);
	assert_string_equal(g->signers.signers[1].name, "operator");
	buf_drop(&pem);
	*state = g;
	return 0;
}

static int
drop(void **state)
{
	struct stage *g = *state;

	buf_drop(&g->file);
	recovery_key_free(g->operator);
	scene_drop(&g->x);
	free(g);
	return 0;
}

static struct verify_want_verdict
wanted(const struct stage *g)
{
	return (struct verify_want_verdict){ .signers = &g->signers,
	    .subject = DEPLOY, .skew = 60 };
}

/* Verify; why it does not open the gate, "" when it does. */
static const char *
verify(struct stage *g, const struct verify_want_verdict *w)
{
	static struct verdict_read v;
	struct err e;

	if (verdict_verify(g->file.data, g->file.len, w, &v, &e) == -1)
		fail_msg("%s", e.text);
	assert_true(v.go == (v.why[0] == '\0'));
	return v.why;
}

static void
a_go_opens_for_its_deploy_and_its_time_only(void **state)
{
	struct stage *g = *state;
	struct verify_want_verdict w = wanted(g);
	struct err e;

	assert_int_equal(g->x.v.result, RULE_PASS);
	assert_int_equal(gate_sign(&g->x.f.depot, &g->x.v, &e), 0);
	load_file(g);
	assert_string_equal(verify(g, &w), "");
	w.site = "test.example";
	assert_string_equal(verify(g, &w), "");
	w.site = "other.example";
	assert_non_null(strstr(verify(g, &w), "another site"));
	w.site = NULL;
	w.subject = OTHER;
	assert_non_null(strstr(verify(g, &w), "another deploy"));
	w.subject = DEPLOY;
	clock_fake(g->x.now + 3599 * NANO, NANO);
	assert_string_equal(verify(g, &w), "");
	clock_fake(g->x.now + 3600 * NANO, NANO);
	assert_non_null(strstr(verify(g, &w), "expired"));
	clock_fake(g->x.now - 61 * NANO, NANO);
	assert_non_null(strstr(verify(g, &w), "future"));
}

static void
a_no_go_and_a_changed_one_open_nothing(void **state)
{
	struct stage *g = *state;
	struct verify_want_verdict w = wanted(g);
	struct verdict_read v;
	struct err e;
	size_t i;

	g->x.f.policy.rpo = 1;
	clock_fake(g->x.now + 10 * NANO, NANO);
	scene_judge(&g->x, DEPLOY);
	assert_int_equal(g->x.v.result, RULE_FAIL);
	assert_int_equal(gate_sign(&g->x.f.depot, &g->x.v, &e), 0);
	load_file(g);
	assert_non_null(strstr(verify(g, &w), "NO-GO"));
	for (i = 0; i < g->file.len; i += g->file.len / 40) {
		g->file.data[i] ^= 1;
		assert_int_equal(verdict_verify(g->file.data, g->file.len, &w,
		    &v, &e), -1);
		assert_false(v.go);
		g->file.data[i] ^= 1;
	}
	for (i = 0; i < g->file.len; i += 97)
		assert_int_equal(verdict_verify(g->file.data, i, &w, &v, &e),
		    -1);
}

static void
a_stranger_signs_in_vain(void **state)
{
	struct stage *g = *state;
	struct verify_want_verdict w = wanted(g);
	struct verdict_read v;
	struct err e;

	assert_int_equal(gate_sign(&g->x.f.depot, &g->x.v, &e), 0);
	load_file(g);
	g->signers.signers[0].public[0] ^= 1;
	assert_int_equal(verdict_verify(g->file.data, g->file.len, &w, &v,
	    &e), -1);
	assert_int_equal(e.kind, ERR_DENIED);
}

/* A NO-GO, and what an operator asks for. */
static int
override(struct stage *g, const char *reason, uint64_t valid)
{
	const struct gate_override o = { reason, valid, g->operator };
	struct err e;

	clock_fake(g->x.now + 10 * NANO, NANO);
	g->x.f.policy.rpo = 1;
	scene_judge(&g->x, DEPLOY);
	assert_int_equal(g->x.v.result, RULE_FAIL);
	return gate_sign_override(&g->x.f.depot, &g->x.v, &o, g->name, &e);
}

static void
an_override_says_who_why_and_until_when(void **state)
{
	struct stage *g = *state;
	struct verify_want_verdict w = wanted(g);
	struct history h;
	struct chain c;
	struct err e;

	assert_int_equal(override(g, "hotfix of a leak", 7200), 0);
	load_file(g);
	assert_non_null(strstr(verify(g, &w), "override"));
	w.accept_override = true;
	assert_string_equal(verify(g, &w), "");
	clock_fake(g->x.now + 7211 * NANO, NANO);
	assert_non_null(strstr(verify(g, &w), "expired"));
	if (history_load(&h, &g->x.f.depot, &g->x.f.policy, 0,
	    &e) == -1 ||
	    chain_load(&c, &g->x.f.depot, TRAIL_VERDICTS, NULL, 60, &e) == -1)
		fail_msg("%s", e.text);
	assert_int_equal(h.damaged, 0);
	assert_int_equal(h.n_verdicts, 1);
	assert_true(h.verdicts[0].overridden);
	assert_int_equal(c.n, 1);
	assert_int_equal(c.problems, 0);
	assert_string_equal(c.v[0].what, "overridden");
	assert_non_null(strstr(c.v[0].signer, "recovery key"));
	history_drop(&h);
	chain_drop(&c);
}

static void
an_override_needs_reason_deploy_end_and_key(void **state)
{
	struct stage *g = *state;
	struct recovery_key *stranger;
	struct gate_override o = { "x", 60, NULL };
	struct err e;

	assert_int_equal(override(g, "", 60), -1);
	assert_int_equal(override(g, "  ", 60), -1);
	assert_int_equal(override(g, "x", 0), -1);
	assert_int_equal(override(g, "x", 86401), -1);
	stranger = recovery_key_new(&e);
	assert_non_null(stranger);
	o.key = stranger;
	assert_int_equal(gate_sign_override(&g->x.f.depot, &g->x.v, &o,
	    g->name, &e), -1);
	assert_int_equal(e.kind, ERR_DENIED);
	o.key = g->operator;
	g->x.v.subject = NULL;
	assert_int_equal(gate_sign_override(&g->x.f.depot, &g->x.v, &o,
	    g->name, &e), -1);
	recovery_key_free(stranger);
}

static void
keys_are_read_only_when_they_are_keys(void **state)
{
	static const char *const bad[] = {
		"", "-----BEGIN PUBLIC KEY-----\n",
		"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
		"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEAAAAAAAAAAAAAAAAAA"
		"AAAAAAAAAAAAAAAAAAAAAAAAAA=\n-----END PUBLIC KEY-----\n",
	};
	struct charter c;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(pem_parse(bad[i], &c, ROLE_VERDICT, &e), -1);
		assert_int_equal(e.kind, ERR_INPUT);
	}
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, make, drop)
	const struct CMUnitTest tests[] = {
		T(a_go_opens_for_its_deploy_and_its_time_only),
		T(a_no_go_and_a_changed_one_open_nothing),
		T(a_stranger_signs_in_vain),
		T(an_override_says_who_why_and_until_when),
		T(an_override_needs_reason_deploy_end_and_key),
		cmocka_unit_test(keys_are_read_only_when_they_are_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
