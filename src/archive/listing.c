/*
 * A folder's names, all of them at once: an archive's order is not the
 * order in which a file system keeps them.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/listing.h"
#include "base/err.h"
#include "base/fd.h"

#define POOL_MAX ((size_t)1 << 31)

void
listing_init(struct listing *l)
{
	*l = (struct listing){ .n = 0 };
	buf_init(&l->pool, POOL_MAX);
}

void
listing_drop(struct listing *l)
{
	buf_drop(&l->pool);
	free(l->names);
	listing_init(l);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
sort(struct listing *l, struct err *e)
{
	const char *p = (const char *)l->pool.data;
	size_t i;

	if (l->n == 0)
		return 0;
	if ((l->names = calloc(l->n, sizeof(*l->names))) == NULL)
		return err_memory(e);
	for (i = 0; i < l->n; i++) {
		l->names[i] = p;
		p += strlen(p) + 1;
	}
	qsort(l->names, l->n, sizeof(*l->names), compare);
	return 0;
}

static int
read_all(struct listing *l, DIR *d, struct err *e)
{
	const struct dirent *x;

	for (;;) {
		errno = 0;
		if ((x = readdir(d)) == NULL)
			break;
		if (strcmp(x->d_name, ".") == 0 ||
		    strcmp(x->d_name, "..") == 0)
			continue;
		if (buf_add(&l->pool, x->d_name, strlen(x->d_name) + 1,
		    e) == -1)
			return -1;
		l->n++;
	}
	return errno == 0 ? 0 : err_sys(e, "list the folder");
}

int
listing_read(struct listing *l, int folder, struct err *e)
{
	DIR *d = NULL;
	int fd = -1, rc = -1;

	if ((fd = fcntl(folder, F_DUPFD_CLOEXEC, 3)) == -1 ||
	    (d = fdopendir(fd)) == NULL) {
		(void)err_sys(e, "list the folder");
		goto done;
	}
	fd = -1;			/* the stream has it now */
	if (read_all(l, d, e) == 0)
		rc = sort(l, e);
done:
	if (d != NULL)
		(void)closedir(d);	/* it was only read */
	fd_drop(&fd);
	return rc;
}
