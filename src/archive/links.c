/*
 * Hard links of a tree.
 *
 * The scan meets names in order and asks which file it met before; the files
 * are read later, by several threads.  A later name must not be archived as a
 * link before it is known that the file itself could be read; whoever has a
 * later name waits for that.  Work is handed out in the order of the scan, so
 * the one waited for is always already at work: nobody waits for ever.
 *
 * A file is forgotten when all its names were met, so memory grows with the
 * files whose other names are still to come or are outside of the tree.
 */
#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "archive/links.h"
#include "base/err.h"

enum link_state { LINK_OPEN, LINK_TAKEN, LINK_FAILED };

struct link {
	struct link	*next;		/* in its bucket */
	struct links	*all;
	dev_t		 dev;
	ino_t		 ino;
	nlink_t		 to_come;	/* names not yet met */
	size_t		 holders;	/* one of them is the table */
	enum link_state	 state;
	char		 path[];
};

struct links {
	pthread_mutex_t	  mutex;
	pthread_cond_t	  settled;
	struct link	**bucket;
	size_t		  n_buckets;	/* a power of two */
	size_t		  n;
};

struct links *
links_new(struct err *e)
{
	struct links *l;

	if ((l = calloc(1, sizeof(*l))) == NULL ||
	    (l->bucket = calloc(1024, sizeof(*l->bucket))) == NULL) {
		free(l);
		(void)err_memory(e);
		return NULL;
	}
	l->n_buckets = 1024;
	(void)pthread_mutex_init(&l->mutex, NULL);
	(void)pthread_cond_init(&l->settled, NULL);
	return l;
}

void
links_free(struct links *l)
{
	struct link *k, *next;
	size_t i;

	if (l == NULL)
		return;
	for (i = 0; i < l->n_buckets; i++)
		for (k = l->bucket[i]; k != NULL; k = next) {
			next = k->next;
			free(k);
		}
	(void)pthread_cond_destroy(&l->settled);
	(void)pthread_mutex_destroy(&l->mutex);
	free(l->bucket);
	free(l);
}

static size_t
bucket_of(const struct links *l, dev_t dev, ino_t ino)
{
	uint64_t h = ((uint64_t)ino ^ (uint64_t)dev << 40) *
	    0x9e3779b97f4a7c15;

	return (size_t)(h >> 32) & (l->n_buckets - 1);
}

/* Where the pointer to it is, or to NULL at its bucket's end. */
static struct link **
find(struct links *l, dev_t dev, ino_t ino)
{
	struct link **p = &l->bucket[bucket_of(l, dev, ino)];

	while (*p != NULL && ((*p)->ino != ino || (*p)->dev != dev))
		p = &(*p)->next;
	return p;
}

/* More buckets; without memory for them it only gets slower. */
static void
grow(struct links *l)
{
	size_t i, old_n = l->n_buckets;
	struct link **old = l->bucket, *k, *next, **to;

	if ((to = calloc(old_n * 2, sizeof(*to))) == NULL)
		return;
	l->bucket = to;
	l->n_buckets = old_n * 2;
	for (i = 0; i < old_n; i++)
		for (k = old[i]; k != NULL; k = next) {
			next = k->next;
			to = &l->bucket[bucket_of(l, k->dev, k->ino)];
			k->next = *to;
			*to = k;
		}
	free(old);
}

static struct link *
make(struct links *l, const struct stat *st, const char *path)
{
	size_t len = strlen(path) + 1;
	struct link *k, **p;

	if ((k = malloc(sizeof(*k) + len)) == NULL)
		return NULL;
	*k = (struct link){
		.all = l, .dev = st->st_dev, .ino = st->st_ino,
		.to_come = st->st_nlink, .holders = 1,
	};
	memcpy(k->path, path, len);
	if (++l->n > l->n_buckets)
		grow(l);
	p = find(l, st->st_dev, st->st_ino);
	k->next = *p;
	*p = k;
	return k;
}

struct link *
links_meet(struct links *l, const struct stat *st, const char *path,
    bool *first, struct err *e)
{
	struct link *k, **p;

	(void)pthread_mutex_lock(&l->mutex);
	p = find(l, st->st_dev, st->st_ino);
	*first = *p == NULL;
	k = *first ? make(l, st, path) : *p;
	if (k != NULL) {
		k->holders++;
		if (--k->to_come == 0) {	/* the table may forget it */
			p = find(l, k->dev, k->ino);
			*p = k->next;
			l->n--;
			k->holders--;
		}
	}
	(void)pthread_mutex_unlock(&l->mutex);
	if (k == NULL)
		(void)err_memory(e);
	return k;
}

void
link_settle(struct link *k, bool taken)
{
	(void)pthread_mutex_lock(&k->all->mutex);
	if (k->state == LINK_OPEN)
		k->state = taken ? LINK_TAKEN : LINK_FAILED;
	(void)pthread_cond_broadcast(&k->all->settled);
	(void)pthread_mutex_unlock(&k->all->mutex);
}

const char *
link_wait(struct link *k)
{
	(void)pthread_mutex_lock(&k->all->mutex);
	while (k->state == LINK_OPEN)
		(void)pthread_cond_wait(&k->all->settled, &k->all->mutex);
	(void)pthread_mutex_unlock(&k->all->mutex);
	return k->state == LINK_TAKEN ? k->path : NULL;
}

const char *
link_path(const struct link *k)
{
	return k->path;
}

void
link_release(struct link *k)
{
	struct links *l;
	bool last;

	if (k == NULL)
		return;
	l = k->all;
	(void)pthread_mutex_lock(&l->mutex);
	last = --k->holders == 0;
	(void)pthread_mutex_unlock(&l->mutex);
	if (last)
		free(k);
}
