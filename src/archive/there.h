#ifndef ARCHIVE_THERE_H
#define ARCHIVE_THERE_H

#include <stdbool.h>

struct entry;
struct entry_reader;
struct err;
struct place;

/* What a restore that goes on finds at the name of an entry. */
enum there {
	THERE_TROUBLE = -1,
	THERE_NOTHING,
	THERE_SAME,		/* what the archive says, and it has it all */
	THERE_TORN,		/* the same, but bytes of it are lost */
	THERE_OTHER		/* somebody else's */
};

/*
 * A regular file, compared byte by byte with the content of the entry.  The
 * same content is given what the entry says and counts as put.  What the
 * reader has left of the content is of no use afterwards.
 */
enum there	there_file(struct place *, int folder, const struct entry *,
		    struct entry_reader *, struct err *);

/* A symlink, device or fifo: is it what the entry says?  It is only seen. */
enum there	there_other(int folder, const struct entry *);

/* Another name of the open file, or of one that was torn? */
enum there	there_link(const struct place *, int folder, const char *base,
		    int file);

/*
 * Remove the temporary files that a restore which was killed left in this
 * folder, where the file system knows no files without names.
 */
int	there_sweep(const struct place *, const char *folder, struct err *);

#endif
