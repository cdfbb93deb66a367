/*
 * One consistent point over several connections, without stopping writers.
 *
 * Each connection starts a transaction with a snapshot and says where in the
 * binary log that snapshot is.  If all say the same, no commit came between
 * them and they see one state; else all roll back and try again.  Without a
 * binary log that has everything, or when writers are too busy, commits are
 * held for the moment it takes to start the transactions (BACKUP STAGE
 * BLOCK_COMMIT); an account that may not do this gets one connection, whose
 * snapshot is consistent by itself.  FLUSH TABLES WITH READ LOCK is never
 * used: it waits for running statements and stalls everybody behind it.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/intr.h"
#include "base/num.h"
#include "db/conn.h"
#include "db/point.h"

#define TRIES_MAX 50
#define LINE_MAX_BYTES 4096
#define NS_PER_US 1000

struct where {
	char		file[256];
	uint64_t	pos;
};

int
point_prepare(struct conn *c, struct err *e)
{
	return conn_exec(c, "SET SESSION "
	    "tx_isolation='REPEATABLE-READ', time_zone='+00:00', "
	    "sql_mode='NO_DIR_IN_CREATE,IGNORE_BAD_TABLE_OPTIONS', "
	    "sql_quote_show_create=1, "
	    "sql_select_limit=DEFAULT, sql_big_selects=1, "
	    "max_join_size=DEFAULT, lock_wait_timeout=60, "
	    "max_sort_length=32768, sort_buffer_size=8388608, "
	    "group_concat_max_len=1048576, query_cache_type=OFF, "
	    "max_statement_time=0, net_write_timeout=86400, "
	    "net_read_timeout=86400, wait_timeout=604800", e);
}

/* Where the snapshot of this connection is; an empty file: nobody knows. */
static int
read_where(struct conn *c, struct where *w, struct err *e)
{
	struct rows r = { 0 };
	int rc;

	*w = (struct where){ 0 };
	if (rows_query(&r, c, "SHOW STATUS LIKE 'binlog_snapshot_%'",
	    e) == -1)
		goto fail;
	while ((rc = rows_next(&r, e)) == 1) {
		if (r.v[0] == NULL || r.v[1] == NULL || r.v[1][0] == '\0')
			continue;
		if (strcasecmp(r.v[0], "Binlog_snapshot_file") == 0)
			(void)snprintf(w->file, sizeof(w->file), "%s", r.v[1]);
		else if (num_parse(r.v[1], 0, UINT64_MAX, &w->pos, e) == -1)
			goto fail;
	}
	if (rc == -1)
		goto fail;
	rows_free(&r);
	return 0;
fail:
	rows_free(&r);
	return err_add(e, "cannot read the binary log's position");
}

static int
read_clock(struct conn *c, struct db_point *p, struct err *e)
{
	struct buf b;
	uint64_t us;
	char *text;
	int rc = -1;

	buf_init(&b, LINE_MAX_BYTES);
	if (conn_value(c, "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 "
	    "AS UNSIGNED)", 0, &b, e) == -1)
		goto done;
	if ((text = buf_text(&b, e)) == NULL)
		goto done;
	if (num_parse(text, 0, INT64_MAX / NS_PER_US, &us, e) == -1)
		goto done;
	p->utc = (int64_t)us * NS_PER_US;
	rc = 0;
done:
	buf_drop(&b);
	return rc;
}

static int
begin_all(struct conn *const *c, int n, struct where *first, bool *same,
    struct err *e)
{
	struct where w;
	int i;

	*same = true;
	for (i = 0; i < n; i++)
		if (conn_exec(c[i], "START TRANSACTION WITH CONSISTENT "
		    "SNAPSHOT, READ ONLY", e) == -1)
			return -1;
	for (i = 0; i < n; i++) {
		if (read_where(c[i], &w, e) == -1)
			return -1;
		if (i == 0)
			*first = w;
		if (w.pos != first->pos || strcmp(w.file, first->file) != 0)
			*same = false;
	}
	if (first->file[0] == '\0')
		*same = n == 1;
	return 0;
}

