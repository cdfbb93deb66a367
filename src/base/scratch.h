#ifndef BASE_SCRATCH_H
#define BASE_SCRATCH_H

struct err;
struct scratch;

/*
 * A throwaway folder (mode 0700) named muster-scratch-XXXXXX below parent,
 * which must exist.  The folder itself is flocked as long as its maker lives.
 * The processes that have MUSTER_SCRATCH=<path> in their environment are the
 * folder's, and must not outlive it.
 *
 * Making one first sweeps parent: folders of that name whose lock is free
 * were left by a run that was killed; their processes are killed and they are
 * removed.  Folders of other users are swept by root only.
 */
struct scratch	*scratch_new(const char *parent, struct err *);

/* Its absolute path, borrowed. */
const char	*scratch_path(const struct scratch *);

/* Kill its processes, remove it and all below; accepts NULL. */
void		 scratch_free(struct scratch *);

/*
 * Only the sweep: how many were removed, or -1 when some could not be (the
 * others were).
 */
int		 scratch_sweep(const char *parent, struct err *);

#endif
