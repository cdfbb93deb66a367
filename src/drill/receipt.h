#ifndef DRILL_RECEIPT_H
#define DRILL_RECEIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/charter.h"
#include "db/db.h"
#include "snapshot/snapshot.h"
#include "store/store.h"

struct err;
struct json_t;

/*
 * A receipt: the signed statement of what a drill did, saw and timed.
 */
#define RECEIPT_TEXT_MAX 512
#define RECEIPT_PHASES_MAX 16
#define RECEIPT_CHECKS_MAX 10000
#define RECEIPT_OUTPUT_MAX 4096

struct phase {
	char		name[SNAPSHOT_NAME_MAX];
	double		seconds;
	uint64_t	bytes;		/* that went through it, 0: not bytes */
};

/* One check: what was required, what was seen. */
struct check {
	char		name[RECEIPT_TEXT_MAX];
	char		required[RECEIPT_TEXT_MAX];
	char		seen[RECEIPT_TEXT_MAX];
	bool		passed;
	double		seconds;
	char		*output;	/* of a command, or NULL */
};

/* What of a snapshot a sampled drill restored: so much of so much. */
struct receipt_sample {
	uint64_t	seed;		/* at most RECEIPT_SEED_MAX */
	uint32_t	share;		/* asked for, in millionths */
	uint64_t	tables, of_tables;	/* that have rows */
	uint64_t	rows_bytes, of_rows_bytes;
	uint64_t	entries, of_entries;	/* of the files */
	uint64_t	files_bytes, of_files_bytes;
};

/* So that every reader of JSON has it exactly. */
#define RECEIPT_SEED_MAX ((UINT64_C(1) << 53) - 1)

struct receipt {
	char		object[STORE_NAME_MAX];
	struct id	digest;
	char		signer[CHARTER_NAME_MAX];
	char		site[SNAPSHOT_SITE_MAX];
	char		store[CHARTER_ID_SIZE];
	char		host[SNAPSHOT_SITE_MAX];
	char		from[SNAPSHOT_SITE_MAX];	/* the store's URL */
	/* full, sampled, exercise, sabotage, doctor */
	char		kind[SNAPSHOT_NAME_MAX];
	char		key[RECOVERY_NAME_SIZE];	/* that opened it */
	char		server[DB_VERSION_MAX];	/* throwaway server's, or "" */
	struct id	snapshot;	/* digest of its statement */
	struct id	policy;
	int64_t		started, finished;
	int64_t		point;		/* recovery point of the snapshot */
	struct phase	phases[RECEIPT_PHASES_MAX];
	size_t		n_phases;
	double		total;		/* seconds, all phases */
	/* what overlapped them: fetch, open; seconds of all workers */
	struct phase	work[RECEIPT_PHASES_MAX];
	size_t		n_work;
	/* after the recovery, in no total: rehearse, rollback */
	struct phase	after[RECEIPT_PHASES_MAX];
	size_t		n_after;
	char		bottleneck[SNAPSHOT_NAME_MAX];
	/* seconds of provisioning, by policy */
	uint64_t	declared;
	uint64_t	bytes;		/* opened size of what it restored */
	double		coverage;	/* of the snapshot's bytes, 0 to 1 */
	struct receipt_sample sample;	/* when kind is sampled */
	uint64_t	rto, rpo;	/* objectives then, 0: none held to */
	struct check	*checks;
	size_t		n_checks, checks_size;
	bool		passed;		/* every check, and at least one */
};

/*
 * Is a receipt of this kind one of a restore that shows how the site would
 * come back?  Not of a sabotage, which tries the alarm, nor of the doctor.
 */
bool	receipt_is_drill(const char *kind);

/* The same of all of a snapshot: what its time says counts. */
bool	receipt_is_whole(const char *kind);

/* In a line what a sampled drill restored; returns its buffer. */
char	*receipt_sample_text(const struct receipt_sample *,
	    char [RECEIPT_TEXT_MAX]);

/* Release what it holds; the struct can be used again. */
void	receipt_drop(struct receipt *);

/* How a check came out, in borrowed texts. */
struct outcome {
	const char	*name, *required, *seen;
	bool		 passed;
	double		 seconds;
	const char	*output;	/* what a command said, or NULL */
};

/*
 * Append a check's outcome, texts cut to size.  -1 without memory or beyond
 * RECEIPT_CHECKS_MAX: then the drill must fail.
 */
int	receipt_add(struct receipt *, const struct outcome *, struct err *);

/* Predicate and subject for the statement; new references or NULL. */
struct json_t	*receipt_predicate(const struct receipt *, struct err *);
struct json_t	*receipt_subject(const struct receipt *, struct err *);

/*
 * Read a statement that was already checked.  `passed` must agree with the
 * checks, phases with the total, times with each other, else ERR_DAMAGED: a
 * receipt that contradicts itself proves nothing.
 */
int	receipt_parse(struct receipt *, const struct json_t *statement,
	    struct err *);

#endif
