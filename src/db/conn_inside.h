#ifndef DB_CONN_INSIDE_H
#define DB_CONN_INSIDE_H

struct conn;
struct st_mysql;

/* The connector's handle of a connection, borrowed: a MYSQL. */
struct st_mysql	*conn_mysql(struct conn *);

#endif
