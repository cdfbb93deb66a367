/*
 * Entries into pax tar headers, by libarchive.
 *
 * Each header is made by a writer of its own, which costs about two
 * microseconds and makes it depend on nothing but the entry; the writer is
 * then told to fail, so that it adds neither padding nor an end.
 *
 * Names are bytes.  libarchive would convert them with the locale's character
 * set, unless it is told hdrcharset=BINARY; that adds a record which GNU tar
 * does not know and warns of, so it is only asked for where a byte is not
 * ASCII.  Extended attributes are written under SCHILY.xattr, which GNU tar
 * and star know; but there libarchive escapes odd bytes of names and does not
 * read them back, so an entry with such a name has LIBARCHIVE.xattr instead.
 *
 * Any answer of libarchive but OK is an error: a warning of it means that
 * something would be lost.
 */
#include <sys/stat.h>

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "archive/entry.h"
#include "archive/name.h"
#include "archive/pax.h"
#include "base/buf.h"
#include "base/err.h"

struct sink {
	struct buf	*buf;
	struct err	*err;
};

static la_ssize_t
take(struct archive *a, void *cookie, const void *data, size_t len)
{
	struct sink *s = cookie;

	if (buf_add(s->buf, data, len, s->err) == -1) {
		archive_set_error(a, ENOMEM, "%s", s->err->text);
		return -1;
	}
	return (la_ssize_t)len;
}

static bool
is_ascii(const char *s)
{
	if (s == NULL)
		return true;
	for (; *s != '\0'; s++)
		if ((uint8_t)*s > 127)
			return false;
	return true;
}

static bool
names_are_ascii(const struct entry *en)
{
	return is_ascii(en->path) && is_ascii(en->link) &&
	    is_ascii(en->user) && is_ascii(en->group);
}

static bool
xattr_names_are_plain(const struct entry *en)
{
	const char *p;
	size_t i;

	for (i = 0; i < en->n_xattrs; i++)
		for (p = en->xattrs[i].name; *p != '\0'; p++)
			if (*p <= ' ' || *p > '~' || *p == '%' || *p == '=')
				return false;
	return true;
}

static const char *
options_for(const struct entry *en)
{
	static const char *const all[2][2] = {
		{ "xattrheader=LIBARCHIVE", "xattrheader=SCHILY" },
		{ "hdrcharset=BINARY,xattrheader=LIBARCHIVE",
		  "hdrcharset=BINARY,xattrheader=SCHILY" },
	};

	return all[!names_are_ascii(en)][xattr_names_are_plain(en)];
}

static int
set_acl(struct archive_entry *ae, const char *text, int type, struct err *e)
{
	if (text == NULL)
		return 0;
	if (archive_entry_acl_from_text(ae, text, type) != ARCHIVE_OK)
		return err_set(e, ERR_UNSUPPORTED,
		    "the access control list \"%.200s\" is not understood",
		    text);
	return 0;
}

static int
set_extras(struct archive_entry *ae, const struct entry *en, struct err *e)
{
	size_t i;

	for (i = 0; i < en->n_xattrs; i++)
		archive_entry_xattr_add_entry(ae, en->xattrs[i].name,
		    en->xattrs[i].value, en->xattrs[i].len);
	if (set_acl(ae, en->acl_access, ARCHIVE_ENTRY_ACL_TYPE_ACCESS,
	    e) == -1)
		return -1;
	return set_acl(ae, en->acl_default, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT,
	    e);
}

static int
fill(struct archive_entry *ae, const struct entry *en, struct err *e)
{
	bool regular = S_ISREG(en->mode);

	archive_entry_copy_pathname(ae, en->path);
	archive_entry_set_mode(ae, en->mode);
	archive_entry_set_uid(ae, en->uid);
	archive_entry_set_gid(ae, en->gid);
	if (en->user != NULL)
		archive_entry_copy_uname(ae, en->user);
	if (en->group != NULL)
		archive_entry_copy_gname(ae, en->group);
	archive_entry_set_mtime(ae, en->mtime_sec, en->mtime_nsec);
	if (S_ISCHR(en->mode) || S_ISBLK(en->mode)) {
		archive_entry_set_rdevmajor(ae, en->rdev_major);
		archive_entry_set_rdevminor(ae, en->rdev_minor);
	}
	archive_entry_set_size(ae,
	    regular && !en->hardlink ? (la_int64_t)en->size : 0);
	if (en->hardlink) {
		archive_entry_copy_hardlink(ae, en->link);
		return 0;	/* all else belongs to the file itself */
	}
	if (S_ISLNK(en->mode))
		archive_entry_copy_symlink(ae, en->link);
	return set_extras(ae, en, e);
}

static int
check(const struct entry *en, struct err *e)
{
	if (name_check(en->path, e) == -1)
		return -1;
	assert(en->hardlink || S_ISLNK(en->mode) == (en->link != NULL));
	if (en->size > INT64_MAX)
		return err_set(e, ERR_UNSUPPORTED, "the size is impossible");
	if (en->hardlink && name_check(en->link, e) == -1)
		return err_add(e, "hard link");
	if (en->rdev_major > INT_MAX || en->rdev_minor > INT_MAX)
		return err_set(e, ERR_UNSUPPORTED, "the device number is "
		    "impossible");
	return 0;
}

static int
write_header(struct archive *a, const struct entry *en,
    struct archive_entry *ae, struct sink *s)
{
	if (archive_write_set_format_pax(a) != ARCHIVE_OK ||
	    archive_write_set_options(a, options_for(en)) != ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(a, 0) != ARCHIVE_OK ||
	    archive_write_open(a, s, NULL, take, NULL) != ARCHIVE_OK ||
	    archive_write_header(a, ae) != ARCHIVE_OK) {
		if (s->err->kind == ERR_MEMORY)
			return -1;
		return err_set(s->err, ERR_UNSUPPORTED,
		    "it does not fit a tar header: %s",
		    archive_error_string(a));
	}
	if (s->buf->len > PAX_HEADER_MAX - PAX_BLOCK)
		return err_set(s->err, ERR_UNSUPPORTED, "its names and "
		    "extended attributes do not fit a tar header");
	return 0;
}

int
pax_header(const struct entry *en, struct buf *buf, struct err *e)
{
	struct archive *a = NULL;
	struct archive_entry *ae = NULL;
	struct sink sink = { .buf = buf, .err = e };
	char text[NAME_TEXT_MAX];
	int rc = -1;

	buf_clear(buf);
	err_clear(e);
	if (check(en, e) == -1)
		goto done;
	if ((a = archive_write_new()) == NULL ||
	    (ae = archive_entry_new()) == NULL) {
		(void)err_memory(e);
		goto done;
	}
	if (fill(ae, en, e) == -1)
		goto done;
	rc = write_header(a, en, ae, &sink);
done:
	if (rc == -1)
		(void)err_add(e, "cannot archive %s",
		    name_format(en->path, text));
	archive_entry_free(ae);
	if (a != NULL) {
		(void)archive_write_fail(a);	/* adds no padding, no end */
		(void)archive_write_free(a);
	}
	return rc;
}

size_t
pax_padding(uint64_t size)
{
	return (size_t)((PAX_BLOCK - size % PAX_BLOCK) % PAX_BLOCK);
}
