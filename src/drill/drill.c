/*
 * A drill: the snapshot is restored into a throwaway server and folder, the
 * copy is taken again by the code that took production, and the fingerprints
 * must be equal.  The stopwatch runs over everything, the proof included, so
 * that the figure held against the RTO is never flattered.
 *
 *	phases: open -> provision -> load -> files -> config -> check
 *
 * A component that meets damaged or missing bytes ends as a failed check; the
 * others go on, so that the receipt tells all that is wrong, and the checks
 * that cannot be carried out are recorded as failed.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "archive/tree.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/intr.h"
#include "base/num.h"
#include "base/scratch.h"
#include "drill/assert.h"
#include "drill/drill.h"
#include "pack/chunks.h"
#include "policy/policy.h"
#include "snapshot/capture.h"
#include "snapshot/sealed.h"
#include "snapshot/trail.h"
#include "store/store.h"

#define PATH_SIZE 4096

struct drill {
	struct depot		*d;
	const struct snapshot	*s;
	const struct drill_options *o;
	struct receipt		*r;
	struct recipe		 recipe;
	struct scratch		*scratch;
	struct db_server	*server;
	struct chunks		*dry;
	char			 folders[SNAPSHOT_PARTS_MAX][PATH_SIZE];
	bool			 lost[SNAPSHOT_PARTS_MAX];
	bool			 broken;	/* one of them is */
	int64_t			 phase_began;
	const char		*files_note;	/* first thing not settable */
	char			 note[RECEIPT_TEXT_MAX];
};

static void
phase_begin(struct drill *x, const char *name)
{
	struct phase *p = &x->r->phases[x->r->n_phases];

	(void)snprintf(p->name, sizeof(p->name), "%s", name);
	x->phase_began = clock_monotonic();
	if (x->o->step != NULL)
		x->o->step(x->o->cookie, name);
}

static void
phase_end(struct drill *x, uint64_t bytes)
{
	struct phase *p = &x->r->phases[x->r->n_phases++];

	p->seconds = (double)(clock_monotonic() - x->phase_began) / 1e9;
	p->bytes = bytes;
}

/* Is this error a "no" about the backup rather than trouble with the drill? */
static bool
is_verdict(const struct err *e)
{
	return e->kind == ERR_DAMAGED || e->kind == ERR_ABSENT ||
	    e->kind == ERR_REMOTE || e->kind == ERR_CHANGED;
}

/* What a step set out to do, and what it saw. */
struct step {
	const char	*name, *required, *seen;
	int64_t		 begun;
};

/* Record what a step came to; trouble is passed on. */
static int
record(struct drill *x, const struct step *step, int rc, struct err *e)
{
	const struct outcome made = {
		step->name, step->required, rc == -1 ? e->text : step->seen,
		rc == 0, (double)(clock_monotonic() - step->begun) / 1e9,
	};
	struct err add;

	if (rc == -1 && !is_verdict(e))
		return -1;
	if (rc == -1)
		x->broken = true;
	if (receipt_add(x->r, &made, &add) == -1) {
		*e = add;
		return -1;
	}
	if (rc == -1)
		err_clear(e);
	return 0;
}

/* Enough room for the copy?  A database needs more than its rows. */
static int
check_budget(const struct drill *x, struct err *e)
{
	char need_text[NUM_TEXT_MAX], free_text[NUM_TEXT_MAX];
	const char *where = x->o->scratch;
	struct statvfs v;
	uint64_t need = 256u << 20, avail;
	size_t i;

	for (i = 0; i < x->s->n_parts; i++)
		need += x->s->parts[i].root.size *
		    (x->s->parts[i].kind == PART_DB ? 3 : 1);
	if (statvfs(where, &v) == -1)
		return err_sys(e, "cannot look at %s", where);
	avail = (uint64_t)v.f_bavail * v.f_frsize;
	if (avail < need)
		return err_set(e, ERR_SYSTEM, "%s has %s free, the drill needs "
		    "about %s (policy: drill.scratch)", where,
		    num_format_size(avail, free_text),
		    num_format_size(need, need_text));
	return 0;
}

