#ifndef DB_NAMES_H
#define DB_NAMES_H

#include <stddef.h>

struct err;

/* A growable list of texts of its own.  All 0 is an empty one. */
struct names {
	char	**v;
	size_t	  n, size;
};

void	names_drop(struct names *);

/* Append a copy. */
int	names_add(struct names *, const char *, struct err *);

/* By bytes. */
void	names_sort(struct names *);

#endif
