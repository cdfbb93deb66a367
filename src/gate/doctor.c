/*
 * The preflight: what would make tonight's snapshot or the drill fail is found
 * now, while somebody is looking.  Each thing is told by itself with what to
 * do about it; nothing found here ends the look.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/intr.h"
#include "base/num.h"
#include "base/scratch.h"
#include "crypto/keys.h"
#include "db/physical.h"
#include "gate/doctor_inside.h"
#include "policy/policy.h"

#define MIB ((uint64_t)1 << 20)
#define STATE_LEAST (256 * MIB)
#define SCRATCH_LEAST (512 * MIB)
#define SEEN_MAX 1024

static const char *const words[] = {
	[DOCTOR_GOOD] = "good", [DOCTOR_WARN] = "warn",
	[DOCTOR_BAD] = "BAD", [DOCTOR_UNKNOWN] = "UNKNOWN",
};

const char *
doctor_word(enum doctor_level l)
{
	return words[l];
}

void
doctor_tell(struct doctor *d, enum doctor_level level, const char *name,
    const char *fix, const char *fmt, ...)
{
	char seen[SEEN_MAX];
	const struct finding f = { name, level, seen,
	    level == DOCTOR_GOOD ? NULL : fix };
	uint64_t *const counts[] = {
		[DOCTOR_GOOD] = &d->r->good, [DOCTOR_WARN] = &d->r->warnings,
		[DOCTOR_BAD] = &d->r->bad, [DOCTOR_UNKNOWN] = &d->r->unknown,
	};
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(seen, sizeof(seen), fmt, ap);
	va_end(ap);
	++*counts[level];
	if (d->o->each != NULL)
		d->o->each(d->o->cookie, &f);
}

bool
doctor_must_stop(const struct err *e)
{
	return e->kind == ERR_INTERRUPTED || e->kind == ERR_MEMORY;
}

void
doctor_clock(struct doctor *d, const char *name, int64_t ahead)
{
	char text[NUM_TEXT_MAX];
	double seconds = (double)(ahead < 0 ? -ahead : ahead) / 1e9;

	doctor_tell(d, seconds * 1e9 <= (double)d->skew ? DOCTOR_GOOD :
	    DOCTOR_BAD, name, "set both clocks by NTP: ages and recovery "
	    "points are told by them", "%s %s ours",
	    num_format_seconds(seconds, text), ahead < 0 ? "behind" :
	    "ahead of");
}

void
doctor_room(struct doctor *d, const char *name, const char *where,
    uint64_t avail, uint64_t need)
{
	char have[NUM_TEXT_MAX], want[NUM_TEXT_MAX];

	doctor_tell(d, avail >= need ? DOCTOR_GOOD : DOCTOR_BAD, name,
	    "make room, or move it", "%s: %s free, about %s needed", where,
	    num_format_size(avail, have), num_format_size(need, want));
}

/* The policy names commands that are run: nobody else may write it. */
static void
look_policy(struct doctor *d)
{
	struct stat st;

	if (stat(d->p->path, &st) == -1)
		doctor_tell(d, DOCTOR_UNKNOWN, "policy", "see why it cannot be "
		    "looked at", "%s: %s", d->p->path, strerror(errno));
	else if ((st.st_mode & 022) != 0)
		doctor_tell(d, DOCTOR_BAD, "policy", "chmod go-w: it names "
		    "commands that are run", "%s: others may write it (mode "
		    "%04o)", d->p->path, (unsigned)st.st_mode & 07777);
	else
		doctor_tell(d, DOCTOR_GOOD, "policy", NULL, "%s: understood",
		    d->p->path);
}

