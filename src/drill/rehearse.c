/*
 * The rehearsal of a deploy's migration: it runs against the restored copy,
 * the assertions are asked again, and then the way back is gone: what was
 * migrated is thrown away, the snapshot restored again in its place, and its
 * fingerprints must be what they were.  All of it is timed, none of it is
 * part of the recovery's time.  A migration that fails half-way is a failed
 * check; the way back is proven all the same.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/intr.h"
#include "base/scratch.h"
#include "db/conn.h"
#include "drill/command.h"
#include "drill/inside.h"
#include "policy/policy.h"

#define NOT_DONE "not carried out: the restore had failed"

static void
end_after(struct drill *x, const char *name, int64_t begun, uint64_t bytes)
{
	struct phase *p = &x->r->after[x->r->n_after++];

	(void)snprintf(p->name, sizeof(p->name), "%s", name);
	p->seconds = (double)(clock_monotonic() - begun) / 1e9;
	p->bytes = bytes;
}

static int
assert_again(struct drill *x, struct err *e)
{
	const struct policy *p = x->o->policy;
	struct policy_assertion a;
	char name[RECEIPT_TEXT_MAX];
	uint32_t i;

	for (i = 0; i < p->n_assertions; i++) {
		a = p->assertions[i];
		(void)snprintf(name, sizeof(name), "after migration: %.400s",
		    a.name);
		a.name = name;
		if (intr_check(e) == -1)
			return -1;
		if ((x->server == NULL ? drill_not_done(x, name,
		    "not carried out: the snapshot has no database", e) :
		    assert_sql(x->r, &a, &x->place, e)) == -1)
			return -1;
	}
	return 0;
}

static int
drop_databases(struct drill *x, struct err *e)
{
	struct conn *c;
	struct buf sql;
	size_t i;
	int rc = 0;

	if ((c = conn_open(&x->place.login, CONN_UTF8, e)) == NULL)
		return -1;
	buf_init(&sql, 4096);
	for (i = 0; rc == 0 && x->recipe.databases[i] != NULL; i++) {
		buf_clear(&sql);
		if (buf_add_text(&sql, "DROP DATABASE IF EXISTS ", e) == -1 ||
		    quote_name(&sql, x->recipe.databases[i], e) == -1)
			rc = -1;
		else
			rc = conn_exec_len(c, sql.data, sql.len, e);
	}
	buf_drop(&sql);
	conn_close(c);
	return rc;
}

/* Throw away what was migrated of a component, and put it back. */
static int
roll_back(struct drill *x, size_t i, char *seen, size_t size, struct err *e)
{
	const struct part *p = &x->s->parts[i];

	if (p->db.physical.used)
		return drill_physical_again(x, i, seen, size, e);
	if (p->kind == PART_DB) {
		if (drop_databases(x, e) == -1)
			return -1;
	} else if (file_remove_tree(x->folders[i], e) == -1 ||
	    file_mkdirs(x->folders[i], 0700, e) == -1)
		return -1;
	if (drill_restore_part(x, i, seen, size, e) == -1)
		return -1;
	return drill_prove_part(x, i, seen, size, e);
}

static int
roll_all_back(struct drill *x, struct err *e)
{
	char name[RECEIPT_TEXT_MAX], seen[RECEIPT_TEXT_MAX];
	struct step step = { name, "restored again, fingerprint as before",
	    seen, 0 };
	int64_t begun = clock_monotonic();
	uint64_t bytes = 0;
	size_t i;

	for (i = 0; i < x->s->n_parts; i++) {
		step.begun = clock_monotonic();
		(void)snprintf(name, sizeof(name), "rollback: %s",
		    x->s->parts[i].name);
		if (intr_check(e) == -1 || drill_record(x, &step,
		    roll_back(x, i, seen, sizeof(seen), e), e) == -1)
			return -1;
		bytes += x->s->parts[i].root.size;
	}
	end_after(x, "rollback", begun, bytes);
	return 0;
}

/* Nothing was restored that could be migrated: every check has failed. */
static int
none_done(struct drill *x, struct err *e)
{
	const struct policy *p = x->o->policy;
	char name[RECEIPT_TEXT_MAX];
	size_t i;

	if (drill_not_done(x, "rehearse: migration", NOT_DONE, e) == -1)
		return -1;
	for (i = 0; i < p->n_assertions; i++) {
		(void)snprintf(name, sizeof(name), "after migration: %.400s",
		    p->assertions[i].name);
		if (drill_not_done(x, name, NOT_DONE, e) == -1)
			return -1;
	}
	for (i = 0; i < x->s->n_parts; i++) {
		(void)snprintf(name, sizeof(name), "rollback: %s",
		    x->s->parts[i].name);
		if (drill_not_done(x, name, NOT_DONE, e) == -1)
			return -1;
	}
	return 0;
}

int
drill_rehearse(struct drill *x, struct err *e)
{
	int64_t begun = clock_monotonic();

	if (x->o->policy->rehearse == NULL)
		return 0;
	if (x->broken)
		return none_done(x, e);
	if (x->o->step != NULL)
		x->o->step(x->o->cookie, "rehearse");
	if (drill_command(x, x->o->policy->rehearse, "rehearse: migration",
	    e) == -1 || assert_again(x, e) == -1)
		return -1;
	end_after(x, "rehearse", begun, 0);
	if (x->o->step != NULL)
		x->o->step(x->o->cookie, "rollback");
	return roll_all_back(x, e);
}
