/*
 * The trail of signed statements.  A statement is believed when its object's
 * name carries the SHA-256 of its bytes, its signature is of a signer that the
 * charter allows for its kind, and the time in its name is the one inside.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/gang.h"
#include "base/want.h"
#include "crypto/statement.h"
#include "policy/policy.h"
#include "snapshot/remembered.h"
#include "snapshot/second.h"
#include "snapshot/trail.h"
#include "store/store.h"

#define TIME_LEN 16			/* 20260131T235959Z */
#define BATCH 32			/* statements fetched together */

struct kind {
	const char	*prefix, *type, *when;
	unsigned	 role;
	const char	*where, *site;	/* member, what precedes the site */
};

static const struct kind kinds[] = {
	[TRAIL_SNAPSHOTS] = { "snapshots/", STATEMENT_SNAPSHOT, "finished",
	    ROLE_SNAPSHOT, "site", "" },
	[TRAIL_RECEIPTS] = { "receipts/", STATEMENT_RECEIPT, "finished",
	    ROLE_RECEIPT, "site", "" },
	[TRAIL_VERDICTS] = { "verdicts/", STATEMENT_VERDICT, "timeVerified",
	    ROLE_VERDICT, "resourceUri", "urn:muster:site:" },
};

/* One that was listed, and what was fetched of it. */
struct found {
	struct store_info	 info;
	bool			 is_named;	/* as a statement: */
	int64_t			 named;
	struct id		 digest;
	struct buf		 b;
};

struct walk {
	const struct depot	*d;
	const struct kind	*kind;
	struct charter		 trusted;	/* whose signatures count */
	int64_t			 since;		/* nothing named older */
	int			(*each)(void *, const struct trail_item *,
				    struct err *);
	void			*cookie;
	struct second		 held;		/* not yet told */
	struct found		 found[BATCH];	/* not yet fetched */
	size_t			 n_found;
};

/*
 * Who may sign a kind of statement: those of the charter; and verdicts, for an
 * override, also whoever holds a recovery key, since these keys say who may
 * sign at all.
 */
static void
trust(const struct charter *c, const struct kind *k, struct charter *out)
{
	struct charter_signer *s;
	size_t i;

	*out = *c;
	for (i = 0; k->role == ROLE_VERDICT && i < c->n_recovery &&
	    out->n_signers < CHARTER_MAX_SIGNERS; i++) {
		s = &out->signers[out->n_signers++];
		(void)snprintf(s->name, sizeof(s->name), "recovery key %s",
		    c->recovery[i].name);
		memcpy(s->public, c->recovery[i].sign_public,
		    sizeof(s->public));
		s->roles = ROLE_VERDICT;
	}
}

/* The two halves of a statement's name. */
static int
split_name(const struct kind *k, const char *object, int64_t *named,
    struct id *digest, struct err *e)
{
	const char *p = object + strlen(k->prefix);
	char text[CLOCK_TEXT_MAX];

	if (strlen(p) == TIME_LEN + 1 + 64 && p[TIME_LEN] == '-' &&
	    id_parse(p + TIME_LEN + 1, digest) == 0) {
		(void)snprintf(text, sizeof(text),
		    "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", p, p + 4, p + 6, p + 9,
		    p + 11, p + 13);
		if (clock_parse(text, named, e) == 0)
			return 0;
	}
	return err_set(e, ERR_DAMAGED,
	    "not the name of a statement: expected time-sha256");
}

/* Check one object all the way; the statement, or NULL and why. */
static json_t *
believe(const struct walk *w, const char *object, struct trail_item *item,
    const struct buf *b, struct err *why)
{
	const struct statement_want want = {
		.type = w->kind->type, .charter = &w->trusted,
		.role = w->kind->role,
	};
	const struct charter_signer *signer;
	json_t *s = NULL;
	const json_t *predicate;
	struct id named;
	int64_t inside;

	if (split_name(w->kind, object, &item->named, &named, why) == -1)
		return NULL;
	if (id_compare(&named, &item->digest) != 0) {
		(void)err_set(why, ERR_DAMAGED,
		    "its bytes do not have the SHA-256 in its name");
		return NULL;
	}
	if ((s = statement_open(b->data, b->len, &want, &signer,
	    why)) == NULL)
		return NULL;
	if ((predicate = want_object(s, "predicate", why)) == NULL ||
	    want_time(predicate, w->kind->when, &inside, why) == -1)
		goto refuse;
	if (inside / 1000000000 != item->named / 1000000000) {
		(void)err_set(why, ERR_DAMAGED,
		    "the time in its name is not the one inside");
		goto refuse;
	}
	item->signer = signer->name;
	return s;
refuse:
	json_decref(s);
	return NULL;
}

