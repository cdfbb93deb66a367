/*
 * A path below a root, without the kernel's help, and without a race:
 *
 * 1. Every part is opened with O_NOFOLLOW below the folder that the part
 *    before it opened; what a symlink says is read from the descriptor that
 *    was found to be one.  No name is looked up twice to decide anything.
 * 2. The folders from the root down to here are held open, and ".." goes back
 *    to the one before; the kernel's ".." is never asked, so that a folder
 *    that is moved away meanwhile leads nowhere.  At the root ".." stays.
 * 3. What a symlink says is put before what is still to go; if it begins with
 *    "/", all folders but the root are let go.
 * 4. Symlinks are counted (40, as the kernel does) and folders, too.
 *
 * fs.protected_symlinks is not asked: whoever made a symlink, it leads nowhere
 * but below the root.
 */
#include <sys/stat.h>
#include <sys/vfs.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/rooted.h"

#define LINKS_MAX 40
#define GO_ON (-2)		/* no descriptor yet, and no error */

struct walk {
	int		 held[ROOTED_DEEP + 1];	/* the first is borrowed */
	unsigned	 deep;			/* of the last one held */
	unsigned	 links;			/* followed so far */
	char		 ahead[PATH_MAX];	/* still to go, from .. */
	size_t		 at;			/* .. here to its end */
};

static int
fails(int sys)
{
	errno = sys;
	return -1;
}

static int
here(const struct walk *w)
{
	return w->held[w->deep];
}

static void
go_up_to(struct walk *w, unsigned deep)
{
	for (; w->deep > deep; w->deep--)
		fd_drop(&w->held[w->deep]);
}

/* 1, 0, or -1. */
static int
is_link(int fd)
{
	struct stat st;

	return fstat(fd, &st) == -1 ? -1 : S_ISLNK(st.st_mode);
}

static bool
is_dots(const char *part)
{
	return strcmp(part, ".") == 0 || strcmp(part, "..") == 0;
}

/* What this symlink says stands before what is still to go. */
static int
put_before(struct walk *w, int link)
{
	char says[PATH_MAX];
	struct statfs fs;
	ssize_t n;

	if (w->links++ >= LINKS_MAX)
		return fails(ELOOP);
	if (fstatfs(link, &fs) == -1)
		return -1;
	if (fs.f_type == PROC_SUPER_MAGIC)
		return fails(ELOOP);
	if ((n = readlinkat(link, "", says, sizeof(says))) == -1)
		return -1;
	if (n == 0)
		return fails(ENOENT);
	if ((size_t)n > w->at)
		return fails(ENAMETOOLONG);
	w->at -= (size_t)n;
	memcpy(w->ahead + w->at, says, (size_t)n);
	if (says[0] == '/')
		go_up_to(w, 0);
	return 0;
}

/* This part, which is no folder, must be a symlink. */
static int
follow(struct walk *w, const char *part)
{
	int fd, rc;

	fd = openat(here(w), part, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return -1;
	if ((rc = is_link(fd)) == 1)
		rc = put_before(w, fd);
	else if (rc == 0)
		rc = fails(ENOTDIR);
	fd_drop(&fd);
	return rc;
}

/* "." or "..", which need the right to search the folder, as any name does. */
static int
walk_dots(struct walk *w, const char *part)
{
	struct stat st;

	if (fstatat(here(w), ".", &st, 0) == -1)
		return -1;
	if (part[1] == '.' && w->deep > 0)
		go_up_to(w, w->deep - 1);
	return 0;
}

/* A part with others after it. */
static int
walk_part(struct walk *w, const char *part)
{
	int fd;

	if (is_dots(part))
		return walk_dots(w, part);
	fd = openat(here(w), part, O_PATH | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (fd == -1)
		return errno == ENOTDIR ? follow(w, part) : -1;
	if (w->deep == ROOTED_DEEP) {
		fd_drop(&fd);
		return fails(ENAMETOOLONG);
	}
	w->held[++w->deep] = fd;
	return 0;
}

/* The last part: its descriptor, or GO_ON where a symlink leads on. */
static int
open_last(struct walk *w, const char *part, int flags, bool follows)
{
	int fd, link = 0;

	if (is_dots(part)) {
		if (walk_dots(w, part) == -1)
			return -1;
		part = ".";
	}
	fd = openat(here(w), part, flags | O_NOFOLLOW | O_CLOEXEC);
	if (!follows)
		return fd;
	if (fd == -1)
		link = errno == ELOOP || errno == ENOTDIR ? 1 : -1;
	else if ((flags & O_PATH) != 0)
		link = is_link(fd);
	if (link == 0)
		return fd;
	fd_drop(&fd);
	return link == -1 || follow(w, part) == -1 ? -1 : GO_ON;
}

/* One part further: GO_ON, a descriptor at the end, or -1. */
static int
step(struct walk *w, int flags)
{
	char part[NAME_MAX + 1] = ".";	/* nothing but "/": the root itself */
	const char *from = w->ahead + w->at + strspn(w->ahead + w->at, "/");
	const size_t n = strcspn(from, "/");
	const bool slash = from[n] == '/';
	const bool last = from[n + strspn(from + n, "/")] == '\0';

	if (n > NAME_MAX)
		return fails(ENAMETOOLONG);
	if (n > 0) {
		memcpy(part, from, n);
		part[n] = '\0';
	}
	w->at = (size_t)(from + n - w->ahead);
	if (!last)
		return walk_part(w, part) == -1 ? -1 : GO_ON;
	return open_last(w, part, flags | (slash ? O_DIRECTORY : 0),
	    slash || (flags & O_NOFOLLOW) == 0);
}

int
rooted_open(int root, const char *path, int flags)
{
	struct walk w = { .held = { root } };
	const size_t len = strlen(path);
	int fd, sys;

	if (len == 0)
		return fails(ENOENT);
	if (len >= sizeof(w.ahead))
		return fails(ENAMETOOLONG);
	w.at = sizeof(w.ahead) - len - 1;
	memcpy(w.ahead + w.at, path, len + 1);
	do
		fd = step(&w, flags);
	while (fd == GO_ON);
	sys = errno;
	go_up_to(&w, 0);
	errno = sys;
	return fd;
}
