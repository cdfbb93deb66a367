/*
 * Packs read back whole.  What is checked is what was read: one read of the
 * object, its digest, its directory and its chunks all from the same bytes.
 *
 * A checker has room for two packs: the caller's thread reads one while the
 * workers check the one before it.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "pack/check.h"
#include "pack/inside.h"
#include "pack/keyring.h"
#include "pack/pack.h"
#include "store/store.h"

#define BATCH_BYTES ((size_t)2 << 20)	/* opened, about, for one task */

struct each {
	int	(*fn)(void *, const struct store_info *, const struct id *,
		    struct err *);
	void	*cookie;
};

static int
name_each(void *cookie, const struct store_info *info, struct err *e)
{
	const struct each *each = cookie;
	struct id sha256;
	bool named = pack_name_parse(info->name, &sha256) == 0;

	return each->fn(each->cookie, info, named ? &sha256 : NULL, e);
}

int
packs_each(struct store *store, int (*fn)(void *, const struct store_info *,
    const struct id *, struct err *), void *cookie, struct err *e)
{
	struct each each = { fn, cookie };

	return store_list(store, "packs/", name_each, &each, e);
}

/* The bytes of a pack, and what they say. */
struct loaded {
	struct id		sha256;
	struct buf		bytes;
	struct pack_directory	directory;
};

static int
check_digest(const struct loaded *l, struct err *e)
{
	struct id sha256;

	id_sha256(l->bytes.data, l->bytes.len, &sha256);
	if (id_compare(&sha256, &l->sha256) != 0)
		return err_set(e, ERR_DAMAGED, "its SHA-256 is not its name");
	return 0;
}

static int
parse(struct loaded *l, struct err *e)
{
	struct pack_trailer t;
	uint8_t *p = l->bytes.data;
	size_t len = l->bytes.len;

	if (len < PACK_HEADER_SIZE + PACK_TRAILER_SIZE)
		return err_set(e, ERR_DAMAGED, "%zu bytes are no pack", len);
	if (pack_header_check(p, e) == -1 ||
	    pack_trailer_parse(p + len - PACK_TRAILER_SIZE, len, &t, e) == -1)
		return -1;
	return pack_directory_parse(p + t.offset, &t, &l->directory, e);
}

static void
count(const struct loaded *l, struct pack_report *report)
{
	const struct pack_directory *d = &l->directory;

	memset(report, 0, sizeof(*report));
	report->size = l->bytes.len;
	report->chunks = d->n;
	for (size_t i = 0; i < d->n; i++) {
		report->sealed += d->v[i].sealed;
		report->opened += d->v[i].opened;
	}
}

static void
loaded_init(struct loaded *l)
{
	memset(l, 0, sizeof(*l));
	buf_init(&l->bytes, PACK_SIZE_MAX);
}

static void
loaded_drop(struct loaded *l)
{
	buf_drop(&l->bytes);
	pack_directory_drop(&l->directory);
}

static int
name_pack(const struct loaded *l, struct err *e)
{
	char name[PACK_NAME_SIZE];

	return err_add(e, "pack %s", pack_name(&l->sha256, name));
}

/*
 * The bytes, and where the chunks are in them; that the bytes are the pack's
 * is checked here only when they are none, for that is what is wrong then.
 * The memory of a pack before it is used again.
 */
static int
load(struct loaded *l, struct store *store, const struct id *sha256,
    struct err *e)
{
	char name[PACK_NAME_SIZE];
	struct store_info info;
	struct err why;
	uint8_t *p;
	int rc = -1;

	l->sha256 = *sha256;
	pack_directory_drop(&l->directory);
	buf_clear(&l->bytes);
	(void)pack_name(sha256, name);
	if (store_head(store, name, &info, e) == -1)
		goto done;
	if (info.size > PACK_SIZE_MAX) {
		(void)err_set(e, ERR_DAMAGED, "an object of %llu bytes is no"
		    " pack", (unsigned long long)info.size);
		goto done;
	}
	if ((p = buf_room(&l->bytes, (size_t)info.size, e)) == NULL ||
	    store_get(store, name, 0, (size_t)info.size, p, e) == -1)
		goto done;
	l->bytes.len = (size_t)info.size;
	if ((rc = parse(l, e)) == -1 && check_digest(l, &why) == -1)
		*e = why;
done:
	return rc == 0 ? 0 : name_pack(l, e);
}

