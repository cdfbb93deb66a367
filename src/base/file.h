#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct buf;
struct err;
struct stat;

/*
 * Make the file `name` in the open directory hold exactly these bytes.
 *
 * Whatever happens, including loss of power, a reader finds the whole old
 * content or the whole new content.  On return of 0 the new content is on
 * disk, with this mode.  On -1 it is unknown which of the two a reader will
 * find, and no stray file is left behind.
 */
int	file_replace(int dir, const char *name, mode_t, const void *, size_t,
	    struct err *);

/*
 * The same, but never over an existing file: ERR_EXISTS then, and the
 * existing one is untouched.
 */
int	file_create(int dir, const char *name, mode_t, const void *, size_t,
	    struct err *);

/* As file_create() and file_replace(), by path. */
int	file_create_path(const char *path, mode_t, const void *, size_t,
	    struct err *);
int	file_replace_path(const char *path, mode_t, const void *, size_t,
	    struct err *);

/*
 * Append the whole regular file to the buffer; the buffer's max bounds it.
 * ERR_ABSENT when there is none.
 */
int	file_load(const char *path, struct buf *, struct err *);

/* The same; and what the very file is whose bytes these are. */
int	file_load_stat(const char *path, struct buf *, struct stat *,
	    struct err *);

/*
 * The same for a file that holds a secret: a regular file of ours or root's,
 * not readable or writable by group and others, else ERR_DENIED with what to
 * do.  The bytes go to memory of the caller, at most size; *len says how
 * many.
 */
int	file_load_secret(const char *path, void *, size_t size, size_t *len,
	    struct err *);

/* mkdir -p, new folders with this mode, each made durable. */
int	file_mkdirs(const char *path, mode_t, struct err *);

/* Does a file of that name exist (following symlinks)? */
bool	file_exists(const char *path);

/*
 * Remove a folder and everything below it, never following a symlink nor
 * leaving the folder.  Absent is success.
 */
int	file_remove_tree(const char *path, struct err *);

#endif
