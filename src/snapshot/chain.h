#ifndef SNAPSHOT_CHAIN_H
#define SNAPSHOT_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snapshot/trail.h"

struct err;

/*
 * The hash chain of one kind of statements: each names the one of its site
 * that was the newest when it was made.  So a statement that was taken away
 * leaves a name that nobody answers to, and one that was slipped in with an
 * older date names one that is younger than itself.
 */
enum chain_problem {
	CHAIN_GOOD,
	CHAIN_DAMAGED,		/* it cannot be believed */
	CHAIN_REMOVED,		/* the one before it is gone */
	CHAIN_BACKDATED		/* the one before it is younger */
};

struct chain_link {
	char		object[STORE_NAME_MAX];
	char		signer[CHARTER_NAME_MAX];	/* "": damaged */
	char		site[SNAPSHOT_SITE_MAX];
	char		what[64];	/* GO, passed, ... */
	struct id	digest, previous;
	bool		has_previous;
	int64_t		named;
	enum chain_problem problem;
	char		why[256];	/* of a problem */
};

struct chain {
	struct chain_link	*v;
	size_t			 n, size;
	size_t			 problems;
};

/*
 * Read the chain, of one site or (NULL) of all, in the order of the names.
 * skew: by so many seconds clocks may differ.  The caller drops it, also
 * after -1.
 */
int	chain_load(struct chain *, const struct depot *, enum trail_kind,
	    const char *site, uint64_t skew, struct err *);
void	chain_drop(struct chain *);

/* The first link that is not good, or NULL. */
const struct chain_link	*chain_first_problem(const struct chain *);

#endif
