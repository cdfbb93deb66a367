/*
 * Rules about the other stores: is the snapshot there, whole, and is it locked
 * against removal for long enough?  Both are asked of the stores themselves,
 * now; what a shipment said about itself counts for nothing.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/gang.h"
#include "base/num.h"
#include "gate/rules.h"
#include "policy/policy.h"
#include "snapshot/access.h"
#include "snapshot/ship.h"
#include "snapshot/take.h"
#include "store/store.h"

#define NANO INT64_C(1000000000)
#define PAPERS 3			/* charter, statement, inventory */

/* Does this error end the whole judgement (signal, memory)? */
static bool
must_stop(const struct err *e)
{
	return e->kind == ERR_INTERRUPTED || e->kind == ERR_MEMORY;
}

/*
 * What is not there, damaged, or another store (which is denied without an
 * errno) is a definite no; what cannot be reached is unknown.
 */
static enum rule_result
result_of(const struct err *e)
{
	return e->kind == ERR_ABSENT || e->kind == ERR_DAMAGED ||
	    (e->kind == ERR_DENIED && e->sys == 0) ? RULE_FAIL :
	    RULE_UNKNOWN;
}

/* The first thing that is wrong there. */
static void
on_problem(void *cookie, const char *object, const char *what)
{
	char *first = cookie;

	if (first[0] == '\0')
		(void)snprintf(first, RECEIPT_TEXT_MAX, "%.120s: %.300s",
		    object, what);
}

static int
look(struct evidence *x, const struct policy_store *p, char *first,
    struct ship_report *r, struct err *e)
{
	struct ship_options o = { .problem = on_problem, .cookie = first };
	int rc = -1;

	if ((o.to = access_store_open(p, e)) != NULL)
		rc = ship_look(x->d, &x->s, &o, r, e);
	store_close(o.to);
	return rc;
}

static int
rule_offsite(struct evidence *x, const char *store, struct err *e)
{
	const struct policy_store *p, *home = &x->o->policy->stores[0];
	struct ship_report r = { .packs = 0 };
	char name[RECEIPT_TEXT_MAX], required[RECEIPT_TEXT_MAX];
	char seen[RECEIPT_TEXT_MAX], first[RECEIPT_TEXT_MAX] = "";
	char text[NUM_TEXT_MAX], bytes[NUM_TEXT_MAX];
	struct err why;

	err_clear(&why);
	(void)snprintf(name, sizeof(name), "off-site %s", store);
	(void)snprintf(required, sizeof(required), "the snapshot and its %s "
	    "there with their sizes, a sample read back",
	    num_format_count(x->s.packs, "pack", text));
	p = policy_find_store(x->o->policy, store, &why);
	if (p != NULL && p != home && store_is_same(p->url, home->url)) {
		(void)snprintf(seen, sizeof(seen), "%.200s is the folder of "
		    "store %.100s", p->url, home->name);
		rule_add(x, name, RULE_FAIL, x->s.object, required, seen);
		return 0;
	}
	if (p == NULL || look(x, p, first, &r, &why) == -1) {
		if (must_stop(&why)) {
			*e = why;
			return -1;
		}
		rule_add(x, name, result_of(&why), x->s.object, required,
		    why.text);
		return 0;
	}
	if (r.problems > 0)
		(void)snprintf(seen, sizeof(seen), "%llu wrong: %.450s",
		    (unsigned long long)r.problems, first);
	else
		(void)snprintf(seen, sizeof(seen), "%s there, %llu of them "
		    "read back, %s", num_format_count(r.present, "pack",
		    text), (unsigned long long)r.read_packs,
		    num_format_size(r.read_bytes, bytes));
	rule_add(x, name, r.problems == 0 && r.present == x->s.packs ?
	    RULE_PASS : RULE_FAIL, x->s.object, required, seen);
	return 0;
}

/* Objects of one store, and how well the worst of them is kept. */
struct keeping {
	struct store		*store;
	enum policy_lock	 lock;		/* at least this */
	int64_t			 need;		/* UTC ns */
	char			 papers[PAPERS][STORE_NAME_MAX];
	struct id		*packs;
	pthread_mutex_t		 mutex;		/* of all below */
	uint64_t		 n, bad;
	int64_t			 least;		/* UTC ns */
	size_t			 which;		/* the first bad one */
	char			 first[RECEIPT_TEXT_MAX];
};

static const char *
lock_word(enum store_lock l)
{
	return l == STORE_COMPLIANCE ? "compliance" : "governance";
}

static bool
is_kept(const struct keeping *k, const struct store_kept *kept)
{
	return kept->until >= k->need && (k->lock != POLICY_COMPLIANCE ||
	    kept->lock == STORE_COMPLIANCE);
}

static void
count_bad(struct keeping *k, size_t i, const char *object,
    const struct store_kept *kept)
{
	char when[CLOCK_TEXT_MAX];

	if (k->bad++ > 0 && k->which < i)
		return;
	k->which = i;
	if (kept->lock == STORE_UNLOCKED)
		(void)snprintf(k->first, sizeof(k->first),
		    "%.200s is not locked", object);
	else
		(void)snprintf(k->first, sizeof(k->first), "%.200s is locked "
		    "until %s only, %s", object, clock_format(kept->until,
		    when), lock_word(kept->lock));
}

