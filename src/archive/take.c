/*
 * Taking an archive of trees.
 *
 * This thread scans and cuts the entries into jobs; workers read the files of
 * a job and write its segments; this thread adds them to the manifest, in the
 * order of the scan, however the workers are done.  At most WINDOW jobs are
 * under way.
 *
 * Where a job begins is decided by the names alone (a hash of the name, one
 * in MEAN), by the largest number of entries and bytes, and by files that
 * have a segment of their own; so one change in a tree moves no boundary
 * elsewhere, and the same tree always gives the same segments.  Each given
 * folder begins anew, and so does what comes between two: the time of a
 * folder that only leads there changes with its other entries, and then no
 * file shall be stored again.
 *
 * Of a part of an archive, a job is a run as the archive has it, which is told
 * by the names at its ends.
 *
 * Whatever goes wrong, in whichever thread: the first job in order that
 * failed says why, all workers end, and nothing is left behind.
 */
#include <assert.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/grab.h"
#include "archive/job.h"
#include "archive/links.h"
#include "archive/name.h"
#include "archive/sample.h"
#include "archive/scan.h"
#include "archive/scan_paths.h"
#include "archive/stat_cache.h"
#include "archive/unchanged.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/queue.h"
#include "pack/chunks.h"

#define MEAN 16			/* entries of a segment */
#define ITEMS_MAX 256
#define WEIGHT_MAX ((uint64_t)8 << 20)
#define WORKERS_MAX 16
#define WINDOW 64
#define GRAIN ((int64_t)2000000000)	/* of the coarsest timestamps, ns */

struct take {
	struct chunks		 *chunks;
	const struct tree_options *opt;
	struct tree_stats	 *stats;
	struct archive_writer	 *manifest;
	struct links		 *links;
	struct job		 *job;		/* being planned */
	struct scan_paths	  given;
	size_t			  passed;	/* of them */
	size_t			  part;		/* of the job: see part_of() */
	struct part_walk	 *walk;		/* of opt->part, or NULL */
	int			  root;
	int64_t			  young;	/* ctimes from here on are */

	struct queue		 *todo;
	struct job		 *window[WINDOW];
	size_t			  first, n;	/* in the window */
	pthread_mutex_t		  mutex;	/* for every job's done */
	pthread_cond_t		  done;
	atomic_bool		  stop;
	pthread_t		  thread[WORKERS_MAX];
	size_t			  n_threads;
};

static int
take_job(const struct take *t, struct grab *g, struct job *j, struct err *e)
{
	if (grab_job(g, j, e) == -1)
		return -1;
	return unchanged_compare(t->root, t->opt->cache, j, e);
}

static void
do_job(struct take *t, struct grab *g, const struct err *no_grab,
    struct job *j)
{
	if (g == NULL) {
		j->err = *no_grab;
		j->rc = -1;
	} else if (atomic_load(&t->stop))
		j->rc = err_set(&j->err, ERR_INTERRUPTED, "stopped");
	else
		j->rc = take_job(t, g, j, &j->err);
}

static void *
work(void *cookie)
{
	struct take *t = cookie;
	struct err no_grab = { .kind = ERR_NONE };
	struct grab *g;
	struct job *j;
	size_t i;

	g = grab_new(t->chunks, t->root, t->opt, &no_grab);
	while ((j = queue_pop(t->todo)) != NULL) {
		do_job(t, g, &no_grab, j);
		for (i = 0; i < j->n_items && j->rc == -1; i++)
			if (j->items[i].first)	/* others may wait for it */
				link_settle(j->items[i].link, false);
		(void)pthread_mutex_lock(&t->mutex);
		j->done = true;
		(void)pthread_cond_signal(&t->done);
		(void)pthread_mutex_unlock(&t->mutex);
	}
	grab_free(g);
	return NULL;
}

static int
start_workers(struct take *t, struct err *e)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	size_t want = cores < 2 ? 2 : (size_t)cores;
	int rc;

	if (want > WORKERS_MAX)
		want = WORKERS_MAX;
	while (t->n_threads < want) {
		rc = pthread_create(&t->thread[t->n_threads], NULL, work, t);
		if (rc != 0)
			return err_set(e, ERR_MEMORY,
			    "cannot start a thread");
		t->n_threads++;
	}
	return 0;
}

