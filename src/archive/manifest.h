#ifndef ARCHIVE_MANIFEST_H
#define ARCHIVE_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "archive/archive.h"

struct buf;
struct err;

#define MANIFEST_MAGIC		"muster archive 1"
#define MANIFEST_MAGIC_SIZE	((size_t)16)	/* without the NUL */
#define MANIFEST_REF_SIZE	((size_t)36)	/* id, length */
#define MANIFEST_DEPTH_MAX	8
#define MANIFEST_REFS_MAX	((uint32_t)1 << 24)	/* of one segment */

/* Append a reference as it is stored. */
int	manifest_add_ref(struct buf *, const struct ref *, struct err *);

/* What the root's fingerprint must be, by its other members. */
int	manifest_fingerprint(struct chunks *, const struct archive_root *,
	    struct id *, struct err *);

#endif
