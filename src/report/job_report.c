/*
 * The report's job: see job_report.h.
 */
#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "cli/cmd.h"
#include "policy/policy.h"
#include "report/job_report.h"
#include "report/overview.h"
#include "report/page.h"
#include "report/runs.h"
#include "report/trail_export.h"
#include "snapshot/access.h"

static int
write_page(const struct overview *o, const char *path, struct err *e)
{
	struct page p;
	int rc = -1;

	page_init(&p, e);
	overview_page(o, &p);
	if (p.rc == 0)
		rc = file_replace_path(path, 0644, p.b.data, p.b.len, e);
	page_drop(&p);
	return rc == -1 ? err_add(e, "cannot write the page") : 0;
}

static int
report(const struct job_report *j, const struct access *a, struct err *e)
{
	struct overview o;
	int rc = -1;

	if (overview_load(&o, &a->depot, a->policy, e) == -1 ||
	    (j->html != NULL && write_page(&o, j->html, e) == -1) ||
	    (j->textfile != NULL && runs_write_metrics(a->policy, &o,
	    j->textfile, e) == -1))
		goto done;
	if (cmd_json())
		rc = cmd_answer("report", overview_json(&o), e);
	else
		rc = cmd_quiet() ? 0 : overview_print(&o, e);
done:
	overview_drop(&o);
	return rc == -1 ? CMD_TROUBLE : CMD_YES;
}

int
job_report(const struct job_report *j, struct err *e)
{
	struct access_want w = {
		.policy = j->policy, .store = j->store, .use = DEPOT_LOOK,
		.drill_store = true,
	};
	struct access a;
	int status;

	if (j->trail && (j->html != NULL || j->textfile != NULL)) {
		(void)err_set(e, ERR_INPUT,
		    "--trail is alone: no --html, no --textfile");
		return CMD_USAGE;
	}
	if (access_open(&a, &w, e) == -1)
		return CMD_TROUBLE;
	status = j->trail ? trail_export(&a.depot, a.policy->site,
	    a.policy->gate_clock_skew, e) : report(j, &a, e);
	access_close(&a);
	return status;
}
