/*
 * Resolving names safely: beneath_openat(), in pieces where a name is longer
 * than one call takes.
 * Each piece is resolved below the folder that the piece before it opened, so
 * what holds for one call holds for the chain.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "archive/within.h"
#include "base/beneath.h"
#include "base/fd.h"

#define PIECE_MAX (PATH_MAX - 1)

static int
open_piece(int folder, const char *name, int flags)
{
	return beneath_openat(folder, name, flags | O_NOFOLLOW);
}

/* The longest run of whole parts that one call takes. */
static size_t
piece_length(const char *name)
{
	size_t n = PIECE_MAX;

	while (n > 0 && name[n] != '/')
		n--;
	return n;
}

int
within_open(int folder, const char *name, int flags)
{
	char piece[PATH_MAX];
	int fd, at = -1;
	size_t n;

	if (name[0] == '\0')
		name = ".";
	while (strlen(name) > PIECE_MAX) {
		if ((n = piece_length(name)) == 0) {
			fd_drop(&at);
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(piece, name, n);
		piece[n] = '\0';
		fd = open_piece(at == -1 ? folder : at, piece,
		    O_PATH | O_DIRECTORY);
		fd_drop(&at);
		if (fd == -1)
			return -1;
		at = fd;
		name += n + 1;
	}
	fd = open_piece(at == -1 ? folder : at, name, flags);
	fd_drop(&at);
	return fd;
}

int
within_open_read(int folder, const char *name, int flags)
{
	int fd;

	flags |= O_RDONLY | O_NONBLOCK;
	fd = within_open(folder, name, flags | O_NOATIME);
	if (fd == -1 && errno == EPERM)	/* not ours: then its atime moves */
		fd = within_open(folder, name, flags);
	return fd;
}

char *
within_proc(int fd, char path[WITHIN_PROC_MAX])
{
	(void)snprintf(path, WITHIN_PROC_MAX, "/proc/self/fd/%d", fd);
	return path;
}
