/*
 * The store in a directory.  The directory is opened once; everything else
 * goes through that descriptor and openat2 (beneath.c), so that neither a
 * renamed path nor a symlink in the store leads a command elsewhere.
 * Writing is in dir_put.c, listing in dir_list.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/file.h"
#include "store/beneath.h"
#include "store/dir.h"
#include "store/dir_list.h"
#include "store/dir_put.h"
#include "store/direct.h"
#include "store/health.h"
#include "store/store.h"

struct dir {
	int		root;
	struct dir_put	put;
};

static enum store_put_result
put(void *self, const char *name, const void *data, size_t len,
    const struct id *sha256, struct err *e)
{
	struct dir *d = self;

	(void)sha256;			/* nothing to sign, nothing to send */
	return dir_put_object(&d->put, name, data, len, e);
}

static enum store_put_result
put_given(void *self, const char *name, const struct store_giver *giver,
    struct err *e)
{
	struct dir *d = self;

	return dir_put_given(&d->put, name, giver, e);
}

static int
get(void *self, const char *name, uint64_t offset, size_t len, void *out,
    struct err *e)
{
	const struct dir *d = self;
	size_t done = 0;
	struct stat st;
	int fd, rc;

	/* a FIFO in the store must not stop us */
	fd = beneath_open_object(d->root, name, O_RDONLY | O_NONBLOCK, &st, e);
	if (fd == -1)
		return -1;
	if (offset > (uint64_t)st.st_size ||
	    len > (uint64_t)st.st_size - offset)
		rc = err_set(e, ERR_DAMAGED, "it has %lld bytes, wanted were "
		    "%zu at %llu", (long long)st.st_size, len,
		    (unsigned long long)offset);
	else {
		if (d->put.direct)
			done = direct_read(fd, out, len, offset);
		rc = fd_pread(fd, (uint8_t *)out + done, len - done,
		    offset + done, e);
	}
	fd_drop(&fd);
	return rc;
}

static int
head(void *self, const char *name, struct store_info *info, struct err *e)
{
	const struct dir *d = self;
	struct stat st;
	int fd;

	/* O_PATH asks for no right to read it */
	if ((fd = beneath_open_object(d->root, name, O_PATH, &st, e)) == -1)
		return -1;
	fd_drop(&fd);
	*info = (struct store_info){
		.size = (uint64_t)st.st_size,
		.mtime = (int64_t)st.st_mtim.tv_sec * 1000000000 +
		    st.st_mtim.tv_nsec,
	};
	memcpy(info->name, name, strlen(name) + 1);	/* checked by store.c */
	return 0;
}

static int
list(void *self, const char *prefix,
    int (*each)(void *, const struct store_info *, struct err *), void *cookie,
    struct err *e)
{
	const struct dir *d = self;

	return dir_list_objects(d->root, prefix, each, cookie, e);
}

static int
drop(void *self, const char *name, struct err *e)
{
	const struct dir *d = self;
	const char *base;
	int folder, rc = -1;

	folder = beneath_open_parent(d->root, name, &base, e);
	if (folder == -1)
		return -1;
	if (unlinkat(folder, base, 0) == 0)
		rc = fd_sync(folder, e);
	else if (errno == ENOENT || errno == EISDIR)
		(void)err_set(e, ERR_ABSENT, "there is no such object");
	else
		(void)beneath_error(e, "unlink");
	fd_drop(&folder);
	return rc;
}

/* Only the owner of a folder may remove from it, and we made it. */
static int
look(void *self, struct store_health *h, struct err *e)
{
	const struct dir *d = self;
	struct statvfs v;
	struct stat st;

	if (beneath_check(d->root, e) == -1)
		return -1;
	if (fstat(d->root, &st) == -1 || fstatvfs(d->root, &v) == -1)
		return err_sys(e, "stat");
	h->device = st.st_dev;
	h->free_bytes = (uint64_t)v.f_bavail * v.f_frsize;
	h->private = (st.st_mode & 077) == 0 ? HEALTH_YES : HEALTH_NO;
	h->removable = faccessat(d->root, ".", W_OK, AT_EACCESS) == 0 ?
	    HEALTH_YES : HEALTH_NO;
	return 0;
}

static void
dir_close(void *self)
{
	struct dir *d = self;

	dir_put_drop(&d->put);
	fd_drop(&d->root);
	free(d);
}

static const struct store_driver driver = {
	.put = put,
	.put_given = put_given,
	.get = get,
	.head = head,
	.list = list,
	.remove = drop,
	.look = look,
	.close = dir_close,
};

static int
root_open(const char *path, struct err *e)
{
	int fd;

	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd != -1)
		return fd;
	if (errno == ENOENT)
		return err_set(e, ERR_ABSENT, "there is no such directory");
	return beneath_error(e, "open");
}

struct store *
dir_open(const char *path, bool unread, struct err *e)
{
	struct store *s = NULL;
	struct dir *d;

	if ((d = malloc(sizeof(*d))) == NULL) {
		(void)err_memory(e);
		goto done;
	}
	if ((d->root = root_open(path, e)) == -1) {
		free(d);
		goto done;
	}
	if (dir_put_init(&d->put, d->root, e) == -1) {
		fd_drop(&d->root);
		free(d);
		goto done;
	}
	d->put.direct = unread;
	s = store_wrap(&driver, d, path, e);
done:
	if (s == NULL)
		(void)err_add(e, "cannot open store %s", path);
	return s;
}

int
dir_create(const char *path, struct err *e)
{
	int fd;

	if (file_mkdirs(path, 0700, e) == -1 || (fd = root_open(path, e)) == -1)
		return err_add(e, "cannot make store %s", path);
	fd_drop(&fd);
	return 0;
}
