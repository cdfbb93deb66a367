/*
 * The accounts of a site, as statements.
 *
 * An account belongs to the site when it has privileges on one of the
 * databases, when it is a role of such an account, or when it has such a role
 * and no global privileges: administrators belong to the server.  What an
 * account may do with other databases is left out.  Reading this takes
 * SELECT on the database mysql; without it the files say the same as if there
 * were no accounts, and the schema says that they were not read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "db/conn.h"
#include "db/names.h"
#include "db/schema.h"
#include "db/statements.h"

#define SQL_MAX ((size_t)1 << 20)

/* An account; a role has no host. */
struct account {
	char	*quoted;		/* `user`@`host` or `role` */
	bool	 role;
};

struct accounts {
	struct account	*v;
	size_t		 n, size;
};

/* What is found out: one file to run first, one to run last. */
struct users {
	const char *const	*databases;
	struct accounts		 accounts;
	struct statements	 text;
	struct names		*objects;	/* GRANTs */
};

static void
accounts_drop(struct accounts *a)
{
	while (a->n > 0)
		free(a->v[--a->n].quoted);
	free(a->v);
	a->v = NULL;
}

static int
compare_accounts(const void *x, const void *y)
{
	const struct account *a = x, *b = y;

	if (a->role != b->role)
		return a->role ? -1 : 1;
	return strcmp(a->quoted, b->quoted);
}

static int
accounts_add(struct accounts *a, const char *user, const char *host,
    bool role, struct err *e)
{
	size_t size = a->size == 0 ? 16 : 2 * a->size;
	struct account *more;
	struct buf b;
	char *text = NULL;

	if (a->n == a->size) {
		more = realloc(a->v, size * sizeof(*more));
		if (more == NULL)
			return err_memory(e);
		a->v = more;
		a->size = size;
	}
	buf_init(&b, SQL_MAX);
	if (quote_name(&b, user, e) == 0 &&
	    (role || (buf_add_byte(&b, '@', e) == 0 &&
	    quote_name(&b, host, e) == 0)) && buf_text(&b, e) != NULL &&
	    (text = strdup((char *)b.data)) == NULL)
		(void)err_memory(e);
	buf_drop(&b);
	if (text == NULL)
		return -1;
	a->v[a->n++] = (struct account){ .quoted = text, .role = role };
	return 0;
}

/* 'a','b' */
static int
add_list(struct buf *b, const char *const *names, struct err *e)
{
	size_t i;

	for (i = 0; names[i] != NULL; i++)
		if ((i > 0 && buf_add_byte(b, ',', e) == -1) ||
		    quote_text(b, names[i], strlen(names[i]), e) == -1)
			return -1;
	return 0;
}

/* Is the database one that a pattern of mysql.db means? */
static int
add_matches(struct buf *b, const char *const *names, struct err *e)
{
	size_t i;

	for (i = 0; names[i] != NULL; i++)
		if (buf_add_text(b, i > 0 ? " OR " : "(", e) == -1 ||
		    quote_text(b, names[i], strlen(names[i]), e) == -1 ||
		    buf_add_text(b, " LIKE db", e) == -1)
			return -1;
	return buf_add_byte(b, ')', e);
}

/*
 * Accounts with privileges on the databases, then along the roles: up to the
 * roles that they have, and down to the accounts that have them.  The server
 * does the closure.
 */
static int
make_query(struct buf *b, const char *const *names, struct err *e)
{
	static const char *const tables[] = { "tables_priv", "columns_priv",
	    "procs_priv" };
	size_t i;

	if (buf_add_text(b, "WITH RECURSIVE own AS (SELECT user AS u, host AS "
	    "h FROM mysql.db WHERE ", e) == -1 ||
	    add_matches(b, names, e) == -1)
		return -1;
	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (buf_addf(b, e, " UNION SELECT user, host FROM mysql.%s "
		    "WHERE db IN (", tables[i]) == -1 ||
		    add_list(b, names, e) == -1 ||
		    buf_add_byte(b, ')', e) == -1)
			return -1;
	return buf_add_text(b, "), holders AS (SELECT u, h FROM own UNION "
	    "SELECT m.user, m.host FROM mysql.roles_mapping m JOIN holders "
	    "ON m.role = holders.u AND holders.h = ''), "
	    "site AS (SELECT u, h FROM holders WHERE (u, h) IN (SELECT u, h "
	    "FROM own) OR EXISTS (SELECT 1 FROM "
	    "information_schema.user_privileges p WHERE p.grantee = "
	    "CONCAT('''', u, '''@''', h, '''') AND p.privilege_type = 'USAGE') "
	    "OR h = ''), everybody AS (SELECT u, h FROM site UNION SELECT "
	    "m.role, '' FROM mysql.roles_mapping m JOIN everybody ON m.user = "
	    "everybody.u AND m.host = everybody.h) "
	    "SELECT DISTINCT g.user, g.host, IFNULL(JSON_VALUE(g.priv, "
	    "'$.is_role'), 0) FROM everybody JOIN mysql.global_priv g ON "
	    "g.user = everybody.u AND g.host = everybody.h", e);
}

