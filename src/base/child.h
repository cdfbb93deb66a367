#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;
struct err;
struct child;

/*
 * How a child process is started.  Descriptors of -1 mean /dev/null; all
 * others of ours are closed in it.  It gets its own process group, no blocked
 * or ignored signals, and dies (PR_SET_PDEATHSIG, SIGKILL) with the thread
 * that started it: start what must outlive a worker thread from the main one.
 */
struct child_spec {
	const char *const *argv;	/* argv[0] is sought in our PATH */
	const char *const *env;		/* "NAME=value" over ours, or NULL */
	const char	*dir;		/* working directory, or NULL */
	int		 in, out, err;
	uid_t		 uid;		/* become this user, when we are */
	gid_t		 gid;		/* root and uid is not 0 */
	bool		 no_sync;	/* fsync(2) and its like do nothing, */
					/* where the kernel can do that */
};

/*
 * Start it; when this returns, the program was executed.  ERR_ABSENT when
 * there is no such program.
 */
struct child	*child_start(const struct child_spec *, struct err *);

/* Its process id and that of its group; its own until child_kill(). */
pid_t	child_pid(const struct child *);

/*
 * Wait until it ends, at most this many milliseconds (-1: for ever): 1 and
 * its wait status, 0 when the time is over, -1 on error or signal to us.
 */
int	child_wait(struct child *, int64_t ms, int *status, struct err *);

/* Kill its whole process group at once, reap it, release it; accepts NULL. */
void	child_kill(struct child *);

/*
 * Run a command to its end: standard output and error together appended to
 * out (or lost, when NULL), cut at its max; killed after so many seconds (0:
 * never).  What it left in the background in its process group is killed,
 * too.  *status is the exit status, 128 + signal when killed, 124 after the
 * time-out.  -1 when it could not be run or we were interrupted.
 */
int	child_run(const struct child_spec *, uint64_t timeout, struct buf *out,
	    int *status, struct err *);

/* The same for a line of sh -c. */
int	child_shell(const char *line, const char *const *env, uint64_t timeout,
	    struct buf *out, int *status, struct err *);

#endif
