#ifndef LIVE_MARIADB_H
#define LIVE_MARIADB_H

#include "db/conn.h"
#include "db/db.h"

struct scratch;

/*
 * A private MariaDB server for one test program, in a scratch folder below
 * TMPDIR (default /tmp).  Every call fails the test when it cannot.
 */
struct live {
	struct scratch		*scratch;
	struct db_server	*server;
	struct db_login		 login;
	char			*place;		/* of live_start_logged() */
	char			*user;
};

/* The folder of the project, from where this program was built into. */
void		 live_root(char *path, size_t size);

void		 live_start(struct live *);
void		 live_stop(struct live *);

/* The same with a binary log, and these options of mariadbd on top. */
void		 live_start_logged(struct live *, const char *options);

/* A connection as root; statements, all of them must succeed. */
struct conn	*live_connect(const struct live *, enum conn_charset);
void		 live_run(const struct live *, const char *database,
		    const char *const *sql);

/* The first column of a statement's first row; the caller frees it. */
char		*live_value(const struct live *, const char *database,
		    const char *sql);

/* Load a gzip'd script of ../shared/data/sets with mariadb; 0 if absent. */
int		 live_load_set(const struct live *, const char *database,
		    const char *set);

#endif