static int
rollback_all(struct conn *const *c, int n, struct err *e)
{
	int i;

	for (i = 0; i < n; i++)
		if (conn_exec(c[i], "ROLLBACK", e) == -1)
			return -1;
	return 0;
}

/* What the first row of a statement has in a column; empty when nothing. */
static int
ask(struct conn *c, const char *sql, unsigned column, struct buf *out,
    struct err *e)
{
	buf_clear(out);
	if (conn_value(c, sql, column, out, e) == -1) {
		if (e->kind != ERR_ABSENT)
			return -1;
		err_clear(e);
	}
	return buf_text(out, e) == NULL ? -1 : 0;
}

/* Does the log leave out what was replicated to this server?  1, 0, -1. */
static int
lacks_replicated(struct conn *c, struct buf *b, struct err *e)
{
	if (ask(c, "SELECT @@GLOBAL.log_slave_updates", 0, b, e) == -1)
		return -1;
	if (strcmp((char *)b->data, "1") == 0)
		return 0;
	if (ask(c, "SHOW GLOBAL VARIABLES LIKE 'wsrep_on'", 1, b, e) == -1)
		return -1;
	if (strcmp((char *)b->data, "ON") == 0)
		return 1;
	if (ask(c, "SELECT @@GLOBAL.gtid_slave_pos", 0, b, e) == -1)
		return -1;
	if (b->len > 0)
		return 1;
	if (ask(c, "SHOW ALL SLAVES STATUS", 0, b, e) == -1 &&
	    e->kind != ERR_DENIED)
		return -1;
	err_clear(e);
	return b->len > 0;
}

/* Does it leave out whole databases?  1 also when that may not be seen. */
static int
lacks_databases(struct conn *c, struct err *e)
{
	struct rows r = { 0 };
	unsigned i;
	int rc;

	if ((rc = rows_query(&r, c, "SHOW MASTER STATUS", e)) == 0 &&
	    (rc = rows_next(&r, e)) == 1)
		for (rc = 0, i = 2; i <= 3 && i < r.n; i++)
			rc |= r.v[i] != NULL && r.v[i][0] != '\0';
	rows_free(&r);
	if (rc == -1 && e->kind == ERR_DENIED) {
		err_clear(e);
		rc = 1;
	}
	return rc;
}

/*
 * Is everything that is committed in the log?  Else two connections may be at
 * the same place of it and see different rows.
 */
static int
log_has_all(struct conn *c, struct err *e)
{
	struct buf b;
	int lacks;

	buf_init(&b, LINE_MAX_BYTES);
	if ((lacks = lacks_replicated(c, &b, e)) == 0)
		lacks = lacks_databases(c, e);
	buf_drop(&b);
	return lacks == -1 ? -1 : !lacks;
}

/* Compare until they agree: 1; 0 when they did not, nothing is open then. */
static int
take_by_comparing(struct conn *const *c, int n, struct db_point *p,
    struct where *w, struct err *e)
{
	bool same;

	while (p->tries < TRIES_MAX) {
		p->tries++;
		if (intr_check(e) == -1 || read_clock(c[0], p, e) == -1)
			return -1;
		if (begin_all(c, n, w, &same, e) == -1)
			return -1;
		if (same)
			return 1;
		if (rollback_all(c, n, e) == -1)
			return -1;
		if (w->file[0] == '\0')
			break;
	}
	return 0;
}

/* The same under a lock of commits: 1; 0 when the account may not. */
static int
take_by_stage(struct conn *const *c, int n, struct conn *holder,
    struct db_point *p, struct where *w, struct err *e)
{
	int64_t from;
	bool same;
	int rc = -1;

