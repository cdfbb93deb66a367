#ifndef SNAPSHOT_SNAPSHOT_H
#define SNAPSHOT_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "archive/archive.h"
#include "crypto/charter.h"
#include "db/db.h"
#include "store/store.h"

struct err;
struct json_t;

/*
 * A snapshot: the signed statement that binds one archive per component
 * (muster-format(5)).  In memory, as read from its statement.
 */
#define SNAPSHOT_PARTS_MAX 16
#define SNAPSHOT_NAME_MAX 64
#define SNAPSHOT_SITE_MAX 256
#define SNAPSHOT_SEALED_MAX 64

enum part_kind {
	PART_DB,
	PART_FILES,
	PART_CONFIG,
	PART_STREAM
};

struct part {
	char		name[SNAPSHOT_NAME_MAX];
	enum part_kind	kind;
	int64_t		point;		/* the moment it shows, UTC ns */
	double		seconds;	/* how long taking it took */
	uint64_t	unread;		/* what could not be read (exit 4) */
	struct archive_root root;
	struct db_point	db;		/* of a PART_DB */
};

struct snapshot {
	char		object[STORE_NAME_MAX];	/* its name in the store */
	struct id	digest;		/* SHA-256 of the envelope */
	char		signer[CHARTER_NAME_MAX];
	char		site[SNAPSHOT_SITE_MAX];
	char		store[CHARTER_ID_SIZE];
	char		host[SNAPSHOT_SITE_MAX];
	int64_t		started, finished;
	int64_t		point;		/* recovery point: the oldest part's */
	struct id	policy;		/* SHA-256 of the policy's file */
	struct part	parts[SNAPSHOT_PARTS_MAX];
	size_t		n_parts;
	struct ref	sealed[SNAPSHOT_SEALED_MAX];	/* see sealed.h */
	size_t		n_sealed;
	struct id	inventory;	/* object inventories/<sha256> */
	uint64_t	packs;		/* listed in it */
	uint64_t	new_bytes;	/* stored for this snapshot */
	bool		has_previous;
	struct id	previous;	/* digest of the site's one before */
	int64_t		previous_utc;	/* when that was finished, or 0 */
};

/*
 * How much room a copy of so many bytes of the part takes: of a database, more
 * than its rows.
 */
uint64_t	part_copy_size(const struct part *, uint64_t size);

/* Is there a part that was taken by the physical method? */
bool		snapshot_is_physical(const struct snapshot *);

/* Word for a kind, and back (-1 when it is none). */
const char	*part_kind_word(enum part_kind);
int		 part_kind_parse(const char *, enum part_kind *);

/* The part of that name, or NULL. */
const struct part	*snapshot_part(const struct snapshot *,
			    const char *name);

/* Sets ERR_INPUT: no part has that name; which there are.  Returns -1. */
int		 snapshot_lacks(const struct snapshot *, const char *name,
		    struct err *);

/* Entries and bytes of all parts; how much was not read. */
uint64_t	snapshot_bytes(const struct snapshot *);
uint64_t	snapshot_unread(const struct snapshot *);

/* Predicate and subject for the statement; new references or NULL. */
struct json_t	*snapshot_predicate(const struct snapshot *, struct err *);
struct json_t	*snapshot_subject(const struct snapshot *, struct err *);

/*
 * Read a statement that was already checked (statement_open()): every member
 * with its bounds.  object, digest and signer are not touched.
 */
int	snapshot_parse(struct snapshot *, const struct json_t *statement,
	    struct err *);

/* Add, and read, an id as a JSON member of 64 hexadecimal digits. */
struct json_t	*snapshot_id_json(const struct id *);
int		 snapshot_id_want(const struct json_t *, const char *key,
		    struct id *, struct err *);

#endif
