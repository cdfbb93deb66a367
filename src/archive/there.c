/*
 * Going on with a restore: what is there already?
 *
 * A file is believed when its bytes are those of the archive, which are read
 * and authenticated again; not for its size and time.  One that only lacks
 * bytes (it is shorter, or has zeros in their place) is what a loss of power
 * leaves of a file that was restored: it is put again, and nothing that was
 * in it is lost.  Any other is somebody's, and stays.
 *
 * A file that has other names, too, is not given what it lacks of owner, mode
 * or attributes, for those names may be anybody's, outside of the target: it is
 * put again as a file of its own, and the archive's links are made to that.
 */
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "archive/entry.h"
#include "archive/listing.h"
#include "archive/meta.h"
#include "archive/name.h"
#include "archive/place_inside.h"
#include "archive/there.h"
#include "archive/within.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/intr.h"

#define PIECE ((size_t)32 << 10)
#define TEMPORARY ".muster-"
#define TEMPORARY_DIGITS 16

/* Do the bytes that differ have zeros in their place? */
static bool
are_lost(const uint8_t *there, const uint8_t *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (there[i] != data[i] && there[i] != 0)
			return false;
	return true;
}

/* Go on with comparing; *answer is what the file was so far. */
static int
compare_more(int fd, const uint8_t *data, size_t len, enum there *answer,
    struct err *e)
{
	uint8_t piece[PIECE];
	size_t want;
	ssize_t n;

	for (; len > 0; data += n, len -= (size_t)n) {
		want = len < PIECE ? len : PIECE;
		if ((n = read(fd, piece, want)) == -1)
			return err_sys(e, "read what is there");
		if (n == 0) {
			*answer = THERE_TORN;
			break;
		}
		if (memcmp(piece, data, (size_t)n) == 0)
			continue;
		*answer = THERE_TORN;
		if (!are_lost(piece, data, (size_t)n)) {
			*answer = THERE_OTHER;
			break;
		}
	}
	return 0;
}

static enum there
compare(int fd, struct entry_reader *content, struct err *e)
{
	enum there answer = THERE_SAME;
	const void *data;
	size_t len;
	char past;
	int more;

	while (answer != THERE_OTHER &&
	    (more = entry_reader_read(content, &data, &len, e)) != 0)
		if (more == -1 || intr_check(e) == -1 ||
		    compare_more(fd, data, len, &answer, e) == -1)
			return THERE_TROUBLE;
	return answer == THERE_OTHER || read(fd, &past, 1) == 0 ? answer :
	    THERE_OTHER;
}

static bool
has_xattr(const struct entry *en, const char *name)
{
	size_t i;

	for (i = 0; i < en->n_xattrs; i++)
		if (strcmp(en->xattrs[i].name, name) == 0)
			return true;
	return false;
}

/* Attributes of its own that the archive would have kept must go. */
static int
drop_strangers(int fd, const struct entry *en, struct err *e)
{
	struct meta m;
	size_t i;
	int rc = -1;

	meta_init(&m);
	if (meta_read(&m, fd, false, e) == -1)
		goto done;
	for (i = 0; i < m.n; i++)
		if (!has_xattr(en, m.xattrs[i].name) &&
		    fremovexattr(fd, m.xattrs[i].name) == -1) {
			(void)err_sys(e, "remove an attribute");
			goto done;
		}
	rc = 0;
done:
	meta_drop(&m);
	return rc;
}

static bool
is_same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
has_xattrs(const struct entry *now, const struct entry *en)
{
	const struct xattr *a = now->xattrs, *b = en->xattrs;
	size_t i;

	if (now->n_xattrs != en->n_xattrs)
		return false;
	for (i = 0; i < en->n_xattrs; i++)
		if (strcmp(a[i].name, b[i].name) != 0 ||
		    a[i].len != b[i].len ||
		    memcmp(a[i].value, b[i].value, b[i].len) != 0)
			return false;
	return true;
}

