/*
 * Rules about whom to trust: who can read the store, whether the escrowed key
 * was tried, whether the alarm was, and whether the trail is whole.
 */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "gate/rules.h"
#include "policy/policy.h"
#include "snapshot/chain.h"

#define NANO INT64_C(1000000000)

static bool
is_reader(const struct charter *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->n_recovery; i++)
		if (strcmp(c->recovery[i].name, name) == 0)
			return true;
	return false;
}

static void
append(char text[RECEIPT_TEXT_MAX], const char *word)
{
	size_t n = strlen(text);

	(void)snprintf(text + n, RECEIPT_TEXT_MAX - n, "%s%s",
	    n > 0 ? ", " : "", word);
}

/* All that is stored is sealed to the charter's recovery keys. */
static void
rule_readers(struct evidence *x)
{
	const struct charter *c = &x->d->charter;
	const char **want = x->o->policy->gate_readers;
	char required[RECEIPT_TEXT_MAX] = "", seen[RECEIPT_TEXT_MAX] = "";
	char object[STORE_NAME_MAX], hex[ID_TEXT_SIZE];
	bool right = c->n_recovery > 0;
	size_t i, n = 0;

	for (i = 0; want != NULL && want[i] != NULL; i++, n++) {
		append(required, want[i]);
		right = right && is_reader(c, want[i]);
	}
	for (i = 0; i < c->n_recovery; i++)
		append(seen, c->recovery[i].name);
	(void)snprintf(object, sizeof(object), "charters/%s",
	    id_format(&c->digest, hex));
	rule_add(x, "readers", right && (want == NULL || n == c->n_recovery) ?
	    RULE_PASS : RULE_FAIL, object, want != NULL ? required :
	    "sealed to recovery keys", seen);
}

/* The newest drill of a kind must have passed, and how old it may be. */
static void
rule_kind_age(struct evidence *x, const char *rule, const char *kind,
    uint64_t max)
{
	const struct past_drill *p = history_newest(&x->h, kind);
	char required[RECEIPT_TEXT_MAX], seen[RECEIPT_TEXT_MAX];
	char text[NUM_TEXT_MAX];
	int64_t age, skew = (int64_t)x->o->policy->gate_clock_skew;
	bool good;

	(void)snprintf(required, sizeof(required), "%s that passed, at most "
	    "%s old", kind, num_format_seconds((double)max, text));
	if (p == NULL) {
		rule_add(x, rule, RULE_FAIL, "receipts/", required, "none");
		return;
	}
	age = (x->now - p->finished) / NANO;
	good = p->passed && age >= -skew && age <= (int64_t)max;
	(void)snprintf(seen, sizeof(seen), "%s, %s%s%s%s",
	    p->passed ? "passed" : "FAILED",
	    num_format_seconds((double)(age < 0 ? -age : age), text),
	    age < 0 ? " in the future" : " old", p->key[0] != '\0' ?
	    " with key " : ", on ", p->key[0] != '\0' ? p->key : p->host);
	/* the doctor opens nothing */
	if (strcmp(kind, "doctor") == 0) {
		if (id_compare(&p->policy, &x->o->policy->digest) != 0) {
			good = false;
			append(seen, "by another or older policy");
		}
	} else if (!is_reader(&x->d->charter, p->key)) {
		good = false;
		append(seen, "which opens this store no more");
	}
	rule_add(x, rule, good ? RULE_PASS : RULE_FAIL, p->object, required,
	    seen);
}

/* Who was on that host could read: it opened the store for a drill. */
static const struct past_drill *
drilled_on(const struct evidence *x, const char *host)
{
	int64_t since = x->now -
	    (int64_t)x->o->policy->gate_drill_age * NANO;
	size_t i;

	for (i = x->h.n_drills; i-- > 0; )
		if (x->h.drills[i].finished >= since &&
		    x->h.drills[i].key[0] != '\0' &&
		    strcmp(x->h.drills[i].host, host) == 0)
			return &x->h.drills[i];
	return NULL;
}

/*
 * Is this the host that takes snapshots, and the key here?  What we cannot
 * look at is unknown.
 */
