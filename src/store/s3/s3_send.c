/*
 * Tries until it is sure: see s3_send.h.  Time is bounded by the budget of the
 * operation, plus one try that was under way; what makes no sense is tried a
 * few times only, and so is a server that never answered: a wrong name or
 * port should be told soon.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/intr.h"
#include "store/s3/s3_front.h"
#include "store/s3/s3_keys.h"
#include "store/s3/s3_reply.h"
#include "store/s3/s3_send.h"
#include "store/s3/s3_xml.h"

#define MS 1000000ll
#define SECOND (1000 * MS)
#define ODD_MAX 4
#define RENEWALS_MAX 2

/* One operation. */
struct task {
	struct s3_sender	*s;
	const struct s3_request	*request;
	struct s3_reply		*reply;
	struct s3_page		*page;
	int64_t			 began, tried;	/* clock_monotonic() */
	unsigned		 tries, odd, renewals;
};

int
s3_sender_init(struct s3_sender *s, const struct s3_config *c,
    struct s3_keys *keys, struct err *e)
{
	memset(s, 0, sizeof(*s));
	if (s3_front_start(e) == -1) {
		s3_keys_free(keys);
		return -1;
	}
	s->config = *c;
	s->keys = keys;
	s3_limit_init(&s->limit, c->limit_upload);
	s3_pace_init(&s->pace);
	s->link = (struct s3_link){ &s->config, s->keys, &s->limit };
	return 0;
}

void
s3_sender_drop(struct s3_sender *s)
{
	s3_pace_drop(&s->pace);
	s3_limit_drop(&s->limit);
	s3_keys_free(s->keys);
	s3_front_stop();
}

static enum s3_verdict
attempt(struct task *t, struct err *e)
{
	struct s3_reply *r = t->reply;
	struct err why;
	bool whole = false;
	enum s3_verdict v;

	s3_reply_start_over(r);
	t->tries++;
	t->tried = clock_monotonic();
	if (s3_front_do(&t->s->link, t->request, r, e) == -1)
		return S3_REFUSED;
	err_clear(&why);
	if (t->page != NULL && r->http == 200 && r->curl == 0) {
		s3_page_drop(t->page);
		whole = s3_xml_page(r->body.data, r->body.len, t->page,
		    &why) == 0;
	}
	v = s3_judge(t->request, r, whole);
	if (v != S3_DONE && why.kind != ERR_NONE)
		*e = why;
	else if (v != S3_DONE)
		(void)s3_judge_explain(&t->s->config, t->request, r, v, e);
	return v;
}

/* Is there a use in another try, and when? */
static bool
is_worth_it(struct task *t, enum s3_verdict v, int64_t *deadline)
{
	const struct s3_config *c = &t->s->config;

	if (v < S3_AGAIN || (v == S3_ODD && ++t->odd >= ODD_MAX))
		return false;
	*deadline = t->began + c->budget * MS;
	if (t->reply->http == 0 && !atomic_load(&t->s->reached) &&
	    (v == S3_UNREACHED || t->tries >= ODD_MAX))
		*deadline = t->began + c->reach * MS;
	return clock_monotonic() < *deadline;
}

static int
wait_for_next(struct task *t, enum s3_verdict v, int64_t deadline,
    struct err *e)
{
	const struct s3_config *c = &t->s->config;
	int64_t wait = s3_pace_backoff(t->tries, c->first_wait,
	    c->longest_wait);
	int64_t asked = t->reply->retry_after > 86400 ? 86400 * SECOND :
	    (int64_t)t->reply->retry_after * SECOND;

	if (v == S3_SLOWER)
		s3_pace_slower(&t->s->pace, t->tried, t->reply->retry_after);
	else if (asked > wait)
		wait = asked;
	if (clock_monotonic() + wait > deadline)
		return err_set(e, ERR_REMOTE, "the next try would come too "
		    "late");
	return t->s->pace.sleep(wait, e);
}

static enum s3_verdict
give_up(const struct task *t, enum s3_verdict v, struct err *e)
{
	int64_t spent = (clock_monotonic() - t->began) / SECOND;

	if (e->kind == ERR_DENIED)	/* by the store: see store.h */
		e->sys = EACCES;
	if (t->tries > 1 && v >= S3_AGAIN)
		(void)err_add(e, "gave up after %u tries in %lld seconds",
		    t->tries, (long long)spent);
	return v;
}

/* 1: others are at hand. */
static int
renew(struct task *t, struct err *e)
{
	struct err why;
	int rc;

	if (t->renewals++ >= RENEWALS_MAX)
		return 0;
	if ((rc = s3_keys_renew(t->s->keys, t->reply->began, &why)) == -1)
		*e = why;
	return rc;
}

enum s3_verdict
s3_send(struct s3_sender *s, const struct s3_request *request,
    struct s3_reply *reply, struct s3_page *page, unsigned *tries,
    struct err *e)
{
	struct task t = {
		.s = s, .request = request, .reply = reply, .page = page,
		.began = clock_monotonic(),
	};
	int64_t deadline = t.began + s->config.budget * MS;
	enum s3_verdict v = S3_AGAIN;
	struct err why;

	for (;;) {
		if (s3_pace_wait(&s->pace, deadline, &why) == -1) {
			if (why.kind == ERR_INTERRUPTED || t.tries == 0)
				*e = why;
			break;
		}
		v = attempt(&t, e);
		*tries = t.tries;
		if (reply->http > 0)
			atomic_store(&s->reached, true);
		if (v < S3_AGAIN && reply->http > 0)
			s3_pace_faster(&s->pace);
		if (v == S3_EXPIRED && renew(&t, e) == 1)
			continue;
		if (!is_worth_it(&t, v, &deadline))
			break;
		if (wait_for_next(&t, v, deadline, &why) == -1) {
			if (why.kind == ERR_INTERRUPTED)
				*e = why;
			break;
		}
	}
	if (v == S3_DONE)
		return v;
	if (e->kind == ERR_INTERRUPTED)
		return S3_STOPPED;
	return give_up(&t, v, e);
}
