#ifndef ARCHIVE_META_H
#define ARCHIVE_META_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "archive/entry.h"
#include "base/buf.h"

struct err;

/*
 * A file's extended attributes and access control lists, read through its
 * descriptor.  What is not portable content stays out: see meta.c.
 */
struct meta {
	struct buf	 list;		/* names, as the kernel gives them */
	struct buf	 values;
	struct xattr	*xattrs;	/* sorted by name */
	size_t		 n, size;
	char		*acl_access, *acl_default;
};

void	meta_init(struct meta *);
void	meta_drop(struct meta *);

/*
 * Fill it, replacing what it held.  path_only: the descriptor is O_PATH.  A
 * file system without them has none.  ERR_SYSTEM with errno otherwise.
 */
int	meta_read(struct meta *, int fd, bool path_only, struct err *);

/*
 * Fill an entry's type, mode, owner, size, time, device and what meta holds;
 * all borrowed.  path, link, hardlink, user, group stay.
 */
void	meta_entry(const struct meta *, const struct stat *, struct entry *);

/* Is this one of the attributes that are kept? */
bool	meta_keeps(const char *name);

/* Set one list of a file by its text; -1 with errno. */
int	meta_set_acl(int fd, bool is_default, const char *text);

#endif
