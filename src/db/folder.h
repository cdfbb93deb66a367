#ifndef DB_FOLDER_H
#define DB_FOLDER_H

#include <stdbool.h>

struct err;

/* A folder or file that is open for reading; all of it is borrowed. */
struct folder_member {
	const char	*name;		/* its path below the folder, or "" */
	int		 fd;
	bool		 is_folder;
};

/*
 * Call each() for the folder itself and for everything below it, folders
 * before what is in them; its -1 ends the walk.  Only folders, at most 8 deep,
 * and regular files may be there: ERR_UNSUPPORTED else.
 */
int	folder_walk(const char *path, int (*each)(void *cookie,
	    const struct folder_member *, struct err *), void *cookie,
	    struct err *);

#endif
