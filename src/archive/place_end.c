/*
 * The end of a restore: hard links, then folders.
 *
 * A hard link may only name a regular file that this restore has put: it is
 * opened beneath the target, and the open file, whatever its name leads to by
 * now, must be one of those we remember; it is that open file that is linked.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/entry.h"
#include "archive/name.h"
#include "archive/place_inside.h"
#include "archive/there.h"
#include "archive/within.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/intr.h"

/* Open what a hard link names; it must be one of ours. */
static int
open_linked(const struct place *p, const struct entry *en, struct err *e)
{
	char name[NAME_TEXT_MAX], file[NAME_TEXT_MAX];
	struct stat st;
	int fd;

	fd = within_open(p->target, en->link, O_PATH);
	if (fd != -1 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    inodes_have(&p->files, &st))
		return fd;
	fd_drop(&fd);
	return err_set(e, ERR_DAMAGED, "cannot restore %s: it is a hard link "
	    "to %s, which is no file of the archive",
	    name_format(en->path, name), name_format(en->link, file));
}

static int
make_link(struct place *p, const struct entry *en, struct err *e)
{
	char proc[WITHIN_PROC_MAX], *parent = NULL;
	const char *base = name_base(en->path);
	enum there there = THERE_NOTHING;
	int file = -1, folder = -1, rc = -1;

	parent = strndup(en->path, base == en->path ? 0
	    : (size_t)(base - en->path) - 1);
	if (parent == NULL) {
		(void)err_memory(e);
		goto done;
	}
	if ((file = open_linked(p, en, e)) == -1 ||
	    (folder = place_open_folder(p, parent, e)) == -1)
		goto done;
	if (p->opt->resume)
		there = there_link(p, folder, base, file);
	if (there == THERE_TORN && unlinkat(folder, base, 0) == -1) {
		(void)place_fail(en->path, e);
		goto done;
	}
	if (there != THERE_SAME && linkat(AT_FDCWD, within_proc(file, proc),
	    folder, base, AT_SYMLINK_FOLLOW) == -1) {
		(void)place_fail(en->path, e);
		goto done;
	}
	p->stats->kept += there == THERE_SAME;
	rc = 0;
done:
	fd_drop(&folder);
	fd_drop(&file);
	free(parent);
	return rc;
}

/*
 * A folder that only leads to what was wanted is not there when nothing was
 * found in it, and is given something only if we made it.
 */
static int
finish_folder(struct place *p, const struct entry *en, bool parent_only,
    struct err *e)
{
	struct stat st;
	int fd;

	fd = within_open(p->target, en->path, O_PATH | O_DIRECTORY);
	if (fd == -1 && parent_only && errno == ENOENT)
		return 0;
	if (fd == -1 || fstat(fd, &st) == -1) {
		(void)place_fail(en->path, e);
		fd_drop(&fd);
		return -1;
	}
	if (!parent_only || inodes_have(&p->made, &st)) {
		if (p->opt->resume && there_sweep(p, en->path, e) == -1) {
			fd_drop(&fd);
			return -1;
		}
		apply_all(&p->apply, fd, true, en);
		p->stats->folders++;
	}
	fd_drop(&fd);
	return 0;
}

struct folder {
	const struct entry	*en;
	bool			 parent_only;
};

static int
inner_first(const void *a, const void *b)
{
	const struct folder *x = a, *y = b;

	return name_compare(y->en->path, x->en->path);
}

static int
finish_folders(struct place *p, struct err *e)
{
	const struct pending *l = &p->folders;
	struct folder *v;
	size_t i;
	int rc = -1;

	if (l->n == 0)
		return 0;
	if ((v = calloc(l->n, sizeof(*v))) == NULL) {
		(void)err_memory(e);
		goto done;
	}
	for (i = 0; i < l->n; i++)
		v[i] = (struct folder){ l->v[i], l->parent_only[i] };
	qsort(v, l->n, sizeof(*v), inner_first);
	for (i = 0; i < l->n; i++)
		if (intr_check(e) == -1 || finish_folder(p, v[i].en,
		    v[i].parent_only, e) == -1)
			goto done;
	rc = 0;
done:
	free(v);
	return rc;
}

int
place_finish(struct place *p, struct err *e)
{
	size_t i;

	for (i = 0; i < p->links.n; i++)
		if (intr_check(e) == -1 ||
		    make_link(p, p->links.v[i], e) == -1)
			return -1;
	p->stats->files += p->links.n;
	return finish_folders(p, e);
}

int
place_each_link(struct place *p, int (*each)(void *, const char *,
    const char *, struct err *), void *cookie, struct err *e)
{
	const struct entry *en;
	size_t i;

	for (i = 0; i < p->links.n; i++) {
		en = p->links.v[i];
		if (each(cookie, en->path, en->link, e) == -1)
			return -1;
	}
	return 0;
}

bool
place_has(const struct place *p, const char *name)
{
	struct stat st;
	int fd = within_open(p->target, name, O_PATH);
	bool has = fd != -1 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);

	fd_drop(&fd);
	return has;
}

/*
 * The first link that waits under the new name is the file itself by now; the
 * others are links to it.
 */
int
place_relink(struct place *p, const char *file, const char *now,
    struct err *e)
{
	struct entry *en, moved;
	size_t i, n = 0;

	for (i = 0; i < p->links.n; i++) {
		en = p->links.v[i];
		if (strcmp(en->link, file) == 0) {
			if (strcmp(en->path, now) == 0) {
				free(en);
				continue;
			}
			moved = *en;
			moved.link = now;
			if ((en = entry_clone(&moved, e)) == NULL)
				return -1;
			free(p->links.v[i]);
		}
		p->links.v[n++] = en;
	}
	p->links.n = n;
	return 0;
}
