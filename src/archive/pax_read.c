/*
 * Tar headers, as libarchive read them, into entries.
 *
 * The bytes were authenticated, but whoever held a writer key made them, and
 * that host may have been broken into: so every field is checked, and what
 * muster never writes (sparse maps, other kinds of lists, unknown types) is
 * refused.
 */
#include <sys/stat.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "archive/name.h"
#include "archive/pax.h"
#include "archive/pax_read.h"
#include "base/err.h"

#define XATTRS_MAX 8192

void
pax_view_init(struct pax_view *v)
{
	*v = (struct pax_view){ .size = 0 };
	buf_init(&v->path, ARCHIVE_PATH_MAX + 2);
	buf_init(&v->acl_access, PAX_HEADER_MAX);
	buf_init(&v->acl_default, PAX_HEADER_MAX);
}

void
pax_view_drop(struct pax_view *v)
{
	buf_drop(&v->path);
	buf_drop(&v->acl_access);
	buf_drop(&v->acl_default);
	free(v->xattrs);
	pax_view_init(v);
	v->xattrs = NULL;
}

static int
set_type(struct entry *en, struct archive_entry *ae, struct err *e)
{
	mode_t type = archive_entry_filetype(ae);

	en->hardlink = archive_entry_hardlink(ae) != NULL;
	en->link = en->hardlink ? archive_entry_hardlink(ae)
	    : archive_entry_symlink(ae);
	if (en->hardlink)
		type = S_IFREG;
	en->mode = type | (archive_entry_mode(ae) & 07777);
	switch (type) {
	case S_IFREG:
		if (!en->hardlink)
			en->link = NULL;
		return 0;
	case S_IFDIR: case S_IFCHR: case S_IFBLK: case S_IFIFO:
		en->link = NULL;
		return 0;
	case S_IFLNK:
		if (en->link != NULL && en->link[0] != '\0' &&
		    strlen(en->link) < PATH_MAX)
			return 0;
		return err_set(e, ERR_DAMAGED, "its target is impossible");
	default:
		return err_set(e, ERR_DAMAGED, "its type is unknown");
	}
}

static int
set_path(struct pax_view *v, struct archive_entry *ae, struct err *e)
{
	const char *path = archive_entry_pathname(ae);

	buf_clear(&v->path);
	if (path == NULL)
		return err_set(e, ERR_DAMAGED, "an entry has no name");
	if (strlen(path) > ARCHIVE_PATH_MAX + 1)
		return err_set(e, ERR_DAMAGED, "a name is too long");
	if (buf_add_text(&v->path, path, e) == -1)
		return -1;
	if (S_ISDIR(v->entry.mode) && v->path.len > 0 &&
	    v->path.data[v->path.len - 1] == '/')
		v->path.len--;
	if ((v->entry.path = buf_text(&v->path, e)) == NULL)
		return -1;
	return name_check(v->entry.path, e);
}

static int
set_device(struct entry *en, struct archive_entry *ae, struct err *e)
{
	dev_t major = archive_entry_rdevmajor(ae);
	dev_t minor = archive_entry_rdevminor(ae);

	if (!S_ISCHR(en->mode) && !S_ISBLK(en->mode))
		return 0;
	if (major > INT_MAX || minor > INT_MAX)
		return err_set(e, ERR_DAMAGED,
		    "its device number is impossible");
	en->rdev_major = (uint32_t)major;
	en->rdev_minor = (uint32_t)minor;
	return 0;
}

static int
set_numbers(struct entry *en, struct archive_entry *ae, struct err *e)
{
	int64_t uid = archive_entry_uid(ae), gid = archive_entry_gid(ae);
	int64_t size = archive_entry_size(ae);

	if (uid < 0 || uid >= UINT32_MAX || gid < 0 || gid >= UINT32_MAX)
		return err_set(e, ERR_DAMAGED, "its owner is impossible");
	if (size < 0 || (size > 0 && (!S_ISREG(en->mode) || en->hardlink)))
		return err_set(e, ERR_DAMAGED, "its size is impossible");
	if (archive_entry_sparse_count(ae) > 0)
		return err_set(e, ERR_DAMAGED, "it has a sparse map");
	en->uid = (uid_t)uid;
	en->gid = (gid_t)gid;
	en->size = (uint64_t)size;
	en->mtime_sec = archive_entry_mtime(ae);
	en->mtime_nsec = archive_entry_mtime_nsec(ae);
	if (en->mtime_nsec < 0 || en->mtime_nsec > 999999999)
		return err_set(e, ERR_DAMAGED, "its time is impossible");
	return set_device(en, ae, e);
}

static int
compare_xattrs(const void *a, const void *b)
{
	return strcmp(((const struct xattr *)a)->name,
	    ((const struct xattr *)b)->name);
}

