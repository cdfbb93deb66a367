#ifndef BASE_BENEATH_H
#define BASE_BENEATH_H

/*
 * Open a name below an open folder, as openat2(2) does with RESOLVE_BENEATH,
 * RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS: never above the folder, and
 * through no symlink.  flags as of open(2), without O_CREAT; O_CLOEXEC is
 * added.  -1 with errno set: EXDEV for a name that leads out, ELOOP where a
 * symlink is in the way.
 *
 * A kernel or a sandbox that has no openat2 (ENOSYS, or EPERM of a seccomp
 * filter) gets the same part by part; there ".." is refused wherever it stands.
 */
int	beneath_openat(int folder, const char *name, int flags);

/*
 * A path as it would be if the folder were "/": symlinks are followed, but
 * absolute ones and ".." lead nowhere but below it, and magic ones (of procfs)
 * nowhere at all (ELOOP).  flags as above.  Shorter than PATH_MAX.  Without
 * openat2 the same, but for what rooted.h says.
 */
int	beneath_open_rooted(int folder, const char *path, int flags);

#endif
