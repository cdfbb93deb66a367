#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stddef.h>

struct err;
struct table;

/*
 * A table of text for people: columns as wide as their widest cell, two
 * spaces between them, no space at the end of a line.  One letter of align
 * per column: 'l' left, 'r' right (numbers).  heads has one entry per column,
 * or is NULL for a table without a head; its texts are copied.
 */
struct table	*table_new(const char *align, const char *const *heads,
		    struct err *);

/* Release it; accepts NULL. */
void		 table_free(struct table *);

/*
 * Append a row, one cell per column; the texts are copied and may be NULL
 * (empty).  Bytes that could steer a terminal become '?'.
 */
int		 table_row(struct table *, const char *const *cells,
		    struct err *);

/* How many rows it has, without the head. */
size_t		 table_rows(const struct table *);

/*
 * Print it on standard output; nothing at all when it has no rows.  -1 when
 * the system refused a byte.
 */
int		 table_print(const struct table *, struct err *);

#endif
