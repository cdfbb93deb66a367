/*
 * The narrow interface that the rest of muster sees: names are checked here,
 * once, so that a driver may trust them; URLs choose the driver; everything
 * else is forwarded, and failures say which object of which store they mean.
 * What a driver tried in vain on its way to success is nobody's error.
 */
#include <assert.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/dir.h"
#include "store/health.h"
#include "store/s3/s3.h"
#include "store/store.h"

struct store {
	const struct store_driver	*driver;
	void				*self;
	char				*url;
};

static bool
is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

/* A name may not end with an empty part; a prefix of one may. */
static bool
is_name(const char *name, bool prefix)
{
	size_t i, part = 0;

	for (i = 0; name[i] != '\0'; i++) {
		if (i == STORE_NAME_MAX - 1)
			return false;
		if (name[i] == '/') {
			if (part == 0)
				return false;
			part = 0;
			continue;
		}
		if (!is_name_char(name[i]) || (part == 0 && name[i] == '.'))
			return false;
		part++;
	}
	return prefix || part > 0;
}

bool
store_is_name(const char *name)
{
	return is_name(name, false);
}

static int
check_name(const char *name, struct err *e)
{
	if (is_name(name, false))
		return 0;
	return err_set(e, ERR_INPUT, "%.300s: not a name of an object: "
	    "expected parts of letters, digits, '.', '_' and '-', not "
	    "starting with '.', separated by '/', at most %d bytes", name,
	    STORE_NAME_MAX - 1);
}

/*
 * "s3" of "s3://bucket", or NULL for a path: RFC 3986's scheme, so that
 * "./x://y" is still a path.
 */
