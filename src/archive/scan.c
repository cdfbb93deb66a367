/*
 * Walking trees in the order of an archive: a folder, then what is in it by
 * the bytes of the names.
 *
 * The walk keeps one level for each folder it is in, with the names that are
 * left in it.  Only so many levels keep their folder open; a deeper walk
 * closes the outer ones and opens them again, by name and below the root, on
 * its way back.  No symlink is ever followed, not even in the middle of a
 * name.
 */
#include <sys/stat.h>

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/listing.h"
#include "archive/name.h"
#include "archive/scan.h"
#include "archive/scan_paths.h"
#include "archive/within.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/intr.h"

#define OPEN_MAX_LEVELS 64	/* folders open at the same time */

struct level {
	struct listing	 list;
	size_t		 i;		/* the next name */
	size_t		 name_len;	/* of the folder itself */
	int		 fd;		/* or -1: to be opened again */
};

struct scan {
	int			 root;
	const struct tree_options *opt;
	struct tree_stats	*stats;
	scan_fn			 fn;
	void			*cookie;
	dev_t			 dev;		/* of the given path */
	struct level		*level;
	size_t			 n, size;
	char			*name;		/* of where it is, in path */
	char			 path[ARCHIVE_PATH_MAX + 2];	/* '/', name */
};

void
scan_note(const struct tree_options *opt, struct tree_stats *stats,
    enum tree_note_kind kind, const char *name, const char *why)
{
	switch (kind) {
	case TREE_UNREADABLE: stats->unreadable++; break;
	case TREE_VANISHED: stats->vanished++; break;
	case TREE_CHANGED: stats->changed++; break;
	case TREE_SPECIAL: stats->special++; break;
	case TREE_DIFFERS: stats->differs++; break;
	case TREE_OTHER_FS: break;
	}
	if (opt->note != NULL)
		opt->note(opt->cookie, kind, name, why);
}

/* An entry could not be looked at, by errno: noted, or an error of ours. */
static int
missed(struct scan *s, struct err *e)
{
	char text[NAME_TEXT_MAX];

	switch (errno) {
	case ENOMEM: case EMFILE: case ENFILE: case ENOSYS:
		return err_sys(e, "cannot read %s",
		    name_format(s->name, text));
	case ENOENT: case ENOTDIR: case ELOOP: case ESTALE:
		scan_note(s->opt, s->stats, TREE_VANISHED, s->name,
		    "it vanished before it was read");
		return 0;
	default:
		scan_note(s->opt, s->stats, TREE_UNREADABLE, s->name,
		    strerror(errno));
		return 0;
	}
}

static bool
matches(const char *pattern, const char *path)
{
	if (strchr(pattern, '/') == NULL)
		return fnmatch(pattern, name_base(path), 0) == 0;
	return fnmatch(pattern, path, FNM_PATHNAME) == 0;
}

static bool
is_excluded(const struct scan *s)
{
	const char *const *p = s->opt->exclude;

	for (; p != NULL && *p != NULL; p++)
		if (matches(*p, s->path))
			return true;
	return false;
}

static void
pop(struct scan *s)
{
	struct level *l = &s->level[--s->n];
	int keep = errno;

	listing_drop(&l->list);
	fd_drop(&l->fd);
	errno = keep;
}

/* One more level; an outer one closes its folder where many are open. */
static struct level *
push(struct scan *s, struct err *e)
{
	size_t size = s->size == 0 ? 16 : s->size * 2;
	struct level *l;

	if (s->n == s->size) {
		if ((l = realloc(s->level, size * sizeof(*l))) == NULL) {
			(void)err_memory(e);
			return NULL;
		}
		s->level = l;
		s->size = size;
	}
	if (s->n >= OPEN_MAX_LEVELS)
		fd_drop(&s->level[s->n - OPEN_MAX_LEVELS].fd);
	l = &s->level[s->n++];
	*l = (struct level){ .fd = -1, .name_len = strlen(s->name) };
	listing_init(&l->list);
	return l;
}

/*
 * A path that a person has named cannot be read: without it there is nothing
 * to compare a copy with, so that no drill could ever pass.
 */
static int
unreadable(const struct scan *s, struct err *e)
{
	char text[NAME_TEXT_MAX];

	return err_sys(e, "cannot read /%s, which was named",
	    name_format(s->name, text));
}

/* Emit a folder, and go into it. */
static int
enter(struct scan *s, bool is_given, struct err *e)
{
	struct level *l;
	struct stat st;

	if ((l = push(s, e)) == NULL)
		return -1;
	l->fd = within_open_read(s->root, s->name, O_DIRECTORY);
	if (l->fd == -1 || fstat(l->fd, &st) == -1) {
		pop(s);
		return is_given ? unreadable(s, e) : missed(s, e);
	}
	if (is_given)
		s->dev = st.st_dev;
	if (s->opt->one_file_system && st.st_dev != s->dev)
		scan_note(s->opt, s->stats, TREE_OTHER_FS, s->name,
		    "another file system is mounted there");
	else if (listing_read(&l->list, l->fd, e) == -1) {
		pop(s);
		errno = e->kind == ERR_MEMORY ? ENOMEM : e->sys;
		return is_given ? unreadable(s, e) : missed(s, e);
	}
	if (s->name[0] == '\0')		/* the root itself is no entry */
		return 0;
	return s->fn(s->cookie, s->name, &st, e);
}

