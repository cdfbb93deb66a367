/*
 * A replica as the source.
 *
 * What it shows is as old as it is behind, and a snapshot must not claim to be
 * younger.  The lag is asked for after the point was taken: what was applied in
 * between makes it smaller by less than that took.
 */
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"
#include "db/conn.h"
#include "db/db.h"
#include "db/replica.h"

/* What one row of the status says of itself; NULL: nothing. */
static const char *
value_of(const struct rows *r, const char *name)
{
	unsigned i;

	for (i = 0; i < r->n; i++)
		if (strcmp(rows_name(r, i), name) == 0)
			return r->v[i];
	return NULL;
}

static bool
runs(const struct rows *r, const char *thread)
{
	const char *v = value_of(r, thread);

	return v != NULL && strcmp(v, "Yes") == 0;
}

static int
take_row(const struct rows *r, struct db_point *p, struct err *e)
{
	const char *name = value_of(r, "Connection_name");
	const char *lag = value_of(r, "Seconds_Behind_Master");
	const char *sql = value_of(r, "Last_SQL_Error");
	const char *io = value_of(r, "Last_IO_Error");
	const char *why = sql != NULL && sql[0] != '\0' ? sql : io;
	uint64_t s;

	if (!runs(r, "Slave_IO_Running") || !runs(r, "Slave_SQL_Running") ||
	    lag == NULL)
		return err_set(e, ERR_REMOTE, "the server is a replica%s%s "
		    "that does not replicate%s%.300s: START SLAVE, or RESET "
		    "SLAVE ALL when it is none any more",
		    name != NULL && name[0] != '\0' ? " by " : "",
		    name != NULL ? name : "",
		    why != NULL && why[0] != '\0' ? ": " : "",
		    why != NULL ? why : "");
	if (num_parse(lag, 0, UINT32_MAX, &s, e) == -1)
		return -1;
	p->replica = true;
	if (s > p->lag)
		p->lag = s;
	return 0;
}

/* The account may not ask: is there anything to ask for? */
static int
check_unasked(struct conn *c, struct err *e)
{
	struct buf b;
	int rc = -1;

	err_clear(e);
	buf_init(&b, 4096);
	if (conn_value(c, "SELECT @@gtid_slave_pos", 0, &b, e) == 0)
		rc = b.len == 0 ? 0 : err_set(e, ERR_DENIED, "the server has "
		    "been a replica, and how far it is behind may not be "
		    "seen: GRANT SLAVE MONITOR ON *.* TO the account, or SET "
		    "GLOBAL gtid_slave_pos='' when it is none any more");
	buf_drop(&b);
	return rc;
}

int
replica_check(struct conn *c, uint64_t limit, struct db_point *p,
    struct err *e)
{
	struct rows r = { 0 };
	int rc;

	p->replica = false;
	p->lag = 0;
	if (rows_query(&r, c, "SHOW ALL SLAVES STATUS", e) == -1) {
		rc = e->kind == ERR_DENIED ? check_unasked(c, e) : -1;
		goto done;
	}
	while ((rc = rows_next(&r, e)) == 1)
		if ((rc = take_row(&r, p, e)) == -1)
			break;
	if (rc == 0 && limit > 0 && p->lag > limit)
		rc = err_set(e, ERR_REMOTE, "the server is a replica and %llu "
		    "seconds behind: at most %llu are allowed "
		    "(components.db.max-lag)", (unsigned long long)p->lag,
		    (unsigned long long)limit);
done:
	rows_free(&r);
	return rc;
}
