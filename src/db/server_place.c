/*
 * Where a throwaway server lives, and as whom: see server_place.h.
 */
#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/err.h"
#include "base/scratch.h"
#include "db/db.h"
#include "db/server_place.h"

#define MIB (1024ULL * 1024)
#define FREE_MIN (192 * MIB)	/* system tables, logs, undo, temporary */
#define FOLDER_PATH_MAX 256

static bool
is_program(const char *folder, size_t len, const char *name, char *out)
{
	struct stat st;
	int n;

	n = snprintf(out, PATH_MAX, "%.*s/%s", (int)len, folder, name);
	return n > 0 && n < PATH_MAX && access(out, X_OK) == 0 &&
	    stat(out, &st) == 0 && S_ISREG(st.st_mode);
}

int
server_find_program(const char *const *names, const char *install,
    char out[PATH_MAX], struct err *e)
{
	const char *places[] = { getenv("PATH"),
	    "/usr/sbin:/usr/bin:/usr/libexec:/usr/local/sbin:/usr/local/bin" };
	const char *p;
	size_t i, k, len;

	for (k = 0; names[k] != NULL; k++)
		for (i = 0; i < sizeof(places) / sizeof(*places); i++)
			for (p = places[i]; p != NULL && *p != '\0';
			    p += len + (p[len] == ':')) {
				len = strcspn(p, ":");
				if (p[0] == '/' &&
				    is_program(p, len, names[k], out))
					return 0;
			}
	return err_set(e, ERR_ABSENT, "no program %s in PATH: install %s",
	    names[0], install);
}

/* Servers are where PATH may not lead. */
static int
find_program(const char *const *names, char *out, struct err *e)
{
	return server_find_program(names, "the MariaDB server (its service "
	    "need not run)", out, e);
}

int
server_find(const char *given, char out[PATH_MAX], struct err *e)
{
	static const char *const names[] = { "mariadbd", "mysqld", NULL };

	if (given == NULL)
		return find_program(names, out, e);
	if (access(given, X_OK) == -1)
		return err_sys(e, "cannot run %s", given);
	if (realpath(given, out) == NULL)
		return err_sys(e, "cannot find %s", given);
	return 0;
}

/* As root: whom to become.  Any account that owns nothing else will do. */
int
db_server_user(uid_t *uid, gid_t *gid, struct err *e)
{
	const char *names[] = { "mysql", "nobody" };
	struct passwd pw, *found;
	char text[4096];
	size_t i;

	*uid = 0;
	*gid = 0;
	if (geteuid() != 0)
		return 0;
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		found = NULL;
		if (getpwnam_r(names[i], &pw, text, sizeof(text),
		    &found) == 0 && found != NULL && pw.pw_uid != 0) {
			*uid = pw.pw_uid;
			*gid = pw.pw_gid;
			return 0;
		}
	}
	return err_set(e, ERR_ABSENT, "no user mysql or nobody to run the "
	    "throwaway server as");
}

static bool
may_enter(const struct stat *st, uid_t uid, gid_t gid)
{
	if (st->st_uid == uid)
		return (st->st_mode & S_IXUSR) != 0;
	if (st->st_gid == gid)
		return (st->st_mode & S_IXGRP) != 0;
	return (st->st_mode & S_IXOTH) != 0;
}

int
db_server_way(uid_t uid, gid_t gid, const char *path, struct err *e)
{
	char part[PATH_MAX];
	struct stat st;
	size_t i;

	for (i = 1; path[i - 1] != '\0'; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		(void)snprintf(part, sizeof(part), "%.*s", (int)i, path);
		if (stat(part, &st) == -1)
			return err_sys(e, "cannot look at %s", part);
		if (!may_enter(&st, uid, gid))
			return err_set(e, ERR_INPUT, "user id %lu cannot "
			    "enter %s: choose a folder below /var/tmp",
			    (unsigned long)uid, part);
	}
	return 0;
}

