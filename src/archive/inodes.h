#ifndef ARCHIVE_INODES_H
#define ARCHIVE_INODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct err;

/* A set of files by what they are, not by name: about 12 bytes for each. */
struct inodes {
	uint64_t	*v;		/* 0 is a free slot */
	size_t		 n, size;	/* size: a power of two, or 0 */
};

void	inodes_init(struct inodes *);
void	inodes_drop(struct inodes *);
int	inodes_add(struct inodes *, const struct stat *, struct err *);
bool	inodes_have(const struct inodes *, const struct stat *);

#endif
