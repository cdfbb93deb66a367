/*
 * muster-doctor: look whether everything that a snapshot, a shipment and a
 * drill need is there, and say what to do about what is not.
 */
#include <jansson.h>
#include <stdio.h>

#include "base/err.h"
#include "cli/cmd.h"
#include "gate/doctor.h"
#include "policy/policy.h"

static struct {
	const char	*policy;
	bool		 quick;
} want;

static const struct opt options[] = {
	{ 'p', "policy", NULL, &want.policy, NULL, "file",
	    "policy (else $MUSTER_POLICY, ./muster.yaml, "
	    "/etc/muster/muster.yaml)" },
	{ 0, "quick", &want.quick, NULL, NULL, NULL,
	    "do not start a throwaway server" },
	{ 0 },
};

static void
on_finding(void *cookie, const struct finding *f)
{
	struct err e;

	(void)cookie;
	if (cmd_json())	/* standard output is checked at the end */
		(void)cmd_answer("finding", json_pack("{s:s, s:s, s:s, s:s?}",
		    "name", f->name, "level", doctor_word(f->level), "seen",
		    f->seen, "fix", f->fix), &e);
	else if (!cmd_quiet() || f->level >= DOCTOR_BAD) {
		printf("%-8s%s: %s\n", doctor_word(f->level), f->name,
		    f->seen);
		if (f->fix != NULL)
			printf("        %s\n", f->fix);
	}
}

static int
say(const struct doctor_report *r, struct err *e)
{
	if (cmd_json())
		return cmd_answer("doctor", json_pack("{s:I, s:I, s:I, s:I}",
		    "good", (json_int_t)r->good, "warnings",
		    (json_int_t)r->warnings, "bad", (json_int_t)r->bad,
		    "unknown", (json_int_t)r->unknown), e);
	if (cmd_quiet())
		return 0;
	printf("%s: %llu good, %llu warnings, %llu bad, %llu unknown\n",
	    r->bad > 0 ? "NOT READY" : r->unknown > 0 ? "could not tell" :
	    "ready", (unsigned long long)r->good,
	    (unsigned long long)r->warnings, (unsigned long long)r->bad,
	    (unsigned long long)r->unknown);
	return 0;
}

static int
run(char *operands[], struct err *e)
{
	struct doctor_options o = { .quick = want.quick, .each = on_finding };
	struct doctor_report r;
	struct policy *p;
	int status = CMD_TROUBLE;

	(void)operands;
	if (keys_init(e) == -1 || (p = policy_load(want.policy, e)) == NULL)
		return CMD_TROUBLE;
	o.policy = p;
	if (doctor_run(&o, &r, e) == 0 && say(&r, e) == 0)
		status = r.bad > 0 ? CMD_NO : r.unknown > 0 ? CMD_TROUBLE :
		    CMD_YES;
	policy_free(p);
	return status;
}

int
main(int argc, char *argv[])
{
	const struct cmd c = {
		.name = "muster-doctor", .operands = "", .min = 0, .max = 0,
		.purpose = "is everything there that a snapshot, a shipment "
		    "and a drill need?",
		.options = options, .run = run,
	};

	return cmd_main(&c, argc, argv);
}
