/*
 * The bucket as a store: see s3.h.  What each operation relies on:
 *
 *   put     A HEAD finds what is there already; then PUT with If-None-Match,
 *           whose 412 says the same, atomically.  After a try whose end was
 *           not seen, a 412 may mean our own object: then it is read back and
 *           compared.
 *   get     One ranged GET; the header must promise exactly the bytes that
 *           were asked for, and all of them must come.
 *   head    A 404 has no body, so that it may be a bucket or a proxy that
 *           speaks: a GET of one byte must say NoSuchKey.
 *   list    Pages, each parsed to its end before anything of it is handed on;
 *           keys must come in order, beyond the last page, below the prefix.
 *   remove  S3 removes what is not there with success, so that it is looked
 *           for before.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "crypto/digest.h"
#include "crypto/guard.h"
#include "crypto/id.h"
#include "store/s3/s3.h"
#include "store/s3/s3_keys.h"
#include "store/s3/s3_look.h"
#include "store/s3/s3_reply.h"
#include "store/s3/s3_send.h"
#include "store/s3/s3_xml.h"

#define SECOND 1000000000ll
#define DAY (86400 * SECOND)
#define RANGE_MAX ((uint64_t)1 << 50)	/* no object is that large */

struct s3 {
	struct s3_sender	 sender;
	atomic_bool		 blind;		/* no If-None-Match there */
	atomic_bool		 locks;		/* the bucket was seen to */
};

/* A request under way, with what it points at. */
struct ask {
	char		  key[S3_KEY_MAX + 1];
	struct s3_request request;
	struct s3_reply	  reply;
	unsigned	  tries;
};

static void
ask_init(struct ask *a, const struct s3 *s, const char *verb,
    const char *name)
{
	memset(a, 0, sizeof(*a));
	(void)snprintf(a->key, sizeof(a->key), "%s%s", s->sender.config.prefix,
	    name);
	a->request.verb = verb;
	a->request.key = a->key;
	s3_reply_init(&a->reply, false, NULL, 0, 0);
}

static void
ask_range(struct ask *a, void *out, uint64_t offset, uint64_t len)
{
	a->request.offset = offset;
	a->request.want = len;
	s3_reply_init(&a->reply, true, out, offset, len);
}

static void
ask_header(struct ask *a, const char *name, const char *value)
{
	a->request.extra[a->request.n_extra++] =
	    (struct sigv4_header){ name, value };
}

static enum s3_verdict
ask_send(struct ask *a, struct s3 *s, struct err *e)
{
	enum s3_verdict v;

	v = s3_send(&s->sender, &a->request, &a->reply, NULL, &a->tries, e);
	s3_reply_drop(&a->reply);
	return v;
}

static enum s3_verdict
look(struct s3 *s, const char *name, struct ask *a, struct err *e)
{
	ask_init(a, s, "HEAD", name);
	return ask_send(a, s, e);
}

/* Is it certainly not there?  S3_DONE: it is there. */
static enum s3_verdict
touch(struct s3 *s, const char *name, struct err *e)
{
	struct ask a;
	enum s3_verdict v;
	char byte;

	ask_init(&a, s, "GET", name);
	ask_range(&a, &byte, 0, 1);
	v = ask_send(&a, s, e);
	/* an empty object has no first byte */
	return v == S3_SHORT ? S3_DONE : v;
}

/* HEAD that can be believed. */
static int
find(struct s3 *s, const char *name, struct ask *a, struct err *e)
{
	enum s3_verdict v;

	if ((v = look(s, name, a, e)) == S3_ABSENT &&
	    (v = touch(s, name, e)) == S3_DONE &&
	    (v = look(s, name, a, e)) == S3_ABSENT)
		return err_set(e, ERR_REMOTE, "the server says that it is "
		    "there and that it is not");
	return v == S3_DONE ? 0 : -1;
}

static int
s3_head(void *self, const char *name, struct store_info *info, struct err *e)
{
	struct ask a;

	if (find(self, name, &a, e) == -1)
		return -1;
	(void)snprintf(info->name, sizeof(info->name), "%s", name);
	info->size = (uint64_t)a.reply.length;
	info->mtime = a.reply.modified;
	return 0;
}

/* A range that no server needs to be asked for. */
static int
get_nothing(struct s3 *s, const char *name, uint64_t offset, size_t len,
    struct err *e)
{
	struct ask a;
	uint64_t size;

	if (find(s, name, &a, e) == -1)
		return -1;
	size = (uint64_t)a.reply.length;
	if (offset <= size && len <= size - offset)
		return len == 0 ? 0 : err_set(e, ERR_UNSUPPORTED,
		    "a range of %zu bytes", len);
	return err_set(e, ERR_DAMAGED, "it has only %llu bytes",
	    (unsigned long long)size);
}

