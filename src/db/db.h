#ifndef DB_DB_H
#define DB_DB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "archive/archive.h"
#include "base/clock.h"

struct db_sample;
struct err;
struct scratch;

/* How to reach a server. */
struct db_login {
	const char	*defaults_file;	/* MySQL option file (0600), [client] */
					/* and [muster] groups, or NULL */
	const char	*socket;	/* overrides the file's, or NULL */
	const char	*user;		/* overrides the file's, or NULL */
};

#define DB_VERSION_MAX 64
#define DB_GTID_MAX 1024
#define DB_CLUSTER_MAX 72

/*
 * Of a physical backup (physical.h): what a server must be started with to
 * read its files, besides being of the same version.
 */
#define DB_FILE_PATH_MAX 512

struct db_physical {
	bool		used;		/* it is one; else all is 0 */
	char		tool[DB_VERSION_MAX];	/* mariadb-backup's version */
	uint64_t	lsn;		/* where its redo log ends */
	uint32_t	page_size;
	uint32_t	undo_tablespaces;
	uint32_t	lower_case;	/* lower_case_table_names */
	char		data_files[DB_FILE_PATH_MAX];	/* innodb_data_ */
							/* file_path */
};

/* The point that a dump shows, and where it is in the binary log. */
struct db_point {
	char		version[DB_VERSION_MAX];	/* 10.11.6-MariaDB */
	int64_t		utc;		/* UTC ns of the server's clock then */
	char		binlog_file[256];	/* empty: no binary log */
	uint64_t	binlog_pos;
	char		gtid[DB_GTID_MAX];
	uint32_t	tries;		/* until all connections agreed */
	uint64_t	lock_us;	/* how long writers may have waited */
	uint32_t	not_transactional;	/* tables outside of it */
	bool		replica;	/* of another server, and so many */
	uint64_t	lag;		/* seconds behind it, then */
	char		cluster[DB_CLUSTER_MAX];	/* of a Galera node: */
					/* uuid:seqno, at least; or empty */
	struct db_physical physical;
};

struct db_dump_options {
	struct db_login	  login;
	const char *const *databases;	/* at least one */
	const char *const *exclude;	/* "db.table" patterns, or NULL */
	int		  connections;	/* 0: as many as cores */
	uint64_t	  max_lag;	/* of a replica, s; 0: any */
	uint64_t	  part_size;	/* big tables are read in parts of */
					/* so many bytes; 0: by what there is */
	/* without the rows of the tables that it leaves out; or NULL */
	const struct db_sample *sample;
	void		(*note)(void *cookie, const char *object,
			    const char *why);
	void		(*progress)(void *cookie, uint64_t bytes,
			    uint64_t entries);	/* more is done, or NULL; */
					/* any thread calls it */
	void		 *cookie;
};

struct db_stats {
	uint64_t	databases, tables, rows, bytes, views, routines,
			triggers, events, sequences, users;
};

/*
 * Take an archive of these databases at one consistent point.
 *
 * Entries, in order, for each database DB (names escaped as mydumper's files:
 * every byte that is not [A-Za-z0-9_-] or part of UTF-8 beyond ASCII becomes
 * @00xx): DB-schema-create.sql, DB.SEQ-schema-sequence.sql, DB.T-schema.sql and
 * DB.T.00000.dat (rows, LOAD DATA's default format: tab, newline, backslash,
 * \N), DB-schema-post.sql (routines, packages), DB.V-schema-view.sql,
 * DB.T-schema-triggers.sql, DB-schema-events.sql; before all of them
 * users.sql (accounts, and what they may do with whole databases), and
 * load.sql that loads the lot with the mariadb client; last grants.sql
 * (privileges on single objects).  An account that may not read the database
 * mysql gets both as if there were no accounts, and a note.
 *
 * A change of schema while the point is taken, or of a table before its rows
 * were read (also instant DDL), makes it start again, three times in all,
 * then ERR_CHANGED.  What is not supported is ERR_UNSUPPORTED, what the
 * account may not see ERR_DENIED, before anything is taken.  A replica that
 * does not replicate, or is further behind than max_lag, is ERR_REMOTE, and so
 * is a Galera node that is cut off from its cluster or does not catch up.
 * Deterministic: equal databases give equal roots.
 */
