/*
 * One connection to a MariaDB or MySQL server through Connector/C.
 *
 * Promises: a password never leaves the connector and the option file it was
 * read from, and that file must be private; the server can never make us open
 * a local file, since the connector's own handler is replaced from the start
 * (conn_load() lends it bytes, nothing else does); what a session does never
 * depends on the server's defaults for sql_mode and time-outs.
 */
#include <mysql.h>
#include <errmsg.h>
#include <mysqld_error.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/intr.h"
#include "db/breaker.h"
#include "db/conn.h"
#include "db/conn_inside.h"
#include "db/option_file.h"

#define CONNECT_SECONDS 30
#define PACKET_MAX (1UL << 30)
#define ACCESS_DENIED_NO_PASSWORD 1698	/* MariaDB's own number */

struct conn {
	MYSQL			 m;
	int			 fd;		/* a duplicate, to cut it by */
	struct breaker		*breaker;	/* cuts it for a signal */
	const struct conn_infile *infile;	/* only during conn_load() */
	struct err		 infile_err;
	const uint8_t		*piece;		/* rest of the last run */
	size_t			 piece_len;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
library_init(void)
{
	(void)mysql_library_init(0, NULL, NULL);
}

static bool
is_denied(unsigned number)
{
	switch (number) {
	case ER_DBACCESS_DENIED_ERROR:
	case ER_ACCESS_DENIED_ERROR:
	case ER_TABLEACCESS_DENIED_ERROR:
	case ER_COLUMNACCESS_DENIED_ERROR:
	case ER_SPECIFIC_ACCESS_DENIED_ERROR:
	case ER_PROCACCESS_DENIED_ERROR:
	case ACCESS_DENIED_NO_PASSWORD:
		return true;
	default:
		return false;
	}
}

/* No room left?  InnoDB calls a table full when the disk is. */
static bool
is_full(unsigned number, const char *text)
{
	return number == ER_DISK_FULL || number == ER_RECORD_FILE_FULL ||
	    strstr(text, "No space left on device") != NULL ||
	    strstr(text, "Disk quota exceeded") != NULL ||
	    strstr(text, "No more room in record file") != NULL;
}

static int
fail(struct conn *c, struct err *e)
{
	unsigned number = mysql_errno(&c->m);

	if (intr_check(e) == -1)	/* the connection was cut for it */
		return -1;
	if (number == CR_OUT_OF_MEMORY)
		return err_memory(e);
	if (is_full(number, mysql_error(&c->m))) {
		(void)err_set(e, ERR_SYSTEM, "%.700s (%u): the server has no "
		    "room left", mysql_error(&c->m), number);
		e->sys = ENOSPC;
		return -1;
	}
	return err_set(e, is_denied(number) ? ERR_DENIED : ERR_REMOTE,
	    "%.700s (%u)", mysql_error(&c->m), number);
}

/*
 * The connector's four calls for LOAD DATA LOCAL.  They ignore the name that
 * the server asks for.  After an error of the source the connection is cut
 * before the connector can tell the server that the content ended: a part of
 * it must not be taken for all of it.
 */
static int
infile_init(void **handle, const char *name, void *cookie)
{
	struct conn *c = cookie;

	(void)name;
	*handle = c;
	return c->infile == NULL;
}

static int
infile_read(void *handle, char *out, unsigned size)
{
	struct conn *c = handle;
	const void *p;
	size_t n;
	int rc;

	while (c->piece_len == 0) {
		rc = c->infile->read(c->infile->cookie, &p, &n,
		    &c->infile_err);
		if (rc == 0)
			return 0;
		if (rc == -1) {
			conn_break(c);
			return -1;
		}
		c->piece = p;
		c->piece_len = n;
	}
	n = c->piece_len < size ? c->piece_len : size;
	memcpy(out, c->piece, n);
	c->piece += n;
	c->piece_len -= n;
	return (int)n;
}

static void
infile_end(void *handle)
{
	(void)handle;
}

static int
infile_error(void *handle, char *text, unsigned size)
{
	(void)handle;
	(void)snprintf(text, size, "the server asked for a local file");
	return CR_UNKNOWN_ERROR;
}

static int
set_options(struct conn *c, const struct db_login *l, struct err *e)
{
	const unsigned seconds = CONNECT_SECONDS, one = 1;
	const unsigned long packet = PACKET_MAX;
	bool tls = false;
	my_bool yes = 1;
	int bad = 0;

	if (l->defaults_file != NULL) {
		if (option_file_check(l->defaults_file, &tls, e) == -1)
			return -1;
		bad |= mysql_options(&c->m, MYSQL_READ_DEFAULT_FILE,
		    l->defaults_file);
	} else if (l->socket == NULL && option_files_check(&tls, e) == -1)
		return -1;
	if (l->defaults_file != NULL || l->socket == NULL)
		bad |= mysql_options(&c->m, MYSQL_READ_DEFAULT_GROUP,
		    "muster");
	bad |= mysql_options(&c->m, MYSQL_SET_CHARSET_NAME, "binary");
	bad |= mysql_options(&c->m, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
	bad |= mysql_options(&c->m, MYSQL_OPT_LOCAL_INFILE, &one);
	bad |= mysql_options(&c->m, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet);
	if (tls)
		bad |= mysql_options(&c->m, MYSQL_OPT_SSL_ENFORCE, &yes);
	if (bad)
		return err_set(e, ERR_MEMORY, "cannot set the options of a "
		    "connection");
	mysql_set_local_infile_handler(&c->m, infile_init, infile_read,
	    infile_end, infile_error, c);
	return 0;
}

static int
set_session(struct conn *c, struct err *e)
{
	if (conn_exec(c, "SET SESSION sql_mode='NO_ENGINE_SUBSTITUTION', "
	    "wait_timeout=604800, net_read_timeout=86400, "
	    "net_write_timeout=86400", e) == -1)
		return -1;
	if (!conn_is_mariadb(c))
		return 0;
	return conn_exec(c, "SET SESSION max_statement_time=0, "
	    "idle_transaction_timeout=0, idle_readonly_transaction_timeout=0, "
	    "idle_write_transaction_timeout=0", e);
}

/*
 * The connector goes on in the clear, whatever the option file asks for, when
 * the server, or whoever answers in its place, does not offer TLS.
 */
static int
check_tls(struct conn *c, struct err *e)
{
	struct sockaddr_storage to = { 0 };
	socklen_t n = sizeof(to);

	if (!c->m.options.use_ssl || mysql_get_ssl_cipher(&c->m) != NULL ||
	    (getpeername(c->fd, (struct sockaddr *)&to, &n) == 0 &&
	    to.ss_family == AF_UNIX))
		return 0;
	return err_set(e, ERR_REMOTE, "the server does not offer TLS, which "
	    "the option file asks for");
}

static int
connect_to(struct conn *c, const struct db_login *l, struct err *e)
{
	/* "localhost" makes it the socket, whatever host the file names. */
	if (mysql_real_connect(&c->m, l->socket != NULL ? "localhost" : NULL,
	    l->user, NULL, NULL, 0, l->socket, 0) == NULL)
		return fail(c, e);
	c->fd = fcntl(mysql_get_socket(&c->m), F_DUPFD_CLOEXEC, 3);
	if (c->fd == -1)
		return err_sys(e, "cannot duplicate a descriptor");
	if (check_tls(c, e) == -1)
		return -1;
	return (c->breaker = breaker_new(c->fd, e)) == NULL ? -1 : 0;
}

struct conn *
conn_open(const struct db_login *l, enum conn_charset cs, struct err *e)
{
	struct conn *c = NULL;
	int rc = -1;

	(void)pthread_once(&once, library_init);
	if ((c = calloc(1, sizeof(*c))) == NULL ||
	    mysql_init(&c->m) == NULL) {
		free(c);
		(void)err_memory(e);
		return NULL;
	}
	c->fd = -1;
	if (set_options(c, l, e) == -1 || connect_to(c, l, e) == -1)
		goto done;
	if (conn_charset(c, cs, e) == -1 || set_session(c, e) == -1)
		goto done;
	rc = 0;
done:
	if (rc == -1) {
		(void)err_add(e, "cannot connect to the database server");
		conn_close(c);
		c = NULL;
	}
	return c;
}

void
conn_close(struct conn *c)
{
	if (c == NULL)
		return;
	mysql_close(&c->m);
	breaker_free(c->breaker);
	if (c->fd != -1)
		(void)close(c->fd);
	free(c);
}

void
conn_break(struct conn *c)
{
	(void)shutdown(c->fd, SHUT_RDWR);	/* may be gone already */
}

const char *
conn_version(const struct conn *c)
{
	return mysql_get_server_info((MYSQL *)(uintptr_t)&c->m);
}

unsigned long
conn_version_number(const struct conn *c)
{
	return mysql_get_server_version((MYSQL *)(uintptr_t)&c->m);
}

bool
conn_is_mariadb(const struct conn *c)
{
	return mariadb_connection((MYSQL *)(uintptr_t)&c->m);
}

MYSQL *
conn_mysql(struct conn *c)
{
	return &c->m;
}

unsigned
conn_errno(const struct conn *c)
{
	return mysql_errno((MYSQL *)(uintptr_t)&c->m);
}

int
conn_use(struct conn *c, const char *database, struct err *e)
{
	if (mysql_select_db(&c->m, database) == 0)
		return 0;
	(void)fail(c, e);
	return err_add(e, "cannot use database %s", database);
}

int
conn_charset(struct conn *c, enum conn_charset cs, struct err *e)
{
	if (mysql_set_character_set(&c->m,
	    cs == CONN_BINARY ? "binary" : "utf8mb4") != 0)
		return fail(c, e);
	/* Of a partition's bounds, as bytes, the server makes no INET6. */
	return cs != CONN_BINARY ? 0 : conn_exec(c, "SET SESSION "
	    "collation_connection=utf8mb4_general_ci", e);
}

int
conn_parse(struct conn *c, const void *sql, size_t len, struct err *e)
{
	MYSQL_STMT *s;
	int rc = 0;

	if ((s = mysql_stmt_init(&c->m)) == NULL)
		return fail(c, e);
	if (mysql_stmt_prepare(s, sql, len) != 0 &&
	    mysql_stmt_errno(s) == ER_PARSE_ERROR)
		rc = err_set(e, ERR_UNSUPPORTED, "%.300s",
		    mysql_stmt_error(s));
	(void)mysql_stmt_close(s);
	return rc;
}

int
conn_exec_len(struct conn *c, const void *sql, size_t len, struct err *e)
{
	MYSQL_RES *r;

	if (mysql_real_query(&c->m, sql, len) != 0)
		return fail(c, e);
	for (;;) {
		if ((r = mysql_use_result(&c->m)) != NULL) {
			while (mysql_fetch_row(r) != NULL)
				;
			mysql_free_result(r);
		}
		if (mysql_errno(&c->m) != 0)
			return fail(c, e);
		/* asking for one that is not there forgets what was affected */
		if (!mysql_more_results(&c->m))
			return 0;
		if (mysql_next_result(&c->m) > 0)
			return fail(c, e);
	}
}

int
conn_exec(struct conn *c, const char *sql, struct err *e)
{
	return conn_exec_len(c, sql, strlen(sql), e);
}

int
conn_execf(struct conn *c, struct err *e, const char *fmt, ...)
{
	char *sql = NULL;
	va_list ap;
	int n, rc;

	va_start(ap, fmt);
	n = vasprintf(&sql, fmt, ap);
	va_end(ap);
	if (n == -1)
		return err_memory(e);
	rc = conn_exec_len(c, sql, (size_t)n, e);
	free(sql);
	return rc;
}

uint64_t
conn_affected(const struct conn *c)
{
	return mysql_affected_rows((MYSQL *)(uintptr_t)&c->m);
}

unsigned
conn_warnings(const struct conn *c)
{
	return mysql_warning_count((MYSQL *)(uintptr_t)&c->m);
}

int
conn_warned(struct conn *c, struct err *e)
{
	struct rows r = { 0 };
	char text[600] = "";
	size_t n = 0;
	int rc;

	if (rows_query(&r, c, "SHOW WARNINGS LIMIT 3", e) == -1)
		return -1;
	while ((rc = rows_next(&r, e)) == 1 && n < sizeof(text))
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s (%s)",
		    n == 0 ? "" : "; ", r.v[2], r.v[1]);
	rows_free(&r);
	if (rc == -1)
		return -1;
	return err_set(e, ERR_REMOTE, "the server warned: %s", text);
}

static int
rows_begin(struct rows *r, struct conn *c, const char *sql, bool stored,
    struct err *e)
{
	*r = (struct rows){ .conn = c, .stored = stored };
	if (mysql_real_query(&c->m, sql, strlen(sql)) != 0)
		return fail(c, e);
	r->result = stored ? mysql_store_result(&c->m) :
	    mysql_use_result(&c->m);
	if (r->result == NULL && mysql_errno(&c->m) != 0)
		return fail(c, e);
	if (r->result == NULL)
		return err_set(e, ERR_INPUT, "the statement gives no rows");
	r->n = mysql_num_fields(r->result);
	return 0;
}

int
rows_query(struct rows *r, struct conn *c, const char *sql, struct err *e)
{
	return rows_begin(r, c, sql, true, e);
}

int
rows_queryf(struct rows *r, struct conn *c, struct err *e,
    const char *fmt, ...)
{
	char *sql = NULL;
	va_list ap;
	int n, rc;

	*r = (struct rows){ .conn = c };
	va_start(ap, fmt);
	n = vasprintf(&sql, fmt, ap);
	va_end(ap);
	if (n == -1)
		return err_memory(e);
	rc = rows_begin(r, c, sql, true, e);
	free(sql);
	return rc;
}

int
rows_stream(struct rows *r, struct conn *c, const char *sql, struct err *e)
{
	return rows_begin(r, c, sql, false, e);
}

int
rows_next(struct rows *r, struct err *e)
{
	MYSQL_ROW row;

	if ((row = mysql_fetch_row(r->result)) == NULL) {
		/* What a later statement met is not a stored one's. */
		if (!r->stored && mysql_errno(&r->conn->m) != 0)
			return fail(r->conn, e);
		return 0;
	}
	r->v = (const char *const *)row;
	r->len = mysql_fetch_lengths(r->result);
	return 1;
}

const char *
rows_name(const struct rows *r, unsigned i)
{
	return mysql_fetch_field_direct(r->result, i)->name;
}

void
rows_free(struct rows *r)
{
	if (r->result != NULL)
		mysql_free_result(r->result);
	r->result = NULL;
}

int
conn_value(struct conn *c, const char *sql, unsigned column, struct buf *out,
    struct err *e)
{
	struct rows r = { 0 };
	int rc = -1;

