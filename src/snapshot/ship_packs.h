#ifndef SNAPSHOT_SHIP_PACKS_H
#define SNAPSHOT_SHIP_PACKS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/id.h"
#include "snapshot/ship.h"

/* What became of an object of a listing. */
enum held_state {
	HELD_IDLE,		/* nobody needs it */
	HELD_WANTED,		/* the other store lacks it */
	HELD_GOOD,		/* it is in the other store */
	HELD_BAD		/* it cannot get there; told */
};

/* An object by the digest in its name. */
struct held {
	struct id	id;
	uint64_t	size;
	enum held_state	state;
	bool		check;		/* to be read back whole */
	bool		sent;		/* by this shipment */
	char		*name;		/* of what is no pack, or NULL */
	int64_t		 until;		/* UTC ns: locked there, 0: unknown */
	enum store_lock	 lock;
};

/* The objects of a store below a prefix, in order of their digests. */
struct holding {
	struct held	*v;
	size_t		 n, size;
};

/*
 * List them; names without a digest at their end are passed over.  The holding
 * must be all zero, or dropped.
 */
int	holding_list(struct holding *, struct store *, const char *prefix,
	    struct err *);
void	holding_drop(struct holding *);

/* Append one; holding_sort() must follow, and removes double ones. */
int	holding_add(struct holding *, const struct held *, struct err *);
void	holding_sort(struct holding *);

/* The one of this digest, or NULL. */
struct held	*holding_find(const struct holding *, const struct id *);

/* One shipment. */
struct ship {
	struct depot			*from;
	const struct ship_options	*o;
	struct ship_report		*r;
	struct holding			 packs;		/* here */
	struct holding			 there;		/* packs there */
	pthread_mutex_t			 lock;		/* of report, problem */
	atomic_bool			 extended;	/* a lock, and seen */
};

/* Tell and count what is wrong. */
void	ship_problem(struct ship *, const char *object, const char *what);

/* Is the error about the object and not about reaching the store? */
bool	ship_is_about_object(const struct err *);

/* Is the other store a copy of ours, or empty and allowed to become one? */
int	ship_agree(struct ship *, struct err *);

/*
 * Mark which of the good packs are to be read whole: all, or some that nobody
 * can foretell: more of those sent now than of others, unless all are alike.
 */
int	ship_mark(struct ship *, bool all_alike, struct err *);

struct room;

struct ship_work {
	bool	(*wants)(const struct held *);
	int	(*work)(struct ship *, struct held *, struct room *,
		    struct err *);
};

/*
 * Do a work on all objects of a holding that are wanted, several at once; the
 * first error ends all.  The work may change the one it is given.
 */
int	ship_each(struct ship *, const struct holding *,
	    const struct ship_work *, struct err *);

/*
 * ship_locks.c: see to it that what the snapshots here need stays locked there
 * for long enough, if the options say how.
 */
int	ship_renew(struct ship *, struct err *);

/* Send every pack that is wanted, several at once. */
int	ship_send_packs(struct ship *, struct err *);

/* Read every pack back that is marked for it, several at once. */
int	ship_check_packs(struct ship *, struct err *);

#endif
