/*
 * A store in memory: a sorted array of objects behind one mutex.  It exists
 * to show that the interface asks nothing that only a file system has.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "store_mem.h"
#include "store/store.h"

struct object {
	struct store_info	 info;
	uint8_t			*data;
};

struct mem {
	pthread_mutex_t	 mutex;
	struct object	*object;
	size_t		 n;
};

/* Where the name is, or would be. */
static size_t
find(const struct mem *m, const char *name)
{
	size_t low = 0, high = m->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (strcmp(m->object[mid].info.name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct object *
lookup(const struct mem *m, const char *name, struct err *e)
{
	size_t i = find(m, name);

	if (i < m->n && strcmp(m->object[i].info.name, name) == 0)
		return &m->object[i];
	(void)err_set(e, ERR_ABSENT, "there is no such object");
	return NULL;
}

static int
insert(struct mem *m, const char *name, const void *data, size_t len,
    struct err *e)
{
	size_t i = find(m, name);
	struct object *grown, o = { .data = NULL };

	if ((o.data = malloc(len + 1)) == NULL)
		return err_memory(e);
	if (len > 0)
		memcpy(o.data, data, len);
	(void)stpcpy(o.info.name, name);
	o.info.size = len;
	o.info.mtime = clock_utc();
	if ((grown = realloc(m->object, (m->n + 1) * sizeof(o))) == NULL) {
		free(o.data);
		return err_memory(e);
	}
	m->object = grown;
	memmove(grown + i + 1, grown + i, (m->n - i) * sizeof(o));
	grown[i] = o;
	m->n++;
	return 0;
}

static enum store_put_result
put(void *self, const char *name, const void *data, size_t len,
    const struct id *sha256, struct err *e)
{
	struct mem *m = self;
	enum store_put_result rc;

	(void)sha256;
	(void)pthread_mutex_lock(&m->mutex);
	if (lookup(m, name, e) != NULL)
		rc = STORE_EXISTED;
	else
		rc = insert(m, name, data, len, e) == 0 ? STORE_PUT :
		    STORE_FAILED;
	(void)pthread_mutex_unlock(&m->mutex);
	return rc;
}

/* In small pieces, and the first of them twice, as when it is sent again. */
static enum store_put_result
put_from(void *self, const char *name, const struct store_source *source,
    const struct id *sha256, struct err *e)
{
	enum store_put_result rc = STORE_FAILED;
	size_t at, len, piece = source->len / 5 + 1;
	uint8_t *data;

	if ((data = malloc(source->len)) == NULL) {
		(void)err_memory(e);
		return STORE_FAILED;
	}
	if (piece < source->len && source->read(source->cookie, 0, piece,
	    data, e) == -1)
		goto done;
	for (at = 0; at < source->len; at += len) {
		len = source->len - at < piece ? source->len - at : piece;
		if (source->read(source->cookie, at, len, data + at,
		    e) == -1)
			goto done;
	}
	rc = put(self, name, data, source->len, sha256, e);
done:
	free(data);
	return rc;
}

static int get(void *, const char *, uint64_t, size_t, void *, struct err *);

/* In small pieces, and the first of them twice, as when it comes again. */
static int
get_to(void *self, const char *name, size_t len,
    const struct store_sink *sink, struct err *e)
{
	size_t at = 0, n, piece = len / 5 + 1;
	bool again = len > piece;
	uint8_t *data;
	int rc = -1;

	if ((data = malloc(len)) == NULL)
		return err_memory(e);
	if (get(self, name, 0, len, data, e) == -1)
		goto done;
	while (at < len) {
		n = len - at < piece ? len - at : piece;
		if (sink->take(sink->cookie, at, data + at, n, e) == -1)
			goto done;
		at = again ? 0 : at + n;
		again = false;
	}
	rc = 0;
done:
	free(data);
	return rc;
}

static int
get(void *self, const char *name, uint64_t offset, size_t len, void *out,
    struct err *e)
{
	struct mem *m = self;
	const struct object *o;
	int rc = -1;

	(void)pthread_mutex_lock(&m->mutex);
	if ((o = lookup(m, name, e)) == NULL)
		goto done;
	if (offset > o->info.size || len > o->info.size - offset) {
		(void)err_set(e, ERR_DAMAGED, "it is too short");
		goto done;
	}
	if (len > 0)
		memcpy(out, o->data + offset, len);
	rc = 0;
done:
	(void)pthread_mutex_unlock(&m->mutex);
	return rc;
}

static int
head(void *self, const char *name, struct store_info *info, struct err *e)
{
	struct mem *m = self;
	const struct object *o;

	(void)pthread_mutex_lock(&m->mutex);
	if ((o = lookup(m, name, e)) != NULL)
		*info = o->info;
	(void)pthread_mutex_unlock(&m->mutex);
	return o != NULL ? 0 : -1;
}

/* The mutex is not held while each runs: it may use the store. */
static int
list(void *self, const char *prefix,
    int (*each)(void *, const struct store_info *, struct err *), void *cookie,
    struct err *e)
{
	struct mem *m = self;
	struct store_info info = { .name = "" };
	size_t i, n = strlen(prefix);
	int more, rc = 0;

	do {
		(void)pthread_mutex_lock(&m->mutex);
		if (info.name[0] == '\0') {
			i = find(m, prefix);
		} else {
			i = find(m, info.name);
			if (i < m->n && strcmp(m->object[i].info.name,
			    info.name) == 0)
				i++;
		}
		more = i < m->n &&
		    strncmp(m->object[i].info.name, prefix, n) == 0;
		if (more)
			info = m->object[i].info;
		(void)pthread_mutex_unlock(&m->mutex);
		if (more)
			rc = each(cookie, &info, e);
	} while (more && rc == 0);
	return rc;
}

static int
drop(void *self, const char *name, struct err *e)
{
	struct mem *m = self;
	struct object *o;
	size_t i;

	(void)pthread_mutex_lock(&m->mutex);
	if ((o = lookup(m, name, e)) != NULL) {
		i = (size_t)(o - m->object);
		free(o->data);
		m->n--;
		memmove(o, o + 1, (m->n - i) * sizeof(*o));
	}
	(void)pthread_mutex_unlock(&m->mutex);
	return o != NULL ? 0 : -1;
}

static void
mem_close(void *self)
{
	struct mem *m = self;
	size_t i;

	for (i = 0; i < m->n; i++)
		free(m->object[i].data);
	free(m->object);
	(void)pthread_mutex_destroy(&m->mutex);
	free(m);
}

static const struct store_driver driver = {
	.put = put,
	.put_from = put_from,
	.get = get,
	.get_to = get_to,
	.head = head,
	.list = list,
	.remove = drop,
	.close = mem_close,
};

struct store *
store_mem_new(struct err *e)
{
	struct mem *m;

	if ((m = calloc(1, sizeof(*m))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	(void)pthread_mutex_init(&m->mutex, NULL);
	return store_wrap(&driver, m, "mem:", e);
}