static void
add_stats(struct tree_stats *to, const struct tree_stats *from)
{
	to->files += from->files;
	to->folders += from->folders;
	to->others += from->others;
	to->bytes += from->bytes;
}

/* What came of a job goes to the manifest and to the caller. */
static int
collect_job(struct take *t, const struct job *j, struct err *e)
{
	size_t i;

	if (j->rc == -1) {
		*e = j->err;
		return -1;
	}
	for (i = 0; i < j->n_notes; i++)
		scan_note(t->opt, t->stats, j->notes[i].kind,
		    j->notes[i].name, j->notes[i].why);
	add_stats(t->stats, &j->stats);
	for (i = 0; i < j->n_segments; i++)
		if (archive_writer_add(t->manifest, &j->segments[i],
		    e) == -1)
			return -1;
	if (t->opt->cache != NULL)
		unchanged_remember(t->opt->cache, j, t->young);
	return 0;
}

/* Wait for the oldest job under way and collect it. */
static int
collect(struct take *t, struct err *e)
{
	struct job *j = t->window[t->first];
	int rc;

	(void)pthread_mutex_lock(&t->mutex);
	while (!j->done)
		(void)pthread_cond_wait(&t->done, &t->mutex);
	(void)pthread_mutex_unlock(&t->mutex);
	t->first = (t->first + 1) % WINDOW;
	t->n--;
	rc = collect_job(t, j, e);
	job_free(j);
	return rc;
}

/*
 * Is the planned job done without being read?  It is asked here and not by
 * the workers: to wake one takes longer than the answer.
 */
static int
take_over(struct take *t, struct err *e)
{
	struct stat_cache *cache = t->opt->cache;
	struct job *j = t->job;
	int rc;

	if (cache == NULL)
		return 0;
	j->known = stat_cache_find(cache, j->items[0].name);
	j->compare = stat_cache_samples(cache, j->items[0].name);
	if ((rc = unchanged_take_over(t->chunks, cache, j, e)) == 1)
		j->done = true;
	return rc;
}

/* Hand the planned job to the workers, if it must be read. */
static int
hand_out(struct take *t, struct err *e)
{
	struct job *j = t->job;
	int rc;

	if (j == NULL)
		return 0;
	if ((t->n == WINDOW && collect(t, e) == -1) ||
	    (rc = take_over(t, e)) == -1)
		return -1;
	t->job = NULL;			/* it is in the window now */
	t->window[(t->first + t->n++) % WINDOW] = j;
	if (rc == 0)
		(void)queue_push(t->todo, j);	/* it is open to the end */
	return 0;
}

/*
 * Which given folder the entry is or is in, from 1; 0: none, it leads to one
 * or is a file that was given.
 */
static size_t
part_of(struct take *t, const char *name, const struct stat *st)
{
	const char *last;

	while (t->passed < t->given.n &&
	    name_compare(t->given.v[t->passed], name) <= 0)
		t->passed++;
	if (t->passed == 0)
		return 0;
	last = t->given.v[t->passed - 1];
	if (!name_is_below(name, last))
		return 0;
	return S_ISDIR(st->st_mode) || strcmp(name, last) != 0 ?
	    t->passed : 0;
}

/* Must a segment end before this entry? */
static bool
is_boundary(struct take *t, const char *name, const struct stat *st,
    uint64_t weight)
{
	const struct job *j = t->job;
	size_t part = part_of(t, name, st), before = t->part;

	t->part = part;
	if (j == NULL)
		return false;
	return part != before || name_hash(name) % MEAN == 0 ||
	    j->n_items == ITEMS_MAX || weight > GRAB_SMALL_MAX ||
	    j->weight + weight > WEIGHT_MAX;
}

/* The job has a new item: is that all of it? */
static int
plan_more(struct take *t, const struct stat *st, uint64_t weight,
    struct err *e)
{
	if (t->opt->cache != NULL && unchanged_see(t->job, st, e) == -1)
		return -1;
	t->job->weight += weight;
	return weight > GRAB_SMALL_MAX ? hand_out(t, e) : 0;
}

