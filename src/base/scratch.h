#ifndef BASE_SCRATCH_H
#define BASE_SCRATCH_H

#include <sys/types.h>

struct err;
struct scratch;

/*
 * A throwaway folder (mode 0700) named muster-scratch-XXXXXX below parent,
 * which must exist.  The folder itself is flocked as long as its maker lives;
 * once scratch_note() was called it holds a file `.pids` with the processes
 * that belong to it.
 *
 * Making one first sweeps parent: folders of that name whose lock is free
 * were left by a run that was killed; their noted processes are killed (only
 * if the process's environment still says that it belongs to the folder) and
 * the folders removed.  Folders of other users are swept by root only.
 */
struct scratch	*scratch_new(const char *parent, struct err *);

/* Its absolute path, borrowed. */
const char	*scratch_path(const struct scratch *);

/*
 * Note a process that must not survive the folder.  It must have been
 * started with MUSTER_SCRATCH=<path> in its environment.
 */
int		 scratch_note(struct scratch *, pid_t, struct err *);

/* Kill what was noted, remove it and all below; accepts NULL. */
void		 scratch_free(struct scratch *);

/*
 * Only the sweep: how many were removed, or -1 when some could not be (the
 * others were).
 */
int		 scratch_sweep(const char *parent, struct err *);

#endif
