/*
 * Names that cannot lead out of a folder.  The kernel itself resolves them
 * (openat2), so that no check can be raced; where it cannot, each part is
 * opened below the folder that the part before it opened, which cannot be
 * raced either as long as no part is a symlink or "..".  Where those are
 * wanted, rooted.c resolves them itself.
 *
 * That is so with kernels before 5.6 and with valgrind (ENOSYS), and below
 * seccomp filters of containers that do not know the call: some of them answer
 * EPERM.  Where the kernel means EPERM itself, it says so to the same, done
 * part by part, once more.
 */
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/fd.h"
#include "base/rooted.h"

#define TRIES_MAX 16		/* EAGAIN: something was renamed meanwhile */

/* One part; ELOOP for a symlink, unless the flags ask for itself. */
static int
open_part(int folder, const char *part, int flags)
{
	const bool itself = (flags & (O_PATH | O_NOFOLLOW)) ==
	    (O_PATH | O_NOFOLLOW);
	struct stat st;
	int fd, sys;

	if (strcmp(part, "..") == 0) {
		errno = EXDEV;
		return -1;
	}
	fd = openat(folder, part, flags | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1) {
		sys = errno;
		if (sys == ENOTDIR && fstatat(folder, part, &st,
		    AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
			sys = ELOOP;
		errno = sys;
	} else if (!itself && (flags & O_PATH) != 0 && fstat(fd, &st) == 0 &&
	    S_ISLNK(st.st_mode)) {
		fd_drop(&fd);
		errno = ELOOP;
	}
	return fd;
}

static int
walk(int folder, const char *name, int flags)
{
	char part[NAME_MAX + 1];
	size_t n;
	int at = -1, fd;
	bool last;

	if (name[0] == '/') {
		errno = EXDEV;
		return -1;
	}
	for (;;) {
		n = strcspn(name, "/");
		last = name[n + strspn(name + n, "/")] == '\0';
		if (n > NAME_MAX) {
			fd_drop(&at);
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(part, name, n);
		part[n] = '\0';
		if (last && name[n] == '/')	/* "folder/" is one */
			flags |= O_DIRECTORY;
		fd = open_part(at == -1 ? folder : at, part,
		    last ? flags : O_PATH | O_DIRECTORY);
		fd_drop(&at);
		if (fd == -1 || last)
			return fd;
		at = fd;
		name += n + strspn(name + n, "/");
	}
}

static int
ask_kernel(int folder, const char *name, int flags, uint64_t resolve)
{
	const struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC),
		.resolve = resolve | RESOLVE_NO_MAGICLINKS,
	};
	long fd;
	int i;

	for (i = 0; i < TRIES_MAX; i++) {
		fd = syscall(SYS_openat2, folder, name, &how, sizeof(how));
		if (fd != -1 || (errno != EINTR && errno != EAGAIN))
			break;
	}
	return (int)fd;
}

static bool
may_lack_openat2(int fd)
{
	return fd == -1 && (errno == ENOSYS || errno == EPERM);
}

int
beneath_openat(int folder, const char *name, int flags)
{
	int fd = ask_kernel(folder, name, flags, RESOLVE_BENEATH |
	    RESOLVE_NO_SYMLINKS);

	return may_lack_openat2(fd) ? walk(folder, name, flags) : fd;
}

int
beneath_open_rooted(int folder, const char *path, int flags)
{
	int fd = ask_kernel(folder, path, flags, RESOLVE_IN_ROOT);

	return may_lack_openat2(fd) ? rooted_open(folder, path, flags) : fd;
}
