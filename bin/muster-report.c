/*
 * muster-report: how a site's backups are doing, for people and for machines.
 */
#include <stddef.h>

#include "cli/cmd.h"
#include "report/job_report.h"

static struct job_report want;

static const struct opt options[] = {
	{ 'p', "policy", NULL, &want.policy, NULL, "file",
	    "policy (else $MUSTER_POLICY, ./muster.yaml, "
	    "/etc/muster/muster.yaml)" },
	{ 's', "store", NULL, &want.store, NULL, "name",
	    "store to report on (else the policy's drill.from)" },
	{ 0, "html", NULL, &want.html, NULL, "file",
	    "write one HTML page as well" },
	{ 0, "textfile", NULL, &want.textfile, NULL, "file",
	    "write metrics for Prometheus as well" },
	{ 0, "trail", &want.trail, NULL, NULL, NULL,
	    "only the audit trail, as JSON lines, its chain checked" },
	{ 0 },
};

static int
run(char *operands[], struct err *e)
{
	(void)operands;
	return job_report(&want, e);
}

int
main(int argc, char *argv[])
{
	const struct cmd c = {
		.name = "muster-report", .operands = "", .min = 0, .max = 0,
		.purpose = "how backups are doing: summary, page, metrics, "
		    "audit trail",
		.options = options, .run = run,
	};

	return cmd_main(&c, argc, argv);
}
