#ifndef ARCHIVE_TREE_H
#define ARCHIVE_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "archive/archive.h"

struct err;
struct recorded;
struct stat_cache;
struct tree_part;

/* What could not be taken as it was, and why: sealed with the snapshot. */
enum tree_note_kind {
	TREE_UNREADABLE,	/* permission, I/O error: not in the archive */
	TREE_VANISHED,		/* gone between listing and reading */
	TREE_CHANGED,		/* changed while being read, after retries */
	TREE_SPECIAL,		/* a socket: cannot be archived (not exit 4) */
	TREE_OTHER_FS,		/* another file system: not entered (not 4) */
	TREE_DIFFERS		/* other content, same size and times */
};

struct tree_options {
	/* Folder that takes the place of "/": "/", or a drill's folder. */
	const char	 *root;
	/* Absolute paths of trees and files, as they are below root. */
	const char *const *paths;
	/*
	 * fnmatch patterns, or NULL: one without '/' matches a last part, one
	 * with '/' the whole path.
	 */
	const char *const *exclude;
	bool		  one_file_system;	/* do not enter other mounts */
	/*
	 * Record names of users and groups: then a copy restored on a host
	 * that has others is not equal.
	 */
	bool		  owner_names;
	void		(*note)(void *cookie, enum tree_note_kind,
			    const char *path, const char *why);
	void		 *cookie;
	/*
	 * Runs of entries that are in it and did not change since are taken
	 * over unread; NULL: everything is read.  Not with owner_names.
	 */
	struct stat_cache *cache;
	/* Owners that take the place of those found, or NULL. */
	const struct recorded *recorded;
	/*
	 * Only the entries of this part of an archive (sample.h), in runs as
	 * that has them: so equal entries give the root that archive_part()
	 * gives.  A path given need not exist then.  NULL: all; not with
	 * cache.
	 */
	const struct tree_part *part;
};

struct tree_stats {
	uint64_t	files, folders, others, bytes;
	uint64_t	unreadable, vanished, changed, special, differs;
	uint64_t	kept;		/* files that were there already */
};

/*
 * Take an archive of these trees: every path and its parent folders (with
 * their metadata), in byte order of the paths (folder before content).
 * Names in the archive are relative to root.  Hard links among the files are
 * kept; symlinks are taken as such and never followed, and no part of a path
 * below a given one may be one.  A path given that does not exist, or cannot be
 * read itself, is an error.  Regular files are opened O_NOFOLLOW and compared
 * (size, mtime, ctime) before and after; one that changed is read again up to
 * 3 times, then kept as read and noted.
 *
 * The note is called by the calling thread, in the order of the names.
 * Memory grows with the largest folder and with the files that have several
 * names, not with the trees.
 *
 * Deterministic: the same trees give the same root.
 */
int	tree_take(struct chunks *, const struct tree_options *,
	    struct archive_root *, struct tree_stats *, struct err *);

struct tree_restore_options {
	const char	 *target;	/* an existing folder */
	bool		  into_nonempty;	/* else it must be empty */
	/*
	 * It holds what an earlier restore put: what is there with the bytes
	 * of the archive stays, a file that lacks bytes is put again, anything
	 * else in the way is ERR_EXISTS.
	 */
	bool		  resume;
	bool		  owners;	/* set owners, make devices: root */
	bool		  sync;		/* on disk before it returns */
	/* gets the owners that are not ours, when they are not set; or NULL */
	struct recorded	 *recorded;
	const char *const *paths;	/* only these, see select.h, or NULL */
	/*
	 * Only the entries of this part of the archive, and the files that
	 * hard links among them need; or NULL.  Not with paths.
	 */
	const struct tree_part *part;
	void		(*note)(void *cookie, const char *path,
			    const char *why);
	void		 *cookie;
};

/*
 * Extract an archive below target.  Nothing is ever written outside: every
 * path is resolved beneath target without following a symlink (openat2);
 * absolute paths, "..", and hard links to what the archive did not put there
 * are ERR_DAMAGED.  Each file is written without a name and given it when all
 * its bytes were authenticated; folders get their metadata last.
 * Runs of zero blocks become holes.  An existing non-folder in the way is
 * ERR_EXISTS.  What could not be set (owner, xattr) is noted, never silent;
 * notes may come from any thread, one at a time.
 *
 * With paths, a hard link is restored even if its file is not among them, and
 * folders that lead there are given what the archive says only if they were
 * made.  A path that is not in the archive is ERR_ABSENT, after all else was
 * restored.
 *
 * On -1 what was put so far stays, but no part of a file.  Memory grows with
 * the folders and hard links (their names and attributes) and by about 12
 * bytes for each file.
 */
int	tree_restore(struct chunks *, const struct archive_root *,
	    const struct tree_restore_options *, struct tree_stats *,
	    struct err *);

/*
 * The archive, or only what these paths name or match (select.h), as one pax
 * tar to a descriptor, with its end.  Of a hard link whose file is not among
 * them, the content comes as well, at the end.  ERR_INPUT, when all else was
 * written, for a path that is not in the archive.
 */
int	archive_cat(struct chunks *, const struct archive_root *,
	    const char *const *paths, int fd, struct err *);

#endif
