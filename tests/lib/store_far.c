/* A store that is far: see store_far.h. */
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "store/store.h"
#include "store_far.h"

static int
far_get(void *self, const char *name, uint64_t offset, size_t len, void *out,
    struct err *e)
{
	struct far *f = self;
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 20;
	(void)pthread_mutex_lock(&f->lock);
	if (++f->asking > f->most)
		f->most = f->asking;
	(void)pthread_cond_broadcast(&f->asked);
	while (f->most < 2 && pthread_cond_timedwait(&f->asked, &f->lock,
	    &until) == 0)
		;
	f->asking--;
	(void)pthread_mutex_unlock(&f->lock);
	return store_get(f->below, name, offset, len, out, e);
}

static int
far_head(void *self, const char *name, struct store_info *info, struct err *e)
{
	return store_head(((struct far *)self)->below, name, info, e);
}

static int
far_list(void *self, const char *prefix, int (*each)(void *,
    const struct store_info *, struct err *), void *cookie, struct err *e)
{
	return store_list(((struct far *)self)->below, prefix, each, cookie,
	    e);
}

static void
far_close(void *self)
{
	struct far *f = self;

	(void)pthread_cond_destroy(&f->asked);
	(void)pthread_mutex_destroy(&f->lock);
}

struct store *
store_far_new(struct far *f, struct store *below, struct err *e)
{
	static const struct store_driver driver = { .get = far_get,
		.head = far_head, .list = far_list, .close = far_close };

	memset(f, 0, sizeof(*f));
	f->below = below;
	(void)pthread_mutex_init(&f->lock, NULL);
	(void)pthread_cond_init(&f->asked, NULL);
	return store_wrap(&driver, f, "far", e);
}
