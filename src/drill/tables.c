/*
 * CHECK TABLE over a whole server: see tables.h.  Threads take the tables one
 * by one, each with a connection of its own.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/gang.h"
#include "db/conn.h"
#include "drill/tables.h"

#define SQL_MAX ((size_t)1 << 16)
#define THREADS_MAX 8

struct all {
	const struct db_login	*login;
	char			**names;	/* quoted, with database */
	size_t			 n, size;
	struct conn		*conns[THREADS_MAX];	/* of each worker */
	pthread_mutex_t		 lock;			/* of: */
	struct tables_seen	*seen;
};

static int
add_name(struct all *a, const char *db, const char *table, struct err *e)
{
	char **v;
	size_t size;
	struct buf b;
	int rc = -1;

	if (a->n == a->size) {
		size = a->size > 0 ? 2 * a->size : 256;
		if ((v = reallocarray(a->names, size, sizeof(*v))) == NULL)
			return err_memory(e);
		a->names = v;
		a->size = size;
	}
	buf_init(&b, SQL_MAX);
	if (quote_name(&b, db, e) == 0 && buf_add_byte(&b, '.', e) == 0 &&
	    quote_name(&b, table, e) == 0 && buf_text(&b, e) != NULL) {
		if ((a->names[a->n] = strdup((char *)b.data)) != NULL) {
			a->n++;
			rc = 0;
		} else
			(void)err_memory(e);
	}
	buf_drop(&b);
	return rc;
}

static int
list_tables(struct all *a, struct conn *c, const char *db, struct err *e)
{
	struct rows r = { 0 };
	struct buf name;
	int rc = -1;

	buf_init(&name, SQL_MAX);
	if ((db != NULL && (buf_add_text(&name, "= ", e) == -1 ||
	    quote_text(&name, db, strlen(db), e) == -1)) ||
	    (db == NULL && buf_add_text(&name, "NOT IN ('information_schema', "
	    "'performance_schema')", e) == -1) || buf_text(&name, e) == NULL ||
	    rows_queryf(&r, c, e, "SELECT table_schema, table_name FROM "
	    "information_schema.tables WHERE table_schema %s AND table_type "
	    "IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY data_length DESC, "
	    "table_schema, table_name", (char *)name.data) == -1)
		goto done;
	while ((rc = rows_next(&r, e)) == 1)
		if (add_name(a, r.v[0], r.v[1], e) == -1) {
			rc = -1;
			break;
		}
done:
	rows_free(&r);
	buf_drop(&name);
	return rc;
}

/* A row of the answer: table, operation, kind of message, message. */
static bool
is_good(const struct rows *r)
{
	static const char *const fine[] = {
		"OK", "Table is already up to date",
		"The storage engine for the table doesn't support check",
	};
	size_t i;

	if (r->n < 4 || r->v[2] == NULL || r->v[3] == NULL ||
	    strcmp(r->v[2], "error") == 0 || strcmp(r->v[2], "warning") == 0)
		return false;
	for (i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		if (strcmp(r->v[3], fine[i]) == 0)
			return true;
	return false;
}

static int
check_one(struct all *a, struct conn *c, const char *name, struct err *e)
{
	char why[TABLES_TEXT_MAX] = "";
	struct rows r = { 0 };
	bool any = false;
	int rc;

	rc = rows_queryf(&r, c, e, "CHECK TABLE %s EXTENDED", name);
	while (rc != -1 && (rc = rows_next(&r, e)) == 1) {
		any = true;
		if (!is_good(&r) && why[0] == '\0')
			(void)snprintf(why, sizeof(why), "%.200s: %.300s",
			    name, r.n >= 4 && r.v[3] != NULL ? r.v[3] : "?");
	}
	rows_free(&r);
	if (rc == -1)
		return err_add(e, "CHECK TABLE %s", name);
	if (!any)
		(void)snprintf(why, sizeof(why), "%.200s: no answer", name);
	(void)pthread_mutex_lock(&a->lock);
	a->seen->checked++;
	a->seen->bad += why[0] != '\0';
	if (why[0] != '\0' && a->seen->first[0] == '\0')
		memcpy(a->seen->first, why, sizeof(why));
	(void)pthread_mutex_unlock(&a->lock);
	return 0;
}

static int
check(void *cookie, size_t i, unsigned worker, struct err *e)
{
	struct all *a = cookie;

	if (a->conns[worker] == NULL && (a->conns[worker] =
	    conn_open(a->login, CONN_UTF8, e)) == NULL)
		return -1;
	return check_one(a, a->conns[worker], a->names[i], e);
}

static int
run(struct all *a, struct err *e)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	const struct gang g = { .n = a->n, .work = check, .cookie = a,
	    .workers = cores < THREADS_MAX ? (unsigned)cores : THREADS_MAX };
	int rc = gang_run(&g, e);

	for (size_t i = 0; i < THREADS_MAX; i++)
		conn_close(a->conns[i]);
	return rc;
}

int
tables_check(const struct db_login *login, const char *const *databases,
    struct tables_seen *seen, struct err *e)
{
	struct all a = { .login = login, .seen = seen };
	struct conn *c;
	size_t i;
	int rc = -1;

	memset(seen, 0, sizeof(*seen));
	(void)pthread_mutex_init(&a.lock, NULL);
	if ((c = conn_open(login, CONN_UTF8, e)) == NULL)
		goto done;
	if (databases == NULL && list_tables(&a, c, NULL, e) == -1)
		goto done;
	for (i = 0; databases != NULL && databases[i] != NULL; i++)
		if (list_tables(&a, c, databases[i], e) == -1)
			goto done;
	rc = run(&a, e);
done:
	conn_close(c);
	for (i = 0; i < a.n; i++)
		free(a.names[i]);
	free(a.names);
	(void)pthread_mutex_destroy(&a.lock);
	return rc;
}