static int
look_keys(struct doctor *d, struct err *e)
{
	static const char name[] = "keys: writer";
	struct writer_key *w;

	if (d->p->recovery_key != NULL && d->p->n_stores > 0)
		doctor_tell(d, file_exists(d->p->recovery_key) ? DOCTOR_WARN :
		    DOCTOR_BAD, "keys: recovery", file_exists(
		    d->p->recovery_key) ? "whoever takes this host can read "
		    "its backups: drill on another host, or accept it" :
		    "bring the file, or take it out of the policy", "%s: %s",
		    d->p->recovery_key, file_exists(d->p->recovery_key) ?
		    "is on this host" : "is not there");
	if ((w = writer_key_load(d->p->writer_key, e)) == NULL) {
		if (doctor_must_stop(e))
			return -1;
		doctor_tell(d, DOCTOR_BAD, name, "put the writer key there, "
		    "mode 0600, owned by who runs muster", "%s", e->text);
		return 0;
	}
	writer_key_free(w);
	doctor_tell(d, DOCTOR_GOOD, name, NULL, "%s", d->p->writer_key);
	return 0;
}

struct answer {
	char	text[DB_VERSION_MAX];
};

static int
take_answer(void *cookie, unsigned n, const char *const *columns,
    const unsigned long *lengths, struct err *e)
{
	struct answer *a = cookie;

	(void)lengths;
	(void)e;
	(void)snprintf(a->text, sizeof(a->text), "%s",
	    n > 0 && columns[0] != NULL ? columns[0] : "");
	return 0;
}

static int
look_db_clock(struct doctor *d, const struct db_login *l, struct err *e)
{
	struct answer a = { "" };
	int64_t before = clock_utc(), after;

	if (db_query(l, NULL, "SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS "
	    "SIGNED)", take_answer, &a, e) != 0)
		return -1;
	after = clock_utc();
	doctor_clock(d, "database: clock", (int64_t)strtoll(a.text, NULL,
	    10) * 1000 - before / 2 - after / 2);
	return 0;
}

/* May this account take it, by the policy's method? */
static int
look_account(struct doctor *d, const struct db_login *l, struct err *e)
{
	const struct policy_db *db = &d->p->db;
	const struct db_physical_options o = { .login = *l,
	    .databases = db->databases, .max_lag = db->max_lag };
	char seen[ERR_TEXT_MAX];

	(void)snprintf(seen, sizeof(seen), "server %s", d->version);
	if ((db->physical ? db_physical_check(&o, seen, sizeof(seen), e) :
	    db_check_source(l, db->databases, e)) == 0)
		doctor_tell(d, DOCTOR_GOOD, "database: account", NULL, "may "
		    "take all that a snapshot needs, %s", seen);
	else if (doctor_must_stop(e))
		return -1;
	else
		doctor_tell(d, DOCTOR_BAD, "database: account", "see "
		    "muster-db(1) for what the account needs", "%s", e->text);
	return 0;
}

static int
look_db(struct doctor *d, struct err *e)
{
	const struct policy_db *db = &d->p->db;
	const struct db_login l = { db->defaults_file, db->socket, db->user };
	struct answer a = { "" };

	if (!db->present)
		return 0;
	if (db_query(&l, NULL, "SELECT VERSION()", take_answer, &a, e) != 0) {
		if (doctor_must_stop(e))
			return -1;
		doctor_tell(d, DOCTOR_BAD, "database", "see components.db in "
		    "the policy, and the server's log", "%s", e->text);
		return 0;
	}
	(void)snprintf(d->version, sizeof(d->version), "%s", a.text);
	if (look_account(d, &l, e) == -1)
		return -1;
	if (look_db_clock(d, &l, e) == -1) {
		if (doctor_must_stop(e))
			return -1;
		doctor_tell(d, DOCTOR_UNKNOWN, "database: clock", "see why the "
		    "server does not answer", "%s", e->text);
	}
	return 0;
}

