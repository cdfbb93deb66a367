/*
 * What the policy says of the gate, and lists of commands.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "policy/fill.h"
#include "policy/loaded.h"
#include "policy/schema.h"
#include "policy/tree.h"

#define DAY 86400u
#define MILLION 1000000u

int
fill_commands(struct fill *f, const char *path, const struct raw_check *raw,
    uint32_t n, struct policy_check **out)
{
	struct policy_check *c;
	char key[96];
	uint32_t i, k;

	c = loaded_alloc(f->l, (size_t)n + 1, sizeof(*c), f->e);
	if (c == NULL)
		return -1;
	for (i = 0; i < n; i++) {
		c[i].timeout = 60;
		(void)snprintf(key, sizeof(key), "%s[%u].timeout", path,
		    (unsigned)i + 1);
		if (fill_keep(f, raw[i].name, &c[i].name) == -1 ||
		    fill_keep(f, raw[i].run, &c[i].run) == -1 ||
		    fill_keep_duration(f, key, raw[i].timeout, 1,
		    &c[i].timeout) == -1)
			return -1;
		*strrchr(key, '.') = '\0';
		for (k = 0; k < i; k++)
			if (strcmp(c[k].name, c[i].name) == 0)
				return tree_fail_at(f->tree, key, f->e,
				    "another has this name: %.60s",
				    c[i].name);
	}
	*out = c;
	return 0;
}

/* Rules that look at what was before. */
static int
fill_past(struct fill *f, const struct raw_gate *raw)
{
	struct policy *p = &f->l->policy;

	p->gate_valid = 3600;
	p->gate_coverage = MILLION;
	p->gate_full_age = 30 * DAY;
	p->gate_slowdown = MILLION;
	p->gate_shrink = MILLION / 2;
	if (fill_keep_duration(f, "gate.valid", raw->valid, 1,
	    &p->gate_valid) == -1 ||
	    fill_keep_duration(f, "gate.drill-key.escrow",
	    raw->drill_key.escrow, 1, &p->gate_escrow) == -1 ||
	    fill_keep_duration(f, "gate.full-drill-age",
	    raw->full_drill_age, 1, &p->gate_full_age) == -1 ||
	    fill_keep_duration(f, "gate.forecast", raw->forecast, 1,
	    &p->gate_forecast) == -1 ||
	    fill_keep_duration(f, "gate.rpo-period", raw->rpo_period, 1,
	    &p->gate_rpo_period) == -1 ||
	    fill_keep_duration(f, "gate.sabotage-age", raw->sabotage_age, 1,
	    &p->gate_sabotage_age) == -1)
		return -1;
	if (fill_keep_percent(f, "gate.coverage", raw->coverage,
	    &p->gate_coverage) == -1 ||
	    fill_keep_percent(f, "gate.slowdown", raw->slowdown,
	    &p->gate_slowdown) == -1 ||
	    fill_keep_percent(f, "gate.size.shrink", raw->size.shrink,
	    &p->gate_shrink) == -1)
		return -1;
	return fill_keep_percent(f, "gate.size.growth", raw->size.growth,
	    &p->gate_growth);
}

/* Names of recovery keys, as muster-key shows them. */
static int
fill_readers(struct fill *f, const struct raw_gate *raw)
{
	char path[64];
	uint32_t i;

	if (raw->coverage != NULL &&
	    f->l->policy.gate_coverage > MILLION)
		return tree_fail_at(f->tree, "gate.coverage", f->e,
		    "expected at most 100%%, not %.60s", raw->coverage);
	for (i = 0; i < raw->readers.n; i++) {
		(void)snprintf(path, sizeof(path), "gate.readers[%u]",
		    (unsigned)i + 1);
		if (strlen(raw->readers.item[i]) != 16 ||
		    strspn(raw->readers.item[i], "0123456789abcdef") != 16)
			return tree_fail_at(f->tree, path, f->e, "expected "
			    "the name of a recovery key, 16 hexadecimal "
			    "digits, not %.60s", raw->readers.item[i]);
	}
	if (raw->readers.n == 0)
		return 0;
	return fill_keep_list(f, &raw->readers, false,
	    &f->l->policy.gate_readers);
}

/* Where the snapshot must be, too: all stores but the first, or these. */
static int
fill_offsite(struct fill *f, const struct raw_gate *raw)
{
	const struct tree *gate = tree_get(f->tree, "gate");
	struct policy *p = &f->l->policy;
	char path[64];
	struct err none;
	uint32_t i;

	if (gate == NULL || tree_get(gate, "offsite") == NULL) {
		p->gate_offsite = loaded_alloc(f->l, p->n_stores,
		    sizeof(*p->gate_offsite), f->e);
		if (p->gate_offsite == NULL)
			return -1;
		for (i = 1; i < p->n_stores; i++)
			p->gate_offsite[i - 1] = p->stores[i].name;
		return 0;
	}
	for (i = 0; i < raw->offsite.n; i++) {
		(void)snprintf(path, sizeof(path), "gate.offsite[%u]",
		    (unsigned)i + 1);
		if (policy_find_store(p, raw->offsite.item[i], &none) == NULL)
			return tree_fail_at(f->tree, path, f->e, "expected "
			    "the name of a store, not %.60s",
			    raw->offsite.item[i]);
	}
	return fill_keep_list(f, &raw->offsite, false, &p->gate_offsite);
}

/* How long objects must stay locked; a lock must be asked for somewhere. */
static int
fill_locked(struct fill *f, const struct raw_gate *raw)
{
	struct policy *p = &f->l->policy;
	uint32_t i;

	if (fill_keep_duration(f, "gate.locked", raw->locked, 1,
	    &p->gate_locked) == -1)
		return -1;
	for (i = 0; i < p->n_stores; i++)
		if (p->stores[i].lock != POLICY_UNLOCKED)
			return 0;
	return p->gate_locked == 0 ? 0 : tree_fail_at(f->tree, "gate.locked",
	    f->e, "no store locks anything: expected one with object-lock");
}

int
fill_gate(struct fill *f, const struct raw_gate *raw)
{
	struct policy *p = &f->l->policy;

	p->gate_snapshot_age = p->rpo;
	p->gate_drill_age = 7 * DAY;
	p->gate_clock_skew = 60;
	if (fill_keep_duration(f, "gate.snapshot-age", raw->snapshot_age, 1,
	    &p->gate_snapshot_age) == -1 ||
	    fill_keep_duration(f, "gate.drill-age", raw->drill_age, 1,
	    &p->gate_drill_age) == -1 ||
	    fill_keep_duration(f, "gate.clock-skew", raw->clock_skew, 0,
	    &p->gate_clock_skew) == -1)
		return -1;
	if (fill_past(f, raw) == -1 || fill_readers(f, raw) == -1 ||
	    fill_offsite(f, raw) == -1 || fill_locked(f, raw) == -1)
		return -1;
	p->gate_key_apart = raw->key_apart == RAW_TRUE;
	if (fill_keep_duration(f, "gate.doctor-age", raw->doctor_age, 1,
	    &p->gate_doctor_age) == -1)
		return -1;
	if (fill_keep_percent(f, "gate.margin", raw->margin,
	    &p->gate_margin) == -1)
		return -1;
	if (p->gate_margin >= MILLION)
		return tree_fail_at(f->tree, "gate.margin", f->e,
		    "expected less than 100%%, not %.60s", raw->margin);
	p->n_checks = raw->n_checks;
	return fill_commands(f, "gate.checks", raw->checks, raw->n_checks,
	    &p->checks);
}
