#ifndef ARCHIVE_PAX_H
#define ARCHIVE_PAX_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct entry;
struct err;

#define PAX_BLOCK 512
/* libarchive reads extended headers up to 1 MiB; so we write none beyond. */
#define PAX_HEADER_MAX ((size_t)1 << 20)

/*
 * The tar header of an entry, with its extended header in front where one is
 * needed, replaces the content of the buffer.  The same entry always gives
 * the same bytes.  ERR_UNSUPPORTED, naming it, when it does not fit a pax tar
 * exactly; nothing is ever left out instead.
 */
int	pax_header(const struct entry *, struct buf *, struct err *);

/* How many zero bytes follow content of this size. */
size_t	pax_padding(uint64_t size);

#endif
