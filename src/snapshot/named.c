/*
 * The statements of a store that name each other: see named.h.
 */
#include <jansson.h>
#include <string.h>

#include "base/err.h"
#include "base/want.h"
#include "snapshot/named.h"

#define INPUTS_MAX 16			/* of a verdict; two are written */

static const char *const prefixes[] = {
	[TRAIL_SNAPSHOTS] = "snapshots/", [TRAIL_RECEIPTS] = "receipts/",
	[TRAIL_VERDICTS] = "verdicts/",
};

void
named_init(struct named *c)
{
	idset_init(&c->there);
	idset_init(&c->missing);
}

void
named_drop(struct named *c)
{
	idset_drop(&c->there);
	idset_drop(&c->missing);
}

/* What is done with each statement that another one names. */
struct visit {
	int	(*each)(struct visit *, const char *prefix, const struct id *,
		    struct err *);
	struct named	*named;
	void		(*tell)(void *, const char *, const struct id *);
	void		*cookie;
};

static int
visit_digest(struct visit *v, const char *prefix, const json_t *digest,
    struct err *e)
{
	struct id id;

	if (snapshot_id_want(digest, "sha256", &id, e) == -1)
		return -1;
	return v->each(v, prefix, &id, e);
}

/* The evidence of a verdict: the folder it is in, and its digest. */
static int
visit_inputs(struct visit *v, const json_t *predicate, struct err *e)
{
	const json_t *list, *digest, *o;
	char uri[16];
	size_t i;

	if ((list = want_array(predicate, "inputAttestations", INPUTS_MAX,
	    e)) == NULL)
		return -1;
	for (i = 0; i < json_array_size(list); i++) {
		o = json_array_get(list, i);
		if (want_text(o, "uri", uri, sizeof(uri), e) == -1 ||
		    (digest = want_object(o, "digest", e)) == NULL ||
		    visit_digest(v, uri, digest, e) == -1)
			return err_add(e, "inputAttestations[%zu]", i);
	}
	return 0;
}

static int
visit_named(struct visit *v, enum trail_kind kind,
    const struct trail_item *item, struct err *e)
{
	const json_t *p, *o;
	struct id id;

	if (item->statement == NULL)
		return 0;
	if ((p = want_object(item->statement, "predicate", e)) == NULL)
		return -1;
	if (!json_is_null(json_object_get(p, "previous")) &&
	    (snapshot_id_want(p, "previous", &id, e) == -1 ||
	    v->each(v, prefixes[kind], &id, e) == -1))
		return -1;
	if (kind == TRAIL_VERDICTS)
		return visit_inputs(v, p, e);
	if (kind == TRAIL_RECEIPTS &&
	    ((o = want_object(p, "snapshot", e)) == NULL ||
	    visit_digest(v, prefixes[TRAIL_SNAPSHOTS], o, e) == -1))
		return -1;
	return 0;
}

static int
add_named(struct visit *v, const char *prefix, const struct id *id,
    struct err *e)
{
	(void)prefix;
	if (idset_has(&v->named->there, id))
		return 0;
	return idset_add(&v->named->missing, id, e) == -1 ? -1 : 0;
}

static int
add_there(struct named *c, const struct id *id, struct err *e)
{
	idset_remove(&c->missing, id);
	return idset_add(&c->there, id, e) == -1 ? -1 : 0;
}

/* What its name says it is. */
static int
add_name(struct named *c, const char *object, struct err *e)
{
	size_t len = strlen(object);
	struct id named;

	if (len <= 64 || id_parse(object + len - 64, &named) == -1)
		return 0;
	return add_there(c, &named, e);
}

int
named_add(struct named *c, enum trail_kind kind,
    const struct trail_item *item, struct err *e)
{
	struct visit v = { .each = add_named, .named = c };

	if (add_there(c, &item->digest, e) == -1 ||
	    add_name(c, item->object, e) == -1)
		return -1;
	return visit_named(&v, kind, item, e);
}

static int
look(void *cookie, const struct store_info *info, struct err *e)
{
	return add_name(cookie, info->name, e);
}

int
named_look_again(struct named *c, struct store *store, struct err *e)
{
	size_t i;

	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (store_list(store, prefixes[i], look, c, e) != 0)
			return -1;
	return 0;
}

static int
tell_missing(struct visit *v, const char *prefix, const struct id *id,
    struct err *e)
{
	(void)e;
	if (idset_has(&v->named->missing, id)) {
		v->tell(v->cookie, prefix, id);
		idset_remove(&v->named->missing, id);
	}
	return 0;
}

int
named_tell(struct named *c, enum trail_kind kind,
    const struct trail_item *item,
    void (*each)(void *, const char *, const struct id *), void *cookie,
    struct err *e)
{
	struct visit v = { .each = tell_missing, .named = c, .tell = each,
	    .cookie = cookie };

	return visit_named(&v, kind, item, e);
}
