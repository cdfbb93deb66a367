/*
 * From unpacked files to a data directory that a server starts on.
 */
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/num.h"
#include "base/scratch.h"
#include "db/folder.h"
#include "db/names.h"
#include "db/physical.h"
#include "db/server_place.h"

#define SMALL_MAX 65536
#define ROOM_MIN ((uint64_t)1 << 20)
#define FULL_SECONDS 10

struct heir {
	uid_t	uid;
	gid_t	gid;
};

static int
give(void *cookie, const struct folder_member *m, struct err *e)
{
	const struct heir *to = cookie;

	if (fchown(m->fd, to->uid, to->gid) == 0 &&
	    fchmod(m->fd, m->is_folder ? 0700 : 0600) == 0)
		return 0;
	return err_sys(e, "cannot hand over %s",
	    m->name[0] != '\0' ? m->name : "the folder itself");
}

int
db_physical_hand_over(const char *folder, uid_t uid, gid_t gid, struct err *e)
{
	struct heir to = { uid, gid };

	if (folder_walk(folder, give, &to, e) == -1)
		return err_add(e, "folder %s", folder);
	return 0;
}

/* Did it come to where the redo log of the backup ends? */
static int
check_end(const struct db_prepare *p, const struct db_physical *f,
    struct err *e)
{
	char path[PATH_MAX], want[64];
	const char *text;
	struct buf b;
	int rc = -1;

	buf_init(&b, SMALL_MAX);
	(void)snprintf(want, sizeof(want), "last_lsn = %llu\n",
	    (unsigned long long)f->lsn);
	(void)snprintf(path, sizeof(path), "%.*s/xtrabackup_checkpoints",
	    PATH_MAX - 32, p->folder);
	if (file_load(path, &b, e) == -1 || (text = buf_text(&b, e)) == NULL)
		goto done;
	rc = 0;
	if (strstr(text, "backup_type = log-applied") == NULL ||
	    strstr(text, want) == NULL)
		rc = err_set(e, ERR_DAMAGED, "mariadb-backup did not bring the "
		    "files to LSN %llu", (unsigned long long)f->lsn);
done:
	buf_drop(&b);
	return rc;
}

bool
physical_tell_full(const char *folder, uint64_t little, struct err *e)
{
	struct statvfs v;
	bool full = strstr(e->text, "No space left") != NULL ||
	    strstr(e->text, "errno 28") != NULL ||
	    strstr(e->text, "Errcode: 28") != NULL ||
	    (statvfs(folder, &v) == 0 &&
	    ((uint64_t)v.f_bavail * v.f_frsize < little ||
	    (v.f_files > 0 && v.f_favail == 0)));

	if (!full)
		return false;
	(void)err_add(e, "no room is left in %s", folder);
	e->kind = ERR_SYSTEM;
	e->sys = ENOSPC;
	return true;
}

/* The option that lets mariadb-backup open compressed pages, or "". */
static int
find_plugins(const struct db_prepare *p, char option[PATH_MAX + 32],
    struct err *e)
{
	struct names providers = { 0 };
	char mariadbd[PATH_MAX], dir[PATH_MAX];
	int rc;

	option[0] = '\0';
	rc = physical_providers(p->folder, &providers, e);
	if (rc == 0 && providers.n > 0) {
		rc = server_find(p->mariadbd, mariadbd, e);
		if (rc == 0)
			rc = physical_plugin_folder(mariadbd, &providers, dir,
			    e);
		if (rc == 0)
			(void)snprintf(option, PATH_MAX + 32,
			    "--plugin-dir=%s", dir);
	}
	names_drop(&providers);
	return rc;
}

/* It tries again for ever where there is no room: 1 and its status, -1. */
static int
wait_for(struct child *child, const char *folder, int *status, struct err *e)
{
	struct statvfs v;
	int rc, full = 0;

	while ((rc = child_wait(child, 1000, status, e)) == 0) {
		full = statvfs(folder, &v) == 0 &&
		    (uint64_t)v.f_bavail * v.f_frsize < ROOM_MIN ?
		    full + 1 : 0;
		if (full < FULL_SECONDS)
			continue;
		rc = err_set(e, ERR_SYSTEM, "mariadb-backup goes on, but no "
		    "room is left in %s", folder);
		e->sys = ENOSPC;
		break;
	}
	return rc;
}

static int
run(const struct db_prepare *p, const char *tool, const char *log,
    struct err *e)
{
	char target[PATH_MAX + 32], marker[PATH_MAX + 32], memory[64];
	char plugins[PATH_MAX + 32];
	const char *argv[] = { tool, "--no-defaults", "--prepare", target,
	    NULL, NULL, NULL };
	const char *const env[] = { marker, "TZ=UTC", NULL };
	struct child_spec spec = { .argv = argv, .env = env, .in = -1,
	    .out = -1, .dir = p->folder, .uid = p->uid, .gid = p->gid,
	    .no_sync = p->throwaway };
	struct child *child = NULL;
	int status, rc = -1, n = 4;

	if (find_plugins(p, plugins, e) == -1)
		return -1;
	(void)snprintf(target, sizeof(target), "--target-dir=%s", p->folder);
	(void)snprintf(marker, sizeof(marker), "MUSTER_SCRATCH=%s",
	    p->scratch);
	(void)snprintf(memory, sizeof(memory), "--use-memory=%llu",
	    (unsigned long long)p->memory);
	if (p->memory > 0)
		argv[n++] = memory;
	if (plugins[0] != '\0')
		argv[n] = plugins;
	spec.err = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (spec.err == -1)
		return err_sys(e, "cannot make %s", log);
	if ((child = child_start(&spec, e)) == NULL ||
	    wait_for(child, p->folder, &status, e) != 1)
		goto done;
	/* A "no" about the files, or trouble with the place or the machine? */
	if ((rc = backup_tool_ended(log, status, "", e)) == -1 &&
	    !physical_tell_full(p->folder, PHYSICAL_LITTLE, e))
		e->kind = WIFSIGNALED(status) ? ERR_SYSTEM : ERR_DAMAGED;
done:
	child_kill(child);
	fd_drop(&spec.err);
	return rc;
}

int
db_physical_prepare(const struct db_prepare *p, const struct db_physical *f,
    struct err *e)
{
	char tool[PATH_MAX], log[PATH_MAX];

	if (snprintf(log, sizeof(log), "%s/prepare.log", p->scratch) >=
	    (int)sizeof(log))
		return err_set(e, ERR_INPUT, "the scratch folder's path is too "
		    "long");
	if (server_find_program(backup_tool_names, "the package "
	    "mariadb-backup", tool, e) == -1)
		return -1;
	if (run(p, tool, log, e) == -1 || check_end(p, f, e) == -1)
		return err_add(e, "cannot prepare the files");
	return 0;
}