static enum rule_result
look_for_key(const struct evidence *x, char seen[RECEIPT_TEXT_MAX])
{
	const char *key = x->o->policy->recovery_key;
	char here[SNAPSHOT_SITE_MAX] = "";
	struct stat st;

	if (gethostname(here, sizeof(here) - 1) == -1) {
		(void)snprintf(seen, RECEIPT_TEXT_MAX, "this host does not "
		    "tell its name");
		return RULE_UNKNOWN;
	}
	if (strcmp(here, x->s.host) == 0 && key != NULL) {
		if (stat(key, &st) == 0) {
			(void)snprintf(seen, RECEIPT_TEXT_MAX,
			    "%.100s has %.300s", here, key);
			return RULE_FAIL;
		}
		if (errno != ENOENT && errno != ENOTDIR) {
			(void)snprintf(seen, RECEIPT_TEXT_MAX, "cannot look "
			    "for %.200s: %s", key, strerror(errno));
			return RULE_UNKNOWN;
		}
	}
	(void)snprintf(seen, RECEIPT_TEXT_MAX, "%.200s has none that we know "
	    "of", x->s.host);
	return RULE_PASS;
}

/* The host that takes snapshots holds no key that reads them. */
static void
rule_apart(struct evidence *x)
{
	const struct past_drill *d;
	enum rule_result result = RULE_FAIL;
	char seen[RECEIPT_TEXT_MAX];

	if (!x->o->policy->gate_key_apart)
		return;
	if (!x->has_s) {
		result = RULE_UNKNOWN;
		(void)snprintf(seen, sizeof(seen), "no snapshot to say which "
		    "host that is");
	} else if ((d = drilled_on(x, x->s.host)) != NULL)
		(void)snprintf(seen, sizeof(seen), "%.200s opened it for a "
		    "drill, with key %s", d->host, d->key);
	else
		result = look_for_key(x, seen);
	rule_add(x, "readers apart", result, x->has_s ? x->s.object : "",
	    "no recovery key where snapshots are taken", seen);
}

/* A trail from which something was taken, or into which something was put. */
static int
rule_chain(struct evidence *x, const char *rule, enum trail_kind kind,
    struct err *e)
{
	const struct policy *p = x->o->policy;
	const struct chain_link *bad;
	char seen[RECEIPT_TEXT_MAX];
	struct chain c;
	struct err why;

	err_clear(&why);
	if (chain_load(&c, x->d, kind, p->site, p->gate_clock_skew,
	    &why) == -1) {
		chain_drop(&c);
		if (why.kind == ERR_INTERRUPTED || why.kind == ERR_MEMORY) {
			*e = why;
			return -1;
		}
		rule_add(x, rule, RULE_UNKNOWN, trail_prefix(kind),
		    "every statement and the one before it", why.text);
		return 0;
	}
	bad = chain_first_problem(&c);
	if (bad == NULL)
		(void)snprintf(seen, sizeof(seen), "%zu in their order", c.n);
	else
		(void)snprintf(seen, sizeof(seen), "%zu of %zu wrong: %.250s",
		    c.problems, c.n, bad->why);
	rule_add(x, rule, bad == NULL ? RULE_PASS : RULE_FAIL, bad == NULL ?
	    trail_prefix(kind) : bad->object,
	    "every statement and the one before it", seen);
	chain_drop(&c);
	return 0;
}

int
rules_trust(struct evidence *x, struct err *e)
{
	const struct policy *p = x->o->policy;

	rule_readers(x);
	rule_apart(x);
	if (p->gate_doctor_age > 0)
		rule_kind_age(x, "doctor", "doctor", p->gate_doctor_age);
	if (p->gate_escrow > 0)
		rule_kind_age(x, "drill key escrow", "exercise",
		    p->gate_escrow);
	if (p->gate_sabotage_age > 0)
		rule_kind_age(x, "sabotage", "sabotage",
		    p->gate_sabotage_age);
	if (rule_chain(x, "receipt chain", TRAIL_RECEIPTS, e) == -1)
		return -1;
	return rule_chain(x, "verdict chain", TRAIL_VERDICTS, e);
}