static int
s3_get(void *self, const char *name, uint64_t offset, size_t len, void *out,
    struct err *e)
{
	struct ask a;

	if (len == 0 || len > RANGE_MAX || offset > RANGE_MAX)
		return get_nothing(self, name, offset, len, e);
	ask_init(&a, self, "GET", name);
	ask_range(&a, out, offset, len);
	return ask_send(&a, self, e) == S3_DONE ? 0 : -1;
}

static int
s3_get_to(void *self, const char *name, size_t len,
    const struct store_sink *sink, struct err *e)
{
	struct ask a;

	ask_init(&a, self, "GET", name);
	ask_range(&a, NULL, 0, len);
	a.reply.to = sink;
	return ask_send(&a, self, e) == S3_DONE ? 0 : -1;
}

/* Has it the bytes of this digest? */
static enum store_put_result
compare(struct s3 *s, const char *name, size_t len, const struct id *sha256,
    struct err *e)
{
	enum store_put_result rc = STORE_FAILED;
	struct id seen;
	struct ask a;
	void *copy;

	if ((copy = malloc(len + 1)) == NULL) {
		(void)err_memory(e);
		return STORE_FAILED;
	}
	if (find(s, name, &a, e) == -1)
		goto done;
	if ((uint64_t)a.reply.length != len)
		rc = STORE_EXISTED;
	else if (s3_get(s, name, 0, len, copy, e) == 0) {
		id_sha256(copy, len, &seen);
		rc = id_compare(&seen, sha256) == 0 ? STORE_PUT :
		    STORE_EXISTED;
	}
done:
	free(copy);
	return rc;
}

/* Texts of a put's headers. */
struct put {
	struct ask	a;
	char		hex[ID_TEXT_SIZE];
	char		md5[BASE64_SIZE(DIGEST_MD5_SIZE)];
	char		until[CLOCK_TEXT_MAX];
};

/* Amazon and others take locked objects only with a digest of the bytes. */
static int
add_lock(struct put *p, const struct s3_config *c, struct err *e)
{
	const struct s3_request *r = &p->a.request;
	uint8_t md5[DIGEST_MD5_SIZE];

	if (c->lock == STORE_UNLOCKED)
		return 0;
	if (digest_md5(r->body, r->len, md5, e) == -1)
		return -1;
	ask_header(&p->a, "Content-MD5",
	    base64_format(md5, sizeof(md5), p->md5));
	ask_header(&p->a, "x-amz-object-lock-mode",
	    c->lock == STORE_GOVERNANCE ? "GOVERNANCE" : "COMPLIANCE");
	ask_header(&p->a, "x-amz-object-lock-retain-until-date",
	    clock_format(clock_utc() + c->lock_days * DAY, p->until));
	return 0;
}

/* The first object that was put with a lock must be seen to have one. */
static int
check_lock(struct s3 *s, const char *name, struct err *e)
{
	enum store_lock lock = s->sender.config.lock;
	struct ask a;

	if (lock == STORE_UNLOCKED || atomic_load(&s->locks))
		return 0;
	if (find(s, name, &a, e) == -1)
		return err_add(e, "it was put, but cannot be seen");
	if (strcmp(a.reply.lock_mode, lock == STORE_GOVERNANCE ?
	    "GOVERNANCE" : "COMPLIANCE") != 0 ||
	    a.reply.lock_until[0] == '\0')
		return err_set(e, ERR_REMOTE, "it was put, but the bucket did "
		    "not lock it: is Object Lock enabled there, and may this "
		    "key read retention (s3:GetObjectRetention)?");
	atomic_store(&s->locks, true);
	return 0;
}

static enum s3_verdict
put_once(struct s3 *s, struct put *p, struct err *e)
{
	const struct s3_config *c = &s->sender.config;
	bool blind = atomic_load(&s->blind);
	enum s3_verdict v;

	p->a.request.n_extra = 0;
	if (!blind)
		ask_header(&p->a, "If-None-Match", "*");
	if (c->storage_class[0] != '\0')
		ask_header(&p->a, "x-amz-storage-class", c->storage_class);
	if (add_lock(p, c, e) == -1)
		return S3_REFUSED;
	v = ask_send(&p->a, s, e);
	if (v != S3_LACKING || blind)
		return v;
	atomic_store(&s->blind, true);
	return put_once(s, p, e);
}

/* Bytes in memory, or a source of them. */
struct load {
	const void			*data;
	const struct store_source	*source;
	size_t				 len;
};

