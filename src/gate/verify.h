#ifndef GATE_VERIFY_H
#define GATE_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/charter.h"
#include "gate/gate.h"

struct err;

/*
 * A verdict's file on another machine, with nothing but public keys: is it a
 * GO that may be relied on now, for this deploy?
 */
struct verify_want_verdict {
	const struct charter	*signers;	/* who may sign verdicts */
	const char		*subject;	/* the deploy */
	const char		*site;		/* or NULL: of any */
	bool			 accept_override;
	uint64_t		 skew;		/* seconds */
};

struct verdict_read {
	char		signer[CHARTER_NAME_MAX];
	char		site[SNAPSHOT_SITE_MAX];
	char		subject[128];
	char		policy[ID_TEXT_SIZE];
	char		override[RECEIPT_TEXT_MAX];	/* reason, or "" */
	int64_t		utc, expires;
	bool		go;		/* it may be relied on */
	char		why[RECEIPT_TEXT_MAX];	/* when not */
};

/*
 * 0: it was understood, and go says whether it opens the gate.  -1 when it is
 * no verdict at all: ERR_DAMAGED changed, ERR_DENIED signed by a stranger.
 */
int	verdict_verify(const void *, size_t,
	    const struct verify_want_verdict *, struct verdict_read *,
	    struct err *);

#endif
