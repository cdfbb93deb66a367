/*
 * The stores of a policy.  Their names are free, so that they are read from
 * the tree; what a bucket needs to be told is refused of a directory.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "policy/fill.h"
#include "policy/loaded.h"
#include "policy/tree.h"

#define LOCK_DAYS_MAX 36500
#define LIMIT_MIN 65536
#define N(a) (sizeof(a) / sizeof(*(a)))

/* One store, while it is read. */
struct entry {
	struct fill		*f;
	struct policy_store	*s;
};

static int
text_of(struct entry *v, const struct tree *t, const char **out)
{
	if (t->kind != TREE_TEXT || t->text[0] == '\0')
		return tree_fail(t, NULL, v->f->e, "expected text");
	return fill_keep(v->f, t->text, out);
}

static int
path_of(struct entry *v, const struct tree *t, const char **out)
{
	if (t->kind != TREE_TEXT || t->text[0] == '\0')
		return tree_fail(t, NULL, v->f->e, "expected a path");
	return fill_keep_path(v->f, t->text, out);
}

/* Is it s3://... rather than a path? */
static bool
has_scheme(const char *url)
{
	size_t n = strspn(url, "abcdefghijklmnopqrstuvwxyz0123456789+-.");

	return n > 0 && strncmp(url + n, "://", 3) == 0;
}

static int
take_url(struct entry *v, const struct tree *t)
{
	if (t->kind != TREE_TEXT || t->text[0] == '\0')
		return tree_fail(t, NULL, v->f->e, "expected a directory or "
		    "s3://bucket/prefix");
	return (has_scheme(t->text) ? fill_keep : fill_keep_path)(v->f,
	    t->text, &v->s->url);
}

static int
take_endpoint(struct entry *v, const struct tree *t)
{
	return text_of(v, t, &v->s->endpoint);
}

static int
take_region(struct entry *v, const struct tree *t)
{
	return text_of(v, t, &v->s->region);
}

static int
take_ca_file(struct entry *v, const struct tree *t)
{
	return path_of(v, t, &v->s->ca_file);
}

static int
take_credentials(struct entry *v, const struct tree *t)
{
	return path_of(v, t, &v->s->credentials);
}

static int
take_profile(struct entry *v, const struct tree *t)
{
	return text_of(v, t, &v->s->profile);
}

static int
take_storage_class(struct entry *v, const struct tree *t)
{
	return text_of(v, t, &v->s->storage_class);
}

static int
take_path_style(struct entry *v, const struct tree *t)
{
	bool yes = t->kind == TREE_TEXT && strcmp(t->text, "true") == 0;

	if (!yes && (t->kind != TREE_TEXT || strcmp(t->text, "false") != 0))
		return tree_fail(t, NULL, v->f->e, "expected true or false");
	v->s->has_path_style = true;
	v->s->path_style = yes;
	return 0;
}

static int
take_limit_upload(struct entry *v, const struct tree *t)
{
	struct err why;

	if (t->kind != TREE_TEXT || num_parse_size(t->text,
	    &v->s->limit_upload, &why) == -1 ||
	    v->s->limit_upload < LIMIT_MIN)
		return tree_fail(t, NULL, v->f->e, "expected bytes a second, "
		    "at least 64K, such as 20M");
	return 0;
}

static int
take_object_lock(struct entry *v, const struct tree *t)
{
	const struct tree *mode = tree_get(t, "mode");
	const struct tree *days = tree_get(t, "days"), *child;
	struct err *e = v->f->e, why;
	uint64_t n;

	if (t->kind != TREE_KEYS || mode == NULL || days == NULL)
		return tree_fail(t, NULL, e, "expected {mode: governance or "
		    "compliance, days: 1 to %d}", LOCK_DAYS_MAX);
	for (child = t->first; child != NULL; child = child->next)
		if (child != mode && child != days)
			return tree_fail(child, NULL, e,
			    "unknown key: expected mode or days");
	if (mode->kind == TREE_TEXT && strcmp(mode->text, "governance") == 0)
		v->s->lock = POLICY_GOVERNANCE;
	else if (mode->kind == TREE_TEXT &&
	    strcmp(mode->text, "compliance") == 0)
		v->s->lock = POLICY_COMPLIANCE;
	else
		return tree_fail(mode, NULL, e,
		    "expected governance or compliance");
	if (days->kind != TREE_TEXT ||
	    num_parse(days->text, 1, LOCK_DAYS_MAX, &n, &why) == -1)
		return tree_fail(days, NULL, e, "expected a whole number from "
		    "1 to %d", LOCK_DAYS_MAX);
	v->s->lock_days = (uint32_t)n;
	return 0;
}

