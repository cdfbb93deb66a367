/*
 * muster-doctor: look whether everything that a snapshot, a shipment and a
 * drill need is there, and say what to do about what is not.
 */
#include <stddef.h>

#include "cli/cmd.h"
#include "report/job_doctor.h"

static struct job_doctor want;

static const struct opt options[] = {
	{ 'p', "policy", NULL, &want.policy, NULL, "file",
	    "policy (else $MUSTER_POLICY, ./muster.yaml, "
	    "/etc/muster/muster.yaml)" },
	{ 's', "store", NULL, &want.store, NULL, "name",
	    "sign: store that gets the receipt (else drill.from)" },
	{ 0, "quick", &want.quick, NULL, NULL, NULL,
	    "do not start a throwaway server" },
	{ 0, "sign", &want.sign, NULL, NULL, NULL,
	    "sign what was seen, for the gate's doctor-age" },
	{ 0 },
};

static int
run(char *operands[], struct err *e)
{
	(void)operands;
	return job_doctor(&want, e);
}

int
main(int argc, char *argv[])
{
	const struct cmd c = {
		.name = "muster-doctor", .operands = "", .min = 0, .max = 0,
		.purpose = "is everything there that a snapshot, a shipment "
		    "and a drill need?",
		.options = options, .run = run,
	};

	return cmd_main(&c, argc, argv);
}
