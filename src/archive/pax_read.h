#ifndef ARCHIVE_PAX_READ_H
#define ARCHIVE_PAX_READ_H

#include <stddef.h>

#include "archive/entry.h"
#include "base/buf.h"

struct archive_entry;
struct err;

/*
 * What libarchive read of a tar header, as an entry: checked, its extended
 * attributes sorted, its access control lists as text.  Strings are borrowed
 * from the header or live in here.
 */
struct pax_view {
	struct entry	 entry;
	struct buf	 path;
	struct buf	 acl_access, acl_default;
	struct xattr	*xattrs;
	size_t		 size;		/* room in xattrs */
};

void	pax_view_init(struct pax_view *);
void	pax_view_drop(struct pax_view *);

/* ERR_DAMAGED for what muster never writes. */
int	pax_view_set(struct pax_view *, struct archive_entry *, struct err *);

#endif
