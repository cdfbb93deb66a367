/*
 * Puts components back: trees by the safe extractor, databases into a server
 * or as files.  What is written was authenticated before (archive/tree.h,
 * db/db.h); this file only decides what goes where.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "archive/tree.h"
#include "base/err.h"
#include "base/file.h"
#include "snapshot/restore.h"

#define PATH_SIZE 4096

static int
place(const struct restore_options *o, const struct part *p,
    char path[PATH_SIZE], struct err *e)
{
	int n;

	if (o->target == NULL)
		return err_set(e, ERR_INPUT, "no target folder for component "
		    "%s", p->name);
	n = o->part != NULL ? snprintf(path, PATH_SIZE, "%s", o->target) :
	    snprintf(path, PATH_SIZE, "%s/%s", o->target, p->name);
	if (n < 0 || n >= PATH_SIZE)
		return err_set(e, ERR_INPUT, "the target's path is too long");
	return file_mkdirs(path, 0700, e);
}

static int
restore_tree(struct depot *d, const struct part *p,
    const struct restore_options *o, struct restore_stats *stats,
    struct err *e)
{
	char path[PATH_SIZE];
	struct tree_restore_options t = {
		.target = path, .into_nonempty = o->into_nonempty,
		.owners = geteuid() == 0, .paths = o->paths,
		.note = o->note, .cookie = o->cookie,
	};
	struct tree_stats ts = { 0 };

	if (place(o, p, path, e) == -1)
		return -1;
	stats->changed = true;
	if (tree_restore(d->chunks, &p->root, &t, &ts, e) == -1)
		return -1;
	stats->files += ts.files;
	stats->folders += ts.folders;
	stats->others += ts.others;
	stats->bytes += ts.bytes;
	return 0;
}

static int
restore_db(struct depot *d, const struct part *p,
    const struct restore_options *o, struct restore_stats *stats,
    struct err *e)
{
	struct db_load_options l = {
		.login = *o->server, .users = true,
		.rename_from = o->rename_from, .rename_to = o->rename_to,
	};
	struct db_stats ds = { 0 };

	if (db_load(d->chunks, &p->root, &l, &ds, e) == -1) {
		stats->changed = e->kind != ERR_EXISTS;
		return -1;
	}
	stats->changed = true;
	stats->tables += ds.tables;
	stats->rows += ds.rows;
	stats->bytes += ds.bytes;
	return 0;
}

int
restore_snapshot(struct depot *d, const struct snapshot *s,
    const struct restore_options *o, struct restore_stats *stats,
    struct err *e)
{
	const struct part *p;
	size_t i;
	int rc;

	memset(stats, 0, sizeof(*stats));
	if (o->part != NULL && snapshot_part(s, o->part) == NULL)
		return err_set(e, ERR_INPUT, "the snapshot has no component "
		    "%s", o->part);
	for (i = 0; i < s->n_parts; i++) {
		p = &s->parts[i];
		if (o->part != NULL && strcmp(o->part, p->name) != 0)
			continue;
		if (o->step != NULL)
			o->step(o->cookie, p->name);
		rc = p->kind == PART_DB && o->server != NULL ?
		    restore_db(d, p, o, stats, e) :
		    restore_tree(d, p, o, stats, e);
		if (rc == -1)
			return err_add(e, "cannot restore component %s",
			    p->name);
	}
	return 0;
}
