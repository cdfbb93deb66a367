/*
 * Loading an archive into a server: see db.h.
 *
 * Promises: nothing is changed before the whole archive was understood and
 * every database was seen to be absent or empty; whatever fails ends it with
 * an error that names the entry.  The order is the one in which nothing needs
 * what comes later: accounts, databases, sequences, tables with their rows,
 * routines, views (which may need each other: tried until none gets
 * further), triggers (they must not fire for loaded rows), events.
 */
#include <mysqld_error.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/intr.h"
#include "db/conn.h"
#include "db/load_plan.h"
#include "db/load_rows.h"
#include "db/script.h"

#define SQL_MAX ((size_t)80 << 20)

const char *
load_database(const struct load *l, size_t db)
{
	const struct db_load_options *o = l->options;
	const char *name = l->plan->dbs[db].name;

	if (o->rename_from != NULL && o->rename_to != NULL &&
	    strcmp(name, o->rename_from) == 0)
		return o->rename_to;
	return name;
}

/*
 * The server writes a sequence's database into the DEFAULT of a column, and
 * nowhere else; so that is what loading under another name must change.
 */
static int
rename_sequences(const struct load *l, const struct plan_entry *t,
    const char *sql, size_t len, struct buf *out, struct err *e)
{
	const char *end = sql + len, *p;
	struct buf from;
	int rc = -1;

	buf_init(&from, 4096);
	if (buf_add_text(&from, "val(", e) == -1 ||
	    quote_name(&from, l->plan->dbs[t->db].name, e) == -1 ||
	    buf_add_byte(&from, '.', e) == -1)
		goto done;
	while ((p = memmem(sql, (size_t)(end - sql), from.data,
	    from.len)) != NULL) {
		if (buf_add(out, sql, (size_t)(p - sql), e) == -1 ||
		    buf_add_text(out, "val(", e) == -1 ||
		    quote_name(out, load_database(l, t->db), e) == -1 ||
		    buf_add_byte(out, '.', e) == -1)
			goto done;
		sql = p + from.len;
	}
	rc = buf_add(out, sql, (size_t)(end - sql), e);
done:
	buf_drop(&from);
	return rc;
}

static bool
is_renamed(const struct load *l, const struct plan_entry *t)
{
	return t->kind == PLAN_TABLE &&
	    load_database(l, t->db) != l->plan->dbs[t->db].name;
}

/*
 * A zone is only known to a server whose tables of zones were filled.  In a
 * throwaway one, where no event ever runs, it may as well be UTC: what is
 * said in it is shown as it was said.
 */
static int
make_zone(struct conn *c, const char *sql, size_t len, struct err *e)
{
	static const char word[] = "time_zone=";
	const char *p = memmem(sql, len, word, strlen(word));
	const size_t n = p == NULL ? 0 : len - (size_t)(p - sql) -
	    strlen(word);

	if (p == NULL)
		return err_set(e, ERR_DAMAGED, "no time zone is set there");
	if (conn_exec(c, "INSERT INTO mysql.time_zone (use_leap_seconds) "
	    "VALUES ('N')", e) == -1 ||
	    conn_execf(c, e, "INSERT INTO mysql.time_zone_name (name, "
	    "time_zone_id) VALUES (%.*s, LAST_INSERT_ID())", (int)n,
	    p + strlen(word)) == -1)
		return -1;
	return conn_exec(c, "INSERT INTO mysql.time_zone_transition_type "
	    "(time_zone_id, transition_type_id, `offset`, is_dst, "
	    "abbreviation) VALUES (LAST_INSERT_ID(), 0, 0, 0, 'UTC')", e);
}

/* Let a throwaway server have the engine that the table wants. */
static int
make_engine(struct conn *c, const char *sql, size_t len, struct err *e)
{
	static const char *const engines[][2] = {
		{ "\n) ENGINE=ARCHIVE", "INSTALL SONAME 'ha_archive'" },
		{ "\n) ENGINE=BLACKHOLE", "INSTALL SONAME 'ha_blackhole'" },
		{ "\n) ENGINE=ROCKSDB", "INSTALL SONAME 'ha_rocksdb'" },
	};
	struct err ignored = { 0 };
	size_t i;

	for (i = 0; i < sizeof(engines) / sizeof(*engines); i++)
		if (memmem(sql, len, engines[i][0],
		    strlen(engines[i][0])) != NULL) {
			/* Another connection may have done it just now. */
			(void)conn_exec(c, engines[i][1], &ignored);
			err_clear(e);
			return conn_exec_len(c, sql, len, e);
		}
	return -1;
}

