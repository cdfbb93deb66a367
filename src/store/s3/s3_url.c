/*
 * URLs of buckets and objects in the one form that is both signed and sent.
 * SigV4 signs the path and query as they stand in the request line, so that
 * any freedom of encoding (a blank as '+', '~' escaped, "a=1" before "a-b=2")
 * is a refused request: everything is encoded here and nowhere else.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"
#include "store/s3/s3_url.h"

#define PAIRS_MAX 16

static bool
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	    c == '~';
}

static int
encode(const char *text, bool slash, struct buf *b, struct err *e)
{
	for (; *text != '\0'; text++) {
		if (is_plain(*text) || (slash && *text == '/')) {
			if (buf_add_byte(b, (uint8_t)*text, e) == -1)
				return -1;
		} else if (buf_addf(b, e, "%%%02X", (unsigned)(unsigned char)
		    *text) == -1)
			return -1;
	}
	return 0;
}

static int
bad_endpoint(const char *text, struct err *e)
{
	return err_set(e, ERR_INPUT, "endpoint %.200s: expected a host with "
	    "an optional scheme and port, such as https://s3.example.com:9000",
	    text);
}

static int
take_port(struct s3_place *p, const char *text, struct err *e)
{
	uint64_t port;

	if (num_parse(text, 1, UINT16_MAX, &port, e) == -1)
		return -1;
	p->port = port == (p->tls ? 443 : 80) ? 0 : (uint16_t)port;
	return 0;
}

/* A name or an address; brackets hold what has colons. */
static bool
is_host(const char *host, size_t n)
{
	size_t i;

	if (n == 0 || n >= S3_HOST_MAX)
		return false;
	if (host[0] == '[')
		return n > 2 && host[n - 1] == ']' && strspn(host + 1,
		    "0123456789abcdefABCDEF:.") == n - 2;
	for (i = 0; i < n; i++)
		if (!is_plain(host[i]) || host[i] == '~')
			return false;
	return host[0] != '.' && host[0] != '-';
}

int
s3_url_endpoint(struct s3_place *p, const char *text, struct err *e)
{
	const char *host = text, *end;
	char port[8];
	size_t i, n;

	p->tls = true;
	p->port = 0;
	if (strncasecmp(text, "http://", 7) == 0) {
		p->tls = false;
		host += 7;
	} else if (strncasecmp(text, "https://", 8) == 0)
		host += 8;
	n = strcspn(host, host[0] == '[' ? "/]" : "/:");
	if (host[n] == ']')
		n++;
	if (!is_host(host, n))
		return bad_endpoint(text, e);
	for (i = 0; i < n; i++)
		p->host[i] = (char)tolower((unsigned char)host[i]);
	p->host[n] = '\0';
	end = host + n;
	if (*end == ':') {
		n = strcspn(++end, "/");
		if (n >= sizeof(port))
			return bad_endpoint(text, e);
		memcpy(port, end, n);
		port[n] = '\0';
		if (take_port(p, port, e) == -1)
			return bad_endpoint(text, e);
		end += n;
	}
	if (strcmp(end, "") != 0 && strcmp(end, "/") != 0)
		return bad_endpoint(text, e);
	return 0;
}

static bool
is_bucket(const char *name, size_t n)
{
	size_t i;

	if (n < 3 || n >= S3_BUCKET_MAX)
		return false;
	for (i = 0; i < n; i++)
		if (!is_plain(name[i]) || name[i] == '~' ||
		    (name[i] == '.' && name[i + 1] == '.'))
			return false;
	return name[0] != '.' && name[0] != '-' && name[n - 1] != '.';
}

int
s3_url_bucket(struct s3_place *p, const char *url, char *prefix, size_t size,
    struct err *e)
{
	const char *bucket = url, *rest;
	size_t n;

