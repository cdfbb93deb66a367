#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stdint.h>

/* How much memory may still be taken, and what says so. */
struct memory_left {
	uint64_t	bytes;
	char		where[256];	/* "this host", "control group /x" */
};

/*
 * The least of: what the host has available, what each control group that we
 * are in allows still (version 1 and 2, up to its root; what can be dropped of
 * its page cache counts as free), and the limit of our address space.
 * UINT64_MAX bytes when nothing can be told.
 */
void	memory_left(struct memory_left *);

/* The same, with other folders than /proc and /sys/fs/cgroup. */
void	memory_left_in(struct memory_left *, const char *proc,
	    const char *groups);

#endif
