#ifndef TESTS_STORE_FAULT_H
#define TESTS_STORE_FAULT_H

#include <stdint.h>

#include "base/err.h"

struct store;

/* Which operations a plan counts; may be combined. */
enum fault_op {
	FAULT_PUT = 1,
	FAULT_GET = 2,
	FAULT_HEAD = 4,
	FAULT_LIST = 8,
	FAULT_REMOVE = 16,
	FAULT_ANY = 31
};

enum fault_kind {
	FAULT_FAIL,	/* says so, and does nothing */
	FAULT_TEAR,	/* put: half of it arrives, and it says FAILED; get: */
			/* the second half is zeros, and it says 0; list: */
			/* ends after the first half, and it says 0 */
	FAULT_DELAY,	/* does it, late */
	FAULT_FORGET,	/* put, remove: says 0 and does nothing; get, head: */
			/* says ERR_ABSENT; list: empty */
	FAULT_FLIP	/* put, get: one bit in the middle is wrong */
};

/*
 * What goes wrong: the nth (from 1) counted operation, and all later ones if
 * so wanted.  seen counts on, so that a test may first learn how many there
 * are (nth 0: nothing goes wrong).
 */
struct fault_plan {
	unsigned	 ops;
	uint64_t	 nth;
	int		 later_too;
	enum fault_kind	 kind;
	enum err_kind	 as;		/* of FAULT_FAIL; else ERR_REMOTE */
	unsigned	 delay_ms;
	const char	*name_has;	/* counts only such names; or NULL */
	uint64_t	 seen;
};

/*
 * A store that does what the one below does, except as planned.  Both the
 * one below and the plan are borrowed.
 */
struct store	*store_fault_new(struct store *below, struct fault_plan *,
		    struct err *);

#endif
