/*
 * Taking a server's files: see physical.h.
 *
 *	server ─ files, redo log ─► mariadb-backup ─ pipe ─► mbstream ─►
 *	    datafiles ─► chunks
 *
 * An archive exists only when the stream ended between two items, every file
 * in it was ended, mariadb-backup exited with 0, its last words were
 * "completed OK!", and the small files in which it describes the backup were
 * there and made sense.  Nothing is spooled: the redo log, which grows beside
 * the other files, has a stream of chunks of its own from its first bytes on.
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/scratch.h"
#include "db/conn.h"
#include "db/datafiles.h"
#include "db/mbstream.h"
#include "db/physical.h"

#define NANO INT64_C(1000000000)
#define SMALL_MAX 65536
#define THREADS_MAX 4
#define FILES_LIMIT "--open-files-limit=1048576"

/* Small files in which mariadb-backup says what it did, kept in memory. */
enum { CNF, CHECKPOINTS, BINLOG, KEPT };

static const char *const kept_names[KEPT] = {
	[CNF] = "backup-my.cnf", [CHECKPOINTS] = "xtrabackup_checkpoints",
	[BINLOG] = "xtrabackup_binlog_info",
};

struct taking {
	const struct db_physical_options *o;
	struct scratch		*scratch;
	struct conn		*conn;
	struct backup_tool	 tool;
	struct child		*child;
	int			 out;		/* its standard output */
	char			 log[PATH_MAX];	/* its standard error */
	struct datafiles	*files;
	struct buf		 kept[KEPT];
	bool			 came[KEPT];
};

static int
start(struct taking *t, struct err *e)
{
	char target[PATH_MAX + 32], marker[PATH_MAX + 32], parallel[32];
	const char *const argv[] = { t->tool.path,
	    "--defaults-file=/dev/stdin", "--backup", "--stream=mbstream",
	    parallel, FILES_LIMIT, target, NULL };
	const char *const env[] = { marker, "TZ=UTC", NULL };
	struct child_spec spec = { .argv = argv, .env = env, .in = -1,
	    .out = -1, .err = -1 };
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	int pipe[2] = { -1, -1 };
	int rc = -1;

	if (cores > THREADS_MAX)
		cores = THREADS_MAX;
	(void)snprintf(parallel, sizeof(parallel), "--parallel=%ld",
	    t->o->connections > 0 ? (long)t->o->connections :
	    cores > 0 ? cores : 1);
	(void)snprintf(target, sizeof(target), "--target-dir=%s/target",
	    scratch_path(t->scratch));
	(void)snprintf(marker, sizeof(marker), "MUSTER_SCRATCH=%s",
	    scratch_path(t->scratch));
	if ((spec.in = conn_login_file(t->conn, e)) == -1)
		goto done;
	spec.err = open(t->log, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (spec.err == -1) {
		(void)err_sys(e, "cannot make %s", t->log);
		goto done;
	}
	if (pipe2(pipe, O_CLOEXEC) == -1) {
		(void)err_sys(e, "cannot make a pipe");
		goto done;
	}
	spec.out = pipe[1];
	if ((t->child = child_start(&spec, e)) == NULL)
		goto done;
	t->out = pipe[0];
	pipe[0] = -1;			/* kept */
	rc = 0;
done:
	fd_drop(&spec.in);
	fd_drop(&spec.err);
	fd_drop(&pipe[0]);
	fd_drop(&pipe[1]);
	return rc;
}

static int
keep(struct taking *t, const char *name, const void *p, size_t n,
    struct err *e)
{
	int i;

	for (i = 0; i < KEPT; i++)
		if (strcmp(name, kept_names[i]) == 0)
			return buf_add(&t->kept[i], p, n, e);
	return 0;
}

static bool
ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n >= m && strcmp(name + n - m, end) == 0;
}

static int
take_data(struct taking *t, struct mbstream *m, const struct mbstream_item *i,
    struct err *e)
{
	uint64_t offset = i->offset;
	const void *p;
	size_t n;
	int rc;

	/* It leads to a file elsewhere, and preparing would follow it. */
	if (ends_with(i->name, ".isl"))
		return err_set(e, ERR_UNSUPPORTED, "%s: a table whose file is "
		    "outside of the data directory: expected method: logical",
		    i->name);
	while ((rc = mbstream_read(m, &p, &n, e)) == 1) {
		if (datafiles_write(t->files, i->name, offset, p, n, e) == -1 ||
		    keep(t, i->name, p, n, e) == -1)
			return -1;
		offset += n;
		if (t->o->progress != NULL)
			t->o->progress(t->o->cookie, n, 0);
	}
	return rc;
}

