/*
 * Reads a store back: see verify.h.  A problem is told and counted, and the
 * reading goes on, so that one run names everything that is wrong; only what
 * could not be looked at ends it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/archive.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/intr.h"
#include "pack/check.h"
#include "pack/chunks.h"
#include "snapshot/named.h"
#include "snapshot/take.h"
#include "snapshot/trail.h"
#include "snapshot/verify.h"
#include "store/store.h"

#define CHARTER_MAX (1u << 20)

struct verify {
	struct depot			*d;
	const struct verify_options	*o;
	struct verify_report		*r;
	struct snapshot			 s;	/* the one at hand */
	struct named			 named;
	enum trail_kind			 kind;	/* of statements at hand */
	const char			*by;	/* the one that names others */
	struct pack_checker		*checker;	/* with keys */
};

static void
problem(struct verify *x, const char *object, const char *what)
{
	x->r->problems++;
	if (x->o->problem != NULL)
		x->o->problem(x->o->cookie, object, what);
}

/* Damage and absence are problems; all else ends the reading. */
static int
judge(struct verify *x, const char *object, const struct err *why,
    struct err *e)
{
	if (why->kind == ERR_DAMAGED || why->kind == ERR_ABSENT ||
	    why->kind == ERR_UNSUPPORTED || (why->kind == ERR_DENIED &&
	    why->sys == 0)) {
		problem(x, object, why->text);
		return 0;
	}
	*e = *why;
	return -1;
}

static void
step(const struct verify *x, const char *what)
{
	if (x->o->step != NULL)
		x->o->step(x->o->cookie, what);
}

/* What came of one. */
static int
pack_checked(void *cookie, const struct id *pack,
    const struct pack_report *report, const struct err *why, struct err *e)
{
	struct verify *x = cookie;
	char name[STORE_NAME_MAX];

	x->r->chunks += report->checked;
	if (why != NULL)
		return judge(x, inventory_pack_name(pack, name), why, e);
	if (x->o->progress != NULL)
		x->o->progress(x->o->cookie, report->size, 1);
	return 0;
}

static int
verify_pack(struct verify *x, const struct id *pack, uint64_t size,
    struct err *e)
{
	struct pack_report report = { 0 };
	struct err why;
	int rc;

	if (intr_check(e) == -1)
		return -1;
	x->r->packs++;
	x->r->bytes += size;
	if (x->checker != NULL)
		return pack_checker_add(x->checker, pack, e);
	err_clear(&why);
	rc = pack_check(x->d->store, pack, &report, &why);
	return pack_checked(x, pack, &report, rc == -1 ? &why : NULL, e);
}

/* Wait for the last one, if they are checked beside our reading. */
static int
end_packs(struct verify *x, struct err *e)
{
	return x->checker == NULL ? 0 : pack_checker_end(x->checker, e);
}

/* Names of packs look like packs/ab/<64 hex>. */
static bool
is_pack_name(const char *name, struct id *pack)
{
	char again[STORE_NAME_MAX];

	return strlen(name) == 6 + 3 + 64 && id_parse(name + 9, pack) == 0 &&
	    strcmp(inventory_pack_name(pack, again), name) == 0;
}

/* The bytes of an object that has them all in memory. */
static int
get_whole(const struct verify *x, const struct store_info *info,
    struct buf *b, struct err *why)
{
	if (info->size > b->max)
		return err_set(why, ERR_DAMAGED, "%llu bytes: too large",
		    (unsigned long long)info->size);
	return store_get_all(x->d->store, info->name, b, why);
}

static int
verify_charter(struct verify *x, const struct store_info *info,
    struct err *e)
{
	struct charter c;
	struct buf b;
	struct err why;
	int rc = 0;

	err_clear(&why);
	buf_init(&b, CHARTER_MAX);
	if (get_whole(x, info, &b, &why) == 0 &&
	    depot_open_charter(x->d, &c, info->name, &b, &why) == 0 &&
	    strcmp(c.store, x->d->charter.store) != 0)
		(void)err_set(&why, ERR_DAMAGED, "of another store: %s",
		    c.store);
	if (why.kind != ERR_NONE)
		rc = judge(x, info->name, &why, e);
	buf_drop(&b);
	return rc;
}

