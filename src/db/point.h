#ifndef DB_POINT_H
#define DB_POINT_H

#include "db/db.h"

struct conn;
struct err;

/*
 * Give the session of a connection the settings that a dump needs: isolation,
 * time zone, quoting, sorting.
 */
int	point_prepare(struct conn *, struct err *);

/*
 * Begin a transaction on each of the n connections such that all of them see
 * one state of the server; *n may become 1 when the account may not hold
 * commits (RELOAD) and there is no binary log to compare by.  The point says
 * which state.  The holder is one more connection, in no transaction, that
 * holds commits if it must.
 */
int	point_take(struct conn *const *, int *n, struct conn *holder,
	    struct db_point *, struct err *);

#endif
