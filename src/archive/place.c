/*
 * The place of a restore.
 *
 * What keeps everything inside of it: every name was checked by name_check(),
 * every folder is opened by openat2(2) beneath the target and through no
 * symlink, and entries are made in an open folder by their last part alone,
 * with calls that never follow what is there nor replace it (src/README.md,
 * decision 14).
 *
 * Folders are made as they are needed, with mode 0700 until the end, so that
 * it does not matter in which order threads come to their entries.  What they
 * are given waits for the end: their time would change with each entry, and
 * their mode may not let us in any more.
 */
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/xattr.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/entry.h"
#include "archive/listing.h"
#include "archive/name.h"
#include "archive/place_inside.h"
#include "archive/within.h"
#include "base/err.h"
#include "base/fd.h"

static void
note(void *cookie, const char *name, const char *what, int sys)
{
	struct place *p = cookie;
	char why[512];

	if (p->opt->note == NULL)
		return;
	(void)snprintf(why, sizeof(why), "%s%s%s", what,
	    sys == 0 ? "" : ": ", sys == 0 ? "" : strerror(sys));
	(void)pthread_mutex_lock(&p->mutex);
	p->opt->note(p->opt->cookie, name, why);
	(void)pthread_mutex_unlock(&p->mutex);
}

static int
check_empty(struct place *p, struct err *e)
{
	struct listing l;
	int fd = -1, rc = -1;

	listing_init(&l);
	if ((fd = within_open_read(p->target, "", O_DIRECTORY)) == -1)
		(void)err_sys(e, "cannot read %s", p->opt->target);
	else if (listing_read(&l, fd, e) == -1)
		(void)err_add(e, "cannot read %s", p->opt->target);
	else if (l.n > 0)
		(void)err_set(e, ERR_EXISTS, "%s is not empty",
		    p->opt->target);
	else
		rc = 0;
	listing_drop(&l);
	fd_drop(&fd);
	return rc;
}

static bool
has_default_acl(const struct place *p)
{
	char path[WITHIN_PROC_MAX];

	return getxattr(within_proc(p->target, path),
	    "system.posix_acl_default", NULL, 0) > 0;
}

struct place *
place_new(const struct tree_restore_options *opt, struct tree_stats *stats,
    struct err *e)
{
	struct place *p;
	struct timespec now;

