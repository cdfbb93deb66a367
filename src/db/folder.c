/*
 * A walk through a data directory; see folder.h.  Nothing is followed out of
 * it: each member is opened in its open folder, and never through a symlink.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "db/folder.h"

#define DEPTH_MAX 8

struct walk {
	int	(*each)(void *, const struct folder_member *, struct err *);
	void	*cookie;
	char	 name[PATH_MAX];	/* of the member, below the folder */
	int	 depth;
};

static int	walk_folder(struct walk *, int *, struct err *);

static int
walk_member(struct walk *w, int in, const char *part, struct err *e)
{
	struct folder_member m = { .name = w->name };
	struct stat st;
	int fd, rc;

	fd = openat(in, part, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1 && errno == ELOOP)
		return err_set(e, ERR_UNSUPPORTED, "%s is a symbolic link",
		    w->name);
	m.fd = fd;
	if (fd == -1 || fstat(fd, &st) == -1)
		rc = err_sys(e, "cannot open %s", w->name);
	else if (S_ISDIR(st.st_mode))
		return walk_folder(w, &fd, e);
	else if (S_ISREG(st.st_mode))
		rc = w->each(w->cookie, &m, e);
	else
		rc = err_set(e, ERR_UNSUPPORTED, "%s is no regular file",
		    w->name);
	fd_drop(&fd);
	return rc;
}

/* A folder and its members; it is closed. */
static int
walk_folder(struct walk *w, int *folder, struct err *e)
{
	const struct folder_member m = { w->name, *folder, true };
	const size_t len = strlen(w->name);
	const struct dirent *de;
	DIR *dir = NULL;
	int n, rc;

	if ((rc = w->each(w->cookie, &m, e)) == 0 &&
	    (dir = fdopendir(*folder)) == NULL)
		rc = err_sys(e, "cannot read folder %s", w->name);
	if (dir == NULL) {
		fd_drop(folder);
		return rc;
	}
	if (++w->depth > DEPTH_MAX)
		rc = err_set(e, ERR_UNSUPPORTED, "%s: folders too deep",
		    w->name);
	while (rc == 0 && (errno = 0, de = readdir(dir)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0)
			continue;
		n = snprintf(w->name + len, sizeof(w->name) - len, "%s%s",
		    len > 0 ? "/" : "", de->d_name);
		if (n < 0 || (size_t)n >= sizeof(w->name) - len)
			rc = err_set(e, ERR_UNSUPPORTED, "a name is too long");
		else
			rc = walk_member(w, dirfd(dir), de->d_name, e);
		w->name[len] = '\0';
	}
	if (rc == 0 && errno != 0)
		rc = err_sys(e, "cannot read folder %s", w->name);
	w->depth--;
	(void)closedir(dir);
	return rc;
}

int
folder_walk(const char *path, int (*each)(void *,
    const struct folder_member *, struct err *), void *cookie, struct err *e)
{
	struct walk *w;
	int fd, rc;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		return err_memory(e);
	w->each = each;
	w->cookie = cookie;
	if ((fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		rc = err_sys(e, "cannot open %s", path);
	else
		rc = walk_folder(w, &fd, e);
	free(w);
	return rc;
}
