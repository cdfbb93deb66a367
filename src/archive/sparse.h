#ifndef ARCHIVE_SPARSE_H
#define ARCHIVE_SPARSE_H

#include <stddef.h>
#include <stdint.h>

struct err;

/* A run of zero blocks at least so long becomes a hole. */
#define SPARSE_BLOCK ((size_t)4096)
#define SPARSE_RUN_MIN ((uint64_t)32768)

/* Writes a new, empty file from its start, leaving holes. */
struct sparse {
	int		 fd;		/* borrowed */
	uint64_t	 at;		/* bytes that came */
	uint64_t	 zeros;		/* of them at the end, unwritten */
};

void	sparse_init(struct sparse *, int fd);
int	sparse_write(struct sparse *, const void *, size_t, struct err *);

/* Afterwards the file has all bytes that came. */
int	sparse_end(struct sparse *, struct err *);

#endif
