#ifndef GATE_RULES_H
#define GATE_RULES_H

#include "gate/gate.h"
#include "gate/history.h"

struct err;

/*
 * What the rules are judged on.  Evidence that says no fails a rule; evidence
 * that could not be read makes it unknown.
 */
struct evidence {
	struct depot			*d;
	const struct gate_options	*o;
	struct verdict			*v;
	int64_t				 now;
	struct snapshot			 s;
	struct receipt			 r;
	bool				 has_s, has_r;
	/* The drill whose time counts: of a whole snapshot. */
	struct past_drill		 timed;
	bool				 has_timed;
	struct history			 h;
};

/*
 * Append a rule's outcome; texts are cut to size.  Beyond GATE_RULES_MAX the
 * last one becomes unknown, so that nothing can be lost silently.
 */
void	rule_add(struct evidence *, const char *name, enum rule_result,
	    const char *evidence, const char *required, const char *seen);

/* The policy whose digest the evidence names must be the one at hand. */
void	rule_policy(struct evidence *, const char *name, const char *object,
	    const struct id *policy);

/*
 * The rule about the charter: every one in the store is intact and signed by
 * the root, since one that is not may be the newest, and may have taken a
 * right away.
 */
int	rules_charter(struct evidence *, struct err *);

/*
 * Rules about the snapshot: found and believed, of this site, store and
 * policy, of what age, complete, with what recovery point.
 */
int	rules_snapshot(struct evidence *, struct err *);

/*
 * Rules about the stored bytes: every pack that the snapshot needs is in the
 * store and has the SHA-256 that is its name.
 */
int	rules_stored(struct evidence *, struct err *);

/*
 * Rules about other stores: each that the policy names as off-site has the
 * snapshot, whole; what was put with Object Lock stays locked long enough.
 */
int	rules_offsite(struct evidence *, struct err *);

/*
 * Rules about the drill: the newest receipt of the site, its age, kind,
 * origin, that no check was skipped and all passed, the RTO with its margin.
 */
int	rules_drill(struct evidence *, struct err *);

/* The rule that no receipt is gone which a verdict names. */
int	rules_judged(struct evidence *, struct err *);

/*
 * Rules about the snapshot against the past: sizes, gaps between recovery
 * points, retention.
 */
int	rules_past(struct evidence *, struct err *);

/* One of them, rules_retention.c: nothing removed that the policy keeps. */
void	rule_retention(struct evidence *);

/* Rules about the drill's figures: plausible, not slower, and the forecast. */
int	rules_figures(struct evidence *, struct err *);

/*
 * Rules about trust: who can read, that the escrowed key and the alarm were
 * tried, that the trail has no holes.
 */
int	rules_trust(struct evidence *, struct err *);

/* The policy's own commands: exit 0 passes. */
int	rules_checks(struct evidence *, struct err *);

#endif
