#ifndef ARCHIVE_WITHIN_H
#define ARCHIVE_WITHIN_H

#include <sys/types.h>

/*
 * Names below an open folder, of any length, resolved without following a
 * symlink in any part, nor leaving the folder.  -1 with errno set, as the
 * system calls do; ELOOP where a symlink is in the way.
 */

/* O_CLOEXEC and O_NOFOLLOW are added; "" is the folder itself. */
int	within_open(int folder, const char *name, int flags);

/*
 * The same for reading, without leaving a trace in its atime where that is
 * allowed, and without waiting for anybody at the other end.
 */
int	within_open_read(int folder, const char *name, int flags);

/*
 * "/proc/self/fd/N", for calls that want a path where we hold an O_PATH
 * descriptor.  Returns its buffer.
 */
#define WITHIN_PROC_MAX 32
char	*within_proc(int fd, char [WITHIN_PROC_MAX]);

#endif
