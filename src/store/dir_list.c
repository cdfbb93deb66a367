/*
 * Lists a tree of folders in byte order of the full names, in memory that
 * does not grow with the tree: each folder is read in pages of its smallest
 * names that were not seen yet.  A folder takes part in the order as "name/",
 * since "a.b" < "a/x" < "a0".
 *
 * What is no object of ours is passed over: names a store cannot hold (.tmp,
 * lost+found), symlinks, special files.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "store/beneath.h"
#include "store/dir_list.h"

#define PAGE_NAMES 16384

struct item {
	char	name[STORE_NAME_MAX];	/* folders end with '/' */
};

/* The smallest names of a folder beyond some name. */
struct page {
	struct item	*item;
	size_t		 n, size;
	bool		 more;		/* there are greater ones than these */
};

struct walk {
	const char	*prefix;
	int		(*each)(void *, const struct store_info *,
			    struct err *);
	void		*cookie;
	char		 path[STORE_NAME_MAX];	/* "" or "folder/" */
	struct err	*e;
};

static int
item_compare(const void *a, const void *b)
{
	return strcmp(((const struct item *)a)->name,
	    ((const struct item *)b)->name);
}

/* Put a, b and c together; false if it is too long for a name. */
static bool
join(char out[STORE_NAME_MAX], const char *a, const char *b, const char *c)
{
	int n;

	n = snprintf(out, STORE_NAME_MAX, "%s%s%s", a, b, c);
	return n >= 0 && n < STORE_NAME_MAX;
}

/* Sort, and keep no more than a page. */
static void
page_trim(struct page *p)
{
	if (p->n > 0)
		qsort(p->item, p->n, sizeof(*p->item), item_compare);
	if (p->n > PAGE_NAMES) {
		p->n = PAGE_NAMES;
		p->more = true;
	}
}

static int
page_add(struct page *p, const char *name, struct err *e)
{
	struct item *grown;
	size_t size;

	if (p->n == 2 * PAGE_NAMES)
		page_trim(p);
	if (p->n == p->size) {
		size = p->size > 0 ? 2 * p->size : 64;
		if ((grown = realloc(p->item, size * sizeof(*grown))) == NULL)
			return err_memory(e);
		p->item = grown;
		p->size = size;
	}
	memcpy(p->item[p->n++].name, name, strlen(name) + 1);
	return 0;
}

/* Could the object, or one below the folder, be asked for? */
static bool
is_wanted(const struct walk *w, const char *name, bool folder)
{
	char full[STORE_NAME_MAX];
	size_t n = strlen(w->prefix), len;

	if (!join(full, w->path, name, folder ? "/" : ""))
		return false;
	len = strlen(full);
	return strncmp(w->prefix, full, folder && len < n ? len : n) == 0;
}

static bool
is_part(const char *name)
{
	return name[0] != '.' && strlen(name) < STORE_NAME_MAX &&
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] == '\0';
}

