#ifndef DRILL_TABLES_H
#define DRILL_TABLES_H

#include <stddef.h>
#include <stdint.h>

#include "db/db.h"

struct err;

#define TABLES_TEXT_MAX 512

struct tables_seen {
	uint64_t	checked;
	uint64_t	bad;
	char		first[TABLES_TEXT_MAX];	/* of the bad ones, and why */
};

/*
 * CHECK TABLE ... EXTENDED of every base table of these databases (NULL: all
 * of the server, its own as well), over a few connections.  Corruption is
 * looked for here, where it costs production nothing.  An engine that cannot
 * be checked counts as checked.  -1: the tables could not be listed or the
 * server could not be asked; ERR_REMOTE when it was the server that failed.
 */
int	tables_check(const struct db_login *, const char *const *databases,
	    struct tables_seen *, struct err *);

#endif
