#ifndef DB_SPLIT_H
#define DB_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

struct conn;
struct err;
struct relation;

/*
 * Conditions that cut a table's rows into parts of about equal size, in the
 * order of its key: every row meets exactly one of them.
 */
struct split {
	char	**where;
	size_t	  n;
};

/* Can its rows be cut at all?  By the look of its primary key. */
bool	split_possible(const struct relation *);

/* One part, without a condition. */
int	split_none(struct split *, struct err *);

/*
 * Cut a table, for which it is possible, into about `parts` parts (into 8 if
 * it is fewer) where the server's own estimates say.  As split_none() when
 * nothing was found to cut at.  It asks for no row but the first and last key.
 */
int	split_find(struct split *, struct conn *, const struct relation *,
	    size_t parts, struct err *);

/* Release the conditions; accepts one that is all 0. */
void	split_drop(struct split *);

#endif
