#ifndef SNAPSHOT_RESTORE_H
#define SNAPSHOT_RESTORE_H

#include <stdbool.h>
#include <stdint.h>

#include "db/db.h"
#include "snapshot/depot.h"
#include "snapshot/snapshot.h"

struct err;

struct restore_options {
	const char		*target;	/* folder; made if absent */
	/* load databases here, or NULL: their files go to target */
	const struct db_login	*server;
	/* only this component, or NULL */
	const char		*part;
	const char *const	*paths;		/* only these paths, or NULL */
	bool			 into_nonempty;
	bool			 resume;	/* of files: see tree.h */
	const char		*rename_from, *rename_to;	/* a database */
	/* for preparing a physical backup: a folder, or NULL: /var/tmp */
	const char		*scratch;
	uint64_t		 memory;	/* 0: by what the machine has */
	void			(*step)(void *cookie, const char *name);
	void			(*note)(void *cookie, const char *path,
				    const char *why);
	void			*cookie;
};

struct restore_stats {
	uint64_t	files, folders, others, bytes;
	uint64_t	tables, rows;
	uint64_t	kept;		/* files that were there already */
	bool		changed;	/* something was written or loaded */
};

#define RESTORE_PATH_SIZE 4096

/*
 * Where a component goes: path is target/NAME, target when only one was asked
 * for, "" for a server.  ERR_INPUT when there is no place for it.
 */
int	restore_place(const struct restore_options *, const struct part *,
	    char path[RESTORE_PATH_SIZE], struct err *);

/*
 * Could it be done?  Nothing is changed.  The component exists, each has a
 * place, and without into_nonempty or resume the folders are absent or empty;
 * the server answers, and its databases are absent or empty.
 */
int	restore_check(struct depot *, const struct snapshot *,
	    const struct restore_options *, struct err *);

/*
 * A physical backup of the database becomes a data directory that a server
 * starts on: unpacked and prepared, and of the server's user when we are root.
 *
 * Put a snapshot's components back, if restore_check() finds nothing against
 * it.  Owners are set when we are root.  On -1 stats->changed says whether
 * anything was changed before.
 */
int	restore_snapshot(struct depot *, const struct snapshot *,
	    const struct restore_options *, struct restore_stats *,
	    struct err *);

#endif
