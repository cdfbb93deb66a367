#ifndef STORE_DIR_FILL_H
#define STORE_DIR_FILL_H

#include <stdbool.h>

struct err;
struct store_giver;

/*
 * Write to an empty file, which was opened for writing, all that is given;
 * direct: past the page cache, where that can be.  The memory it takes is
 * DIRECT_PIECE, however much is given.  -1 leaves anything in the file.
 */
int	dir_fill(int fd, const struct store_giver *, bool direct, struct err *);

#endif
