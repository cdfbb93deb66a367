/*
 * All that the policy demands of a restored site, in the order of
 * drill_expected().  A check that cannot be carried out is recorded as failed,
 * never left out.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/intr.h"
#include "base/scratch.h"
#include "drill/command.h"
#include "drill/frappe.h"
#include "drill/inside.h"
#include "drill/tables.h"
#include "drill/wellformed.h"
#include "policy/policy.h"

static const char *
folder_of(const struct drill *x, enum part_kind kind)
{
	size_t i;

	for (i = 0; i < x->s->n_parts; i++)
		if (x->s->parts[i].kind == kind)
			return x->folders[i];
	return "/nonexistent";
}

static bool
has_kind(const struct drill *x, enum part_kind kind)
{
	return strcmp(folder_of(x, kind), "/nonexistent") != 0;
}

void
drill_place(struct drill *x)
{
	x->place = (struct assert_place){
		.login = { .user = "root" },
		.database = x->recipe.databases != NULL ?
		    x->recipe.databases[0] : NULL,
		.files = folder_of(x, PART_FILES),
		.config = folder_of(x, PART_CONFIG),
		.files_paths = x->recipe.files,
		.config_paths = x->recipe.config,
	};
	if (x->server != NULL)
		x->place.login.socket = db_server_socket(x->server);
}

/* Why nothing can be asked of the copy's database, or NULL. */
static const char *
no_database(const struct drill *x)
{
	if (x->broken)
		return "not carried out: the restore had failed";
	return x->server == NULL || x->recipe.databases == NULL ?
	    "not carried out: the snapshot has no database" : NULL;
}

int
drill_not_done(struct drill *x, const char *name, const char *why,
    struct err *e)
{
	const struct outcome made = { .name = name, .required = "carried out",
	    .seen = why };

	return receipt_add(x->r, &made, e);
}

static int
check_tables(struct drill *x, struct err *e)
{
	char seen[RECEIPT_TEXT_MAX];
	const struct step step = { "tables",
	    "CHECK TABLE ... EXTENDED of every table", seen,
	    clock_monotonic() };
	struct tables_seen t;
	int rc;

	if (!drill_checks_tables(x->o->policy, x->s))
		return 0;
	if (no_database(x) != NULL)
		return drill_not_done(x, step.name, no_database(x), e);
	rc = tables_check(&x->place.login, snapshot_is_physical(x->s) ? NULL :
	    x->recipe.databases, &t, e);
	if (rc == 0 && t.bad > 0)
		rc = err_set(e, ERR_DAMAGED, "%llu of %llu bad: %.400s",
		    (unsigned long long)t.bad, (unsigned long long)t.checked,
		    t.first);
	(void)snprintf(seen, sizeof(seen), "%llu, all are sound",
	    (unsigned long long)t.checked);
	return drill_record(x, &step, rc, e);
}

static int
check_assertions(struct drill *x, struct err *e)
{
	const struct policy *p = x->o->policy;
	uint32_t i;

	for (i = 0; i < p->n_assertions; i++) {
		if (intr_check(e) == -1)
			return -1;
		if ((no_database(x) != NULL ? drill_not_done(x,
		    p->assertions[i].name, no_database(x), e) :
		    assert_sql(x->r, &p->assertions[i], &x->place, e)) == -1)
			return -1;
	}
	return 0;
}

/* Also when it is not demanded: the mask learns what is secret. */
static int
check_wellformed(struct drill *x, struct err *e)
{
	char seen[RECEIPT_TEXT_MAX];
	const struct step step = { "well-formed",
	    "JSON, YAML and INI files of the configuration can be read", seen,
	    clock_monotonic() };
	struct wellformed w;
	int rc;

	if (!has_kind(x, PART_CONFIG))
		return 0;
	rc = wellformed_folder(x->place.config, x->mask, &w, e);
	if (rc == -1 && e->kind == ERR_SYSTEM)
		e->kind = ERR_DAMAGED;	/* it should have been restored */
	if (rc == 0 && w.bad > 0)
		rc = err_set(e, ERR_DAMAGED, "%zu of %zu bad: %.400s", w.bad,
		    w.judged, w.first);
	(void)snprintf(seen, sizeof(seen), "%zu of %zu files are such, all "
	    "can", w.judged, w.files);
	if (!x->o->policy->drill_well_formed) {
		if (rc == -1 && e->kind != ERR_DAMAGED)
			return -1;
		err_clear(e);
		return 0;
	}
	return drill_record(x, &step, rc, e);
}

static int
check_passwords(struct drill *x, struct err *e)
{
	char seen[RECEIPT_TEXT_MAX];
	const struct step step = { "stored passwords",
	    "every one opens with the restored encryption_key", seen,
	    clock_monotonic() };

	if (!x->o->policy->drill_frappe_passwords)
		return 0;
	if (no_database(x) != NULL)
		return drill_not_done(x, step.name, no_database(x), e);
	return drill_record(x, &step, frappe_passwords(&x->place, seen, e), e);
}

int
drill_command(struct drill *x, const struct policy_check *h,
    const char *name, struct err *e)
{
	const struct command c = { h->run, h->timeout,
	    scratch_path(x->scratch), x->s->site, &x->place, x->mask };
	struct command_seen s;
	int64_t begun = clock_monotonic();
	struct err why;

	err_clear(&why);
	s.output[0] = '\0';
	if (command_run(&c, &s, &why) == -1) {
		if (why.kind == ERR_INTERRUPTED || why.kind == ERR_MEMORY) {
			*e = why;
			return -1;
		}
		s.status = -1;
		(void)snprintf(s.text, sizeof(s.text), "%.500s", why.text);
	}
	const struct outcome made = { name, "exit 0", s.text, s.status == 0,
	    (double)(clock_monotonic() - begun) / 1e9, s.output };

	return receipt_add(x->r, &made, e);
}

static int
check_hooks(struct drill *x, struct err *e)
{
	const struct policy *p = x->o->policy;
	char name[RECEIPT_TEXT_MAX];
	uint32_t i;

	for (i = 0; i < p->n_hooks; i++) {
		(void)snprintf(name, sizeof(name), "hook: %.400s",
		    p->hooks[i].name);
		if ((x->broken ? drill_not_done(x, name,
		    "not carried out: the restore had failed", e) :
		    drill_command(x, &p->hooks[i], name, e)) == -1)
			return -1;
	}
	return 0;
}

int
drill_check(struct drill *x, struct err *e)
{
	if (x->o->share > 0)		/* what a part copy can answer */
		return check_wellformed(x, e) == -1 ? -1 :
		    assert_config(x->r, x->o->policy, &x->place, e);
	if (check_tables(x, e) == -1 || check_assertions(x, e) == -1 ||
	    check_wellformed(x, e) == -1 ||
	    assert_config(x->r, x->o->policy, &x->place, e) == -1 ||
	    check_passwords(x, e) == -1)
		return -1;
	return check_hooks(x, e);
}
