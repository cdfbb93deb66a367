/*
 * Takes one component, wherever it is: see capture.h.
 */
#include <string.h>

#include "archive/tree.h"
#include "base/clock.h"
#include "base/err.h"
#include "db/physical.h"
#include "snapshot/capture.h"

#define NANO INT64_C(1000000000)

bool
capture_has(const struct recipe *r, enum part_kind kind)
{
	switch (kind) {
	case PART_DB:
		return r->databases != NULL;
	case PART_FILES:
		return r->files != NULL;
	case PART_CONFIG:
		return r->config != NULL;
	case PART_STREAM:
		break;
	}
	return false;
}

struct noting {
	const struct capture	*c;
	const char		*component;
};

static void
note_db(void *cookie, const char *object, const char *why)
{
	const struct noting *n = cookie;

	if (n->c->notes != NULL)
		notes_add(n->c->notes, n->component, "note", object, why);
}

static void
note_tree(void *cookie, enum tree_note_kind kind, const char *path,
    const char *why)
{
	static const char *const words[] = {
		[TREE_UNREADABLE] = "unreadable",
		[TREE_VANISHED] = "vanished",
		[TREE_CHANGED] = "changed",
		[TREE_SPECIAL] = "special",
		[TREE_OTHER_FS] = "other file system",
		[TREE_DIFFERS] = "differs",
	};
	const struct noting *n = cookie;

	if (n->c->notes != NULL)
		notes_add(n->c->notes, n->component, words[kind], path, why);
}

static int
capture_db(struct chunks *ch, const struct capture *c, struct noting *n,
    struct part *p, struct err *e)
{
	struct db_dump_options o = {
		.login = c->login, .databases = c->recipe->databases,
		.exclude = c->recipe->db_exclude,
		.connections = c->db_connections, .max_lag = c->db_max_lag,
		.sample = c->sample,
		.note = note_db, .cookie = n,
	};
	struct db_stats stats = { 0 };

	if (db_dump(ch, &o, &p->root, &p->db, &stats, e) == -1)
		return -1;
	/* A replica shows the past. */
	p->point = p->db.utc - (int64_t)p->db.lag * NANO;
	return 0;
}

static int
capture_physical(struct chunks *ch, const struct capture *c, struct part *p,
    struct err *e)
{
	const struct db_physical_options o = {
		.login = c->login, .databases = c->recipe->databases,
		.connections = c->db_connections, .max_lag = c->db_max_lag,
		.scratch = c->scratch,
	};

	if (db_physical_take(ch, &o, &p->root, &p->db, e) == -1)
		return -1;
	p->point = p->db.utc - (int64_t)p->db.lag * NANO;
	return 0;
}

static int
capture_tree(struct chunks *ch, const struct capture *c, struct noting *n,
    struct part *p, struct err *e)
{
	bool files = p->kind == PART_FILES;
	const struct recipe *r = c->recipe;
	struct tree_options o = {
		.root = files ? c->files_root : c->config_root,
		.paths = files ? r->files : r->config,
		.exclude = files ? r->files_exclude : r->config_exclude,
		.one_file_system = files && r->files_one_fs,
		.note = note_tree, .cookie = n,
		.cache = files ? c->cache : NULL,
		.recorded = c->recorded, .part = c->part,
	};
	struct tree_stats stats = { 0 };

	p->point = clock_utc();
	if (tree_take(ch, &o, &p->root, &stats, e) == -1)
		return -1;
	p->unread = stats.unreadable + stats.vanished + stats.changed +
	    stats.differs;
	return 0;
}

int
capture_part(struct chunks *ch, const struct capture *c, enum part_kind kind,
    struct part *p, struct err *e)
{
	struct noting n = { c, part_kind_word(kind) };
	int64_t begun = clock_monotonic();
	int rc;

	memset(p, 0, sizeof(*p));
	p->kind = kind;
	if (kind != PART_DB)
		rc = capture_tree(ch, c, &n, p, e);
	else if (c->recipe->physical)
		rc = capture_physical(ch, c, p, e);
	else
		rc = capture_db(ch, c, &n, p, e);
	p->seconds = (double)(clock_monotonic() - begun) / 1e9;
	if (rc == -1)
		(void)err_add(e, "cannot take %s", part_kind_word(kind));
	return rc;
}
