#ifndef DB_DUMP_ROWS_H
#define DB_DUMP_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "db/db.h"

struct chunks;
struct conn;
struct err;
struct schema;
struct segment;

/*
 * The rows of all tables, read by one thread for each connection, biggest
 * table first, each into segments of its own.  The connections are in the
 * transactions that point_take() began; the schema is borrowed.
 */
struct dump_rows;

struct dump_rows	*dump_rows_start(struct chunks *, struct conn *const *,
			    int n, const struct schema *,
			    const struct db_dump_options *, struct err *);

/*
 * Wait for the rows of the item and hand their segments on, in order.  -1 is
 * the first error of any table: ERR_CHANGED when its definition is not that
 * of the schema any more.
 */
int	dump_rows_take(struct dump_rows *, size_t item,
	    int (*add)(void *cookie, const struct segment *, struct err *),
	    void *cookie, struct err *);

/* How many rows, and bytes of text, were read so far. */
void	dump_rows_count(struct dump_rows *, uint64_t *rows, uint64_t *bytes);

/*
 * Release; threads that still read are stopped by cutting their connections.
 * Accepts NULL.
 */
void	dump_rows_free(struct dump_rows *);

#endif