static int
run_statement(const struct load *l, struct conn *c, const char *sql,
    size_t len, struct err *e)
{
	if (conn_exec_len(c, sql, len, e) == 0)
		return 0;
	if (conn_errno(c) == ER_UNKNOWN_STORAGE_ENGINE &&
	    l->options->throwaway)
		return make_engine(c, sql, len, e);
	if (conn_errno(c) != ER_UNKNOWN_TIME_ZONE)
		return -1;
	if (!l->options->throwaway)
		return err_add(e, "the server has no tables of time zones "
		    "(mariadb-tzinfo-to-sql fills them)");
	err_clear(e);
	return make_zone(c, sql, len, e) == -1 ? -1 :
	    conn_exec_len(c, sql, len, e);
}

static int
run_statements(const struct load *l, struct conn *c,
    const struct plan_entry *t, uint64_t *created, struct err *e)
{
	struct script s;
	struct buf other;
	const char *sql;
	size_t len;
	int rc;

	buf_init(&other, SQL_MAX);
	script_init(&s, t->text, t->len);
	while ((rc = script_next(&s, &sql, &len, e)) == 1) {
		buf_clear(&other);
		if (is_renamed(l, t)) {
			rc = rename_sequences(l, t, sql, len, &other, e);
			sql = (const char *)other.data;
			len = other.len;
		}
		if (rc == -1 || (rc = run_statement(l, c, sql, len, e)) == -1)
			break;
		*created += len > 7 && memcmp(sql, "CREATE ", 7) == 0;
	}
	buf_drop(&other);
	return rc;
}

int
load_script(const struct load *l, struct conn *c, const struct plan_entry *t,
    uint64_t *created, struct err *e)
{
	bool in_database = t->kind != PLAN_USERS && t->kind != PLAN_GRANTS;

	if (in_database && conn_use(c, load_database(l, t->db), e) == -1)
		return err_add(e, "%s", t->path);
	if (run_statements(l, c, t, created, e) == -1)
		return err_add(e, "%s", t->path);
	return 0;
}

/* Does the database exist, and how many objects are in it? */
static int
count_objects(struct conn *c, const char *name, bool *exists, uint64_t *n,
    struct err *e)
{
	struct rows r = { 0 };
	struct buf quoted;
	const char *q;
	int rc = -1;

	*exists = false;
	*n = 0;
	buf_init(&quoted, 4096);
	if (quote_text(&quoted, name, strlen(name), e) == -1 ||
	    (q = buf_text(&quoted, e)) == NULL)
		goto done;
	if (rows_queryf(&r, c, e, "SELECT "
	    "(SELECT COUNT(*) FROM information_schema.tables"
	    " WHERE table_schema=%s)+"
	    "(SELECT COUNT(*) FROM information_schema.routines"
	    " WHERE routine_schema=%s)+"
	    "(SELECT COUNT(*) FROM information_schema.events"
	    " WHERE event_schema=%s) FROM information_schema.schemata"
	    " WHERE schema_name=%s", q, q, q, q) == -1)
		goto done;
	if ((rc = rows_next(&r, e)) == 1) {
		*exists = true;
		*n = strtoull(r.v[0], NULL, 10);
		rc = 0;
	}
done:
	rows_free(&r);
	buf_drop(&quoted);
	return rc;
}

/* Create the database as the archive says, or make an empty one like that. */
static int
make_database(const struct load *l, size_t db, struct err *e)
{
	const char *name = load_database(l, db);
	struct buf sql;
	bool exists;
	uint64_t n;
	int rc = -1;

	buf_init(&sql, SQL_MAX);
	if (count_objects(l->conn, name, &exists, &n, e) == -1)
		goto done;
	if (buf_add_text(&sql, exists ? "ALTER DATABASE " :
	    "CREATE DATABASE ", e) == -1 || quote_name(&sql, name, e) == -1 ||
	    buf_add_text(&sql, l->plan->dbs[db].options, e) == -1)
		goto done;
	rc = conn_exec_len(l->conn, sql.data, sql.len, e);
done:
	buf_drop(&sql);
	return rc == -1 ? err_add(e, "database %s", name) : 0;
}

