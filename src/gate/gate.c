/*
 * GO or NO-GO.  The order of the rules is the order in which evidence depends
 * on evidence; a rule whose evidence is missing is judged all the same and
 * says so.  The verdict follows SLSA's verification summary (predicate
 * https://slsa.dev/verification_summary/v1) with muster's rules beside it.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/intr.h"
#include "base/want.h"
#include "gate/gate.h"
#include "gate/rules.h"
#include "policy/policy.h"
#include "snapshot/trail.h"

#define DAY (INT64_C(86400) * 1000000000)
#define PAST_DAYS 400

static const char *const words[] = {
	[RULE_PASS] = "pass", [RULE_FAIL] = "fail", [RULE_UNKNOWN] = "unknown"
};

const char *
rule_word(enum rule_result r)
{
	return words[r];
}

bool
gate_subject_valid(const char *s)
{
	bool git = strncmp(s, "git:", 4) == 0;
	size_t n;

	if (!git && strncmp(s, "sha256:", 7) != 0)
		return false;
	s += git ? 4 : 7;
	n = strlen(s);
	return strspn(s, "0123456789abcdef") == n &&
	    (n == 64 || (git && n == 40));
}

void
rule_add(struct evidence *x, const char *name, enum rule_result result,
    const char *evidence, const char *required, const char *seen)
{
	struct verdict *v = x->v;
	struct rule *r;

	if (v->n_rules == GATE_RULES_MAX) {
		v->rules[GATE_RULES_MAX - 1].result = RULE_UNKNOWN;
		return;
	}
	r = &v->rules[v->n_rules++];
	(void)snprintf(r->name, sizeof(r->name), "%s", name);
	(void)snprintf(r->required, sizeof(r->required), "%s", required);
	(void)snprintf(r->seen, sizeof(r->seen), "%s", seen);
	(void)snprintf(r->evidence, sizeof(r->evidence), "%s", evidence);
	r->result = result;
}

/* One definite no is a NO-GO; else one unknown is "could not tell". */
static enum rule_result
worst(const struct verdict *v)
{
	enum rule_result result = v->n_rules > 0 ? RULE_PASS : RULE_UNKNOWN;
	size_t i;

	for (i = 0; i < v->n_rules; i++) {
		if (v->rules[i].result == RULE_FAIL)
			return RULE_FAIL;
		if (v->rules[i].result == RULE_UNKNOWN)
			result = RULE_UNKNOWN;
	}
	return result;
}

static int
judge(struct evidence *x, struct err *e)
{
	static int (*const all[])(struct evidence *, struct err *) = {
		rules_charter, rules_snapshot, rules_past, rules_stored,
		rules_offsite, rules_drill, rules_judged, rules_figures,
		rules_trust, rules_checks
	};
	static const char *const names[] = {
		"charter", "snapshot", "past", "stored packs",
		"other stores", "drill", "judged receipts", "figures",
		"trust", "checks"
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (x->o->step != NULL)
			x->o->step(x->o->cookie, names[i]);
		if (intr_check(e) == -1 || all[i](x, e) == -1)
			return -1;
	}
	return 0;
}

/*
 * A past that cannot be read is a rule that cannot be judged; what of it is
 * damaged has rules of its own.
 */
static int
read_past(struct evidence *x, struct err *e)
{
	struct err why;

	err_clear(&why);
	if (history_load(&x->h, x->d, x->o->policy,
	    x->now - PAST_DAYS * DAY, &why) == 0)
		return 0;
	if (why.kind == ERR_INTERRUPTED || why.kind == ERR_MEMORY) {
		*e = why;
		return -1;
	}
	rule_add(x, "past", RULE_UNKNOWN, "", "readable", why.text);
	return 0;
}

int
gate_judge(struct depot *d, const struct gate_options *o, struct verdict *v,
    struct err *e)
{
	struct evidence x = { .d = d, .o = o, .v = v, .now = clock_utc() };
	int rc;

	memset(v, 0, sizeof(*v));
	v->utc = x.now;
	v->subject = o->subject;
	v->policy_path = o->policy->path;
	v->policy = o->policy->digest;
	v->site = o->policy->site;
	v->expires = x.now + (int64_t)o->policy->gate_valid * 1000000000;
	if ((rc = read_past(&x, e)) == 0)
		rc = judge(&x, e);
	v->result = worst(v);
	v->has_snapshot = x.has_s;
	v->snapshot = x.s.digest;
	v->has_receipt = x.has_r;
	v->receipt = x.r.digest;
	receipt_drop(&x.r);
	history_drop(&x.h);
	return rc;
}

