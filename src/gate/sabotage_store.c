/*
 * A view of a store with one object damaged: see sabotage_store.h.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gate/sabotage_store.h"

struct view {
	struct store		*real;
	char			 object[STORE_NAME_MAX];
	enum sabotage_how	 how;
	uint64_t		 at;
};

static bool
is_it(const struct view *v, const char *name)
{
	return strcmp(v->object, name) == 0;
}

static int
gone(const char *name, struct err *e)
{
	return err_set(e, ERR_ABSENT, "%s is not there (sabotage)", name);
}

static enum store_put_result
view_put(void *self, const char *name, const void *data, size_t len,
    const struct id *sha256, struct err *e)
{
	(void)self;
	(void)data;
	(void)len;
	(void)sha256;
	(void)err_set(e, ERR_DENIED, "%s: a sabotage stores nothing", name);
	return STORE_FAILED;
}

static int
view_get(void *self, const char *name, uint64_t offset, size_t len, void *out,
    struct err *e)
{
	struct view *v = self;
	uint8_t *p = out;

	if (is_it(v, name) && v->how == HOW_GONE)
		return gone(name, e);
	if (is_it(v, name) && v->how == HOW_CUT &&
	    (offset > v->at || len > v->at - offset))
		return err_set(e, ERR_DAMAGED, "%s ends at %llu (sabotage)",
		    name, (unsigned long long)v->at);
	if (store_get(v->real, name, offset, len, out, e) == -1)
		return -1;
	if (is_it(v, name) && v->how == HOW_BYTE && v->at >= offset &&
	    v->at - offset < len)
		p[v->at - offset] ^= 0x40;
	return 0;
}

static void
change_info(const struct view *v, struct store_info *info)
{
	if (is_it(v, info->name) && v->how == HOW_CUT && info->size > v->at)
		info->size = v->at;
}

static int
view_head(void *self, const char *name, struct store_info *info,
    struct err *e)
{
	struct view *v = self;

	if (is_it(v, name) && v->how == HOW_GONE)
		return gone(name, e);
	if (store_head(v->real, name, info, e) == -1)
		return -1;
	change_info(v, info);
	return 0;
}

struct listing {
	struct view	*v;
	int		(*each)(void *, const struct store_info *,
			    struct err *);
	void		*cookie;
};

static int
list_one(void *cookie, const struct store_info *info, struct err *e)
{
	struct listing *l = cookie;
	struct store_info seen = *info;

	if (is_it(l->v, info->name) && l->v->how == HOW_GONE)
		return 0;
	change_info(l->v, &seen);
	return l->each(l->cookie, &seen, e);
}

static int
view_list(void *self, const char *prefix,
    int (*each)(void *, const struct store_info *, struct err *),
    void *cookie, struct err *e)
{
	struct view *v = self;
	struct listing l = { v, each, cookie };

	return store_list(v->real, prefix, list_one, &l, e);
}

static int
view_remove(void *self, const char *name, struct err *e)
{
	(void)self;
	return err_set(e, ERR_DENIED, "%s: a sabotage removes nothing", name);
}

static void
view_close(void *self)
{
	free(self);
}

struct store *
sabotage_store(struct store *real, const char *object, enum sabotage_how how,
    uint64_t at, struct err *e)
{
	static const struct store_driver driver = {
		.put = view_put, .get = view_get, .head = view_head,
		.list = view_list, .remove = view_remove, .close = view_close,
	};
	struct view *v;

	if ((v = calloc(1, sizeof(*v))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	v->real = real;
	v->how = how;
	v->at = at;
	(void)snprintf(v->object, sizeof(v->object), "%s", object);
	return store_wrap(&driver, v, store_url(real), e);
}
