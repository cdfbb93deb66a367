/*
 * Extended attributes and access control lists.
 *
 * Kept are user.*, trusted.* (seen by root only) and security.capability.
 * Not kept: security.selinux, security.ima, security.evm and the like, which
 * belong to the machine's own policy and keys and not to the content; and
 * system.*, of which only the POSIX access control lists matter: these are
 * kept as text with numeric ids, and only where they say more than the mode
 * does.  A symlink's own attributes are not kept.
 */
#include <sys/acl.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <sys/xattr.h>

#include <acl/libacl.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "archive/meta.h"
#include "archive/within.h"
#include "base/err.h"

#define LIST_MAX ((size_t)1 << 20)
#define VALUES_MAX ((size_t)1 << 20)
#define TRIES_MAX 8

void
meta_init(struct meta *m)
{
	*m = (struct meta){ .n = 0 };
	buf_init(&m->list, LIST_MAX);
	buf_init(&m->values, VALUES_MAX);
}

static void
clear(struct meta *m)
{
	buf_clear(&m->list);
	buf_clear(&m->values);
	m->n = 0;
	free(m->acl_access);
	free(m->acl_default);
	m->acl_access = m->acl_default = NULL;
}

void
meta_drop(struct meta *m)
{
	clear(m);
	buf_drop(&m->list);
	buf_drop(&m->values);
	free(m->xattrs);
	meta_init(m);
}

bool
meta_keeps(const char *name)
{
	return strncmp(name, "user.", 5) == 0 ||
	    strncmp(name, "trusted.", 8) == 0 ||
	    strcmp(name, "security.capability") == 0;
}

/* A file by its descriptor or, where that is O_PATH, by way of /proc. */
struct handle {
	int	 fd;
	bool	 path_only;
	char	 path[WITHIN_PROC_MAX];
};

static ssize_t
list_names(const struct handle *h, void *to, size_t size)
{
	if (h->path_only)
		return listxattr(h->path, to, size);
	return flistxattr(h->fd, to, size);
}

static ssize_t
get_value(const struct handle *h, const char *name, void *to, size_t size)
{
	if (h->path_only)
		return getxattr(h->path, name, to, size);
	return fgetxattr(h->fd, name, to, size);
}

static int
read_list(struct meta *m, const struct handle *h, struct err *e)
{
	size_t size = 1024;
	ssize_t n;
	void *to;
	int i;

	for (i = 0; i < TRIES_MAX; i++) {
		if ((to = buf_room(&m->list, size, e)) == NULL)
			return -1;
		if ((n = list_names(h, to, size)) >= 0) {
			m->list.len = (size_t)n;
			return 0;
		}
		if (errno == ENOTSUP)
			return 0;
		if (errno != ERANGE || (n = list_names(h, NULL, 0)) == -1)
			break;
		size = (size_t)n + 256;
	}
	return err_sys(e, "list extended attributes");
}

/* Append one value: 1, or 0 when the attribute is gone by now. */
static int
read_value(struct meta *m, const struct handle *h, const char *name,
    size_t *len, struct err *e)
{
	size_t size = 256;
	ssize_t n;
	void *to;
	int i;

	for (i = 0; i < TRIES_MAX; i++) {
		if ((to = buf_room(&m->values, size, e)) == NULL)
			return -1;
		if ((n = get_value(h, name, to, size)) >= 0) {
			*len = (size_t)n;
			m->values.len += (size_t)n;
			return 1;
		}
		if (errno == ENODATA)
			return 0;
		if (errno != ERANGE ||
		    (n = get_value(h, name, NULL, 0)) == -1)
			break;
		size = (size_t)n + 64;
	}
	return err_sys(e, "read extended attribute %.100s", name);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct xattr *)a)->name,
	    ((const struct xattr *)b)->name);
}

static int
add_xattr(struct meta *m, const char *name, size_t len, struct err *e)
{
	struct xattr *x;

	if (m->n == m->size) {
		m->size = m->size == 0 ? 16 : m->size * 2;
		x = realloc(m->xattrs, m->size * sizeof(*x));
		if (x == NULL)
			return err_memory(e);
		m->xattrs = x;
	}
	m->xattrs[m->n++] = (struct xattr){ .name = name, .len = len };
	return 0;
}

static char *
read_acl(const struct handle *h, acl_type_t type, struct err *e)
{
	char path[WITHIN_PROC_MAX];
	char *text = NULL, *copy = NULL;
	acl_t acl;

	if ((acl = acl_get_file(within_proc(h->fd, path), type)) == NULL) {
		(void)err_sys(e, "read access control list");
		return NULL;
	}
	text = acl_to_any_text(acl, NULL, ',', TEXT_NUMERIC_IDS);
	if (text == NULL || (copy = strdup(text)) == NULL)
		(void)err_memory(e);
	(void)acl_free(text);
	(void)acl_free(acl);
	return copy;
}

static int
read_one(struct meta *m, const struct handle *h, const char *name,
    struct err *e)
{
	size_t len = 0;
	int rc;

	if (strcmp(name, "system.posix_acl_access") == 0)
		return (m->acl_access = read_acl(h, ACL_TYPE_ACCESS, e))
		    == NULL ? -1 : 0;
	if (strcmp(name, "system.posix_acl_default") == 0)
		return (m->acl_default = read_acl(h, ACL_TYPE_DEFAULT, e))
		    == NULL ? -1 : 0;
	if (!meta_keeps(name))
		return 0;
	if ((rc = read_value(m, h, name, &len, e)) != 1)
		return rc;
	return add_xattr(m, name, len, e);
}

int
meta_read(struct meta *m, int fd, bool path_only, struct err *e)
{
	struct handle h = { .fd = fd, .path_only = path_only };
	const char *name, *end;
	const uint8_t *value;
	size_t i;

	clear(m);
	(void)within_proc(fd, h.path);
	if (read_list(m, &h, e) == -1)
		return -1;
	name = (const char *)m->list.data;
	for (end = name + m->list.len; name < end; name += strlen(name) + 1)
		if (read_one(m, &h, name, e) == -1)
			return -1;
	value = m->values.data;		/* it moves no more */
	for (i = 0; i < m->n; i++) {
		m->xattrs[i].value = value;
		value += m->xattrs[i].len;
	}
	if (m->n > 1)
		qsort(m->xattrs, m->n, sizeof(*m->xattrs), compare);
	return 0;
}

void
meta_entry(const struct meta *m, const struct stat *st, struct entry *en)
{
	bool device = S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode);

	en->mode = st->st_mode;
	en->uid = st->st_uid;
	en->gid = st->st_gid;
	en->size = S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0;
	en->mtime_sec = st->st_mtim.tv_sec;
	en->mtime_nsec = st->st_mtim.tv_nsec;
	en->rdev_major = device ? major(st->st_rdev) : 0;
	en->rdev_minor = device ? minor(st->st_rdev) : 0;
	en->xattrs = m->xattrs;
	en->n_xattrs = m->n;
	en->acl_access = m->acl_access;
	en->acl_default = m->acl_default;
}

int
meta_set_acl(int fd, bool is_default, const char *text)
{
	char path[WITHIN_PROC_MAX];
	acl_t acl;
	int rc;

	if ((acl = acl_from_text(text)) == NULL)
		return -1;
	if (acl_valid(acl) == -1)
		rc = -1;
	else
		rc = acl_set_file(within_proc(fd, path),
		    is_default ? ACL_TYPE_DEFAULT : ACL_TYPE_ACCESS, acl);
	(void)acl_free(acl);
	return rc;
}
