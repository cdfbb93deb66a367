#ifndef GATE_HISTORY_H
#define GATE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drill/receipt.h"
#include "snapshot/depot.h"
#include "snapshot/snapshot.h"

struct err;
struct policy;

/*
 * What the statements of a store say of a site's past, oldest first; only
 * those that can be believed.
 */
#define HISTORY_KINDS 4			/* of enum part_kind */

struct past_snapshot {
	struct id	digest, previous;
	bool		has_previous;
	int64_t		finished, point, previous_utc;
	uint64_t	bytes, new_bytes, unread;
	uint64_t	sizes[HISTORY_KINDS];	/* by kind; 0: not in it */
	bool		physical;	/* its database: another size */
	bool		complete;	/* has all that the policy names */
	unsigned	kinds;		/* bits; but for streams */
	bool		whole;		/* has all kinds that older ones have */
};

struct past_drill {
	char		object[STORE_NAME_MAX];
	char		kind[SNAPSHOT_NAME_MAX];
	char		host[SNAPSHOT_SITE_MAX];
	char		key[RECOVERY_NAME_SIZE];
	char		bottleneck[SNAPSHOT_NAME_MAX];
	struct id	policy;
	int64_t		finished;
	double		total;		/* seconds, measured */
	uint64_t	declared;	/* seconds, by policy */
	uint64_t	bytes, rto;
	double		coverage;
	bool		passed;
	struct phase	phases[RECEIPT_PHASES_MAX];
	size_t		n_phases;
	bool		physical;	/* of such a snapshot: another speed */
};

struct past_verdict {
	char		object[STORE_NAME_MAX];
	int64_t		utc;
	bool		go;
	bool		overridden;
};

struct history {
	struct past_snapshot	*snapshots;
	struct past_drill	*drills;
	struct past_verdict	*verdicts;
	size_t			 n_snapshots, n_drills, n_verdicts;
	size_t			 size[3];
	uint64_t		 damaged;	/* not believed */
};

/*
 * Read that of the policy's site: snapshots all, receipts and verdicts from
 * since (UTC ns) on.  The caller drops it, also after -1.
 */
int	history_load(struct history *, const struct depot *,
	    const struct policy *, int64_t since, struct err *);
void	history_drop(struct history *);

/*
 * The first snapshot from the i-th on that has every component; n_snapshots
 * when there is none.
 */
size_t	history_complete(const struct history *, size_t i);

/* What is kept of a receipt, which is of this object. */
void	history_keep(struct past_drill *, const struct receipt *,
	    const char *object);

/* The middle of n values, which are sorted by it; 0 of none. */
double	history_median(double *, size_t n);

/* The newest drill of this kind, however it came out, or NULL. */
const struct past_drill	*history_newest(const struct history *,
			    const char *kind);

/* The newest drill of a whole snapshot, however it came out, or NULL. */
const struct past_drill	*history_newest_whole(const struct history *);

#endif
