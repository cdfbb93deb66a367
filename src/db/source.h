#ifndef DB_SOURCE_H
#define DB_SOURCE_H

struct buf;
struct conn;
struct err;
struct names;

/* db_check_source() on a connection (CONN_UTF8) that is there already. */
int	source_check(struct conn *, const char *const *databases,
	    struct err *);

/* Is it a server that we can take from?  ERR_UNSUPPORTED says what it is. */
int	source_server(const struct conn *, struct err *);

/* Append `user`@`host` of the account that the server took us for. */
int	source_account(struct conn *, struct buf *, struct err *);

/*
 * Append all privileges on the database ("": only those on everything), of
 * the account and of its roles.
 */
int	source_privileges(struct conn *, const char *database,
	    const char *account, struct names *, struct err *);

/* ERR_ABSENT when the account sees no such database. */
int	source_exists(struct conn *, const char *database, struct err *);

#endif
