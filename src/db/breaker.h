#ifndef DB_BREAKER_H
#define DB_BREAKER_H

struct breaker;
struct err;

/*
 * Watch over a connected socket: when a signal asks us to stop (base/intr.h),
 * the socket is shut down within a tenth of a second, so that whoever waits
 * for the other side stops waiting.  The descriptor stays the caller's and
 * must stay open until breaker_free().
 */
struct breaker	*breaker_new(int fd, struct err *);

/* End the watch; accepts NULL. */
void		 breaker_free(struct breaker *);

#endif
