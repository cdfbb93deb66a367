/*
 * The stores: can each be reached, is it the store that the keys are for, will
 * its certificate hold, can our access destroy what is there?
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/intr.h"
#include "base/num.h"
#include "gate/doctor_inside.h"
#include "policy/policy.h"
#include "snapshot/access.h"
#include "snapshot/trail.h"
#include "store/health.h"
#include "store/store.h"

#define DAY ((int64_t)86400 * 1000000000)
#define CERTIFICATE_LEAST (30 * DAY)
#define ROOM_LEAST ((uint64_t)1 << 30)
#define NAME_MAX_SIZE 160

/* The store at hand. */
struct visit {
	struct doctor			*d;
	const struct policy_store	*store;
	const struct store_health	*h;
	uint64_t			 size;	/* of its newest snapshot */
};

static void
tell(struct visit *v, enum doctor_level level, const char *what,
    const char *fix, const char *seen)
{
	char name[NAME_MAX_SIZE];

	(void)snprintf(name, sizeof(name), "store %.60s%s%s", v->store->name,
	    what[0] != '\0' ? ": " : "", what);
	doctor_tell(v->d, level, name, fix, "%s", seen);
}

static void
look_certificate(struct visit *v)
{
	char when[CLOCK_TEXT_MAX], seen[128];
	int64_t left = v->h->expires - clock_utc();

	if (v->h->encrypted == HEALTH_NO)
		tell(v, DOCTOR_WARN, "encryption", "use https: whoever listens "
		    "sees names, sizes and times", "no TLS");
	if (v->h->expires == 0)
		return;
	(void)snprintf(seen, sizeof(seen), "valid until %s",
	    clock_format(v->h->expires, when));
	tell(v, left < 0 ? DOCTOR_BAD : left < CERTIFICATE_LEAST ?
	    DOCTOR_WARN : DOCTOR_GOOD, "certificate", "have it renewed: less "
	    "than 30 days are left", seen);
}

/* What a thief of this host's access could do to the backups. */
static void
look_protection(struct visit *v)
{
	const struct store_health *h = v->h;
	char seen[128];

	if (h->removable == HEALTH_YES && h->locked == HEALTH_YES)
		tell(v, DOCTOR_GOOD, "removal", NULL, "what is locked can be "
		    "hidden by this host, and not be destroyed");
	else if (h->removable == HEALTH_YES)
		tell(v, DOCTOR_WARN, "removal", h->remote ? "give this host a "
		    "key that may only put, get and list" : "ship to a store "
		    "where this host cannot remove anything",
		    "this host may remove objects");
	else if (h->removable == HEALTH_NO)
		tell(v, DOCTOR_GOOD, "removal", NULL,
		    "this host cannot remove objects");
	if (v->store->lock != POLICY_UNLOCKED && h->locked != HEALTH_YES)
		tell(v, h->locked == HEALTH_NO ? DOCTOR_BAD : DOCTOR_UNKNOWN,
		    "lock", "the policy wants object-lock: make a bucket with "
		    "Object Lock", h->locked == HEALTH_NO ?
		    "the bucket has no Object Lock" :
		    "it does not say whether it has Object Lock");
	else if (h->locked == HEALTH_YES) {
		(void)snprintf(seen, sizeof(seen), "Object Lock is on%s%s",
		    h->lock_mode[0] != '\0' ? ", by default " : "",
		    h->lock_mode);
		tell(v, DOCTOR_GOOD, "lock", NULL, seen);
	}
	if (h->versioned == HEALTH_NO)
		tell(v, DOCTOR_WARN, "versions", "switch versioning on: what "
		    "is overwritten is lost", "are not kept");
	else if (h->versioned == HEALTH_YES)
		tell(v, DOCTOR_GOOD, "versions", NULL, "are kept");
	if (h->private == HEALTH_NO)
		tell(v, DOCTOR_WARN, "privacy", "chmod 700: it shows others "
		    "how much is backed up, and when",
		    "others on this host can enter it");
}

