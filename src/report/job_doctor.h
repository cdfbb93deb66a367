#ifndef REPORT_JOB_DOCTOR_H
#define REPORT_JOB_DOCTOR_H

#include <stdbool.h>

struct err;

struct job_doctor {
	const char	*policy;	/* file, or NULL */
	const char	*store;		/* the receipt's, or NULL */
	bool		 quick;		/* starts no server */
	bool		 sign;		/* what was seen, as a receipt */
	bool		 if_demanded;	/* nothing unless the gate wants it */
	bool		 brief;		/* say only what is wrong */
};

/*
 * Look at everything that a snapshot, a shipment and a drill need: CMD_YES
 * when it is well, CMD_NO when something is not, CMD_TROUBLE when something
 * could not be told; the error is set only when the look or the receipt could
 * not be made.
 */
int	job_doctor(const struct job_doctor *, struct err *);

#endif
