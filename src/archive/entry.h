#ifndef ARCHIVE_ENTRY_H
#define ARCHIVE_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "archive/archive.h"

struct chunks;
struct err;
struct stream;

/*
 * What an entry of an archive is.  Paths are bytes, relative, without "." and
 * ".." parts, and never normalised.  No atime, ctime, inode or device number:
 * a restore could not reproduce them.
 */
struct entry {
	const char	*path;
	const char	*link;		/* target, or path of a hard link */
	bool		 hardlink;
	mode_t		 mode;		/* with the type's bits */
	uid_t		 uid;
	gid_t		 gid;
	const char	*user, *group;	/* names, or NULL */
	uint64_t	 size;		/* of a regular file's content */
	int64_t		 mtime_sec;
	long		 mtime_nsec;
	uint32_t	 rdev_major, rdev_minor;
	const struct xattr *xattrs;	/* sorted by name */
	size_t		 n_xattrs;
	/*
	 * POSIX.1e text, or NULL: ids as numbers, one comma between entries,
	 * in the order u::,u:N,g::,g:N,m::,o::.
	 */
	const char	*acl_access, *acl_default;
};

struct xattr {
	const char	*name;
	const void	*value;
	size_t		 len;
};

/*
 * A copy with all that it points to, in one piece of memory that free()
 * releases.
 */
struct entry	*entry_clone(const struct entry *, struct err *);

/*
 * Write entries into segments.  Small entries are gathered into one segment
 * until entry_writer_cut() is called; an entry whose size is not known before
 * its content was read is possible too (its header's chunk is made last and
 * listed first).  Finished segments go to the callback, in order.  After -1
 * nothing but entry_writer_free() may follow, but for an entry that does not
 * fit a tar header (ERR_UNSUPPORTED): then it is as if it was never added.
 */
struct entry_writer;

typedef int (*segment_fn)(void *cookie, const struct segment *, struct err *);

/* A writer whose segments go to the callback; the caller frees it. */
struct entry_writer	*entry_writer_new(struct chunks *, segment_fn,
			    void *cookie, struct err *);

/* An entry whose content (if any) is in memory. */
int	entry_writer_add(struct entry_writer *, const struct entry *,
	    const void *content, size_t, struct err *);

/* End the segment under construction, if any, and hand it on. */
int	entry_writer_cut(struct entry_writer *, struct err *);

/*
 * An entry of its own segment whose content comes in pieces: begin, write as
 * often as needed, end with the entry as it was found (its size is set to
 * what was written).  To begin again without an end forgets what was written;
 * so does entry_writer_forget().
 */
int	entry_writer_begin(struct entry_writer *, enum content, struct err *);
int	entry_writer_write(struct entry_writer *, const void *, size_t,
	    struct err *);
int	entry_writer_end(struct entry_writer *, const struct entry *,
	    struct err *);

/*
 * More content, that another thread wrote beside: as stream_join(), with 1, 0
 * (what was begun must be forgotten, or begun anew) and -1.
 */
int	entry_writer_join(struct entry_writer *, struct stream *later,
	    struct err *);
void	entry_writer_forget(struct entry_writer *);

/*
 * An entry of its own segment whose content was cut into chunks before:
 * content is the list of them, with the zeros that fill the last block of the
 * tar; the entry says its size, without those.
 */
int	entry_writer_put(struct entry_writer *, const struct entry *,
	    const struct refs *content, struct err *);
void	entry_writer_free(struct entry_writer *);

/*
 * Read the entries of one segment back.  entry_reader_next(): 1 with the
 * entry (borrowed until the next call), 0 at the end, -1.  Content follows by
 * entry_reader_read(): 1 with a borrowed run of bytes, 0 at its end, -1.
 *
 * Every byte was authenticated before it is seen here, and every field is
 * checked: names are relative and without "..", sizes and numbers possible.
 * ERR_DAMAGED when they are not, or when the segment does not hold exactly
 * the entries and bytes that it says.
 */
struct entry_reader;

struct entry_reader	*entry_reader_new(struct chunks *,
			    const struct segment *, struct err *);
int	entry_reader_next(struct entry_reader *, const struct entry **,
	    struct err *);
int	entry_reader_read(struct entry_reader *, const void **, size_t *,
	    struct err *);
void	entry_reader_free(struct entry_reader *);

#endif
