/*
 * Puts components back: trees by the safe extractor, databases into a server
 * or as files.  What is written was authenticated before (archive/tree.h,
 * db/db.h); this file only decides what goes where.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "archive/tree.h"
#include "base/err.h"
#include "base/file.h"
#include "base/scratch.h"
#include "db/physical.h"
#include "snapshot/restore.h"

int
restore_place(const struct restore_options *o, const struct part *p,
    char path[RESTORE_PATH_SIZE], struct err *e)
{
	int n;

	path[0] = '\0';
	if (p->kind == PART_DB && o->server != NULL) {
		if (!p->db.physical.used)
			return 0;
		return err_set(e, ERR_INPUT, "it is a physical backup, which "
		    "no running server can load: expected a target folder "
		    "(muster-restore(1) says what to do with it)");
	}
	if (o->target == NULL)
		return err_set(e, ERR_INPUT, "there is no folder for component "
		    "%s: expected a target, or another component", p->name);
	n = o->part != NULL ?
	    snprintf(path, RESTORE_PATH_SIZE, "%s", o->target) :
	    snprintf(path, RESTORE_PATH_SIZE, "%s/%s", o->target, p->name);
	if (n < 0 || n >= RESTORE_PATH_SIZE)
		return err_set(e, ERR_INPUT, "the target's path is too long");
	return 0;
}

static bool
is_wanted(const struct restore_options *o, const struct part *p)
{
	return o->part == NULL || strcmp(o->part, p->name) == 0;
}

/* The extractor makes sure again; here it is found before anything changes. */
static int
check_folder(const char *path, struct err *e)
{
	const struct dirent *d;
	DIR *dir;
	int rc = 0;

	if ((dir = opendir(path)) == NULL)
		return errno == ENOENT ? 0 :
		    err_sys(e, "cannot restore into %s", path);
	while (rc == 0 && (errno = 0, d = readdir(dir)) != NULL)
		if (strcmp(d->d_name, ".") != 0 &&
		    strcmp(d->d_name, "..") != 0)
			rc = err_set(e, ERR_EXISTS, "%s is not empty: expected "
			    "an empty folder, or --resume to go on with a "
			    "restore that was stopped", path);
	if (rc == 0 && errno != 0)
		rc = err_sys(e, "cannot read %s", path);
	(void)closedir(dir);
	return rc;
}

static struct db_load_options
load_options(const struct restore_options *o)
{
	return (struct db_load_options){
		.login = *o->server, .users = true,
		.rename_from = o->rename_from, .rename_to = o->rename_to,
	};
}

/* Whole physical backups are made ready; single files of one are not. */
static bool
is_prepared(const struct restore_options *o, const struct part *p)
{
	return p->db.physical.used && o->paths == NULL;
}

/* Whoever will run the server must be able to walk there. */
static int
check_way(const char *path, struct err *e)
{
	char parent[RESTORE_PATH_SIZE + 2];
	const char *slash = strrchr(path, '/');
	uid_t uid;
	gid_t gid;

	if (db_server_user(&uid, &gid, e) == -1 || uid == 0)
		return uid == 0 ? 0 : -1;
	(void)snprintf(parent, sizeof(parent), "%.*s/.", slash == NULL ? 1 :
	    (int)(slash - path), slash == NULL ? "." : path);
	if (file_exists(parent))
		return db_server_way(uid, gid, parent, e);
	return err_set(e, ERR_INPUT, "there is no folder %s to make the data "
	    "directory in: expected one that user id %lu can enter", parent,
	    (unsigned long)uid);
}

/* Files of two data directories in one are none. */
static int
check_physical(const char *path, const struct restore_options *o,
    struct err *e)
{
	if (!o->into_nonempty && !o->resume)
		return check_way(path, e);
	return err_set(e, ERR_INPUT, "it is a physical backup: expected an "
	    "empty folder, without %s", o->resume ? "--resume" :
	    "--into-nonempty");
}

