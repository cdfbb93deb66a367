/*
 * The doctor's job: look at everything, say it, and, if asked, sign what was
 * seen as a receipt, so that a gate elsewhere can demand it.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "cli/cmd.h"
#include "drill/drill.h"
#include "gate/doctor.h"
#include "report/job_doctor.h"
#include "snapshot/access.h"
#include "snapshot/trail.h"
#include "store/store.h"

/* One look, and the receipt that it may become. */
struct visit {
	const struct job_doctor	*j;
	const struct policy	*p;		/* what was looked at */
	struct receipt		 r;
	struct err		 e;		/* the receipt's, if any */
};

static void
say_finding(const struct visit *v, const struct finding *f)
{
	struct err e;

	if (cmd_json())	/* standard output is checked at the end */
		(void)cmd_answer("finding", json_pack("{s:s, s:s, s:s, s:s?}",
		    "name", f->name, "level", doctor_word(f->level), "seen",
		    f->seen, "fix", f->fix), &e);
	else if ((!cmd_quiet() && !v->j->brief) || f->level >= DOCTOR_BAD) {
		printf("%-8s%s: %s\n", doctor_word(f->level), f->name,
		    f->seen);
		if (f->fix != NULL)
			printf("        %s\n", f->fix);
	}
}

static void
on_finding(void *cookie, const struct finding *f)
{
	struct visit *v = cookie;
	char seen[RECEIPT_TEXT_MAX];
	const struct outcome made = { f->name, "good, or no more than a "
	    "warning", seen, f->level <= DOCTOR_WARN, 0, NULL };

	say_finding(v, f);
	(void)snprintf(seen, sizeof(seen), "%s: %.480s",
	    doctor_word(f->level), f->seen);
	if (v->e.kind == ERR_NONE)
		(void)receipt_add(&v->r, &made, &v->e);
}

static int
say(const struct visit *v, const struct doctor_report *r, struct err *e)
{
	if (cmd_json())
		return cmd_answer("doctor", json_pack("{s:I, s:I, s:I, s:I, "
		    "s:s*}", "good", (json_int_t)r->good, "warnings",
		    (json_int_t)r->warnings, "bad", (json_int_t)r->bad,
		    "unknown", (json_int_t)r->unknown, "receipt",
		    v->r.object[0] != '\0' ? v->r.object : NULL), e);
	if (cmd_quiet())
		return 0;
	printf("%s: %llu good, %llu warnings, %llu bad, %llu unknown\n",
	    r->bad > 0 ? "NOT READY" : r->unknown > 0 ? "could not tell" :
	    "ready", (unsigned long long)r->good,
	    (unsigned long long)r->warnings, (unsigned long long)r->bad,
	    (unsigned long long)r->unknown);
	if (v->r.object[0] != '\0')
		printf("receipt %s\n", v->r.object);
	return 0;
}

/* A receipt is about a snapshot: the newest, whose site this is. */
static int
sign(struct visit *v, const struct access *a, struct err *e)
{
	struct receipt *r = &v->r;
	struct snapshot *s;
	uint64_t damaged;
	int rc;

	if (v->e.kind != ERR_NONE) {
		*e = v->e;
		return -1;
	}
	if ((s = malloc(sizeof(*s))) == NULL)
		return err_memory(e);
	rc = trail_find_snapshot(&a->depot, v->p->site, NULL, s, &damaged,
	    e);
	if (rc == 0) {
		r->snapshot = s->digest;
		r->point = s->point < r->started ? s->point : r->started;
	}
	free(s);
	if (rc == -1)
		return err_add(e, "what the doctor saw cannot be signed "
		    "before there is a snapshot");
	(void)snprintf(r->site, sizeof(r->site), "%s", v->p->site);
	memcpy(r->store, a->depot.charter.store, sizeof(r->store));
	(void)snprintf(r->from, sizeof(r->from), "%s",
	    store_url(a->depot.store));
	(void)snprintf(r->kind, sizeof(r->kind), "doctor");
	if (gethostname(r->host, sizeof(r->host) - 1) == -1)
		(void)snprintf(r->host, sizeof(r->host), "unknown");
	r->policy = v->p->digest;
	r->rto = v->p->rto;
	r->rpo = v->p->rpo;
	r->passed = r->n_checks > 0;
	for (size_t i = 0; i < r->n_checks; i++)
		r->passed = r->passed && r->checks[i].passed;
	return drill_sign(&a->depot, r, e);
}

static int
look(struct visit *v, struct doctor_report *report, struct err *e)
{
	const struct doctor_options o = { .policy = v->p,
	    .quick = v->j->quick, .each = on_finding, .cookie = v };
	int64_t begun = clock_monotonic();
	struct receipt *r = &v->r;

	r->started = clock_utc();
	if (doctor_run(&o, report, e) == -1)
		return -1;
	(void)snprintf(r->phases[0].name, sizeof(r->phases[0].name), "look");
	r->total = (double)(clock_monotonic() - begun) / 1e9;
	r->phases[0].seconds = r->total;
	r->n_phases = 1;
	r->finished = clock_utc();
	return 0;
}

int
job_doctor(const struct job_doctor *j, struct err *e)
{
	struct access_want w = {
		.policy = j->policy, .store = j->store, .use = DEPOT_SIGN,
		.drill_store = true,
	};
	struct visit v = { .j = j };
	struct doctor_report report;
	struct policy *p = NULL;
	struct access a = { .policy = NULL };
	int status = CMD_TROUBLE;

	if (j->sign && j->quick) {
		(void)err_set(e, ERR_INPUT, "--sign is for the whole look: "
		    "not with --quick");
		return CMD_USAGE;
	}
	err_clear(&v.e);
	if (keys_init(e) == -1 || (p = policy_load(j->policy, e)) == NULL)
		return CMD_TROUBLE;
	v.p = p;
	if (j->if_demanded && p->gate_doctor_age == 0)
		status = CMD_YES;
	else if (look(&v, &report, e) == 0 && (!j->sign ||
	    (access_open(&a, &w, e) == 0 && sign(&v, &a, e) == 0)) &&
	    say(&v, &report, e) == 0)
		status = report.bad > 0 ? CMD_NO : report.unknown > 0 ?
		    CMD_TROUBLE : CMD_YES;
	receipt_drop(&v.r);
	access_close(&a);
	policy_free(p);
	return status;
}