static int
verify_inventory(struct verify *x, const struct store_info *info,
    struct err *e)
{
	struct id named, seen;
	struct buf b;
	struct err why;
	int rc = 0;

	err_clear(&why);
	buf_init(&b, 256u << 20);
	if (id_parse(info->name + strlen("inventories/"), &named) == -1)
		(void)err_set(&why, ERR_DAMAGED,
		    "not the name of an inventory");
	else if (get_whole(x, info, &b, &why) == 0) {
		id_sha256(b.data, b.len, &seen);
		if (id_compare(&seen, &named) != 0)
			(void)err_set(&why, ERR_DAMAGED, "its bytes do not "
			    "have the SHA-256 in its name");
	}
	x->r->inventories++;
	if (why.kind != ERR_NONE)
		rc = judge(x, info->name, &why, e);
	buf_drop(&b);
	return rc;
}

static int
verify_object(void *cookie, const struct store_info *info, struct err *e)
{
	struct verify *x = cookie;
	const char *name = info->name;
	struct id pack;

	if (strncmp(name, "packs/", 6) == 0) {
		if (is_pack_name(name, &pack))
			return verify_pack(x, &pack, info->size, e);
		problem(x, name, "not the name of a pack");
	} else if (strncmp(name, "charters/", 9) == 0)
		return verify_charter(x, info, e);
	else if (strncmp(name, "inventories/", 12) == 0)
		return verify_inventory(x, info, e);
	else if (strncmp(name, "snapshots/", 10) != 0 &&
	    strncmp(name, "receipts/", 9) != 0 &&
	    strncmp(name, "verdicts/", 9) != 0)
		problem(x, name, "not an object of a muster store");
	return 0;
}

static int
verify_statement(void *cookie, const struct trail_item *item, struct err *e)
{
	struct verify *x = cookie;
	struct err why;

	if (intr_check(e) == -1)
		return -1;
	err_clear(&why);
	x->r->statements++;
	if (item->statement == NULL)
		problem(x, item->object, item->why->text);
	if (named_add(&x->named, x->kind, item, &why) == -1)
		return judge(x, item->object, &why, e);
	return 0;
}

static void
problem_missing(void *cookie, const char *prefix, const struct id *id)
{
	struct verify *x = cookie;
	char name[STORE_NAME_MAX], what[STORE_NAME_MAX + 64];
	char hex[ID_TEXT_SIZE];

	(void)snprintf(name, sizeof(name), "%.20s*-%s", prefix,
	    id_format(id, hex));
	(void)snprintf(what, sizeof(what), "missing, named by %s", x->by);
	problem(x, name, what);
}

static int
verify_named(void *cookie, const struct trail_item *item, struct err *e)
{
	struct verify *x = cookie;
	struct err told;

	if (intr_check(e) == -1)
		return -1;
	x->by = item->object;
	/* what it names in no good form was told already */
	(void)named_tell(&x->named, x->kind, item, problem_missing, x, &told);
	return 0;
}

/*
 * The trail, what names before what is named: a run that puts a snapshot and
 * its receipt meanwhile must not look like a snapshot that was taken away.
 */
static int
verify_trail(struct verify *x, struct err *e)
{
	static const enum trail_kind order[] = {
		TRAIL_VERDICTS, TRAIL_RECEIPTS, TRAIL_SNAPSHOTS
	};
	size_t i;

	for (i = 0; i < 3; i++) {
		x->kind = order[i];
		if (trail_each(x->d, x->kind, verify_statement, x, e) != 0)
			return -1;
	}
	if (x->named.missing.n > 0 &&
	    named_look_again(&x->named, x->d->store, e) == -1)
		return -1;
	for (i = 0; i < 3 && x->named.missing.n > 0; i++) {
		x->kind = order[i];
		if (trail_each(x->d, x->kind, verify_named, x, e) != 0)
			return -1;
	}
	return 0;
}

