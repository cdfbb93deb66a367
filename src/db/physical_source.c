/*
 * May, and can, this server be taken physically?  mariadb-backup finds many of
 * these things out itself, late, or only when it prepares, or never: it copies
 * the files of whatever server lies in the folder that the other one names.
 */
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mysql.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"
#include "db/conn.h"
#include "db/conn_inside.h"
#include "db/galera.h"
#include "db/names.h"
#include "db/physical.h"
#include "db/replica.h"
#include "db/source.h"

#define TEXT_MAX ((size_t)1 << 16)

/* The only value of a statement, as text in the buffer. */
static const char *
ask(struct conn *c, const char *sql, struct buf *b, struct err *e)
{
	buf_clear(b);
	if (conn_value(c, sql, 0, b, e) == -1)
		return NULL;
	return buf_text(b, e);
}

/*
 * The server's process must see the folder that we see: one on another host,
 * or in a container, may name a folder that here belongs to somebody else.
 */
static int
check_same_place(struct conn *c, const char *datadir, struct err *e)
{
	struct ucred who;
	socklen_t n = sizeof(who);
	char path[TEXT_MAX / 8];
	struct stat ours, theirs;

	if (stat(datadir, &ours) == -1)
		return err_sys(e, "cannot look at the server's data directory "
		    "%s: run muster on the server's host", datadir);
	if (getsockopt((int)mysql_get_socket(conn_mysql(c)), SOL_SOCKET,
	    SO_PEERCRED, &who, &n) == -1)
		return err_sys(e, "cannot ask who serves the socket");
	(void)snprintf(path, sizeof(path), "/proc/%ld/root%s", (long)who.pid,
	    datadir);
	if (stat(path, &theirs) == -1)
		return 0;		/* we may not look: it may be so */
	if (ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino)
		return 0;
	return err_set(e, ERR_INPUT, "the data directory %s of the server is "
	    "not the folder of that name here: run muster where the server "
	    "runs", datadir);
}

static int
check_place(struct conn *c, struct buf *b, struct err *e)
{
	struct sockaddr_storage to = { 0 };
	socklen_t n = sizeof(to);
	const char *datadir;

	if (getpeername((int)mysql_get_socket(conn_mysql(c)),
	    (struct sockaddr *)&to, &n) == -1 || to.ss_family != AF_UNIX)
		return err_set(e, ERR_INPUT, "the physical method reads the "
		    "server's files: expected its unix socket (policy: "
		    "components.db.socket), on its own host");
	if ((datadir = ask(c, "SELECT @@datadir", b, e)) == NULL ||
	    check_same_place(c, datadir, e) == -1)
		return -1;
	if (faccessat(AT_FDCWD, datadir, R_OK | X_OK, AT_EACCESS) == -1) {
		(void)err_sys(e, "cannot read the server's data directory %s: "
		    "run muster as root, or as the server's user", datadir);
		e->kind = ERR_DENIED;
		return -1;
	}
	return 0;
}

static int
check_privileges(struct conn *c, struct buf *b, bool logs, struct err *e)
{
	static const struct { const char *name, *to; bool binlog; } needed[] = {
		{ "RELOAD", "hold changes of tables", false },
		{ "PROCESS", "see the state of InnoDB", false },
		{ "LOCK TABLES", "lock tables", false },
		{ "BINLOG MONITOR", "see the place in the binary log", true },
	};
	struct names n = { 0 };
	size_t i, k;
	int rc = 0;

	buf_clear(b);
	if (source_account(c, b, e) == -1 ||
	    source_privileges(c, "", (char *)b->data, &n, e) == -1)
		rc = -1;
	for (i = 0; rc == 0 && i < sizeof(needed) / sizeof(*needed); i++) {
		for (k = 0; k < n.n; k++)
			if (strcasecmp(n.v[k], needed[i].name) == 0)
				break;
		if (k == n.n && (logs || !needed[i].binlog))
			rc = err_set(e, ERR_DENIED, "account %s may not %s: "
			    "GRANT %s ON *.* TO %s", (char *)b->data,
			    needed[i].to, needed[i].name, (char *)b->data);
	}
	names_drop(&n);
	return rc;
}