static enum store_put_result
put(struct s3 *s, const char *name, const struct load *l,
    const struct id *sha256, struct err *e)
{
	struct put p;
	enum s3_verdict v;

	/* a key that may only write is not told: then the 412 must do */
	v = look(s, name, &p.a, e);
	if (v == S3_DONE)
		return STORE_EXISTED;
	if (v != S3_ABSENT && v != S3_DENIED)
		return STORE_FAILED;
	ask_init(&p.a, s, "PUT", name);
	p.a.request.body = l->data;
	p.a.request.source = l->source;
	p.a.request.len = l->len;
	p.a.request.payload = id_format(sha256, p.hex);
	v = put_once(s, &p, e);
	if (v == S3_EXISTS)
		return p.a.tries == 1 ? STORE_EXISTED :
		    compare(s, name, l->len, sha256, e);
	if (v != S3_DONE || check_lock(s, name, e) == -1)
		return STORE_FAILED;
	return STORE_PUT;
}

static enum store_put_result
s3_put(void *self, const char *name, const void *data, size_t len,
    const struct id *sha256, struct err *e)
{
	return put(self, name, &(struct load){ data, NULL, len }, sha256, e);
}

/* A locked object's header has an MD5, for which all bytes are needed. */
static enum store_put_result
s3_put_from(void *self, const char *name, const struct store_source *source,
    const struct id *sha256, struct err *e)
{
	const struct s3 *s = self;
	struct load l = { NULL, source, source->len };
	enum store_put_result rc = STORE_FAILED;
	void *data = NULL;

	if (s->sender.config.lock != STORE_UNLOCKED) {
		if ((data = malloc(l.len)) == NULL) {
			(void)err_memory(e);
			return STORE_FAILED;
		}
		if (source->read(source->cookie, 0, l.len, data, e) == -1)
			goto done;
		l = (struct load){ data, NULL, l.len };
	}
	rc = put(self, name, &l, sha256, e);
done:
	free(data);
	return rc;
}

struct listing {
	struct s3	*s;
	char		 prefix[S3_KEY_MAX + 1];
	char		 last[S3_KEY_MAX + 1];	/* key that was seen last */
	int		 (*each)(void *, const struct store_info *,
			    struct err *);
	void		*cookie;
};

static int
list_page(struct listing *l, struct s3_page *page, struct err *e)
{
	struct s3_sender *sender = &l->s->sender;
	char max[16];
	struct s3_request r = {
		.verb = "GET", .key = "",
		.query = {
			{ "encoding-type", "url" }, { "max-keys", max },
			{ "prefix", l->prefix }, { "marker", l->last },
		},
		.n_query = l->last[0] != '\0' ? 4 : 3,
	};
	struct s3_reply reply;
	enum s3_verdict v;
	unsigned tries;

	(void)snprintf(max, sizeof(max), "%u", (unsigned)sender->config.page);
	s3_reply_init(&reply, false, NULL, 0, 0);
	v = s3_send(sender, &r, &reply, page, &tries, e);
	s3_reply_drop(&reply);
	if (v == S3_DONE && page->truncated && page->n == 0)
		return err_set(e, ERR_REMOTE, "the server's list has a page "
		    "with nothing in it that is not the last");
	return v == S3_DONE ? 0 : -1;
}

static int
list_item(struct listing *l, const struct s3_item *item, struct err *e)
{
	size_t n = strlen(l->s->sender.config.prefix);
	struct store_info info = { .size = item->size, .mtime = item->mtime };
	const char *name = item->key + n;

	if (strncmp(item->key, l->prefix, strlen(l->prefix)) != 0)
		return err_set(e, ERR_REMOTE, "cannot list objects: the "
		    "server's list has some that were not asked for");
	if (strcmp(item->key, l->last) <= 0)
		return err_set(e, ERR_REMOTE, "cannot list objects: the "
		    "server's list is not in order");
	(void)snprintf(l->last, sizeof(l->last), "%s", item->key);
	if (!store_is_name(name))
		return 0;
	(void)snprintf(info.name, sizeof(info.name), "%s", name);
	return l->each(l->cookie, &info, e);
}

static int
s3_list(void *self, const char *prefix,
    int (*each)(void *, const struct store_info *, struct err *),
    void *cookie, struct err *e)
{
	struct listing l = { .s = self, .each = each, .cookie = cookie };
	struct s3_page page = { 0 };
	bool more = true;
	int rc = 0;
	size_t i;

	(void)snprintf(l.prefix, sizeof(l.prefix), "%s%s",
	    l.s->sender.config.prefix, prefix);
	while (more && rc == 0) {
		if (list_page(&l, &page, e) == -1) {
			rc = err_add(e, "cannot list objects");
			break;
		}
		for (i = 0; i < page.n && rc == 0; i++)
			rc = list_item(&l, &page.item[i], e);
		more = page.truncated;
	}
	s3_page_drop(&page);
	return rc;
}

