#ifndef SNAPSHOT_SHIP_H
#define SNAPSHOT_SHIP_H

#include <stdbool.h>
#include <stdint.h>

#include "snapshot/depot.h"
#include "snapshot/snapshot.h"
#include "store/store.h"

struct err;

struct ship_options {
	struct store	*to;
	/* The other store may be empty still: it becomes a copy of ours. */
	bool		 found;
	bool		 dry_run;	/* only count what would be sent */
	bool		 read_all;	/* read back all, not just a sample */
	unsigned	 jobs;		/* packs at once, 0: default */
	/*
	 * How the other store locks what it gets (STORE_UNLOCKED: not), for so
	 * long; what is locked for less than least is locked anew.  What is
	 * known of locks is remembered in a file of this host, or NULL.
	 */
	enum store_lock	 lock;
	int64_t		 lock_span, lock_least;		/* ns */
	const char	*lock_memory;
	/* Something definitely wrong; one thread at a time calls it. */
	void		(*problem)(void *cookie, const char *object,
			    const char *what);
	/* A step begins, of so many bytes (0: not known). */
	void		(*step)(void *cookie, const char *what,
			    uint64_t bytes);
	/* More was sent or read back; any thread calls it. */
	void		(*progress)(void *cookie, uint64_t bytes,
			    uint64_t entries);
	void		*cookie;
};

struct ship_report {
	uint64_t	packs, bytes;		/* sent, or would be */
	uint64_t	statements;		/* sent, or would be */
	uint64_t	present;		/* packs that were there */
	uint64_t	read_packs, read_bytes;	/* read back whole */
	uint64_t	locks_seen, locked;	/* asked for; extended */
	uint64_t	problems;
};

/*
 * Bring another store up to date: it gets what it lacks of every snapshot,
 * and of the trail, that can be believed here.  Packs first, then inventories,
 * then statements, so that at every moment what is bound there is whole there;
 * stopped at any point, the next run goes on where this one ended.  Bytes that
 * do not have the SHA-256 in their name are never sent.
 *
 * Then it is read back: every pack that our snapshots need is listed there
 * with its size, and a sample of them (or all) is read whole and has its
 * SHA-256; of what was sent now, every statement is read whole.
 *
 * Last, where the store locks what it gets, the locks of all that our snapshots
 * need (charters, statements, inventories, packs) and that have become too
 * short are extended: a pack that was sent long ago may be needed still.
 *
 * 0: it was carried out; report->problems says whether all that is needed is
 * there and good.  -1: it was not; what was sent so far stays and is of use.
 * ERR_ABSENT when the other store is empty and found is not set; ERR_DENIED
 * when it is another store than ours.
 */
int	ship_store(struct depot *from, const struct ship_options *,
	    struct ship_report *, struct err *);

/*
 * Look whether another store has this snapshot whole: it is a copy of ours,
 * statement and inventory are read there and are the same, every pack is
 * listed there with the size that it has here, and a sample of them (or all)
 * is read whole and has its SHA-256.  Nothing is sent.
 *
 * 0: the look was carried out; problems in the report say whether all is
 * there, present how many packs are.  -1: it was not.  Errors as above.
 */
int	ship_look(struct depot *from, const struct snapshot *,
	    const struct ship_options *, struct ship_report *, struct err *);

#endif