int	db_dump(struct chunks *, const struct db_dump_options *,
	    struct archive_root *, struct db_point *, struct db_stats *,
	    struct err *);

struct db_load_options {
	struct db_login	  login;
	int		  connections;	/* 0: as measured best for the cores */
	bool		  throwaway;	/* the server is ours: take liberties */
	bool		  users;	/* create users and grants as well */
	bool		  check_only;	/* only look whether it could be done */
	const char	 *rename_from;	/* a database, or NULL */
	const char	 *rename_to;
	/* without the rows of the tables that it leaves out; or NULL */
	const struct db_sample *sample;
	/* So much more was sent; from the caller's thread; or NULL. */
	void		(*progress)(void *cookie, uint64_t bytes,
			    uint64_t rows);
	void		 *cookie;
};

/*
 * Load an archive into a server.  The databases must not exist or be empty
 * of objects, else ERR_EXISTS and nothing is changed.  Any warning of the
 * server while rows are loaded is an error.  Rows are streamed from the
 * store; only authenticated rows reach the server.
 */
int	db_load(struct chunks *, const struct archive_root *,
	    const struct db_load_options *, struct db_stats *, struct err *);

/*
 * A throwaway server: a private mariadbd in the scratch folder, on a unix
 * socket of mode 0700 only, no network, no event scheduler, as an
 * unprivileged user when we are root, dying with the thread that started it.
 * Its user is root, without a password.
 */
struct db_server;

struct db_server_options {
	struct scratch	*scratch;
	const char	*mariadbd;	/* program, or NULL: found in PATH */
	const char	*want_version;	/* of the source: the same major */
					/* and minor are demanded; or NULL */
	uint64_t	 memory;	/* buffer pool in bytes; 0: by what */
					/* the machine has */
};

struct db_server	*db_server_start(const struct db_server_options *,
			    struct err *);

/*
 * The same on the files of a physical backup, in three steps.  First its
 * place, whose data folder is empty and waits for them; want_version is
 * demanded of mariadbd and of mariadb-backup.  Then they are brought to one
 * state (physical.h).  Then the server runs on them, and takes everybody for
 * whom he says he is: the accounts in it are production's.
 */
struct db_server	*db_server_place(const struct db_server_options *,
			    struct err *);
const char	*db_server_data(const struct db_server *);
int		 db_server_prepare(struct db_server *,
		    const struct db_physical *, struct err *);
int		 db_server_run(struct db_server *, const struct db_physical *,
		    struct err *);

/* Where it listens, and which version it is; borrowed. */
const char	*db_server_socket(const struct db_server *);
const char	*db_server_version(const struct db_server *);
/* Its log's last lines, for an error message; borrowed. */
const char	*db_server_log(struct db_server *);
/* SIGKILL and reap; the scratch folder removes the data.  Accepts NULL. */
void		 db_server_free(struct db_server *);

/*
 * As which user a server of ours runs: an unprivileged one when we are root;
 * else 0, ourselves.  ERR_ABSENT when there is none.
 */
int		 db_server_user(uid_t *, gid_t *, struct err *);

/* Can this user walk to the folder?  ERR_INPUT names where not. */
int		 db_server_way(uid_t, gid_t, const char *path, struct err *);

/*
 * The buffer pool that a server gets: what is wanted, or (0) a quarter of the
 * machine's memory, at most 2 GiB and half of what is left beside what else a
 * drill takes, at least 64 MiB.
 */
uint64_t	 db_server_memory(uint64_t wanted);

/*
 * Run one SQL statement and hand each row's columns (NULL for NULL) to the
 * callback; a non-zero return ends it and is returned.
 */
int	db_query(const struct db_login *, const char *database,
	    const char *sql, int (*row)(void *cookie, unsigned n,
	    const char *const *columns, const unsigned long *lengths,
	    struct err *), void *cookie, struct err *);

/*
 * Can this account take a snapshot of these databases?  0; or -1 with the
 * first thing that is missing and the GRANT that would give it.
 */
int	db_check_source(const struct db_login *, const char *const *databases,
	    struct err *);

#endif
