#ifndef TESTS_TREE_KIT_H
#define TESTS_TREE_KIT_H

#include <stddef.h>

#include "archive/tree.h"
#include "live_chunks.h"

struct scratch;

/*
 * Trees in a temporary folder: src and dst, both empty, and a store.  Every
 * call fails the test when it cannot.
 */
struct tree_kit {
	struct live_chunks	 live;
	struct scratch		*scratch;
	char			 src[256], dst[256];
	struct archive_root	 root;		/* of the last take */
	struct tree_stats	 stats;		/* of the last call */
	char			 notes[8192];	/* "kind name: why\n" */
};

void	tree_kit_open(struct tree_kit *);
void	tree_kit_close(struct tree_kit *);

/* Run a line of shell; $src and $dst are set; it must exit 0. */
void	tree_kit_sh(struct tree_kit *, const char *line);

/* src/name with this content; its folders are made. */
void	tree_kit_file(struct tree_kit *, const char *name, const void *,
	    size_t);

/* Take src (its name in the archive is "src"); flushed. */
void	tree_kit_take(struct tree_kit *);

/* Options that take src: fill what differs, then tree_kit_take_as(). */
struct tree_options	tree_kit_options(struct tree_kit *);
void	tree_kit_take_as(struct tree_kit *, const struct tree_options *);

/* Restore into dst with these options or, NULL, all as root would. */
struct tree_restore_options	tree_kit_restore_options(struct tree_kit *);
int	tree_kit_restore(struct tree_kit *,
	    const struct tree_restore_options *, struct err *);

/* dst/src must be src, down to every attribute, as rsync sees it. */
void	tree_kit_same(struct tree_kit *);

#endif
