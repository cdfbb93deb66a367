#ifndef DB_DATAFILES_H
#define DB_DATAFILES_H

#include <stddef.h>

#include "archive/archive.h"

struct chunks;
struct err;

/*
 * The files of a data directory on their way into an archive: any number may
 * be open at once.  Every file has an entry of its own, mode 0600, owner 0,
 * time 0, in byte order of the names; its content is cut after every
 * DATAFILES_BLOCK bytes, since pages change where they are.
 *
 * Deterministic: the same names and bytes give the same root, in whichever
 * order they came.
 */
struct datafiles;

#define DATAFILES_BLOCK ((size_t)64 << 10)

/* None yet; and the release of all, ended or not, which accepts NULL. */
struct datafiles	*datafiles_new(struct chunks *, struct err *);
void	datafiles_free(struct datafiles *);

/*
 * Append bytes at this offset, which must be the end of what the file has; one
 * that is not open is begun.  ERR_DAMAGED when it is, or was ended before.
 */
int	datafiles_write(struct datafiles *, const char *name, uint64_t offset,
	    const void *, size_t, struct err *);

/* The file has all its bytes; one that is not open is an empty one. */
int	datafiles_end(struct datafiles *, const char *name, struct err *);

/* A file that was ended gets another name, or is gone; ERR_DAMAGED if none. */
int	datafiles_rename(struct datafiles *, const char *name, const char *to,
	    struct err *);
int	datafiles_remove(struct datafiles *, const char *name, struct err *);

/*
 * All files below a folder, each whole.  Only folders and regular files may be
 * there: ERR_UNSUPPORTED else.
 */
int	datafiles_add_folder(struct datafiles *, const char *path,
	    struct err *);

/*
 * Make the archive.  ERR_DAMAGED when a file was not ended, or two have the
 * same name.
 */
int	datafiles_archive(struct datafiles *, struct archive_root *,
	    struct err *);

#endif
