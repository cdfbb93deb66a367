#ifndef TESTS_HELPER_H
#define TESTS_HELPER_H

#include <stdint.h>

struct child;

/*
 * A server of tests/lib written in Python, which prints its port as its first
 * line and ends when its standard input does.  Every call fails the test when
 * it cannot.
 */
struct helper {
	struct child	*child;
	int		 in;		/* of it; closing it ends it */
	uint16_t	 port;
};

/* Start the script with up to three arguments (NULL: no more). */
void	helper_start(struct helper *, const char *script, const char *,
	    const char *, const char *);
void	helper_stop(struct helper *);

#endif
