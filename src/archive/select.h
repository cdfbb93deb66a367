#ifndef ARCHIVE_SELECT_H
#define ARCHIVE_SELECT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct err;

/* Which entries of an archive are wanted.  Threads may share one. */
struct select {
	char		**v;		/* names; n is 0: everything */
	atomic_bool	 *found;
	size_t		  n;
};

enum select_answer {
	SELECT_NO,
	SELECT_PARENT,			/* a folder that leads to one */
	SELECT_YES
};

/* paths: NULL for everything.  ERR_INPUT for an impossible path. */
int	select_init(struct select *, const char *const *paths, struct err *);
void	select_drop(struct select *);

/* Is the entry wanted?  What is wanted counts as found. */
enum select_answer	select_entry(struct select *, const char *name);

/* Can anything wanted be from first to last, in the order of an archive? */
bool	select_range(const struct select *, const char *first,
	    const char *last);

/* ERR_ABSENT, naming it, when a path was given that nothing was found for. */
int	select_check(const struct select *, struct err *);

#endif
