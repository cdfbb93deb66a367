/*
 * A smooth limit of bandwidth: see s3_limit.h.  Time that was not used is not
 * saved up, so that a pause is never followed by a burst.
 */
#include "base/clock.h"
#include "store/s3/s3_limit.h"

#define SECOND 1000000000ull
#define PIECES 50		/* a second */
#define PIECE_MIN 1024u
#define PIECE_MAX (64u << 10)

void
s3_limit_init(struct s3_limit *l, uint64_t rate)
{
	(void)pthread_mutex_init(&l->mutex, NULL);
	l->rate = rate;
	l->next = 0;
}

void
s3_limit_drop(struct s3_limit *l)
{
	(void)pthread_mutex_destroy(&l->mutex);
}

size_t
s3_limit_take(struct s3_limit *l, size_t n, int64_t *wait)
{
	uint64_t piece = l->rate / PIECES;
	int64_t now;

	*wait = 0;
	if (l->rate == 0)
		return n;
	piece = piece < PIECE_MIN ? PIECE_MIN : piece;
	piece = piece > PIECE_MAX ? PIECE_MAX : piece;
	if (n > piece)
		n = (size_t)piece;
	(void)pthread_mutex_lock(&l->mutex);
	now = clock_monotonic();
	if (l->next < now)
		l->next = now;
	*wait = l->next - now;
	l->next += (int64_t)(n * SECOND / l->rate);
	(void)pthread_mutex_unlock(&l->mutex);
	return n;
}
