#ifndef GATE_SABOTAGE_H
#define GATE_SABOTAGE_H

#include "drill/receipt.h"
#include "snapshot/depot.h"

struct err;
struct policy;

/*
 * A trial of the alarm: something is damaged, in a copy, in a random way, and
 * drill or gate must notice.  What is stored is damaged in a view of the
 * store, what is restored in the throwaway site; the store itself and
 * production are never touched.
 */
enum sabotage_kind {
	SABOTAGE_PACK_BYTE,	/* a byte of a pack is another */
	SABOTAGE_PACK_CUT,
	SABOTAGE_PACK_GONE,
	SABOTAGE_INVENTORY_GONE,
	SABOTAGE_SNAPSHOT_BYTE,	/* a byte of the signed statement */
	SABOTAGE_RECEIPT_STALE,	/* the newest is too old */
	SABOTAGE_KEY_WRONG,
	SABOTAGE_ROW_GONE,
	SABOTAGE_ROW_CHANGED,
	SABOTAGE_FILE_GONE,
	SABOTAGE_FILE_CHANGED,	/* same size, same time */
	SABOTAGE_CONFIG_CHANGED,
	SABOTAGE_KINDS
};

/* "pack-byte", ...; and back, -1 when it is none. */
const char	*sabotage_word(enum sabotage_kind);
int		 sabotage_parse(const char *, enum sabotage_kind *);

/* Can the snapshot be sabotaged so?  A database needs one, for instance. */
bool	sabotage_fits(enum sabotage_kind, const struct snapshot *);

/* One that fits, at random. */
enum sabotage_kind	sabotage_choose(const struct snapshot *);

struct sabotage_options {
	const struct policy	*policy;
	const char		*scratch;
	void			(*step)(void *cookie, const char *what);
	void			*cookie;
};

/*
 * Sabotage.  0: it was carried out, and the receipt (of kind "sabotage", to be
 * signed and dropped by the caller) passed when the alarm went off.  -1: it
 * could not be carried out.
 */
int	sabotage_run(struct depot *, const struct snapshot *,
	    enum sabotage_kind, const struct sabotage_options *,
	    struct receipt *, struct err *);

#endif
