/*
 * Rules about the snapshot, the stored bytes, and the policy's own commands:
 * see rules.h.  Each rule is one small function that adds one outcome.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/gang.h"
#include "base/num.h"
#include "drill/mask.h"
#include "gate/rules.h"
#include "pack/check.h"
#include "policy/policy.h"
#include "snapshot/take.h"
#include "snapshot/trail.h"
#include "store/store.h"

#define NANO 1000000000
#define CHECK_OUTPUT_MAX 4096

/* "4m 10s old", or "3s in the future". */
static char *
age_text(int64_t seconds, char text[RECEIPT_TEXT_MAX])
{
	char s[NUM_TEXT_MAX];

	(void)snprintf(text, RECEIPT_TEXT_MAX, "%s%s",
	    num_format_seconds((double)(seconds < 0 ? -seconds : seconds), s),
	    seconds < 0 ? " in the future" : " old");
	return text;
}

/* Fresh: not older than max, not further in the future than clocks differ. */
static void
rule_age(struct evidence *x, const char *name, const char *object,
    int64_t when, uint64_t max)
{
	char required[RECEIPT_TEXT_MAX], seen[RECEIPT_TEXT_MAX];
	char text[NUM_TEXT_MAX];
	int64_t age = (x->now - when) / NANO;
	int64_t skew = (int64_t)x->o->policy->gate_clock_skew;

	(void)snprintf(required, sizeof(required), "at most %s old",
	    num_format_seconds((double)max, text));
	rule_add(x, name, age >= -skew && age <= (int64_t)max ? RULE_PASS :
	    RULE_FAIL, object, required, age_text(age, seen));
}

static void
append_word(char text[RECEIPT_TEXT_MAX], const char *word)
{
	size_t n = strlen(text);

	(void)snprintf(text + n, RECEIPT_TEXT_MAX - n, "%s%s",
	    n > 0 ? ", " : "", word);
}

static void
rule_components(struct evidence *x)
{
	const struct policy *p = x->o->policy;
	struct { bool want; const char *name; } all[] = {
		{ p->db.present, "db" }, { p->files.present, "files" },
		{ p->config.present, "config" },
	};
	char required[RECEIPT_TEXT_MAX] = "", seen[RECEIPT_TEXT_MAX] = "";
	bool complete = true;
	size_t i;

	for (i = 0; i < 3; i++) {
		if (!all[i].want)
			continue;
		append_word(required, all[i].name);
		if (snapshot_part(&x->s, all[i].name) != NULL)
			append_word(seen, all[i].name);
		else
			complete = false;
	}
	rule_add(x, "snapshot components", complete ? RULE_PASS : RULE_FAIL,
	    x->s.object, required, seen[0] != '\0' ? seen : "none of them");
}

/* Files may be allowed to be unreadable; what else was not read may not. */
static void
rule_unread(struct evidence *x)
{
	bool allowed = x->o->policy->files.allow_unreadable;
	char seen[RECEIPT_TEXT_MAX];
	uint64_t files = 0, others = 0;
	size_t i;

	for (i = 0; i < x->s.n_parts; i++)
		*(x->s.parts[i].kind == PART_FILES ? &files : &others) +=
		    x->s.parts[i].unread;
	(void)snprintf(seen, sizeof(seen), "%llu files and %llu others not "
	    "read", (unsigned long long)files, (unsigned long long)others);
	rule_add(x, "snapshot whole", others == 0 && (files == 0 || allowed) ?
	    RULE_PASS : RULE_FAIL, x->s.object, allowed ?
	    "everything but files was read" : "everything was read",
	    files + others == 0 ? "everything was read" : seen);
}

void
rule_policy(struct evidence *x, const char *name, const char *object,
    const struct id *digest)
{
	char seen[RECEIPT_TEXT_MAX], required[RECEIPT_TEXT_MAX];
	char hex[ID_TEXT_SIZE];
	bool same = id_compare(digest, &x->o->policy->digest) == 0;

	(void)snprintf(required, sizeof(required), "this policy, %.16s",
	    id_format(&x->o->policy->digest, hex));
	(void)snprintf(seen, sizeof(seen), "%s %.16s", same ? "it is" :
	    "another or older one,", id_format(digest, hex));
	rule_add(x, name, same ? RULE_PASS : RULE_FAIL, object, required,
	    same ? "it is" : seen);
}

