/*
 * Entries by value: a copy in one piece of memory, so that it is released by
 * one free() and cannot be released by half.
 */
#include <stdlib.h>
#include <string.h>

#include "archive/entry.h"
#include "base/err.h"

static size_t
text_size(const char *s)
{
	return s == NULL ? 0 : strlen(s) + 1;
}

/* Copy bytes to where *p points, move it, and say where they went. */
static void *
place(char **p, const void *from, size_t len)
{
	void *to = *p;

	if (from == NULL)
		return NULL;
	if (len > 0)
		memcpy(to, from, len);
	*p += len;
	return to;
}

static size_t
clone_size(const struct entry *en)
{
	size_t i, n = sizeof(*en) + en->n_xattrs * sizeof(*en->xattrs);

	n += text_size(en->path) + text_size(en->link) +
	    text_size(en->user) + text_size(en->group) +
	    text_size(en->acl_access) + text_size(en->acl_default);
	for (i = 0; i < en->n_xattrs; i++)
		n += text_size(en->xattrs[i].name) + en->xattrs[i].len;
	return n;
}

struct entry *
entry_clone(const struct entry *en, struct err *e)
{
	struct entry *c;
	struct xattr *x;
	char *p;
	size_t i;

	if ((c = malloc(clone_size(en))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	*c = *en;
	x = (struct xattr *)(c + 1);
	p = (char *)(x + en->n_xattrs);
	c->xattrs = x;
	for (i = 0; i < en->n_xattrs; i++) {
		x[i] = en->xattrs[i];
		x[i].name = place(&p, x[i].name, text_size(x[i].name));
		x[i].value = place(&p, x[i].value, x[i].len);
	}
	c->path = place(&p, en->path, text_size(en->path));
	c->link = place(&p, en->link, text_size(en->link));
	c->user = place(&p, en->user, text_size(en->user));
	c->group = place(&p, en->group, text_size(en->group));
	c->acl_access = place(&p, en->acl_access, text_size(en->acl_access));
	c->acl_default = place(&p, en->acl_default,
	    text_size(en->acl_default));
	return c;
}
