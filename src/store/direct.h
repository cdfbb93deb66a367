#ifndef STORE_DIRECT_H
#define STORE_DIRECT_H

#include <stddef.h>
#include <stdint.h>

struct err;

#define DIRECT_PIECE ((size_t)2 << 20)

/*
 * Memory for that, of a multiple of DIRECT_PIECE, for free(): in large pages
 * where there are some, so that the disk is given much in one request.
 */
void	*direct_memory(size_t size, struct err *);

/*
 * Write to the end of a file, or read at an offset, past the page cache, as
 * much as can be: nothing below 1 MiB, of memory or at an offset that no disk
 * takes, or where the file system cannot.  How much was moved is returned; it
 * is never an error, for what is left is moved in the usual way, which meets
 * the same errors and tells them.
 */
size_t	direct_write(int fd, const void *, size_t len);
size_t	direct_read(int fd, void *, size_t len, uint64_t offset);

#endif
