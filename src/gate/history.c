/*
 * A site's past, out of the trail: see history.h.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/want.h"
#include "gate/history.h"
#include "policy/policy.h"
#include "snapshot/trail.h"

_Static_assert(PART_STREAM + 1 == HISTORY_KINDS, "kinds of parts");

#define URN "urn:muster:site:"

struct reading {
	struct history	*h;
	const struct policy *policy;
	const char	*site;		/* its */
	struct snapshot	*s;		/* the one at hand */
};

/* Room for one more in list k; the element, zeroed, or NULL. */
static void *
append(struct history *h, int k, void **list, size_t *n, size_t each)
{
	size_t size = h->size[k] > 0 ? 2 * h->size[k] : 64;
	char *v = *list;

	if (*n == h->size[k]) {
		if ((v = reallocarray(*list, size, each)) == NULL)
			return NULL;
		*list = v;
		h->size[k] = size;
	}
	memset(v + *n * each, 0, each);
	return v + (*n)++ * each;
}

static int
see_snapshot(void *cookie, const struct trail_item *item, struct err *e)
{
	struct reading *x = cookie;
	struct past_snapshot *p;
	struct err why;
	size_t i;

	if (item->statement == NULL ||
	    snapshot_parse(x->s, item->statement, &why) == -1) {
		x->h->damaged++;
		return 0;
	}
	if (strcmp(x->s->site, x->site) != 0)
		return 0;
	if ((p = append(x->h, 0, (void **)&x->h->snapshots,
	    &x->h->n_snapshots, sizeof(*p))) == NULL)
		return err_memory(e);
	p->digest = item->digest;
	p->has_previous = x->s->has_previous;
	p->previous = x->s->previous;
	p->previous_utc = x->s->previous_utc;
	p->finished = x->s->finished;
	p->point = x->s->point;
	p->bytes = snapshot_bytes(x->s);
	p->new_bytes = x->s->new_bytes;
	p->unread = snapshot_unread(x->s);
	p->physical = snapshot_is_physical(x->s);
	p->complete = trail_has_all(x->s, x->policy);
	for (i = 0; i < x->s->n_parts; i++) {
		p->sizes[x->s->parts[i].kind] += x->s->parts[i].root.size;
		if (x->s->parts[i].kind != PART_STREAM)
			p->kinds |= 1U << x->s->parts[i].kind;
	}
	return 0;
}

/* Is it of a drill that unpacked a physical backup? */
static bool
is_physical(const struct receipt *r)
{
	size_t i;

	for (i = 0; i < r->n_phases; i++)
		if (strcmp(r->phases[i].name, "unpack") == 0)
			return true;
	return false;
}

void
history_keep(struct past_drill *p, const struct receipt *r,
    const char *object)
{
	(void)snprintf(p->object, sizeof(p->object), "%s", object);
	memcpy(p->kind, r->kind, sizeof(p->kind));
	memcpy(p->host, r->host, sizeof(p->host));
	memcpy(p->key, r->key, sizeof(p->key));
	memcpy(p->bottleneck, r->bottleneck, sizeof(p->bottleneck));
	p->policy = r->policy;
	p->finished = r->finished;
	p->total = r->total;
	p->declared = r->declared;
	p->bytes = r->bytes;
	p->rto = r->rto;
	p->coverage = r->coverage;
	p->passed = r->passed;
	memcpy(p->phases, r->phases, sizeof(p->phases));
	p->n_phases = r->n_phases;
	p->physical = is_physical(r);
}

static int
see_receipt(void *cookie, const struct trail_item *item, struct err *e)
{
	struct reading *x = cookie;
	struct receipt r = { .n_checks = 0 };
	struct past_drill *p;
	struct err why;
	int rc = 0;

	if (item->statement == NULL ||
	    receipt_parse(&r, item->statement, &why) == -1)
		x->h->damaged++;
	else if (strcmp(r.site, x->site) == 0) {
		if ((p = append(x->h, 1, (void **)&x->h->drills,
		    &x->h->n_drills, sizeof(*p))) == NULL)
			rc = err_memory(e);
		else
			history_keep(p, &r, item->object);
	}
	receipt_drop(&r);
	return rc;
}