static int
provision(struct drill *x, struct err *e)
{
	struct db_server_options so = {
		.mariadbd = x->o->policy->drill_mariadbd,
		.memory = x->o->policy->drill_memory,
	};
	size_t i;

	phase_begin(x, "provision");
	if ((x->scratch = scratch_new(x->o->scratch, e)) == NULL ||
	    check_budget(x, e) == -1)
		return -1;
	for (i = 0; i < x->s->n_parts; i++) {
		if (x->s->parts[i].kind == PART_DB) {
			so.scratch = x->scratch;
			so.want_version = x->s->parts[i].db.version;
			if ((x->server = db_server_start(&so, e)) == NULL)
				return -1;
			(void)snprintf(x->r->server, sizeof(x->r->server),
			    "%s", db_server_version(x->server));
			continue;
		}
		if (snprintf(x->folders[i], PATH_SIZE, "%s/%s",
		    scratch_path(x->scratch), x->s->parts[i].name) >=
		    PATH_SIZE)
			return err_set(e, ERR_INPUT,
			    "drill.scratch: the path is too long");
		if (file_mkdirs(x->folders[i], 0700, e) == -1)
			return -1;
	}
	phase_end(x, 0);
	return 0;
}

static void
note_restore(void *cookie, const char *path, const char *why)
{
	struct drill *x = cookie;

	if (x->note[0] == '\0')
		(void)snprintf(x->note, sizeof(x->note),
		    "; restoring %.300s: %.150s", path, why);
}

static int
load(struct drill *x, const struct part *p, char *seen, size_t size,
    struct err *e)
{
	struct db_load_options o = {
		.login = { .socket = db_server_socket(x->server),
		    .user = "root" },
		.throwaway = true, .users = true,
	};
	struct db_stats stats = { 0 };

	if (db_load(x->d->chunks, &p->root, &o, &stats, e) == -1)
		return -1;
	(void)snprintf(seen, size, "%llu tables, %llu rows",
	    (unsigned long long)stats.tables, (unsigned long long)stats.rows);
	return 0;
}

static int
extract(struct drill *x, const struct part *p, size_t i, char *seen,
    size_t size, struct err *e)
{
	struct tree_restore_options o = {
		.target = x->folders[i], .owners = geteuid() == 0,
		.note = note_restore, .cookie = x,
	};
	struct tree_stats stats = { 0 };

	if (tree_restore(x->d->chunks, &p->root, &o, &stats, e) == -1)
		return -1;
	(void)snprintf(seen, size, "%llu files, %llu folders, %llu others",
	    (unsigned long long)stats.files,
	    (unsigned long long)stats.folders,
	    (unsigned long long)stats.others);
	return 0;
}

static int
restore_all(struct drill *x, struct err *e)
{
	char name[RECEIPT_TEXT_MAX], seen[RECEIPT_TEXT_MAX];
	const struct part *p;
	struct step step = { name, "every entry, authenticated", seen, 0 };
	size_t i;
	int rc;

	for (i = 0; i < x->s->n_parts; i++) {
		if (intr_check(e) == -1)
			return -1;
		p = &x->s->parts[i];
		phase_begin(x, p->kind == PART_DB ? "load" : p->name);
		step.begun = clock_monotonic();
		rc = p->kind == PART_DB ?
		    load(x, p, seen, sizeof(seen), e) :
		    extract(x, p, i, seen, sizeof(seen), e);
		(void)snprintf(name, sizeof(name), "restore: %s", p->name);
		x->lost[i] = rc == -1;
		if (record(x, &step, rc, e) == -1)
			return -1;
		phase_end(x, p->root.size);
	}
	return 0;
}

/* Take the copy again and compare. */
static int
prove(struct drill *x, const struct part *p, size_t i, char *seen,
    size_t size, struct err *e)
{
	char hex[ID_TEXT_SIZE];
	struct capture c = {
		.recipe = &x->recipe,
		.files_root = x->folders[i], .config_root = x->folders[i],
		.login = { .user = "root" },
	};
	struct part again;

	if (x->lost[i])
		return err_set(e, ERR_DAMAGED,
		    "not carried out: the restore had failed");
	if (x->server != NULL)
		c.login.socket = db_server_socket(x->server);
	if (p->kind == PART_STREAM) {
		(void)snprintf(seen, size, "authenticated whole");
		return 0;
	}
	if (!capture_has(&x->recipe, p->kind))
		return err_set(e, ERR_DAMAGED, "the snapshot does not say how "
		    "it was taken");
	if (capture_part(x->dry, &c, p->kind, &again, e) == -1)
		return -1;
	if (id_compare(&again.root.fingerprint, &p->root.fingerprint) != 0)
		return err_set(e, ERR_DAMAGED,
		    "fingerprint %.16s of %llu entries, %llu bytes%s",
		    id_format(&again.root.fingerprint, hex),
		    (unsigned long long)again.root.entries,
		    (unsigned long long)again.root.size,
		    p->kind == PART_DB ? "" : x->note);
	(void)snprintf(seen, size, "equal, %llu entries",
	    (unsigned long long)again.root.entries);
	return 0;
}

