/*
 * Files into entries.
 *
 * Every file is opened by its name below the root, following no symlink, and
 * everything about it is read through that one descriptor: what is archived
 * together was together.  A regular file is compared (size, mtime, ctime)
 * before and after; when it changed meanwhile, all of it is read again, and
 * after three times more it is kept as it was read, and noted.  The kernel's
 * timestamps have a grain: a file that has just changed is read again a grain
 * later, when a further change would show.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "archive/entry.h"
#include "archive/grab.h"
#include "archive/links.h"
#include "archive/meta.h"
#include "archive/name.h"
#include "archive/owners.h"
#include "archive/recorded.h"
#include "archive/within.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/intr.h"

#define AGAIN_MAX 3
#define GRAIN 20000000		/* ns; two ticks of the slowest kernel */

struct grab {
	int			 root;
	struct owners		*owners;	/* or NULL */
	const struct recorded	*recorded;	/* or NULL */
	struct entry_writer	*writer;
	struct meta		 meta;
	uint8_t			*content;	/* GRAB_SMALL_MAX + 1 bytes */
	char			 target[PATH_MAX];	/* of a symlink */
	struct job		*job;
	struct job_item		*item;
};

/* What became of one entry. */
enum outcome {
	GRAB_ERROR = -1,	/* the error is set: everything stops */
	GRAB_LEFT_OUT,		/* noted */
	GRAB_TAKEN
};

static int
hand_on(void *cookie, const struct segment *s, struct err *e)
{
	struct grab *g = cookie;

	return job_segment(g->job, s, e);
}

struct grab *
grab_new(struct chunks *chunks, int root, const struct tree_options *opt,
    struct err *e)
{
	struct grab *g;

