#ifndef DB_LOAD_PLAN_H
#define DB_LOAD_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "archive/archive.h"

struct chunks;
struct err;

/*
 * What an archive of a database holds, read before anything is loaded: all
 * statements, and where the rows of each table are.
 */
enum plan_kind {
	PLAN_USERS, PLAN_GRANTS, PLAN_LOAD, PLAN_CREATE, PLAN_SEQUENCE,
	PLAN_TABLE, PLAN_ROWS, PLAN_POST, PLAN_VIEW, PLAN_TRIGGERS, PLAN_EVENTS
};

struct plan_entry {
	enum plan_kind	 kind;
	char		*path;
	size_t		 db;		/* index; not for users, grants, load */
	uint8_t		*text;		/* statements; NULL for rows */
	size_t		 len;
	size_t		 segment;	/* of rows: where they are */
	uint64_t	 size;		/* of rows: bytes of tar */
};

struct plan_db {
	char		*part;		/* its name in paths */
	char		*name;		/* its name */
	char		*options;	/* CHARACTER SET x COLLATE y ... */
};

struct plan_table {
	const struct plan_entry	*schema;
	const struct plan_entry	*rows;	/* NULL: an engine without any */
	char			*load;	/* LOAD DATA statement */
};

struct plan {
	struct plan_entry	*entries;	/* in the archive's order */
	size_t			 n_entries, entries_size;
	struct plan_db		*dbs;
	size_t			 n_dbs;
	struct plan_table	*tables;	/* biggest first */
	size_t			 n_tables;
	struct segment		*segments;	/* those that hold rows */
	size_t			 n_segments, segments_size;
	uint64_t		 text_bytes;
};

/*
 * Read it.  ERR_DAMAGED when entries do not fit together, ERR_UNSUPPORTED
 * when there is an entry of an unknown kind.  To be dropped either way.
 */
int	plan_read(struct plan *, struct chunks *, const struct archive_root *,
	    struct err *);
void	plan_drop(struct plan *);

/* The length of the path's part before the suffix of its kind; -1: none. */
int	plan_kind(const char *path, enum plan_kind *);

#endif
