/*
 * From sealed chunks to packs in the store.  Invariants:
 *
 * 1. The index learns of a chunk only after store_put() said that the pack
 *    that holds it is durable.
 * 2. A claimed id is in no pack, or in exactly one that this packer has not
 *    given to the index yet.
 * 3. A data key serves one pack, and each chunk in it has its own number: a
 *    nonce is never used twice.
 * 4. Two packs exist at most; who finds no room waits for the storing thread,
 *    which never waits for anybody but sealers of a full pack.
 *
 *	          claim_spot()            full               store_pack()
 *	spare ──────────────► filling ──────────► queued ──────────────► spare
 *	                      seals go on, outside the lock
 *
 * A chunk gets its place and number under the lock and is sealed outside of
 * it, right into the pack's bytes.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"
#include "crypto/charter.h"
#include "crypto/seal.h"
#include "pack/fault.h"
#include "pack/idset.h"
#include "pack/index.h"
#include "pack/packer.h"
#include "pack/used.h"
#include "store/store.h"

#define PACKS 2
#define CHUNKS_MAX 65536u		/* of a pack that we write */

struct open_pack {
	uint8_t			*bytes;	/* room for all, end included */
	size_t			 len, size;
	struct pack_directory	 directory;
	size_t			 room;	/* of directory.v */
	struct buf		 keys;
	struct data_key		*key;
	unsigned		 sealing;	/* chunks not complete yet */
	struct open_pack	*next;
};

struct packer {
	struct packer_options	 with;
	pthread_mutex_t		 lock;
	pthread_cond_t		 spare_some;	/* a spare pack is there */
	pthread_cond_t		 full_some;	/* or ending, or a seal done */
	pthread_cond_t		 idle;		/* nothing is queued */
	struct open_pack	 packs[PACKS];
	struct open_pack	*spare, *filling, *queued, *storing;
	struct idset		 claimed;
	struct packer_stats	 stats;
	bool			 ending, running;
	pthread_t		 thread;
};

static void	*store_packs(void *);

/* The pack's own bytes, and the most that its end can take. */
static size_t
room_of(const struct packer *p)
{
	return (size_t)p->with.charter->pack_size + PACK_CHUNK_MAX + SEAL_TAG +
	    2 + 2 + CHARTER_MAX_RECOVERY * PACK_SLOT_SIZE + 4 +
	    (size_t)CHUNKS_MAX * PACK_ENTRY_SIZE + PACK_TRAILER_SIZE;
}

static int
start(struct packer *p, struct err *e)
{
	sigset_t all, old;
	int rc;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&p->thread, NULL, store_packs, p);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc != 0)
		return err_set(e, ERR_SYSTEM, "cannot start a thread: %s",
		    strerror(rc));
	p->running = true;
	return 0;
}

