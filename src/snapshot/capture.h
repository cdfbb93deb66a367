#ifndef SNAPSHOT_CAPTURE_H
#define SNAPSHOT_CAPTURE_H

#include "db/db.h"
#include "snapshot/sealed.h"
#include "snapshot/snapshot.h"

struct chunks;
struct err;

/*
 * The one code that takes a component, of production and of its restored copy
 * alike: what a drill proves, it proves with the code that took the snapshot.
 */
struct capture {
	const struct recipe	*recipe;
	struct db_login		 login;
	int			 db_connections;
	uint64_t		 db_max_lag;	/* seconds; 0: any */
	/* a folder for the physical method, else NULL */
	const char		*scratch;
	/* "/", or the restored copy's */
	const char		*files_root;
	const char		*config_root;
	struct notes		*notes;		/* or NULL */
	/* of the files; never for a proof, which must read */
	struct stat_cache	*cache;		/* or NULL */
	/* of a proof: owners that the copy cannot have */
	const struct recorded	*recorded;	/* or NULL */
	/* of a proof of a part copy: what it has; or NULL */
	const struct db_sample	*sample;
	const struct tree_part	*part;
};

/*
 * Take the component of this kind into chunks; fills the part but its name.
 * Not for PART_STREAM.
 */
int	capture_part(struct chunks *, const struct capture *, enum part_kind,
	    struct part *, struct err *);

/* Does the recipe have this kind of component? */
bool	capture_has(const struct recipe *, enum part_kind);

#endif
