/*
 * Opens names below the store's folder, and nothing else: beneath_openat()
 * refuses whatever would lead out of it, so that no check here can be raced.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/err.h"
#include "base/fd.h"
#include "store/beneath.h"
#include "store/store.h"

int
beneath_error(struct err *e, const char *what)
{
	int sys = errno;

	if (sys == ELOOP)
		(void)err_set(e, ERR_SYSTEM, "%s: a symbolic link is in the "
		    "way: a store follows none", what);
	else
		(void)err_sys(e, "%s", what);
	if (sys == EACCES || sys == EPERM)
		e->kind = ERR_DENIED;
	e->sys = sys;
	return -1;
}

int
beneath_check(int root, struct err *e)
{
	struct stat st;

	if (fstat(root, &st) == -1)
		return beneath_error(e, "look at the store's folder");
	if (st.st_nlink == 0)
		return err_set(e, ERR_SYSTEM, "the store's folder was removed");
	return 0;
}

static int
absent(int root, struct err *e)
{
	if (beneath_check(root, e) == -1)
		return -1;
	return err_set(e, ERR_ABSENT, "there is no such object");
}

int
beneath_open(int root, const char *name, int flags, struct err *e)
{
	int fd;

	/* As long as names below it are being renamed. */
	do {
		fd = beneath_openat(root, name, flags);
	} while (fd == -1 && (errno == EINTR || errno == EAGAIN));
	if (fd != -1)
		return fd;
	if (errno == ENOENT || errno == ENOTDIR)
		return absent(root, e);
	return beneath_error(e, "open");
}

int
beneath_open_object(int root, const char *name, int flags, struct stat *st,
    struct err *e)
{
	int fd;

	if ((fd = beneath_open(root, name, flags, e)) == -1)
		return -1;
	if (fstat(fd, st) == -1)
		(void)beneath_error(e, "stat");
	else if (S_ISREG(st->st_mode))
		return fd;
	else if (S_ISDIR(st->st_mode))
		(void)err_set(e, ERR_ABSENT, "a folder is there, no object");
	else
		(void)err_set(e, ERR_DAMAGED, "not a regular file");
	fd_drop(&fd);
	return -1;
}

int
beneath_open_parent(int root, const char *name, const char **base,
    struct err *e)
{
	const char *slash = strrchr(name, '/');
	char folder[STORE_NAME_MAX] = ".";

	*base = slash == NULL ? name : slash + 1;
	if (slash != NULL) {
		memcpy(folder, name, (size_t)(slash - name));
		folder[slash - name] = '\0';
	}
	return beneath_open(root, folder, O_RDONLY | O_DIRECTORY, e);
}