static void
rule_rpo(struct evidence *x)
{
	const struct policy *p = x->o->policy;
	char required[RECEIPT_TEXT_MAX], seen[RECEIPT_TEXT_MAX];
	char text[NUM_TEXT_MAX];
	int64_t lost = (x->now - x->s.point) / NANO;
	int64_t skew = (int64_t)p->gate_clock_skew;

	if (p->rpo == 0)
		return;
	(void)snprintf(required, sizeof(required), "recovery point at most "
	    "%s old", num_format_seconds((double)p->rpo, text));
	rule_add(x, "rpo", lost >= -skew && lost <= (int64_t)p->rpo ?
	    RULE_PASS : RULE_FAIL, x->s.object, required,
	    age_text(lost, seen));
}

int
rules_charter(struct evidence *x, struct err *e)
{
	char seen[RECEIPT_TEXT_MAX] = "all are";

	(void)e;
	if (x->d->refused > 0)
		(void)snprintf(seen, sizeof(seen), "%zu cannot be believed: "
		    "%.400s", x->d->refused, x->d->refusal.text);
	rule_add(x, "charter", x->d->refused == 0 ? RULE_PASS : RULE_FAIL,
	    "charters/", "every charter intact and signed by the root", seen);
	return 0;
}

int
rules_snapshot(struct evidence *x, struct err *e)
{
	const struct policy *p = x->o->policy;
	struct trail_newest n = { .site = p->site, .policy = p };
	struct err why;
	char seen[RECEIPT_TEXT_MAX], more[80] = "";

	err_clear(&why);
	if (trail_find_newest(x->d, &n, &x->s, &why) == -1) {
		if (why.kind == ERR_INTERRUPTED || why.kind == ERR_MEMORY) {
			*e = why;
			return -1;
		}
		rule_add(x, "snapshot", why.kind == ERR_ABSENT ||
		    why.kind == ERR_DAMAGED ? RULE_FAIL : RULE_UNKNOWN, "",
		    "a signed snapshot of the site", why.text);
		return 0;
	}
	x->has_s = true;
	if (n.partial > 0)
		(void)snprintf(more, sizeof(more), "; %llu newer of some "
		    "components only", (unsigned long long)n.partial);
	(void)snprintf(seen, sizeof(seen), "%.250s, signed by %.100s%s",
	    x->s.object, x->s.signer, more);
	rule_add(x, "snapshot", RULE_PASS, x->s.object,
	    "a signed snapshot of the site", seen);
	(void)snprintf(seen, sizeof(seen), "%llu cannot be believed",
	    (unsigned long long)n.damaged);
	rule_add(x, "snapshot trail", n.damaged == 0 ? RULE_PASS : RULE_FAIL,
	    "snapshots/", "every statement intact and signed", n.damaged == 0 ?
	    "all are" : seen);
	rule_add(x, "snapshot store", strcmp(x->s.store,
	    x->d->charter.store) == 0 ? RULE_PASS : RULE_FAIL, x->s.object,
	    x->d->charter.store, x->s.store);
	rule_policy(x, "snapshot policy", x->s.object, &x->s.policy);
	rule_age(x, "snapshot age", x->s.object, x->s.finished,
	    p->gate_snapshot_age);
	rule_components(x);
	rule_unread(x);
	rule_rpo(x);
	return 0;
}

struct reading {
	struct evidence	*x;
	struct id	*list;		/* the packs of the inventory */
	pthread_mutex_t	 lock;		/* of all below */
	uint64_t	 packs, bytes, bad;
	size_t		 which;		/* in the list, of the first bad one */
	char		 first[RECEIPT_TEXT_MAX];
	enum rule_result result;
};

static void
count_bad(struct reading *r, size_t which, const struct err *why)
{
	r->bad++;
	if (why->kind == ERR_ABSENT || why->kind == ERR_DAMAGED)
		r->result = RULE_FAIL;
	else if (r->result == RULE_PASS)
		r->result = RULE_UNKNOWN;
	if (r->bad > 1 && r->which < which)
		return;
	r->which = which;
	(void)snprintf(r->first, sizeof(r->first), "%.400s", why->text);
}

/* Read one pack back whole: its bytes must have the SHA-256 in its name. */
static int
read_pack(void *cookie, size_t i, unsigned worker, struct err *e)
{
	struct reading *r = cookie;
	struct pack_report report;
	struct err why;
	int rc;

	(void)worker;
	err_clear(&why);
	rc = pack_check(r->x->d->store, &r->list[i], &report, &why);
	if (rc == -1 && why.kind == ERR_INTERRUPTED) {
		*e = why;
		return -1;
	}
	(void)pthread_mutex_lock(&r->lock);
	if (rc == 0) {
		r->packs++;
		r->bytes += report.size;
	} else
		count_bad(r, i, &why);
	(void)pthread_mutex_unlock(&r->lock);
	return 0;
}