static int
fetch(void *cookie, size_t i, unsigned worker, struct err *e)
{
	struct walk *w = cookie;
	struct found *f = &w->found[i];

	(void)worker;
	if (f->info.size > STATEMENT_MAX)
		return 0;
	return w->d->memory != NULL && f->is_named ? remembered_get(
	    w->d->memory, w->d->store, &f->info, &f->digest, &f->b, e) :
	    store_get_all(w->d->store, f->info.name, &f->b, e);
}

static int
look_at(struct walk *w, const struct found *f, struct err *e)
{
	struct trail_item item = { .object = f->info.name,
	    .named = f->named };
	struct err why;
	json_t *s = NULL;
	int rc = 0;

	err_clear(&why);
	if (f->info.size > STATEMENT_MAX)
		(void)err_set(&why, ERR_DAMAGED,
		    "%llu bytes: too large for a statement",
		    (unsigned long long)f->info.size);
	else {
		id_sha256(f->b.data, f->b.len, &item.digest);
		s = believe(w, f->info.name, &item, &f->b, &why);
	}
	item.statement = s;
	if (s == NULL)
		item.why = &why;
	if (second_is_over(&w->held, &item))
		rc = second_tell(&w->held, w->each, w->cookie, e);
	if (rc == 0)
		rc = second_add(&w->held, &item, e);
	json_decref(s);
	return rc;
}

/* Fetch what was listed, and look at it in the order of the listing. */
static int
see_found(struct walk *w, struct err *e)
{
	const struct gang g = { .n = w->n_found, .workers = GANG_FAR,
	    .work = fetch, .cookie = w };
	size_t i;
	int rc = gang_run(&g, e);

	for (i = 0; i < w->n_found; i++) {
		if (rc == 0)
			rc = look_at(w, &w->found[i], e);
		buf_drop(&w->found[i].b);
	}
	w->n_found = 0;
	return rc;
}

static int
visit(void *cookie, const struct store_info *info, struct err *e)
{
	struct walk *w = cookie;
	struct found *f = &w->found[w->n_found];
	struct err none;

	f->named = 0;
	f->is_named = split_name(w->kind, info->name, &f->named, &f->digest,
	    &none) == 0;
	if (f->is_named && f->named < w->since)
		return 0;
	f->info = *info;
	buf_init(&f->b, STATEMENT_MAX);
	return ++w->n_found < BATCH ? 0 : see_found(w, e);
}

int
trail_each(const struct depot *d, enum trail_kind kind,
    int (*each)(void *, const struct trail_item *, struct err *),
    void *cookie, struct err *e)
{
	return trail_each_since(d, kind, INT64_MIN, each, cookie, e);
}

int
trail_each_since(const struct depot *d, enum trail_kind kind, int64_t since,
    int (*each)(void *, const struct trail_item *, struct err *),
    void *cookie, struct err *e)
{
	struct walk *w = calloc(1, sizeof(*w));
	int rc;

	if (w == NULL)
		return err_memory(e);
	w->d = d;
	w->kind = &kinds[kind];
	w->since = since;
	w->each = each;
	w->cookie = cookie;
	trust(&d->charter, w->kind, &w->trusted);
	if ((rc = store_list(d->store, w->kind->prefix, visit, w, e)) == 0 &&
	    (rc = see_found(w, e)) == 0)
		rc = second_tell(&w->held, each, cookie, e);
	second_drop(&w->held);
	free(w);
	return rc;
}

const char *
trail_prefix(enum trail_kind kind)
{
	return kinds[kind].prefix;
}

json_t *
trail_believe(const struct charter *c, enum trail_kind kind, const void *p,
    size_t n, char *signer, struct err *e)
{
	const struct kind *k = &kinds[kind];
	const struct charter_signer *by = NULL;
	struct charter trusted;
	const struct statement_want want = { .type = k->type,
	    .charter = &trusted, .role = k->role };
	json_t *s;

	trust(c, k, &trusted);
	if ((s = statement_open(p, n, &want, &by, e)) != NULL)
		memcpy(signer, by->name, CHARTER_NAME_MAX);
	return s;
}

