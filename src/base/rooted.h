#ifndef BASE_ROOTED_H
#define BASE_ROOTED_H

/* Folders on the way, at most. */
#define ROOTED_DEEP	128

/*
 * What openat2(2) does with RESOLVE_IN_ROOT and RESOLVE_NO_MAGICLINKS, part by
 * part, for a kernel or a sandbox that has no openat2: the path as it would be
 * if the folder were "/".  flags as of open(2), without O_CREAT; O_CLOEXEC is
 * added.  -1 with errno set: ELOOP after 40 symlinks, or where one is magic.
 *
 * Two things differ from the kernel, both by refusing: more than ROOTED_DEEP
 * folders on the way, or more than PATH_MAX still to go after a symlink, are
 * ENAMETOOLONG; and no symlink of a procfs is followed, ELOOP, since those
 * that are magic look like the others.
 */
int	rooted_open(int root, const char *path, int flags);

#endif
