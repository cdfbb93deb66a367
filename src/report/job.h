#ifndef REPORT_JOB_H
#define REPORT_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "snapshot/snapshot.h"

struct err;
struct notify;

/*
 * The work that several commands share, from options to answer.  Each returns
 * an exit status of cli/cmd.h.
 */
struct job {
	const char	*policy;	/* file, or NULL */
	const char	*store;		/* name or URL, or NULL */
	const char	*recovery_key;	/* or NULL */
	const char	*passphrase_file; /* or NULL */
	const char	*lock_wait;	/* duration, or NULL */
	bool		 only_one;	/* one kind of component */
	enum part_kind	 only;
	const char	*stream;	/* standard input under this name */
	bool		 dry_run;
	const char	*reread;	/* percent of unchanged ones, or NULL */
	const char	*snapshot;	/* which one, or NULL: the newest */
	const char	*subject;	/* of the gate's verdict, or NULL */
	const char	*override;	/* a reason, or NULL */
	const char	*until;		/* for so long, a duration, or NULL */
	const char	*save;		/* the verdict to this file, or NULL */
	bool		 explain;	/* how to fix what does not pass */
	const char	**to;		/* to ship to; NULL: all others */
	bool		 may_be_none;	/* it is no error that there is none */
	bool		 found;		/* an empty one becomes a copy */
	bool		 read_all;	/* read back everything */
	struct notify	*notify;	/* gets figures, or NULL */
	const char	*jobs;		/* packs at once, or NULL */
	bool		 exercise;	/* a drill as in a disaster */
	const char	*sabotage;	/* which one, "any", or NULL */
	const char	*sample;	/* percent, of a sampled drill */
	const char	*seed;		/* of its choice, or NULL: any */
};

/* How many seconds --lock-wait asked for; -1 if that is no duration. */
int	job_lock_wait(const struct job *, uint64_t *, struct err *);

/* Take a snapshot; CMD_PARTIAL when part of the source was not read. */
int	job_take(const struct job *, struct err *);

/*
 * Ship to the other stores of the policy, all of them at once; CMD_NO when
 * something damaged or missing was found.  What hinders one store does not
 * hinder the others.
 */
int	job_ship(const struct job *, struct err *);

/* Is the sample, if any, a share of a drill?  -1 if not. */
int	job_check_sample(const struct job *, struct err *);

/* Drill a snapshot; CMD_NO when a check failed. */
int	job_drill(const struct job *, struct err *);

/* Is the subject, if any, one that a verdict can be about?  -1 if not. */
int	job_check_subject(const struct job *, struct err *);

/*
 * The gate's answer is its verdict; only CMD_YES opens it: a GO, or a NO-GO
 * that the holder of the recovery key overrides.
 */
int	job_gate(const struct job *, struct err *);

/* Print the public keys whose verdicts count, in PEM. */
int	job_gate_keys(const struct job *, struct err *);

/* What a verdict in a file must be. */
struct job_verify {
	const char	*file;		/* the verdict */
	const char	*keyring;	/* public keys, PEM */
	const char	*subject, *site;
	bool		 accept_override;
};

/* With nothing but public keys: CMD_YES when it opens the gate now. */
int	job_gate_verify(const struct job_verify *, struct err *);

#endif