/* The newest statement of a kind and site so far. */
struct newest {
	const struct kind *kind;
	const char	*site;
	bool		 found;
	struct id	 digest;
	int64_t		 named;
};

static bool
is_of_site(const struct newest *n, const json_t *predicate)
{
	const char *s = json_string_value(json_object_get(predicate,
	    n->kind->where));
	size_t len = strlen(n->kind->site);

	return s != NULL && strncmp(s, n->kind->site, len) == 0 &&
	    strcmp(s + len, n->site) == 0;
}

/* They come oldest first. */
static int
keep_newest(void *cookie, const struct trail_item *item, struct err *e)
{
	struct newest *n = cookie;

	(void)e;
	if (item->statement == NULL || !is_of_site(n, json_object_get(
	    item->statement, "predicate")))
		return 0;
	n->found = true;
	n->digest = item->digest;
	n->named = item->named;
	return 0;
}

static int
add_previous(const struct depot *d, const struct trail_new *new,
    struct err *e)
{
	struct newest n = { .kind = &kinds[new->kind], .site = new->site };

	if (trail_each(d, new->kind, keep_newest, &n, e) != 0)
		return -1;
	if (json_object_set_new(new->predicate, "previous", n.found ?
	    snapshot_id_json(&n.digest) : json_null()) == -1 ||
	    json_object_set_new(new->predicate, "previous_time", n.found ?
	    want_make_time(n.named) : json_null()) == -1)
		return err_memory(e);
	return 0;
}

int
trail_put(const struct depot *d, const struct trail_new *new,
    char object[STORE_NAME_MAX], struct id *digest, struct err *e)
{
	const struct kind *k = &kinds[new->kind];
	char when[CLOCK_TEXT_MAX], hex[ID_TEXT_SIZE];
	struct buf b;
	int rc = -1;

	buf_init(&b, STATEMENT_MAX);
	if (add_previous(d, new, e) == -1 ||
	    statement_sign(k->type, new->subject, new->predicate,
	    new->signer != NULL ? new->signer : depot_signer(d), &b,
	    e) == -1)
		goto done;
	id_sha256(b.data, b.len, digest);
	(void)snprintf(object, STORE_NAME_MAX, "%s%s-%s", k->prefix,
	    clock_format_compact(new->utc, when), id_format(digest, hex));
	if (store_put(d->store, object, b.data, b.len, digest,
	    e) == STORE_FAILED)
		goto done;
	rc = 0;
done:
	buf_drop(&b);
	return rc;
}

struct find {
	const char	*site, *which;
	const struct id	*digest;	/* exactly this one, or NULL */
	struct snapshot	*out;
	struct trail_newest *newest;	/* what it must have, or NULL */
	uint64_t	 hits, damaged, partial;
	unsigned	 kinds;		/* of components: the last hit's, */
	unsigned	 wider;		/* and of the one noted as wider */
	struct err	 why;		/* of the last damaged one */
	struct snapshot	 s;		/* the one at hand */
};

static bool
wants_newest(const struct find *f)
{
	return f->digest == NULL &&
	    (f->which == NULL || strcmp(f->which, "latest") == 0);
}

/* Does this statement match what is looked for, by name? */
static bool
matches(const struct find *f, const struct trail_item *item)
{
	const char *which = f->which;
	const size_t prefix = strlen("snapshots/");
	char hex[ID_TEXT_SIZE];

	if (f->digest != NULL)
		return id_compare(f->digest, &item->digest) == 0;
	if (wants_newest(f))
		return true;
	if (strncmp(which, "snapshots/", prefix) == 0)
		which += prefix;
	(void)id_format(&item->digest, hex);
	return *which != '\0' &&
	    (strncmp(hex, which, strlen(which)) == 0 ||
	    strncmp(item->object + prefix, which, strlen(which)) == 0);
}

bool
trail_has_all(const struct snapshot *s, const struct policy *p)
{
	return (!p->db.present || snapshot_part(s, "db") != NULL) &&
	    (!p->files.present || snapshot_part(s, "files") != NULL) &&
	    (!p->config.present || snapshot_part(s, "config") != NULL);
}

/* Has it what is looked for? */
static bool
has_enough(const struct find *f, const struct snapshot *s)
{
	if (f->newest == NULL)
		return true;
	if (f->newest->part != NULL)
		return snapshot_part(s, f->newest->part) != NULL;
	return f->newest->policy == NULL ||
	    trail_has_all(s, f->newest->policy);
}