static const char *
url_scheme(const char *url, size_t *len)
{
	size_t n = strspn(url, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

	if (n == 0 || strncmp(url + n, "://", 3) != 0 ||
	    strchr("0123456789+-.", url[0]) != NULL)
		return NULL;
	*len = n;
	return url;
}

bool
store_is_path(const char *url)
{
	size_t n;

	return url_scheme(url, &n) == NULL;
}

/* The first of two variables that is set and not empty, or NULL. */
static const char *
from_env(const char *first, const char *second)
{
	const char *text = getenv(first);

	if (text != NULL && text[0] != '\0')
		return text;
	text = getenv(second);
	return text != NULL && text[0] != '\0' ? text : NULL;
}

void
store_environment(struct store_options *o)
{
	*o = (struct store_options){
		.endpoint = from_env("AWS_ENDPOINT_URL_S3",
		    "AWS_ENDPOINT_URL"),
		.region = from_env("AWS_REGION", "AWS_DEFAULT_REGION"),
		.ca_file = from_env("AWS_CA_BUNDLE", "AWS_CA_BUNDLE"),
	};
}

/* *bucket: it is s3://..., and no path. */
static int
check_url(const char *url, bool *bucket, struct err *e)
{
	const char *scheme;
	size_t n = 0;

	*bucket = false;
	if (url[0] == '\0')
		return err_set(e, ERR_INPUT, "store has no URL: expected a "
		    "directory or s3://bucket/prefix");
	if ((scheme = url_scheme(url, &n)) == NULL)
		return 0;
	*bucket = n == 2 && strncmp(scheme, "s3", 2) == 0;
	if (*bucket)
		return 0;
	return err_set(e, ERR_INPUT, "store %s: unknown scheme %.*s: expected "
	    "a directory or s3://bucket/prefix", url, (int)n, scheme);
}

/* That the store keeps us out is not what an object says of a key. */
static void
is_denied(struct err *e)
{
	if (e->kind == ERR_DENIED && e->sys == 0)
		e->sys = EACCES;
}

struct store *
store_open_with(const char *url, const struct store_options *o,
    struct err *e)
{
	struct store *s;
	bool bucket;

	if (check_url(url, &bucket, e) == -1)
		return NULL;
	s = bucket ? s3_open(url, o, e) :
	    dir_open(url, o != NULL && o->unread, e);
	if (s == NULL)
		is_denied(e);
	return s;
}

struct store *
store_open(const char *url, struct err *e)
{
	return store_open_with(url, NULL, e);
}

int
store_create_with(const char *url, const struct store_options *o,
    struct err *e)
{
	bool bucket;

	if (check_url(url, &bucket, e) == -1)
		return -1;
	return bucket ? s3_check(url, o, e) : dir_create(url, e);
}

int
store_create(const char *url, struct err *e)
{
	return store_create_with(url, NULL, e);
}

struct store *
store_wrap(const struct store_driver *driver, void *self, const char *url,
    struct err *e)
{
	struct store *s;

	if ((s = calloc(1, sizeof(*s))) == NULL ||
	    (s->url = strdup(url)) == NULL) {
		free(s);
		driver->close(self);
		(void)err_memory(e);
		return NULL;
	}
	s->driver = driver;
	s->self = self;
	return s;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	s->driver->close(s->self);
	free(s->url);
	free(s);
}

const char *
store_url(const struct store *s)
{
	return s->url;
}

bool
store_is_same(const char *url, const char *other)
{
	struct stat a, b;

	return stat(url, &a) == 0 && stat(other, &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static enum store_put_result
was_put(const struct store *s, const char *name, enum store_put_result rc,
    struct err *e)
{
	if (rc == STORE_FAILED)
		(void)err_add(e, "cannot put %s into %s", name, s->url);
	else
		err_clear(e);
	return rc;
}

enum store_put_result
store_put(struct store *s, const char *name, const void *data, size_t len,
    const struct id *sha256, struct err *e)
{
	assert(sha256 != NULL);
	if (check_name(name, e) == -1)
		return STORE_FAILED;
	return was_put(s, name, s->driver->put(s->self, name, data, len,
	    sha256, e), e);
}

bool
store_streams(const struct store *s)
{
	return s->driver->put_from != NULL;
}

enum store_put_result
store_put_from(struct store *s, const char *name,
    const struct store_source *source, const struct id *sha256,
    struct err *e)
{
	assert(store_streams(s) && source->len > 0);
	if (check_name(name, e) == -1)
		return STORE_FAILED;
	return was_put(s, name, s->driver->put_from(s->self, name, source,
	    sha256, e), e);
}

bool
store_takes(const struct store *s)
{
	return s->driver->put_given != NULL;
}

enum store_put_result
store_put_given(struct store *s, const char *name,
    const struct store_giver *giver, struct err *e)
{
	assert(store_takes(s) && giver->len > 0);
	if (check_name(name, e) == -1)
		return STORE_FAILED;
	return was_put(s, name, s->driver->put_given(s->self, name, giver,
	    e), e);
}

static int
failed(const struct store *s, struct err *e, const char *what,
    const char *name, const char *where)
{
	is_denied(e);
	return err_add(e, "%s %s %s %s", what, name, where, s->url);
}

int
store_get(struct store *s, const char *name, uint64_t offset, size_t len,
    void *out, struct err *e)
{
	if (check_name(name, e) == -1)
		return -1;
	if (s->driver->get(s->self, name, offset, len, out, e) == -1)
		return failed(s, e, "cannot get", name, "from");
	err_clear(e);
	return 0;
}

bool
store_gives(const struct store *s)
{
	return s->driver->get_to != NULL;
}

int
store_get_to(struct store *s, const char *name, size_t len,
    const struct store_sink *sink, struct err *e)
{
	assert(store_gives(s) && len > 0);
	if (check_name(name, e) == -1)
		return -1;
	if (s->driver->get_to(s->self, name, len, sink, e) == -1)
		return failed(s, e, "cannot get", name, "from");
	err_clear(e);
	return 0;
}

int
store_get_all(struct store *s, const char *name, struct buf *b, struct err *e)
{
	struct store_info info;
	uint8_t *p;

	if (store_head(s, name, &info, e) == -1)
		return -1;
	if (info.size > b->max - b->len)
		return err_set(e, ERR_DAMAGED, "cannot get %s from %s: it has "
		    "%llu bytes, at most %zu were expected", name, s->url,
		    (unsigned long long)info.size, b->max - b->len);
	if ((p = buf_room(b, (size_t)info.size, e)) == NULL)
		return err_add(e, "cannot get %s from %s", name, s->url);
	if (store_get(s, name, 0, (size_t)info.size, p, e) == -1)
		return -1;
	b->len += (size_t)info.size;
	return 0;
}

int
store_head(struct store *s, const char *name, struct store_info *info,
    struct err *e)
{
	if (check_name(name, e) == -1)
		return -1;
	if (s->driver->head(s->self, name, info, e) == -1)
		return failed(s, e, "cannot look up", name, "in");
	err_clear(e);
	return 0;
}

int
store_kept(struct store *s, const char *name, struct store_kept *k,
    struct err *e)
{
	struct store_info info;

	*k = (struct store_kept){ .lock = STORE_UNLOCKED };
	if (s->driver->kept == NULL)
		return store_head(s, name, &info, e);
	if (check_name(name, e) == -1)
		return -1;
	if (s->driver->kept(s->self, name, k, e) == -1)
		return failed(s, e, "cannot look up the lock of", name, "in");
	err_clear(e);
	return 0;
}

int
store_keep(struct store *s, const char *name, const struct store_kept *k,
    struct err *e)
{
	if (check_name(name, e) == -1)
		return -1;
	if (s->driver->keep == NULL)
		return err_set(e, ERR_UNSUPPORTED, "%s cannot lock objects",
		    s->url);
	if (s->driver->keep(s->self, name, k, e) == -1)
		return failed(s, e, "cannot lock", name, "in");
	err_clear(e);
	return 0;
}

int
store_list(struct store *s, const char *prefix,
    int (*each)(void *, const struct store_info *, struct err *), void *cookie,
    struct err *e)
{
	if (!is_name(prefix, true))
		return err_set(e, ERR_INPUT,
		    "%.300s: not a beginning of names of objects", prefix);
	return s->driver->list(s->self, prefix, each, cookie, e);
}

int
store_look(struct store *s, struct store_health *h, struct err *e)
{
	*h = (struct store_health){ .remote = false };
	if (s->driver->look == NULL)
		return 0;
	if (s->driver->look(s->self, h, e) == -1)
		return err_add(e, "cannot look at %s", s->url);
	return 0;
}

int
store_remove(struct store *s, const char *name, struct err *e)
{
	if (check_name(name, e) == -1)
		return -1;
	if (s->driver->remove(s->self, name, e) == -1)
		return err_add(e, "cannot remove %s from %s", name, s->url);
	return 0;
}
