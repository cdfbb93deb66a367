/*
 * The pace of requests: see s3_pace.h.  Halving the rate at each complaint and
 * easing it at each success finds the rate that the server bears, as TCP does
 * with a line; the pause at first lets it breathe.
 */
#include <sys/random.h>
#include <time.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/intr.h"
#include "store/s3/s3_pace.h"

#define MS 1000000ll
#define SECOND (1000 * MS)
#define GAP_FIRST (50 * MS)
#define GAP_MAX (5 * SECOND)
#define GAP_NONE (2 * MS)	/* smaller ones are none */
#define REST (SECOND / 2)	/* when the server does not say */
#define SLICE (SECOND / 5)

int
s3_pace_sleep(int64_t ns, struct err *e)
{
	int64_t until = clock_monotonic() + ns, left;
	struct timespec t = { 0 };

	while ((left = until - clock_monotonic()) > 0) {
		if (intr_check(e) == -1)
			return -1;
		t.tv_nsec = left < SLICE ? left : SLICE;
		(void)nanosleep(&t, NULL);
	}
	return intr_check(e);
}

void
s3_pace_init(struct s3_pace *p)
{
	(void)pthread_mutex_init(&p->mutex, NULL);
	p->next = p->gap = p->slowed = 0;
	p->sleep = s3_pace_sleep;
}

void
s3_pace_drop(struct s3_pace *p)
{
	(void)pthread_mutex_destroy(&p->mutex);
}

int
s3_pace_wait(struct s3_pace *p, int64_t deadline, struct err *e)
{
	int64_t now, turn;

	(void)pthread_mutex_lock(&p->mutex);
	now = clock_monotonic();
	turn = p->next > now ? p->next : now;
	if (turn <= deadline && p->gap > 0)
		p->next = turn + p->gap;
	(void)pthread_mutex_unlock(&p->mutex);
	if (turn > deadline)
		return err_set(e, ERR_REMOTE, "the server wants us to wait "
		    "for %lld more seconds", (long long)((turn - now) /
		    SECOND));
	return turn > now ? p->sleep(turn - now, e) : intr_check(e);
}

void
s3_pace_slower(struct s3_pace *p, int64_t began, uint64_t rest)
{
	int64_t now, pause = REST;

	if (rest > 0)
		pause = rest > 86400 ? 86400 * SECOND :
		    (int64_t)rest * SECOND;
	(void)pthread_mutex_lock(&p->mutex);
	now = clock_monotonic();
	if (p->slowed == 0 || began > p->slowed) {
		p->gap = p->gap == 0 ? GAP_FIRST : 2 * p->gap;
		if (p->gap > GAP_MAX)
			p->gap = GAP_MAX;
		p->slowed = now;
	}
	if (p->next < now + pause)
		p->next = now + pause;
	(void)pthread_mutex_unlock(&p->mutex);
}

void
s3_pace_faster(struct s3_pace *p)
{
	(void)pthread_mutex_lock(&p->mutex);
	p->gap -= p->gap / 8;
	if (p->gap < GAP_NONE)
		p->gap = 0;
	(void)pthread_mutex_unlock(&p->mutex);
}

int64_t
s3_pace_backoff(unsigned n, uint32_t first_ms, uint32_t longest_ms)
{
	int64_t ns = first_ms * MS, longest = longest_ms * MS;
	uint32_t dice = UINT32_MAX;

	for (; n > 1 && ns < longest; n--)
		ns *= 2;
	if (ns > longest)
		ns = longest;
	/* without dice: all of it */
	if (getrandom(&dice, sizeof(dice), GRND_NONBLOCK) != sizeof(dice))
		dice = UINT32_MAX;
	/* between a half and all of it: never two clients in step */
	return ns / 2 + (int64_t)((double)ns / 2 * dice / UINT32_MAX);
}