/* A backup on the disk that it is a backup of dies with it. */
static void
look_disk(struct visit *v)
{
	const struct policy *p = v->d->p;
	struct stat st;
	const char *const *path = p->files.present ? p->files.paths :
	    p->config.present ? p->config.paths : NULL;

	if (v->h->remote || path == NULL || v->h->device == 0 ||
	    stat(path[0], &st) == -1)
		return;
	if (st.st_dev == v->h->device)
		tell(v, DOCTOR_WARN, "disk", p->n_stores > 1 ? "fine as long "
		    "as another store is elsewhere" : "add a store elsewhere: "
		    "a disk that dies takes both", "on the disk that it backs "
		    "up");
}

static void
look_room(struct visit *v)
{
	char name[NAME_MAX_SIZE];

	if (v->h->remote || v->h->free_bytes == 0)
		return;
	(void)snprintf(name, sizeof(name), "store %.60s: room",
	    v->store->name);
	doctor_room(v->d, name, v->store->url, v->h->free_bytes,
	    v->size > ROOM_LEAST ? v->size : ROOM_LEAST);
}

/* What the newest snapshot there tells about sizes to come. */
static void
learn_sizes(struct visit *v, const struct depot *depot)
{
	struct snapshot *s = malloc(sizeof(*s));
	struct err ignored;
	uint64_t need = (uint64_t)256 << 20;

	/* Without one, the least sizes are what is asked for. */
	if (s == NULL || trail_find_snapshot(depot, v->d->p->site, NULL, s,
	    NULL, &ignored) == -1)
		goto done;
	v->size = snapshot_bytes(s);
	for (size_t i = 0; i < s->n_parts; i++)
		need += part_copy_size(&s->parts[i], s->parts[i].root.size);
	if (need > v->d->need)
		v->d->need = need;
done:
	free(s);
}

static int
look_store(struct doctor *d, const struct policy_store *store,
    struct charter *first, struct err *e)
{
	struct access_want w = { .store = store->name, .use = DEPOT_LOOK };
	struct store_health h;
	struct visit v = { .d = d, .store = store, .h = &h };
	struct access_paths paths;
	struct depot_options o;
	struct depot depot = { .store = NULL };

	if (access_depot_options(d->p, &w, &o, &paths, e) == -1)
		return -1;
	if (depot_open(&depot, &o, e) == -1) {
		if (doctor_must_stop(e))
			return -1;
		tell(&v, DOCTOR_BAD, "", first->store[0] == '\0' ||
		    e->kind != ERR_ABSENT ? "see stores in the policy" :
		    store_is_path(store->url) ? "if it is new: make its "
		    "folder, then muster-ship --init; else see stores in the "
		    "policy" :
		    "if it is new: muster-ship --init; else see stores in the "
		    "policy", e->text);
		return 0;
	}
	if (first->store[0] == '\0')
		*first = depot.charter;
	if (strcmp(first->store, depot.charter.store) != 0)
		tell(&v, DOCTOR_BAD, "", "it is not a copy of the first "
		    "store: see stores in the policy", "holds another store");
	else
		tell(&v, DOCTOR_GOOD, "", NULL, "reached, and its charter is "
		    "signed by our root");
	learn_sizes(&v, &depot);
	if (store_look(depot.store, &h, e) == -1) {
		if (!doctor_must_stop(e))
			tell(&v, DOCTOR_UNKNOWN, "health", "see why it cannot "
			    "be looked at", e->text);
	} else {
		look_certificate(&v);
		look_protection(&v);
		look_disk(&v);
		look_room(&v);
		if (h.has_clock) {
			char name[NAME_MAX_SIZE];

			(void)snprintf(name, sizeof(name),
			    "store %.60s: clock", store->name);
			doctor_clock(d, name, h.ahead);
		}
	}
	depot_close(&depot);
	return doctor_must_stop(e) ? -1 : 0;
}

int
doctor_stores(struct doctor *d, struct err *e)
{
	struct charter *first;
	int rc = 0;

	if ((first = calloc(1, sizeof(*first))) == NULL)
		return err_memory(e);
	for (uint32_t i = 0; rc == 0 && i < d->p->n_stores; i++) {
		err_clear(e);
		if ((rc = intr_check(e)) == 0)
			rc = look_store(d, &d->p->stores[i], first, e);
	}
	if (rc == 0 && d->p->n_stores < 2)
		doctor_tell(d, DOCTOR_WARN, "off-site", "add a store in "
		    "another building below stores, and ship to it",
		    "there is one store only");
	free(first);
	return rc;
}
