#ifndef DB_GALERA_H
#define DB_GALERA_H

struct conn;
struct db_point;
struct err;

/*
 * Is the server a node of a Galera cluster?  Then wait until it has applied
 * what the cluster had committed when this was called, and fill the point's
 * cluster: everything up to there is in a snapshot that is started afterwards.
 * ERR_REMOTE when the node is not a part of the primary component, or does not
 * catch up.
 */
int	galera_wait(struct conn *, struct db_point *, struct err *);

#endif
