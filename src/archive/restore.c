/*
 * Restoring an archive: this thread reads its list of segments, in batches,
 * workers read those and put their entries.  The first error, in whichever
 * thread, stops all of them.
 *
 * When only some paths are wanted, a hard link may be among them whose file
 * is not.  Then the list is read a second time, and the file's content is put
 * under the name of the first such link; or, of a part of an archive, under its
 * own name, so that the links are links.
 */
#include <sys/stat.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive.h"
#include "archive/batch.h"
#include "archive/entry.h"
#include "archive/needs.h"
#include "archive/place.h"
#include "archive/sample.h"
#include "archive/select.h"
#include "archive/tree.h"
#include "base/err.h"
#include "base/intr.h"
#include "base/queue.h"

#define WORKERS_MAX 16
#define AHEAD 8				/* batches waiting for workers */

struct restore {
	struct chunks		*chunks;
	const struct archive_root *root;
	struct place		*place;
	struct select		 select;
	const struct tree_part	*part;		/* or NULL */
	struct queue		*todo;
	pthread_t		 thread[WORKERS_MAX];
	size_t			 n_threads;
	atomic_bool		 stop;
	pthread_mutex_t		 mutex;
	struct err		 err;		/* the first one */
};

static void
fail(struct restore *r, const struct err *e)
{
	(void)pthread_mutex_lock(&r->mutex);
	if (!atomic_exchange(&r->stop, true))
		r->err = *e;
	(void)pthread_mutex_unlock(&r->mutex);
}

/* Put one entry if it is wanted. */
static int
put(struct restore *r, struct placer *placer, const struct entry *en,
    struct entry_reader *content, struct err *e)
{
	enum select_answer answer = select_entry(&r->select, en->path);

	if (answer == SELECT_NO || (answer == SELECT_PARENT &&
	    (!S_ISDIR(en->mode) || en->hardlink)))
		return 0;
	return placer_put(placer, en, content, answer == SELECT_PARENT, e);
}

static int
put_segment(struct restore *r, struct placer *placer,
    const struct segment *seg, struct err *e)
{
	struct entry_reader *content;
	const struct entry *en;
	int more = -1, rc = -1;

	if ((content = entry_reader_new(r->chunks, seg, e)) == NULL)
		goto done;
	while ((more = entry_reader_next(content, &en, e)) == 1)
		if (atomic_load(&r->stop) || intr_check(e) == -1 ||
		    put(r, placer, en, content, e) == -1)
			goto done;
	rc = more;
done:
	entry_reader_free(content);
	return rc;
}

static void *
work(void *cookie)
{
	struct restore *r = cookie;
	struct err e = { .kind = ERR_NONE };
	struct placer *placer;
	struct segment *s;

	if ((placer = placer_new(r->place, &e)) == NULL)
		fail(r, &e);
	while ((s = queue_pop(r->todo)) != NULL) {
		if (!atomic_load(&r->stop) &&
		    put_segment(r, placer, s, &e) == -1)
			fail(r, &e);
		batch_free(s);
	}
	placer_free(placer);
	return NULL;
}

static int
start_workers(struct restore *r, struct err *e)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	size_t want = cores < 2 ? 2 : (size_t)cores;

	if (want > WORKERS_MAX)
		want = WORKERS_MAX;
	while (r->n_threads < want) {
		if (pthread_create(&r->thread[r->n_threads], NULL, work,
		    r) != 0)
			return err_set(e, ERR_MEMORY,
			    "cannot start a thread");
		r->n_threads++;
	}
	return 0;
}

/* Hand all segments of interest to the workers. */
static int
feed(struct restore *r, struct err *e)
{
	struct batches *list;
	struct segment *s;
	int rc = -1;

	if ((list = batches_open(r->chunks, r->root, &r->select, e)) == NULL)
		return -1;
	if (r->part != NULL)
		batches_only(list, r->part->sample);
	while ((rc = batches_next(list, &s, e)) == 1) {
		if (atomic_load(&r->stop)) {
			batch_free(s);
			break;
		}
		(void)queue_push(r->todo, s);	/* never closed */
	}
	batches_close(list);
	return rc == 1 ? 0 : rc;	/* 1: fail() knows why */
}

