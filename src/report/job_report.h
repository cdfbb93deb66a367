#ifndef REPORT_JOB_REPORT_H
#define REPORT_JOB_REPORT_H

#include <stdbool.h>

struct err;

struct job_report {
	const char	*policy;	/* file, or NULL */
	const char	*store;		/* name or URL, or NULL */
	const char	*html;		/* file to write, or NULL */
	const char	*textfile;	/* file to write, or NULL */
	bool		 trail;		/* only the audit trail */
};

/*
 * Report on a site; an exit status of cli/cmd.h.  Files are replaced at once:
 * a reader finds the whole old or the whole new one.
 */
int	job_report(const struct job_report *, struct err *);

#endif
