#ifndef GATE_GATE_H
#define GATE_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "drill/receipt.h"
#include "snapshot/depot.h"
#include "snapshot/snapshot.h"

struct err;
struct policy;
struct recovery_key;

/*
 * The gate: every rule is judged on evidence that was read and checked now.
 * A rule that cannot be judged is unknown, and unknown never opens the gate.
 */
enum rule_result {
	RULE_PASS,
	RULE_FAIL,
	RULE_UNKNOWN
};

#define GATE_RULES_MAX 128

struct rule {
	char			name[RECEIPT_TEXT_MAX];
	char			required[RECEIPT_TEXT_MAX];
	char			seen[RECEIPT_TEXT_MAX];
	/* object, or "" */
	char			evidence[STORE_NAME_MAX];
	enum rule_result	result;
};

struct verdict {
	char			object[STORE_NAME_MAX];
	struct id		digest;
	int64_t			utc;
	int64_t			expires;	/* not to be relied on then */
	struct rule		rules[GATE_RULES_MAX];
	size_t			n_rules;
	enum rule_result	result;		/* the worst of them */
	bool			has_snapshot, has_receipt;
	struct id		snapshot, receipt;	/* digests, if found */
	const char		*subject;	/* borrowed, or NULL */
	const char		*policy_path;
	struct id		policy;
	const char		*site;
	/* Who lets it pass all the same, and why; or NULL. */
	const char		*override_by, *override_reason;
};

struct gate_options {
	const struct policy	*policy;
	const char		*subject;	/* what is to be deployed, as */
						/* "git:<sha>", or NULL */
	void			(*step)(void *cookie, const char *what);
	void			*cookie;
};

/*
 * Judge every rule.  0: the verdict is complete; its result says GO
 * (RULE_PASS), NO-GO, or could not tell.  -1: not even that (memory, signal).
 */
int	gate_judge(struct depot *, const struct gate_options *,
	    struct verdict *, struct err *);

/* Sign the verdict and put it into the store; object is filled. */
int	gate_sign(const struct depot *, struct verdict *, struct err *);

/* An operator's will against the rules' result. */
struct gate_override {
	const char		 *reason;	/* for every report */
	uint64_t		  valid;	/* seconds */
	const struct recovery_key *key;		/* of the charter */
};

/*
 * The same for a verdict that is not GO, signed with the operator's key: it
 * says PASSED, by whom and why, with all rules as they were judged, and
 * expires.  ERR_DENIED when the key is none of the charter's; ERR_INPUT
 * without a deploy or a reason, or for longer than GATE_OVERRIDE_MAX.  name
 * gets the operator's, and is borrowed by the verdict.
 */
#define GATE_OVERRIDE_MAX (24 * 3600)
int	gate_sign_override(const struct depot *, struct verdict *,
	    const struct gate_override *, char name[CHARTER_NAME_MAX],
	    struct err *);

/* Is it "git:" with 40 or 64 hex digits, or "sha256:" with 64? */
bool	gate_subject_valid(const char *);

/* "pass", "fail", "unknown". */
const char	*rule_word(enum rule_result);

#endif
