#ifndef STORE_DIR_LIST_H
#define STORE_DIR_LIST_H

#include "store/store.h"

/* store_list() of a checked prefix, below the open folder. */
int	dir_list_objects(int root, const char *prefix,
	    int (*each)(void *cookie, const struct store_info *, struct err *),
	    void *cookie, struct err *);

#endif
