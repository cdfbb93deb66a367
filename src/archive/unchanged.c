/*
 * Which runs need not be read: see unchanged.h.  Why a run that is taken over
 * is what a reader would find:
 *
 * 1. Whatever changes a file's content, owner, mode or attributes sets its
 *    ctime, which nobody can set back, to the time of the change.
 * 2. A run is remembered only when the ctimes in it were older than the scan
 *    by more than the grain of timestamps: so every later change shows.
 * 3. The digest is of what the scan saw before the files were read: a change
 *    in between shows next time.
 * 4. The same names with the same stat always are the same segments; another
 *    version of muster does not know the runs of this one.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/links.h"
#include "archive/name.h"
#include "archive/stat_cache.h"
#include "archive/unchanged.h"
#include "archive/within.h"
#include "base/fd.h"
#include "pack/chunks.h"

/* How an item looks: all that a snapshot could show of it. */
static int
add_look(struct buf *b, const struct job_item *it, const struct stat *st,
    struct err *e)
{
	const char *link = it->link == NULL ? "" : it->first ? "\1" :
	    link_path(it->link);
	const uint64_t v[] = {
		st->st_mode, st->st_uid, st->st_gid, (uint64_t)st->st_size,
		(uint64_t)st->st_mtim.tv_sec, (uint64_t)st->st_mtim.tv_nsec,
		(uint64_t)st->st_ctim.tv_sec, (uint64_t)st->st_ctim.tv_nsec,
		st->st_ino, st->st_rdev,
	};

	if (buf_add(b, it->name, strlen(it->name) + 1, e) == -1 ||
	    buf_add(b, link, strlen(link) + 1, e) == -1)
		return -1;
	return buf_add(b, v, sizeof(v), e);
}

int
unchanged_see(struct job *j, const struct stat *st, struct err *e)
{
	int64_t at = (int64_t)st->st_ctim.tv_sec * 1000000000 +
	    st->st_ctim.tv_nsec;

	if (at > j->newest)
		j->newest = at;
	return add_look(&j->look, &j->items[j->n_items - 1], st, e);
}

/* Is the first name of this file among the job's own? */
static bool
is_own(const struct job *j, const struct link *link)
{
	size_t i;

	for (i = 0; i < j->n_items; i++)
		if (j->items[i].link == link && j->items[i].first)
			return true;
	return false;
}

/* Is every later name in it of a file that is taken? */
static bool
links_hold(const struct job *j)
{
	struct link *link;
	size_t i;

	for (i = 0; i < j->n_items; i++) {
		link = j->items[i].link;
		if (link != NULL && !j->items[i].first && !is_own(j, link) &&
		    link_wait(link) == NULL)
			return false;
	}
	return true;
}

static int
have_chunks(struct chunks *c, const struct stat_run *r, struct err *e)
{
	size_t i, k;
	int rc = 1;

	for (i = 0; i < r->n_segments && rc == 1; i++)
		for (k = 0; k < r->segments[i].refs.n && rc == 1; k++)
			rc = chunks_keep(c, &r->segments[i].refs.v[k], e);
	return rc;
}

/* The segments' names are those of their items. */
static int
take_segments(struct job *j, struct err *e)
{
	struct stat_run *r = j->known;
	struct segment *s;
	size_t i, at = 0;

	for (i = 0; i < r->n_segments; i++) {
		s = &r->segments[i];
		if (s->entries > j->n_items - at)
			return 0;
		s->first = strdup(j->items[at].name);
		at += s->entries;
		s->last = strdup(j->items[at - 1].name);
		if (s->first == NULL || s->last == NULL)
			return err_memory(e);
	}
	if (at != j->n_items)
		return 0;
	j->segments = r->segments;
	j->n_segments = j->size_segments = r->n_segments;
	r->segments = NULL;		/* the job has them now */
	r->n_segments = 0;
	j->stats = r->stats;
	return 1;
}

int
unchanged_take_over(struct chunks *c, const struct stat_cache *cache,
    struct job *j, struct err *e)
{
	bool compare = j->compare;
	size_t i;
	int rc;

	j->compare = false;
	stat_cache_digest(cache, j->look.data, j->look.len, &j->digest);
	if (j->known == NULL ||
	    id_compare(&j->digest, &j->known->digest) != 0 || !links_hold(j))
		return 0;
	if (compare) {
		j->compare = true;
		return 0;
	}
	if ((rc = have_chunks(c, j->known, e)) != 1 ||
	    (rc = take_segments(j, e)) != 1)
		return rc;
	for (i = 0; i < j->n_items; i++)
		if (j->items[i].first)
			link_settle(j->items[i].link, true);
	return 1;
}

static bool
is_equal(const struct job *j)
{
	const struct refs *a, *b;
	size_t i, k;

	if (j->n_segments != j->known->n_segments)
		return false;
	for (i = 0; i < j->n_segments; i++) {
		a = &j->segments[i].refs;
		b = &j->known->segments[i].refs;
		if (a->n != b->n)
			return false;
		for (k = 0; k < a->n; k++)
			if (id_compare(&a->v[k].id, &b->v[k].id) != 0)
				return false;
	}
	return true;
}

/* Does the run still look the same?  1, 0, -1. */
static int
looks_the_same(int root, const struct stat_cache *cache,
    const struct job *j, struct err *e)
{
	struct stat st;
	struct buf look;
	struct id digest;
	size_t i;
	int fd = -1, rc = 0;

	buf_init(&look, j->look.max);
	for (i = 0; i < j->n_items; i++) {
		fd = within_open(root, j->items[i].name, O_PATH);
		if (fd == -1 || fstat(fd, &st) == -1)
			goto done;
		fd_drop(&fd);
		if (add_look(&look, &j->items[i], &st, e) == -1) {
			rc = -1;
			goto done;
		}
	}
	stat_cache_digest(cache, look.data, look.len, &digest);
	rc = id_compare(&digest, &j->digest) == 0;
done:
	fd_drop(&fd);
	buf_drop(&look);
	return rc;
}

int
unchanged_compare(int root, const struct stat_cache *cache, struct job *j,
    struct err *e)
{
	char why[NAME_TEXT_MAX + 200], text[NAME_TEXT_MAX];
	int rc;

	if (!j->compare || j->n_notes > 0 || is_equal(j))
		return 0;
	if ((rc = looks_the_same(root, cache, j, e)) != 1)
		return rc;
	if (j->n_items == 1)
		(void)snprintf(why, sizeof(why), "its content is not what it "
		    "was, although its size and times are");
	else
		(void)snprintf(why, sizeof(why), "from here to %s (%zu "
		    "entries), some content is not what it was, although all "
		    "sizes and times are",
		    name_format(j->items[j->n_items - 1].name, text),
		    j->n_items);
	return job_note(j, TREE_DIFFERS, j->items[0].name, why, e);
}

void
unchanged_remember(struct stat_cache *cache, const struct job *j,
    int64_t young)
{
	const struct stat_run r = {
		.name = j->items[0].name, .digest = j->digest,
		.stats = j->stats, .segments = j->segments,
		.n_segments = j->n_segments,
	};
	uint64_t entries = 0;
	size_t i;

	for (i = 0; i < j->n_segments; i++)
		entries += j->segments[i].entries;
	if (j->n_notes == 0 && j->newest < young && entries == j->n_items)
		stat_cache_add(cache, &r);
}
