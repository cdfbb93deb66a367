#ifndef DRILL_DRILL_H
#define DRILL_DRILL_H

#include "drill/receipt.h"
#include "snapshot/depot.h"
#include "snapshot/snapshot.h"

struct err;
struct policy;

/* A restored copy, to be damaged when the alarm is tried. */
struct drill_copy {
	struct db_login		 login;		/* of the throwaway server */
	const char		*database;	/* or NULL */
	const char		*files, *config;	/* folders */
};

struct drill_options {
	const struct policy	*policy;
	const char		*kind;		/* NULL: full, or sampled */
	/*
	 * A sampled drill: all schema and configuration, and such a share, in
	 * millionths, of tables and files, chosen by the seed.  0: full.
	 */
	uint32_t		 share;
	uint64_t		 seed;
	/* Called after the restore, before the proof; or NULL. */
	int			(*damage)(void *, const struct drill_copy *,
				    struct err *);
	void			*damage_cookie;
	/* parent of the throwaway folder */
	const char		*scratch;
	/* what opening the store took */
	double			 open_seconds;
	void			(*step)(void *cookie, const char *phase);
	void			*cookie;
};

/*
 * Restore a snapshot into a throwaway site, prove it, time it.
 *
 * 0: the drill was carried out; the receipt says whether it passed.  What
 * cannot be restored because stored bytes are damaged or missing, or because
 * the server refused them, is a drill that failed, not an error.  -1: it could
 * not be carried out (no space, no server program, interrupted): no receipt.
 * Either way nothing is left behind.  The caller drops the receipt.
 */
int	drill_run(struct depot *, const struct snapshot *,
	    const struct drill_options *, struct receipt *, struct err *);

/*
 * The names of the checks that a drill of this kind, of this snapshot, under
 * this policy carries out, so that a gate can tell that none was skipped.
 * Calls each for every name; a non-zero return ends it and is returned.
 */
int	drill_expected(const struct policy *, const struct snapshot *,
	    const char *kind, int (*each)(void *cookie, const char *name),
	    void *cookie);

/* Sign the receipt and put it into the store; object and digest are filled. */
int	drill_sign(const struct depot *, struct receipt *, struct err *);

#endif
