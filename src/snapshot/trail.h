#ifndef SNAPSHOT_TRAIL_H
#define SNAPSHOT_TRAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "snapshot/depot.h"
#include "snapshot/snapshot.h"

struct buf;
struct err;
struct json_t;
struct policy;
struct signer;

/*
 * The signed statements of a store, by kind, in the order of their names,
 * which begin with the time: snapshots/, receipts/, verdicts/.  A statement's
 * object is KIND/YYYYMMDDThhmmssZ-<SHA-256 of the envelope>.
 */
enum trail_kind {
	TRAIL_SNAPSHOTS,
	TRAIL_RECEIPTS,
	TRAIL_VERDICTS
};

/* One statement as found, or why it cannot be believed. */
struct trail_item {
	const char	*object;
	struct id	 digest;	/* by its bytes */
	int64_t		 named;		/* the time in its name */
	const char	*signer;	/* NULL when not believed */
	const struct json_t *statement;	/* NULL when not believed */
	const struct err *why;		/* not believed, because */
};

/*
 * Call each for every statement of a kind, oldest first; within one second in
 * the order of their chain.  What is damaged or
 * signed by a stranger comes with statement NULL and why, so that nobody can
 * overlook it.  A non-zero return of each ends it and is returned.
 */
int	trail_each(const struct depot *, enum trail_kind,
	    int (*each)(void *cookie, const struct trail_item *,
	    struct err *), void *cookie, struct err *);

/* The same, without those whose name says that they are older than since. */
int	trail_each_since(const struct depot *, enum trail_kind, int64_t since,
	    int (*each)(void *cookie, const struct trail_item *,
	    struct err *), void *cookie, struct err *);

/*
 * Is this envelope, named as an object of the kind, a statement that can be
 * believed under this charter?  The caller decrefs it; NULL and why.  signer
 * gets the name of who signed it (CHARTER_NAME_MAX bytes).
 */
struct json_t	*trail_believe(const struct charter *, enum trail_kind,
		    const void *, size_t, char *signer, struct err *);

/* The store's folder of a kind: "receipts/". */
const char	*trail_prefix(enum trail_kind);

/* A statement to be made; all is borrowed. */
struct trail_new {
	enum trail_kind	 kind;
	const char	*site;
	int64_t		 utc;		/* the time inside */
	struct json_t	*subject, *predicate;
	const struct signer *signer;	/* NULL: the depot's */
};

/*
 * Sign a statement and put it into the store, durably; last of all.  The
 * predicate gets members `previous` and `previous_time`: digest and time of
 * the newest statement of the kind and site that is there and can be believed,
 * or null.  object gets
 * the statement's name, digest its SHA-256.
 */
int	trail_put(const struct depot *, const struct trail_new *,
	    char object[STORE_NAME_MAX], struct id *digest, struct err *);

/*
 * Find a snapshot of a site (NULL: of any): the newest when which is NULL or
 * "latest", else the only one whose digest or object starts with which (the
 * object's folder may be left out).
 * ERR_ABSENT when there is none, ERR_INPUT when there are several.  damaged
 * counts statements that could not be believed; when it is NULL, the newest is
 * refused (ERR_DAMAGED) if there is any, since that may be the newest.
 */
int	trail_find_snapshot(const struct depot *, const char *site,
	    const char *which, struct snapshot *, uint64_t *damaged,
	    struct err *);

/* Which is looked for, by what it has; all is borrowed. */
struct trail_newest {
	const char	*site;		/* NULL: of any */
	const char	*part;		/* it has this component */
	const struct policy *policy;	/* or, without part, all of its */
	bool		 sure;		/* none but it may be the newest */
	uint64_t	 partial;	/* gets: newer, but lack some of it */
	uint64_t	 damaged;	/* gets: could not be believed */
	char		 wider[STORE_NAME_MAX];	/* gets: see below */
};

/*
 * The newest snapshot that has what is asked for; when there is none, the
 * newest of the site.  When neither part nor policy says what it must have,
 * wider gets the last snapshot that has a kind of component which this one
 * lacks; else it is empty.  If sure, it is refused (ERR_DAMAGED) when there is
 * any that cannot be believed.
 */
int	trail_find_newest(const struct depot *, struct trail_newest *,
	    struct snapshot *, struct err *);

/* Has it every component that the policy names? */
bool	trail_has_all(const struct snapshot *, const struct policy *);

/* The snapshot of exactly this digest. */
int	trail_get_snapshot(const struct depot *, const struct id *,
	    struct snapshot *, struct err *);

#endif