static int
take_end(struct taking *t, const char *name, struct err *e)
{
	int i;

	for (i = 0; i < KEPT; i++)
		if (strcmp(name, kept_names[i]) == 0)
			t->came[i] = true;
	if (t->o->progress != NULL)
		t->o->progress(t->o->cookie, 0, 1);
	return datafiles_end(t->files, name, e);
}

static int
take_item(struct taking *t, struct mbstream *m, const struct mbstream_item *i,
    struct err *e)
{
	switch (i->kind) {
	case MBSTREAM_DATA:
		return take_data(t, m, i, e);
	case MBSTREAM_END:
		return take_end(t, i->name, e);
	case MBSTREAM_RENAME:
		return datafiles_rename(t->files, i->name, i->to, e);
	case MBSTREAM_REMOVE:
		break;
	}
	return datafiles_remove(t->files, i->name, e);
}

static int
take_stream(struct taking *t, struct err *e)
{
	struct mbstream_item i;
	struct mbstream *m;
	int rc;

	if ((m = mbstream_new(t->out, e)) == NULL)
		return -1;
	while ((rc = mbstream_next(m, &i, e)) == 1)
		if ((rc = take_item(t, m, &i, e)) == -1)
			break;
	mbstream_free(m);
	return rc;
}

/* Why it ended is a better reason than that its stream did. */
static int
finish(struct taking *t, int rc, struct err *e)
{
	struct err why;
	int status, ended;

	if (rc == -1 && e->kind != ERR_DAMAGED)
		return -1;
	fd_drop(&t->out);
	err_clear(&why);
	ended = child_wait(t->child, rc == -1 ? 1000 : -1, &status, &why);
	if (ended == 1 && backup_tool_ended(t->log, status,
	    conn_secret(t->conn), &why) == -1) {
		ended = -1;	/* it may have had no room to say why */
		(void)physical_tell_full(t->o->scratch, SMALL_MAX, &why);
	}
	if (ended == -1)
		*e = why;
	return ended == 1 ? rc : -1;
}

static const char *
text_of(struct taking *t, int i, struct err *e)
{
	if (!t->came[i]) {
		(void)err_set(e, ERR_DAMAGED, "mariadb-backup sent no %s",
		    kept_names[i]);
		return NULL;
	}
	return buf_text(&t->kept[i], e);
}

static int
read_facts(struct taking *t, struct db_point *p, struct err *e)
{
	const char *cnf, *checkpoints, *binlog = NULL;

	if ((cnf = text_of(t, CNF, e)) == NULL ||
	    (checkpoints = text_of(t, CHECKPOINTS, e)) == NULL ||
	    (t->came[BINLOG] && (binlog = text_of(t, BINLOG, e)) == NULL))
		return -1;
	return physical_facts(cnf, checkpoints, binlog, p, e);
}

static int
take(struct taking *t, struct chunks *c, struct archive_root *root,
    struct db_point *p, struct err *e)
{
	const struct db_physical_options *o = t->o;
	int64_t begun = clock_utc() / NANO * NANO;

	if ((t->conn = conn_open(&o->login, CONN_UTF8, e)) == NULL ||
	    physical_source_check(t->conn, o, &t->tool, p, e) == -1)
		return -1;
	if ((t->scratch = scratch_new(o->scratch, e)) == NULL ||
	    (t->files = datafiles_new(c, e)) == NULL)
		return -1;
	if (snprintf(t->log, sizeof(t->log), "%s/log",
	    scratch_path(t->scratch)) >= (int)sizeof(t->log))
		return err_set(e, ERR_INPUT, "the scratch folder's path is too "
		    "long");
	if (start(t, e) == -1 || finish(t, take_stream(t, e), e) == -1)
		return -1;
	p->utc = backup_tool_point(t->log, begun);
	if (read_facts(t, p, e) == -1)
		return -1;
	return datafiles_archive(t->files, root, e);
}

int
db_physical_take(struct chunks *c, const struct db_physical_options *o,
    struct archive_root *root, struct db_point *p, struct err *e)
{
	struct taking t = { .o = o, .out = -1 };
	int i, rc;

	*p = (struct db_point){ .tries = 1, .physical.used = true };
	for (i = 0; i < KEPT; i++)
		buf_init(&t.kept[i], SMALL_MAX);
	rc = take(&t, c, root, p, e);
	fd_drop(&t.out);
	child_kill(t.child);
	datafiles_free(t.files);
	for (i = 0; i < KEPT; i++)
		buf_drop(&t.kept[i]);
	conn_close(t.conn);
	scratch_free(t.scratch);
	return rc;
}

int
db_physical_retake(struct chunks *c, const char *folder,
    struct archive_root *root, struct err *e)
{
	struct datafiles *d;
	int rc = -1;

	if ((d = datafiles_new(c, e)) == NULL)
		return -1;
	if (datafiles_add_folder(d, folder, e) == 0)
		rc = datafiles_archive(d, root, e);
	datafiles_free(d);
	return rc;
}
