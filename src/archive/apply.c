/*
 * Giving a restored file what its entry says.
 *
 * The order matters.  The owner comes first, for a change of it clears
 * set-id bits and capabilities; then the attributes, while the file is still
 * writable; then the mode; then the access control list, which the mode would
 * change; the time last, which all else would.  Set-id bits and capabilities
 * are not given to a file whose owner is not the right one: they would lend
 * somebody else's rights.
 *
 * Whatever cannot be set is noted and the rest is set nevertheless: a restore
 * in an emergency must not end at the first attribute that a file system does
 * not know.
 */
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/xattr.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "archive/apply.h"
#include "archive/entry.h"
#include "archive/meta.h"
#include "archive/within.h"

struct handle {
	const struct apply	*how;
	const struct entry	*en;
	int			 fd;
	bool			 path_only;
	bool			 owned;		/* by whom it must be */
	char			 path[WITHIN_PROC_MAX];
};

static void
note(const struct handle *h, const char *what, int sys)
{
	h->how->note(h->how->cookie, h->en->path, what, sys);
}

static bool
is_owned(const struct handle *h)
{
	struct stat st;

	return fstat(h->fd, &st) == 0 && st.st_uid == h->en->uid &&
	    st.st_gid == h->en->gid;
}

static void
set_owner(struct handle *h)
{
	h->owned = is_owned(h);
	if (h->owned || !h->how->owners)
		return;
	if (fchownat(h->fd, "", h->en->uid, h->en->gid, AT_EMPTY_PATH) == -1)
		note(h, "its owner could not be set", errno);
	h->owned = is_owned(h);
}

static int
set_xattr(const struct handle *h, const struct xattr *x)
{
	if (h->path_only)
		return setxattr(h->path, x->name, x->value, x->len, 0);
	return fsetxattr(h->fd, x->name, x->value, x->len, 0);
}

static void
set_xattrs(const struct handle *h)
{
	const struct xattr *x = h->en->xattrs;
	const struct xattr *end = x + h->en->n_xattrs;
	char what[300];

	for (; x < end; x++) {
		(void)snprintf(what, sizeof(what),
		    "its extended attribute %.200s could not be set",
		    x->name);
		if (!meta_keeps(x->name))
			note(h, what, 0);
		else if (strcmp(x->name, "security.capability") == 0 &&
		    !h->owned)
			note(h, "its capabilities were not set, for its "
			    "owner is another one", 0);
		else if (set_xattr(h, x) == -1)
			note(h, what, errno);
	}
}

static void
set_mode(const struct handle *h)
{
	mode_t mode = h->en->mode & 07777;
	int rc;

	if (!h->owned && !S_ISDIR(h->en->mode) &&
	    (mode & (S_ISUID | S_ISGID)) != 0) {
		mode &= ~(mode_t)(S_ISUID | S_ISGID);
		note(h, "its set-id bits were not set, for its owner is "
		    "another one", 0);
	}
	rc = h->path_only ? chmod(h->path, mode) : fchmod(h->fd, mode);
	if (rc == -1)
		note(h, "its mode could not be set", errno);
}

static void
drop_acl(const struct handle *h, const char *name)
{
	if (removexattr(h->path, name) == -1 && errno != ENODATA &&
	    errno != ENOTSUP)
		note(h, "an inherited access control list could not be "
		    "removed", errno);
}

/* Lists that the entry does not have must not come from the folder above. */
static void
drop_inherited(const struct handle *h)
{
	if (h->en->acl_access == NULL)
		drop_acl(h, "system.posix_acl_access");
	if (h->en->acl_default == NULL && S_ISDIR(h->en->mode))
		drop_acl(h, "system.posix_acl_default");
}

static void
set_acls(const struct handle *h)
{
	if (h->en->acl_access != NULL &&
	    meta_set_acl(h->fd, false, h->en->acl_access) == -1)
		note(h, "its access control list could not be set", errno);
	if (h->en->acl_default != NULL &&
	    meta_set_acl(h->fd, true, h->en->acl_default) == -1)
		note(h, "its default access control list could not be set",
		    errno);
}

static void
times_of(const struct entry *en, struct timespec t[2])
{
	t[0] = (struct timespec){ .tv_nsec = UTIME_OMIT };
	t[1] = (struct timespec){
		.tv_sec = en->mtime_sec, .tv_nsec = en->mtime_nsec,
	};
}

static void
set_time(const struct handle *h)
{
	struct timespec t[2];
	int rc;

	times_of(h->en, t);
	rc = h->path_only ? utimensat(AT_FDCWD, h->path, t, 0)
	    : futimens(h->fd, t);
	if (rc == -1)
		note(h, "its time could not be set", errno);
}

void
apply_all(const struct apply *how, int fd, bool path_only,
    const struct entry *en)
{
	struct handle h = {
		.how = how, .en = en, .fd = fd, .path_only = path_only,
	};

	(void)within_proc(fd, h.path);
	set_owner(&h);
	if (how->may_inherit)
		drop_inherited(&h);
	set_xattrs(&h);
	set_mode(&h);
	set_acls(&h);
	set_time(&h);
}

void
apply_symlink(const struct apply *how, int folder, const char *base,
    const struct entry *en)
{
	struct timespec t[2];

	if (how->owners && fchownat(folder, base, en->uid, en->gid,
	    AT_SYMLINK_NOFOLLOW) == -1)
		how->note(how->cookie, en->path,
		    "its owner could not be set", errno);
	times_of(en, t);
	if (utimensat(folder, base, t, AT_SYMLINK_NOFOLLOW) == -1)
		how->note(how->cookie, en->path,
		    "its time could not be set", errno);
}