static int
find_accounts(struct accounts *a, struct conn *c, const char *const *names,
    struct err *e)
{
	struct rows r = { 0 };
	struct buf b;
	int rc = -1;

	buf_init(&b, SQL_MAX);
	if (make_query(&b, names, e) == -1 || buf_text(&b, e) == NULL)
		goto done;
	if (rows_query(&r, c, (char *)b.data, e) == -1)
		goto done;
	while ((rc = rows_next(&r, e)) == 1) {
		rc = accounts_add(a, r.v[0], r.v[1], strcmp(r.v[2], "0") != 0,
		    e);
		if (rc == -1)
			break;
	}
	if (rc == 0 && a->n > 1)
		qsort(a->v, a->n, sizeof(*a->v), compare_accounts);
done:
	rows_free(&r);
	buf_drop(&b);
	return rc;
}

/* CREATE USER `u`@`h` IDENTIFIED ...: made to be no error if it is there. */
static int
add_create(struct statements *text, struct conn *c, const struct account *a,
    struct err *e)
{
	static const char create[] = "CREATE USER ";
	struct buf sql, out;
	int rc = -1;

	if (a->role)
		return statements_addf(text, e, "CREATE ROLE IF NOT EXISTS %s",
		    a->quoted);
	buf_init(&sql, SQL_MAX);
	buf_init(&out, SQL_MAX);
	if (buf_addf(&sql, e, "SHOW CREATE USER %s", a->quoted) == -1 ||
	    buf_text(&sql, e) == NULL ||
	    conn_value(c, (char *)sql.data, 0, &out, e) == -1 ||
	    buf_text(&out, e) == NULL)
		goto done;
	if (strncmp((char *)out.data, create, strlen(create)) != 0) {
		(void)err_set(e, ERR_REMOTE, "the server's answer about %s "
		    "is not a CREATE USER", a->quoted);
		goto done;
	}
	rc = statements_addf(text, e, "CREATE USER IF NOT EXISTS %s",
	    (char *)out.data + strlen(create));
done:
	buf_drop(&sql);
	buf_drop(&out);
	return rc;
}

/* LIKE: `_` is one character, `%` any number, `\\` takes the next as it is. */
static bool
pattern_matches(const char *p, const char *s)
{
	for (; *p != '\0'; p++, s++) {
		if (*p == '%') {
			for (; *s != '\0'; s++)
				if (pattern_matches(p + 1, s))
					return true;
			return pattern_matches(p + 1, s);
		}
		if (*s == '\0')
			return false;
		if (*p == '_')
			continue;
		if (*p == '\\' && p[1] != '\0')
			p++;
		if (*p != *s)
			return false;
	}
	return *s == '\0';
}

/*
 * Behind " ON " of a GRANT: is it about one of the databases?  The name is
 * quoted, and may be a pattern: \_ and \% are escapes in it.
 */
static bool
is_about(const char *on, const char *const *names)
{
	char name[256];
	size_t i, n = 0;

	if (strncmp(on, "FUNCTION ", 9) == 0)
		on += 9;
	else if (strncmp(on, "PROCEDURE ", 10) == 0)
		on += 10;
	else if (strncmp(on, "PACKAGE BODY ", 13) == 0)
		on += 13;
	else if (strncmp(on, "PACKAGE ", 8) == 0)
		on += 8;
	if (*on++ != '`')
		return false;
	for (; *on != '\0' && n < sizeof(name) - 1; on++) {
		if (*on == '`' && on[1] != '`')
			break;
		if (*on == '`')
			on++;
		name[n++] = *on;
	}
	name[n] = '\0';
	for (i = 0; names[i] != NULL; i++)
		if (pattern_matches(name, names[i]))
			return true;
	return false;
}

/*
 * The privileges on everything, without the password and limits, which CREATE
 * USER says: a GRANT must never change those of an account that is there.
 */