static int
check_targets(const struct load *l, struct err *e)
{
	const char *from = l->options->rename_from, *name;
	bool exists, found = from == NULL;
	uint64_t n;
	size_t i;

	for (i = 0; i < l->plan->n_dbs; i++) {
		name = load_database(l, i);
		found = found || strcmp(l->plan->dbs[i].name, from) == 0;
		if (count_objects(l->conn, name, &exists, &n, e) == -1)
			return err_add(e, "database %s", name);
		if (n > 0)
			return err_set(e, ERR_EXISTS, "database %s exists and "
			    "holds %llu objects: it must be absent or empty",
			    name, (unsigned long long)n);
	}
	if (!found)
		return err_set(e, ERR_ABSENT, "the archive holds no database "
		    "%s", from);
	return 0;
}

/* Run all entries of one kind, in order, and count what they create. */
static int
run_kind(const struct load *l, enum plan_kind kind, uint64_t *created,
    struct err *e)
{
	const struct plan_entry *t;
	size_t i;

	for (i = 0; i < l->plan->n_entries; i++) {
		t = &l->plan->entries[i];
		if (t->kind != kind)
			continue;
		if (intr_check(e) == -1 ||
		    load_script(l, l->conn, t, created, e) == -1)
			return -1;
	}
	return 0;
}

/* Views of views: as long as one more can be made, try the others again. */
static int
run_views(const struct load *l, struct err *e)
{
	const struct plan *p = l->plan;
	bool *done, progress = true;
	size_t i, left = 1;
	int rc = 0;

	if ((done = calloc(p->n_entries + 1, sizeof(*done))) == NULL)
		return err_memory(e);
	while (rc == 0 && progress && left > 0) {
		progress = false;
		left = 0;
		for (i = 0; i < p->n_entries && rc == 0; i++) {
			if (p->entries[i].kind != PLAN_VIEW || done[i])
				continue;
			rc = intr_check(e);
			done[i] = rc == 0 && load_script(l, l->conn,
			    &p->entries[i], &l->stats->views, e) == 0;
			progress = progress || done[i];
			left += !done[i];
		}
	}
	free(done);
	return rc == 0 && left > 0 ? -1 : rc;	/* e: why the last failed */
}

static int
run_all(const struct load *l, struct err *e)
{
	uint64_t none = 0;
	size_t i;

	if (l->options->users && run_kind(l, PLAN_USERS,
	    &l->stats->users, e) == -1)
		return -1;
	for (i = 0; i < l->plan->n_dbs; i++)
		if (make_database(l, i, e) == -1)
			return -1;
	l->stats->databases = l->plan->n_dbs;
	if (run_kind(l, PLAN_SEQUENCE, &l->stats->sequences, e) == -1 ||
	    load_rows(l, e) == -1)
		return -1;
	l->stats->tables = l->plan->n_tables;
	if (run_kind(l, PLAN_POST, &l->stats->routines, e) == -1 ||
	    run_views(l, e) == -1 ||
	    run_kind(l, PLAN_TRIGGERS, &l->stats->triggers, e) == -1)
		return -1;
	if (run_kind(l, PLAN_EVENTS, &l->stats->events, e) == -1)
		return -1;
	/* Objects must be there before they can be granted. */
	return !l->options->users ? 0 : run_kind(l, PLAN_GRANTS, &none, e);
}

int
db_load(struct chunks *chunks, const struct archive_root *root,
    const struct db_load_options *o, struct db_stats *stats, struct err *e)
{
	struct plan plan = { 0 };
	struct load l = { .chunks = chunks, .options = o, .plan = &plan,
	    .stats = stats };
	int rc = -1;

	*stats = (struct db_stats){ 0 };
	if (plan_read(&plan, chunks, root, e) == -1)
		goto done;
	if ((l.conn = conn_open(&o->login, CONN_UTF8, e)) == NULL)
		goto done;
	if (check_targets(&l, e) == -1)
		goto done;
	if (o->check_only) {
		rc = 0;
		goto done;
	}
	if (run_all(&l, e) == -1) {
		(void)err_add(e, "the load is incomplete");
		goto done;
	}
	rc = 0;
done:
	conn_close(l.conn);
	plan_drop(&plan);
	return rc == -1 ? err_add(e, "cannot load the database") : 0;
}
