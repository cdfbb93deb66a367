/*
 * How to fix what a rule complains about: see explain.h.
 */
#include <stddef.h>
#include <string.h>

#include "gate/explain.h"

static const struct {
	const char	*rule, *fix;
} all[] = {
	{ "past", "The store could not be listed or read: see what was seen, "
	    "check its path, network and credentials, and ask again." },
	{ "charter", "Somebody put a charter into the store that no key of "
	    "ours signed: find out who, and remove it." },
	{ "snapshot", "Take one: muster-snapshot. If the store is not where "
	    "snapshots go, bring them there: muster-ship." },
	{ "snapshot trail", "muster-verify names the statements. Bring them "
	    "back from another store with muster-ship, or find out who "
	    "changed them." },
	{ "snapshot store", "The snapshot was put here by hand from another "
	    "store: remove it, or name the right store." },
	{ "snapshot policy", "The policy was edited since: take a snapshot "
	    "under it, muster-snapshot." },
	{ "snapshot age", "Take a new snapshot, or more often (a timer). If "
	    "it is in the future, correct the clocks." },
	{ "snapshot components", "The last snapshot was of some components "
	    "only: take all with muster-snapshot." },
	{ "snapshot whole", "muster-snapshot names what could not be read: "
	    "correct permissions, or exclude it in the policy." },
	{ "snapshot size", "Find out why it changed. If it is right, raise "
	    "gate.size, or override this once." },
	{ "rpo", "Take a new snapshot, or more often." },
	{ "rpo period", "Snapshots are too far apart, or take too long, for "
	    "the objective: run them more often, or state another RPO." },
	{ "retention", "Find out who removed it (muster-report --trail); "
	    "another store may still have it: muster-ship from there." },
	{ "stored", "muster-verify names every bad pack. Ship them again from "
	    "another store, or take a new snapshot." },
	{ "drill", "Carry one out: muster-drill." },
	{ "drill trail", "muster-verify names the receipts; find out who "
	    "changed them, and carry out a drill." },
	{ "drill age", "Carry out a drill: muster-drill, or more often (a "
	    "timer)." },
	{ "drill snapshot", "The drilled snapshot is gone or of another "
	    "store: drill the newest one, muster-drill." },
	{ "drill kind", "Carry out a full drill: muster-drill." },
	{ "drill coverage", "Carry out a full drill: muster-drill." },
	{ "full drill", "Sampled drills do only between full ones: carry one "
	    "out, muster-drill." },
	{ "drill policy", "The policy was edited since: drill under it, "
	    "muster-drill." },
	{ "drill server", "Install the server version that production runs on "
	    "the drill host (drill.mariadbd), and drill again." },
	{ "drill complete", "Carry out a drill under this policy with this "
	    "muster: muster-drill." },
	{ "drill passed", "muster-drill says what was wrong with the copy: "
	    "repair it at its source, snapshot, drill." },
	{ "drill plausible", "Carry out a drill while nobody sets the clock; "
	    "if it stays so, its host cannot be trusted with timing." },
	{ "drill speed", "See the phases (muster-report): the named "
	    "bottleneck is where it became slower." },
	{ "forecast", "Make the restore faster at its bottleneck, remove old "
	    "data, or state another RTO." },
	{ "rto", "Make the restore faster at its bottleneck (muster-report), "
	    "or state another RTO or margin." },
	{ "readers", "If a key is too many, found a new store without it; if "
	    "it is right, add it to gate.readers." },
	{ "drill key escrow", "Fetch the key from escrow and carry out an "
	    "exercise: muster-drill --exercise -k FILE." },
	{ "sabotage", "Try the alarm: muster-drill --sabotage. If it stayed "
	    "silent, do not deploy, and report it." },
	{ "doctor", "See what is not well, muster-doctor, mend it, and sign "
	    "that it is: muster-doctor --sign." },
	{ "readers apart", "Keep recovery keys off the host that takes "
	    "snapshots: carry out drills on another one." },
	{ "judged receipts", "A receipt that a verdict rests on is gone: "
	    "muster-report --trail; another store may have it, muster-ship." },
	{ "receipt chain", "Somebody removed or dated back a receipt: "
	    "muster-report --trail shows which. Another store may have it." },
	{ "verdict chain", "Somebody removed or dated back a verdict: "
	    "muster-report --trail shows which. Another store may have it." },
};

/* Rules of which there is one for each store or command. */
static const struct {
	const char	*beginning, *fix;
} many[] = {
	{ "check: ", "It is a command of the policy's gate.checks: run it by "
	    "hand and do what it asks for." },
	{ "off-site ", "Ship it: muster-ship names what hinders it, and "
	    "muster-verify -s STORE what is bad there." },
	{ "lock ", "Ship: muster-ship extends locks, if object-lock.days of "
	    "the store is above gate.locked. The key needs "
	    "s3:GetObjectRetention to see locks, s3:PutObjectRetention to "
	    "extend them." },
};

const char *
gate_explain(const char *rule)
{
	size_t i;

	for (i = 0; i < sizeof(many) / sizeof(many[0]); i++)
		if (strncmp(rule, many[i].beginning,
		    strlen(many[i].beginning)) == 0)
			return many[i].fix;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i].rule, rule) == 0)
			return all[i].fix;
	return NULL;
}
