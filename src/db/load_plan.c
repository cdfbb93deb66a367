/*
 * Reading an archive's table of contents and statements: what db_load() will
 * do, known in full before the server is touched.  Rows are only located
 * here.  An archive is signed, but every size is bounded all the same, and
 * whatever does not fit together is refused rather than passed over: a table
 * without its rows must not look like a restore.
 */
#include <stdlib.h>
#include <string.h>

#include "archive/entry.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/intr.h"
#include "db/load_plan.h"
#include "db/script.h"

#define TEXT_MAX ((size_t)64 << 20)		/* one entry */
#define ALL_TEXT_MAX ((uint64_t)512 << 20)	/* all of them */

static const struct {
	const char	*suffix;
	enum plan_kind	 kind;
} kinds[] = {
	{ ".00000.dat", PLAN_ROWS },
	{ "-schema.sql", PLAN_TABLE },
	{ "-schema-create.sql", PLAN_CREATE },
	{ "-schema-sequence.sql", PLAN_SEQUENCE },
	{ "-schema-post.sql", PLAN_POST },
	{ "-schema-view.sql", PLAN_VIEW },
	{ "-schema-triggers.sql", PLAN_TRIGGERS },
	{ "-schema-events.sql", PLAN_EVENTS },
};

/* And paths that are no database's. */
static const struct {
	const char	*path;
	enum plan_kind	 kind;
} whole[] = {
	{ "users.sql", PLAN_USERS },
	{ "grants.sql", PLAN_GRANTS },
	{ "load.sql", PLAN_LOAD },
};

int
plan_kind(const char *path, enum plan_kind *kind)
{
	size_t i, len = strlen(path), n;

	if (strchr(path, '/') != NULL)
		return -1;
	for (i = 0; i < sizeof(whole) / sizeof(*whole); i++)
		if (strcmp(path, whole[i].path) == 0) {
			*kind = whole[i].kind;
			return 0;
		}
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		n = strlen(kinds[i].suffix);
		if (len > n && len <= ARCHIVE_PATH_MAX &&
		    strcmp(path + len - n, kinds[i].suffix) == 0) {
			*kind = kinds[i].kind;
			return (int)(len - n);
		}
	}
	return -1;
}

/* Make room for one more element. */
static int
grow(void **v, size_t *size, size_t n, size_t width, struct err *e)
{
	size_t more = *size == 0 ? 64 : *size * 2;
	void *p;

	if (n < *size)
		return 0;
	if ((p = reallocarray(*v, more, width)) == NULL)
		return err_memory(e);
	*v = p;
	*size = more;
	return 0;
}

static int
find_db(struct plan *p, const char *path, size_t len, size_t *db,
    struct err *e)
{
	const char *dot = memchr(path, '.', len);
	struct plan_db *more;

	if (dot != NULL)
		len = (size_t)(dot - path);
	for (*db = 0; *db < p->n_dbs; (*db)++)
		if (strlen(p->dbs[*db].part) == len &&
		    memcmp(p->dbs[*db].part, path, len) == 0)
			return 0;
	more = reallocarray(p->dbs, p->n_dbs + 1, sizeof(*more));
	if (more == NULL)
		return err_memory(e);
	p->dbs = more;
	more[p->n_dbs] = (struct plan_db){ 0 };
	if ((more[p->n_dbs].part = strndup(path, len)) == NULL)
		return err_memory(e);
	p->n_dbs++;
	return 0;
}

