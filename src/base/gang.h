#ifndef BASE_GANG_H
#define BASE_GANG_H

#include <stddef.h>

struct err;

/* A list of things to do, and threads that take them one by one. */
#define GANG_MAX 32u
#define GANG_FAR 8u		/* workers that wait for a far store */

struct gang {
	size_t		 n;		/* things */
	unsigned	 workers;	/* at most GANG_MAX; 0: one */
	int		(*work)(void *cookie, size_t thing, unsigned worker,
			    struct err *);
	void		*cookie;
};

/*
 * Call work for each thing, from several threads at once, of which the
 * caller's is one.  Workers are numbered from 0; each has one call at a time.
 * The first error, or that the process was asked to stop, ends all: no more
 * calls begin, and -1 with it.  Fewer threads than wanted only take longer; all
 * but the caller's have all signals blocked.
 */
int	gang_run(const struct gang *, struct err *);

#endif
