#ifndef CRYPTO_PAPER_H
#define CRYPTO_PAPER_H

struct err;

/*
 * A key file on paper: numbered rows of groups of eight characters, each row
 * with a check, so that a typing error is found in its row.  A blank is
 * written as '_', the end of a line as '$'.
 */

/* Write the rows of a key file to a descriptor. */
int	paper_print(const char *path, int fd, struct err *);

/*
 * Read rows from a descriptor to its end and make the key file again, 0600,
 * never over an existing one.  Empty lines and those that begin with '#' do
 * not count.  ERR_INPUT names the row that is wrong; nothing was made then.
 */
int	paper_type(int fd, const char *path, struct err *);

#endif