int
pack_check(struct store *store, const struct id *sha256,
    struct pack_report *report, struct err *e)
{
	struct loaded l;
	int rc;

	memset(report, 0, sizeof(*report));
	loaded_init(&l);
	if ((rc = load(&l, store, sha256, e)) == 0 &&
	    (rc = check_digest(&l, e)) == -1)
		(void)name_pack(&l, e);
	if (rc == 0)
		count(&l, report);
	loaded_drop(&l);
	return rc;
}

/* Chunks [from, to) of a pack, for one worker. */
struct batch {
	struct task	 task;		/* first: a task is its batch */
	struct checking	*checking;
	size_t		 from, to;
};

/* One pack on its way. */
struct checking {
	struct chunks		*chunks;
	struct loaded		 loaded;
	bool			 begun;		/* to be finished */
	struct err		 why;		/* it could not be loaded */
	struct batch		*batches;
	pthread_mutex_t		 lock;
	pthread_cond_t		 done;
	size_t			 left;		/* batches */
	uint64_t		 checked;
	struct fault		 fault;
	struct fault		 digest;	/* of the whole pack */
};

struct pack_checker {
	struct checking	 of[2];
	unsigned	 next;		/* which one to begin */
	pack_checked_fn	 checked;
	void		*cookie;
};

_Static_assert(offsetof(struct batch, task) == 0, "a task is its batch");

static int
check_chunk(struct checking *k, struct bench *b, const struct pack_entry *v,
    struct err *e)
{
	const struct loaded *l = &k->loaded;
	struct place at = { *v, l->sha256, 0 };
	struct opening o = { &at, l->bytes.data + v->offset, NULL };
	struct keyring_item *key;
	int rc;

	buf_clear(&b->sealed);		/* the bytes are elsewhere */
	if ((o.out = buf_room(&b->sealed, v->opened, e)) == NULL)
		return -1;
	key = keyring_take_from(k->chunks->keys, &at, l->directory.keys,
	    l->directory.keys_len, e);
	if (key == NULL)
		return name_pack(l, e);
	rc = chunk_unpack(k->chunks, b, &o, keyring_key(key), e);
	keyring_release(k->chunks->keys, key);
	return rc;
}

static void
run_batch(struct task *t, struct bench *b)
{
	struct batch *batch = (struct batch *)t;
	struct checking *k = batch->checking;
	struct err e;
	uint64_t checked = 0;

	for (size_t i = batch->from; i < batch->to; i++) {
		err_clear(&e);
		if (check_chunk(k, b, &k->loaded.directory.v[i], &e) == -1)
			fault_raise(&k->fault, &e);
		else
			checked++;
	}
	(void)pthread_mutex_lock(&k->lock);
	k->checked += checked;
	if (--k->left == 0)
		(void)pthread_cond_signal(&k->done);
	(void)pthread_mutex_unlock(&k->lock);
}

static void
run_digest(struct task *t, struct bench *b)
{
	struct batch *batch = (struct batch *)t;
	struct checking *k = batch->checking;
	struct err e;

	(void)b;
	err_clear(&e);
	if (check_digest(&k->loaded, &e) == -1) {
		(void)name_pack(&k->loaded, &e);
		fault_raise(&k->digest, &e);
	}
	(void)pthread_mutex_lock(&k->lock);
	if (--k->left == 0)
		(void)pthread_cond_signal(&k->done);
	(void)pthread_mutex_unlock(&k->lock);
}

/* Divide the directory: how many batches, and which, if v is given. */
static size_t
divide(struct checking *k, struct batch *v)
{
	const struct pack_directory *d = &k->loaded.directory;
	size_t n = 0, from = 0, bytes = 0;

	for (size_t i = 0; i < d->n; i++) {
		bytes += d->v[i].opened;
		if (bytes < BATCH_BYTES && i + 1 < d->n)
			continue;
		if (v != NULL)
			v[n] = (struct batch){ { NULL, NULL, false, run_batch },
			    k, from, i + 1 };
		n++;
		from = i + 1;
		bytes = 0;
	}
	return n;
}