/* All packs of the inventory, two at a time, since each is in memory. */
static int
read_packs(struct reading *r, struct err *e)
{
	struct gang g = { .workers = 2, .work = read_pack, .cookie = r };
	int rc;

	if (inventory_list(r->x->d->store, &r->x->s.inventory, &r->list, &g.n,
	    e) == -1)
		return -1;
	(void)pthread_mutex_init(&r->lock, NULL);
	rc = gang_run(&g, e);
	(void)pthread_mutex_destroy(&r->lock);
	free(r->list);
	return rc;
}

int
rules_stored(struct evidence *x, struct err *e)
{
	struct reading r = { .x = x, .result = RULE_PASS };
	char required[RECEIPT_TEXT_MAX], seen[RECEIPT_TEXT_MAX];
	char text[NUM_TEXT_MAX], packs[NUM_TEXT_MAX];
	struct err why;

	if (!x->has_s) {
		rule_add(x, "stored", RULE_UNKNOWN, "",
		    "every pack read back", "no snapshot to look at");
		return 0;
	}
	err_clear(&why);
	(void)snprintf(required, sizeof(required), "%s read back, each with "
	    "its SHA-256", num_format_count(x->s.packs, "pack", text));
	if (read_packs(&r, &why) == -1) {
		if (why.kind == ERR_INTERRUPTED || why.kind == ERR_MEMORY) {
			*e = why;
			return -1;
		}
		rule_add(x, "stored", why.kind == ERR_ABSENT ||
		    why.kind == ERR_DAMAGED ? RULE_FAIL : RULE_UNKNOWN,
		    x->s.object, required, why.text);
		return 0;
	}
	if (r.bad > 0)
		(void)snprintf(seen, sizeof(seen), "%llu bad: %.450s",
		    (unsigned long long)r.bad, r.first);
	else
		(void)snprintf(seen, sizeof(seen), "%s, %s",
		    num_format_count(r.packs, "pack", packs),
		    num_format_size(r.bytes, text));
	if (r.packs + r.bad != x->s.packs && r.result == RULE_PASS)
		r.result = RULE_FAIL;
	rule_add(x, "stored", r.result, x->s.object, required, seen);
	return 0;
}

/* The exit status, and the first line of output when it is not 0. */
static void
say_output(int status, const struct buf *out, char seen[RECEIPT_TEXT_MAX])
{
	size_t n = 0;

	while (status != 0 && n < out->len && out->data[n] != '\n' &&
	    n < RECEIPT_TEXT_MAX - 32)
		n++;
	(void)snprintf(seen, RECEIPT_TEXT_MAX, "exit %d%s%.*s", status,
	    n > 0 ? ": " : "", (int)n, n > 0 ? (const char *)out->data : "");
}

int
rules_checks(struct evidence *x, struct err *e)
{
	const struct policy *p = x->o->policy;
	char name[RECEIPT_TEXT_MAX], seen[RECEIPT_TEXT_MAX];
	struct mask *mask;
	struct buf out;
	struct err why;
	uint32_t i;
	int status = -1;

	if ((mask = mask_new(e)) == NULL)
		return -1;
	buf_init(&out, CHECK_OUTPUT_MAX);
	for (i = 0; i < p->n_checks; i++) {
		err_clear(&why);
		buf_clear(&out);
		(void)snprintf(name, sizeof(name), "check: %.400s",
		    p->checks[i].name);
		if (child_shell(p->checks[i].run, NULL,
		    p->checks[i].timeout, &out, &status, &why) == -1) {
			if (why.kind == ERR_INTERRUPTED) {
				*e = why;
				buf_drop(&out);
				mask_free(mask);
				return -1;
			}
			rule_add(x, name, RULE_UNKNOWN, p->path, "exit 0",
			    why.text);
			continue;
		}
		if (out.len > 0)
			mask_apply(mask, (char *)out.data, out.len);
		say_output(status, &out, seen);
		rule_add(x, name, status == 0 ? RULE_PASS : RULE_FAIL,
		    p->path, "exit 0", seen);
	}
	buf_drop(&out);
	mask_free(mask);
	return 0;
}
