#ifndef ARCHIVE_PLACE_INSIDE_H
#define ARCHIVE_PLACE_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "archive/apply.h"
#include "archive/inodes.h"
#include "archive/needs.h"
#include "archive/place.h"

/* A list of entries that wait for the end. */
struct pending {
	struct entry	**v;
	bool		 *parent_only;
	size_t		  n, size;
};

struct place {
	int			  target;
	const struct tree_restore_options *opt;
	struct apply		  apply;
	atomic_bool		  must_name;	/* no files without names */
	atomic_ullong		  serial;	/* of temporary names */
	pthread_mutex_t		  mutex;	/* for all that follows */
	struct tree_stats	 *stats;
	struct inodes		  files;	/* regular ones we put */
	struct inodes		  made;		/* folders we made */
	struct inodes		  torn;		/* files to be put again */
	struct needs		  again;	/* their names */
	struct pending		  links, folders;
};

/* Keep a copy of the entry for the end. */
int	place_later(struct place *, struct pending *, const struct entry *,
	    bool parent_only, struct err *);

/*
 * Open (O_PATH) the folder of that name, making what is missing of it.
 * ERR_EXISTS when something else is in its way.
 */
int	place_open_folder(struct place *, const char *name, struct err *);

/* Remember a regular file that is whole, and count it; was: it was there. */
int	place_remember(struct place *, int fd, const struct entry *, bool was,
	    struct err *);

/* Remember a file that lacks bytes. */
int	place_remember_torn(struct place *, const struct stat *,
	    struct err *);

/* As errno says: ERR_EXISTS when something is in the way, else ERR_SYSTEM. */
int	place_fail(const char *name, struct err *);

#endif
