#ifndef BASE_ERR_H
#define BASE_ERR_H

/*
 * What went wrong: a kind for programs, errno where there is one, and one
 * line for people.  The line is built innermost reason first and completed by
 * every caller that knows more: "cannot write pack: sync: No space left on
 * device".  Nothing below bin/ prints it.
 */
enum err_kind {
	ERR_NONE = 0,
	ERR_SYSTEM,		/* a system call failed; sys holds errno */
	ERR_MEMORY,		/* out of memory, or a buffer's limit reached */
	ERR_INPUT,		/* what the user gave is wrong */
	ERR_ABSENT,		/* the object named does not exist */
	ERR_EXISTS,		/* it exists already, and must not */
	ERR_DAMAGED,		/* bytes are not what they must be */
	ERR_DENIED,		/* no permission, no key, wrong passphrase */
	ERR_LOCKED,		/* another run holds the lock */
	ERR_UNSUPPORTED,	/* a newer version, a feature we lack */
	ERR_REMOTE,		/* a server (database, store) refused */
	ERR_CHANGED,		/* the source changed while it was read */
	ERR_INTERRUPTED		/* SIGINT or SIGTERM asked us to stop */
};

#define ERR_TEXT_MAX 1024

struct err {
	enum err_kind	 kind;
	int		 sys;
	char		 text[ERR_TEXT_MAX];
};

/* Forget whatever the error holds. */
void	err_clear(struct err *);

/*
 * Make this the error: its kind and its one line, cut at ERR_TEXT_MAX - 1
 * bytes.  Always returns -1, so that a caller can return it.
 */
int	err_set(struct err *, enum err_kind, const char *, ...)
	    __attribute__((format(printf, 3, 4)));

/*
 * The same for a failed system call: the kind is ERR_SYSTEM (ERR_MEMORY for
 * ENOMEM), sys is errno, and the line ends with ": " and its strerror(3).
 */
int	err_sys(struct err *, const char *, ...)
	    __attribute__((format(printf, 2, 3)));

/* Out of memory: the line says so.  Always returns -1. */
int	err_memory(struct err *);

/*
 * Put context in front of the line there is: "context: line".  The kind and
 * errno stay.  Always returns -1.
 */
int	err_add(struct err *, const char *, ...)
	    __attribute__((format(printf, 2, 3)));

#endif