struct packer *
packer_new(const struct packer_options *o, struct err *e)
{
	struct packer *p;

	if (o->charter->pack_size > PACK_SIZE_MAX / 2) {
		(void)err_set(e, ERR_UNSUPPORTED, "the store wants packs of"
		    " %u bytes, more than %u", o->charter->pack_size,
		    PACK_SIZE_MAX / 2);
		return NULL;
	}
	if (o->charter->n_recovery == 0) {
		(void)err_set(e, ERR_UNSUPPORTED, "the charter names no"
		    " recovery key to seal packs to");
		return NULL;
	}
	if ((p = calloc(1, sizeof(*p))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	p->with = *o;
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_cond_init(&p->spare_some, NULL);
	(void)pthread_cond_init(&p->full_some, NULL);
	(void)pthread_cond_init(&p->idle, NULL);
	idset_init(&p->claimed);
	for (int i = 0; i < PACKS; i++) {
		buf_init(&p->packs[i].keys, 1u << 16);
		p->packs[i].next = p->spare;
		p->spare = &p->packs[i];
	}
	if (start(p, e) == -1) {
		packer_free(p);
		p = NULL;
	}
	return p;
}

void
packer_free(struct packer *p)
{
	if (p == NULL)
		return;
	(void)pthread_mutex_lock(&p->lock);
	p->ending = true;
	(void)pthread_cond_broadcast(&p->full_some);
	(void)pthread_mutex_unlock(&p->lock);
	if (p->running)
		(void)pthread_join(p->thread, NULL);
	for (int i = 0; i < PACKS; i++) {
		free(p->packs[i].bytes);
		free(p->packs[i].directory.v);
		buf_drop(&p->packs[i].keys);
		data_key_free(p->packs[i].key);
	}
	idset_drop(&p->claimed);
	(void)pthread_mutex_destroy(&p->lock);
	(void)pthread_cond_destroy(&p->spare_some);
	(void)pthread_cond_destroy(&p->full_some);
	(void)pthread_cond_destroy(&p->idle);
	free(p);
}

int
packer_claim(struct packer *p, const struct id *id, struct err *e)
{
	int rc;

	(void)pthread_mutex_lock(&p->lock);
	rc = idset_add(&p->claimed, id, e);
	(void)pthread_mutex_unlock(&p->lock);
	return rc;
}

void
packer_disclaim(struct packer *p, const struct id *id)
{
	(void)pthread_mutex_lock(&p->lock);
	idset_remove(&p->claimed, id);
	(void)pthread_mutex_unlock(&p->lock);
}

/* A data key of its own, sealed to every recovery key of the charter. */
static int
make_keys(const struct packer *p, struct open_pack *o, struct err *e)
{
	const struct charter *c = p->with.charter;
	struct pack_slot slots[CHARTER_MAX_RECOVERY];

	if ((o->key = data_key_new(e)) == NULL)
		return -1;
	for (size_t i = 0; i < c->n_recovery; i++) {
		if (num_unhex(c->recovery[i].name, slots[i].recipient, 8) ==
		    -1)
			return err_set(e, ERR_DAMAGED, "the charter names a"
			    " recovery key %s", c->recovery[i].name);
		if (data_key_seal(o->key, &c->recovery[i], slots[i].box, e) ==
		    -1)
			return -1;
	}
	buf_clear(&o->keys);
	return pack_keys_build(slots, c->n_recovery, &o->keys, e);
}

/* Begin a pack in a spare one. */
static int
begin_pack(struct packer *p, struct err *e)
{
	struct open_pack *o = p->spare;

	if (o->bytes == NULL) {
		o->size = room_of(p);
		if ((o->bytes = malloc(o->size)) == NULL)
			return err_memory(e);
	}
	data_key_free(o->key);
	o->key = NULL;
	if (make_keys(p, o, e) == -1)
		return -1;
	pack_header(o->bytes);
	o->len = PACK_HEADER_SIZE;
	o->directory.n = 0;
	o->sealing = 0;
	p->spare = o->next;
	o->next = NULL;
	p->filling = o;
	return 0;
}

/* The pack being filled is full: the storing thread's turn. */
static void
queue_pack(struct packer *p)
{
	struct open_pack **end = &p->queued;

	while (*end != NULL)
		end = &(*end)->next;
	*end = p->filling;
	p->filling = NULL;
	(void)pthread_cond_broadcast(&p->full_some);
}

static int
entry_room(struct open_pack *o, struct err *e)
{
	struct pack_entry *v;
	size_t room;

	if (o->directory.n < o->room)
		return 0;
	room = o->room != 0 ? o->room * 2 : 256;
	if ((v = realloc(o->directory.v, room * sizeof(*v))) == NULL)
		return err_memory(e);
	o->directory.v = v;
	o->room = room;
	return 0;
}

/* Under the lock: a place and a number in the pack being filled. */
static struct open_pack *
claim_spot(struct packer *p, struct pack_entry *what, struct err *e)
{
	struct open_pack *o;

	while (p->filling == NULL) {
		if (p->spare == NULL) {
			(void)pthread_cond_wait(&p->spare_some, &p->lock);
			continue;
		}
		if (begin_pack(p, e) == -1)
			return NULL;
	}
	o = p->filling;
	if (entry_room(o, e) == -1)
		return NULL;
	what->offset = o->len;
	what->number = o->directory.n;
	what->key = 0;
	o->directory.v[o->directory.n++] = *what;
	o->len += what->sealed;
	o->sealing++;
	if (o->len >= p->with.charter->pack_size ||
	    o->directory.n == CHUNKS_MAX)
		queue_pack(p);
	return o;
}

int
packer_add(struct packer *p, const struct pack_entry *what, const void *data,
    size_t n, struct err *e)
{
	struct pack_entry entry = *what;
	struct seal_as as;
	struct open_pack *o;

	entry.sealed = (uint32_t)n + SEAL_TAG;
	(void)pthread_mutex_lock(&p->lock);
	o = claim_spot(p, &entry, e);
	(void)pthread_mutex_unlock(&p->lock);
	if (o == NULL)
		return -1;
	as = (struct seal_as){ &entry.id, entry.number, entry.opened,
	    entry.coding };
	data_key_seal_chunk(o->key, &as, data, n, o->bytes + entry.offset);
	(void)pthread_mutex_lock(&p->lock);
	/* The storing thread waits for a full pack's seals, no other's. */
	if (--o->sealing == 0 && o != p->filling)
		(void)pthread_cond_broadcast(&p->full_some);
	(void)pthread_mutex_unlock(&p->lock);
	return 0;
}

/* Complete the bytes of a full pack. */
static int
end_pack(struct open_pack *o, struct err *e)
{
	struct buf end;
	int rc;

	buf_init(&end, o->size - o->len);
	o->directory.keys = o->keys.data;
	o->directory.keys_len = o->keys.len;
	if ((rc = pack_end_build(o->len, &o->directory, &end, e)) == 0) {
		memcpy(o->bytes + o->len, end.data, end.len);
		o->len += end.len;
	}
	buf_drop(&end);
	return rc;
}

/* Put it, then tell the index: in this order (invariant 1). */
static int
store_pack(struct packer *p, struct open_pack *o, struct err *e)
{
	struct store_info info = { 0 };
	struct id sha256;
	char name[PACK_NAME_SIZE];
	enum store_put_result put;

	if (end_pack(o, e) == -1)
		return -1;
	id_sha256(o->bytes, o->len, &sha256);
	(void)pack_name(&sha256, name);
	put = store_put(p->with.store, name, o->bytes, o->len, &sha256, e);
	if (put == STORE_FAILED)
		return err_add(e, "cannot store pack %s", name);
	if (put == STORE_EXISTED) {
		if (store_head(p->with.store, name, &info, e) == -1)
			return err_add(e, "cannot store pack %s", name);
		if (info.size != o->len)
			return err_set(e, ERR_DAMAGED, "cannot store pack %s:"
			    " one of another size is there", name);
	}
	if (used_add(p->with.used, &sha256, e) == -1)
		return -1;
	return index_add(p->with.index, &sha256, o->len, &o->directory, e);
}

/* Its chunks are the index's now; the memory is for the next one. */
static void
recycle(struct packer *p, struct open_pack *o, bool stored)
{
	for (size_t i = 0; i < o->directory.n; i++)
		idset_remove(&p->claimed, &o->directory.v[i].id);
	if (stored) {
		p->stats.packs++;
		p->stats.bytes += o->len;
	}
	p->storing = NULL;
	o->next = p->spare;
	p->spare = o;
	(void)pthread_cond_broadcast(&p->spare_some);
	(void)pthread_cond_broadcast(&p->idle);
}

static void *
store_packs(void *cookie)
{
	struct packer *p = cookie;
	struct open_pack *o;
	struct err e;
	int rc;

	err_clear(&e);
	(void)pthread_mutex_lock(&p->lock);
	for (;;) {
		while (p->queued == NULL && !p->ending)
			(void)pthread_cond_wait(&p->full_some, &p->lock);
		if (p->ending)
			break;
		o = p->storing = p->queued;
		p->queued = o->next;
		while (o->sealing > 0)
			(void)pthread_cond_wait(&p->full_some, &p->lock);
		(void)pthread_mutex_unlock(&p->lock);
		if ((rc = fault_check(p->with.fault, &e)) == 0 &&
		    (rc = store_pack(p, o, &e)) == -1)
			fault_raise(p->with.fault, &e);
		(void)pthread_mutex_lock(&p->lock);
		recycle(p, o, rc == 0);
	}
	(void)pthread_mutex_unlock(&p->lock);
	return NULL;
}

void
packer_flush(struct packer *p)
{
	(void)pthread_mutex_lock(&p->lock);
	if (p->filling != NULL)
		queue_pack(p);
	while (p->queued != NULL || p->storing != NULL)
		(void)pthread_cond_wait(&p->idle, &p->lock);
	(void)pthread_mutex_unlock(&p->lock);
}

void
packer_stats(struct packer *p, struct packer_stats *stats)
{
	(void)pthread_mutex_lock(&p->lock);
	*stats = p->stats;
	(void)pthread_mutex_unlock(&p->lock);
}
