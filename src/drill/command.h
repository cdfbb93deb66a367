#ifndef DRILL_COMMAND_H
#define DRILL_COMMAND_H

#include <stdint.h>

#include "drill/assert.h"
#include "drill/receipt.h"

struct err;
struct mask;

/* A command of the user's that is run beside a restored site. */
struct command {
	const char	*run;		/* a line for sh */
	uint64_t	 timeout;	/* seconds */
	const char	*dir;		/* where, the throwaway folder */
	const char	*site;
	const struct assert_place *place;
	const struct mask *mask;
};

struct command_seen {
	int	status;			/* as child_run() says */
	char	text[RECEIPT_TEXT_MAX];	/* exit status and last line */
	char	output[RECEIPT_OUTPUT_MAX];
};

/*
 * Run it with the throwaway site in its environment: MUSTER_SITE,
 * MUSTER_SOCKET, MUSTER_USER, MUSTER_DATABASE, MUSTER_FILES, MUSTER_CONFIG,
 * and MYSQL_UNIX_PORT and FRAPPE_DB_SOCKET for clients that know them.  Its
 * output is kept, secrets masked, and cut in the middle when it is long.  -1
 * when it could not be run or we were interrupted.
 */
int	command_run(const struct command *, struct command_seen *,
	    struct err *);

/*
 * Of len bytes of output at most size - 1, with a note where it was cut.
 */
void	command_cut(const char *, size_t len, char *out, size_t size);

#endif