static int
prove_all(struct drill *x, struct err *e)
{
	char name[RECEIPT_TEXT_MAX], required[RECEIPT_TEXT_MAX];
	char seen[RECEIPT_TEXT_MAX], hex[ID_TEXT_SIZE];
	struct step step = { name, required, seen, 0 };
	const struct part *p;
	size_t i;
	int rc;

	for (i = 0; i < x->s->n_parts; i++) {
		p = &x->s->parts[i];
		step.begun = clock_monotonic();
		rc = prove(x, p, i, seen, sizeof(seen), e);
		(void)snprintf(name, sizeof(name), "proof: %s", p->name);
		(void)snprintf(required, sizeof(required),
		    "fingerprint %.16s of %llu entries, %llu bytes",
		    id_format(&p->root.fingerprint, hex),
		    (unsigned long long)p->root.entries,
		    (unsigned long long)p->root.size);
		if (record(x, &step, rc, e) == -1)
			return -1;
	}
	return 0;
}

static const char *
folder_of(const struct drill *x, enum part_kind kind)
{
	size_t i;

	for (i = 0; i < x->s->n_parts; i++)
		if (x->s->parts[i].kind == kind)
			return x->folders[i];
	return "/nonexistent";
}

static int
assert_all(struct drill *x, struct err *e)
{
	const struct policy *p = x->o->policy;
	struct assert_place place = {
		.login = { .user = "root" },
		.database = x->recipe.databases != NULL ?
		    x->recipe.databases[0] : NULL,
		.files = folder_of(x, PART_FILES),
		.config = folder_of(x, PART_CONFIG),
		.files_paths = x->recipe.files,
		.config_paths = x->recipe.config,
	};
	struct outcome not_done = {
		.required = "carried out", .seen = x->broken ?
		    "not carried out: the restore had failed" :
		    "not carried out: the snapshot has no database",
	};
	size_t i;

	if (x->server != NULL)
		place.login.socket = db_server_socket(x->server);
	for (i = 0; i < p->n_assertions; i++) {
		not_done.name = p->assertions[i].name;
		if ((x->broken || x->server == NULL ?
		    receipt_add(x->r, &not_done, e) :
		    assert_sql(x->r, &p->assertions[i], &place, e)) == -1)
			return -1;
	}
	return assert_config(x->r, p, &place, e);
}

/* The objectives, held against what was measured. */
static int
check_objectives(struct drill *x, struct err *e)
{
	struct receipt *r = x->r;
	char required[RECEIPT_TEXT_MAX], seen[RECEIPT_TEXT_MAX];
	char text[NUM_TEXT_MAX];
	double lost = (double)(x->s->finished - x->s->point) / 1e9;
	size_t i;

	r->total = 0;
	for (i = 0; i < r->n_phases; i++)
		r->total += r->phases[i].seconds;
	if (r->rto > 0) {
		(void)snprintf(required, sizeof(required), "at most %s",
		    num_format_seconds((double)r->rto, text));
		(void)snprintf(seen, sizeof(seen), "%s",
		    num_format_seconds(r->total, text));
		const struct outcome made = { "rto", required, seen,
		    r->total > 0 && r->total <= (double)r->rto && !x->broken,
		    0 };

		if (receipt_add(r, &made, e) == -1)
			return -1;
	}
	if (r->rpo > 0) {
		(void)snprintf(required, sizeof(required),
		    "recovery point at most %s before the snapshot's end",
		    num_format_seconds((double)r->rpo, text));
		(void)snprintf(seen, sizeof(seen), "%s",
		    num_format_seconds(lost, text));
		const struct outcome made = { "rpo", required, seen,
		    lost >= 0 && lost <= (double)r->rpo, 0 };

		if (receipt_add(r, &made, e) == -1)
			return -1;
	}
	return 0;
}

