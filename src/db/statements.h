#ifndef DB_STATEMENTS_H
#define DB_STATEMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct err;

/*
 * Statements on their way into a .sql file that both the mariadb client and
 * db_load() read: "DELIMITER d", then each statement followed by a line d,
 * where d is a word that occurs in none of them.
 */
struct statements {
	struct buf	 text;		/* all items one after the other */
	struct {
		size_t	 end;
		bool	 line;		/* for the client only */
	}		*items;
	size_t		 n, size;
};

void	statements_init(struct statements *);
void	statements_drop(struct statements *);

/* Add a statement, without a terminator. */
int	statements_add(struct statements *, const void *, size_t, struct err *);
int	statements_addf(struct statements *, struct err *, const char *, ...)
	    __attribute__((format(printf, 3, 4)));

/* Add a line that is a command of the client: SOURCE file. */
int	statements_line(struct statements *, const char *, struct err *);

/* Append the file's content. */
int	statements_format(const struct statements *, struct buf *,
	    struct err *);

#endif
