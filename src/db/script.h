#ifndef DB_SCRIPT_H
#define DB_SCRIPT_H

#include <stddef.h>

struct err;

/*
 * The statements of an .sql entry of an archive (muster-format(5)): a line
 * "DELIMITER d", then each statement ended by a line that is d.  Between
 * statements, lines for the mariadb client are passed over: comments, SOURCE,
 * empty ones; another DELIMITER changes d.
 */
struct script {
	const char	*p;
	size_t		 left;
	const char	*d;
	size_t		 d_len;
};

/* Begin with this text, borrowed. */
void	script_init(struct script *, const void *, size_t);

/*
 * The next statement, borrowed from the text and not terminated: 1, 0 at the
 * end, -1 with ERR_DAMAGED.
 */
int	script_next(struct script *, const char **sql, size_t *len,
	    struct err *);

#endif
