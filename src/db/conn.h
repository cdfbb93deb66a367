#ifndef DB_CONN_H
#define DB_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/db.h"

struct buf;
struct err;

/*
 * One connection to a server.  One thread at a time uses it, except for
 * conn_break().  The kind of a server's error is ERR_REMOTE, or ERR_DENIED
 * when a privilege or the login is missing, or ERR_SYSTEM with ENOSPC when the
 * server has no room left; the line holds the server's own text and number,
 * never a password.  A signal that asks us to stop cuts it, and every error
 * from then on is ERR_INTERRUPTED.
 */
struct conn;

/* What text of ours means to the server, and what its text means to us. */
enum conn_charset {
	CONN_BINARY,		/* bytes as they are stored: rows */
	CONN_UTF8		/* utf8mb4: statements that people wrote */
};

/*
 * Connect.  The session's sql_mode is NO_ENGINE_SUBSTITUTION alone and no
 * time-out of the server's ends it.  With a socket given, only that socket is
 * used and no option file but the one named is read; with neither, the
 * standard ones are (~/.my.cnf).  The named file must be a regular file of
 * ours or root's that group and others cannot read: ERR_DENIED otherwise;
 * ERR_ABSENT when there is none.
 */
struct conn	*conn_open(const struct db_login *, enum conn_charset,
		    struct err *);

/* Release it; an open transaction is rolled back.  Accepts NULL. */
void		 conn_close(struct conn *);

/*
 * From another thread: cut the connection, so that a call that waits for the
 * server fails soon.  The owner still closes it.
 */
void		 conn_break(struct conn *);

/* The server's version: 10.11.6-MariaDB; borrowed.  And as 101106. */
const char	*conn_version(const struct conn *);
unsigned long	 conn_version_number(const struct conn *);
bool		 conn_is_mariadb(const struct conn *);

/* The number of the last error (server's or connector's), 0 for none. */
unsigned	 conn_errno(const struct conn *);

/* USE database. */
int		 conn_use(struct conn *, const char *database, struct err *);

/*
 * SET NAMES, known to the connector as well.  CONN_BINARY keeps a collation
 * for literals: tables cannot be opened without one whose partitions have
 * bounds of some types.
 */
int		 conn_charset(struct conn *, enum conn_charset, struct err *);

/*
 * Can the server read this statement?  It is not run.  ERR_UNSUPPORTED, with
 * what the server says, when it is none; 0 when it is, or when this server
 * cannot tell of its kind.
 */
int		 conn_parse(struct conn *, const void *sql, size_t,
		    struct err *);

/* Run a statement; rows that it gives are thrown away. */
int		 conn_exec(struct conn *, const char *sql, struct err *);
int		 conn_exec_len(struct conn *, const void *sql, size_t,
		    struct err *);
int		 conn_execf(struct conn *, struct err *, const char *, ...)
		    __attribute__((format(printf, 3, 4)));

/* Of the statement that ran last. */
uint64_t	 conn_affected(const struct conn *);
unsigned	 conn_warnings(const struct conn *);

/*
 * Put the server's first warnings into the error, as ERR_REMOTE; -1.  For a
 * statement whose conn_warnings() is not 0.
 */
int		 conn_warned(struct conn *, struct err *);

/*
 * Rows of a statement.  v and len are valid until the next rows_next(); v[i]
 * is NULL for NULL, and else ends with a NUL that len does not count.
 */
struct rows {
	unsigned		 n;		/* columns */
	const char *const	*v;
	const unsigned long	*len;
	struct conn		*conn;
	void			*result;
	bool			 stored;
};

/*
 * Run a statement that gives rows: all of them fetched to memory, or streamed
 * (then nothing else may run on the connection until rows_free()).  A
 * statement that gives none is ERR_INPUT.
 */
int	rows_query(struct rows *, struct conn *, const char *sql,
	    struct err *);
int	rows_queryf(struct rows *, struct conn *, struct err *,
	    const char *, ...) __attribute__((format(printf, 4, 5)));
int	rows_stream(struct rows *, struct conn *, const char *sql,
	    struct err *);

/* The next row: 1, 0 after the last, -1. */
int	rows_next(struct rows *, struct err *);

/* The name of a column; borrowed. */
const char	*rows_name(const struct rows *, unsigned);

/* Release; what was not read is thrown away.  Accepts one that is all 0. */
void	rows_free(struct rows *);

/*
 * Append the given column of a statement's only row.  ERR_ABSENT when there
 * is no row or it is NULL.
 */
int	conn_value(struct conn *, const char *sql, unsigned column,
	    struct buf *, struct err *);

/* Append `name` with its backquotes doubled; or 'text' as a literal. */
int	quote_name(struct buf *, const char *, struct err *);
int	quote_text(struct buf *, const void *, size_t, struct err *);

/*
 * Replace what the buffer has by the name that is quoted at p; where it ends
 * is returned.  NULL when no quoted name begins there (no error is set then),
 * or with an error.
 */
const char	*unquote_name(const char *p, struct buf *, struct err *);

/*
 * Content for LOAD DATA LOCAL: read() gives 1 and a borrowed run of bytes, 0
 * at the end, -1 with the error, which ends the statement.
 */
struct conn_infile {
	int	(*read)(void *cookie, const void **, size_t *, struct err *);
	void	*cookie;
};

/* What the server says that it did. */
struct conn_loaded {
	uint64_t	rows, warnings;
};

/*
 * Run LOAD DATA LOCAL with this content; the name of a file in the statement
 * means nothing.  Outside of this call a server that asks for a file gets an
 * error: no file is ever opened.  When read() fails the connection is cut,
 * so that the server cannot take a part for the whole.
 */
int	conn_load(struct conn *, const char *sql, const struct conn_infile *,
	    struct conn_loaded *, struct err *);

#endif