/* What makes files that nobody could start a server on without more. */
static const struct {
	const char	*sql;		/* its first row names the trouble */
	const char	*why;
} hopeless[] = {
	{ "SELECT CONCAT(table_schema, '.', table_name, ' (', engine, ')') "
	    "FROM information_schema.tables WHERE engine NOT IN ('InnoDB', "
	    "'Aria', 'MyISAM', 'MRG_MyISAM', 'CSV', 'MEMORY', 'ARCHIVE', "
	    "'SEQUENCE', 'PERFORMANCE_SCHEMA') LIMIT 1",
	    "mariadb-backup does not take this engine's files" },
	{ "SELECT name FROM information_schema.innodb_tablespaces_encryption "
	    "WHERE encryption_scheme <> 0 LIMIT 1",
	    "this tablespace is encrypted" },
	{ "SELECT 'innodb_encrypt_log' FROM DUAL WHERE @@innodb_encrypt_log",
	    "the redo log is encrypted" },
	{ "SELECT 'aria_encrypt_tables' FROM DUAL WHERE "
	    "@@aria_encrypt_tables", "Aria tables are encrypted" },
	{ "SELECT name FROM information_schema.innodb_sys_tablespaces WHERE "
	    "filename LIKE '/%' LIMIT 1",
	    "this table's file is outside of the data directory" },
};

static int
check_hopeless(struct conn *c, struct buf *b, struct err *e)
{
	const char *what;
	size_t i;

	for (i = 0; i < sizeof(hopeless) / sizeof(hopeless[0]); i++) {
		what = ask(c, hopeless[i].sql, b, e);
		if (what != NULL)
			return err_set(e, ERR_UNSUPPORTED, "%.200s: %s: a "
			    "physical backup of it could not be started; "
			    "expected method: logical", what,
			    hopeless[i].why);
		if (e->kind != ERR_ABSENT)
			return -1;
		err_clear(e);
	}
	return 0;
}

static int
check_databases(struct conn *c, const char *const *v, struct err *e)
{
	size_t i;

	for (i = 0; v != NULL && v[i] != NULL; i++)
		if (source_exists(c, v[i], e) == -1)
			return err_add(e, "database %s", v[i]);
	return 0;
}

int
physical_source_check(struct conn *c, const struct db_physical_options *o,
    struct backup_tool *tool, struct db_point *p, struct err *e)
{
	const char *text;
	struct buf b;
	uint64_t v;
	int rc = -1;

	buf_init(&b, TEXT_MAX);
	if (source_server(c, e) == -1)
		goto done;
	(void)snprintf(p->version, sizeof(p->version), "%s", conn_version(c));
	if (backup_tool_find(tool, p->version, e) == -1 ||
	    check_place(c, &b, e) == -1)
		goto done;
	if ((text = ask(c, "SELECT @@log_bin", &b, e)) == NULL ||
	    check_privileges(c, &b, text[0] == '1', e) == -1 ||
	    check_databases(c, o->databases, e) == -1 ||
	    check_hopeless(c, &b, e) == -1 ||
	    replica_check(c, o->max_lag, p, e) == -1 ||
	    galera_wait(c, p, e) == -1)
		goto done;
	if ((text = ask(c, "SELECT @@lower_case_table_names", &b,
	    e)) == NULL || num_parse(text, 0, 2, &v, e) == -1)
		goto done;
	p->physical.lower_case = (uint32_t)v;
	(void)snprintf(p->physical.tool, sizeof(p->physical.tool), "%s",
	    tool->version);
	rc = 0;
done:
	buf_drop(&b);
	return rc;
}

int
db_physical_check(const struct db_physical_options *o, char *seen,
    size_t size, struct err *e)
{
	struct backup_tool tool;
	struct db_point p = { .tries = 1 };
	struct conn *c;
	int rc;

	if ((c = conn_open(&o->login, CONN_UTF8, e)) == NULL)
		return -1;
	rc = physical_source_check(c, o, &tool, &p, e);
	conn_close(c);
	if (rc == 0)
		(void)snprintf(seen, size, "server %s, %s %s", p.version,
		    tool.path, tool.version);
	return rc;
}
