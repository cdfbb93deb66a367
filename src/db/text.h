#ifndef DB_TEXT_H
#define DB_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

typedef int (*text_fn)(void *cookie, const void *, size_t, struct err *);

#define TEXT_SIZE 262144

/*
 * Rows on their way into LOAD DATA's default text: columns apart by a tab,
 * rows ended by a newline, \\ \t \n \0 for those four bytes, \N for NULL.
 * Full buffers go to the callback; memory stays at TEXT_SIZE however large a
 * column is.
 */
struct text {
	text_fn		 write;
	void		*cookie;
	const bool	*plain;		/* columns that never need an escape */
	unsigned	 columns;
	uint8_t		*data;		/* TEXT_SIZE bytes */
	size_t		 len;
	uint64_t	 rows, bytes;
};

/* Everything but data is the caller's; data is allocated here. */
int	text_init(struct text *, struct err *);
void	text_drop(struct text *);

/* Append a row. */
int	text_row(struct text *, const char *const *v,
	    const unsigned long *len, struct err *);

/* Hand on what is left. */
int	text_flush(struct text *, struct err *);

/*
 * Escape n bytes; out has room for 2 * n.  Returns how many were written.
 */
size_t	text_escape(uint8_t *out, const uint8_t *, size_t n);

#endif