static json_t *
rules_json(const struct verdict *v)
{
	json_t *list = json_array();
	const struct rule *r;
	size_t i;

	for (i = 0; list != NULL && i < v->n_rules; i++) {
		r = &v->rules[i];
		if (json_array_append_new(list, json_pack(
		    "{s:s, s:s, s:s, s:s, s:s}", "name", r->name, "required",
		    r->required, "seen", r->seen, "evidence", r->evidence,
		    "result", rule_word(r->result))) == -1) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *
inputs_json(const struct verdict *v)
{
	json_t *list = json_array();

	if (list != NULL && v->has_snapshot && json_array_append_new(list,
	    json_pack("{s:s, s:{s:o}}", "uri", "snapshots/", "digest",
	    "sha256", snapshot_id_json(&v->snapshot))) == -1)
		goto refuse;
	if (list != NULL && v->has_receipt && json_array_append_new(list,
	    json_pack("{s:s, s:{s:o}}", "uri", "receipts/", "digest",
	    "sha256", snapshot_id_json(&v->receipt))) == -1)
		goto refuse;
	return list;
refuse:
	json_decref(list);
	return NULL;
}

/* What the verdict is about: the deploy if one was named, else the site. */
static json_t *
subject_json(const struct verdict *v)
{
	const char *colon;

	if (v->subject == NULL)
		return json_pack("[{s:s+, s:{s:o}}]", "name", "site:", v->site,
		    "digest", "sha256", snapshot_id_json(&v->policy));
	if ((colon = strchr(v->subject, ':')) == NULL)
		return NULL;
	return json_pack("[{s:s, s:{s:s}}]", "name", v->subject, "digest",
	    strncmp(v->subject, "git:", 4) == 0 ? "gitCommit" : "sha256",
	    colon + 1);
}

static json_t *
predicate_json(const struct verdict *v)
{
	bool over = v->override_reason != NULL;
	bool go = v->result == RULE_PASS || over;
	json_t *o;

	o = json_pack("{s:{s:s, s:{s:s}}, s:o, s:o, s:s+, "
	    "s:{s:s, s:{s:o}}, s:o, s:s, s:[s], s:o}",
	    "verifier", "id", "urn:muster:gate", "version", "muster",
	    MUSTER_VERSION, "timeVerified", want_make_time(v->utc),
	    "musterExpires", want_make_time(v->expires),
	    "resourceUri", "urn:muster:site:", v->site,
	    "policy", "uri", v->policy_path, "digest", "sha256",
	    snapshot_id_json(&v->policy),
	    "inputAttestations", inputs_json(v), "verificationResult",
	    go ? "PASSED" : "FAILED", "verifiedLevels", over ?
	    "MUSTER_OVERRIDE" : go ? "MUSTER_GO" : "MUSTER_NO_GO",
	    "musterRules", rules_json(v));
	if (o != NULL && over && json_object_set_new(o, "musterOverride",
	    json_pack("{s:s, s:s}", "by", v->override_by, "reason",
	    v->override_reason)) == -1) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static int
sign(const struct depot *d, struct verdict *v, const struct signer *signer,
    struct err *e)
{
	struct trail_new new = { .kind = TRAIL_VERDICTS, .site = v->site,
	    .utc = v->utc, .signer = signer };
	int rc = -1;

	new.subject = subject_json(v);
	new.predicate = predicate_json(v);
	if (new.subject == NULL || new.predicate == NULL)
		(void)err_set(e, ERR_INPUT, "cannot make the verdict's "
		    "statement (is the subject \"git:<sha>\" or "
		    "\"sha256:<digest>\"?)");
	else
		rc = trail_put(d, &new, v->object, &v->digest, e);
	if (rc == -1)
		(void)err_add(e, "cannot sign the verdict");
	json_decref(new.subject);
	json_decref(new.predicate);
	return rc;
}

int
gate_sign(const struct depot *d, struct verdict *v, struct err *e)
{
	return sign(d, v, NULL, e);
}

int
gate_sign_override(const struct depot *d, struct verdict *v,
    const struct gate_override *o, char name[CHARTER_NAME_MAX],
    struct err *e)
{
	char key[RECOVERY_NAME_SIZE];
	size_t i;

	if (v->subject == NULL)
		return err_set(e, ERR_INPUT, "an override is for one deploy: "
		    "name it with --subject");
	if (strspn(o->reason, " \t") == strlen(o->reason))
		return err_set(e, ERR_INPUT, "an override needs a reason");
	if (o->valid == 0 || o->valid > GATE_OVERRIDE_MAX)
		return err_set(e, ERR_INPUT, "an override is for at most "
		    "24h");
	recovery_key_name(o->key, key);
	for (i = 0; i < d->charter.n_recovery; i++)
		if (strcmp(d->charter.recovery[i].name, key) == 0)
			break;
	if (i == d->charter.n_recovery)
		return err_set(e, ERR_DENIED, "recovery key %s is none of "
		    "this store's: it may not override", key);
	(void)snprintf(name, CHARTER_NAME_MAX, "recovery key %s", key);
	v->override_by = name;
	v->override_reason = o->reason;
	v->expires = v->utc + (int64_t)o->valid * 1000000000;
	return sign(d, v, recovery_key_signer(o->key), e);
}
