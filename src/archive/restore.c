/*
 * Restoring an archive: this thread reads its list of segments, in batches,
 * workers read those and put their entries.  The first error, in whichever
 * thread, stops all of them.
 *
 * When only some paths are wanted, a hard link may be among them whose file
 * is not.  Then the list is read a second time, and the file's content is put
 * under the name of the first such link.
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
#include "archive/name.h"
#include "archive/place.h"
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

/* Files that wanted hard links need, by their names in the archive. */
struct need {
	char	*file;
	char	*as;		/* the name of the first link to it */
};

struct needs {
	struct restore	*restore;
	struct need	*v;
	size_t		 n, size;
};

static int
compare_needs(const void *a, const void *b)
{
	const struct need *x = a, *y = b;
	int c = name_compare(x->file, y->file);

	return c != 0 ? c : name_compare(x->as, y->as);
}

static void
drop_needs(struct needs *l)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		free(l->v[i].file);
		free(l->v[i].as);
	}
	free(l->v);
}

static int
note_need(void *cookie, const char *name, const char *file, struct err *e)
{
	struct needs *l = cookie;
	size_t size = l->size == 0 ? 16 : l->size * 2;
	struct need *v;

	if (select_entry(&l->restore->select, file) == SELECT_YES)
		return 0;
	if (l->n == l->size) {
		if ((v = reallocarray(l->v, size, sizeof(*v))) == NULL)
			return err_memory(e);
		l->v = v;
		l->size = size;
	}
	v = &l->v[l->n];
	*v = (struct need){ strdup(file), strdup(name) };
	l->n++;
	return v->file == NULL || v->as == NULL ? err_memory(e) : 0;
}

/* Sorted, the first of each file is the one that counts. */
static void
unify(struct needs *l)
{
	size_t i, n = 0;

	if (l->n > 1)
		qsort(l->v, l->n, sizeof(*l->v), compare_needs);
	for (i = 0; i < l->n; i++) {
		if (n > 0 && strcmp(l->v[n - 1].file, l->v[i].file) == 0) {
			free(l->v[i].file);
			free(l->v[i].as);
		} else
			l->v[n++] = l->v[i];
	}
	l->n = n;
}

static const struct need *
find_need(const struct needs *l, const char *file)
{
	size_t lo = 0, hi = l->n, mid;
	int c;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		c = name_compare(file, l->v[mid].file);
		if (c == 0)
			return &l->v[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

static bool
has_needed(const struct needs *l, const struct segment *s)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (name_compare(s->first, l->v[i].file) <= 0 &&
		    name_compare(l->v[i].file, s->last) <= 0)
			return true;
	return false;
}

static int
put_needed(struct needs *l, struct placer *placer, const struct segment *seg,
    struct err *e)
{
	struct restore *r = l->restore;
	struct entry_reader *content;
	const struct entry *en;
	const struct need *need;
	int more = -1, rc = -1;

	if ((content = entry_reader_new(r->chunks, seg, e)) == NULL)
		goto done;
	while ((more = entry_reader_next(content, &en, e)) == 1) {
		need = find_need(l, en->path);
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

/* Read the archive again for the files of l. */
static int
put_all_needed(struct needs *l, struct err *e)
{
	struct restore *r = l->restore;
	struct batches *list = NULL;
	struct placer *placer = NULL;
	struct segment *s = NULL;
	int rc = -1;

	if ((placer = placer_new(r->place, e)) == NULL ||
	    (list = batches_open(r->chunks, r->root, NULL, e)) == NULL)
		goto done;
	while ((rc = batches_next(list, &s, e)) == 1) {
		if (has_needed(l, s) &&
		    put_needed(l, placer, s, e) == -1) {
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
	struct needs l = { .restore = r };
	int rc = -1;

	if (r->select.n == 0)
		return 0;
	if (place_each_link(r->place, note_need, &l, e) == -1)
		goto done;
	unify(&l);
	rc = l.n == 0 ? 0 : put_all_needed(&l, e);
done:
	drop_needs(&l);
	return rc;
}

int
tree_restore(struct chunks *chunks, const struct archive_root *root,
    const struct tree_restore_options *opt, struct tree_stats *stats,
    struct err *e)
{
	struct restore r = { .chunks = chunks, .root = root };
	int rc = -1;

	*stats = (struct tree_stats){ .files = 0 };
	(void)pthread_mutex_init(&r.mutex, NULL);
	if (select_init(&r.select, opt->paths, e) == -1 ||
	    (r.place = place_new(opt, stats, e)) == NULL)
		goto done;
	if (put_all(&r, e) == -1 || put_linked(&r, e) == -1 ||
	    place_finish(r.place, e) == -1 ||
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
