/*
 * Removing a folder with everything below it, and nothing else: every step
 * goes through a descriptor of the folder above, never through a symlink and
 * never into another file system that is mounted inside.
 *
 * Depth costs descriptors; beyond DEPTH_MAX a folder is moved up into the
 * root of what is removed, so that any tree ends with a bounded number.
 */
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/file.h"

#define DEPTH_MAX 32
#define PASSES_MAX 1000
#define OPEN_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct removal {
	int		 root;
	dev_t		 dev;
	unsigned int	 moved;		/* counts folders moved up */
};

static int	empty(struct removal *, int, int, struct err *);

/* Immutable and append-only things stay unless their flags are cleared. */
static int
clear_flags(int dir, const char *name)
{
	int flags, fd, rc = -1;

	fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return -1;
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 &&
	    (flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)) != 0) {
		flags &= ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
		rc = ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
	fd_drop(&fd);
	return rc;
}

static int
unlink_in(int dir, const char *name, int flag, struct err *e)
{
	if (unlinkat(dir, name, flag) == 0 || errno == ENOENT)
		return 0;
	if (errno == EPERM) {
		(void)clear_flags(dir, ".");
		(void)clear_flags(dir, name);
		if (unlinkat(dir, name, flag) == 0 || errno == ENOENT)
			return 0;
	}
	return err_sys(e, "remove %s", name);
}

/*
 * A folder that its owner may not read must be made readable first, by a
 * descriptor: its name may stand for something else by now.
 */
static int
open_unreadable(int dir, const char *name)
{
	char proc[64];
	int fd, rc = -1;

	fd = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return -1;
	(void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	if (chmod(proc, 0700) == 0)
		rc = openat(fd, ".", OPEN_FLAGS);
	fd_drop(&fd);
	return rc;
}

static int
open_below(const struct removal *r, int dir, const char *name, struct err *e)
{
	const struct open_how how = {
		.flags = OPEN_FLAGS,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
		    RESOLVE_NO_XDEV,
	};
	struct stat st;
	int fd;

	/* What this call cannot do (ENOSYS, EPERM), openat and fstat do. */
	fd = (int)syscall(SYS_openat2, dir, name, &how, sizeof(how));
	if (fd == -1 && (errno == ENOSYS || errno == EPERM))
		fd = openat(dir, name, OPEN_FLAGS);
	if (fd == -1 && errno == EACCES)
		fd = open_unreadable(dir, name);
	if (fd == -1 && errno != EXDEV)
		return err_sys(e, "open %s", name);
	if (fd != -1 && fstat(fd, &st) == -1) {
		(void)err_sys(e, "stat %s", name);
		fd_drop(&fd);
		return -1;
	}
	if (fd == -1 || st.st_dev != r->dev) {
		fd_drop(&fd);
		return err_set(e, ERR_INPUT, "something is mounted on %s",
		    name);
	}
	if ((st.st_mode & 0700) != 0700)
		(void)fchmod(fd, 0700);		/* else removing will tell */
	return fd;
}

static int
move_up(struct removal *r, int dir, const char *name, struct err *e)
{
	char to[32];

	do {
		(void)snprintf(to, sizeof(to), ".muster-gone-%u", r->moved++);
		if (renameat(dir, name, r->root, to) == 0)
			return 0;
	} while (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR);
	return err_sys(e, "move %s", name);
}

static int
remove_folder(struct removal *r, int dir, const char *name, int depth,
    struct err *e)
{
	int fd;

	if (depth > DEPTH_MAX)
		return move_up(r, dir, name, e);
	if ((fd = open_below(r, dir, name, e)) == -1)
		return -1;
	if (empty(r, fd, depth, e) == -1)	/* it has closed fd */
		return err_add(e, "%s", name);
	return unlink_in(dir, name, AT_REMOVEDIR, e);
}

static bool
is_folder(int dir, const struct dirent *d)
{
	struct stat st;

	if (d->d_type != DT_UNKNOWN)
		return d->d_type == DT_DIR;
	return fstatat(dir, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode);
}

/* Read the folder once, removing all it names; *n says how many that were. */
static int
empty_once(struct removal *r, DIR *d, int depth, unsigned int *n,
    struct err *e)
{
	const struct dirent *entry;
	int fd = dirfd(d);

	for (*n = 0; ; (*n)++) {
		do {
			errno = 0;
			entry = readdir(d);
		} while (entry != NULL && (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0));
		if (entry == NULL)
			return errno == 0 ? 0 : err_sys(e, "read folder");
		if (is_folder(fd, entry)) {
			if (remove_folder(r, fd, entry->d_name, depth + 1,
			    e) == -1)
				return -1;
		} else if (unlink_in(fd, entry->d_name, 0, e) == -1)
			return -1;
	}
}

/*
 * Empty the open folder and close it.  Again until nothing is found: reading
 * a folder that changes may skip names, and folders are moved into the root.
 */
static int
empty(struct removal *r, int fd, int depth, struct err *e)
{
	unsigned int n = 0, passes = 0;
	DIR *d;
	int rc;

	if ((d = fdopendir(fd)) == NULL) {
		(void)err_sys(e, "open folder");
		fd_drop(&fd);
		return -1;
	}
	do {
		rewinddir(d);
		rc = empty_once(r, d, depth, &n, e);
	} while (rc == 0 && n > 0 && ++passes < PASSES_MAX);
	(void)closedir(d);		/* nothing was written through it */
	if (rc == 0 && n > 0)
		rc = err_set(e, ERR_CHANGED, "others keep adding to it");
	return rc;
}

int
file_remove_tree(const char *path, struct err *e)
{
	struct removal r = { .root = -1 };
	struct stat st;
	int rc = -1;

	if (lstat(path, &st) == -1) {
		if (errno == ENOENT)
			return 0;
		(void)err_sys(e, "stat");
		goto done;
	}
	if (!S_ISDIR(st.st_mode)) {
		(void)err_set(e, ERR_INPUT, "it is not a folder");
		goto done;
	}
	r.dev = st.st_dev;
	if ((r.root = open(path, OPEN_FLAGS)) == -1 && errno == EACCES)
		r.root = open_unreadable(AT_FDCWD, path);
	if (r.root == -1) {
		(void)err_sys(e, "open");
		goto done;
	}
	if ((st.st_mode & 0700) != 0700)
		(void)fchmod(r.root, 0700);	/* else removing will tell */
	if (empty(&r, fcntl(r.root, F_DUPFD_CLOEXEC, 0), 0, e) == -1 ||
	    unlink_in(AT_FDCWD, path, AT_REMOVEDIR, e) == -1)
		goto done;
	rc = 0;
done:
	if (rc == -1)
		(void)err_add(e, "cannot remove %s", path);
	fd_drop(&r.root);
	return rc;
}