	if ((g = calloc(1, sizeof(*g))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	g->root = root;
	g->recorded = opt->recorded;
	meta_init(&g->meta);
	if ((g->content = malloc(GRAB_SMALL_MAX + 1)) == NULL) {
		(void)err_memory(e);
		goto done;
	}
	if (opt->owner_names && (g->owners = owners_new(e)) == NULL)
		goto done;
	if ((g->writer = entry_writer_new(chunks, hand_on, g, e)) == NULL)
		goto done;
	return g;
done:
	grab_free(g);
	return NULL;
}

void
grab_free(struct grab *g)
{
	if (g == NULL)
		return;
	entry_writer_free(g->writer);
	owners_free(g->owners);
	meta_drop(&g->meta);
	free(g->content);
	free(g);
}

static enum outcome
leave_out(struct grab *g, enum tree_note_kind kind, const char *why,
    struct err *e)
{
	if (job_note(g->job, kind, g->item->name, why, e) == -1)
		return GRAB_ERROR;
	return GRAB_LEFT_OUT;
}

/* A system call on the file failed with this errno: is it the file? */
static enum outcome
failed(struct grab *g, int sys, struct err *e)
{
	char text[NAME_TEXT_MAX];

	switch (sys) {
	case ENOMEM: case EMFILE: case ENFILE: case ENOSYS:
		errno = sys;
		(void)err_sys(e, "cannot read %s",
		    name_format(g->item->name, text));
		return GRAB_ERROR;
	case ENOENT: case ENOTDIR: case ELOOP: case ESTALE: case ENXIO:
		return leave_out(g, TREE_VANISHED,
		    "it vanished before it was read", e);
	default:
		return leave_out(g, TREE_UNREADABLE, strerror(sys), e);
	}
}

/* The writer refused: is it that the entry does not fit a tar? */
static enum outcome
refused(struct grab *g, struct err *e)
{
	char why[ERR_TEXT_MAX];

	if (e->kind != ERR_UNSUPPORTED)
		return GRAB_ERROR;
	memcpy(why, e->text, sizeof(why));
	return leave_out(g, TREE_UNREADABLE, why, e);
}

static void
start_entry(struct grab *g, const struct stat *st, struct entry *en)
{
	*en = (struct entry){ .path = g->item->name };
	meta_entry(&g->meta, st, en);
	if (g->recorded != NULL)
		(void)recorded_find(g->recorded, en->path, &en->uid,
		    &en->gid);
	if (g->owners != NULL) {
		en->user = owners_user(g->owners, st->st_uid);
		en->group = owners_group(g->owners, st->st_gid);
	}
}

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	    a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	    a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/*
 * Did it change so shortly before this moment that another change would get
 * the same time?  (A time of another clock, far ahead, says nothing.)
 */
static bool
is_fresh(const struct stat *st, int64_t moment)
{
	int64_t changed = (int64_t)st->st_ctim.tv_sec * 1000000000 +
	    st->st_ctim.tv_nsec;

	return changed > moment - GRAIN && changed < moment + GRAIN;
}

static int
write_zeros(struct grab *g, uint64_t n, struct err *e)
{
	static const uint8_t zeros[65536];
	size_t len;

	for (; n > 0; n -= len) {
		len = n < sizeof(zeros) ? (size_t)n : sizeof(zeros);
		if (entry_writer_write(g->writer, zeros, len, e) == -1)
			return -1;
	}
	return 0;
}

/*
 * The length of the hole at this offset, 0 if there is data: a hole needs not
 * be read.  One that reaches the end of the file ends at its size.
 */
static uint64_t
hole_at(int fd, uint64_t at, const struct stat *st)
{
	off_t data;

	if (at >= (uint64_t)st->st_size ||
	    (uint64_t)st->st_blocks * 512 >= (uint64_t)st->st_size)
		return 0;
	data = lseek(fd, (off_t)at, SEEK_DATA);
	if (data == -1 && errno == ENXIO)
		data = st->st_size;
	return data > (off_t)at ? (uint64_t)data - at : 0;
}

/* Content of a large file to the writer; *sys is errno when reading failed. */
static int
copy_content(struct grab *g, int fd, const struct stat *st, int *sys,
    struct err *e)
{
	uint64_t at = 0, hole;
	ssize_t n;

	*sys = 0;
	for (;;) {
		if (intr_check(e) == -1)
			return -1;
		if ((hole = hole_at(fd, at, st)) > 0) {
			if (write_zeros(g, hole, e) == -1)
				return -1;
			at += hole;
			continue;
		}
		n = pread(fd, g->content, GRAB_SMALL_MAX, (off_t)at);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			*sys = errno;
		if (n <= 0)
			return 0;
		if (entry_writer_write(g->writer, g->content, (size_t)n,
		    e) == -1)
			return -1;
		at += (uint64_t)n;
	}
}

/*
 * Read up to a byte more than is small, from the start; -1 with errno.  Where
 * so many bytes were read as the file had, its end is not looked for: had it
 * another one, its size would differ afterwards.
 */
static ssize_t
read_small(struct grab *g, int fd, uint64_t size)
{
	size_t got = 0;
	ssize_t n;

	while (got <= GRAB_SMALL_MAX && (got == 0 || got != size)) {
		n = pread(fd, g->content + got, GRAB_SMALL_MAX + 1 - got,
		    (off_t)got);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

static enum outcome
add(struct grab *g, const struct entry *en, const void *content, size_t len,
    struct err *e)
{
	if (entry_writer_add(g->writer, en, content, len, e) == -1)
		return refused(g, e);
	return GRAB_TAKEN;
}

/* What one attempt at a regular file found. */
struct attempt {
	struct stat	 before, after;
	size_t		 len;		/* of the content in memory, or */
	bool		 streamed;	/* it is in the writer */
	int		 sys;		/* reading failed: errno */
};

static int
attempt_content(struct grab *g, int fd, struct attempt *a, struct err *e)
{
	ssize_t n;

	entry_writer_forget(g->writer);	/* a larger one's, of the last try */
	a->streamed = (uint64_t)a->before.st_size > GRAB_SMALL_MAX;
	if (!a->streamed) {
		if ((n = read_small(g, fd,
		    (uint64_t)a->before.st_size)) == -1)
			a->sys = errno;
		else if ((size_t)n <= GRAB_SMALL_MAX)
			a->len = (size_t)n;
		else
			a->streamed = true;	/* it grew */
		if (!a->streamed)
			return 0;
	}
	if (entry_writer_begin(g->writer, CONTENT_BIG, e) == -1)
		return -1;
	return copy_content(g, fd, &a->before, &a->sys, e);
}

/* One attempt at a file that looked so: -1 is an error of ours. */
static int
attempt(struct grab *g, int fd, const struct stat *before, struct attempt *a,
    struct err *e)
{
	*a = (struct attempt){ .before = *before };
	if (meta_read(&g->meta, fd, false, e) == -1) {
		if (e->kind != ERR_SYSTEM)
			return -1;
		a->sys = e->sys;
		return 0;
	}
	if (attempt_content(g, fd, a, e) == -1)
		return -1;
	if (a->sys == 0 && fstat(fd, &a->after) == -1)
		a->sys = errno;
	return 0;
}

static enum outcome
finish_file(struct grab *g, const struct attempt *a, struct err *e)
{
	struct entry en;

	start_entry(g, &a->after, &en);
	if (!a->streamed)
		return add(g, &en, g->content, a->len, e);
	if (entry_writer_end(g->writer, &en, e) == -1)
		return refused(g, e);
	return GRAB_TAKEN;
}

static enum outcome
grab_file(struct grab *g, int fd, const struct stat *st, struct err *e)
{
	static const struct timespec grain = { 0, GRAIN };
	struct stat before = *st;
	int64_t begun;
	struct attempt a;
	enum outcome out;
	int i;

	for (i = 0; i <= AGAIN_MAX; i++) {
		begun = clock_utc();
		if (attempt(g, fd, &before, &a, e) == -1)
			return GRAB_ERROR;
		if (a.sys != 0 || (is_same(&a.before, &a.after) &&
		    !is_fresh(&a.before, begun)))
			break;
		before = a.after;
		if (is_fresh(&before, clock_utc()))
			(void)nanosleep(&grain, NULL);	/* or less: again */
	}
	if (a.sys != 0) {
		entry_writer_forget(g->writer);
		return failed(g, a.sys, e);
	}
	if ((out = finish_file(g, &a, e)) != GRAB_TAKEN)
		return out;
	g->job->stats.files++;
	g->job->stats.bytes += (uint64_t)a.after.st_size;
	if (i > AGAIN_MAX && job_note(g->job, TREE_CHANGED, g->item->name,
	    "it changed each time it was read", e) == -1)
		return GRAB_ERROR;
	return GRAB_TAKEN;
}

/* Everything but regular files and symlinks. */
static enum outcome
grab_other(struct grab *g, int fd, const struct stat *st, struct err *e)
{
	struct entry en;

	if (meta_read(&g->meta, fd, !S_ISDIR(st->st_mode), e) == -1) {
		if (e->kind != ERR_SYSTEM)
			return GRAB_ERROR;
		return failed(g, e->sys, e);
	}
	start_entry(g, st, &en);
	if (S_ISDIR(st->st_mode))
		g->job->stats.folders++;
	else
		g->job->stats.others++;
	return add(g, &en, NULL, 0, e);
}

static enum outcome
grab_symlink(struct grab *g, int fd, const struct stat *st, struct err *e)
{
	struct entry en;
	ssize_t n;

	n = readlinkat(fd, "", g->target, sizeof(g->target) - 1);
	if (n == -1)
		return failed(g, errno, e);
	g->target[n] = '\0';
	g->meta.n = 0;
	start_entry(g, st, &en);
	en.xattrs = NULL;
	en.n_xattrs = 0;
	en.acl_access = en.acl_default = NULL;
	en.link = g->target;
	g->job->stats.others++;
	return add(g, &en, NULL, 0, e);
}

static enum outcome
grab_link(struct grab *g, const struct stat *st, const char *first,
    struct err *e)
{
	struct entry en;

	start_entry(g, st, &en);
	en.xattrs = NULL;
	en.n_xattrs = 0;
	en.acl_access = en.acl_default = NULL;
	en.hardlink = true;
	en.link = first;
	en.size = 0;
	g->job->stats.files++;
	return add(g, &en, NULL, 0, e);
}

static int
open_item(const struct grab *g)
{
	const struct job_item *it = g->item;

	if (S_ISREG(it->type) && (it->link == NULL || it->first))
		return within_open_read(g->root, it->name, 0);
	if (S_ISDIR(it->type))
		return within_open_read(g->root, it->name, O_DIRECTORY);
	return within_open(g->root, it->name, O_PATH);
}

/*
 * A later name of a file.  If the file could not be taken by its first name,
 * it is taken by this one: the tree is changing under us.
 */
static enum outcome
grab_later(struct grab *g, const struct stat *st, struct err *e)
{
	const char *first = link_wait(g->item->link);
	struct stat now;
	enum outcome out;
	int in;

	if (first != NULL)
		return grab_link(g, st, first, e);
	in = within_open_read(g->root, g->item->name, 0);
	if (in == -1 || fstat(in, &now) == -1)
		out = failed(g, errno, e);
	else
		out = grab_file(g, in, &now, e);
	fd_drop(&in);
	return out;
}

static enum outcome
grab_opened(struct grab *g, int fd, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return failed(g, errno, e);
	if ((st.st_mode & S_IFMT) != g->item->type)
		return leave_out(g, TREE_VANISHED,
		    "something else has taken its place", e);
	if (S_ISLNK(st.st_mode))
		return grab_symlink(g, fd, &st, e);
	if (!S_ISREG(st.st_mode))
		return grab_other(g, fd, &st, e);
	if (g->item->link != NULL && !g->item->first)
		return grab_later(g, &st, e);
	return grab_file(g, fd, &st, e);
}

static enum outcome
grab_item(struct grab *g, struct err *e)
{
	enum outcome out;
	int fd;

	if ((fd = open_item(g)) == -1)
		out = failed(g, errno, e);
	else
		out = grab_opened(g, fd, e);
	fd_drop(&fd);
	if (g->item->first)
		link_settle(g->item->link, out == GRAB_TAKEN);
	return out;
}

int
grab_job(struct grab *g, struct job *j, struct err *e)
{
	size_t i;

	g->job = j;
	for (i = 0; i < j->n_items; i++) {
		g->item = &j->items[i];
		if (intr_check(e) == -1 || grab_item(g, e) == GRAB_ERROR)
			return -1;
	}
	return entry_writer_cut(g->writer, e);
}
