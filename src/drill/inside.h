#ifndef DRILL_INSIDE_H
#define DRILL_INSIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "archive/sample.h"
#include "drill/assert.h"
#include "drill/drill.h"
#include "snapshot/sealed.h"

struct chunks;
struct db_sample;
struct db_server;
struct policy;
struct policy_check;
struct recorded;
struct mask;
struct scratch;

#define DRILL_PATH_SIZE 4096

/* What the parts of the room share: one drill on its way. */
struct drill {
	struct depot		*d;
	const struct snapshot	*s;
	const struct drill_options *o;
	struct receipt		*r;
	struct recipe		 recipe;
	struct scratch		*scratch;
	struct db_server	*server;
	struct chunks		*dry;
	struct mask		*mask;		/* secrets that were seen */
	char			 folders[SNAPSHOT_PARTS_MAX][DRILL_PATH_SIZE];
	struct assert_place	 place;		/* once it is restored */
	/* What is to be restored: the parts' own, or of a sample */
	struct archive_root	 root[SNAPSHOT_PARTS_MAX];
	struct db_sample	*tables;	/* of a sample, or NULL */
	struct sample		 runs[SNAPSHOT_PARTS_MAX];
	struct tree_part	 part[SNAPSHOT_PARTS_MAX]; /* or all zero */
	/* owners that an ordinary user could not give to the copy */
	struct recorded		*owners[SNAPSHOT_PARTS_MAX];
	bool			 lost[SNAPSHOT_PARTS_MAX];
	bool			 broken;	/* one of them is */
	int64_t			 phase_began;
	/* first thing that could not be set */
	char			 note[RECEIPT_TEXT_MAX];
};

/* What a step set out to do, and what it saw. */
struct step {
	const char	*name, *required, *seen;
	int64_t		 begun;
};

/* The stopwatch: a phase begins; it ends, with the bytes that it moved. */
void	drill_phase_begin(struct drill *, const char *name);
void	drill_phase_end(struct drill *, uint64_t bytes);

/*
 * Record what a step came to: with rc 0 it passed and saw what it says, with
 * -1 it failed and saw the error, which is cleared.  Trouble with the drill
 * rather than with the backup is passed on: -1.
 */
int	drill_record(struct drill *, const struct step *, int rc,
	    struct err *);

/* sampled.c: fill root, and of a sampled drill all that says what is in it. */
int	drill_choose(struct drill *, struct err *);

/* copy.c: the throwaway server and folders; every component into them. */
int	drill_provision(struct drill *, struct err *);
int	drill_restore(struct drill *, struct err *);

/*
 * physical.c: where the files of a physical backup go; the versions are looked
 * at.  And all from unpacking them to a server that runs on them, each step in
 * a phase and a check of its own.
 */
int	drill_physical_place(struct drill *, size_t i, struct err *);
int	drill_physical_restore(struct drill *, size_t i, struct err *);

/* The same again in another place, in one; seen gets what came of it. */
int	drill_physical_again(struct drill *, size_t i, char *seen, size_t,
	    struct err *);

/* Is the check of tables carried out?  One without other proof always is. */
bool	drill_checks_tables(const struct policy *, const struct snapshot *);

/* copy.c: one component, again; seen gets what was restored. */
int	drill_restore_part(struct drill *, size_t i, char *seen, size_t,
	    struct err *);

/* proof.c: one component; ERR_DAMAGED when it is not what it was. */
int	drill_prove_part(struct drill *, size_t i, char *seen, size_t,
	    struct err *);

/* proof.c: take each component of the copy again and compare. */
int	drill_prove(struct drill *, struct err *);

/* checks.c: where the restored things are. */
void	drill_place(struct drill *);

/* checks.c: all that the policy demands of the copy. */
int	drill_check(struct drill *, struct err *);

/* checks.c: a command beside the copy, recorded under this name. */
int	drill_command(struct drill *, const struct policy_check *,
	    const char *name, struct err *);

/* checks.c: record a check that could not be carried out, with why. */
int	drill_not_done(struct drill *, const char *name, const char *why,
	    struct err *);

/* rehearse.c: the migration, if the policy has one, and the way back. */
int	drill_rehearse(struct drill *, struct err *);

#endif
