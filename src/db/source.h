#ifndef DB_SOURCE_H
#define DB_SOURCE_H

struct conn;
struct err;

/* db_check_source() on a connection (CONN_UTF8) that is there already. */
int	source_check(struct conn *, const char *const *databases,
	    struct err *);

#endif
