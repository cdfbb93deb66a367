#ifndef ARCHIVE_ARCHIVE_H
#define ARCHIVE_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/id.h"
#include "pack/chunks.h"

struct err;

/*
 * An archive is a list of segments; a segment is a run of whole pax tar
 * entries, cut into chunks; all segments one after the other, and the two
 * zero blocks that end a tar, are the tar that muster-cat writes.
 *
 * The list of segments (the manifest) is a stream of chunks itself; the list
 * of its chunks too, until one chunk is left: the root.  Since every id is a
 * keyed digest of content, and nothing in an archive depends on when or where
 * it was taken, the root's id decides the whole content: the fingerprint is
 * the keyed digest of the root (muster-format(5)).
 */
struct archive_root {
	struct ref	top;		/* the one chunk at the top */
	uint32_t	depth;		/* 0: top is the manifest itself */
	uint64_t	entries;
	uint64_t	size;		/* bytes of tar, without the end */
	struct id	fingerprint;
};

#define ARCHIVE_PATH_MAX 65535

/* One segment of an archive. */
struct segment {
	char		*first, *last;	/* its lowest and highest path */
	uint64_t	 entries;
	uint64_t	 size;		/* bytes of tar */
	struct refs	 refs;
};

void	segment_init(struct segment *);
void	segment_drop(struct segment *);

/*
 * Write an archive: segments are added in order, from one thread at a time.
 */
struct archive_writer;

struct archive_writer	*archive_writer_new(struct chunks *, struct err *);
int	archive_writer_add(struct archive_writer *, const struct segment *,
	    struct err *);

/* End it; root is complete afterwards.  The chunks are not flushed. */
int	archive_writer_end(struct archive_writer *, struct archive_root *,
	    struct err *);
void	archive_writer_free(struct archive_writer *);

/*
 * Read an archive's list of segments.  archive_reader_next() fills a segment
 * that the caller drops: 1, 0 at the end, -1.  Opening checks the fingerprint
 * against the root; the end checks entries and size against what the segments
 * said.
 */
struct archive_reader;

struct archive_reader	*archive_reader_new(struct chunks *,
			    const struct archive_root *, struct err *);
int	archive_reader_next(struct archive_reader *, struct segment *,
	    struct err *);
void	archive_reader_free(struct archive_reader *);

/* Which of an archive's segments are wanted: is the i-th, from 0? */
struct segment_choice {
	bool		(*has)(const void *cookie, uint64_t i,
			    const struct segment *);
	const void	*cookie;	/* borrowed */
};

/* From now on the reader gives only those. */
void	archive_reader_choose(struct archive_reader *,
	    const struct segment_choice *);

/*
 * Write an archive of the segments that are wanted of another one: only the
 * manifest is read, and nothing of their content.  The same segments give the
 * same root, whatever was left out.
 */
int	archive_part(struct chunks *from, const struct archive_root *,
	    const struct segment_choice *, struct chunks *to,
	    struct archive_root *part, struct err *);

#endif
