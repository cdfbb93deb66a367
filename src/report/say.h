#ifndef REPORT_SAY_H
#define REPORT_SAY_H

#include <stdbool.h>

#include "drill/receipt.h"
#include "gate/gate.h"
#include "gate/verify.h"
#include "snapshot/access.h"
#include "snapshot/restore.h"
#include "snapshot/snapshot.h"
#include "snapshot/verify.h"

struct err;
struct notes;

/*
 * What a command answers on standard output: a few lines for people, or one
 * JSON object with --json; nothing with --quiet (but what is wrong).  -1 when
 * it could not be printed.
 */

/* A snapshot that was just taken; notes tell what was not read. */
int	say_snapshot(const struct snapshot *, const struct notes *,
	    struct err *);

/* A drill that was carried out. */
int	say_receipt(const struct receipt *, struct err *);

/* The gate's verdict with every rule; explain adds how to fix it. */
int	say_verdict(const struct verdict *, bool explain, struct err *);

/* A verdict from a file. */
int	say_verdict_read(const struct verdict_read *, struct err *);

/* A store that was read back; content says whether chunks were opened. */
int	say_verify(const struct verify_report *, bool authentic, bool content,
	    struct err *);

/*
 * Find the snapshot that a restore reads: which, or, if that is NULL, the
 * newest that has the component part, or all that the policy names (NULL: not
 * known).  Others that were passed over, and might be wanted, are told as
 * warnings.
 */
int	say_find(const struct access *, const char *which, const char *part,
	    struct snapshot *, struct err *);

/* What a restore with these options would put where. */
int	say_restore_plan(const struct snapshot *,
	    const struct restore_options *, const char *server, struct err *);

/* A snapshot that was put back; notes is what could not be set. */
int	say_restore(const struct snapshot *, const struct restore_stats *,
	    uint64_t notes, struct err *);

/*
 * Shorten, in place, every TIME-SHA256 in a text to what tells it from others;
 * returns the text.
 */
char	*say_shorten(char *text);

#endif
