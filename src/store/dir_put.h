#ifndef STORE_DIR_PUT_H
#define STORE_DIR_PUT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "store/store.h"

#define DIR_PUT_KNOWN_MAX 1024

/* The writing half of a directory store; all but the mutex is guarded by it. */
struct dir_put {
	int		 root;		/* borrowed */
	bool		 direct;	/* large ones past the page cache */
	int		 tmp;		/* .tmp, or -1 until the first put */
	pthread_mutex_t	 mutex;
	char		*known[DIR_PUT_KNOWN_MAX];	/* durable folders */
	size_t		 n_known;
};

/* Ready for the store whose folder is open as root, which is borrowed. */
int	dir_put_init(struct dir_put *, int root, struct err *);
void	dir_put_drop(struct dir_put *);

/* store_put() and store_put_given() of a checked name. */
enum store_put_result	dir_put_object(struct dir_put *, const char *name,
			    const void *, size_t, struct err *);
enum store_put_result	dir_put_given(struct dir_put *, const char *name,
			    const struct store_giver *, struct err *);

#endif