/* Has the file all that the entry says, so that nothing need be set? */
static bool
has_all(const struct place *p, int fd, const struct stat *st,
    const struct entry *en)
{
	struct entry now = { .path = en->path };
	struct meta m;
	struct err none;
	bool has;

	meta_init(&m);
	if ((has = meta_read(&m, fd, false, &none) == 0)) {
		meta_entry(&m, st, &now);
		has = now.mode == en->mode &&
		    now.mtime_sec == en->mtime_sec &&
		    now.mtime_nsec == en->mtime_nsec &&
		    (!p->apply.owners ||
		    (now.uid == en->uid && now.gid == en->gid)) &&
		    has_xattrs(&now, en) &&
		    is_same_text(now.acl_access, en->acl_access);
	}
	meta_drop(&m);
	return has;
}

static enum there
judge_file(struct place *p, int fd, const struct entry *en,
    struct entry_reader *content, struct err *e)
{
	enum there answer;
	struct stat st;

	if (fstat(fd, &st) == -1)
		return (enum there)err_sys(e, "stat");
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > en->size)
		return THERE_OTHER;
	answer = compare(fd, content, e);
	if (answer == THERE_SAME && st.st_nlink > 1 &&
	    !has_all(p, fd, &st, en))
		answer = THERE_TORN;
	if (answer == THERE_TORN && place_remember_torn(p, &st, e) == -1)
		return THERE_TROUBLE;
	if (answer != THERE_SAME)
		return answer;
	if (drop_strangers(fd, en, e) == -1)
		return THERE_TROUBLE;
	apply_all(&p->apply, fd, false, en);
	return place_remember(p, fd, en, true, e) == -1 ? THERE_TROUBLE :
	    THERE_SAME;
}

enum there
there_file(struct place *p, int folder, const struct entry *en,
    struct entry_reader *content, struct err *e)
{
	enum there answer;
	int fd;

	fd = within_open_read(folder, name_base(en->path), O_NOFOLLOW);
	if (fd == -1)
		switch (errno) {
		case ENOENT: return THERE_NOTHING;
		case ELOOP: case ENXIO: return THERE_OTHER;
		default: return (enum there)err_sys(e, "read what is there");
		}
	answer = judge_file(p, fd, en, content, e);
	fd_drop(&fd);
	return answer;
}

enum there
there_other(int folder, const struct entry *en)
{
	const char *base = name_base(en->path);
	char target[PATH_MAX];
	struct stat st;
	ssize_t n;

	if (fstatat(folder, base, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return THERE_NOTHING;
	if (((st.st_mode ^ en->mode) & S_IFMT) != 0)
		return THERE_OTHER;
	if (!S_ISLNK(en->mode))
		return S_ISFIFO(en->mode) || st.st_rdev ==
		    makedev(en->rdev_major, en->rdev_minor) ? THERE_SAME :
		    THERE_OTHER;
	n = readlinkat(folder, base, target, sizeof(target));
	return n >= 0 && (size_t)n == strlen(en->link) &&
	    memcmp(target, en->link, (size_t)n) == 0 ? THERE_SAME :
	    THERE_OTHER;
}

enum there
there_link(const struct place *p, int folder, const char *base, int file)
{
	struct stat st, of;

	if (fstatat(folder, base, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    fstat(file, &of) == -1)
		return THERE_NOTHING;
	if (st.st_dev == of.st_dev && st.st_ino == of.st_ino)
		return THERE_SAME;
	return inodes_have(&p->torn, &st) ? THERE_TORN : THERE_OTHER;
}

static bool
is_temporary(const char *name)
{
	size_t n = strlen(TEMPORARY);

	return strncmp(name, TEMPORARY, n) == 0 &&
	    strspn(name + n, "0123456789abcdef") == TEMPORARY_DIGITS &&
	    name[n + TEMPORARY_DIGITS] == '\0';
}

int
there_sweep(const struct place *p, const char *folder, struct err *e)
{
	struct listing l;
	struct stat st;
	size_t i;
	int fd, rc = -1;

	listing_init(&l);
	if ((fd = within_open_read(p->target, folder, O_DIRECTORY)) == -1) {
		(void)place_fail(folder, e);
		goto done;
	}
	if (listing_read(&l, fd, e) == -1)
		goto done;
	for (i = 0; i < l.n; i++)
		if (is_temporary(l.names[i]) && fstatat(fd, l.names[i], &st,
		    AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
		    !inodes_have(&p->files, &st) &&
		    unlinkat(fd, l.names[i], 0) == -1) {
			(void)err_sys(e, "remove a temporary file");
			goto done;
		}
	rc = 0;
done:
	listing_drop(&l);
	fd_drop(&fd);
	return rc;
}
