#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include <stdint.h>

struct err;
struct lock;

/*
 * Hold the kernel's lock (flock) on this file, made if absent; wait up to
 * this many seconds for another holder.  The lock dies with the process.
 * ERR_LOCKED when the time is over, ERR_INTERRUPTED on a signal.
 */
struct lock	*lock_take(const char *path, uint64_t wait, struct err *);

/* Let go; accepts NULL.  The file stays. */
void		 lock_free(struct lock *);

#endif