static int
begin(struct drill *x, struct err *e)
{
	struct receipt *r = x->r;
	const struct policy *p = x->o->policy;

	r->started = clock_utc() - (int64_t)(x->o->open_seconds * 1e9);
	(void)snprintf(r->site, sizeof(r->site), "%s", x->s->site);
	memcpy(r->store, x->d->charter.store, sizeof(r->store));
	(void)snprintf(r->from, sizeof(r->from), "%s",
	    store_url(x->d->store));
	(void)snprintf(r->kind, sizeof(r->kind), "full");
	recovery_key_name(x->d->recovery, r->key);
	if (gethostname(r->host, sizeof(r->host) - 1) == -1)
		(void)snprintf(r->host, sizeof(r->host), "unknown");
	r->snapshot = x->s->digest;
	r->policy = p->digest;
	r->point = x->s->point;
	r->rto = p->rto;
	r->rpo = p->rpo;
	(void)snprintf(r->phases[0].name, sizeof(r->phases[0].name), "open");
	r->phases[0].seconds = x->o->open_seconds;
	r->n_phases = 1;
	if (strcmp(x->s->site, p->site) != 0)
		return err_set(e, ERR_INPUT, "the snapshot is of site %s, the "
		    "policy of %s", x->s->site, p->site);
	return 0;
}

/* Whole seconds are stored: round so that the times stay in order. */
static void
finish(struct drill *x)
{
	struct receipt *r = x->r;
	size_t i;

	r->passed = r->n_checks > 0;
	for (i = 0; i < r->n_checks; i++)
		r->passed = r->passed && r->checks[i].passed;
	r->finished = clock_utc();
}

static int
run(struct drill *x, struct err *e)
{
	const struct step step = { "recipe", "readable with the recovery key",
	    "read", clock_monotonic() };
	int rc;

	if (begin(x, e) == -1)
		return -1;
	rc = sealed_get(x->d->chunks, x->s, &x->recipe, e);
	if (record(x, &step, rc, e) == -1)
		return -1;
	if (provision(x, e) == -1 || restore_all(x, e) == -1)
		return -1;
	phase_begin(x, "check");
	if ((x->dry = depot_dry(x->d, e)) == NULL ||
	    prove_all(x, e) == -1 || assert_all(x, e) == -1)
		return -1;
	phase_end(x, 0);
	if (intr_check(e) == -1 || check_objectives(x, e) == -1)
		return -1;
	finish(x);
	return 0;
}

int
drill_run(struct depot *d, const struct snapshot *s,
    const struct drill_options *o, struct receipt *r, struct err *e)
{
	struct drill *x;
	int rc = -1;

	memset(r, 0, sizeof(*r));
	if ((x = calloc(1, sizeof(*x))) == NULL)
		return err_memory(e);
	x->d = d;
	x->s = s;
	x->o = o;
	x->r = r;
	if ((rc = run(x, e)) == -1) {
		(void)err_add(e, "the drill could not be carried out");
		receipt_drop(r);
	}
	if (x->dry != NULL)
		chunks_close(x->dry);
	db_server_free(x->server);
	scratch_free(x->scratch);
	recipe_free(&x->recipe);
	free(x);
	return rc;
}

int
drill_expected(const struct policy *p, const struct snapshot *s,
    int (*each)(void *, const char *), void *cookie)
{
	char name[RECEIPT_TEXT_MAX];
	size_t i;
	int rc;

	if ((rc = each(cookie, "recipe")) != 0)
		return rc;
	for (i = 0; i < s->n_parts; i++) {
		(void)snprintf(name, sizeof(name), "restore: %s",
		    s->parts[i].name);
		if ((rc = each(cookie, name)) != 0)
			return rc;
		(void)snprintf(name, sizeof(name), "proof: %s",
		    s->parts[i].name);
		if ((rc = each(cookie, name)) != 0)
			return rc;
	}
	for (i = 0; i < p->n_assertions; i++)
		if ((rc = each(cookie, p->assertions[i].name)) != 0)
			return rc;
	for (i = 0; i < p->config.n_require; i++) {
		(void)snprintf(name, sizeof(name), "config: %.400s",
		    p->config.require[i].file);
		if ((rc = each(cookie, name)) != 0)
			return rc;
	}
	if (p->rto > 0 && (rc = each(cookie, "rto")) != 0)
		return rc;
	return p->rpo > 0 ? each(cookie, "rpo") : 0;
}

int
drill_sign(const struct depot *d, struct receipt *r, struct err *e)
{
	struct trail_new new = { .kind = TRAIL_RECEIPTS, .site = r->site,
	    .utc = r->finished };
	int rc = -1;

	if ((new.subject = receipt_subject(r, e)) != NULL &&
	    (new.predicate = receipt_predicate(r, e)) != NULL)
		rc = trail_put(d, &new, r->object, &r->digest, e);
	if (rc == -1)
		(void)err_add(e, "cannot sign the receipt");
	json_decref(new.subject);
	json_decref(new.predicate);
	return rc;
}