/* How is the i-th object kept?  The papers come first, then the packs. */
static int
see_kept(void *cookie, size_t i, unsigned worker, struct err *e)
{
	struct keeping *k = cookie;
	char name[STORE_NAME_MAX];
	const char *object = i < PAPERS ? k->papers[i] :
	    inventory_pack_name(&k->packs[i - PAPERS], name);
	struct store_kept kept;

	(void)worker;
	if (store_kept(k->store, object, &kept, e) == -1)
		return -1;
	(void)pthread_mutex_lock(&k->mutex);
	if (k->n++ == 0 || kept.until < k->least)
		k->least = kept.until;
	if (!is_kept(k, &kept))
		count_bad(k, i, object, &kept);
	(void)pthread_mutex_unlock(&k->mutex);
	return 0;
}

/* All that is needed to restore it: charter, statement, inventory, packs. */
static int
see_all(struct evidence *x, struct keeping *k, struct err *e)
{
	struct gang g = { .workers = GANG_FAR, .work = see_kept, .cookie = k };
	char hex[ID_TEXT_SIZE];
	int rc;

	(void)snprintf(k->papers[0], STORE_NAME_MAX, "charters/%s",
	    id_format(&x->d->charter.digest, hex));
	(void)snprintf(k->papers[1], STORE_NAME_MAX, "%s", x->s.object);
	(void)snprintf(k->papers[2], STORE_NAME_MAX, "inventories/%s",
	    id_format(&x->s.inventory, hex));
	if (inventory_list(k->store, &x->s.inventory, &k->packs, &g.n,
	    e) == -1)
		return -1;
	g.n += PAPERS;
	(void)pthread_mutex_init(&k->mutex, NULL);
	rc = gang_run(&g, e);
	(void)pthread_mutex_destroy(&k->mutex);
	free(k->packs);
	return rc;
}

static int
rule_lock(struct evidence *x, const struct policy_store *p, struct err *e)
{
	struct keeping k = { .lock = p->lock, .need = x->now +
	    (int64_t)x->o->policy->gate_locked * NANO };
	char name[RECEIPT_TEXT_MAX], required[RECEIPT_TEXT_MAX];
	char seen[RECEIPT_TEXT_MAX], text[NUM_TEXT_MAX];
	char when[CLOCK_TEXT_MAX];
	struct err why;
	int rc = -1;

	err_clear(&why);
	(void)snprintf(name, sizeof(name), "lock %s", p->name);
	(void)snprintf(required, sizeof(required), "all that the snapshot "
	    "needs is locked, %s, for at least %s more",
	    lock_word(p->lock == POLICY_COMPLIANCE ? STORE_COMPLIANCE :
	    STORE_GOVERNANCE), num_format_seconds(
	    (double)x->o->policy->gate_locked, text));
	if ((k.store = access_store_open(p, &why)) != NULL)
		rc = see_all(x, &k, &why);
	store_close(k.store);
	if (rc == -1 && must_stop(&why)) {
		*e = why;
		return -1;
	}
	if (rc == -1)
		(void)snprintf(seen, sizeof(seen), "%.500s", why.text);
	else if (k.bad > 0)
		(void)snprintf(seen, sizeof(seen), "%llu of %llu objects are "
		    "not: %.400s", (unsigned long long)k.bad,
		    (unsigned long long)k.n, k.first);
	else
		(void)snprintf(seen, sizeof(seen), "%llu objects, until %s "
		    "or longer", (unsigned long long)k.n,
		    clock_format(k.least, when));
	rule_add(x, name, rc == -1 ? result_of(&why) : k.bad == 0 ?
	    RULE_PASS : RULE_FAIL, x->s.object, required, seen);
	return 0;
}

int
rules_offsite(struct evidence *x, struct err *e)
{
	const struct policy *p = x->o->policy;
	const char **store;
	char name[RECEIPT_TEXT_MAX];
	uint32_t i;

	for (store = p->gate_offsite; store != NULL && *store != NULL;
	    store++) {
		(void)snprintf(name, sizeof(name), "off-site %s", *store);
		if (!x->has_s)
			rule_add(x, name, RULE_UNKNOWN, "", "the snapshot is "
			    "there", "no snapshot to look for");
		else if (rule_offsite(x, *store, e) == -1)
			return -1;
	}
	for (i = 0; p->gate_locked > 0 && i < p->n_stores; i++) {
		if (p->stores[i].lock == POLICY_UNLOCKED)
			continue;
		(void)snprintf(name, sizeof(name), "lock %s",
		    p->stores[i].name);
		if (!x->has_s)
			rule_add(x, name, RULE_UNKNOWN, "", "the snapshot is "
			    "locked", "no snapshot to look at");
		else if (rule_lock(x, &p->stores[i], e) == -1)
			return -1;
	}
	return 0;
}
