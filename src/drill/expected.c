/*
 * Which checks a drill carries out, by name: the one list that the drill is
 * held to when it ends, and the gate holds the receipt to.
 */
#include <stdio.h>
#include <string.h>

#include "drill/inside.h"
#include "policy/policy.h"

struct telling {
	int	(*each)(void *, const char *);
	void	 *cookie;
};

static int
tell(const struct telling *t, const char *head, const char *name)
{
	char text[RECEIPT_TEXT_MAX];

	(void)snprintf(text, sizeof(text), "%s%.400s", head, name);
	return t->each(t->cookie, text);
}

static bool
has_kind(const struct snapshot *s, enum part_kind kind)
{
	for (size_t i = 0; i < s->n_parts; i++)
		if (s->parts[i].kind == kind)
			return true;
	return false;
}

/* Files can be compared; what is in them only be read. */
static int
tell_physical(const struct telling *t, const char *name)
{
	int rc;

	if ((rc = tell(t, "bytes: ", name)) != 0 ||
	    (rc = tell(t, "prepare: ", name)) != 0)
		return rc;
	return tell(t, "start: ", name);
}

static int
tell_parts(const struct telling *t, const struct snapshot *s)
{
	int rc = 0;
	size_t i;

	for (i = 0; i < s->n_parts && rc == 0; i++) {
		if ((rc = tell(t, "restore: ", s->parts[i].name)) != 0)
			break;
		rc = s->parts[i].db.physical.used ?
		    tell_physical(t, s->parts[i].name) :
		    tell(t, "proof: ", s->parts[i].name);
	}
	return rc;
}

bool
drill_checks_tables(const struct policy *p, const struct snapshot *s)
{
	return has_kind(s, PART_DB) &&
	    (p->drill_check_tables || snapshot_is_physical(s));
}

/* What can be demanded of the configuration, which is always whole. */
static int
tell_config(const struct telling *t, const struct policy *p,
    const struct snapshot *s)
{
	int rc = 0;
	uint32_t i;

	if (p->drill_well_formed && has_kind(s, PART_CONFIG))
		rc = tell(t, "well-formed", "");
	for (i = 0; i < p->config.n_require && rc == 0; i++)
		rc = tell(t, "config: ", p->config.require[i].file);
	return rc;
}

/* What the policy demands of the copy. */
static int
tell_demands(const struct telling *t, const struct policy *p,
    const struct snapshot *s)
{
	int rc = 0;
	uint32_t i;

	if (drill_checks_tables(p, s))
		rc = tell(t, "tables", "");
	for (i = 0; i < p->n_assertions && rc == 0; i++)
		rc = tell(t, "", p->assertions[i].name);
	if (rc == 0)
		rc = tell_config(t, p, s);
	if (rc == 0 && p->drill_frappe_passwords)
		rc = tell(t, "stored passwords", "");
	for (i = 0; i < p->n_hooks && rc == 0; i++)
		rc = tell(t, "hook: ", p->hooks[i].name);
	return rc;
}

static int
tell_rehearsal(const struct telling *t, const struct policy *p,
    const struct snapshot *s)
{
	int rc;
	size_t i;

	if (p->rehearse == NULL)
		return 0;
	rc = tell(t, "rehearse: migration", "");
	for (i = 0; i < p->n_assertions && rc == 0; i++)
		rc = tell(t, "after migration: ", p->assertions[i].name);
	for (i = 0; i < s->n_parts && rc == 0; i++)
		rc = tell(t, "rollback: ", s->parts[i].name);
	return rc;
}

/*
 * A part copy: nothing that looks at rows or files which may not be in it, and
 * no time that would be held against the objective.
 */
static int
tell_sampled(const struct telling *t, const struct policy *p,
    const struct snapshot *s)
{
	int rc;

	if ((rc = tell(t, "sample", "")) != 0 ||
	    (rc = tell_parts(t, s)) != 0)
		return rc;
	return tell_config(t, p, s);
}

static int
tell_whole(const struct telling *t, const struct policy *p,
    const struct snapshot *s)
{
	int rc;

	if ((rc = tell_parts(t, s)) != 0 ||
	    (rc = tell_demands(t, p, s)) != 0 ||
	    (rc = tell_rehearsal(t, p, s)) != 0)
		return rc;
	return p->rto > 0 ? tell(t, "rto", "") : 0;
}

int
drill_expected(const struct policy *p, const struct snapshot *s,
    const char *kind, int (*each)(void *, const char *), void *cookie)
{
	const struct telling t = { each, cookie };
	int rc;

	if ((rc = tell(&t, "charter", "")) != 0 ||
	    (rc = tell(&t, "inventory", "")) != 0 ||
	    (rc = tell(&t, "recipe", "")) != 0)
		return rc;
	if ((rc = strcmp(kind, "sampled") == 0 ? tell_sampled(&t, p, s) :
	    tell_whole(&t, p, s)) != 0)
		return rc;
	return p->rpo > 0 ? tell(&t, "rpo", "") : 0;
}
