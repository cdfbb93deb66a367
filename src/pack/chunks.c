/*
 * All chunks of a store: put together from its parts, and taken apart again.
 * See stream.c for the way in, source.c and fetch.c for the way out.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "crypto/charter.h"
#include "crypto/keys.h"
#include "pack/inside.h"
#include "pack/keyring.h"
#include "pack/packer.h"

#define WORKERS_MAX 64

static unsigned
count_workers(int wanted)
{
	long n = wanted > 0 ? wanted : sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > WORKERS_MAX ? WORKERS_MAX : (unsigned)n;
}

static int
make_plans(struct chunks *c, struct err *e)
{
	const struct charter *ch = c->with.charter;
	uint64_t gear[256];
	int rc = 0;

	_Static_assert((int)CONTENT_KINDS == CHARTER_KINDS,
	    "the charter has sizes for every kind of content");
	store_secret_gear(c->with.secret, gear);
	for (int i = 0; i < CONTENT_KINDS && rc == 0; i++) {
		const size_t sizes[3] = { ch->chunk_min[i],
		    ch->chunk_mean[i], ch->chunk_max[i] };

		rc = chunker_plan_init(&c->plans[i], gear, sizes, e);
	}
	explicit_bzero(gear, sizeof(gear));
	return rc;
}

static int
open_store(struct chunks *c, struct err *e)
{
	const struct index_options io = { c->with.index,
	    c->with.charter->store, 0 };
	struct packer_options po = { c->with.store, NULL, c->with.charter,
	    &c->fault, &c->used };

	if ((c->keys = keyring_new(c->with.recovery, e)) == NULL ||
	    (c->index = index_open(&io, e)) == NULL ||
	    index_sync(c->index, c->with.store, &c->bad, e) == -1)
		return -1;
	po.index = c->index;
	if (c->with.writable && (c->packer = packer_new(&po, e)) == NULL)
		return -1;
	return 0;
}

struct chunks *
chunks_open(const struct chunks_options *o, struct err *e)
{
	struct chunks *c;

	if ((c = calloc(1, sizeof(*c))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	c->with = *o;
	fault_init(&c->fault);
	used_init(&c->used);
	benches_init(&c->benches);
	(void)pthread_mutex_init(&c->lock, NULL);
	(void)pthread_cond_init(&c->room, NULL);
	if (make_plans(c, e) == -1 ||
	    (o->store != NULL && open_store(c, e) == -1) ||
	    (c->pool = pool_new(count_workers(o->workers), e)) == NULL) {
		chunks_close(c);
		c = NULL;
	}
	return c;
}

void
chunks_close(struct chunks *c)
{
	struct err closing;

	if (c == NULL)
		return;
	/* What is still queued is dropped, not done. */
	(void)err_set(&closing, ERR_INTERRUPTED, "the store was closed");
	fault_raise(&c->fault, &closing);
	pool_free(c->pool);
	packer_free(c->packer);
	index_close(c->index);
	keyring_free(c->keys);
	jobs_drop(c);
	fault_drop(&c->fault);
	used_drop(&c->used);
	benches_drop(&c->benches);
	(void)pthread_mutex_destroy(&c->lock);
	(void)pthread_cond_destroy(&c->room);
	explicit_bzero(c->plans, sizeof(c->plans));
	free(c);
}

size_t
chunks_bad(const struct chunks *c)
{
	return c->bad;
}

const struct store_secret *
chunks_secret(const struct chunks *c)
{
	return c->with.secret;
}

bool
chunks_are_dry(const struct chunks *c)
{
	return c->with.store == NULL;
}

int
chunks_flush(struct chunks *c, struct err *e)
{
	(void)pthread_mutex_lock(&c->lock);
	while (c->jobs > 0)
		(void)pthread_cond_wait(&c->room, &c->lock);
	(void)pthread_mutex_unlock(&c->lock);
	if (c->packer != NULL)
		packer_flush(c->packer);
	return fault_check(&c->fault, e);
}

int
chunks_used(struct chunks *c, int (*each)(void *, const struct id *,
    struct err *), void *cookie, struct err *e)
{
	return used_each(&c->used, each, cookie, e);
}

void
chunks_stats(const struct chunks *c, struct chunks_stats *stats)
{
	struct chunks *own = (struct chunks *)(uintptr_t)c;	/* its lock */
	struct packer_stats p = { 0, 0 };

	(void)pthread_mutex_lock(&own->lock);
	*stats = c->stats;
	(void)pthread_mutex_unlock(&own->lock);
	if (c->packer != NULL)
		packer_stats(c->packer, &p);
	stats->packs = p.packs;
	stats->workers = count_workers(c->with.workers);
	stats->stored_bytes = p.bytes;
}