/* Note the hit before this one, if it has what this one lacks. */
static void
note_wider(struct find *f, const struct snapshot *s)
{
	unsigned mask = 0;
	size_t i;

	for (i = 0; i < s->n_parts; i++)
		mask |= 1U << s->parts[i].kind;
	if (f->newest != NULL && f->newest->part == NULL &&
	    f->newest->policy == NULL && (f->kinds & ~mask) != 0 &&
	    (f->wider & ~f->kinds) == 0) {
		f->wider = f->kinds;
		memcpy(f->newest->wider, f->out->object, STORE_NAME_MAX);
	}
	f->kinds = mask;
}

static int
find_one(void *cookie, const struct trail_item *item, struct err *e)
{
	struct find *f = cookie;
	struct snapshot *s = &f->s;

	(void)e;
	if (item->statement == NULL ||
	    snapshot_parse(s, item->statement, &f->why) == -1) {
		f->damaged++;
		if (item->statement == NULL)
			f->why = *item->why;
		(void)err_add(&f->why, "%s", item->object);
		return 0;
	}
	if (f->site != NULL && strcmp(f->site, s->site) != 0)
		return 0;
	if (!matches(f, item))
		return 0;
	if (!has_enough(f, s)) {
		f->partial++;
		return 0;
	}
	f->partial = 0;
	note_wider(f, s);
	(void)snprintf(s->object, sizeof(s->object), "%s", item->object);
	(void)snprintf(s->signer, sizeof(s->signer), "%s", item->signer);
	s->digest = item->digest;
	f->hits = wants_newest(f) ? 1 : f->hits + 1;
	*f->out = *s;
	return 0;
}

static int
find(const struct depot *d, struct find *f, struct err *e)
{
	if (trail_each(d, TRAIL_SNAPSHOTS, find_one, f, e) != 0)
		return -1;
	if (f->hits > 1)
		return err_set(e, ERR_INPUT, "%llu snapshots begin with "
		    "\"%s\": give more of it", (unsigned long long)f->hits,
		    f->which);
	if (f->hits == 1)
		return 0;
	if (f->damaged > 0) {
		*e = f->why;
		e->kind = ERR_DAMAGED;
		return err_add(e, "no such snapshot among those that can be "
		    "believed, and %llu cannot be",
		    (unsigned long long)f->damaged);
	}
	return err_set(e, ERR_ABSENT, "%s has no snapshot%s%s%s%s",
	    store_url(d->store), f->which != NULL ? " " : "",
	    f->which != NULL ? f->which : "", f->site != NULL ?
	    " of site " : "", f->site != NULL ? f->site : "");
}

/* The same; a newest one only if nothing that is damaged may be newer. */
static int
find_sure(const struct depot *d, struct find *f, uint64_t *damaged,
    struct err *e)
{
	int rc = find(d, f, e);

	if (damaged != NULL)
		*damaged = f->damaged;
	else if (rc == 0 && wants_newest(f) && f->damaged > 0) {
		*e = f->why;
		e->kind = ERR_DAMAGED;
		rc = err_add(e, "cannot tell which snapshot is the newest "
		    "(name one): %llu cannot be believed",
		    (unsigned long long)f->damaged);
	}
	return rc;
}

int
trail_find_snapshot(const struct depot *d, const char *site,
    const char *which, struct snapshot *out, uint64_t *damaged, struct err *e)
{
	struct find f = { .site = site, .which = which, .out = out };

	return find_sure(d, &f, damaged, e);
}

int
trail_find_newest(const struct depot *d, struct trail_newest *n,
    struct snapshot *out, struct err *e)
{
	struct find f = { .site = n->site, .out = out, .newest = n };
	uint64_t *damaged = n->sure ? NULL : &n->damaged;
	int rc = find_sure(d, &f, damaged, e);

	if ((f.wider & ~f.kinds) == 0)
		n->wider[0] = '\0';
	n->partial = rc == 0 ? f.partial : 0;
	if (rc == 0 || f.partial == 0 || f.hits > 0 ||
	    (e->kind != ERR_ABSENT && e->kind != ERR_DAMAGED))
		return rc;
	err_clear(e);			/* none has it all: others say so */
	return trail_find_snapshot(d, n->site, NULL, out, damaged, e);
}

int
trail_get_snapshot(const struct depot *d, const struct id *digest,
    struct snapshot *out, struct err *e)
{
	struct find f = { .digest = digest, .out = out };

	return find(d, &f, e);
}
