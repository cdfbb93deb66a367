/*
 * Trials of the alarm: see sabotage.h.  What must notice is the very code that
 * drills and judges; it is not told that it is being tried.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/scratch.h"
#include "drill/drill.h"
#include "gate/rules.h"
#include "gate/sabotage.h"
#include "gate/sabotage_copy.h"
#include "gate/sabotage_store.h"
#include "pack/chunks.h"
#include "policy/policy.h"
#include "snapshot/sealed.h"
#include "snapshot/take.h"

#define NANO INT64_C(1000000000)

static const char *const words[SABOTAGE_KINDS] = {
	[SABOTAGE_PACK_BYTE] = "pack-byte", [SABOTAGE_PACK_CUT] = "pack-cut",
	[SABOTAGE_PACK_GONE] = "pack-gone",
	[SABOTAGE_INVENTORY_GONE] = "inventory-gone",
	[SABOTAGE_SNAPSHOT_BYTE] = "snapshot-byte",
	[SABOTAGE_RECEIPT_STALE] = "receipt-stale",
	[SABOTAGE_KEY_WRONG] = "key-wrong", [SABOTAGE_ROW_GONE] = "row-gone",
	[SABOTAGE_ROW_CHANGED] = "row-changed",
	[SABOTAGE_FILE_GONE] = "file-gone",
	[SABOTAGE_FILE_CHANGED] = "file-changed",
	[SABOTAGE_CONFIG_CHANGED] = "config-changed",
};

const char *
sabotage_word(enum sabotage_kind k)
{
	return words[k];
}

int
sabotage_parse(const char *word, enum sabotage_kind *k)
{
	int i;

	for (i = 0; i < SABOTAGE_KINDS; i++)
		if (strcmp(words[i], word) == 0) {
			*k = (enum sabotage_kind)i;
			return 0;
		}
	return -1;
}

static bool
has_kind(const struct snapshot *s, enum part_kind kind)
{
	for (size_t i = 0; i < s->n_parts; i++)
		if (s->parts[i].kind == kind)
			return true;
	return false;
}

bool
sabotage_fits(enum sabotage_kind k, const struct snapshot *s)
{
	switch (k) {
	case SABOTAGE_ROW_GONE:
	case SABOTAGE_ROW_CHANGED:
		/* Of a physical one the files are compared, not the rows. */
		return has_kind(s, PART_DB) && !snapshot_is_physical(s);
	case SABOTAGE_FILE_GONE:
	case SABOTAGE_FILE_CHANGED:
		return has_kind(s, PART_FILES);
	case SABOTAGE_CONFIG_CHANGED:
		return has_kind(s, PART_CONFIG);
	default:
		return true;
	}
}

enum sabotage_kind
sabotage_choose(const struct snapshot *s)
{
	enum sabotage_kind k;

	do
		k = (enum sabotage_kind)sabotage_random(SABOTAGE_KINDS);
	while (!sabotage_fits(k, s));
	return k;
}

struct trial {
	struct depot			*d;
	const struct snapshot		*s;
	enum sabotage_kind		 kind;
	const struct sabotage_options	*o;
	char		done[RECEIPT_TEXT_MAX];	/* what was damaged */
	char		seen[RECEIPT_TEXT_MAX];	/* who noticed, and what */
	bool		noticed;
};

/* Keep the rule of that name: did it say no? */
static void
look_at(struct trial *t, const struct verdict *v, const char *rule)
{
	size_t i;

	for (i = 0; i < v->n_rules; i++)
		if (strcmp(v->rules[i].name, rule) == 0 &&
		    v->rules[i].result != RULE_PASS) {
			t->noticed = true;
			(void)snprintf(t->seen, sizeof(t->seen),
			    "gate, %s: %.400s", rule, v->rules[i].seen);
		}
}

/* Judge only rules of this room on this depot, as of now. */
static int
judge(struct trial *t, struct depot *d, int64_t now,
    int (*rules)(struct evidence *, struct err *), struct verdict *v,
    struct err *e)
{
	const struct gate_options o = { .policy = t->o->policy };
	struct evidence *x;
	int rc;

	if ((x = calloc(1, sizeof(*x))) == NULL)
		return err_memory(e);
	*x = (struct evidence){ .d = d, .o = &o, .v = v, .now = now };
	if ((rc = rules_snapshot(x, e)) == 0 && rules != NULL)
		rc = rules(x, e);
	receipt_drop(&x->r);
	free(x);
	return rc;
}