static int
see_verdict(void *cookie, const struct trail_item *item, struct err *e)
{
	struct reading *x = cookie;
	char uri[SNAPSHOT_SITE_MAX + 32], result[16];
	const json_t *o = json_object_get(item->statement, "predicate");
	struct past_verdict *p;
	struct err why;
	int64_t utc;

	if (want_time(o, "timeVerified", &utc, &why) == -1 ||
	    want_text(o, "resourceUri", uri, sizeof(uri), &why) == -1 ||
	    want_text(o, "verificationResult", result, sizeof(result),
	    &why) == -1) {
		x->h->damaged++;
		return 0;
	}
	if (strncmp(uri, URN, strlen(URN)) != 0 ||
	    strcmp(uri + strlen(URN), x->site) != 0)
		return 0;
	if ((p = append(x->h, 2, (void **)&x->h->verdicts, &x->h->n_verdicts,
	    sizeof(*p))) == NULL)
		return err_memory(e);
	(void)snprintf(p->object, sizeof(p->object), "%s", item->object);
	p->utc = utc;
	p->go = strcmp(result, "PASSED") == 0;
	p->overridden = json_object_get(o, "musterOverride") != NULL;
	return 0;
}

static int
compare_points(const void *a, const void *b)
{
	int64_t x = ((const struct past_snapshot *)a)->point;
	int64_t y = ((const struct past_snapshot *)b)->point;

	return (x > y) - (x < y);
}

/* In order of time, so that each can be compared with those before it. */
static void
sort_snapshots(struct history *h)
{
	unsigned kinds = 0;
	size_t i;

	if (h->n_snapshots > 0)
		qsort(h->snapshots, h->n_snapshots, sizeof(*h->snapshots),
		    compare_points);
	for (i = 0; i < h->n_snapshots; i++) {
		kinds |= h->snapshots[i].kinds;
		h->snapshots[i].whole = h->snapshots[i].kinds == kinds;
	}
}

int
history_load(struct history *h, const struct depot *d,
    const struct policy *p, int64_t since, struct err *e)
{
	struct reading x = { .h = h, .policy = p, .site = p->site };
	int rc = -1;

	memset(h, 0, sizeof(*h));
	if ((x.s = malloc(sizeof(*x.s))) == NULL)
		return err_memory(e);
	if (trail_each(d, TRAIL_SNAPSHOTS, see_snapshot, &x, e) == 0 &&
	    trail_each_since(d, TRAIL_RECEIPTS, since, see_receipt, &x,
	    e) == 0 &&
	    trail_each_since(d, TRAIL_VERDICTS, since, see_verdict, &x,
	    e) == 0)
		rc = 0;
	free(x.s);
	sort_snapshots(h);
	return rc;
}

size_t
history_complete(const struct history *h, size_t i)
{
	while (i < h->n_snapshots && !h->snapshots[i].complete)
		i++;
	return i;
}

void
history_drop(struct history *h)
{
	free(h->snapshots);
	free(h->drills);
	free(h->verdicts);
	memset(h, 0, sizeof(*h));
}

static int
compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double
history_median(double *v, size_t n)
{
	if (n == 0)
		return 0;
	qsort(v, n, sizeof(*v), compare_doubles);
	return n % 2 == 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

const struct past_drill *
history_newest(const struct history *h, const char *kind)
{
	size_t i;

	for (i = h->n_drills; i-- > 0; )
		if (strcmp(h->drills[i].kind, kind) == 0)
			return &h->drills[i];
	return NULL;
}

const struct past_drill *
history_newest_whole(const struct history *h)
{
	size_t i;

	for (i = h->n_drills; i-- > 0; )
		if (receipt_is_whole(h->drills[i].kind))
			return &h->drills[i];
	return NULL;
}
