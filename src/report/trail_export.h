#ifndef REPORT_TRAIL_EXPORT_H
#define REPORT_TRAIL_EXPORT_H

#include <stdint.h>

struct depot;
struct err;

/*
 * Print the audit trail of a site (NULL: of all) as JSON lines, each kind in
 * the order of its time: time, kind, object, sha256, previous, site, signer,
 * what, and problem with why.  CMD_YES; CMD_NO when a statement is damaged,
 * was dated back, or one before it was taken away (of snapshots that may have
 * been pruned: shown, but no problem); CMD_TROUBLE.
 */
int	trail_export(const struct depot *, const char *site, uint64_t skew,
	    struct err *);

#endif
