#ifndef STORE_BENEATH_H
#define STORE_BENEATH_H

struct err;
struct stat;

/*
 * Is the open folder still in the file system?  A name below one that was
 * removed is not "certainly not there": its objects may be somewhere else.
 */
int	beneath_check(int root, struct err *);

/*
 * beneath_openat() of a name below an open folder, never leaving it and
 * following no symlink.  flags as there.  Kinds as in store.h:
 * ERR_ABSENT only when it is certainly not there.
 */
int	beneath_open(int root, const char *name, int flags, struct err *);

/*
 * Open an object: a regular file.  A folder is no object (ERR_ABSENT), what
 * is neither does not belong into a store (ERR_DAMAGED).
 */
int	beneath_open_object(int root, const char *name, int flags,
	    struct stat *, struct err *);

/*
 * Open the folder that holds the object; *base points at the last part of
 * the name.
 */
int	beneath_open_parent(int root, const char *name, const char **base,
	    struct err *);

/*
 * Make the error of a failed system call, what being e.g. "open": its kind is
 * ERR_DENIED for EACCES and EPERM, else as err_sys().  Always returns -1.
 */
int	beneath_error(struct err *, const char *what);

#endif
