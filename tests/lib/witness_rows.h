#ifndef LIVE_WITNESS_ROWS_H
#define LIVE_WITNESS_ROWS_H

struct conn;
struct live;
struct names;

/*
 * A line for each table of the database: its name, how many rows it has, and
 * a digest of them that does not depend on their order.  The connection uses
 * the database; the rows come through another one, prepared.
 */
void	witness_rows(const struct live *, struct conn *, const char *database,
	    struct names *lines);

#endif
