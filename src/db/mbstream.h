#ifndef DB_MBSTREAM_H
#define DB_MBSTREAM_H

#include <stddef.h>
#include <stdint.h>

struct err;

/*
 * The stream that `mariadb-backup --stream=mbstream` writes, read from a
 * descriptor: pieces of files, in the order in which they were read, of
 * several files in turns.
 */
struct mbstream;

/* The longest name that it may have: the server's own limit. */
#define MBSTREAM_NAME_MAX 511

enum mbstream_kind {
	MBSTREAM_DATA,		/* bytes of the file, at offset; read them */
	MBSTREAM_END,		/* the file is whole */
	MBSTREAM_RENAME,	/* a whole file has another name: to */
	MBSTREAM_REMOVE		/* a whole file is gone */
};

struct mbstream_item {
	enum mbstream_kind	 kind;
	const char		*name, *to;	/* borrowed until the next */
	uint64_t		 offset, len;	/* of DATA */
};

/* Read from this descriptor, which stays the caller's. */
struct mbstream	*mbstream_new(int fd, struct err *);
void		 mbstream_free(struct mbstream *);

/*
 * The next item: 1, 0 where the stream ends between two items, -1.  All bytes
 * of a DATA item must have been read before.  Names are relative, without ".",
 * ".." and empty parts.  ERR_DAMAGED, with the offset, for what is no such
 * stream or ends within an item; ERR_UNSUPPORTED for an item of a kind that
 * we do not know or cannot keep.
 */
int	mbstream_next(struct mbstream *, struct mbstream_item *, struct err *);

/*
 * Bytes of the DATA item, borrowed until the next call: 1, 0 after the last
 * when its checksum was right, -1.
 */
int	mbstream_read(struct mbstream *, const void **, size_t *,
	    struct err *);

#endif
