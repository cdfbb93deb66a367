#ifndef DB_LOAD_ROWS_H
#define DB_LOAD_ROWS_H

#include <stddef.h>

#include "db/db.h"

struct chunks;
struct conn;
struct err;
struct plan;
struct plan_entry;

/* What all steps of a load share. */
struct load {
	struct chunks			*chunks;
	const struct db_load_options	*options;
	const struct plan		*plan;
	struct conn			*conn;	/* for what is done in order */
	struct db_stats			*stats;
};

/* The name that the plan's database of this index gets here. */
const char	*load_database(const struct load *, size_t);

/*
 * Run the statements of an entry in the entry's database, in order, on this
 * connection; those that create something are added to *created.
 */
int	load_script(const struct load *, struct conn *,
	    const struct plan_entry *, uint64_t *created, struct err *);

/*
 * Create all tables and load their rows, on several connections, the biggest
 * table first.  The first failure ends all of them.
 */
int	load_rows(const struct load *, struct err *);

#endif
