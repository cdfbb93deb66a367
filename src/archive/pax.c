/*
 * Entries into pax tar headers, by libarchive.
 *
 * Each header is made by a writer of its own, which costs about two
 * microseconds and makes it depend on nothing but the entry; what it would
 * add at its end is not taken.
 *
 * Names are bytes.  A pax record is text: a reader converts and normalises
 * what is in it (libarchive, in a locale that lacks the letter, refuses it),
 * and hdrcharset=BINARY, which forbids that, is a record that GNU tar warns
 * of.  So a path or target that is not ASCII stands in front, in the long
 * name headers of GNU tar ('L' and 'K'), which every reader takes as they
 * are; a stand-in is in its place in the header.
 *
 * Extended attributes are written under SCHILY.xattr, which GNU tar and star
 * know; but there libarchive escapes odd bytes of names and does not read
 * them back, so an entry with such a name has LIBARCHIVE.xattr instead, and
 * GNU tar says that it ignores it.
 *
 * Any answer of libarchive but OK is an error: a warning of it means that
 * something would be lost.
 */
#include <sys/stat.h>

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "archive/entry.h"
#include "archive/name.h"
#include "archive/pax.h"
#include "base/buf.h"
#include "base/err.h"

#define STAND_IN_MAX 64

struct sink {
	struct buf	*buf;
	struct err	*err;
	bool		 ended;		/* no more is wanted */
};

static la_ssize_t
take(struct archive *a, void *cookie, const void *data, size_t len)
{
	struct sink *s = cookie;

	if (s->ended)
		return -1;
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
owners_are_ascii(const struct entry *en)
{
	return is_ascii(en->user) && is_ascii(en->group);
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

	return all[!owners_are_ascii(en)][xattr_names_are_plain(en)];
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

/* A long name header of GNU tar with what it says. */
static int
add_long(struct buf *b, char type, const char *text, bool folder,
    struct err *e)
{
	size_t len = strlen(text) + (folder ? 1 : 0) + 1;
	size_t size = PAX_BLOCK + len + pax_padding(len);
	uint8_t *h;
	unsigned sum = 0;
	size_t i;

	if ((h = buf_room(b, size, e)) == NULL)
		return -1;
	memset(h, 0, size);
	memcpy(h, "././@LongLink", 13);
	memcpy(h + 100, "0000644\0000000000\0000000000", 23);
	(void)snprintf((char *)h + 124, 12, "%011o", (unsigned)len);
	memcpy(h + 136, "00000000000", 11);
	memset(h + 148, ' ', 8);
	h[156] = (uint8_t)type;
	memcpy(h + 257, "ustar  ", 7);
	for (i = 0; i < PAX_BLOCK; i++)
		sum += h[i];
	(void)snprintf((char *)h + 148, 7, "%06o", sum);
	memcpy(h + PAX_BLOCK, text, strlen(text));
	if (folder)
		h[PAX_BLOCK + len - 2] = '/';
	b->len += size;
	return 0;
}

/* Its last bytes, in letters that are the same everywhere. */
static const char *
stand_in(const char *text, char out[STAND_IN_MAX])
{
	size_t len = strlen(text), i;

	if (len > STAND_IN_MAX - 1)
		text += len - (STAND_IN_MAX - 1);
	for (i = 0; text[i] != '\0'; i++)
		out[i] = text[i] > ' ' && text[i] <= '~' && text[i] != '/' ?
		    text[i] : '_';
	out[i] = '\0';
	return out;
}

/*
 * Names that are not ASCII go in front; the entry has stand-ins for them
 * afterwards.
 */
static int
put_names_in_front(struct entry *en, char path[STAND_IN_MAX],
    char link[STAND_IN_MAX], struct buf *b, struct err *e)
{
	if (!is_ascii(en->link)) {
		if (add_long(b, 'K', en->link, false, e) == -1)
			return -1;
		en->link = stand_in(en->link, link);
	}
	if (!is_ascii(en->path)) {
		if (add_long(b, 'L', en->path, S_ISDIR(en->mode), e) == -1)
			return -1;
		en->path = stand_in(en->path, path);
	}
	return 0;
}

int
pax_header(const struct entry *en, struct buf *buf, struct err *e)
{
	struct entry named = *en;
	char path[STAND_IN_MAX], link[STAND_IN_MAX];
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
	if (put_names_in_front(&named, path, link, buf, e) == -1)
		goto done;
	if (fill(ae, &named, e) == -1)
		goto done;
	rc = write_header(a, &named, ae, &sink);
done:
	if (rc == -1)
		(void)err_add(e, "cannot archive %s",
		    name_format(en->path, text));
	archive_entry_free(ae);
	if (a != NULL) {
		/* Padding and end go nowhere; failing first would leak. */
		sink.ended = true;
		(void)archive_write_close(a);
		(void)archive_write_free(a);
	}
	return rc;
}

size_t
pax_padding(uint64_t size)
{
	return (size_t)((PAX_BLOCK - size % PAX_BLOCK) % PAX_BLOCK);
}