	if (strncmp(url, "s3://", 5) == 0)
		bucket += 5;
	n = strcspn(bucket, "/");
	if (bucket == url || !is_bucket(bucket, n))
		return err_set(e, ERR_INPUT, "store %.300s: expected "
		    "s3://bucket or s3://bucket/prefix, the bucket's name of "
		    "3 to 63 letters, digits, '.', '_' and '-'", url);
	memcpy(p->bucket, bucket, n);
	p->bucket[n] = '\0';
	rest = bucket + n + strspn(bucket + n, "/");
	n = strlen(rest);
	while (n > 0 && rest[n - 1] == '/')
		n--;
	if (n + 2 > size)
		return err_set(e, ERR_INPUT, "store %.300s: the prefix is "
		    "longer than %zu bytes", url, size - 2);
	(void)snprintf(prefix, size, "%.*s%s", (int)n, rest,
	    n > 0 ? "/" : "");
	return 0;
}

int
s3_url_host(const struct s3_place *p, struct buf *b, struct err *e)
{
	if (!p->path_style && buf_addf(b, e, "%s.", p->bucket) == -1)
		return -1;
	if (p->port != 0)
		return buf_addf(b, e, "%s:%u", p->host, (unsigned)p->port);
	return buf_add_text(b, p->host, e);
}

int
s3_url_path(const struct s3_place *p, const char *key, struct buf *b,
    struct err *e)
{
	if (p->path_style && (buf_add_byte(b, '/', e) == -1 ||
	    encode(p->bucket, false, b, e) == -1))
		return -1;
	if (p->path_style && key[0] == '\0')
		return 0;
	if (buf_add_byte(b, '/', e) == -1)
		return -1;
	return encode(key, true, b, e);
}

/*
 * Byte order of the encoded names, then of the values; '=' must not take
 * part, or "a-b" would come before "a".
 */
static int
compare_pairs(const void *a, const void *b)
{
	char *const *x = a, *const *y = b;
	int rc = strcmp(x[0], y[0]);

	return rc != 0 ? rc : strcmp(x[1], y[1]);
}

static char *
encoded(const char *text, struct err *e)
{
	struct buf b;
	char *copy = NULL, *p;

	buf_init(&b, 3 * S3_KEY_MAX + 1);
	if (encode(text, false, &b, e) == 0 &&
	    (p = buf_text(&b, e)) != NULL && (copy = strdup(p)) == NULL)
		(void)err_memory(e);
	buf_drop(&b);
	return copy;
}

int
s3_url_query(const struct s3_pair *pair, size_t n, struct buf *b,
    struct err *e)
{
	char *text[PAIRS_MAX][2] = { { NULL } };
	int rc = -1;
	size_t i;

	if (n > PAIRS_MAX)
		return err_set(e, ERR_INPUT, "a query of more than %d "
		    "parameters", PAIRS_MAX);
	for (i = 0; i < n; i++)
		if ((text[i][0] = encoded(pair[i].name, e)) == NULL ||
		    (text[i][1] = encoded(pair[i].value, e)) == NULL)
			goto done;
	qsort(text, n, sizeof(text[0]), compare_pairs);
	for (i = 0; i < n; i++)
		if (buf_addf(b, e, "%s%s=%s", i > 0 ? "&" : "", text[i][0],
		    text[i][1]) == -1)
			goto done;
	rc = 0;
done:
	for (i = 0; i < n; i++) {
		free(text[i][0]);
		free(text[i][1]);
	}
	return rc;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int
s3_url_decode(const char *p, size_t len, bool plus, struct buf *b,
    struct err *e)
{
	size_t i;
	int c, high, low;

	for (i = 0; i < len; i++) {
		c = (unsigned char)p[i];
		if (c == '+' && plus)
			c = ' ';
		else if (c == '%') {
			high = len - i > 2 ? hex_digit(p[i + 1]) : -1;
			low = len - i > 2 ? hex_digit(p[i + 2]) : -1;
			if (high == -1 || low == -1)
				return err_set(e, ERR_DAMAGED,
				    "'%%' without two digits");
			c = high << 4 | low;
			i += 2;
		}
		if (c == '\0')
			return err_set(e, ERR_DAMAGED, "a NUL in a name");
		if (buf_add_byte(b, (uint8_t)c, e) == -1)
			return -1;
	}
	return 0;
}
