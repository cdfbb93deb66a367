/*
 * Whole files: written so that a reader, also one after a loss of power,
 * finds the old content or the new and never a part of one.
 *
 * The new content goes to a file of its own beside the final name, is synced
 * and closed, and only then gets the name; the folder is synced last, so that
 * the name survives, too.
 */
#include <sys/random.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/num.h"

#define TEMPORARY_MAX 32

/* A new file of a name that nobody else uses, for us alone until `mode`. */
static int
create_beside(int dir, mode_t mode, char name[TEMPORARY_MAX], struct err *e)
{
	char hex[17], tried[TEMPORARY_MAX];
	uint8_t r[8];
	int fd;

	if (getrandom(r, sizeof(r), 0) != (ssize_t)sizeof(r))
		return err_sys(e, "random name");
	(void)snprintf(tried, sizeof(tried), ".muster-%s.tmp",
	    num_hex(r, sizeof(r), hex));
	fd = openat(dir, tried, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	if (fd == -1)
		return err_sys(e, "create temporary file");
	(void)snprintf(name, TEMPORARY_MAX, "%s", tried);
	if (fchmod(fd, mode & 07777) == -1) {
		(void)err_sys(e, "change mode");
		fd_drop(&fd);
	}
	return fd;
}

static int
rename_over(int dir, const char *from, const char *to, struct err *e)
{
	if (renameat(dir, from, dir, to) == -1)
		return err_sys(e, "rename");
	return 0;
}

static int
exists_already(struct err *e)
{
	if (errno != EEXIST)
		return err_sys(e, "rename");
	return err_set(e, ERR_EXISTS, "it exists already");
}

/* Where a file system cannot rename without replacing: two names for once. */
static int
link_and_unlink(int dir, const char *from, const char *to, struct err *e)
{
	if (linkat(dir, from, dir, to, 0) == -1)
		return exists_already(e);
	if (unlinkat(dir, from, 0) == -1)
		return err_sys(e, "remove temporary name");
	return 0;
}

static int
rename_new(int dir, const char *from, const char *to, struct err *e)
{
	if (renameat2(dir, from, dir, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno == EINVAL || errno == ENOSYS)
		return link_and_unlink(dir, from, to, e);
	return exists_already(e);
}

struct content {
	const void	*data;
	size_t		 len;
	mode_t		 mode;
};

typedef int	name_fn(int, const char *, const char *, struct err *);

static int
put(int dir, const char *name, const struct content *c, name_fn *give_name,
    struct err *e)
{
	char tmp[TEMPORARY_MAX] = "";
	int fd = -1;
	int rc = -1;

	if ((fd = create_beside(dir, c->mode, tmp, e)) == -1)
		goto done;
	if (fd_write(fd, c->data, c->len, e) == -1 || fd_sync(fd, e) == -1)
		goto done;
	if (fd_close(&fd, e) == -1)
		goto done;
	if (give_name(dir, tmp, name, e) == -1)
		goto done;
	tmp[0] = '\0';			/* it has its own name now */
	if (fd_sync(dir, e) == -1)	/* the name must survive, too */
		goto done;
	rc = 0;
done:
	fd_drop(&fd);
	if (tmp[0] != '\0')
		(void)unlinkat(dir, tmp, 0);	/* the error is another one */
	return rc;
}

int
file_replace(int dir, const char *name, mode_t mode, const void *data,
    size_t len, struct err *e)
{
	const struct content c = { data, len, mode };

	if (put(dir, name, &c, rename_over, e) == -1)
		return err_add(e, "cannot replace %s", name);
	return 0;
}

int
file_create(int dir, const char *name, mode_t mode, const void *data,
    size_t len, struct err *e)
{
	const struct content c = { data, len, mode };

	if (put(dir, name, &c, rename_new, e) == -1)
		return err_add(e, "cannot create %s", name);
	return 0;
}

/* Open the folder of a path; *name points to the last part, inside path. */
static int
open_parent(const char *path, const char **name, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char *folder;
	int fd;

	*name = slash == NULL ? path : slash + 1;
	if (**name == '\0' || strcmp(*name, ".") == 0 ||
	    strcmp(*name, "..") == 0)
		return err_set(e, ERR_INPUT, "\"%s\" does not name a file",
		    path);
	if (slash == NULL)
		folder = strdup(".");
	else
		folder = strndup(path, slash == path ? 1 :
		    (size_t)(slash - path));
	if (folder == NULL)
		return err_memory(e);
	if ((fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		(void)err_sys(e, "cannot open folder %s", folder);
	free(folder);
	return fd;
}

int
file_replace_path(const char *path, mode_t mode, const void *data, size_t len,
    struct err *e)
{
	const struct content c = { data, len, mode };
	const char *name;
	int dir, rc;

	if ((dir = open_parent(path, &name, e)) == -1)
		return err_add(e, "cannot replace %s", path);
	if ((rc = put(dir, name, &c, rename_over, e)) == -1)
		(void)err_add(e, "cannot replace %s", path);
	fd_drop(&dir);
	return rc;
}

int
file_create_path(const char *path, mode_t mode, const void *data, size_t len,
    struct err *e)
{
	const struct content c = { data, len, mode };
	const char *name;
	int dir, rc;

	if ((dir = open_parent(path, &name, e)) == -1)
		return err_add(e, "cannot create %s", path);
	if ((rc = put(dir, name, &c, rename_new, e)) == -1)
		(void)err_add(e, "cannot create %s", path);
	fd_drop(&dir);
	return rc;
}

/* Open a regular file for reading; never waits for the writer of a pipe. */
static int
open_regular(const char *path, struct stat *st, struct err *e)
{
	int fd = -1;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd == -1) {
		if (errno == ENOENT)
			return err_set(e, ERR_ABSENT, "no such file");
		if (errno == EACCES)
			return err_set(e, ERR_DENIED, "permission denied");
		return err_sys(e, "open");
	}
	if (fstat(fd, st) == -1)
		(void)err_sys(e, "stat");
	else if (!S_ISREG(st->st_mode))
		(void)err_set(e, ERR_INPUT, "it is not a regular file");
	else
		return fd;
	fd_drop(&fd);
	return -1;
}

int
file_load(const char *path, struct buf *b, struct err *e)
{
	struct stat st;

	return file_load_stat(path, b, &st, e);
}

int
file_load_stat(const char *path, struct buf *b, struct stat *st,
    struct err *e)
{
	uint8_t piece[16384];
	size_t before = b->len, got;
	int fd = -1;
	int rc = -1;

	if ((fd = open_regular(path, st, e)) == -1)
		goto done;
	do {
		if (fd_read_some(fd, piece, sizeof(piece), &got, e) == -1 ||
		    buf_add(b, piece, got, e) == -1)
			goto done;
	} while (got == sizeof(piece));
	rc = 0;
done:
	if (rc == -1) {
		b->len = before;
		(void)err_add(e, "cannot read %s", path);
	}
	fd_drop(&fd);
	return rc;
}

/*
 * systemd may hand a credential to an unprivileged service by an access list,
 * whose mask shows up as permission of the group.
 */
static bool
is_credential(const char *path)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	size_t n;

	if (dir == NULL || (n = strlen(dir)) == 0 ||
	    strncmp(path, dir, n) != 0 || path[n] != '/')
		return false;
	return strchr(path + n + 1, '/') == NULL;
}

int
file_load_secret(const char *path, void *out, size_t size, size_t *len,
    struct err *e)
{
	struct stat st;
	uint8_t more;
	size_t extra;
	int fd = -1;
	int rc = -1;

	*len = 0;
	if ((fd = open_regular(path, &st, e)) == -1)
		goto done;
	if (st.st_uid != geteuid() && st.st_uid != 0) {
		(void)err_set(e, ERR_DENIED, "it belongs to another user "
		    "(uid %u); chown it to the user who runs this",
		    (unsigned)st.st_uid);
		goto done;
	}
	if ((st.st_mode & (is_credential(path) ? 037 : 077)) != 0) {
		(void)err_set(e, ERR_DENIED, "others than its owner may use "
		    "it (mode %03o); chmod 600 it",
		    (unsigned)st.st_mode & 0777);
		goto done;
	}
	if (fd_read_some(fd, out, size, len, e) == -1 ||
	    fd_read_some(fd, &more, 1, &extra, e) == -1)
		goto done;
	if (extra != 0) {
		explicit_bzero(&more, sizeof(more));
		(void)err_set(e, ERR_INPUT, "it is larger than %zu bytes",
		    size);
		goto done;
	}
	rc = 0;
done:
	if (rc == -1) {
		explicit_bzero(out, size);
		*len = 0;
		(void)err_add(e, "cannot read secret from %s", path);
	}
	fd_drop(&fd);
	return rc;
}

bool
file_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

/* Make the folder and its name durable; returns it, open. */
static int
make_folder(int parent, const char *name, mode_t mode, struct err *e)
{
	int fd = -1, up = -1;
	bool made;
	int rc = -1;

	/* parent may be open for passing through only: not for fsync */
	up = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (up == -1)
		return err_sys(e, "open its parent");
	made = mkdirat(up, name, 0700) == 0;
	if (!made && errno != EEXIST) {	/* somebody else may be faster */
		(void)err_sys(e, "make %s", name);
		goto done;
	}
	fd = openat(up, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1 || (made && fchmod(fd, mode & 07777) == -1)) {
		(void)err_sys(e, "make %s", name);
		goto done;
	}
	if (fd_sync(up, e) == -1)
		goto done;
	rc = fd;
	fd = -1;		/* the caller's */
done:
	fd_drop(&fd);
	fd_drop(&up);
	return rc;
}

int
file_mkdirs(const char *path, mode_t mode, struct err *e)
{
	const char *p = path;
	char name[NAME_MAX + 1];
	int fd = -1, next;
	size_t n;
	int rc = -1;

	fd = open(*p == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1) {
		(void)err_sys(e, "open");
		goto done;
	}
	for (;;) {
		p += strspn(p, "/");
		if ((n = strcspn(p, "/")) == 0)
			break;
		if (n > NAME_MAX) {
			(void)err_set(e, ERR_INPUT, "name too long");
			goto done;
		}
		(void)snprintf(name, sizeof(name), "%.*s", (int)n, p);
		next = openat(fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (next == -1 && errno != ENOENT) {
			(void)err_sys(e, "open %s", name);
			goto done;
		}
		if (next == -1 &&
		    (next = make_folder(fd, name, mode, e)) == -1)
			goto done;
		fd_drop(&fd);
		fd = next;
		p += n;
	}
	rc = 0;
done:
	if (rc == -1)
		(void)err_add(e, "cannot make folder %s", path);
	fd_drop(&fd);
	return rc;
}
