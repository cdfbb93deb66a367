#ifndef ARCHIVE_APPLY_H
#define ARCHIVE_APPLY_H

#include <stdbool.h>

struct entry;

/* How what an entry says is given to a file. */
struct apply {
	bool	 owners;		/* set owner and group */
	bool	 may_inherit;		/* a list may have come from above */
	void	(*note)(void *cookie, const char *name, const char *what,
		    int sys);		/* could not be set; errno or 0 */
	void	*cookie;
};

/*
 * Owner, extended attributes, mode, access control lists, time: in the order
 * in which none undoes another.  path_only: the descriptor is O_PATH.
 */
void	apply_all(const struct apply *, int fd, bool path_only,
	    const struct entry *);

/* Owner and time of a symlink in an open folder. */
void	apply_symlink(const struct apply *, int folder, const char *base,
	    const struct entry *);

#endif
