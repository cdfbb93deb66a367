#ifndef DB_REPLICA_H
#define DB_REPLICA_H

#include <stdint.h>

struct conn;
struct db_point;
struct err;

/*
 * Is the server a replica, and how far behind?  Fills that of the point.
 * ERR_REMOTE when its replication does not run, or when it is more seconds
 * behind than the limit, if that is not 0; ERR_DENIED when the account may not
 * know, on a server that has replicated something.
 */
int	replica_check(struct conn *, uint64_t limit, struct db_point *,
	    struct err *);

#endif
