/*
 * Who wants to hear of a run: see notify.h.
 *
 * The policy is read here by itself, at the start and at the end: a run whose
 * policy cannot be read says so itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "cli/cmd.h"
#include "policy/policy.h"
#include "report/notify.h"
#include "report/overview.h"
#include "snapshot/access.h"
#include "store/ping.h"

#define URL_SIZE 1024

/* A URL with "{job}" replaced by the job's name. */
static int
with_job(char url[URL_SIZE], const char *job, struct err *e)
{
	char full[URL_SIZE], *place = strstr(url, "{job}");
	int n;

	if (place == NULL)
		return 0;
	n = snprintf(full, sizeof(full), "%.*s%s%s", (int)(place - url), url,
	    job, place + strlen("{job}"));
	if (n > 0 && n < URL_SIZE)
		memcpy(url, full, (size_t)n + 1);
	explicit_bzero(full, sizeof(full));
	return n > 0 && n < URL_SIZE ? 0 :
	    err_set(e, ERR_INPUT, "notify.ping: the URL is too long");
}

/* The first line of a secret file. */
static int
load_url(const char *path, char url[URL_SIZE], struct err *e)
{
	size_t len = 0;

	if (file_load_secret(path, url, URL_SIZE - 1, &len, e) == -1)
		return -1;
	url[len] = '\0';
	url[strcspn(url, "\r\n")] = '\0';
	if (!policy_is_ping_url(url))
		return err_set(e, ERR_INPUT, "%s: expected a URL, http:// or "
		    "https://", path);
	return 0;
}

/* Ping what the policy says, and what its file says; either may be NULL. */
static void
tell(const struct policy *p, const char *job, const char *what)
{
	char url[URL_SIZE];
	struct err e;

	err_clear(&e);
	if (p->notify_ping != NULL) {
		(void)snprintf(url, sizeof(url), "%s", p->notify_ping);
		if (with_job(url, job, &e) == -1 || ping(url, what, &e) == -1)
			cmd_warn(&e);
	}
	err_clear(&e);
	if (p->notify_ping_file != NULL &&
	    (load_url(p->notify_ping_file, url, &e) == -1 ||
	    with_job(url, job, &e) == -1 || ping(url, what, &e) == -1))
		cmd_warn(&e);
	explicit_bzero(url, sizeof(url));
}

void
notify_begin(struct notify *n, const char *policy, const char *job)
{
	struct policy *p;
	struct err ignored;	/* the run itself says what it is */

	*n = (struct notify){ .policy = policy };
	if ((p = policy_load(policy, &ignored)) == NULL)
		return;
	n->begun = clock_utc();
	n->ticks = clock_monotonic();
	(void)snprintf(n->run.job, sizeof(n->run.job), "%s", job);
	tell(p, job, "start");
	policy_free(p);
}

void
notify_fact(struct notify *n, const char *name, const char *label,
    double value)
{
	struct run_fact *f;

	if (n == NULL || n->begun == 0 || n->run.n_facts == RUN_FACTS_MAX)
		return;
	f = &n->run.facts[n->run.n_facts++];
	(void)snprintf(f->name, sizeof(f->name), "%s", name);
	(void)snprintf(f->label, sizeof(f->label), "%s", label);
	f->value = value;
}

/*
 * Metrics of the store that drills are from, which has all statements; when
 * it cannot be read, of the runs alone: that they failed must be seen.
 */
static void
write_metrics(const struct notify *n, const struct policy *p)
{
	struct access_want w = { .policy = n->policy, .use = DEPOT_LOOK,
	    .drill_store = true, .remember = true };
	struct overview o;
	struct access a;
	struct err e, why;
	bool read = false;

	err_clear(&e);
	err_clear(&why);
	memset(&o, 0, sizeof(o));
	if (access_open(&a, &w, &why) == 0) {
		read = overview_load(&o, &a.depot, a.policy, &why) == 0;
		if (runs_write_metrics(p, read ? &o : NULL,
		    p->notify_textfile, &e) == -1)
			cmd_warn(&e);
		overview_drop(&o);
		access_close(&a);
	} else if (runs_write_metrics(p, NULL, p->notify_textfile, &e) == -1)
		cmd_warn(&e);
	if (!read) {
		(void)err_add(&why, "metrics are of runs only");
		cmd_warn(&why);
	}
}

void
notify_end(struct notify *n, int status)
{
	char text[16];
	struct policy *p;
	struct err e;

	if (n->begun == 0)
		return;
	err_clear(&e);
	if ((p = policy_load(n->policy, &e)) == NULL) {
		cmd_warn(&e);
		return;
	}
	n->run.finished = clock_utc();
	n->run.seconds = (double)(clock_monotonic() - n->ticks) / 1e9;
	n->run.status = status;
	if (p->notify_textfile != NULL) {
		if (runs_save(p, &n->run, &e) == -1)
			cmd_warn(&e);
		write_metrics(n, p);
	}
	(void)snprintf(text, sizeof(text), "%d", status);
	tell(p, n->run.job, text);
	policy_free(p);
	n->begun = 0;
}
