/*
 * The runs of jobs, kept and told as metrics: see runs.h.
 */
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/want.h"
#include "policy/policy.h"
#include "report/overview.h"
#include "report/runs.h"

#define FILE_MAX ((size_t)64 << 10)
#define METRICS_MAX ((size_t)1 << 20)
#define RUNS_MAX 32
#define PATH_SIZE 4096
#define NANO 1e9

/* The path of a job's file; job NULL: of the folder. */
static int
path_of(const struct policy *p, const char *job, char path[PATH_SIZE],
    struct err *e)
{
	int n = job == NULL ? snprintf(path, PATH_SIZE, "%s/runs", p->state) :
	    snprintf(path, PATH_SIZE, "%s/runs/%s.json", p->state, job);

	return n > 0 && n < PATH_SIZE ? 0 :
	    err_set(e, ERR_INPUT, "state: the path is too long");
}

static int
fact_parse(const json_t *o, struct run_fact *f, struct err *e)
{
	return want_text(o, "name", f->name, sizeof(f->name), e) == -1 ||
	    want_text(o, "label", f->label, sizeof(f->label), e) == -1 ||
	    want_number(o, "value", &f->value, e) == -1 ? -1 : 0;
}

static int
parse(struct run *r, const json_t *o, struct err *e)
{
	const json_t *facts, *one;
	uint64_t status, finished, good;
	size_t i;

	if (want_text(o, "job", r->job, sizeof(r->job), e) == -1 ||
	    want_u64(o, "finished", INT64_MAX, &finished, e) == -1 ||
	    want_u64(o, "good", INT64_MAX, &good, e) == -1 ||
	    want_u64(o, "status", 255, &status, e) == -1 ||
	    want_number(o, "seconds", &r->seconds, e) == -1 ||
	    (facts = want_array(o, "facts", RUN_FACTS_MAX, e)) == NULL)
		return -1;
	r->finished = (int64_t)finished;
	r->good = (int64_t)good;
	r->status = (int)status;
	json_array_foreach(facts, i, one)
		if (fact_parse(one, &r->facts[i], e) == -1)
			return -1;
	r->n_facts = json_array_size(facts);
	return 0;
}

static int
load(const char *path, struct run *r, struct err *e)
{
	json_t *o = NULL;
	struct buf b;
	int rc = -1;

	memset(r, 0, sizeof(*r));
	buf_init(&b, FILE_MAX);
	if (file_load(path, &b, e) == -1)
		goto done;
	if ((o = json_loadb((const char *)b.data, b.len, 0, NULL)) == NULL)
		(void)err_set(e, ERR_DAMAGED, "%s: not JSON", path);
	else if ((rc = parse(r, o, e)) == -1)
		(void)err_add(e, "%s", path);
done:
	json_decref(o);
	buf_drop(&b);
	return rc;
}

static json_t *
facts_json(const struct run *r)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; list != NULL && i < r->n_facts; i++)
		if (json_array_append_new(list, json_pack("{s:s, s:s, s:f}",
		    "name", r->facts[i].name, "label", r->facts[i].label,
		    "value", r->facts[i].value)) == -1) {
			json_decref(list);
			return NULL;
		}
	return list;
}

int
runs_save(const struct policy *p, struct run *r, struct err *e)
{
	char path[PATH_SIZE], folder[PATH_SIZE], *text = NULL;
	struct run before;
	struct err none;
	json_t *o = NULL;
	int rc = -1;

	if (path_of(p, NULL, folder, e) == -1 ||
	    path_of(p, r->job, path, e) == -1 ||
	    file_mkdirs(folder, 0700, e) == -1)
		goto done;
	/* what cannot be read is as good as not there */
	if (r->status == 0)
		r->good = r->finished;
	else if (load(path, &before, &none) == 0)
		r->good = before.good;
	o = json_pack("{s:s, s:I, s:I, s:i, s:f, s:o}", "job", r->job,
	    "finished", (json_int_t)r->finished, "good", (json_int_t)r->good,
	    "status", r->status, "seconds", r->seconds, "facts",
	    facts_json(r));
	if (o == NULL || (text = json_dumps(o, JSON_INDENT(1))) == NULL)
		(void)err_memory(e);
	else
		rc = file_replace_path(path, 0600, text, strlen(text), e);
done:
	free(text);
	json_decref(o);
	return rc == -1 ? err_add(e, "cannot keep how it ran") : 0;
}

/* All runs, in order of their jobs; what cannot be read is left out. */
static int
load_all(const struct policy *p, struct run *all, size_t *n, struct err *e)
{
	char folder[PATH_SIZE], path[PATH_SIZE + 300];
	struct dirent **names = NULL;
	struct err none;
	int count, i;

	*n = 0;
	if (path_of(p, NULL, folder, e) == -1)
		return -1;
	if ((count = scandir(folder, &names, NULL, alphasort)) == -1)
		return errno == ENOENT ? 0 :
		    err_sys(e, "cannot read %s", folder);
	for (i = 0; i < count; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder,
		    names[i]->d_name);
		if (*n < RUNS_MAX && names[i]->d_name[0] != '.' &&
		    load(path, &all[*n], &none) == 0)
			++*n;
		free(names[i]);
	}
	free(names);
	return 0;
}