	if (rows_query(&r, c, sql, e) == -1)
		goto done;
	if ((rc = rows_next(&r, e)) == -1)
		goto done;
	if (rc == 0 || column >= r.n || r.v[column] == NULL)
		rc = err_set(e, ERR_ABSENT, "the server has no answer to %s",
		    sql);
	else
		rc = buf_add(out, r.v[column], r.len[column], e);
done:
	rows_free(&r);
	return rc;
}

/* The number behind a label in "Records: 2  Deleted: 0  ...". */
static bool
info_number(const char *info, const char *label, uint64_t *out)
{
	const char *at = strstr(info, label);
	unsigned long long n;
	char *end;

	if (at == NULL)
		return false;
	at += strlen(label);
	errno = 0;
	n = strtoull(at, &end, 10);
	if (*at < '0' || *at > '9' || errno != 0 ||
	    (*end != '\0' && *end != ' '))
		return false;
	*out = n;
	return true;
}

int
conn_load(struct conn *c, const char *sql, const struct conn_infile *in,
    struct conn_loaded *done, struct err *e)
{
	const char *info;
	int rc = 0;

	err_clear(&c->infile_err);
	c->infile = in;
	c->piece_len = 0;
	if (mysql_real_query(&c->m, sql, strlen(sql)) != 0)
		rc = fail(c, e);
	c->infile = NULL;
	if (c->infile_err.kind != ERR_NONE) {
		*e = c->infile_err;	/* it came first */
		return -1;
	}
	if (rc == -1)
		return -1;
	info = mysql_info(&c->m);
	if (info == NULL || !info_number(info, "Records: ", &done->rows) ||
	    !info_number(info, "Warnings: ", &done->warnings))
		return err_set(e, ERR_REMOTE, "the server does not say how "
		    "many rows it loaded");
	return 0;
}
