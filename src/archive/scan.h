#ifndef ARCHIVE_SCAN_H
#define ARCHIVE_SCAN_H

#include <sys/stat.h>

#include "archive/tree.h"

struct err;

/*
 * Called for every entry of the trees, in the order of an archive, with the
 * name it will have there and what lstat(2) says.  Not for sockets.
 */
typedef int (*scan_fn)(void *cookie, const char *name, const struct stat *,
    struct err *);

/*
 * Walk all paths of the options, and their parent folders, below the open
 * root.  What cannot be listed, has vanished or is not entered is noted by
 * the options' note and counted.  Memory grows with the largest folder, not
 * with the tree.
 */
int	scan_run(int root, const struct tree_options *, struct tree_stats *,
	    scan_fn, void *cookie, struct err *);

/* Note and count. */
void	scan_note(const struct tree_options *, struct tree_stats *,
	    enum tree_note_kind, const char *name, const char *why);

#endif
