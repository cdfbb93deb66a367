#ifndef BASE_FD_H
#define BASE_FD_H

#include <stddef.h>
#include <stdint.h>

struct err;

/*
 * Write all of it, whatever short writes and EINTR do; ERR_INTERRUPTED when
 * a signal that asks us to stop ends a wait for whoever reads it.
 */
int	fd_write(int, const void *, size_t, struct err *);

/* Read exactly n bytes; ERR_DAMAGED when the file ends before. */
int	fd_read(int, void *, size_t, struct err *);

/* Read up to n bytes until the end of file; *got says how many. */
int	fd_read_some(int, void *, size_t n, size_t *got, struct err *);

/* Read exactly n bytes at an offset; ERR_DAMAGED when the file ends before. */
int	fd_pread(int, void *, size_t, uint64_t offset, struct err *);

/* fsync.  After -1 the content on disk is unknown: never try again. */
int	fd_sync(int, struct err *);

/* Close, checked; the descriptor is -1 afterwards either way. */
int	fd_close(int *, struct err *);

/* Close silently, for the way out of an error; accepts -1. */
void	fd_drop(int *);

#endif