static void
look_paths(struct doctor *d, const char *component, const char *const *paths)
{
	char name[64];
	struct stat st;

	(void)snprintf(name, sizeof(name), "%s: path", component);
	for (; paths != NULL && *paths != NULL; paths++) {
		if (lstat(*paths, &st) == -1)
			doctor_tell(d, DOCTOR_BAD, name, "make it, or take it "
			    "out of the policy", "%s: %s", *paths,
			    strerror(errno));
		else if (!S_ISLNK(st.st_mode) && faccessat(AT_FDCWD, *paths,
		    R_OK | (S_ISDIR(st.st_mode) ? X_OK : 0), AT_EACCESS) == -1)
			doctor_tell(d, DOCTOR_BAD, name, "let the user that "
			    "runs muster read it", "%s: %s", *paths,
			    strerror(errno));
		else
			doctor_tell(d, DOCTOR_GOOD, name, NULL, "%s", *paths);
	}
}

/* A folder of ours: there, ours to write, and with room. */
static void
look_folder(struct doctor *d, const char *name, const char *path,
    uint64_t need)
{
	struct statvfs v;

	if (statvfs(path, &v) == -1)
		doctor_tell(d, DOCTOR_BAD, name, "make it, or name another in "
		    "the policy", "%s: %s", path, strerror(errno));
	else if (faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) == -1)
		doctor_tell(d, DOCTOR_BAD, name, "let the user that runs "
		    "muster write there", "%s: %s", path, strerror(errno));
	else
		doctor_room(d, name, path, (uint64_t)v.f_bavail * v.f_frsize,
		    need);
}

static int
look_state(struct doctor *d, struct err *e)
{
	if (d->o->quick && !file_exists(d->p->state)) {
		doctor_tell(d, DOCTOR_GOOD, "state", NULL, "%s: is made when "
		    "it is needed", d->p->state);
		return 0;
	}
	if (!d->o->quick && file_mkdirs(d->p->state, 0700, e) == -1) {
		if (doctor_must_stop(e))
			return -1;
		doctor_tell(d, DOCTOR_BAD, "state", "see state in the policy",
		    "%s", e->text);
		return 0;
	}
	look_folder(d, "state", d->p->state, STATE_LEAST);
	return 0;
}

/* Start one, as a drill would, and take it away again. */
static int
look_server(struct doctor *d, struct err *e)
{
	struct db_server_options o = {
		.mariadbd = d->p->drill_mariadbd,
		.want_version = d->version[0] != '\0' ? d->version : NULL,
	};
	struct db_server *s = NULL;
	struct scratch *place;
	int rc = 0;

	if (!d->p->db.present || d->o->quick)
		return 0;
	if ((place = scratch_new(d->p->drill_scratch, e)) != NULL) {
		o.scratch = place;
		s = db_server_start(&o, e);
	}
	if (s != NULL)
		doctor_tell(d, DOCTOR_GOOD, "drill: server", NULL, "a "
		    "throwaway server starts, %s", db_server_version(s));
	else if (doctor_must_stop(e))
		rc = -1;
	else
		doctor_tell(d, DOCTOR_BAD, "drill: server", "install the "
		    "MariaDB server of the source's series, or drill on "
		    "another host", "%s", e->text);
	db_server_free(s);
	scratch_free(place);
	return rc;
}

int
doctor_run(const struct doctor_options *o, struct doctor_report *r,
    struct err *e)
{
	struct doctor d = { .o = o, .p = o->policy, .r = r,
	    .skew = (int64_t)o->policy->gate_clock_skew * 1000000000 };

	*r = (struct doctor_report){ .good = 0 };
	look_policy(&d);
	if (look_keys(&d, e) == -1 || look_db(&d, e) == -1)
		return -1;
	look_paths(&d, "files", d.p->files.present ? d.p->files.paths : NULL);
	look_paths(&d, "config", d.p->config.present ? d.p->config.paths :
	    NULL);
	if (intr_check(e) == -1 || look_state(&d, e) == -1 ||
	    doctor_stores(&d, e) == -1)
		return -1;
	look_folder(&d, "drill: scratch", d.p->drill_scratch,
	    d.need > SCRATCH_LEAST ? d.need : SCRATCH_LEAST);
	if (intr_check(e) == -1 || look_server(&d, e) == -1)
		return -1;
	err_clear(e);
	return 0;
}