/* The server's user may walk through the scratch, but not list it. */
static int
open_scratch(const struct server_place *s, struct err *e)
{
	const char *path = scratch_path(s->scratch);

	if (s->uid == 0)
		return 0;
	if (chown(path, (uid_t)-1, s->gid) == -1 || chmod(path, 0710) == -1)
		return err_sys(e, "cannot let the server into %s", path);
	return db_server_way(s->uid, s->gid, path, e);
}

static int
make_folder(const struct server_place *s, const char *name, struct err *e)
{
	char path[FOLDER_PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s%s", s->folder, name);
	if (*name != '\0' && mkdir(path, 0700) == -1)
		return err_sys(e, "cannot make folder %s", path);
	if (s->uid != 0 && chown(path, s->uid, s->gid) == -1)
		return err_sys(e, "cannot hand over folder %s", path);
	return 0;
}

static int
make_folders(struct server_place *s, struct err *e)
{
	const char *scratch = scratch_path(s->scratch);
	size_t len = strlen(scratch) + strlen("/db-XXXXXX/sock");

	if (len >= sizeof(s->socket))
		return err_set(e, ERR_INPUT, "the path of a socket in scratch "
		    "folder %s would be longer than %zu bytes: choose a "
		    "shorter one, such as /var/tmp", scratch,
		    SERVER_SOCKET_MAX - 1);
	(void)snprintf(s->folder, sizeof(s->folder), "%s/db-XXXXXX", scratch);
	if (mkdtemp(s->folder) == NULL)
		return err_sys(e, "cannot make a folder in %s", scratch);
	(void)snprintf(s->socket, sizeof(s->socket), "%.*s/sock",
	    (int)(SERVER_SOCKET_MAX - sizeof("/sock")), s->folder);
	if (make_folder(s, "", e) == -1 || make_folder(s, "/data", e) == -1 ||
	    make_folder(s, "/tmp", e) == -1)
		return -1;
	return make_folder(s, "/files", e);
}

static int
find_installer(struct server_place *s, struct err *e)
{
	static const char *const names[] = { "mariadb-install-db",
	    "mysql_install_db", NULL };
	static const char *const beside[] = { "", "/../scripts", "/../bin" };
	char folder[PATH_MAX + 16];
	size_t i, len;

	len = (size_t)(strrchr(s->program, '/') - s->program);
	for (i = 0; i < sizeof(beside) / sizeof(*beside); i++) {
		(void)snprintf(folder, sizeof(folder), "%.*s%s", (int)len,
		    s->program, beside[i]);
		if (is_program(folder, strlen(folder), names[0],
		    s->installer))
			return 0;
	}
	return find_program(names, s->installer, e);
}

static int
check_space(const char *path, struct err *e)
{
	unsigned long long space;
	struct statvfs v;

	if (statvfs(path, &v) == -1)
		return err_sys(e, "cannot look at %s", path);
	space = (unsigned long long)v.f_bavail * v.f_frsize;
	if (space >= FREE_MIN)
		return 0;
	return err_set(e, ERR_INPUT, "scratch folder %s has %llu MB free: a "
	    "server needs %llu MB and room for its rows", path, space / MIB,
	    FREE_MIN / MIB);
}

int
server_place_make(struct server_place *s, const char *mariadbd,
    struct scratch *scratch, struct err *e)
{
	*s = (struct server_place){ .scratch = scratch };
	(void)snprintf(s->marker, sizeof(s->marker), "MUSTER_SCRATCH=%s",
	    scratch_path(scratch));
	if (server_find(mariadbd, s->program, e) == -1 ||
	    find_installer(s, e) == -1 ||
	    db_server_user(&s->uid, &s->gid, e) == -1)
		return -1;
	if (check_space(scratch_path(scratch), e) == -1 ||
	    open_scratch(s, e) == -1)
		return -1;
	return make_folders(s, e);
}
