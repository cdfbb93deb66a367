/*
 * The index in step with its store.  The packs that the index knew before
 * the listing began and that the listing does not show are forgotten; a pack
 * that another process adds meanwhile is not among those.
 *
 * Reading a pack in takes one request for most: the end of the object with
 * its trailer and, unless it is long, its whole directory.  Several are read at
 * once: a store that is far answers each after its time, however many there
 * are.  What a directory may take is bounded for all of them together.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/gang.h"
#include "pack/inside.h"
#include "pack/pack.h"
#include "store/store.h"

#define TAIL ((size_t)256 << 10)
#define MANY 4				/* packs; worth not to wait for disks */
#define BUDGET ((size_t)128 << 20)	/* of all directories at hand */

struct known {
	struct index_pack pack;
	bool		  listed;
};

struct stray {
	struct id	sha256;
	uint64_t	size;
};

struct sync {
	struct index	*index;
	struct store	*store;
	struct known	*known;		/* in order of SHA-256 */
	size_t		 n_known, room_known;
	struct stray	*strays;	/* to be read in */
	size_t		 n_strays, room_strays;
	pthread_mutex_t	 lock;		/* of all below */
	pthread_cond_t	 less;		/* held became less */
	size_t		 held;		/* of the budget */
	size_t		*bad;
};