static struct plan_entry *
add_entry(struct plan *p, const char *path, struct err *e)
{
	struct plan_entry *t;
	enum plan_kind kind;
	size_t db = 0;
	int len;

	if ((len = plan_kind(path, &kind)) == -1) {
		(void)err_set(e, ERR_UNSUPPORTED, "entry %s is of no known "
		    "kind: was it taken by a newer version?", path);
		return NULL;
	}
	if (len > 0 && find_db(p, path, (size_t)len, &db, e) == -1)
		return NULL;
	if (grow((void **)&p->entries, &p->entries_size, p->n_entries,
	    sizeof(*p->entries), e) == -1)
		return NULL;
	t = &p->entries[p->n_entries];
	*t = (struct plan_entry){ .kind = kind, .db = db };
	if ((t->path = strdup(path)) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	p->n_entries++;
	return t;
}

static int
read_text(struct plan *p, struct plan_entry *t, struct entry_reader *r,
    struct err *e)
{
	struct buf b;
	const void *data;
	size_t n;
	int rc;

	buf_init(&b, TEXT_MAX);
	while ((rc = entry_reader_read(r, &data, &n, e)) == 1)
		if ((rc = buf_add(&b, data, n, e)) == -1)
			break;
	if (rc == 0 && (p->text_bytes += b.len) > ALL_TEXT_MAX)
		rc = err_set(e, ERR_UNSUPPORTED, "more than %llu bytes of "
		    "statements", (unsigned long long)ALL_TEXT_MAX);
	if (rc == 0 && buf_text(&b, e) == NULL)
		rc = -1;
	if (rc == -1) {
		buf_drop(&b);
		return err_add(e, "%s", t->path);
	}
	t->text = b.data;	/* the entry's now */
	t->len = b.len;
	return 0;
}

static bool
is_rows(const char *path)
{
	enum plan_kind kind;

	return plan_kind(path, &kind) != -1 && kind == PLAN_ROWS;
}

/* Keep a segment that holds rows; it is ours afterwards. */
static int
keep_segment(struct plan *p, struct segment *s, struct err *e)
{
	if (grow((void **)&p->segments, &p->segments_size, p->n_segments,
	    sizeof(*p->segments), e) == -1)
		return -1;
	p->segments[p->n_segments++] = *s;
	segment_init(s);
	return 0;
}

static int
read_segment(struct plan *p, struct chunks *c, struct segment *s,
    struct err *e)
{
	struct entry_reader *r = NULL;
	const struct entry *entry;
	struct plan_entry *t;
	bool rows = false;
	int rc = -1;

	if ((r = entry_reader_new(c, s, e)) == NULL)
		goto done;
	while ((rc = entry_reader_next(r, &entry, e)) == 1) {
		rc = -1;
		if ((t = add_entry(p, entry->path, e)) == NULL)
			goto done;
		if (t->kind != PLAN_ROWS && read_text(p, t, r, e) == -1)
			goto done;
		t->segment = p->n_segments;
		t->size = entry->size;
		rows = rows || t->kind == PLAN_ROWS;
	}
	if (rc == 0 && rows)
		rc = keep_segment(p, s, e);
done:
	entry_reader_free(r);
	return rc;
}

/* A table's rows have a segment of their own: it need not be opened here. */
static int
note_rows(struct plan *p, struct segment *s, struct err *e)
{
	struct plan_entry *t;

	if ((t = add_entry(p, s->first, e)) == NULL)
		return -1;
	t->segment = p->n_segments;
	t->size = s->size;
	return keep_segment(p, s, e);
}

static int
read_archive(struct plan *p, struct chunks *c, const struct archive_root *root,
    struct err *e)
{
	struct archive_reader *r = NULL;
	struct segment s;
	int rc = -1;

	segment_init(&s);
	if ((r = archive_reader_new(c, root, e)) == NULL)
		goto done;
	while ((rc = archive_reader_next(r, &s, e)) == 1) {
		if ((rc = intr_check(e)) == -1)
			break;
		rc = s.entries == 1 && is_rows(s.first) ?
		    note_rows(p, &s, e) : read_segment(p, c, &s, e);
		segment_drop(&s);
		if (rc == -1)
			break;
	}
done:
	segment_drop(&s);
	archive_reader_free(r);
	return rc;
}

/* What CREATE DATABASE `name` names, and what follows. */
static int
parse_create(struct plan_db *db, const char *sql, size_t len, struct err *e)
{
	static const char head[] = "CREATE DATABASE `";
	const char *p = sql + strlen(head), *end = sql + len;
	char *to;

	if (len < strlen(head) || memcmp(sql, head, strlen(head)) != 0)
		return 0;
	if (db->name != NULL)
		return err_set(e, ERR_DAMAGED, "two CREATE DATABASE");
	if ((to = db->name = malloc(len)) == NULL)
		return err_memory(e);
	for (; p < end; p++) {
		if (*p == '`' && (p + 1 == end || *++p != '`'))
			break;
		*to++ = *p;
	}
	*to = '\0';
	if ((db->options = strndup(p, (size_t)(end - p))) == NULL)
		return err_memory(e);
	return 0;
}

/* Every script must be whole; databases get their names from theirs. */
static int
read_scripts(struct plan *p, struct err *e)
{
	const struct plan_entry *t;
	struct script s;
	const char *sql;
	size_t i, len;
	int rc;

	for (i = 0; i < p->n_entries; i++) {
		t = &p->entries[i];
		script_init(&s, t->text, t->len);
		while ((rc = script_next(&s, &sql, &len, e)) == 1)
			if (t->kind == PLAN_CREATE &&
			    (rc = parse_create(&p->dbs[t->db], sql, len,
			    e)) == -1)
				break;
		if (rc == -1)
			return err_add(e, "%s", t->path);
	}
	for (i = 0; i < p->n_dbs; i++)
		if (p->dbs[i].name == NULL || *p->dbs[i].name == '\0')
			return err_set(e, ERR_DAMAGED, "no CREATE DATABASE "
			    "for %s", p->dbs[i].part);
	return 0;
}

/* Entries of one kind, sorted by path, to find them by it. */
struct by_path {
	const struct plan_entry	**v;
	size_t			  n;
};

static int
compare_paths(const void *a, const void *b)
{
	const struct plan_entry *const *x = a, *const *y = b;

	return strcmp((*x)->path, (*y)->path);
}

static int
sort_rows(const struct plan *p, struct by_path *all, struct err *e)
{
	size_t i;

	all->n = 0;
	all->v = reallocarray(NULL, p->n_entries + 1, sizeof(*all->v));
	if (all->v == NULL)
		return err_memory(e);
	for (i = 0; i < p->n_entries; i++)
		if (p->entries[i].kind == PLAN_ROWS)
			all->v[all->n++] = &p->entries[i];
	qsort(all->v, all->n, sizeof(*all->v), compare_paths);
	for (i = 1; i < all->n; i++)
		if (strcmp(all->v[i - 1]->path, all->v[i]->path) == 0)
			return err_set(e, ERR_DAMAGED, "two entries %s",
			    all->v[i]->path);
	return 0;
}

static const struct plan_entry *
find_path(const struct by_path *all, const char *path)
{
	const struct plan_entry key = { .path = (char *)(uintptr_t)path };
	const struct plan_entry *k = &key, **found;

	found = bsearch(&k, all->v, all->n, sizeof(*all->v), compare_paths);
	return found == NULL ? NULL : *found;
}

/* May this table be without rows of its own? */
static bool
may_lack_rows(const struct plan_entry *t)
{
	return memmem(t->text, t->len, "ENGINE=BLACKHOLE", 16) != NULL ||
	    memmem(t->text, t->len, "ENGINE=MRG_MyISAM", 17) != NULL;
}

/* Pair each table with its rows; all rows must belong to one. */
static int
pair_tables(struct plan *p, const struct by_path *rows, struct err *e)
{
	struct plan_table *t;
	struct buf path;
	enum plan_kind kind;
	size_t i, paired = 0;
	int len, rc = -1;

	buf_init(&path, ARCHIVE_PATH_MAX + 32);
	p->tables = calloc(p->n_entries + 1, sizeof(*p->tables));
	if (p->tables == NULL) {
		(void)err_memory(e);
		goto done;
	}
	for (i = 0; i < p->n_entries; i++) {
		if (p->entries[i].kind != PLAN_TABLE)
			continue;
		t = &p->tables[p->n_tables++];
		t->schema = &p->entries[i];
		len = plan_kind(t->schema->path, &kind);
		buf_clear(&path);
		if (buf_addf(&path, e, "%.*s.00000.dat", len,
		    t->schema->path) == -1 || buf_text(&path, e) == NULL)
			goto done;
		t->rows = find_path(rows, (const char *)path.data);
		paired += t->rows != NULL;
		if (t->rows == NULL && !may_lack_rows(t->schema)) {
			(void)err_set(e, ERR_DAMAGED, "no rows %s",
			    (const char *)path.data);
			goto done;
		}
	}
	if (paired != rows->n) {
		(void)err_set(e, ERR_DAMAGED, "there are rows of %zu tables, "
		    "but only %zu of them are defined", rows->n, paired);
		goto done;
	}
	rc = 0;
done:
	buf_drop(&path);
	return rc;
}

static int
compare_sizes(const void *a, const void *b)
{
	const struct plan_table *x = a, *y = b;
	uint64_t xs = x->rows == NULL ? 0 : x->rows->size;
	uint64_t ys = y->rows == NULL ? 0 : y->rows->size;

	if (xs != ys)
		return xs < ys ? 1 : -1;
	return strcmp(x->schema->path, y->schema->path);
}

static int
compare_loads(const void *a, const void *b)
{
	const struct plan_table *const *x = a, *const *y = b;

	return strcmp((*x)->rows->path, (*y)->rows->path);
}

/* Give this LOAD DATA statement to the table whose rows it names. */
static int
take_statement(struct plan_table **v, size_t n, const char *sql, size_t len,
    struct err *e)
{
	static const char head[] = "LOAD DATA LOCAL INFILE '";
	struct plan_entry rows = { 0 };
	struct plan_table key = { .rows = &rows }, *k = &key, **found;
	const char *path = sql + strlen(head), *end;

	if (len < strlen(head) || memcmp(sql, head, strlen(head)) != 0)
		return 0;
	end = memchr(path, '\'', len - strlen(head));
	if (end == NULL)
		return err_set(e, ERR_DAMAGED, "load.sql: a statement names "
		    "no entry");
	if ((rows.path = strndup(path, (size_t)(end - path))) == NULL)
		return err_memory(e);
	found = bsearch(&k, v, n, sizeof(*v), compare_loads);
	free(rows.path);
	if (found == NULL || (*found)->load != NULL)
		return err_set(e, ERR_DAMAGED, "load.sql: no such rows: %.*s",
		    (int)(end - path), path);
	if (((*found)->load = strndup(sql, len)) == NULL)
		return err_memory(e);
	return 0;
}

static int
take_statements(struct plan *p, struct plan_table **v, size_t n,
    struct err *e)
{
	struct script s;
	const char *sql;
	size_t i, len;
	int rc;

	for (i = 0; i < p->n_entries; i++) {
		if (p->entries[i].kind != PLAN_LOAD)
			continue;
		script_init(&s, p->entries[i].text, p->entries[i].len);
		while ((rc = script_next(&s, &sql, &len, e)) == 1)
			if (take_statement(v, n, sql, len, e) == -1)
				return -1;
		if (rc == -1)
			return err_add(e, "load.sql");
	}
	for (i = 0; i < n; i++)
		if (v[i]->load == NULL)
			return err_set(e, ERR_DAMAGED, "load.sql does not "
			    "say how to load %s", v[i]->rows->path);
	return 0;
}

/* Find the statement that loads each table's rows. */
static int
find_statements(struct plan *p, struct err *e)
{
	struct plan_table **v;
	size_t i, n = 0;
	int rc;

	v = reallocarray(NULL, p->n_tables + 1, sizeof(*v));
	if (v == NULL)
		return err_memory(e);
	for (i = 0; i < p->n_tables; i++)
		if (p->tables[i].rows != NULL)
			v[n++] = &p->tables[i];
	qsort(v, n, sizeof(*v), compare_loads);
	rc = take_statements(p, v, n, e);
	free(v);
	return rc;
}

int
plan_read(struct plan *p, struct chunks *c, const struct archive_root *root,
    struct err *e)
{
	struct by_path rows = { 0 };
	int rc = -1;

	*p = (struct plan){ 0 };
	if (read_archive(p, c, root, e) == -1 || read_scripts(p, e) == -1)
		goto done;
	if (p->n_dbs == 0) {
		(void)err_set(e, ERR_DAMAGED, "it holds no database");
		goto done;
	}
	if (sort_rows(p, &rows, e) == -1 || pair_tables(p, &rows, e) == -1)
		goto done;
	qsort(p->tables, p->n_tables, sizeof(*p->tables), compare_sizes);
	if (find_statements(p, e) == -1)
		goto done;
	rc = 0;
done:
	free(rows.v);
	return rc == -1 ? err_add(e, "cannot read the archive") : 0;
}

void
plan_drop(struct plan *p)
{
	size_t i;

	for (i = 0; i < p->n_entries; i++) {
		free(p->entries[i].path);
		free(p->entries[i].text);
	}
	for (i = 0; i < p->n_dbs; i++) {
		free(p->dbs[i].part);
		free(p->dbs[i].name);
		free(p->dbs[i].options);
	}
	for (i = 0; i < p->n_tables; i++)
		free(p->tables[i].load);
	for (i = 0; i < p->n_segments; i++)
		segment_drop(&p->segments[i]);
	free(p->entries);
	free(p->dbs);
	free(p->tables);
	free(p->segments);
	*p = (struct plan){ 0 };
}