	if (conn_exec(holder, "BACKUP STAGE START", e) == -1) {
		if (e->kind != ERR_DENIED)
			return -1;
		err_clear(e);
		return 0;
	}
	from = clock_monotonic();
	if (conn_exec(holder, "BACKUP STAGE BLOCK_COMMIT", e) == -1)
		goto done;
	if (read_clock(holder, p, e) == -1)
		goto done;
	p->tries++;
	if (begin_all(c, n, w, &same, e) == -1)
		goto done;
	if (w->file[0] != '\0' && !same) {
		(void)err_set(e, ERR_REMOTE, "the connections disagree about "
		    "the binary log's position while commits are held");
		goto done;
	}
	rc = 1;
done:
	/* After an error the connection's end lifts the lock. */
	if (rc == 1 && conn_exec(holder, "BACKUP STAGE END", e) == -1)
		rc = -1;
	p->lock_us = (uint64_t)(clock_monotonic() - from) / NS_PER_US;
	return rc;
}

/*
 * The GTID for nearly nothing: the server's newest one belongs to the point if
 * the log still ends there afterwards.  The answer to the second statement
 * waits for a commit that is being written, so nothing is in between.
 */
static bool
read_newest_gtid(struct conn *c, struct db_point *p)
{
	struct err ignored = { 0 };
	struct rows r = { 0 };
	bool same = false;
	struct buf b;
	char *text;

	buf_init(&b, DB_GTID_MAX - 1);
	if (conn_value(c, "SELECT @@GLOBAL.gtid_binlog_pos", 0, &b,
	    &ignored) == -1 || (text = buf_text(&b, &ignored)) == NULL)
		goto done;
	if (rows_query(&r, c, "SHOW MASTER STATUS", &ignored) == -1 ||
	    rows_next(&r, &ignored) != 1)
		goto done;
	same = r.v[0] != NULL && r.v[1] != NULL &&
	    strcmp(r.v[0], p->binlog_file) == 0 &&
	    strtoull(r.v[1], NULL, 10) == p->binlog_pos;
	if (same)
		(void)snprintf(p->gtid, sizeof(p->gtid), "%s", text);
done:
	rows_free(&r);
	buf_drop(&b);
	return same;
}

/* Let the server read its log up to the point: a gigabyte, at worst. */
static void
look_up_gtid(struct conn *c, struct db_point *p)
{
	struct err ignored = { 0 };
	struct buf sql, b;
	char *text;

	buf_init(&sql, LINE_MAX_BYTES);
	buf_init(&b, DB_GTID_MAX - 1);
	if (buf_add_text(&sql, "SELECT BINLOG_GTID_POS(", &ignored) == 0 &&
	    quote_text(&sql, p->binlog_file, strlen(p->binlog_file),
	    &ignored) == 0 &&
	    buf_addf(&sql, &ignored, ", %llu)",
	    (unsigned long long)p->binlog_pos) == 0 &&
	    (text = buf_text(&sql, &ignored)) != NULL &&
	    conn_value(c, text, 0, &b, &ignored) == 0 &&
	    (text = buf_text(&b, &ignored)) != NULL)
		(void)snprintf(p->gtid, sizeof(p->gtid), "%s", text);
	buf_drop(&sql);
	buf_drop(&b);
}

/*
 * The GTID is a convenience: a server that cannot say it is no failure, nor
 * an account that lacks BINLOG MONITOR, nor commits that came since.
 */
static void
read_gtid(struct conn *c, struct db_point *p)
{
	if (!read_newest_gtid(c, p))
		look_up_gtid(c, p);
}

int
point_take(struct conn *const *c, int *n, struct conn *holder,
    struct db_point *p, struct err *e)
{
	struct where w = { 0 };
	int rc = 1;

	if (*n > 1)
		rc = log_has_all(holder, e);
	if (rc == 1)
		rc = take_by_comparing(c, *n, p, &w, e);
	if (rc == 0)
		rc = take_by_stage(c, *n, holder, p, &w, e);
	if (rc == 0) {
		*n = 1;
		p->tries = 0;
		rc = take_by_comparing(c, *n, p, &w, e);
	}
	if (rc == -1)
		return err_add(e, "cannot take a consistent point");
	(void)snprintf(p->version, sizeof(p->version), "%s",
	    conn_version(c[0]));
	(void)memcpy(p->binlog_file, w.file, sizeof(w.file));
	p->binlog_pos = w.pos;
	if (w.file[0] != '\0')
		read_gtid(holder, p);
	return 0;
}