struct packs {
	uint64_t	wanted, n;
	struct id	chosen;
};

static int
choose_pack(void *cookie, const struct id *pack, struct err *e)
{
	struct packs *p = cookie;

	(void)e;
	if (p->n++ == p->wanted)
		p->chosen = *pack;
	return 0;
}

/* The object that is damaged. */
static int
choose_object(struct trial *t, char name[STORE_NAME_MAX], struct err *e)
{
	struct packs p = { .wanted = sabotage_random(t->s->packs) };
	char hex[ID_TEXT_SIZE];

	if (t->kind == SABOTAGE_SNAPSHOT_BYTE)
		(void)snprintf(name, STORE_NAME_MAX, "%s", t->s->object);
	else if (t->kind == SABOTAGE_INVENTORY_GONE)
		(void)snprintf(name, STORE_NAME_MAX, "inventories/%s",
		    id_format(&t->s->inventory, hex));
	else {
		if (inventory_each(t->d->store, &t->s->inventory, choose_pack,
		    &p, e) == -1)
			return -1;
		(void)inventory_pack_name(&p.chosen, name);
	}
	return 0;
}

/* Damage a view of the store; the gate's rule must say no. */
static int
try_store(struct trial *t, struct verdict *v, struct err *e)
{
	enum sabotage_how how = t->kind == SABOTAGE_PACK_CUT ? HOW_CUT :
	    t->kind == SABOTAGE_PACK_BYTE ||
	    t->kind == SABOTAGE_SNAPSHOT_BYTE ? HOW_BYTE : HOW_GONE;
	struct depot view = *t->d;
	char name[STORE_NAME_MAX];
	struct store_info info;
	uint64_t at;
	int rc = -1;

	if (choose_object(t, name, e) == -1 ||
	    store_head(t->d->store, name, &info, e) == -1)
		return -1;
	at = sabotage_random(info.size);
	if ((view.store = sabotage_store(t->d->store, name, how, at,
	    e)) == NULL)
		return -1;
	(void)snprintf(t->done, sizeof(t->done), "%s at %llu: %s",
	    words[t->kind], (unsigned long long)at, name);
	rc = judge(t, &view, clock_utc(), rules_stored, v, e);
	store_close(view.store);
	look_at(t, v, t->kind == SABOTAGE_SNAPSHOT_BYTE ? "snapshot trail" :
	    "stored");
	if (t->kind == SABOTAGE_SNAPSHOT_BYTE && !t->noticed)
		look_at(t, v, "snapshot");
	return rc;
}

/* The gate as it will be when the newest drill is too old. */
static int
try_stale(struct trial *t, struct verdict *v, struct err *e)
{
	int64_t later = clock_utc() +
	    ((int64_t)t->o->policy->gate_drill_age + 1) * NANO;
	int rc = judge(t, t->d, later, rules_drill, v, e);

	(void)snprintf(t->done, sizeof(t->done), "the newest receipt, a drill "
	    "age later");
	look_at(t, v, "drill age");
	if (!t->noticed)	/* there may be none at all: no again */
		look_at(t, v, "drill");
	return rc;
}

/* Nobody else's key may open what is sealed. */
static int
try_key(struct trial *t, struct err *e)
{
	struct chunks_options o = { .store = t->d->store,
	    .charter = &t->d->charter, .secret = t->d->secret };
	struct scratch *scratch = NULL;
	struct recovery_key *key = NULL;
	struct chunks *c = NULL;
	struct recipe recipe = { 0 };
	struct err why;
	int rc = -1;

	if ((scratch = scratch_new(t->o->scratch, e)) == NULL ||
	    (key = recovery_key_new(e)) == NULL)
		goto done;
	o.recovery = key;
	o.index = scratch_path(scratch);
	if ((c = chunks_open(&o, e)) == NULL)
		goto done;
	(void)snprintf(t->done, sizeof(t->done), "a recovery key that was "
	    "just made");
	t->noticed = sealed_get(c, t->s, &recipe, &why) == -1;
	(void)snprintf(t->seen, sizeof(t->seen), "drill: %.450s",
	    t->noticed ? why.text : "");
	rc = 0;
done:
	recipe_free(&recipe);
	chunks_close(c);
	recovery_key_free(key);
	scratch_free(scratch);
	return rc;
}

