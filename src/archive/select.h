#ifndef ARCHIVE_SELECT_H
#define ARCHIVE_SELECT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct err;

struct select_item {
	char		*name;
	char		*folder;	/* of a pattern: of all its matches */
	bool		 whole;		/* the pattern is of whole names */
	atomic_bool	 found;
};

/* Which entries of an archive are wanted.  Threads may share one. */
struct select {
	struct select_item *v;		/* n is 0: everything */
	size_t		    n;
};

enum select_answer {
	SELECT_NO,
	SELECT_PARENT,			/* a folder that leads to one */
	SELECT_YES
};

/*
 * paths: NULL for everything.  ERR_INPUT for an impossible path.  One with
 * any of *?[\ is an fnmatch pattern as well as a name: without '/' it matches
 * a part of a name, with '/' all of it, and '*' no '/'.
 */
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
