/*
 * The hash chain of the trail: see chain.h.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/want.h"
#include "snapshot/chain.h"

#define NANO INT64_C(1000000000)
#define URN "urn:muster:site:"

struct reading {
	struct chain	*c;
	enum trail_kind	 kind;
	const char	*site;
};

static struct chain_link *
append(struct chain *c, struct err *e)
{
	struct chain_link *v;
	size_t size = c->size > 0 ? 2 * c->size : 64;

	if (c->n == c->size) {
		if ((v = reallocarray(c->v, size, sizeof(*v))) == NULL) {
			(void)err_memory(e);
			return NULL;
		}
		c->v = v;
		c->size = size;
	}
	memset(&c->v[c->n], 0, sizeof(*c->v));
	return &c->v[c->n++];
}

/* What it came to, in a word. */
static const char *
word_of(enum trail_kind kind, const json_t *o)
{
	const char *result;

	switch (kind) {
	case TRAIL_SNAPSHOTS:
		break;
	case TRAIL_RECEIPTS:
		return json_is_true(json_object_get(o, "passed")) ? "passed" :
		    "failed";
	case TRAIL_VERDICTS:
		if (json_object_get(o, "musterOverride") != NULL)
			return "overridden";
		result = json_string_value(json_object_get(o,
		    "verificationResult"));
		return result != NULL && strcmp(result, "PASSED") == 0 ?
		    "GO" : "NO-GO";
	}
	return "taken";
}

/* Fill what the statement says; -1 when it lacks what all have. */
static int
fill(struct chain_link *l, enum trail_kind kind, const json_t *o,
    struct err *why)
{
	char site[SNAPSHOT_SITE_MAX + sizeof(URN)];
	bool verdict = kind == TRAIL_VERDICTS;
	const char *name = site;

	if (want_text(o, verdict ? "resourceUri" : "site", site, sizeof(site),
	    why) == -1)
		return -1;
	if (verdict && strncmp(site, URN, strlen(URN)) == 0)
		name += strlen(URN);
	(void)snprintf(l->site, sizeof(l->site), "%.*s",
	    (int)sizeof(l->site) - 1, name);
	(void)snprintf(l->what, sizeof(l->what), "%s", word_of(kind, o));
	l->has_previous = json_is_string(json_object_get(o, "previous"));
	if (l->has_previous)
		return snapshot_id_want(o, "previous", &l->previous, why);
	return 0;
}

static void
blame(struct chain *c, struct chain_link *l, enum chain_problem problem,
    const char *why)
{
	l->problem = problem;
	(void)snprintf(l->why, sizeof(l->why), "%.250s", why);
	c->problems++;
}

static int
visit(void *cookie, const struct trail_item *item, struct err *e)
{
	struct reading *x = cookie;
	struct chain_link *l;
	struct err why;

	err_clear(&why);
	if ((l = append(x->c, e)) == NULL)
		return -1;
	(void)snprintf(l->object, sizeof(l->object), "%s", item->object);
	l->digest = item->digest;
	l->named = item->named;
	if (item->statement == NULL)
		blame(x->c, l, CHAIN_DAMAGED, item->why->text);
	else if (fill(l, x->kind, json_object_get(item->statement,
	    "predicate"), &why) == -1)
		blame(x->c, l, CHAIN_DAMAGED, why.text);
	else {
		(void)snprintf(l->signer, sizeof(l->signer), "%s",
		    item->signer);
		if (x->site != NULL && strcmp(x->site, l->site) != 0)
			x->c->n--;	/* another's */
	}
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct chain_link *const *x = a, *const *y = b;

	return id_compare(&(*x)->digest, &(*y)->digest);
}

static int
compare_key(const void *key, const void *member)
{
	const struct chain_link *const *m = member;

	return id_compare(key, &(*m)->digest);
}

static void
judge(struct chain *c, struct chain_link *l, const struct chain_link *before,
    int64_t skew)
{
	char text[300], when[CLOCK_TEXT_MAX], hex[ID_TEXT_SIZE];

	if (before == NULL) {
		(void)snprintf(text, sizeof(text), "the one before it, %.16s, "
		    "is not there", id_format(&l->previous, hex));
		blame(c, l, CHAIN_REMOVED, text);
	} else if (before->named / NANO > l->named / NANO + skew) {
		(void)snprintf(text, sizeof(text), "the one before it is of "
		    "%s: it was made later than it says",
		    clock_format(before->named, when));
		blame(c, l, CHAIN_BACKDATED, text);
	}
}

static int
check_links(struct chain *c, uint64_t skew, struct err *e)
{
	struct chain_link **sorted, **found;
	size_t i;

	if ((sorted = calloc(c->n + 1, sizeof(*sorted))) == NULL)
		return err_memory(e);
	for (i = 0; i < c->n; i++)
		sorted[i] = &c->v[i];
	qsort(sorted, c->n, sizeof(*sorted), compare);
	for (i = 0; i < c->n; i++) {
		if (c->v[i].problem != CHAIN_GOOD || !c->v[i].has_previous)
			continue;
		found = bsearch(&c->v[i].previous, sorted, c->n,
		    sizeof(*sorted), compare_key);
		judge(c, &c->v[i], found != NULL ? *found : NULL,
		    (int64_t)skew);
	}
	free(sorted);
	return 0;
}

int
chain_load(struct chain *c, const struct depot *d, enum trail_kind kind,
    const char *site, uint64_t skew, struct err *e)
{
	struct reading x = { c, kind, site };

	memset(c, 0, sizeof(*c));
	if (trail_each(d, kind, visit, &x, e) != 0)
		return -1;
	return c->n == 0 ? 0 : check_links(c, skew, e);
}

void
chain_drop(struct chain *c)
{
	free(c->v);
	memset(c, 0, sizeof(*c));
}

const struct chain_link *
chain_first_problem(const struct chain *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].problem != CHAIN_GOOD)
			return &c->v[i];
	return NULL;
}