static int
check_part(struct depot *d, const struct part *p,
    const struct restore_options *o, struct err *e)
{
	char path[RESTORE_PATH_SIZE];
	struct db_load_options l;
	struct db_stats none;

	if (restore_place(o, p, path, e) == -1)
		return -1;
	if (is_prepared(o, p) && (check_physical(path, o, e) == -1 ||
	    db_physical_can_prepare(p->db.version, e) == -1))
		return -1;
	if (path[0] != '\0')
		return o->into_nonempty || o->resume ? 0 :
		    check_folder(path, e);
	l = load_options(o);
	l.check_only = true;
	return db_load(d->chunks, &p->root, &l, &none, e);
}

static int
restore_tree(struct depot *d, const struct part *p,
    const struct restore_options *o, struct restore_stats *stats,
    struct err *e)
{
	char path[RESTORE_PATH_SIZE];
	struct tree_restore_options t = {
		.target = path, .into_nonempty = o->into_nonempty,
		.resume = o->resume,
		.owners = geteuid() == 0 && !p->db.physical.used,
		.paths = o->paths,
		.note = o->note, .cookie = o->cookie,
	};
	struct tree_stats ts = { 0 };
	bool was_there;

	if (restore_place(o, p, path, e) == -1)
		return -1;
	was_there = file_exists(path);
	if (file_mkdirs(path, 0700, e) == -1)
		return -1;
	if (tree_restore(d->chunks, &p->root, &t, &ts, e) == -1) {
		/* a folder of ours in which nothing came to be is no change */
		if (was_there || rmdir(path) == -1)
			stats->changed = true;
		return -1;
	}
	stats->changed = true;
	stats->files += ts.files;
	stats->folders += ts.folders;
	stats->others += ts.others;
	stats->bytes += ts.bytes;
	stats->kept += ts.kept;
	return 0;
}

/* Make a server's data directory of the files, his who will run it. */
static int
prepare(const struct part *p, const struct restore_options *o,
    struct err *e)
{
	char path[RESTORE_PATH_SIZE];
	struct db_prepare pr = { .folder = path };
	struct scratch *scratch = NULL;
	int rc = -1;

	if (restore_place(o, p, path, e) == -1 ||
	    db_server_user(&pr.uid, &pr.gid, e) == -1)
		return -1;
	if (o->step != NULL)
		o->step(o->cookie, "prepare");
	if ((scratch = scratch_new(o->scratch != NULL ? o->scratch : "/var/tmp",
	    e)) == NULL)
		return -1;
	pr.scratch = scratch_path(scratch);
	pr.memory = db_server_memory(o->memory);
	if (pr.uid == 0 || db_physical_hand_over(path, pr.uid, pr.gid,
	    e) == 0)
		rc = db_physical_prepare(&pr, &p->db.physical, e);
	scratch_free(scratch);
	return rc;
}

static int
restore_db(struct depot *d, const struct part *p,
    const struct restore_options *o, struct restore_stats *stats,
    struct err *e)
{
	const struct db_load_options l = load_options(o);
	struct db_stats ds = { 0 };

	if (db_load(d->chunks, &p->root, &l, &ds, e) == -1) {
		stats->changed = stats->changed || e->kind != ERR_EXISTS;
		return -1;
	}
	stats->changed = true;
	stats->tables += ds.tables;
	stats->rows += ds.rows;
	stats->bytes += ds.bytes;
	return 0;
}

int
restore_check(struct depot *d, const struct snapshot *s,
    const struct restore_options *o, struct err *e)
{
	size_t i;

	if (o->part != NULL && snapshot_part(s, o->part) == NULL)
		return snapshot_lacks(s, o->part, e);
	for (i = 0; i < s->n_parts; i++)
		if (is_wanted(o, &s->parts[i]) &&
		    check_part(d, &s->parts[i], o, e) == -1)
			return err_add(e, "cannot restore component %s",
			    s->parts[i].name);
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
	if (restore_check(d, s, o, e) == -1)
		return -1;
	for (i = 0; i < s->n_parts; i++) {
		p = &s->parts[i];
		if (!is_wanted(o, p))
			continue;
		if (o->step != NULL)
			o->step(o->cookie, p->name);
		rc = p->kind == PART_DB && o->server != NULL ?
		    restore_db(d, p, o, stats, e) :
		    restore_tree(d, p, o, stats, e);
		if (rc == 0 && is_prepared(o, p))
			rc = prepare(p, o, e);
		if (rc == -1)
			return err_add(e, "cannot restore component %s",
			    p->name);
	}
	return 0;
}
