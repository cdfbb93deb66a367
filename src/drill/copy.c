/*
 * The throwaway site: room for it is made sure of, then a private server and
 * empty folders are provided, and every component is restored into them.
 */
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "archive/recorded.h"
#include "archive/tree.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/intr.h"
#include "base/memory.h"
#include "base/num.h"
#include "base/scratch.h"
#include "drill/inside.h"
#include "policy/policy.h"

#define MIB (UINT64_C(1) << 20)
#define OURS (128 * MIB)	/* what we take ourselves */
#define SERVERS (256 * MIB)	/* what a server takes beside its pool */

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
		need += part_copy_size(&x->s->parts[i], x->root[i].size);
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

/*
 * Enough memory?  A drill that is killed for want of it, or that takes it from
 * others, is worse than one that says so first.
 */
static int
check_memory(const struct drill *x, uint64_t pool, struct err *e)
{
	char need_text[NUM_TEXT_MAX], left_text[NUM_TEXT_MAX];
	char pool_text[NUM_TEXT_MAX], part[128] = "";
	bool db = false;
	struct memory_left left;
	uint64_t need;
	size_t i;

	for (i = 0; i < x->s->n_parts; i++)
		db = db || x->s->parts[i].kind == PART_DB;
	need = OURS + (db ? SERVERS : 0);
	if (db) {
		need = pool > UINT64_MAX - need ? UINT64_MAX : need + pool;
		(void)snprintf(part, sizeof(part), ", of it %s for the "
		    "server's buffer pool (policy: drill.memory)",
		    num_format_size(pool, pool_text));
	}
	memory_left(&left);
	if (left.bytes >= need)
		return 0;
	return err_set(e, ERR_SYSTEM, "%s has %s of memory left, the drill "
	    "needs about %s%s", left.where, num_format_size(left.bytes,
	    left_text), num_format_size(need, need_text), part);
}

/* An ordinary user cannot restore owners; has he said that he knows? */
static int
check_owners(const struct drill *x, struct err *e)
{
	size_t i;

	if (geteuid() == 0 || x->o->policy->drill_owners_recorded)
		return 0;
	for (i = 0; i < x->s->n_parts; i++)
		if (x->s->parts[i].kind == PART_FILES ||
		    x->s->parts[i].kind == PART_CONFIG)
			return err_set(e, ERR_DENIED, "only root can restore "
			    "the owners of %s: run it as root, or let the "
			    "policy say drill: {owners: recorded}, and they "
			    "are not proven", x->s->parts[i].name);
	return 0;
}

int
drill_provision(struct drill *x, struct err *e)
{
	struct db_server_options so = {
		.mariadbd = x->o->policy->drill_mariadbd,
		.memory = db_server_memory(x->o->policy->drill_memory),
	};
	size_t i;

	if (check_owners(x, e) == -1)
		return -1;
	drill_phase_begin(x, "provision");
	if ((x->scratch = scratch_new(x->o->scratch, e)) == NULL ||
	    check_budget(x, e) == -1 || check_memory(x, so.memory, e) == -1)
		return -1;
	for (i = 0; i < x->s->n_parts; i++) {
		if (x->s->parts[i].db.physical.used) {
			if (drill_physical_place(x, i, e) == -1)
				return -1;
			continue;
		}
		if (x->s->parts[i].kind == PART_DB) {
			so.scratch = x->scratch;
			so.want_version = x->s->parts[i].db.version;
			if ((x->server = db_server_start(&so, e)) == NULL)
				return -1;
			(void)snprintf(x->r->server, sizeof(x->r->server),
			    "%s", db_server_version(x->server));
			continue;
		}
		if (snprintf(x->folders[i], DRILL_PATH_SIZE, "%s/%s",
		    scratch_path(x->scratch), x->s->parts[i].name) >=
		    DRILL_PATH_SIZE)
			return err_set(e, ERR_INPUT,
			    "drill.scratch: the path is too long");
		if (file_mkdirs(x->folders[i], 0700, e) == -1)
			return -1;
	}
	drill_phase_end(x, 0);
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
		.throwaway = true, .users = true, .sample = x->tables,
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
		.part = x->part[i].sample != NULL ? &x->part[i] : NULL,
		.note = note_restore, .cookie = x,
	};
	struct tree_stats stats = { 0 };

	if (!o.owners && x->owners[i] == NULL &&
	    (x->owners[i] = recorded_new(e)) == NULL)
		return -1;
	o.recorded = x->owners[i];
	if (tree_restore(x->d->chunks, &p->root, &o, &stats, e) == -1)
		return -1;
	(void)snprintf(seen, size, "%llu files, %llu folders, %llu others",
	    (unsigned long long)stats.files,
	    (unsigned long long)stats.folders,
	    (unsigned long long)stats.others);
	return 0;
}

int
drill_restore_part(struct drill *x, size_t i, char *seen, size_t size,
    struct err *e)
{
	const struct part *p = &x->s->parts[i];

	if (x->lost[i])
		return err_set(e, ERR_DAMAGED, "not carried out: what to "
		    "restore could not be chosen");
	return p->kind == PART_DB ? load(x, p, seen, size, e) :
	    extract(x, p, i, seen, size, e);
}

int
drill_restore(struct drill *x, struct err *e)
{
	char name[RECEIPT_TEXT_MAX], seen[RECEIPT_TEXT_MAX];
	const struct part *p;
	struct step step = { name, x->o->share > 0 ? "every entry of the "
	    "sample, authenticated" : "every entry, authenticated", seen, 0 };
	size_t i;
	int rc;

	for (i = 0; i < x->s->n_parts; i++) {
		if (intr_check(e) == -1)
			return -1;
		p = &x->s->parts[i];
		if (p->db.physical.used) {
			if (drill_physical_restore(x, i, e) == -1)
				return -1;
			continue;
		}
		drill_phase_begin(x, p->kind == PART_DB ? "load" : p->name);
		step.begun = clock_monotonic();
		rc = drill_restore_part(x, i, seen, sizeof(seen), e);
		(void)snprintf(name, sizeof(name), "restore: %s", p->name);
		x->lost[i] = rc == -1;
		if (drill_record(x, &step, rc, e) == -1)
			return -1;
		drill_phase_end(x, x->root[i].size);
	}
	return 0;
}