static int
add_global(struct statements *text, const char *line, const char *on,
    const struct account *a, struct err *e)
{
	const char *option = " WITH GRANT OPTION";
	const char *rest = on + strlen(" ON *.* TO ") + strlen(a->quoted);
	const char *last;

	if (strncmp(line, "GRANT USAGE ", 12) == 0)
		return 0;
	/* The clause comes behind a password, which may say anything. */
	last = strrchr(rest, '\'');
	if (strstr(last != NULL ? last : rest, option) == NULL)
		option = "";
	return statements_addf(text, e, "%.*s ON *.* TO %s%s",
	    (int)(on - line), line, a->quoted, option);
}

/* Privileges on a whole database, or on an object that must exist before. */
static bool
is_for_object(const char *on)
{
	const char *end = strstr(on, ".* TO ");

	/* A name may hold anything: the first quote pair is the database. */
	return end == NULL || end[-1] != '`' ||
	    memchr(on, '.', (size_t)(end - on)) != NULL;
}

static int
add_grant(struct users *u, const char *line, const struct account *a,
    struct err *e)
{
	const char *on = strstr(line, " ON *.* TO ");

	if (on != NULL && strchr(line, '`') > on)
		return add_global(&u->text, line, on, a, e);
	if (strncmp(line, "GRANT PROXY ", 12) == 0)
		return 0;
	if (strncmp(line, "GRANT `", 7) == 0 ||
	    strncmp(line, "SET DEFAULT ROLE ", 17) == 0)
		return statements_addf(&u->text, e, "%s", line);
	/* Columns are quoted as well: the object is behind the last list. */
	for (on = line; (on = strstr(on, " ON ")) != NULL; on++)
		if (is_about(on + 4, u->databases))
			return is_for_object(on + 4) ?
			    names_add(u->objects, line, e) :
			    statements_addf(&u->text, e, "%s", line);
	return 0;
}

static int
add_grants(struct users *u, struct conn *c, const struct account *a,
    struct err *e)
{
	struct rows r = { 0 };
	struct names lines = { 0 };
	struct buf sql;
	size_t i;
	int rc = -1;

	buf_init(&sql, SQL_MAX);
	if (buf_addf(&sql, e, "SHOW GRANTS FOR %s", a->quoted) == -1 ||
	    buf_text(&sql, e) == NULL)
		goto done;
	if (rows_query(&r, c, (char *)sql.data, e) == -1)
		goto done;
	while ((rc = rows_next(&r, e)) == 1)
		if ((rc = names_add(&lines, r.v[0], e)) == -1)
			break;
	names_sort(&lines);
	for (i = 0; rc == 0 && i < lines.n; i++)
		rc = add_grant(u, lines.v[i], a, e);
done:
	names_drop(&lines);
	rows_free(&r);
	buf_drop(&sql);
	return rc;
}

static int
users_init(struct users *u, struct schema *s, const char *const *databases,
    struct err *e)
{
	*u = (struct users){ .databases = databases, .objects = &s->grants };
	statements_init(&u->text);
	names_drop(u->objects);
	if (statements_addf(&u->text, e, "SET NAMES utf8mb4") == -1)
		return -1;
	return statements_addf(&u->text, e, "SET SESSION sql_mode=''");
}

static void
users_drop(struct users *u)
{
	accounts_drop(&u->accounts);
	statements_drop(&u->text);
}

static int
read_users(struct users *u, struct conn *c, struct err *e)
{
	const struct accounts *a = &u->accounts;
	size_t i;

	if (find_accounts(&u->accounts, c, u->databases, e) == -1)
		return -1;
	for (i = 0; i < a->n; i++)
		if (add_create(&u->text, c, &a->v[i], e) == -1)
			return -1;
	for (i = 0; i < a->n; i++)
		if (add_grants(u, c, &a->v[i], e) == -1)
			return -1;
	return 0;
}

int
schema_users(struct schema *s, struct conn *c,
    const struct db_dump_options *o, struct err *e)
{
	struct users u;
	char *path;
	int rc = -1;

	if (users_init(&u, s, o->databases, e) == -1)
		goto done;
	if (read_users(&u, c, e) == -1) {
		if (e->kind != ERR_DENIED) {
			(void)err_add(e, "cannot read the accounts");
			goto done;
		}
		err_clear(e);
		s->users_unread = true;
		users_drop(&u);
		if (users_init(&u, s, o->databases, e) == -1)
			goto done;
	}
	s->stats.users = u.accounts.n;
	if ((path = schema_path("users.sql", "", e)) != NULL &&
	    schema_file(s, ITEM_OTHER, path, &u.text, e) != NULL)
		rc = 0;
done:
	users_drop(&u);
	return rc;
}
