#ifndef SNAPSHOT_TAKE_H
#define SNAPSHOT_TAKE_H

#include <stdbool.h>

#include "snapshot/depot.h"
#include "snapshot/sealed.h"
#include "snapshot/snapshot.h"

struct err;
struct policy;

struct take_options {
	const struct policy	*policy;
	bool			 only_one;	/* only parts of this kind */
	enum part_kind		 only;
	/* or only what comes on stdin, under this name */
	const char		*stream;
	/* only fingerprints: nothing stored or signed, no object named */
	bool			 dry_run;
	/* percent of the unchanged files to be read and compared */
	unsigned		 reread;
	void			(*step)(void *cookie, const char *name);
	void			*cookie;
};

/*
 * Take a snapshot: database first, then files, then configuration; all chunks
 * made durable; then the statement signed and put, last.  Before 0 is
 * returned nothing exists that anybody would believe; afterwards all of it is
 * durable.  notes holds what could not be read.
 *
 * One writer's runs must be serialised by the caller (lock.h); other hosts
 * may write to the same store at the same time.
 */
int	take_snapshot(struct depot *, const struct take_options *,
	    struct notes *, struct snapshot *, struct err *);

/*
 * The inventory: object inventories/<sha256>, text in the form of
 * sha256sum(1): one line "<sha256>  packs/xx/<sha256>" for each pack that
 * the snapshot needs, sorted.  Calls each for every line after the object's
 * digest was checked.
 */
int	inventory_each(struct store *, const struct id *inventory,
	    int (*each)(void *cookie, const struct id *pack, struct err *),
	    void *cookie, struct err *);

/* The same packs as a list, which the caller frees; NULL and 0 on -1. */
int	inventory_list(struct store *, const struct id *inventory,
	    struct id **list, size_t *n, struct err *);

/* Name of a pack's object; returns its buffer. */
char	*inventory_pack_name(const struct id *, char [STORE_NAME_MAX]);

#endif
