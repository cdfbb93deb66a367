#ifndef DB_PHYSICAL_H
#define DB_PHYSICAL_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "db/db.h"

struct buf;
struct chunks;
struct conn;
struct err;
struct names;

/*
 * The physical method: the server's files, as mariadb-backup reads them while
 * the server runs, in an archive with an entry for each file (datafiles.h).
 * A restore unpacks them, lets mariadb-backup bring them to one state
 * (prepare), and starts a server on them.
 */
struct db_physical_options {
	struct db_login	  login;	/* by the server's unix socket */
	const char *const *databases;	/* that must be there */
	int		  connections;	/* files read at once; 0: as many */
					/* as cores, at most 4 */
	uint64_t	  max_lag;	/* of a replica, s; 0: any */
	const char	 *scratch;	/* a folder for what mariadb-backup */
					/* says; it never holds data */
	void		(*progress)(void *cookie, uint64_t bytes,
			    uint64_t entries);	/* or NULL */
	void		 *cookie;
};

/*
 * Take an archive of all of the server's files.  The point is that of the end
 * of the backup; its time is from before commits were held for it.
 *
 * Before anything is read: ERR_UNSUPPORTED for a server, or tables of it, that
 * mariadb-backup cannot bring back or that a drill could not start (another
 * series than mariadb-backup's, encryption, engines, files in other places),
 * ERR_DENIED for a privilege that is missing or files that we may not read,
 * ERR_INPUT when the server is not on this host, ERR_ABSENT without
 * mariadb-backup or a database.  ERR_REMOTE when mariadb-backup does not end
 * with "completed OK!", with what it said; ERR_DAMAGED when what it sent is
 * not whole.
 */
int	db_physical_take(struct chunks *, const struct db_physical_options *,
	    struct archive_root *, struct db_point *, struct err *);

/* Only see whether it could be taken; seen becomes what was found. */
int	db_physical_check(const struct db_physical_options *,
	    char *seen, size_t, struct err *);

/*
 * The archive of files that lie in a folder as they were unpacked: equal
 * files, equal root.
 */
int	db_physical_retake(struct chunks *, const char *folder,
	    struct archive_root *, struct err *);

/*
 * Could these files be prepared here?  ERR_ABSENT without mariadb-backup,
 * ERR_UNSUPPORTED when it is of another series than the server was.
 */
int	db_physical_can_prepare(const char *server_version, struct err *);

/*
 * Bring unpacked files to one state, as this user when we are root and uid is
 * not 0; then the files must be his.  memory: bytes for its buffer, 0: its
 * own default.  scratch is as above; mariadbd is the program whose plugins open
 * compressed pages, NULL: found in PATH.  ERR_DAMAGED when mariadb-backup could
 * not, or did not come to the point's end of the redo log; ERR_UNSUPPORTED
 * without such a plugin.
 */
struct db_prepare {
	const char	*folder, *scratch, *mariadbd;
	uint64_t	 memory;
	uid_t		 uid;
	gid_t		 gid;
	bool		 throwaway;	/* nobody needs them after a crash */
};

int	db_physical_prepare(const struct db_prepare *,
	    const struct db_physical *, struct err *);

/* Give a folder and all below it to this user, mode 0700 and 0600. */
int	db_physical_hand_over(const char *folder, uid_t, gid_t, struct err *);

/*
 * The rest is between the files of this module.
 */

/* mariadb-backup, and which version it is. */
struct backup_tool {
	char	path[PATH_MAX];
	char	version[DB_VERSION_MAX];
};

/* What distributions call it; NULL ends them. */
extern const char *const	backup_tool_names[];

/* Find it.  It must be of the series of this server. */
int	backup_tool_find(struct backup_tool *, const char *server_version,
	    struct err *);

/*
 * How it ended: status as of child_wait(); what it wrote to standard error is
 * in the file.  0 when it completed; else ERR_REMOTE with the reason that it
 * gave; secret, if it is in there, is not.
 */
int	backup_tool_ended(const char *file, int status, const char *secret,
	    struct err *);

/*
 * The time of the first line of that file that tells of holding commits, UTC
 * ns; or otherwise.
 */
int64_t	backup_tool_point(const char *file, int64_t otherwise);

/* All that must be so before: physical_source.c. */
int	physical_source_check(struct conn *, const struct
	    db_physical_options *, struct backup_tool *, struct db_point *,
	    struct err *);

/*
 * An option file of the connection's login for other programs, in memory: a
 * descriptor, at its start.
 */
int	conn_login_file(struct conn *, struct err *);

/* The password of the connection, borrowed; "" without one. */
const char	*conn_secret(struct conn *);

/*
 * Read what mariadb-backup says of the backup in its own small files into the
 * point: backup-my.cnf, xtrabackup_checkpoints, xtrabackup_binlog_info (may
 * be NULL).
 */
int	physical_facts(const char *cnf, const char *checkpoints,
	    const char *binlog, struct db_point *, struct err *);

/*
 * Is there no room in the folder, or so little?  Then that is the reason,
 * ERR_SYSTEM, of what the error says.
 */
bool	physical_tell_full(const char *folder, uint64_t little, struct err *);

#define PHYSICAL_LITTLE ((uint64_t)32 << 20)	/* no server starts with less */

#define PHYSICAL_FACT_MAX 1024

/* The value of "key = value" in the text, as far as its line goes; -1: none. */
int	physical_fact(const char *text, const char *key, char *out, size_t);

/*
 * The plugins by which the source may have compressed pages of the unpacked
 * files; and the folder where this mariadbd has all of them: ERR_UNSUPPORTED
 * names the first that is not there, and its package.
 */
int	physical_providers(const char *folder, struct names *, struct err *);
int	physical_plugin_folder(const char *mariadbd, const struct names *,
	    char dir[PATH_MAX], struct err *);

#endif
