#ifndef ARCHIVE_NEEDS_H
#define ARCHIVE_NEEDS_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct segment;

/*
 * Files of an archive whose content is needed under another name: that of a
 * wanted hard link to them.  Sorted by needs_sort(), which must come between
 * the last addition and the first question.
 */
struct need {
	char	*file;			/* its name in the archive */
	char	*as;
};

struct needs {
	struct need	*v;
	size_t		 n, size;
};

/* A list is empty as {0}; what it holds is its own. */
int	needs_add(struct needs *, const char *file, const char *as,
	    struct err *);
void	needs_sort(struct needs *);
void	needs_drop(struct needs *);

/* The first one of this file, or NULL; the others follow it. */
const struct need	*needs_find(const struct needs *, const char *file);

/* May this segment hold one of the files? */
bool	needs_within(const struct needs *, const struct segment *);

#endif
