#ifndef REPORT_CHAIN_H
#define REPORT_CHAIN_H

#include "report/job.h"

struct err;

/*
 * Jobs that are made of others; each returns an exit status of cli/cmd.h, and
 * ends at the first that could not be done.
 */

/* Take a snapshot, and ship it to the other stores if there are any. */
int	chain_backup(struct job *, struct err *);

/* The same; the doctor's receipt if it is demanded, a drill, the gate. */
int	chain_predeploy(struct job *, struct err *);

/* A drill as in a disaster, see muster-drill(1). */
int	chain_exercise(struct job *, struct err *);

#endif