/* One name of the innermost level, already in s->name. */
static int
visit(struct scan *s, struct level *l, const char *base, struct err *e)
{
	struct stat st;

	if (is_excluded(s))
		return 0;
	if (fstatat(l->fd, base, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return missed(s, e);
	if (S_ISDIR(st.st_mode))
		return enter(s, false, e);
	if (S_ISSOCK(st.st_mode)) {
		scan_note(s->opt, s->stats, TREE_SPECIAL, s->name,
		    "a socket cannot be archived");
		return 0;
	}
	return s->fn(s->cookie, s->name, &st, e);
}

/* Have the innermost level's folder open: 1, or 0 when it is gone. */
static int
reopen(struct scan *s, struct level *l, struct err *e)
{
	if (l->fd != -1)
		return 1;
	l->fd = within_open_read(s->root, s->name, O_DIRECTORY);
	if (l->fd != -1)
		return 1;
	return missed(s, e);
}

/* Go on in the innermost level with its next name. */
static int
step(struct scan *s, struct err *e)
{
	struct level *l = &s->level[s->n - 1];
	size_t len = l->name_len;
	const char *base;
	int rc;

	s->name[len] = '\0';
	if (l->i == l->list.n) {
		pop(s);
		return 0;
	}
	if ((rc = reopen(s, l, e)) != 1) {
		pop(s);
		return rc;
	}
	base = l->list.names[l->i++];
	if (len + 1 + strlen(base) > ARCHIVE_PATH_MAX) {
		scan_note(s->opt, s->stats, TREE_UNREADABLE, s->name,
		    "a path below it is too long");
		return 0;
	}
	if (len > 0)
		s->name[len++] = '/';
	memcpy(s->name + len, base, strlen(base) + 1);
	return visit(s, l, base, e);
}

/* Look at what s->name is, which a person has named or which leads there. */
static int
stat_given(struct scan *s, struct stat *st, struct err *e)
{
	char text[NAME_TEXT_MAX];
	int fd, rc;

	fd = within_open(s->root, s->name, O_PATH);
	if (fd == -1 && errno == ENOENT)
		return err_set(e, ERR_ABSENT, "/%s does not exist",
		    name_format(s->name, text));
	if (fd == -1 || (rc = fstat(fd, st)) == -1) {
		(void)err_sys(e, "cannot read /%s",
		    name_format(s->name, text));
		fd_drop(&fd);
		return -1;
	}
	fd_drop(&fd);
	return 0;
}

/* A part of an archive may hold nothing of a path that was given. */
static int
absent_is_fine(const struct scan *s, struct err *e)
{
	if (s->opt->part == NULL || e->kind != ERR_ABSENT)
		return -1;
	err_clear(e);
	return 0;
}

/* Emit one of the folders that lead to a given path. */
static int
emit_parent(struct scan *s, struct err *e)
{
	char text[NAME_TEXT_MAX];
	struct stat st;

	if (stat_given(s, &st, e) == -1)
		return absent_is_fine(s, e);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ERR_INPUT, "/%s is %s, not a folder",
		    name_format(s->name, text),
		    S_ISLNK(st.st_mode) ? "a symlink" : "a file");
	return s->fn(s->cookie, s->name, &st, e);
}

/* Emit all of them but those that led to the path before, too. */
static int
emit_parents(struct scan *s, const char *given, const char *before,
    struct err *e)
{
	const char *p = given;

	while ((p = strchr(p, '/')) != NULL) {
		memcpy(s->name, given, (size_t)(p - given));
		s->name[p - given] = '\0';
		p++;
		if (before != NULL && name_is_below(before, s->name))
			continue;
		if (emit_parent(s, e) == -1)
			return -1;
	}
	return 0;
}

/* -1 with errno if the file cannot be opened; one that is gone can. */
static int
can_read(const struct scan *s)
{
	int fd = within_open_read(s->root, s->name, 0);

	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	fd_drop(&fd);
	return 0;
}

/* Walk one given path, which may be a file. */
static int
walk(struct scan *s, const char *given, struct err *e)
{
	struct stat st;
	char text[NAME_TEXT_MAX];

	memcpy(s->name, given, strlen(given) + 1);
	if (stat_given(s, &st, e) == -1)
		return absent_is_fine(s, e);
	if (S_ISSOCK(st.st_mode))
		return err_set(e, ERR_INPUT, "/%s is a socket",
		    name_format(given, text));
	if (S_ISREG(st.st_mode) && can_read(s) == -1)
		return unreadable(s, e);
	if (!S_ISDIR(st.st_mode))
		return s->fn(s->cookie, s->name, &st, e);
	if (enter(s, true, e) == -1)
		return -1;
	while (s->n > 0)
		if (intr_check(e) == -1 || step(s, e) == -1)
			return -1;
	return 0;
}

int
scan_run(int root, const struct tree_options *opt, struct tree_stats *stats,
    scan_fn fn, void *cookie, struct err *e)
{
	struct scan_paths paths = { .n = 0 };
	struct scan *s = NULL;
	size_t i;
	int rc = -1;

	if (scan_paths_init(&paths, opt->paths, e) == -1)
		goto done;
	if ((s = calloc(1, sizeof(*s))) == NULL) {
		(void)err_memory(e);
		goto done;
	}
	s->path[0] = '/';
	s->name = s->path + 1;
	s->root = root;
	s->opt = opt;
	s->stats = stats;
	s->fn = fn;
	s->cookie = cookie;
	for (i = 0; i < paths.n; i++)
		if (emit_parents(s, paths.v[i], i > 0 ? paths.v[i - 1] : NULL,
		    e) == -1 || walk(s, paths.v[i], e) == -1)
			goto done;
	rc = 0;
done:
	while (s != NULL && s->n > 0)
		pop(s);
	if (s != NULL)
		free(s->level);
	free(s);
	scan_paths_drop(&paths);
	return rc;
}