/* DT_REG, DT_DIR, or DT_UNKNOWN for what is neither or has gone. */
static int
kind_of(int fd, const struct dirent *d, unsigned char *kind, struct err *e)
{
	struct stat st;

	*kind = d->d_type;
	if (d->d_type != DT_UNKNOWN)
		return 0;
	if (fstatat(fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : beneath_error(e, "stat");
	if (S_ISREG(st.st_mode))
		*kind = DT_REG;
	else if (S_ISDIR(st.st_mode))
		*kind = DT_DIR;
	return 0;
}

static int
page_consider(struct page *p, const struct walk *w, int fd,
    const struct dirent *d, const char *after)
{
	unsigned char kind;
	char key[STORE_NAME_MAX];

	if (!is_part(d->d_name))
		return 0;
	if (kind_of(fd, d, &kind, w->e) == -1)
		return -1;
	if ((kind != DT_REG && kind != DT_DIR) ||
	    !is_wanted(w, d->d_name, kind == DT_DIR))
		return 0;
	if (!join(key, d->d_name, kind == DT_DIR ? "/" : "", ""))
		return 0;
	if (after[0] != '\0' && strcmp(key, after) <= 0)
		return 0;
	return page_add(p, key, w->e);
}

/* Read the folder for its next page. */
static int
page_fill(struct page *p, const struct walk *w, int fd, const char *after)
{
	struct dirent *d;
	DIR *dir = NULL;
	int own = -1, rc = -1;

	p->n = 0;
	p->more = false;
	if ((own = beneath_open(fd, ".", O_RDONLY | O_DIRECTORY, w->e)) == -1)
		goto done;
	if ((dir = fdopendir(own)) == NULL) {
		(void)beneath_error(w->e, "read folder");
		goto done;
	}
	own = -1;			/* dir has it now */
	for (errno = 0; (d = readdir(dir)) != NULL; errno = 0)
		if (page_consider(p, w, fd, d, after) == -1)
			goto done;
	if (errno != 0) {
		(void)beneath_error(w->e, "read folder");
		goto done;
	}
	page_trim(p);
	rc = 0;
done:
	if (dir != NULL)
		(void)closedir(dir);	/* it was only read */
	fd_drop(&own);
	return rc;
}

static int
emit(struct walk *w, int fd, const char *name)
{
	struct store_info info = { .name = "" };
	struct stat st;

	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		if (errno == ENOENT)
			return 0;	/* removed meanwhile */
		return beneath_error(w->e, "stat");
	}
	if (!S_ISREG(st.st_mode))
		return 0;
	if (!join(info.name, w->path, name, ""))
		return 0;		/* is_wanted() saw to it */
	info.size = (uint64_t)st.st_size;
	info.mtime = (int64_t)st.st_mtim.tv_sec * 1000000000 +
	    st.st_mtim.tv_nsec;
	return w->each(w->cookie, &info, w->e);
}

static int	walk_folder(struct walk *, int);

/* Go down into a folder; its name ends with '/'. */
static int
descend(struct walk *w, int fd, const char *name)
{
	char part[STORE_NAME_MAX];
	size_t len = strlen(w->path), n = strlen(name) - 1;
	int child, rc;

	memcpy(part, name, n);
	part[n] = '\0';
	if ((child = beneath_open(fd, part, O_RDONLY | O_DIRECTORY,
	    w->e)) == -1) {
		if (w->e->kind != ERR_ABSENT)
			return err_add(w->e, "cannot list %s%s",
			    w->path, part);
		err_clear(w->e);	/* removed meanwhile */
		return 0;
	}
	memcpy(w->path + len, name, n + 2);	/* is_wanted(): it fits */
	rc = walk_folder(w, child);
	w->path[len] = '\0';
	fd_drop(&child);
	return rc;
}

static int
walk_folder(struct walk *w, int fd)
{
	struct page p = { .item = NULL };
	char after[STORE_NAME_MAX] = "";
	const char *name;
	size_t i;
	int rc = -1;

	do {
		if (page_fill(&p, w, fd, after) == -1) {
			(void)err_add(w->e, "cannot list %s",
			    w->path[0] != '\0' ? w->path : "the store");
			goto done;
		}
		for (i = 0; i < p.n; i++) {
			name = p.item[i].name;
			if (name[strlen(name) - 1] == '/')
				rc = descend(w, fd, name);
			else
				rc = emit(w, fd, name);
			if (rc != 0)
				goto done;
		}
		if (p.n > 0)
			memcpy(after, p.item[p.n - 1].name, sizeof(after));
	} while (p.more);
	rc = 0;
done:
	free(p.item);
	return rc;
}

int
dir_list_objects(int root, const char *prefix,
    int (*each)(void *, const struct store_info *, struct err *), void *cookie,
    struct err *e)
{
	struct walk w = {
		.prefix = prefix, .each = each, .cookie = cookie, .e = e,
	};
	const char *slash = strrchr(prefix, '/');
	char folder[STORE_NAME_MAX] = ".";
	int fd, rc;

	if (beneath_check(root, e) == -1)
		return err_add(e, "cannot list the store");
	/* start as far down as the prefix says */
	if (slash != NULL) {
		memcpy(folder, prefix, (size_t)(slash - prefix));
		folder[slash - prefix] = '\0';
		memcpy(w.path, prefix, (size_t)(slash - prefix) + 1);
	}
	fd = beneath_open(root, folder, O_RDONLY | O_DIRECTORY, e);
	if (fd == -1) {
		if (e->kind != ERR_ABSENT)
			return err_add(e, "cannot list %s", folder);
		err_clear(e);		/* no folder, no objects */
		return 0;
	}
	rc = walk_folder(&w, fd);
	fd_drop(&fd);
	return rc;
}