static int
set_xattrs(struct pax_view *v, struct archive_entry *ae, struct err *e)
{
	size_t i, n = (size_t)archive_entry_xattr_reset(ae);
	struct xattr *x;

	if (n > XATTRS_MAX)
		return err_set(e, ERR_DAMAGED, "too many extended attributes");
	if (n > v->size) {
		if ((x = realloc(v->xattrs, n * sizeof(*x))) == NULL)
			return err_memory(e);
		v->xattrs = x;
		v->size = n;
	}
	for (i = 0; i < n; i++) {
		x = &v->xattrs[i];
		if (archive_entry_xattr_next(ae, &x->name, &x->value,
		    &x->len) != ARCHIVE_OK || x->name == NULL)
			return err_set(e, ERR_DAMAGED,
			    "an extended attribute is impossible");
	}
	if (n > 1)
		qsort(v->xattrs, n, sizeof(*v->xattrs), compare_xattrs);
	for (i = 1; i < n; i++)
		if (strcmp(v->xattrs[i - 1].name, v->xattrs[i].name) == 0)
			return err_set(e, ERR_DAMAGED,
			    "an extended attribute comes twice");
	v->entry.xattrs = v->xattrs;
	v->entry.n_xattrs = n;
	return 0;
}

/* The tags of POSIX.1e in the order that the kernel wants. */
static const struct {
	int		 tag;
	const char	*word;
	bool		 has_id;
} acl_tags[] = {
	{ ARCHIVE_ENTRY_ACL_USER_OBJ, "user", false },
	{ ARCHIVE_ENTRY_ACL_USER, "user", true },
	{ ARCHIVE_ENTRY_ACL_GROUP_OBJ, "group", false },
	{ ARCHIVE_ENTRY_ACL_GROUP, "group", true },
	{ ARCHIVE_ENTRY_ACL_MASK, "mask", false },
	{ ARCHIVE_ENTRY_ACL_OTHER, "other", false },
};

static int
add_acl_entry(struct buf *out, size_t tag, int perms, int id, struct err *e)
{
	char text[40] = "";

	if ((perms & ~7) != 0 || (acl_tags[tag].has_id && id < 0))
		return err_set(e, ERR_DAMAGED,
		    "an access control list is impossible");
	if (acl_tags[tag].has_id)
		(void)snprintf(text, sizeof(text), "%d", id);
	return buf_addf(out, e, "%s%s:%s:%c%c%c", out->len > 0 ? "," : "",
	    acl_tags[tag].word, text, perms & 4 ? 'r' : '-',
	    perms & 2 ? 'w' : '-', perms & 1 ? 'x' : '-');
}

/* All entries of one tag, in the order they have in the header. */
static int
add_acl_tag(struct buf *out, struct archive_entry *ae, int want, size_t tag,
    struct err *e)
{
	int type, perms, has, id, rc;
	const char *name;

	(void)archive_entry_acl_reset(ae, want);
	while ((rc = archive_entry_acl_next(ae, want, &type, &perms, &has,
	    &id, &name)) == ARCHIVE_OK) {
		if (has != acl_tags[tag].tag)
			continue;
		if (add_acl_entry(out, tag, perms, id, e) == -1)
			return -1;
	}
	if (rc != ARCHIVE_EOF)
		return err_set(e, ERR_DAMAGED,
		    "an access control list is impossible");
	return 0;
}

static int
set_acl(struct buf *out, struct archive_entry *ae, int want,
    const char **text, struct err *e)
{
	size_t i;

	buf_clear(out);
	*text = NULL;
	if (archive_entry_acl_count(ae, want) == 0)
		return 0;
	for (i = 0; i < sizeof(acl_tags) / sizeof(acl_tags[0]); i++)
		if (add_acl_tag(out, ae, want, i, e) == -1)
			return -1;
	return (*text = buf_text(out, e)) == NULL ? -1 : 0;
}

int
pax_view_set(struct pax_view *v, struct archive_entry *ae, struct err *e)
{
	struct entry *en = &v->entry;

	*en = (struct entry){ .path = NULL };
	if (set_type(en, ae, e) == -1 || set_path(v, ae, e) == -1 ||
	    set_numbers(en, ae, e) == -1)
		return -1;
	if (en->hardlink && name_check(en->link, e) == -1)
		return err_add(e, "hard link");
	en->user = archive_entry_uname(ae);
	en->group = archive_entry_gname(ae);
	if (en->user != NULL && en->user[0] == '\0')
		en->user = NULL;
	if (en->group != NULL && en->group[0] == '\0')
		en->group = NULL;
	if (archive_entry_acl_types(ae) & ~ARCHIVE_ENTRY_ACL_TYPE_POSIX1E)
		return err_set(e, ERR_DAMAGED,
		    "its access control list is of another kind");
	if (set_xattrs(v, ae, e) == -1 ||
	    set_acl(&v->acl_access, ae, ARCHIVE_ENTRY_ACL_TYPE_ACCESS,
	    &en->acl_access, e) == -1)
		return -1;
	return set_acl(&v->acl_default, ae, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT,
	    &en->acl_default, e);
}
