/*
 * May this account take a dump?  What it may not see the server leaves out of
 * its lists without a word, so the privileges are asked for first: a dump
 * that silently lacks a trigger is the one failure nobody would notice.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "db/conn.h"
#include "db/names.h"
#include "db/source.h"

#define SQL_MAX ((size_t)1 << 16)
#define SINCE 100600

static const char *const system_databases[] = {
	"mysql", "information_schema", "performance_schema", "sys",
};

static const struct {
	const char	*privilege, *to;
} needed[] = {
	{ "SELECT", "read its rows" },
	{ "SHOW VIEW", "see its views" },
	{ "TRIGGER", "see its triggers" },
	{ "EVENT", "see its events" },
};

int
source_account(struct conn *c, struct buf *out, struct err *e)
{
	if (conn_value(c, "SELECT CONCAT('`', SUBSTRING(CURRENT_USER(), 1, "
	    "CHAR_LENGTH(CURRENT_USER()) - CHAR_LENGTH(SUBSTRING_INDEX("
	    "CURRENT_USER(), '@', -1)) - 1), '`@`', "
	    "SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '`')", 0, out, e) == -1)
		return -1;
	return buf_text(out, e) == NULL ? -1 : 0;
}

int
source_privileges(struct conn *c, const char *database, const char *account,
    struct names *out, struct err *e)
{
	static const char who[] = " grantee IN (SELECT REPLACE(%s, '`', '''') "
	    "UNION SELECT CONCAT('''', role_name, '''@''''') FROM "
	    "information_schema.enabled_roles UNION SELECT '''PUBLIC''@''''')";
	struct rows r = { 0 };
	struct buf b, name;
	int rc = -1;

	buf_init(&b, SQL_MAX);
	buf_init(&name, SQL_MAX);
	if (quote_text(&name, account, strlen(account), e) == -1 ||
	    buf_text(&name, e) == NULL ||
	    buf_add_text(&b, "SELECT privilege_type FROM "
	    "information_schema.user_privileges WHERE", e) == -1 ||
	    buf_addf(&b, e, who, (char *)name.data) == -1 ||
	    buf_add_text(&b, " UNION SELECT privilege_type FROM "
	    "information_schema.schema_privileges WHERE ", e) == -1 ||
	    quote_text(&b, database, strlen(database), e) == -1 ||
	    buf_add_text(&b, " LIKE table_schema AND", e) == -1 ||
	    buf_addf(&b, e, who, (char *)name.data) == -1 ||
	    buf_text(&b, e) == NULL)
		goto done;
	if (rows_query(&r, c, (char *)b.data, e) == -1)
		goto done;
	while ((rc = rows_next(&r, e)) == 1)
		if ((rc = names_add(out, r.v[0], e)) == -1)
			break;
done:
	rows_free(&r);
	buf_drop(&b);
	buf_drop(&name);
	return rc;
}

static bool
has(const struct names *n, const char *name)
{
	size_t i;

	for (i = 0; i < n->n; i++)
		if (strcasecmp(n->v[i], name) == 0)
			return true;
	return false;
}

/* Routines are seen with a privilege on them, or on the table they are in. */
static bool
sees_routines(struct conn *c, const struct names *n)
{
	struct err ignored = { 0 };

	return has(n, "EXECUTE") || has(n, "ALTER ROUTINE") ||
	    has(n, "CREATE ROUTINE") || has(n, "SHOW CREATE ROUTINE") ||
	    conn_exec(c, "SELECT 1 FROM mysql.proc LIMIT 0", &ignored) == 0;
}

static int
lacks(const char *account, const char *database, const char *privilege,
    const char *to, struct err *e)
{
	struct err ignored = { 0 };
	struct buf b;

	buf_init(&b, SQL_MAX);
	if (quote_name(&b, database, &ignored) == -1 ||
	    buf_text(&b, &ignored) == NULL) {
		buf_drop(&b);
		return err_memory(e);
	}
	(void)err_set(e, ERR_DENIED, "account %s may not %s: GRANT %s ON "
	    "%s.* TO %s", account, to, privilege, (char *)b.data, account);
	buf_drop(&b);
	return -1;
}

int
source_exists(struct conn *c, const char *database, struct err *e)
{
	struct buf b, out;
	int rc = -1;

	buf_init(&b, SQL_MAX);
	buf_init(&out, SQL_MAX);
	if (buf_add_text(&b, "SELECT 1 FROM information_schema.schemata WHERE "
	    "BINARY schema_name=", e) == -1 ||
	    quote_text(&b, database, strlen(database), e) == -1 ||
	    buf_text(&b, e) == NULL)
		goto done;
	rc = conn_value(c, (char *)b.data, 0, &out, e);
	if (rc == -1 && e->kind == ERR_ABSENT)
		(void)err_set(e, ERR_ABSENT, "there is no such database, or "
		    "the account has no privilege on it");
done:
	buf_drop(&b);
	buf_drop(&out);
	return rc;
}

static int
check_database(struct conn *c, const char *account, const char *database,
    struct err *e)
{
	struct names n = { 0 };
	size_t i;
	int rc = -1;

	for (i = 0; i < sizeof(system_databases) / sizeof(*system_databases);
	    i++)
		if (strcasecmp(database, system_databases[i]) == 0)
			return err_set(e, ERR_INPUT,
			    "it belongs to the server");
	if (source_exists(c, database, e) == -1 ||
	    source_privileges(c, database, account, &n, e) == -1)
		goto done;
	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!has(&n, needed[i].privilege)) {
			(void)lacks(account, database, needed[i].privilege,
			    needed[i].to, e);
			goto done;
		}
	if (!sees_routines(c, &n)) {
		(void)err_set(e, ERR_DENIED, "account %s may not see its "
		    "routines: GRANT SELECT ON mysql.proc TO %s", account,
		    account);
		goto done;
	}
	rc = 0;
done:
	names_drop(&n);
	return rc;
}

int
source_server(const struct conn *c, struct err *e)
{
	if (conn_is_mariadb(c) && conn_version_number(c) >= SINCE)
		return 0;
	return err_set(e, ERR_UNSUPPORTED, "the server is %s: MariaDB 10.6 or "
	    "newer is supported", conn_version(c));
}

int
source_check(struct conn *c, const char *const *databases, struct err *e)
{
	struct buf account;
	size_t i;
	int rc = -1;

	buf_init(&account, SQL_MAX);
	if (source_server(c, e) == -1)
		goto done;
	if (databases == NULL || databases[0] == NULL) {
		(void)err_set(e, ERR_INPUT, "no database is named");
		goto done;
	}
	if (source_account(c, &account, e) == -1)
		goto done;
	for (i = 0; databases[i] != NULL; i++)
		if (check_database(c, (char *)account.data, databases[i],
		    e) == -1) {
			(void)err_add(e, "database %s", databases[i]);
			goto done;
		}
	rc = 0;
done:
	buf_drop(&account);
	return rc;
}

int
db_check_source(const struct db_login *l, const char *const *databases,
    struct err *e)
{
	struct conn *c;
	int rc;

	if ((c = conn_open(l, CONN_UTF8, e)) == NULL)
		return -1;
	rc = source_check(c, databases, e);
	conn_close(c);
	return rc;
}
