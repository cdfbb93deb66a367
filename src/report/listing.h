#ifndef REPORT_LISTING_H
#define REPORT_LISTING_H

#include <stdbool.h>

struct depot;
struct err;

struct listing_options {
	bool		 all;		/* receipts and verdicts as well */
	const char	*site;		/* only of this one, or NULL */
};

/*
 * Print a store's statements, oldest first: a table, or a JSON line each.
 * What cannot be believed is in the list with its reason.  CMD_YES, CMD_NO
 * when something cannot be believed, CMD_TROUBLE.
 */
int	listing_print(const struct depot *, const struct listing_options *,
	    struct err *);

#endif
