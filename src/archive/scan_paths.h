#ifndef ARCHIVE_SCAN_PATHS_H
#define ARCHIVE_SCAN_PATHS_H

#include <stddef.h>

struct err;

/*
 * The names of given paths: normalised, in order, without those that are
 * given twice or are below another one.
 */
struct scan_paths {
	char	**v;
	size_t	  n;
};

int	scan_paths_init(struct scan_paths *, const char *const *paths,
	    struct err *);
void	scan_paths_drop(struct scan_paths *);

#endif