static const struct {
	const char	*name;
	int		 (*take)(struct entry *, const struct tree *);
} keys[] = {
	{ "url", take_url },
	{ "endpoint", take_endpoint },
	{ "region", take_region },
	{ "path-style", take_path_style },
	{ "ca-file", take_ca_file },
	{ "credentials", take_credentials },
	{ "profile", take_profile },
	{ "storage-class", take_storage_class },
	{ "object-lock", take_object_lock },
	{ "limit-upload", take_limit_upload },
};

static int
unknown_key(struct entry *v, const struct tree *t)
{
	char names[512] = "";
	size_t i, n = 0;

	for (i = 0; i < N(keys); i++) {
		(void)snprintf(names + n, sizeof(names) - n, "%s%s",
		    i == 0 ? "" : i + 1 < N(keys) ? ", " : " or ",
		    keys[i].name);
		n = strlen(names);
	}
	return tree_fail(t, NULL, v->f->e, "unknown key: expected %s", names);
}

static int
take_key(struct entry *v, const struct tree *t)
{
	size_t i;

	for (i = 0; i < N(keys); i++)
		if (strcmp(keys[i].name, t->key) == 0)
			return keys[i].take(v, t);
	return unknown_key(v, t);
}

static int
fill_store(struct fill *f, const struct tree *t, struct policy_store *s)
{
	struct entry v = { f, s };
	const struct tree *child;

	if (fill_check_name(t->key) == -1)
		return tree_fail(t, NULL, f->e, "not a name of a store: "
		    FILL_NAME_EXPECTED);
	if (t->kind != TREE_KEYS)
		return tree_fail(t, NULL, f->e, "expected {url: ...}");
	for (child = t->first; child != NULL; child = child->next)
		if (take_key(&v, child) == -1)
			return -1;
	if (s->url == NULL)
		return tree_fail(t, "url", f->e, "missing: expected a "
		    "directory or s3://bucket/prefix");
	for (child = t->first; child != NULL; child = child->next)
		if (strcmp(child->key, "url") != 0 &&
		    strncmp(s->url, "s3://", 5) != 0)
			return tree_fail(child, NULL, f->e, "only a bucket "
			    "has it: expected url: s3://bucket/prefix");
	if (s->profile != NULL && s->credentials == NULL)
		return tree_fail(t, "profile", f->e, "there is no file it is "
		    "in: expected credentials, too");
	return fill_keep(f, t->key, &s->name);
}

/* Two may have buckets of the same name, at different endpoints. */
static bool
is_same(const struct policy_store *a, const struct policy_store *b)
{
	return strcmp(a->url, b->url) == 0 && strcmp(a->endpoint != NULL ?
	    a->endpoint : "", b->endpoint != NULL ? b->endpoint : "") == 0;
}

int
fill_stores(struct fill *f)
{
	const struct tree *t = tree_get(f->tree, "stores"), *child;
	struct policy *p = &f->l->policy;
	uint32_t i;

	if (t == NULL || t->kind != TREE_KEYS || t->n == 0)
		return tree_fail_at(f->tree, "stores", f->e, "expected at "
		    "least one store, such as local: {url: /srv/muster}");
	p->stores = loaded_alloc(f->l, t->n, sizeof(*p->stores), f->e);
	if (p->stores == NULL)
		return -1;
	for (child = t->first; child != NULL; child = child->next) {
		if (fill_store(f, child, &p->stores[p->n_stores]) == -1)
			return -1;
		for (i = 0; i < p->n_stores; i++)
			if (is_same(&p->stores[i], &p->stores[p->n_stores]))
				return tree_fail(child, "url", f->e, "store %s "
				    "has this URL, too: expected another",
				    p->stores[i].name);
		p->n_stores++;
	}
	return 0;
}
