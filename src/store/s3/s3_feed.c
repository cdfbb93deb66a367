/*
 * Bodies on their way out: see s3_feed.h.  A source is read straight into the
 * buffer that is sent, so that its bytes are touched while they are near.
 */
#include <string.h>
#include <time.h>

#include "base/intr.h"
#include "store/s3/s3_feed.h"
#include "store/s3/s3_limit.h"
#include "store/s3/s3_wire.h"
#include "store/store.h"

#define SECOND 1000000000ll

/* -1 when a signal came. */
static int
rest(int64_t wait)
{
	struct timespec t;

	for (; wait > 0; wait -= SECOND / 5) {
		if (intr_pending() != 0)
			return -1;
		t.tv_sec = 0;
		t.tv_nsec = wait < SECOND / 5 ? wait : SECOND / 5;
		(void)nanosleep(&t, NULL);
	}
	return 0;
}

size_t
s3_feed_read(struct s3_feed *f, char *p, size_t n)
{
	const struct s3_request *r = f->request;
	size_t left = r->len - f->fed, len = n < left ? n : left;
	int64_t wait = 0;

	if (len == 0)
		return 0;
	if (f->limit != NULL)
		len = s3_limit_take(f->limit, len, &wait);
	if (rest(wait) == -1)
		return S3_FEED_FAILED;
	if (r->source == NULL)
		memcpy(p, (const char *)r->body + f->fed, len);
	else if (r->source->read(r->source->cookie, f->fed, len, p,
	    f->e) == -1)
		return S3_FEED_FAILED;
	f->fed += len;
	return len;
}

int
s3_feed_seek(struct s3_feed *f, uint64_t offset)
{
	if (offset > f->request->len ||
	    (f->request->source != NULL && offset != 0))
		return -1;
	f->fed = (size_t)offset;
	return 0;
}
