/*
 * The jobs that people schedule: see chain.h.
 */
#include "base/err.h"
#include "cli/cmd.h"
#include "report/chain.h"
#include "report/job_doctor.h"

/* A snapshot that lacks what could not be read is shipped all the same. */
int
chain_backup(struct job *j, struct err *e)
{
	int taken = job_take(j, e), shipped;

	if (taken != CMD_YES && taken != CMD_PARTIAL)
		return taken;
	j->may_be_none = true;
	shipped = job_ship(j, e);
	return shipped != CMD_YES ? shipped : taken;
}

/*
 * Only the gate says GO, also over what the doctor and the drill found wrong;
 * a snapshot, shipment or drill that could not be done ends it before, so that
 * no older receipt is taken for this one's.
 */
int
chain_predeploy(struct job *j, struct err *e)
{
	const struct job_doctor doctor = { .policy = j->policy, .sign = true,
	    .if_demanded = true, .brief = true };
	int status;

	if (job_check_subject(j, e) == -1 || job_check_sample(j, e) == -1)
		return CMD_USAGE;
	status = chain_backup(j, e);
	if (status != CMD_YES && status != CMD_PARTIAL)
		return status;
	err_clear(e);
	status = job_doctor(&doctor, e);
	if (e->kind != ERR_NONE)	/* whatever it says: this is no GO */
		return status != CMD_YES ? status : CMD_TROUBLE;
	status = job_drill(j, e);
	if (status != CMD_YES && status != CMD_NO)
		return status;
	return job_gate(j, e);
}

int
chain_exercise(struct job *j, struct err *e)
{
	if (j->recovery_key == NULL) {
		(void)err_set(e, ERR_INPUT, "an exercise needs --recovery-key "
		    "with the escrowed key");
		return CMD_USAGE;
	}
	j->exercise = true;
	return job_drill(j, e);
}
