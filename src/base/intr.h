#ifndef BASE_INTR_H
#define BASE_INTR_H

struct err;

/*
 * From now on SIGINT, SIGTERM and SIGHUP set a flag instead of killing, and
 * SIGPIPE is ignored.  A SIGHUP that is ignored (nohup) stays so.  Called once
 * by cli.
 */
void	intr_watch(void);

/* The signal that asked us to stop, or 0. */
int	intr_pending(void);

/* 0, or -1 with ERR_INTERRUPTED when a signal asked us to stop.  Cheap. */
int	intr_check(struct err *);

#endif
