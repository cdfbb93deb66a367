/* Proof that a recovery key opens a store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "crypto/keys_internal.h"
#include "snapshot/proof.h"
#include "store/store.h"
#include "../../lib/keys_kit.h"
#include "../../lib/store_fault.h"
#include "../../lib/store_mem.h"

static struct store		*store;
static struct recovery_key	*key, *stranger;

/* Found a store by the key and put its charter there. */
static void
put_charter(int64_t when, bool right_name)
{
	struct store_secret *secret = kit_secret(1);
	struct signer *g = kit_signer(2);
	struct charter_signer signer = { "host", { 0 }, ROLE_ALL };
	const struct charter_founding f = { secret, key, NULL, &signer };
	char name[100] = "charters/", hex[ID_TEXT_SIZE];
	struct charter c;
	struct buf b;
	struct err e;

	clock_fake(when, 0);
	buf_init(&b, 100000);
	signer_public(g, signer.public);
	assert_int_equal(charter_found(&c, &f, &b, &e), 0);
	(void)strcat(name, id_format(&c.digest, hex));
	if (!right_name)
		name[20] = name[20] == '0' ? '1' : '0';
	assert_int_equal(store_put(store, name, b.data, b.len, &c.digest, &e),
	    STORE_PUT);
	buf_drop(&b);
	store_secret_free(secret);
	signer_free(g);
	clock_fake(-1, -1);
}

static int
enter(void **state)
{
	struct err e;

	(void)state;
	key = kit_recovery(3);
	stranger = kit_recovery(4);
	return (store = store_mem_new(&e)) == NULL ? -1 : 0;
}

static int
leave(void **state)
{
	(void)state;
	store_close(store);
	recovery_key_free(key);
	recovery_key_free(stranger);
	return 0;
}

static void
the_newest_charter_that_opens_is_named(void **state)
{
	char text[PROOF_TEXT_MAX];
	struct proof p;
	struct err e;
	json_t *json;

	(void)state;
	put_charter(3000000000, true);
	put_charter(7000000000, true);
	put_charter(5000000000, true);
	assert_int_equal(proof_of(&p, key, store, &e), 0);
	assert_true(p.opens);
	assert_true(p.charter.created == 7000000000);
	assert_int_equal(strncmp(proof_format(&p, "mem", text), "yes: ", 5),
	    0);
	assert_non_null(json = proof_json(&p));
	assert_true(json_is_true(json_object_get(json, "opens")));
	json_decref(json);
}

static void
a_stranger_gets_a_no_with_the_reason(void **state)
{
	char text[PROOF_TEXT_MAX];
	struct proof p;
	struct err e;

	(void)state;
	put_charter(3000000000, true);
	assert_int_equal(proof_of(&p, stranger, store, &e), 0);
	assert_false(p.opens);
	assert_non_null(strstr(proof_format(&p, "mem", text), "stranger"));
	assert_int_equal(strncmp(text, "no: ", 4), 0);
}

static void
a_charter_of_another_name_does_not_count(void **state)
{
	struct proof p;
	struct err e;

	(void)state;
	put_charter(3000000000, false);
	assert_int_equal(proof_of(&p, key, store, &e), 0);
	assert_false(p.opens);
	put_charter(3000000000, true);
	assert_int_equal(proof_of(&p, key, store, &e), 0);
	assert_true(p.opens);
}

static void
a_store_without_a_charter_is_trouble(void **state)
{
	struct proof p;
	struct err e;

	(void)state;
	assert_int_equal(proof_of(&p, key, store, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
}

static void
a_store_that_fails_is_trouble_not_a_no(void **state)
{
	struct fault_plan plan = { .ops = FAULT_ANY, .kind = FAULT_FAIL };
	struct store *faulty;
	struct proof p;
	struct err e;
	uint64_t n;

	(void)state;
	put_charter(3000000000, true);
	assert_non_null(faulty = store_fault_new(store, &plan, &e));
	assert_int_equal(proof_of(&p, key, faulty, &e), 0);
	n = plan.seen;
	assert_true(n >= 2);
	for (plan.nth = 1; plan.nth <= n; plan.nth++) {
		plan.seen = 0;
		assert_int_equal(proof_of(&p, key, faulty, &e), -1);
		assert_int_equal(e.kind, ERR_REMOTE);
	}
	/* Bytes that are wrong are a no: they were read. */
	plan = (struct fault_plan){ .ops = FAULT_GET, .nth = 1,
	    .later_too = 1, .kind = FAULT_FLIP };
	assert_int_equal(proof_of(&p, key, faulty, &e), 0);
	assert_false(p.opens);
	store_close(faulty);
}

static void
a_store_or_key_that_is_not_there_is_trouble(void **state)
{
	struct proof p;
	struct err e;

	(void)state;
	assert_int_equal(proof_of_file(&p, "/nowhere/key", NULL, "/nowhere",
	    &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_int_equal(proof_of_file(&p, "/nowhere/key", NULL, "/", &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, enter, leave)
		T(the_newest_charter_that_opens_is_named),
		T(a_stranger_gets_a_no_with_the_reason),
		T(a_charter_of_another_name_does_not_count),
		T(a_store_without_a_charter_is_trouble),
		T(a_store_that_fails_is_trouble_not_a_no),
		T(a_store_or_key_that_is_not_there_is_trouble),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
