/*
 * Owners by a hash of 64 bits of the name.  Should two names ever have the
 * same hash, one is taken again with the other's owner: then the copy is not
 * equal, unless the owners are.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include "archive/name.h"
#include "archive/recorded.h"
#include "base/err.h"

struct item {
	uint64_t	hash;		/* 0: a free slot */
	uid_t		uid;
	gid_t		gid;
};

struct recorded {
	struct item	*v;
	size_t		 n, size;	/* size: a power of two, or 0 */
	pthread_mutex_t	 mutex;
};

struct recorded *
recorded_new(struct err *e)
{
	struct recorded *r;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		(void)err_memory(e);
	else
		(void)pthread_mutex_init(&r->mutex, NULL);
	return r;
}

void
recorded_free(struct recorded *r)
{
	if (r == NULL)
		return;
	(void)pthread_mutex_destroy(&r->mutex);
	free(r->v);
	free(r);
}

/* Its slot, or the free one where it belongs. */
static struct item *
slot(struct item *v, size_t size, uint64_t hash)
{
	size_t i = (size_t)hash & (size - 1);

	while (v[i].hash != 0 && v[i].hash != hash)
		i = (i + 1) & (size - 1);
	return &v[i];
}

static int
grow(struct recorded *r, struct err *e)
{
	size_t i, size = r->size == 0 ? 64 : r->size * 2;
	struct item *v;

	if (r->n < r->size / 2)
		return 0;
	if ((v = calloc(size, sizeof(*v))) == NULL)
		return err_memory(e);
	for (i = 0; i < r->size; i++)
		if (r->v[i].hash != 0)
			*slot(v, size, r->v[i].hash) = r->v[i];
	free(r->v);
	r->v = v;
	r->size = size;
	return 0;
}

static uint64_t
hash_of(const char *name)
{
	uint64_t h = name_hash(name);

	return h == 0 ? 1 : h;
}

int
recorded_add(struct recorded *r, const char *name, uid_t uid, gid_t gid,
    struct err *e)
{
	uint64_t hash = hash_of(name);
	struct item *x;
	int rc;

	(void)pthread_mutex_lock(&r->mutex);
	if ((rc = grow(r, e)) == 0) {
		x = slot(r->v, r->size, hash);
		r->n += x->hash == 0;
		*x = (struct item){ hash, uid, gid };
	}
	(void)pthread_mutex_unlock(&r->mutex);
	return rc;
}

bool
recorded_find(const struct recorded *r, const char *name, uid_t *uid,
    gid_t *gid)
{
	const struct item *x;

	if (r->size == 0)
		return false;
	x = slot(r->v, r->size, hash_of(name));
	if (x->hash == 0)
		return false;
	*uid = x->uid;
	*gid = x->gid;
	return true;
}

size_t
recorded_count(const struct recorded *r)
{
	return r->n;
}