/* One pack that an inventory lists: is it there? */
static int
need_pack(void *cookie, const struct id *pack, struct err *e)
{
	struct verify *x = cookie;
	char name[STORE_NAME_MAX], what[STORE_NAME_MAX + 64];
	struct store_info info;
	struct err why;

	if (intr_check(e) == -1)
		return -1;
	(void)inventory_pack_name(pack, name);
	if (x->o->only != NULL) {
		err_clear(&why);
		if (store_head(x->d->store, name, &info, &why) == -1)
			return judge(x, name, &why, e);
		return verify_pack(x, pack, info.size, e);
	}
	if (store_head(x->d->store, name, &info, &why) == 0)
		return 0;
	if (why.kind != ERR_ABSENT) {
		*e = why;
		return -1;
	}
	(void)snprintf(what, sizeof(what), "missing, needed by %s",
	    x->s.object);
	problem(x, name, what);
	return 0;
}

/* Every chunk that an archive names must be in some pack. */
static int
walk_archive(struct verify *x, const struct part *p, struct err *e)
{
	struct archive_reader *r;
	struct segment seg;
	size_t i;
	int rc = -1, more;

	if ((r = archive_reader_new(x->d->chunks, &p->root, e)) == NULL)
		return -1;
	segment_init(&seg);
	while ((more = archive_reader_next(r, &seg, e)) == 1) {
		for (i = 0; i < seg.refs.n; i++)
			if (!chunks_have(x->d->chunks, &seg.refs.v[i])) {
				(void)err_set(e, ERR_ABSENT, "component %s: a "
				    "chunk of %s is in no pack", p->name,
				    seg.first);
				goto done;
			}
		segment_drop(&seg);
		segment_init(&seg);
	}
	rc = more;
done:
	segment_drop(&seg);
	archive_reader_free(r);
	return rc;
}

static int
verify_snapshot(struct verify *x, struct err *e)
{
	struct err why;
	size_t i;

	err_clear(&why);
	x->r->snapshots++;
	if (inventory_each(x->d->store, &x->s.inventory, need_pack, x,
	    &why) == -1 && judge(x, x->s.object, &why, e) == -1)
		return -1;
	if (end_packs(x, e) == -1)
		return -1;
	for (i = 0; x->o->content && i < x->s.n_parts; i++) {
		err_clear(&why);
		if (walk_archive(x, &x->s.parts[i], &why) == -1 &&
		    judge(x, x->s.object, &why, e) == -1)
			return -1;
	}
	return 0;
}

static int
visit_snapshot(void *cookie, const struct trail_item *item, struct err *e)
{
	struct verify *x = cookie;
	struct err why;

	if (intr_check(e) == -1)
		return -1;
	if (item->statement == NULL)
		return 0;		/* told already */
	memset(&x->s, 0, sizeof(x->s));
	if (snapshot_parse(&x->s, item->statement, &why) == -1) {
		problem(x, item->object, why.text);
		return 0;
	}
	if (x->o->site != NULL && strcmp(x->o->site, x->s.site) != 0)
		return 0;
	(void)snprintf(x->s.object, sizeof(x->s.object), "%s", item->object);
	return verify_snapshot(x, e);
}

static int
verify_all(struct verify *x, struct err *e)
{
	step(x, "objects");
	if (store_list(x->d->store, "", verify_object, x, e) != 0 ||
	    end_packs(x, e) == -1)
		return -1;
	step(x, "statements");
	if (verify_trail(x, e) == -1)
		return -1;
	step(x, "snapshots");
	return trail_each(x->d, TRAIL_SNAPSHOTS, visit_snapshot, x, e) == 0 ?
	    0 : -1;
}

int
verify_store(struct depot *d, const struct verify_options *o,
    struct verify_report *r, struct err *e)
{
	struct verify *x;
	int rc = -1;

	memset(r, 0, sizeof(*r));
	if ((x = calloc(1, sizeof(*x))) == NULL)
		return err_memory(e);
	x->d = d;
	x->o = o;
	x->r = r;
	named_init(&x->named);
	if (o->content && (x->checker = pack_checker_new(d->chunks,
	    pack_checked, x, e)) == NULL)
		goto done;
	if (o->only != NULL) {
		x->s = *o->only;
		step(x, "snapshot");
		rc = verify_snapshot(x, e);
	} else
		rc = verify_all(x, e);
done:
	pack_checker_free(x->checker);
	named_drop(&x->named);
	free(x);
	return rc;
}
