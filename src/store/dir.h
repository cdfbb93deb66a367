#ifndef STORE_DIR_H
#define STORE_DIR_H

#include <stdbool.h>

struct err;
struct store;

/*
 * The store in a directory: an object is a regular file (0400) of its name
 * below the directory, folders are 0700, and names that start with a dot are
 * the driver's own (.tmp).  Symlinks below the directory are never followed.
 *
 * Open it; ERR_ABSENT when there is no such directory.  The path is resolved
 * once, here: what happens to it later does not redirect the store.  unread:
 * as in struct store_options.
 */
struct store	*dir_open(const char *path, bool unread, struct err *);

/* Make the directory (0700, durable); content when it is there. */
int		 dir_create(const char *path, struct err *);

#endif
