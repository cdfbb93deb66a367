#ifndef DB_DUMP_TABLE_H
#define DB_DUMP_TABLE_H

#include <stdint.h>

#include "db/text.h"

struct conn;
struct err;
struct relation;

/* Where rows go as text; and how many there were. */
struct dump_sink {
	text_fn		 write;
	void		*cookie;
	uint64_t	 rows;
};

/*
 * Stream a table's rows, or those that meet the condition (SQL; or NULL), in
 * the order of its key, as text to the callback.  A connection that breaks is
 * an error: rows are never too few.  After -1 the connection may be cut.
 */
int	dump_read(struct conn *, const struct relation *, const char *where,
	    struct dump_sink *, struct err *);

/*
 * Is the table, within its metadata lock, the one that the schema describes?
 * ERR_CHANGED says why not.
 */
int	dump_check(struct conn *, const struct relation *, struct err *);

#endif
