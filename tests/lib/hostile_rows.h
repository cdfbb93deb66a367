#ifndef TESTS_HOSTILE_ROWS_H
#define TESTS_HOSTILE_ROWS_H

#include <stddef.h>

#include "base/err.h"

/* What hostile_s3.py does to which requests, and what must come of it. */
struct hostile_row {
	const char	*verb;		/* GET PUT HEAD LIST DELETE */
	const char	*mode;		/* of hostile_modes.py */
	int		 count;		/* so many requests; 0: all */
	enum err_kind	 kind;		/* ERR_NONE: it is right in the end */
	const char	*text;		/* is in the error */
	int		 large;		/* PUT: 1 is 2 MiB, 2 is 32 MiB, more */
					/* than lines hold; LIST: so many */
					/* objects */
};

extern const struct hostile_row hostile_rows[];
extern const size_t hostile_n_rows;

#endif
