#ifndef SNAPSHOT_VERIFY_H
#define SNAPSHOT_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "snapshot/depot.h"
#include "snapshot/snapshot.h"

struct err;

struct verify_options {
	/* only snapshots of this one, or NULL */
	const char	*site;
	const struct snapshot *only;	/* only what this one needs, or NULL */
	bool		 content;	/* open every chunk (recovery key) */
	/* Something definitely wrong: object, and what. */
	void		(*problem)(void *cookie, const char *object,
			    const char *what);
	void		(*step)(void *cookie, const char *what);
	void		(*progress)(void *cookie, uint64_t bytes,
			    uint64_t entries);
	void		*cookie;
};

struct verify_report {
	uint64_t	statements, inventories, packs, bytes;
	uint64_t	chunks;		/* opened, with content */
	uint64_t	snapshots;	/* whose needs were found there */
	uint64_t	problems;
};

/*
 * Read a store back.  Without keys: every object's bytes have the SHA-256 in
 * its name, statements are signed by those the charter allows, packs are
 * well-formed, every pack of every inventory is there, nothing unknown lies
 * around.  With content: every chunk of every pack opens and is what its id
 * says, and every chunk that a snapshot's archives name is there.
 *
 * 0: everything was looked at; report->problems says how it is.  -1: could
 * not look at everything.
 */
int	verify_store(struct depot *, const struct verify_options *,
	    struct verify_report *, struct err *);

#endif
