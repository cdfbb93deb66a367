/*
 * The audit trail for other tools: see trail_export.h.
 */
#include <jansson.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/want.h"
#include "cli/cmd.h"
#include "report/trail_export.h"
#include "snapshot/chain.h"

static const char *const kinds[] = {
	[TRAIL_SNAPSHOTS] = "snapshot", [TRAIL_RECEIPTS] = "receipt",
	[TRAIL_VERDICTS] = "verdict",
};

static const char *const problems[] = {
	[CHAIN_GOOD] = "", [CHAIN_DAMAGED] = "damaged",
	[CHAIN_REMOVED] = "removed", [CHAIN_BACKDATED] = "backdated",
};

/* Pruning takes snapshots away, nothing takes receipts and verdicts. */
static const char *
problem_of(enum trail_kind kind, const struct chain_link *l)
{
	if (l->problem == CHAIN_REMOVED && kind == TRAIL_SNAPSHOTS)
		return "pruned";
	return problems[l->problem];
}

static int
print_link(enum trail_kind kind, const struct chain_link *l, struct err *e)
{
	char hex[ID_TEXT_SIZE], before[ID_TEXT_SIZE];
	bool bad = l->problem != CHAIN_GOOD;

	return cmd_answer("statement", json_pack("{s:o, s:s, s:s, s:s, s:s?, "
	    "s:s, s:s, s:s, s:s?, s:s?}", "time", want_make_time(l->named),
	    "kind", kinds[kind], "object", l->object, "sha256",
	    id_format(&l->digest, hex), "previous", l->has_previous ?
	    id_format(&l->previous, before) : NULL, "site", l->site,
	    "signer", l->signer, "what", l->what, "problem", bad ?
	    problem_of(kind, l) : NULL, "why", bad ? l->why : NULL), e);
}

static int
export_kind(const struct depot *d, enum trail_kind kind, const char *site,
    uint64_t skew, struct err *e)
{
	struct chain c;
	int status = CMD_TROUBLE;
	size_t i;

	if (chain_load(&c, d, kind, site, skew, e) == -1)
		goto done;
	status = CMD_YES;
	for (i = 0; i < c.n && status != CMD_TROUBLE; i++) {
		if (print_link(kind, &c.v[i], e) == -1)
			status = CMD_TROUBLE;
		else if (c.v[i].problem != CHAIN_GOOD &&
		    !(kind == TRAIL_SNAPSHOTS &&
		    c.v[i].problem == CHAIN_REMOVED))
			status = CMD_NO;
	}
done:
	chain_drop(&c);
	return status;
}

int
trail_export(const struct depot *d, const char *site, uint64_t skew,
    struct err *e)
{
	int status = CMD_YES, one;
	int kind;

	for (kind = TRAIL_SNAPSHOTS; kind <= TRAIL_VERDICTS; kind++) {
		one = export_kind(d, (enum trail_kind)kind, site, skew, e);
		if (one == CMD_TROUBLE)
			return one;
		status = one == CMD_NO ? CMD_NO : status;
	}
	return status;
}
