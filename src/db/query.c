/*
 * One statement on a connection of its own: db_query() of db.h.
 */
#include "base/err.h"
#include "db/conn.h"

int
db_query(const struct db_login *l, const char *database, const char *sql,
    int (*row)(void *, unsigned, const char *const *, const unsigned long *,
    struct err *), void *cookie, struct err *e)
{
	struct rows r = { 0 };
	struct conn *c = NULL;
	int rc = -1;

	if ((c = conn_open(l, CONN_UTF8, e)) == NULL)
		goto done;
	if (database != NULL && conn_use(c, database, e) == -1)
		goto done;
	if (rows_stream(&r, c, sql, e) == -1)
		goto done;
	while ((rc = rows_next(&r, e)) == 1)
		if ((rc = row(cookie, r.n, r.v, r.len, e)) != 0)
			break;
done:
	rows_free(&r);
	conn_close(c);
	return rc;
}
