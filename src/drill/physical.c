/*
 * A physical backup in a drill.
 *
 *	unpack ─► compare ─► prepare ─► start
 *
 * The files are compared before mariadb-backup touches them: afterwards they
 * are others.  That proves their bytes, not what is in them; that they are a
 * database is shown by preparing them to the very end of their redo log, by a
 * server that starts on them and has the databases of the site, and by CHECK
 * TABLE of every table, which no policy can switch off here.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "archive/tree.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "db/physical.h"
#include "drill/inside.h"
#include "policy/policy.h"

#define AFTER "not carried out: the step before had failed"

int
drill_physical_place(struct drill *x, size_t i, struct err *e)
{
	const struct db_server_options o = {
		.scratch = x->scratch,
		.mariadbd = x->o->policy->drill_mariadbd,
		.want_version = x->s->parts[i].db.version,
		.memory = db_server_memory(x->o->policy->drill_memory),
	};

	return (x->server = db_server_place(&o, e)) == NULL ? -1 : 0;
}

static int
unpack(struct drill *x, size_t i, char *seen, size_t size, struct err *e)
{
	const struct tree_restore_options o = {
		.target = db_server_data(x->server),
	};
	struct tree_stats stats = { 0 };

	if (tree_restore(x->d->chunks, &x->s->parts[i].root, &o, &stats,
	    e) == -1)
		return -1;
	(void)snprintf(seen, size, "%llu files",
	    (unsigned long long)stats.files);
	return 0;
}

static int
compare(struct drill *x, size_t i, char *seen, size_t size, struct err *e)
{
	const struct archive_root *want = &x->s->parts[i].root;
	char hex[ID_TEXT_SIZE];
	struct archive_root again;

	if (x->dry == NULL && (x->dry = depot_dry(x->d, e)) == NULL)
		return -1;
	if (db_physical_retake(x->dry, db_server_data(x->server), &again,
	    e) == -1)
		return -1;
	if (id_compare(&again.fingerprint, &want->fingerprint) != 0)
		return err_set(e, ERR_DAMAGED, "fingerprint %.16s of %llu "
		    "files, %llu bytes", id_format(&again.fingerprint, hex),
		    (unsigned long long)again.entries,
		    (unsigned long long)again.size);
	(void)snprintf(seen, size, "equal bytes, %llu files",
	    (unsigned long long)again.entries);
	return 0;
}

static int
prepare(struct drill *x, size_t i, char *seen, size_t size, struct err *e)
{
	const struct db_physical *f = &x->s->parts[i].db.physical;

	if (db_server_prepare(x->server, f, e) == -1)
		return -1;
	(void)snprintf(seen, size, "completed, LSN %llu",
	    (unsigned long long)f->lsn);
	return 0;
}

struct finding {
	const char	*name;
	bool		 there;
};

static int
find_database(void *cookie, unsigned n, const char *const *v,
    const unsigned long *len, struct err *e)
{
	struct finding *f = cookie;

	(void)len;
	(void)e;
	f->there = f->there || (n > 0 && v[0] != NULL &&
	    strcmp(v[0], f->name) == 0);
	return 0;
}

static int
start(struct drill *x, size_t i, char *seen, size_t size, struct err *e)
{
	struct db_login login = { .user = "root" };
	struct finding f = { NULL, false };
	size_t k;

	if (db_server_run(x->server, &x->s->parts[i].db.physical, e) == -1)
		return -1;
	login.socket = db_server_socket(x->server);
	(void)snprintf(x->r->server, sizeof(x->r->server), "%s",
	    db_server_version(x->server));
	for (k = 0; x->recipe.databases != NULL &&
	    x->recipe.databases[k] != NULL; k++) {
		f = (struct finding){ x->recipe.databases[k], false };
		if (db_query(&login, NULL, "SHOW DATABASES", find_database,
		    &f, e) == -1)
			return -1;
		if (!f.there)
			return err_set(e, ERR_DAMAGED, "there is no database "
			    "%.200s", f.name);
	}
	(void)snprintf(seen, size, "%s, with %zu databases of the site",
	    x->r->server, k);
	return 0;
}

static const struct {
	const char	*phase, *check, *required;
	int		(*run)(struct drill *, size_t, char *, size_t,
			    struct err *);
} steps[] = {
	{ "unpack", "restore", "every entry, authenticated", unpack },
	{ "compare", "bytes", "the files' fingerprint", compare },
	{ "prepare", "prepare", "mariadb-backup brings them to the end of "
	    "their redo log", prepare },
	{ "start", "start", "a server runs on them", start },
};

#define STEPS (sizeof(steps) / sizeof(steps[0]))

int
drill_physical_restore(struct drill *x, size_t i, struct err *e)
{
	const struct part *p = &x->s->parts[i];
	char name[RECEIPT_TEXT_MAX], seen[RECEIPT_TEXT_MAX];
	struct step step = { name, NULL, seen, 0 };
	size_t k;
	int rc;

	for (k = 0; k < STEPS; k++) {
		(void)snprintf(name, sizeof(name), "%s: %s", steps[k].check,
		    p->name);
		step.required = steps[k].required;
		step.begun = clock_monotonic();
		if (x->lost[i]) {
			if (drill_not_done(x, name, AFTER, e) == -1)
				return -1;
			continue;
		}
		drill_phase_begin(x, steps[k].phase);
		rc = steps[k].run(x, i, seen, sizeof(seen), e);
		x->lost[i] = rc == -1;
		if (drill_record(x, &step, rc, e) == -1)
			return -1;
		drill_phase_end(x, k < 2 ? p->root.size : 0);
	}
	return 0;
}

int
drill_physical_again(struct drill *x, size_t i, char *seen, size_t size,
    struct err *e)
{
	char old[DRILL_PATH_SIZE], said[RECEIPT_TEXT_MAX];
	size_t k;

	(void)snprintf(old, sizeof(old), "%s", db_server_data(x->server));
	db_server_free(x->server);
	x->server = NULL;
	if (file_remove_tree(old, e) == -1 ||
	    drill_physical_place(x, i, e) == -1)
		return -1;
	for (k = 0; k < STEPS; k++) {
		if (steps[k].run(x, i, said, sizeof(said), e) == -1)
			return err_add(e, "%s", steps[k].phase);
		if (k == 1)
			(void)snprintf(seen, size, "%.300s, prepared and "
			    "started", said);
	}
	drill_place(x);
	return 0;
}