/* The entry is not planned; what others wait for is settled. */
static int
leave(struct link *link, bool first, bool there, int rc)
{
	if (first)
		link_settle(link, there);
	link_release(link);
	return rc;
}

/* Does a new job begin with this entry?  Of a part its runs say so. */
static bool
begins_job(struct take *t, const char *name, const struct stat *st,
    uint64_t weight, bool begins_run)
{
	return t->walk != NULL ? begins_run :
	    is_boundary(t, name, st, weight);
}

/* One entry of the scan goes into the plan. */
static int
plan(void *cookie, const char *name, const struct stat *st, struct err *e)
{
	struct take *t = cookie;
	struct link *link = NULL;
	uint64_t weight = 0;
	bool first = false, begins = false;
	int in = 1;

	if (t->walk != NULL && (in = part_walk_has(t->walk, name, &begins,
	    e)) == -1)
		return -1;
	if (S_ISREG(st->st_mode) && st->st_nlink > 1 &&
	    (link = links_meet(t->links, st, name, &first, e)) == NULL)
		return -1;
	if (S_ISREG(st->st_mode) && (link == NULL || first))
		weight = (uint64_t)st->st_size;
	if (in == 0)			/* but links in the part may name it */
		return leave(link, first, true, 0);
	if ((begins_job(t, name, st, weight, begins) &&
	    hand_out(t, e) == -1) ||
	    (t->job == NULL && (t->job = job_new(e)) == NULL))
		return leave(link, first, false, -1);
	if (job_add(t->job, name, st->st_mode & S_IFMT, link, first,
	    e) == -1)
		return -1;
	return plan_more(t, st, weight, e);
}

static int
take_all(struct take *t, struct archive_root *root, struct err *e)
{
	t->root = open(t->opt->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (t->root == -1)
		return err_sys(e, "%s", t->opt->root);
	if (scan_paths_init(&t->given, t->opt->paths, e) == -1 ||
	    (t->manifest = archive_writer_new(t->chunks, e)) == NULL ||
	    (t->links = links_new(e)) == NULL ||
	    (t->opt->part != NULL &&
	    (t->walk = part_walk_new(t->opt->part, e)) == NULL) ||
	    (t->todo = queue_new(WINDOW, e)) == NULL ||
	    start_workers(t, e) == -1)
		return -1;
	if (scan_run(t->root, t->opt, t->stats, plan, t, e) == -1 ||
	    hand_out(t, e) == -1)
		return -1;
	while (t->n > 0)
		if (collect(t, e) == -1)
			return -1;
	return archive_writer_end(t->manifest, root, e);
}

/* End the workers, whatever they are at, and release everything. */
static void
drop(struct take *t)
{
	size_t i;

	atomic_store(&t->stop, true);
	if (t->todo != NULL)
		queue_close(t->todo);
	for (i = 0; i < t->n_threads; i++)
		(void)pthread_join(t->thread[i], NULL);
	for (i = 0; i < t->n; i++)
		job_free(t->window[(t->first + i) % WINDOW]);
	job_free(t->job);
	queue_free(t->todo);
	links_free(t->links);
	part_walk_free(t->walk);
	scan_paths_drop(&t->given);
	archive_writer_free(t->manifest);
	fd_drop(&t->root);
	(void)pthread_cond_destroy(&t->done);
	(void)pthread_mutex_destroy(&t->mutex);
}

int
tree_take(struct chunks *chunks, const struct tree_options *opt,
    struct archive_root *root, struct tree_stats *stats, struct err *e)
{
	struct take t = {
		.chunks = chunks, .opt = opt, .stats = stats, .root = -1,
	};
	int rc;

	assert(opt->cache == NULL || (!opt->owner_names && opt->part == NULL));
	*stats = (struct tree_stats){ .files = 0 };
	t.young = clock_utc() - GRAIN;
	(void)pthread_mutex_init(&t.mutex, NULL);
	(void)pthread_cond_init(&t.done, NULL);
	if ((rc = take_all(&t, root, e)) == -1)
		(void)err_add(e, "cannot take the trees");
	drop(&t);
	return rc;
}