/* All entries that are wanted, by all workers. */
static int
put_all(struct restore *r, struct err *e)
{
	size_t i;

	if ((r->todo = queue_new(AHEAD, e)) == NULL)
		return -1;
	if (start_workers(r, e) == -1 || feed(r, e) == -1)
		fail(r, e);
	queue_close(r->todo);
	for (i = 0; i < r->n_threads; i++)
		(void)pthread_join(r->thread[i], NULL);
	queue_free(r->todo);
	if (!atomic_load(&r->stop))
		return 0;
	*e = r->err;
	return -1;
}

/* What is read again: files under other names, or which lacked bytes. */
struct second {
	struct restore	*restore;
	struct needs	*needs;
};

static int
note_need(void *cookie, const char *name, const char *file, struct err *e)
{
	struct second *w = cookie;

	if (w->restore->part != NULL)	/* then links stay links */
		return place_has(w->restore->place, file) ? 0 :
		    needs_add(w->needs, file, file, e);
	return select_entry(&w->restore->select, file) == SELECT_YES ? 0 :
	    needs_add(w->needs, file, name, e);
}

static int
put_needed(const struct second *w, struct placer *placer,
    const struct segment *seg, struct err *e)
{
	struct restore *r = w->restore;
	struct entry_reader *content;
	const struct entry *en;
	const struct need *need;
	int more = -1, rc = -1;

	if ((content = entry_reader_new(r->chunks, seg, e)) == NULL)
		goto done;
	while ((more = entry_reader_next(content, &en, e)) == 1) {
		need = needs_find(w->needs, en->path);
		if (need == NULL || en->hardlink || !S_ISREG(en->mode))
			continue;
		if (placer_put_as(placer, need->as, en, content, e) == -1 ||
		    place_relink(r->place, need->file, need->as, e) == -1)
			goto done;
	}
	rc = more;
done:
	entry_reader_free(content);
	return rc;
}

/* Read the archive again for them. */
static int
put_all_needed(const struct second *w, struct err *e)
{
	struct restore *r = w->restore;
	struct batches *list = NULL;
	struct placer *placer = NULL;
	struct segment *s = NULL;
	int rc = -1;

	needs_sort(w->needs);
	if ((placer = placer_new(r->place, e)) == NULL ||
	    (list = batches_open(r->chunks, r->root, NULL, e)) == NULL)
		goto done;
	while ((rc = batches_next(list, &s, e)) == 1) {
		if (needs_within(w->needs, s) &&
		    put_needed(w, placer, s, e) == -1) {
			rc = -1;
			break;
		}
		batch_free(s);
		s = NULL;
	}
done:
	batch_free(s);
	batches_close(list);
	placer_free(placer);
	return rc;
}

/* Links whose files are not wanted themselves. */
static int
put_linked(struct restore *r, struct err *e)
{
	struct needs needs = { .n = 0 };
	struct second w = { r, &needs };
	int rc = -1;

	if (r->select.n == 0 && r->part == NULL)
		return 0;
	if (place_each_link(r->place, note_need, &w, e) == 0)
		rc = needs.n == 0 ? 0 : put_all_needed(&w, e);
	needs_drop(&needs);
	return rc;
}

/* Files that were there, but not all of their bytes. */
static int
put_torn(struct restore *r, struct err *e)
{
	const struct second w = { r, place_torn(r->place) };

	return w.needs->n == 0 ? 0 : put_all_needed(&w, e);
}

int
tree_restore(struct chunks *chunks, const struct archive_root *root,
    const struct tree_restore_options *opt, struct tree_stats *stats,
    struct err *e)
{
	struct restore r = { .chunks = chunks, .root = root,
	    .part = opt->part };
	int rc = -1;

	*stats = (struct tree_stats){ .files = 0 };
	(void)pthread_mutex_init(&r.mutex, NULL);
	if (select_init(&r.select, opt->paths, e) == -1 ||
	    (r.place = place_new(opt, stats, e)) == NULL)
		goto done;
	if (put_all(&r, e) == -1 || put_linked(&r, e) == -1 ||
	    put_torn(&r, e) == -1 || place_finish(r.place, e) == -1 ||
	    (opt->sync && place_sync(r.place, e) == -1))
		goto done;
	rc = select_check(&r.select, e);
done:
	if (rc == -1)
		(void)err_add(e, "cannot restore into %s", opt->target);
	place_free(r.place);
	select_drop(&r.select);
	(void)pthread_mutex_destroy(&r.mutex);
	return rc;
}