/* Room for one more item of an array that grows by doubling. */
static void *
room(void *v, size_t n, size_t *size, size_t item, struct err *e)
{
	size_t more = *size != 0 ? *size * 2 : 64;
	void *p;

	if (n < *size)
		return v;
	if (more > SIZE_MAX / item || (p = realloc(v, more * item)) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	*size = more;
	return p;
}

static int
add_known(void *cookie, const struct index_pack *pack, struct err *e)
{
	struct sync *s = cookie;
	void *v = room(s->known, s->n_known, &s->room_known,
	    sizeof(*s->known), e);

	if (v == NULL)
		return -1;
	s->known = v;
	s->known[s->n_known++] = (struct known){ *pack, false };
	return 0;
}

static int
compare_known(const void *a, const void *b)
{
	return id_compare(a, &((const struct known *)b)->pack.sha256);
}

/* An object of the store: is it known, and in order? */
static int
see(void *cookie, const struct store_info *info, struct err *e)
{
	struct sync *s = cookie;
	struct known *k;
	struct id sha256;
	void *v;

	if (pack_name_parse(info->name, &sha256) == -1)
		return 0;
	k = s->n_known == 0 ? NULL : bsearch(&sha256, s->known, s->n_known,
	    sizeof(*s->known), compare_known);
	if (k != NULL && k->pack.size == info->size) {
		k->listed = true;
		if (!k->pack.bad)
			return 0;
	}
	v = room(s->strays, s->n_strays, &s->room_strays, sizeof(*s->strays),
	    e);
	if (v == NULL)
		return -1;
	s->strays = v;
	s->strays[s->n_strays++] = (struct stray){ sha256, info->size };
	return 0;
}

static int
compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static int
forget(struct sync *s, struct err *e)
{
	uint32_t *numbers;
	size_t n = 0;
	int rc;

	if (s->n_known == 0)
		return 0;
	if ((numbers = malloc(s->n_known * sizeof(*numbers))) == NULL)
		return err_memory(e);
	for (size_t i = 0; i < s->n_known; i++)
		if (!s->known[i].listed)
			numbers[n++] = s->known[i].pack.number;
	qsort(numbers, n, sizeof(*numbers), compare_numbers);
	rc = index_forget(s->index, numbers, n, e);
	free(numbers);
	return rc;
}

/* A directory's bytes, and about as much for what is read out of them. */
static size_t
cost(const struct pack_trailer *t)
{
	return 2 * (size_t)t->len;
}

/* Wait until so much more may be held; one may always be. */
static void
hold(struct sync *s, size_t n)
{
	(void)pthread_mutex_lock(&s->lock);
	while (s->held > 0 && s->held + n > BUDGET)
		(void)pthread_cond_wait(&s->less, &s->lock);
	s->held += n;
	(void)pthread_mutex_unlock(&s->lock);
}

static void
let_go(struct sync *s, size_t n)
{
	(void)pthread_mutex_lock(&s->lock);
	s->held -= n;
	(void)pthread_cond_broadcast(&s->less);
	(void)pthread_mutex_unlock(&s->lock);
}

/* *held is of the budget, to be let go with the directory, also on -1. */
static int
directory_get(struct sync *s, const char *name, uint64_t size,
    struct pack_directory *d, size_t *held, struct err *e)
{
	struct pack_trailer t;
	struct buf tail;
	size_t len = size < TAIL ? (size_t)size : TAIL;
	uint8_t *p;
	int rc = -1;

	memset(d, 0, sizeof(*d));
	buf_init(&tail, PACK_DIRECTORY_MAX + PACK_TRAILER_SIZE);
	if (size < PACK_HEADER_SIZE + PACK_TRAILER_SIZE ||
	    size > PACK_SIZE_MAX) {
		(void)err_set(e, ERR_DAMAGED, "an object of %llu bytes is no"
		    " pack", (unsigned long long)size);
		goto done;
	}
	if ((p = buf_room(&tail, len, e)) == NULL ||
	    store_get(s->store, name, size - len, len, p, e) == -1 ||
	    pack_trailer_parse(p + len - PACK_TRAILER_SIZE, size, &t, e) == -1)
		goto done;
	hold(s, *held = cost(&t));
	if (t.len > len - PACK_TRAILER_SIZE) {
		len = (size_t)t.len + PACK_TRAILER_SIZE;
		if ((p = buf_room(&tail, len, e)) == NULL ||
		    store_get(s->store, name, t.offset, (size_t)t.len, p,
		    e) == -1)
			goto done;
	}
	rc = pack_directory_parse(p + len - PACK_TRAILER_SIZE - t.len, &t, d,
	    e);
done:
	if (rc == -1)
		(void)err_add(e, "pack %s", name);
	buf_drop(&tail);
	return rc;
}

/* A pack that the index lacks. */
static int
read_in(void *cookie, size_t i, unsigned worker, struct err *e)
{
	struct sync *s = cookie;
	const struct stray *stray = &s->strays[i];
	struct pack_directory d;
	char name[PACK_NAME_SIZE];
	size_t held = 0;
	int rc;

	(void)worker;
	(void)pack_name(&stray->sha256, name);
	rc = directory_get(s, name, stray->size, &d, &held, e);
	if (rc == 0) {
		rc = index_add(s->index, &stray->sha256, stray->size, &d, e);
		pack_directory_drop(&d);
	} else if (e->kind == ERR_ABSENT) {	/* removed since then */
		rc = 0;
	} else if (e->kind == ERR_DAMAGED || e->kind == ERR_UNSUPPORTED) {
		err_clear(e);
		(void)pthread_mutex_lock(&s->lock);
		(*s->bad)++;
		(void)pthread_mutex_unlock(&s->lock);
		rc = index_add(s->index, &stray->sha256, stray->size, NULL, e);
	}
	let_go(s, held);
	return rc;
}

int
index_sync(struct index *index, struct store *store, size_t *bad,
    struct err *e)
{
	struct sync s = { .index = index, .store = store, .bad = bad };
	struct gang readers = { .workers = GANG_FAR, .work = read_in,
	    .cookie = &s };
	struct err ignored;
	int rc = -1;

	(void)pthread_mutex_init(&s.lock, NULL);
	(void)pthread_cond_init(&s.less, NULL);
	*bad = 0;
	if (index_packs(index, add_known, &s, e) != 0 ||
	    store_list(store, "packs/", see, &s, e) != 0 ||
	    forget(&s, e) == -1)
		goto done;
	readers.n = s.n_strays;
	if (s.n_strays >= MANY)
		index_hurry(index);
	rc = gang_run(&readers, e);
	if (index_settle(index, rc == -1 ? &ignored : e) == -1)
		rc = -1;
done:
	if (rc == -1)
		(void)err_add(e, "cannot read which packs %s holds",
		    store_url(store));
	(void)pthread_cond_destroy(&s.less);
	(void)pthread_mutex_destroy(&s.lock);
	free(s.known);
	free(s.strays);
	return rc;
}