	if ((p = calloc(1, sizeof(*p))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	p->opt = opt;
	p->stats = stats;
	(void)pthread_mutex_init(&p->mutex, NULL);
	inodes_init(&p->files);
	inodes_init(&p->made);
	inodes_init(&p->torn);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	atomic_init(&p->must_name, false);
	atomic_init(&p->serial, (unsigned long long)now.tv_nsec << 20);
	p->target = open(opt->target, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (p->target == -1)
		(void)err_sys(e, "%s", opt->target);
	else if (opt->into_nonempty || opt->resume ||
	    check_empty(p, e) == 0) {
		p->apply = (struct apply){
			.owners = opt->owners, .note = note, .cookie = p,
			.may_inherit = opt->into_nonempty || opt->resume ||
			    has_default_acl(p),
		};
		return p;
	}
	place_free(p);
	return NULL;
}

static void
drop_pending(struct pending *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	free(l->parent_only);
}

void
place_free(struct place *p)
{
	if (p == NULL)
		return;
	fd_drop(&p->target);
	inodes_drop(&p->files);
	inodes_drop(&p->made);
	inodes_drop(&p->torn);
	needs_drop(&p->again);
	drop_pending(&p->links);
	drop_pending(&p->folders);
	(void)pthread_mutex_destroy(&p->mutex);
	free(p);
}

static int
grow(struct pending *l, struct err *e)
{
	size_t size = l->size == 0 ? 64 : l->size * 2;
	void *v;

	if (l->n < l->size)
		return 0;
	if ((v = reallocarray(l->v, size, sizeof(*l->v))) == NULL)
		return err_memory(e);
	l->v = v;
	v = reallocarray(l->parent_only, size, sizeof(*l->parent_only));
	if (v == NULL)
		return err_memory(e);
	l->parent_only = v;
	l->size = size;
	return 0;
}

int
place_later(struct place *p, struct pending *l, const struct entry *en,
    bool parent_only, struct err *e)
{
	struct entry *copy;
	int rc;

	if ((copy = entry_clone(en, e)) == NULL)
		return -1;
	(void)pthread_mutex_lock(&p->mutex);
	if ((rc = grow(l, e)) == 0) {
		l->parent_only[l->n] = parent_only;
		l->v[l->n++] = copy;
		copy = NULL;		/* the list has it now */
	}
	(void)pthread_mutex_unlock(&p->mutex);
	free(copy);
	return rc;
}

int
place_remember(struct place *p, int fd, const struct entry *en, bool was,
    struct err *e)
{
	struct stat st;
	int rc;

	if (fstat(fd, &st) == -1)
		return err_sys(e, "stat");
	(void)pthread_mutex_lock(&p->mutex);
	rc = inodes_add(&p->files, &st, e);
	p->stats->files++;
	p->stats->bytes += en->size;
	p->stats->kept += was;
	(void)pthread_mutex_unlock(&p->mutex);
	return rc;
}

int
place_remember_torn(struct place *p, const struct stat *st, struct err *e)
{
	int rc;

	(void)pthread_mutex_lock(&p->mutex);
	rc = inodes_add(&p->torn, st, e);
	(void)pthread_mutex_unlock(&p->mutex);
	return rc;
}

struct needs *
place_torn(struct place *p)
{
	return &p->again;
}

int
place_fail(const char *name, struct err *e)
{
	char text[NAME_TEXT_MAX];

	switch (errno) {
	case ELOOP: case ENOTDIR: case EEXIST: case EISDIR: case ENOTEMPTY:
		return err_set(e, ERR_EXISTS, "cannot restore %s: something "
		    "else is in its place", name_format(name, text));
	default:
		return err_sys(e, "cannot restore %s",
		    name_format(name, text));
	}
}

/* Open a folder in an open one, made if need be; -1 with errno. */
static int
open_or_make(struct place *p, int in, const char *part, struct err *e)
{
	struct stat st;
	bool made;
	int fd, rc;

	made = mkdirat(in, part, 0700) == 0;
	if (!made && errno != EEXIST)
		return -1;
	fd = within_open(in, part, O_PATH | O_DIRECTORY);
	if (fd == -1 || !made)
		return fd;
	if (fstat(fd, &st) == -1) {
		fd_drop(&fd);
		return -1;
	}
	(void)pthread_mutex_lock(&p->mutex);
	rc = inodes_add(&p->made, &st, e);
	(void)pthread_mutex_unlock(&p->mutex);
	if (rc == -1) {
		fd_drop(&fd);
		errno = ENOMEM;
	}
	return fd;
}

/* The innermost folder on the way that is there; *rest is what is not. */
static int
open_existing(const struct place *p, const char *name, const char **rest)
{
	size_t len = strlen(name);
	char *path;
	int fd = -1;

	if ((path = strdup(name)) == NULL)
		return -1;
	do {
		while (len > 0 && path[len - 1] != '/')
			len--;
		path[len > 0 ? len - 1 : 0] = '\0';
		fd = within_open(p->target, path, O_PATH | O_DIRECTORY);
		*rest = name + len;
		len -= len > 0;
	} while (fd == -1 && errno == ENOENT && *rest != name);
	free(path);
	return fd;
}

/* The long way: part by part. */
static int
make_folders(struct place *p, const char *name, struct err *e)
{
	char part[NAME_MAX + 1];
	int at, fd;
	size_t len;

	if ((at = open_existing(p, name, &name)) == -1)
		return -1;
	for (;; name += len + 1) {
		len = strcspn(name, "/");
		if (len > NAME_MAX) {
			fd_drop(&at);
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(part, name, len);
		part[len] = '\0';
		fd = open_or_make(p, at, part, e);
		fd_drop(&at);
		if (fd == -1 || name[len] == '\0')
			return fd;
		at = fd;
	}
}

int
place_open_folder(struct place *p, const char *name, struct err *e)
{
	int fd;

	fd = within_open(p->target, name, O_PATH | O_DIRECTORY);
	if (fd == -1 && errno == ENOENT)
		fd = make_folders(p, name, e);
	if (fd == -1)
		(void)place_fail(name, e);
	return fd;
}

int
place_sync(struct place *p, struct err *e)
{
	int fd, rc = -1;

	if ((fd = within_open_read(p->target, "", O_DIRECTORY)) == -1 ||
	    syncfs(fd) == -1)
		(void)err_sys(e, "sync %s", p->opt->target);
	else
		rc = 0;
	fd_drop(&fd);
	return rc;
}
