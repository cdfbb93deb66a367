/*
 * A decorator that makes one operation of a store go wrong: see
 * store_fault.h.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/id.h"
#include "store_fault.h"
#include "store/store.h"

struct fault {
	struct store		*below;
	struct fault_plan	*plan;
	pthread_mutex_t		 mutex;
};

/* Is it this one that goes wrong? */
static bool
strikes(struct fault *f, unsigned op, const char *name)
{
	struct fault_plan *p = f->plan;
	bool now = false;

	if ((p->ops & op) == 0 ||
	    (p->name_has != NULL && strstr(name, p->name_has) == NULL))
		return false;
	(void)pthread_mutex_lock(&f->mutex);
	p->seen++;
	now = p->nth != 0 && (p->seen == p->nth ||
	    (p->later_too && p->seen > p->nth));
	(void)pthread_mutex_unlock(&f->mutex);
	if (now && p->kind == FAULT_DELAY) {
		const struct timespec t = {
			.tv_sec = p->delay_ms / 1000,
			.tv_nsec = (long)(p->delay_ms % 1000) * 1000000,
		};

		(void)nanosleep(&t, NULL);
		return false;
	}
	return now;
}

static int
fail(const struct fault *f, struct err *e)
{
	if (f->plan->kind == FAULT_FORGET)
		return err_set(e, ERR_ABSENT, "there is no such object");
	return err_set(e, f->plan->as != ERR_NONE ? f->plan->as : ERR_REMOTE,
	    "the store failed on purpose");
}

static enum store_put_result
put(void *self, const char *name, const void *data, size_t len,
    const struct id *sha256, struct err *e)
{
	struct fault *f = self;
	enum store_put_result rc;
	uint8_t *copy;

	if (!strikes(f, FAULT_PUT, name))
		return store_put(f->below, name, data, len, sha256, e);
	switch (f->plan->kind) {
	case FAULT_FORGET:
		return STORE_PUT;
	case FAULT_TEAR:
		(void)store_put(f->below, name, data, len / 2, sha256, e);
		return fail(f, e);
	case FAULT_FLIP:
		if ((copy = malloc(len + 1)) == NULL)
			return err_memory(e);
		if (len > 0) {
			memcpy(copy, data, len);
			copy[len / 2] ^= 1;
		}
		rc = store_put(f->below, name, copy, len, sha256, e);
		free(copy);
		return rc;
	default:
		return fail(f, e);
	}
}

static int
get(void *self, const char *name, uint64_t offset, size_t len, void *out,
    struct err *e)
{
	struct fault *f = self;
	bool now = strikes(f, FAULT_GET, name);
	enum fault_kind kind = f->plan->kind;

	if (now && kind != FAULT_TEAR && kind != FAULT_FLIP)
		return fail(f, e);
	if (store_get(f->below, name, offset, len, out, e) == -1)
		return -1;
	if (now && len > 0 && kind == FAULT_TEAR)
		memset((uint8_t *)out + len / 2, 0, len - len / 2);
	if (now && len > 0 && kind == FAULT_FLIP)
		((uint8_t *)out)[len / 2] ^= 1;
	return 0;
}

static int
head(void *self, const char *name, struct store_info *info, struct err *e)
{
	struct fault *f = self;

	if (strikes(f, FAULT_HEAD, name))
		return fail(f, e);
	return store_head(f->below, name, info, e);
}

struct half {
	uint64_t	n, at;
	int		(*each)(void *, const struct store_info *,
			    struct err *);
	void		*cookie;
};

static int
count(void *cookie, const struct store_info *info, struct err *e)
{
	(void)info;
	(void)e;
	((struct half *)cookie)->n++;
	return 0;
}

static int
first_half(void *cookie, const struct store_info *info, struct err *e)
{
	struct half *h = cookie;

	if (h->at++ >= h->n / 2)
		return 0;
	return h->each(h->cookie, info, e);
}

static int
list(void *self, const char *prefix,
    int (*each)(void *, const struct store_info *, struct err *), void *cookie,
    struct err *e)
{
	struct fault *f = self;
	struct half h = { .each = each, .cookie = cookie };

	if (!strikes(f, FAULT_LIST, prefix))
		return store_list(f->below, prefix, each, cookie, e);
	if (f->plan->kind == FAULT_FORGET)
		return 0;
	if (f->plan->kind != FAULT_TEAR)
		return fail(f, e);
	if (store_list(f->below, prefix, count, &h, e) == -1)
		return -1;
	return store_list(f->below, prefix, first_half, &h, e);
}

static int
drop(void *self, const char *name, struct err *e)
{
	struct fault *f = self;

	if (!strikes(f, FAULT_REMOVE, name))
		return store_remove(f->below, name, e);
	return f->plan->kind == FAULT_FORGET ? 0 : fail(f, e);
}

static void
fault_close(void *self)
{
	struct fault *f = self;

	(void)pthread_mutex_destroy(&f->mutex);
	free(f);
}

static const struct store_driver driver = {
	.put = put,
	.get = get,
	.head = head,
	.list = list,
	.remove = drop,
	.close = fault_close,
};

struct store *
store_fault_new(struct store *below, struct fault_plan *plan, struct err *e)
{
	struct fault *f;

	if ((f = calloc(1, sizeof(*f))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	f->below = below;
	f->plan = plan;
	(void)pthread_mutex_init(&f->mutex, NULL);
	return store_wrap(&driver, f, store_url(below), e);
}