static int
damage_copy(void *cookie, const struct drill_copy *copy, struct err *e)
{
	struct trial *t = cookie;

	switch (t->kind) {
	case SABOTAGE_ROW_GONE:
	case SABOTAGE_ROW_CHANGED:
		return sabotage_row(copy, t->kind == SABOTAGE_ROW_GONE,
		    t->done, e);
	case SABOTAGE_CONFIG_CHANGED:
		return sabotage_file(copy->config, false, t->done, e);
	default:
		return sabotage_file(copy->files,
		    t->kind == SABOTAGE_FILE_GONE, t->done, e);
	}
}

static const char *
proof_of(enum sabotage_kind k)
{
	return k == SABOTAGE_ROW_GONE || k == SABOTAGE_ROW_CHANGED ? "proof: "
	    "db" : k == SABOTAGE_CONFIG_CHANGED ? "proof: config" :
	    "proof: files";
}

/* Damage what a drill restored; its proof must fail. */
static int
try_copy(struct trial *t, struct err *e)
{
	struct drill_options o = { .policy = t->o->policy,
	    .scratch = t->o->scratch, .step = t->o->step,
	    .damage = damage_copy, .damage_cookie = t };
	struct receipt r = { .n_checks = 0 };
	size_t i;

	o.cookie = t->o->cookie;
	if (drill_run(t->d, t->s, &o, &r, e) == -1)
		return -1;
	for (i = 0; i < r.n_checks; i++)
		if (strcmp(r.checks[i].name, proof_of(t->kind)) == 0 &&
		    !r.checks[i].passed && !r.passed) {
			t->noticed = true;
			(void)snprintf(t->seen, sizeof(t->seen),
			    "drill, %.64s: %.400s", r.checks[i].name,
			    r.checks[i].seen);
		}
	receipt_drop(&r);
	return 0;
}

static int
carry_out(struct trial *t, struct err *e)
{
	struct verdict *v;
	int rc;

	if (t->o->step != NULL)
		t->o->step(t->o->cookie, words[t->kind]);
	if (t->kind == SABOTAGE_KEY_WRONG)
		return try_key(t, e);
	if (t->kind >= SABOTAGE_ROW_GONE)
		return try_copy(t, e);
	if ((v = calloc(1, sizeof(*v))) == NULL)
		return err_memory(e);
	rc = t->kind == SABOTAGE_RECEIPT_STALE ? try_stale(t, v, e) :
	    try_store(t, v, e);
	free(v);
	return rc;
}

static int
write_receipt(const struct trial *t, struct receipt *r, int64_t begun,
    struct err *e)
{
	const struct policy *p = t->o->policy;
	char name[RECEIPT_TEXT_MAX];
	const struct outcome made = { name, t->done, t->noticed ? t->seen :
	    "NOBODY NOTICED", t->noticed, 0, NULL };

	(void)snprintf(name, sizeof(name), "sabotage: %s", words[t->kind]);
	(void)snprintf(r->site, sizeof(r->site), "%s", t->s->site);
	memcpy(r->store, t->d->charter.store, sizeof(r->store));
	(void)snprintf(r->from, sizeof(r->from), "%.255s",
	    store_url(t->d->store));
	(void)snprintf(r->kind, sizeof(r->kind), "sabotage");
	recovery_key_name(t->d->recovery, r->key);
	if (gethostname(r->host, sizeof(r->host) - 1) == -1)
		(void)snprintf(r->host, sizeof(r->host), "unknown");
	r->snapshot = t->s->digest;
	r->policy = p->digest;
	r->point = t->s->point;
	r->rto = p->rto;
	r->rpo = p->rpo;
	(void)snprintf(r->phases[0].name, sizeof(r->phases[0].name),
	    "sabotage");
	r->phases[0].seconds = r->total = (double)(clock_monotonic() -
	    begun) / 1e9;
	r->n_phases = 1;
	r->passed = t->noticed;
	r->finished = clock_utc();
	return receipt_add(r, &made, e);
}

int
sabotage_run(struct depot *d, const struct snapshot *s,
    enum sabotage_kind kind, const struct sabotage_options *o,
    struct receipt *r, struct err *e)
{
	int64_t begun = clock_monotonic();
	struct trial *t;
	int rc = -1;

	memset(r, 0, sizeof(*r));
	r->started = clock_utc();
	if ((t = calloc(1, sizeof(*t))) == NULL)
		return err_memory(e);
	*t = (struct trial){ .d = d, .s = s, .kind = kind, .o = o };
	if (carry_out(t, e) == -1)
		(void)err_add(e, "the sabotage could not be carried out");
	else
		rc = write_receipt(t, r, begun, e);
	free(t);
	return rc;
}