static void
checking_init(struct checking *k, struct chunks *c)
{
	k->chunks = c;
	loaded_init(&k->loaded);
	(void)pthread_mutex_init(&k->lock, NULL);
	(void)pthread_cond_init(&k->done, NULL);
}

static void
checking_drop(struct checking *k)
{
	loaded_drop(&k->loaded);
	(void)pthread_cond_destroy(&k->done);
	(void)pthread_mutex_destroy(&k->lock);
}

/* Hand the digest and all chunks to the workers. */
static int
push_all(struct checking *k, struct err *e)
{
	const size_t n = divide(k, NULL) + 1;
	struct batch *v;

	if ((v = malloc(n * sizeof(*v))) == NULL)
		return err_memory(e);
	v[0] = (struct batch){ { NULL, NULL, false, run_digest }, k, 0, 0 };
	k->batches = v;
	k->left = divide(k, v + 1) + 1;
	for (size_t i = 0; i < n; i++)
		pool_push(k->chunks->pool, &v[i].task);
	return 0;
}

/* Read it, and let it be checked. */
static void
begin(struct checking *k, const struct id *sha256)
{
	k->begun = true;
	k->checked = 0;
	k->batches = NULL;
	err_clear(&k->why);
	fault_init(&k->fault);
	fault_init(&k->digest);
	if (load(&k->loaded, k->chunks->with.store, sha256, &k->why) == 0)
		(void)push_all(k, &k->why);
}

/* Wait until it was checked. */
static int
finish(struct checking *k, struct pack_report *report, struct err *e)
{
	int rc = -1;

	memset(report, 0, sizeof(*report));
	if (k->why.kind != ERR_NONE) {
		*e = k->why;
	} else {
		(void)pthread_mutex_lock(&k->lock);
		while (k->left > 0)
			(void)pthread_cond_wait(&k->done, &k->lock);
		(void)pthread_mutex_unlock(&k->lock);
		count(&k->loaded, report);
		/* Chunks of something else do not count. */
		if ((rc = fault_check(&k->digest, e)) == 0) {
			report->checked = k->checked;
			rc = fault_check(&k->fault, e);
		}
	}
	free(k->batches);
	fault_drop(&k->fault);
	fault_drop(&k->digest);
	k->begun = false;
	return rc;
}

struct pack_checker *
pack_checker_new(struct chunks *c, pack_checked_fn checked, void *cookie,
    struct err *e)
{
	struct pack_checker *p;

	if (c->keys == NULL) {
		(void)err_set(e, ERR_ABSENT, "no store to read packs from");
		return NULL;
	}
	if ((p = calloc(1, sizeof(*p))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	p->checked = checked;
	p->cookie = cookie;
	for (int i = 0; i < 2; i++)
		checking_init(&p->of[i], c);
	return p;
}

/* Tell of the pack that was begun before, if there is one. */
static int
settle(struct pack_checker *p, struct checking *k, struct err *e)
{
	struct pack_report report;
	struct id sha256;
	struct err why;
	int rc;

	if (!k->begun)
		return 0;
	err_clear(&why);
	sha256 = k->loaded.sha256;
	rc = finish(k, &report, &why);
	return p->checked(p->cookie, &sha256, &report, rc == -1 ? &why : NULL,
	    e);
}

int
pack_checker_add(struct pack_checker *p, const struct id *sha256,
    struct err *e)
{
	struct checking *now = &p->of[p->next], *before = &p->of[!p->next];

	p->next = !p->next;
	begin(now, sha256);
	return settle(p, before, e);
}

int
pack_checker_end(struct pack_checker *p, struct err *e)
{
	return settle(p, &p->of[!p->next], e);
}

void
pack_checker_free(struct pack_checker *p)
{
	struct pack_report report;
	struct err ignored;

	if (p == NULL)
		return;
	for (int i = 0; i < 2; i++) {
		if (p->of[i].begun)
			(void)finish(&p->of[i], &report, &ignored);
		checking_drop(&p->of[i]);
	}
	free(p);
}
