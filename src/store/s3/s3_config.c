/*
 * What a URL, a policy and the environment say about a bucket, put together:
 * what the policy says wins.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "store/s3/s3_config.h"

#define LOCK_DAYS_MAX 36500

/* It gets into a header or a signature: no blanks, nothing odd. */
static int
take_word(const char *what, const char *text, char *out, size_t size,
    struct err *e)
{
	size_t n = strlen(text);

	if (n == 0 || n >= size || strspn(text, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != n)
		return err_set(e, ERR_INPUT, "%s \"%.100s\": expected up to "
		    "%zu letters, digits, '_' and '-'", what, text, size - 1);
	memcpy(out, text, n + 1);
	return 0;
}

static int
take_endpoint(struct s3_config *c, const char *text, struct err *e)
{
	char host[S3_HOST_MAX];

	if (text != NULL)
		return s3_url_endpoint(&c->place, text, e);
	(void)snprintf(host, sizeof(host), "s3.%s.amazonaws.com", c->region);
	return s3_url_endpoint(&c->place, host, e);
}

/*
 * Amazon wants the bucket in the host.  Others know it in the path, always;
 * and so does Amazon for a name with a dot, which no certificate is for.
 */
static void
take_style(struct s3_config *c, enum store_style style)
{
	static const char amazon[] = ".amazonaws.com";
	const char *host = c->place.host;
	size_t n = strlen(host);

	if (style == STORE_STYLE_AUTO)
		c->place.path_style = n < sizeof(amazon) ||
		    strcmp(host + n - strlen(amazon), amazon) != 0 ||
		    strchr(c->place.bucket, '.') != NULL;
	else
		c->place.path_style = style == STORE_STYLE_PATH;
}

static int
take_lock(struct s3_config *c, const struct store_options *o, struct err *e)
{
	c->lock = o->lock;
	c->lock_days = o->lock_days;
	if (o->lock != STORE_UNLOCKED &&
	    (o->lock_days == 0 || o->lock_days > LOCK_DAYS_MAX))
		return err_set(e, ERR_INPUT, "object lock for %u days: "
		    "expected 1 to %d", (unsigned)o->lock_days,
		    LOCK_DAYS_MAX);
	return 0;
}

static void
be_patient(struct s3_config *c)
{
	c->page = 1000;
	c->connect = 15 * 1000;
	c->idle = 60 * 1000;
	c->go_on = 1000;
	/* a wrong name should not take minutes to be found out */
	c->reach = 30 * 1000;
	c->budget = 10 * 60 * 1000;
	c->first_wait = 200;
	c->longest_wait = 20 * 1000;
}

int
s3_config_make(struct s3_config *c, const char *url,
    const struct store_options *options, struct err *e)
{
	static const struct store_options none;
	const struct store_options *o = options != NULL ? options : &none;
	const char *endpoint, *region, *ca;
	struct store_options env;

	memset(c, 0, sizeof(*c));
	be_patient(c);
	store_environment(&env);
	endpoint = o->endpoint != NULL ? o->endpoint : env.endpoint;
	region = o->region != NULL ? o->region : env.region;
	ca = o->ca_file != NULL ? o->ca_file : env.ca_file;
	if (s3_url_bucket(&c->place, url, c->prefix, sizeof(c->prefix), e) ==
	    -1)
		return -1;
	if (take_word("region", region != NULL ? region : "us-east-1",
	    c->region, sizeof(c->region), e) == -1 ||
	    take_endpoint(c, endpoint, e) == -1 || take_lock(c, o, e) == -1)
		return err_add(e, "store %.300s", url);
	take_style(c, o->style);
	if (o->storage_class != NULL && take_word("storage class",
	    o->storage_class, c->storage_class, sizeof(c->storage_class),
	    e) == -1)
		return err_add(e, "store %.300s", url);
	if (ca != NULL && (size_t)snprintf(c->ca_file, sizeof(c->ca_file),
	    "%s", ca) >= sizeof(c->ca_file))
		return err_set(e, ERR_INPUT, "store %.300s: the name of the "
		    "CA file is too long", url);
	c->limit_upload = o->limit_upload;
	return 0;
}
