#ifndef TESTS_RAW_TAR_H
#define TESTS_RAW_TAR_H

#include <stddef.h>

struct archive_root;
struct buf;
struct chunks;
struct segment;

/*
 * Tar entries made by hand, so that they can say what muster never would.
 * type is the typeflag: '0' file, '1' hard link, '2' symlink, '5' folder...
 */
void	raw_tar_add(struct buf *, char type, const char *name,
	    const char *link, const void *content, size_t);

/* An archive of one segment of these bytes; every call must succeed. */
void	raw_tar_archive(struct chunks *, const struct buf *, size_t entries,
	    struct archive_root *);

/* The segment alone. */
void	raw_tar_segment(struct chunks *, const struct buf *, size_t entries,
	    struct segment *);

#endif