static int
head(struct buf *b, const char *name, const char *help, struct err *e)
{
	return buf_addf(b, e, "# HELP muster_%s %s\n# TYPE muster_%s gauge\n",
	    name, help, name);
}

/* One metric that every run has. */
static int
add_common(struct buf *b, const struct policy *p, const struct run *all,
    size_t n, int which, struct err *e)
{
	static const struct {
		const char *name, *help;
	} m[] = {
		{ "job_last_run_timestamp_seconds", "When a job ended last." },
		{ "job_last_success_timestamp_seconds",
		    "When it last ended with status 0; 0: never." },
		{ "job_exit_status", "How it ended last." },
		{ "job_duration_seconds", "How long it took." },
	};
	double v[4];
	size_t i;

	if (n > 0 && head(b, m[which].name, m[which].help, e) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		v[0] = (double)all[i].finished / NANO;
		v[1] = (double)all[i].good / NANO;
		v[2] = all[i].status;
		v[3] = all[i].seconds;
		if (buf_addf(b, e, "muster_%s{site=\"%s\",job=\"%s\"} "
		    "%.15g\n", m[which].name, p->site, all[i].job,
		    v[which]) == -1)
			return -1;
	}
	return 0;
}

static bool
is_same(const struct run_fact *f, const struct run_fact *g)
{
	return strcmp(f->name, g->name) == 0 && strcmp(f->label, g->label) == 0;
}

/* Jobs share figures, muster backup ships, too: has a later run this one? */
static bool
is_outdated(const struct run *all, size_t n, const struct run *r,
    const struct run_fact *f)
{
	const struct run *x;
	size_t i;

	for (x = all; x < all + n; x++)
		for (i = 0; i < x->n_facts; i++)
			if (is_same(&x->facts[i], f) &&
			    (x->finished > r->finished ||
			    (x->finished == r->finished && x > r)))
				return true;
	return false;
}

/* Was the name told already, with the first figure that has it? */
static bool
is_told(const struct run *all, const struct run *r, size_t fact)
{
	const char *name = r->facts[fact].name;
	const struct run *x;
	size_t i;

	for (x = all; x <= r; x++)
		for (i = 0; i < (x < r ? x->n_facts : fact); i++)
			if (strcmp(x->facts[i].name, name) == 0)
				return true;
	return false;
}

/* All figures of one name, of each the newest. */
static int
add_named(struct buf *b, const struct policy *p, const struct run *all,
    size_t n, const char *name, struct err *e)
{
	const struct run_fact *f;
	const struct run *r;
	size_t i;

	if (head(b, name, "Of the last run.", e) == -1)
		return -1;
	for (r = all; r < all + n; r++)
		for (i = 0; i < r->n_facts; i++) {
			f = &r->facts[i];
			if (strcmp(f->name, name) != 0 ||
			    is_outdated(all, n, r, f))
				continue;
			if (buf_addf(b, e, "muster_%s{site=\"%s\"%s%s%s} "
			    "%.15g\n", name, p->site, f->label[0] != '\0' ?
			    ",store=\"" : "", f->label, f->label[0] != '\0' ?
			    "\"" : "", f->value) == -1)
				return -1;
		}
	return 0;
}

static int
add_facts(struct buf *b, const struct policy *p, const struct run *all,
    size_t n, struct err *e)
{
	const struct run *r;
	size_t i;

	for (r = all; r < all + n; r++)
		for (i = 0; i < r->n_facts; i++)
			if (!is_told(all, r, i) && add_named(b, p, all, n,
			    r->facts[i].name, e) == -1)
				return -1;
	return 0;
}

int
runs_write_metrics(const struct policy *p, const struct overview *o,
    const char *path, struct err *e)
{
	struct run *all = calloc(RUNS_MAX, sizeof(*all));
	struct buf b;
	size_t n = 0;
	int rc = -1, which;

	buf_init(&b, METRICS_MAX);
	if (all == NULL) {
		(void)err_memory(e);
		goto done;
	}
	if ((o != NULL && overview_metrics(o, &b, e) == -1) ||
	    load_all(p, all, &n, e) == -1)
		goto done;
	for (which = 0; which < 4; which++)
		if (add_common(&b, p, all, n, which, e) == -1)
			goto done;
	if (add_facts(&b, p, all, n, e) == -1)
		goto done;
	rc = file_replace_path(path, 0644, b.data, b.len, e);
done:
	free(all);
	buf_drop(&b);
	return rc == -1 ? err_add(e, "cannot write the metrics") : 0;
}
