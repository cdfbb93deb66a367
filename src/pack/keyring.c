/*
 * Data keys on hand: a small cache, the least recently used one goes.  A key
 * in use stays until it is released, in the cache or not.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"
#include "crypto/keys.h"
#include "crypto/seal.h"
#include "pack/index.h"
#include "pack/keyring.h"

#define ITEMS 32
#define TABLE_MAX ((size_t)PACK_KEYS_MAX * \
    (2 + PACK_SLOTS_MAX * PACK_SLOT_SIZE) + 2)

struct keyring_item {
	struct id	 pack;
	uint16_t	 number;
	unsigned	 users;
	uint64_t	 used;		/* when, by the ring's count */
	struct data_key	*key;
};

struct keyring {
	pthread_mutex_t		   lock;
	const struct recovery_key *recovery;
	uint8_t			   name[8];
	struct keyring_item	  *items[ITEMS];
	uint64_t		   count;
};

struct keyring *
keyring_new(const struct recovery_key *recovery, struct err *e)
{
	struct keyring *k;
	char name[RECOVERY_NAME_SIZE];

	if ((k = calloc(1, sizeof(*k))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	(void)pthread_mutex_init(&k->lock, NULL);
	k->recovery = recovery;
	if (recovery != NULL) {
		recovery_key_name(recovery, name);
		(void)num_unhex(name, k->name, 8);	/* it is made of hex */
	}
	return k;
}

static void
item_free(struct keyring_item *i)
{
	if (i == NULL)
		return;
	data_key_free(i->key);
	free(i);
}

void
keyring_free(struct keyring *k)
{
	if (k == NULL)
		return;
	for (int i = 0; i < ITEMS; i++)
		item_free(k->items[i]);
	(void)pthread_mutex_destroy(&k->lock);
	free(k);
}

/* By the slot that bears our name; whoever lies about names only costs time. */
static struct data_key *
open_slots(const struct keyring *k, const struct pack_slot *v, size_t n,
    struct err *e)
{
	struct data_key *key;

	for (int named = 1; named >= 0; named--)
		for (size_t i = 0; i < n; i++) {
			if ((memcmp(v[i].recipient, k->name, 8) == 0) != named)
				continue;
			key = data_key_open(v[i].box, k->recovery, e);
			if (key != NULL || e->kind != ERR_DENIED)
				return key;
		}
	(void)err_set(e, ERR_DENIED, "this recovery key does not open it");
	return NULL;
}

static struct keyring_item *
item_new(const struct keyring *k, const struct place *at, const void *table,
    size_t len, struct err *e)
{
	struct pack_slot slots[PACK_SLOTS_MAX];
	struct keyring_item *item;
	size_t n;

	if (pack_keys_find(table, len, at->entry.key, slots, &n, e) == -1)
		return NULL;
	if ((item = calloc(1, sizeof(*item))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	item->pack = at->pack;
	item->number = at->entry.key;
	if ((item->key = open_slots(k, slots, n, e)) == NULL) {
		item_free(item);
		return NULL;
	}
	return item;
}

/* Keep it in place of the one that was not used for the longest time. */
static void
keep(struct keyring *k, struct keyring_item *item)
{
	int oldest = -1;

	for (int i = 0; i < ITEMS; i++) {
		if (k->items[i] == NULL) {
			oldest = i;
			break;
		}
		if (k->items[i]->users == 0 && (oldest == -1 ||
		    k->items[i]->used < k->items[oldest]->used))
			oldest = i;
	}
	if (oldest == -1)
		return;
	item_free(k->items[oldest]);
	k->items[oldest] = item;
}

static struct keyring_item *
find(struct keyring *k, const struct place *at)
{
	for (int i = 0; i < ITEMS && k->items[i] != NULL; i++)
		if (k->items[i]->number == at->entry.key &&
		    id_compare(&k->items[i]->pack, &at->pack) == 0)
			return k->items[i];
	return NULL;
}

static struct keyring_item *
take(struct keyring *k, struct index *ix, const struct place *at,
    struct buf *table, struct err *e)
{
	struct keyring_item *item;

	if (k->recovery == NULL) {
		(void)err_set(e, ERR_DENIED, "without a recovery key nothing"
		    " can be read");
		return NULL;
	}
	if ((item = find(k, at)) == NULL) {
		if (ix != NULL &&
		    index_keys(ix, at->pack_number, table, e) == -1)
			return NULL;
		item = item_new(k, at, table->data, table->len, e);
		if (item == NULL)
			return NULL;
		keep(k, item);
	}
	item->users++;
	item->used = ++k->count;
	return item;
}

struct keyring_item *
keyring_take(struct keyring *k, struct index *ix, const struct place *at,
    struct err *e)
{
	struct keyring_item *item;
	struct buf table;

	buf_init(&table, TABLE_MAX);
	(void)pthread_mutex_lock(&k->lock);
	item = take(k, ix, at, &table, e);
	(void)pthread_mutex_unlock(&k->lock);
	buf_drop(&table);
	return item;
}

struct keyring_item *
keyring_take_from(struct keyring *k, const struct place *at, const void *table,
    size_t len, struct err *e)
{
	struct keyring_item *item;
	struct buf borrowed = { (uint8_t *)(uintptr_t)table, len, 0, 0 };

	(void)pthread_mutex_lock(&k->lock);
	item = take(k, NULL, at, &borrowed, e);
	(void)pthread_mutex_unlock(&k->lock);
	return item;
}

const struct data_key *
keyring_key(const struct keyring_item *item)
{
	return item->key;
}

void
keyring_release(struct keyring *k, struct keyring_item *item)
{
	bool kept = false;

	if (item == NULL)
		return;
	(void)pthread_mutex_lock(&k->lock);
	for (int i = 0; i < ITEMS; i++)
		kept = kept || k->items[i] == item;
	if (--item->users == 0 && !kept)
		item_free(item);
	(void)pthread_mutex_unlock(&k->lock);
}
