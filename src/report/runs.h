#ifndef REPORT_RUNS_H
#define REPORT_RUNS_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;
struct overview;
struct policy;

/*
 * How the jobs of a site ran last, on this host: a file for each job in the
 * folder runs/ of the policy's state, which can be thrown away.  It is what
 * metrics tell of runs, of which no signed statement tells.
 */
#define RUN_NAME_MAX 48
#define RUN_LABEL_MAX 80
#define RUN_FACTS_MAX 64

struct run_fact {
	char	name[RUN_NAME_MAX], label[RUN_LABEL_MAX];
	double	value;
};

struct run {
	char		job[RUN_NAME_MAX];	/* "snapshot" */
	int64_t		finished;		/* UTC ns */
	int64_t		good;			/* last success, or 0 */
	double		seconds;
	int		status;			/* exit status */
	struct run_fact	facts[RUN_FACTS_MAX];
	size_t		n_facts;
};

/*
 * Keep how a job ran; what is there of an earlier run is replaced, and its
 * last success is kept when this one was none.
 */
int	runs_save(const struct policy *, struct run *, struct err *);

/*
 * Replace a textfile for Prometheus at once, with the metrics of an overview
 * (unless NULL) and of all runs that were kept.
 */
int	runs_write_metrics(const struct policy *, const struct overview *,
	    const char *path, struct err *);

#endif
