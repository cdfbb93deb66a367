/*
 * Putting entries: each in its open folder, by the last part of its name.
 *
 * A regular file is written without a name (O_TMPFILE), and given one when all
 * of its bytes were authenticated and written and it has what its entry says;
 * the name must be free.  So a reader, and whoever comes after a failure or a
 * kill, finds whole files only, and nothing else.  Where a file system knows
 * no files without names, it is written under a temporary one, ours alone.
 */
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/entry.h"
#include "archive/name.h"
#include "archive/place_inside.h"
#include "archive/recorded.h"
#include "archive/sparse.h"
#include "archive/there.h"
#include "archive/within.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/intr.h"

#define CACHED 8		/* folders kept open */
#define TRIES_MAX 100
#define TMP_NAME_SIZE 32

struct cached {
	char		*name;
	int		 fd;
	unsigned long	 used;		/* when; 0: never */
};

struct placer {
	struct place	*place;
	struct cached	 cache[CACHED];
	unsigned long	 now;
};

struct placer *
placer_new(struct place *p, struct err *e)
{
	struct placer *r;
	size_t i;

	if ((r = calloc(1, sizeof(*r))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	r->place = p;
	for (i = 0; i < CACHED; i++)
		r->cache[i].fd = -1;
	return r;
}

void
placer_free(struct placer *r)
{
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < CACHED; i++) {
		free(r->cache[i].name);
		fd_drop(&r->cache[i].fd);
	}
	free(r);
}

static bool
is_folder_of(const char *folder, const char *name, size_t len)
{
	return folder != NULL && strncmp(folder, name, len) == 0 &&
	    folder[len] == '\0';
}

/* The open folder that this entry belongs in, borrowed. */
static int
folder_of(struct placer *r, const char *name, struct err *e)
{
	const char *base = name_base(name);
	size_t i, len = base == name ? 0 : (size_t)(base - name) - 1;
	struct cached *c = &r->cache[0];

	r->now++;
	for (i = 0; i < CACHED; i++) {
		if (is_folder_of(r->cache[i].name, name, len)) {
			r->cache[i].used = r->now;
			return r->cache[i].fd;
		}
		if (r->cache[i].used < c->used)
			c = &r->cache[i];
	}
	fd_drop(&c->fd);
	free(c->name);
	c->used = 0;
	if ((c->name = strndup(name, len)) == NULL)
		return err_memory(e);
	if ((c->fd = place_open_folder(r->place, c->name, e)) == -1) {
		free(c->name);
		c->name = NULL;
		return -1;
	}
	c->used = r->now;
	return c->fd;
}

/* Under a temporary name. */
static int
create_named(struct place *p, int folder, char name[TMP_NAME_SIZE])
{
	int fd = -1, i;

	for (i = 0; i < TRIES_MAX && fd == -1; i++) {
		(void)snprintf(name, TMP_NAME_SIZE, ".muster-%016llx",
		    atomic_fetch_add(&p->serial, 1));
		fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL |
		    O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd == -1 && errno != EEXIST)
			break;
	}
	if (fd == -1)
		name[0] = '\0';
	return fd;
}

/* Without a name, which is then "", if the file system can. */
static int
create(struct place *p, int folder, char name[TMP_NAME_SIZE])
{
	int fd;

	name[0] = '\0';
	if (!atomic_load(&p->must_name)) {
		fd = openat(folder, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC,
		    0600);
		if (fd != -1 || (errno != EOPNOTSUPP && errno != EISDIR &&
		    errno != EINVAL && errno != ENOENT))
			return fd;
		atomic_store(&p->must_name, true);
	}
	return create_named(p, folder, name);
}

/* Close the file; it has its own name then, which must be free. */
static int
give_name(int *fd, int folder, char tmp[TMP_NAME_SIZE], const char *base,
    struct err *e)
{
	char proc[WITHIN_PROC_MAX];
	bool named = tmp[0] != '\0';
	int rc;

	if (named && fd_close(fd, e) == -1)
		return -1;
	rc = named ? renameat2(folder, tmp, folder, base, RENAME_NOREPLACE) :
	    linkat(AT_FDCWD, within_proc(*fd, proc), folder, base,
	    AT_SYMLINK_FOLLOW);
	if (rc == -1)
		return errno != EEXIST ? err_sys(e, "name") : err_set(e,
		    ERR_EXISTS, "something else is in its place");
	tmp[0] = '\0';
	if (named || fd_close(fd, e) == 0)
		return 0;
	(void)unlinkat(folder, base, 0);	/* it may not be whole */
	return -1;
}

static int
write_content(int fd, struct entry_reader *content, struct err *e)
{
	struct sparse s;
	const void *data;
	size_t len;
	int more;

	sparse_init(&s, fd);
	while ((more = entry_reader_read(content, &data, &len, e)) == 1)
		if (intr_check(e) == -1 ||
		    sparse_write(&s, data, len, e) == -1)
			return -1;
	if (more == -1)
		return -1;
	return sparse_end(&s, e);
}

/* Write a file anew: its name must be free. */
static int
write_file(struct placer *r, int folder, const struct entry *en,
    struct entry_reader *content, struct err *e)
{
	struct place *p = r->place;
	char tmp[TMP_NAME_SIZE] = "";
	int fd, rc = -1;

