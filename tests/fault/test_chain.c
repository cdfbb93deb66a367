/*
 * The jobs that are made of others, with each of those ending in each way:
 * only the gate's yes is a GO, and what could not be done ends it before.
 *
 * wrap: job_take job_ship job_doctor job_drill job_gate
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "cli/cmd.h"
#include "report/chain.h"
#include "report/job_doctor.h"

enum stage { TAKE, SHIP, DOCTOR, DRILL, GATE, STAGES };

static int status[STAGES];
static bool trouble[STAGES];	/* it says why */
static bool asked[STAGES];

static int
end(enum stage p, struct err *e)
{
	asked[p] = true;
	if (trouble[p])
		(void)err_set(e, ERR_SYSTEM, "trouble");
	return status[p];
}

int	__wrap_job_take(const struct job *, struct err *);
int	__wrap_job_ship(const struct job *, struct err *);
int	__wrap_job_doctor(const struct job_doctor *, struct err *);
int	__wrap_job_drill(const struct job *, struct err *);
int	__wrap_job_gate(const struct job *, struct err *);

int
__wrap_job_take(const struct job *j, struct err *e)
{
	(void)j;
	return end(TAKE, e);
}

int
__wrap_job_ship(const struct job *j, struct err *e)
{
	assert_true(j->may_be_none);
	return end(SHIP, e);
}

int
__wrap_job_doctor(const struct job_doctor *j, struct err *e)
{
	assert_true(j->sign && j->if_demanded);
	return end(DOCTOR, e);
}

int
__wrap_job_drill(const struct job *j, struct err *e)
{
	(void)j;
	return end(DRILL, e);
}

int
__wrap_job_gate(const struct job *j, struct err *e)
{
	(void)j;
	return end(GATE, e);
}

/* predeploy, with this one ending so, and all others well. */
static int
predeploy(enum stage p, int s, bool why)
{
	struct job j = { .policy = NULL };
	struct err e;
	int i;

	for (i = 0; i < STAGES; i++) {
		status[i] = CMD_YES;
		trouble[i] = asked[i] = false;
	}
	status[p] = s;
	trouble[p] = why;
	err_clear(&e);
	return chain_predeploy(&j, &e);
}

static void
nothing_but_the_gate_says_go(void **state)
{
	static const int all[] = { CMD_YES, CMD_NO, CMD_TROUBLE, CMD_PARTIAL,
	    CMD_USAGE };
	size_t i;
	int p, why, s;

	(void)state;
	for (p = 0; p < STAGES; p++)
		for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
			for (why = 0; why <= 1; why++) {
				s = predeploy((enum stage)p, all[i], why == 1);
				if (!asked[GATE] && s == CMD_YES)
					fail_msg("stage %d: %d", p, all[i]);
				if (asked[GATE])
					assert_int_equal(s, status[GATE]);
			}
}

static void
what_could_not_be_done_ends_it(void **state)
{
	(void)state;
	assert_int_equal(predeploy(TAKE, CMD_TROUBLE, true), CMD_TROUBLE);
	assert_false(asked[SHIP]);
	assert_int_equal(predeploy(SHIP, CMD_NO, true), CMD_NO);
	assert_false(asked[DRILL]);
	assert_int_equal(predeploy(DOCTOR, CMD_TROUBLE, true), CMD_TROUBLE);
	assert_false(asked[DRILL]);
	assert_int_equal(predeploy(DRILL, CMD_TROUBLE, true), CMD_TROUBLE);
	assert_false(asked[GATE]);
}

static void
what_was_found_wrong_is_the_gates_to_judge(void **state)
{
	(void)state;
	(void)predeploy(TAKE, CMD_PARTIAL, false);
	assert_true(asked[GATE]);
	(void)predeploy(DOCTOR, CMD_NO, false);
	assert_true(asked[GATE]);
	(void)predeploy(DRILL, CMD_NO, false);
	assert_true(asked[GATE]);
	/* what is left in the error by what went well is no trouble */
	(void)predeploy(SHIP, CMD_YES, true);
	assert_true(asked[GATE]);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_but_the_gate_says_go),
		cmocka_unit_test(what_could_not_be_done_ends_it),
		cmocka_unit_test(what_was_found_wrong_is_the_gates_to_judge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