static int
s3_remove(void *self, const char *name, struct err *e)
{
	struct ask a;

	if (find(self, name, &a, e) == -1)
		return -1;
	ask_init(&a, self, "DELETE", name);
	return ask_send(&a, self, e) == S3_DONE ? 0 : -1;
}

static int
s3_kept(void *self, const char *name, struct store_kept *k, struct err *e)
{
	struct ask a;

	if (find(self, name, &a, e) == -1)
		return -1;
	if (a.reply.lock_mode[0] == '\0')
		return 0;
	k->lock = strcmp(a.reply.lock_mode, "COMPLIANCE") == 0 ?
	    STORE_COMPLIANCE : STORE_GOVERNANCE;
	return clock_parse(a.reply.lock_until, &k->until, e);
}

/* PutObjectRetention: its body must have an MD5, too. */
static int
s3_keep(void *self, const char *name, const struct store_kept *k,
    struct err *e)
{
	char body[256], until[CLOCK_TEXT_MAX], hex[ID_TEXT_SIZE];
	char text[BASE64_SIZE(DIGEST_MD5_SIZE)];
	uint8_t md5[DIGEST_MD5_SIZE];
	struct id sha256;
	struct ask a;
	int n;

	n = snprintf(body, sizeof(body), "<Retention xmlns=\""
	    "http://s3.amazonaws.com/doc/2006-03-01/\"><Mode>%s</Mode>"
	    "<RetainUntilDate>%s</RetainUntilDate></Retention>",
	    k->lock == STORE_COMPLIANCE ? "COMPLIANCE" : "GOVERNANCE",
	    clock_format(k->until, until));
	if (digest_md5(body, (size_t)n, md5, e) == -1)
		return -1;
	id_sha256(body, (size_t)n, &sha256);
	ask_init(&a, self, "PUT", name);
	a.request.query[a.request.n_query++] =
	    (struct s3_pair){ "retention", "" };
	a.request.untagged = true;
	a.request.body = body;
	a.request.len = (size_t)n;
	a.request.payload = id_format(&sha256, hex);
	ask_header(&a, "Content-MD5", base64_format(md5, sizeof(md5), text));
	return ask_send(&a, self, e) == S3_DONE ? 0 : -1;
}

static int
s3_look(void *self, struct store_health *h, struct err *e)
{
	struct s3 *s = self;

	return s3_look_bucket(&s->sender, h, e);
}

static void
s3_close(void *self)
{
	struct s3 *s = self;

	s3_sender_drop(&s->sender);
	free(s);
}

static const struct store_driver driver = {
	.put = s3_put,
	.put_from = s3_put_from,
	.get_to = s3_get_to,
	.get = s3_get,
	.head = s3_head,
	.list = s3_list,
	.remove = s3_remove,
	.kept = s3_kept,
	.keep = s3_keep,
	.look = s3_look,
	.close = s3_close,
};

struct store *
s3_open_config(const char *url, const struct s3_config *c,
    struct s3_keys *keys, struct err *e)
{
	struct s3 *s;

	if ((s = calloc(1, sizeof(*s))) == NULL) {
		(void)err_memory(e);
		s3_keys_free(keys);
		return NULL;
	}
	if (s3_sender_init(&s->sender, c, keys, e) == -1) {
		free(s);
		return NULL;
	}
	return store_wrap(&driver, s, url, e);
}

struct store *
s3_open(const char *url, const struct store_options *o, struct err *e)
{
	struct s3_config c;
	struct s3_keys *keys;

	if (s3_config_make(&c, url, o, e) == -1)
		return NULL;
	keys = s3_keys_new(o != NULL ? o->credentials : NULL,
	    o != NULL ? o->profile : NULL, e);
	if (keys == NULL) {
		(void)err_add(e, "cannot open store %s", url);
		return NULL;
	}
	return s3_open_config(url, &c, keys, e);
}

static int
stop_at_once(void *cookie, const struct store_info *info, struct err *e)
{
	(void)cookie;
	(void)info;
	(void)e;
	return 1;
}

int
s3_check(const char *url, const struct store_options *o, struct err *e)
{
	struct store *s;
	int rc;

	if ((s = s3_open(url, o, e)) == NULL)
		return -1;
	rc = store_list(s, "", stop_at_once, NULL, e);
	store_close(s);
	return rc == -1 ? err_add(e, "cannot use store %s", url) : 0;
}