	if ((fd = create(p, folder, tmp)) == -1)
		return err_sys(e, "create a file");
	if (write_content(fd, content, e) == 0) {
		apply_all(&p->apply, fd, false, en);
		if (place_remember(p, fd, en, false, e) == 0)
			rc = give_name(&fd, folder, tmp, name_base(en->path),
			    e);
	}
	fd_drop(&fd);
	if (tmp[0] != '\0')
		(void)unlinkat(folder, tmp, 0);
	return rc;
}

/* A file that lacks bytes is removed, and put when all others are there. */
static int
put_again(struct placer *r, int folder, const char *file,
    const struct entry *en, struct err *e)
{
	struct place *p = r->place;
	int rc;

	if (unlinkat(folder, name_base(en->path), 0) == -1)
		return err_sys(e, "remove what lacks bytes");
	(void)pthread_mutex_lock(&p->mutex);
	rc = needs_add(&p->again, file, en->path, e);
	(void)pthread_mutex_unlock(&p->mutex);
	return rc;
}

/* file is its name in the archive; en->path may be another. */
static int
put_file(struct placer *r, const char *file, const struct entry *en,
    struct entry_reader *content, struct err *e)
{
	enum there there = THERE_NOTHING;
	char text[NAME_TEXT_MAX];
	int folder, rc = -1;

	if ((folder = folder_of(r, en->path, e)) == -1)
		return -1;
	if (r->place->opt->resume)
		there = there_file(r->place, folder, en, content, e);
	switch (there) {
	case THERE_NOTHING: rc = write_file(r, folder, en, content, e); break;
	case THERE_SAME: rc = 0; break;
	case THERE_TORN: rc = put_again(r, folder, file, en, e); break;
	case THERE_OTHER: rc = err_set(e, ERR_EXISTS,
	    "something else is in its place"); break;
	case THERE_TROUBLE: break;
	}
	return rc == 0 ? 0 : err_add(e, "cannot restore %s",
	    name_format(en->path, text));
}

static void
count_other(struct place *p)
{
	(void)pthread_mutex_lock(&p->mutex);
	p->stats->others++;
	(void)pthread_mutex_unlock(&p->mutex);
}

/* After EEXIST, which stays in errno: is it what the entry says? */
static bool
is_there(const struct placer *r, int folder, const struct entry *en)
{
	int keep = errno;
	bool same = keep == EEXIST && r->place->opt->resume &&
	    there_other(folder, en) == THERE_SAME;

	errno = keep;
	return same;
}

static int
put_symlink(struct placer *r, const struct entry *en, struct err *e)
{
	const char *base = name_base(en->path);
	int folder;

	if ((folder = folder_of(r, en->path, e)) == -1)
		return -1;
	if (symlinkat(en->link, folder, base) == -1 &&
	    !is_there(r, folder, en))
		return place_fail(en->path, e);
	apply_symlink(&r->place->apply, folder, base, en);
	count_other(r->place);
	return 0;
}

/* Devices and fifos. */
static int
put_special(struct placer *r, const struct entry *en, struct err *e)
{
	const struct apply *how = &r->place->apply;
	const char *base = name_base(en->path);
	int folder, fd;

	if (!S_ISFIFO(en->mode) && !how->owners) {
		how->note(how->cookie, en->path, "a device, not made", 0);
		return 0;
	}
	if ((folder = folder_of(r, en->path, e)) == -1)
		return -1;
	if (mknodat(folder, base, (en->mode & S_IFMT) | 0600,
	    makedev(en->rdev_major, en->rdev_minor)) == -1 &&
	    !is_there(r, folder, en)) {
		if (errno != EPERM)
			return place_fail(en->path, e);
		how->note(how->cookie, en->path,
		    "a device, could not be made", errno);
		return 0;
	}
	if ((fd = within_open(folder, base, O_PATH)) == -1)
		return place_fail(en->path, e);
	apply_all(how, fd, true, en);
	fd_drop(&fd);
	count_other(r->place);
	return 0;
}

static int
put_folder(struct placer *r, const struct entry *en, bool parent_only,
    struct err *e)
{
	struct place *p = r->place;
	int fd;

	if (!parent_only) {
		if ((fd = place_open_folder(p, en->path, e)) == -1)
			return -1;
		fd_drop(&fd);
	}
	return place_later(p, &p->folders, en, parent_only, e);
}

int
placer_put(struct placer *r, const struct entry *en,
    struct entry_reader *content, bool parent_only, struct err *e)
{
	struct recorded *owners = r->place->opt->recorded;

	if (owners != NULL && (en->uid != geteuid() ||
	    en->gid != getegid()) && recorded_add(owners, en->path, en->uid,
	    en->gid, e) == -1)
		return -1;
	if (en->hardlink)
		return place_later(r->place, &r->place->links, en, false, e);
	if (S_ISDIR(en->mode))
		return put_folder(r, en, parent_only, e);
	assert(!parent_only);
	if (S_ISLNK(en->mode))
		return put_symlink(r, en, e);
	if (S_ISREG(en->mode))
		return put_file(r, en->path, en, content, e);
	return put_special(r, en, e);
}

int
placer_put_as(struct placer *r, const char *name, const struct entry *en,
    struct entry_reader *content, struct err *e)
{
	struct entry as = *en;

	as.path = name;
	return put_file(r, en->path, &as, content, e);
}
