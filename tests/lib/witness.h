#ifndef LIVE_WITNESS_H
#define LIVE_WITNESS_H

struct buf;
struct live;

/*
 * What a server shows of a database to somebody who knows nothing of muster,
 * as sorted lines, so that equal databases give equal text: the rows of
 * information_schema (but times and estimates), SHOW CREATE of every object,
 * CHECKSUM TABLE where it is defined, the state of sequences, and for each
 * table a digest of all its rows, history and generated columns included, as
 * the binary protocol gives them.  Every call fails the test when it cannot.
 */
void	witness_database(const struct live *, const char *database,
	    struct buf *out);

/* All accounts but the server's own: how they are made, and their grants. */
void	witness_accounts(const struct live *, struct buf *out);

/* Fail, with the first line that differs, unless both are the same. */
void	witness_compare(const char *what, const struct buf *source,
	    const struct buf *target);

#endif
