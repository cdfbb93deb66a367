/*
 * Takes answers apart: see s3_reply.h.  An object's bytes are written to where
 * the caller wants them only when the status is a success and the header says
 * that they are the bytes that were asked for.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/err.h"
#include "store/s3/s3_reply.h"
#include "store/store.h"

#define SECOND 1000000000

void
s3_reply_init(struct s3_reply *r, bool object, void *sink, uint64_t offset,
    uint64_t want)
{
	memset(r, 0, sizeof(*r));
	r->object = object;
	r->sink = sink;
	r->offset = offset;
	r->want = want;
	r->curl = -1;
	r->length = -1;
	buf_init(&r->body, S3_BODY_MAX);
}

void
s3_reply_drop(struct s3_reply *r)
{
	buf_drop(&r->body);
}

void
s3_reply_start_over(struct s3_reply *r)
{
	const struct s3_reply was = *r;

	s3_reply_drop(r);
	s3_reply_init(r, was.object, was.sink, was.offset, was.want);
	r->to = was.to;
}

static bool
stop(struct s3_reply *r, enum s3_trouble trouble)
{
	r->trouble = trouble;
	return false;
}

/* Decimal digits up to end, which must be reached. */
static bool
number(const char *p, const char *end, uint64_t *out)
{
	uint64_t v = 0;

	if (p == end)
		return false;
	for (; p < end; p++) {
		if (*p < '0' || *p > '9' ||
		    v > (INT64_MAX - 9) / 10)
			return false;
		v = v * 10 + (uint64_t)(*p - '0');
	}
	*out = v;
	return true;
}

/* "bytes 0-9/10" */
static bool
take_range(struct s3_reply *r, const char *p, const char *end)
{
	const char *dash, *slash;

	if (end - p < 6 || strncasecmp(p, "bytes ", 6) != 0)
		return false;
	p += 6;
	if ((dash = memchr(p, '-', (size_t)(end - p))) == NULL ||
	    (slash = memchr(dash, '/', (size_t)(end - dash))) == NULL)
		return false;
	r->has_range = number(p, dash, &r->first) &&
	    number(dash + 1, slash, &r->last) &&
	    number(slash + 1, end, &r->total) &&
	    r->first <= r->last && r->last < r->total;
	return r->has_range;
}

static bool
take_length(struct s3_reply *r, const char *p, const char *end)
{
	uint64_t v;

	if (!number(p, end, &v) || (r->length != -1 &&
	    (uint64_t)r->length != v))
		return false;
	r->length = (int64_t)v;
	return true;
}

/* Printable ASCII only: it gets into messages. */
static void
take_text(char out[S3_TEXT_MAX], const char *p, const char *end)
{
	size_t i, n = (size_t)(end - p);

	if (n > S3_TEXT_MAX - 1)
		n = S3_TEXT_MAX - 1;
	for (i = 0; i < n; i++)
		out[i] = isprint((unsigned char)p[i]) ? p[i] : '?';
	out[n] = '\0';
}

static int64_t
take_time(const char *p, const char *end)
{
	char text[S3_TEXT_MAX];
	time_t t;

	take_text(text, p, end);
	t = curl_getdate(text, NULL);
	return t > 0 && t < INT64_MAX / SECOND ? t * SECOND : 0;
}

static bool
is(const char *name, size_t n, const char *what)
{
	return n == strlen(what) && strncasecmp(name, what, n) == 0;
}

static bool
take(struct s3_reply *r, const char *name, size_t n, const char *p,
    const char *end)
{
	const struct {
		const char	*name;
		char		*out;
	} texts[] = {
		{ "etag", r->etag },
		{ "x-amz-object-lock-mode", r->lock_mode },
		{ "x-amz-object-lock-retain-until-date", r->lock_until },
		{ "x-amz-bucket-region", r->bucket_region },
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (is(name, n, texts[i].name))
			take_text(texts[i].out, p, end);
	if (is(name, n, "date"))
		r->date = take_time(p, end);
	else if (is(name, n, "last-modified"))
		r->modified = take_time(p, end);
	else if (is(name, n, "retry-after"))
		/* a date is no number: then our own pace must do */
		(void)number(p, end, &r->retry_after);
	else if (is(name, n, "content-length"))
		return take_length(r, p, end);
	else if (is(name, n, "content-range") && r->http == 206)
		return take_range(r, p, end);
	return true;
}

/* A new answer: what an earlier one said (100 Continue, say) is void. */
static bool
take_status(struct s3_reply *r, const char *line, const char *end)
{
	const char *p = memchr(line, ' ', (size_t)(end - line));
	uint64_t status;

	r->length = -1;
	r->has_range = false;
	r->etag[0] = r->lock_mode[0] = r->lock_until[0] = '\0';
	r->bucket_region[0] = '\0';
	r->date = r->modified = 0;
	r->retry_after = 0;
	if (p == NULL || end - p < 4 || !number(p + 1, p + 4, &status) ||
	    (end - p > 4 && p[4] != ' '))
		return false;
	r->http = (long)status;
	return true;
}

bool
s3_reply_header(struct s3_reply *r, const char *line, size_t n)
{
	const char *end = line + n, *colon, *p;

	r->header_bytes += n;
	if (r->header_bytes > S3_HEADERS_MAX)
		return stop(r, S3_HEADERS_TOO_LONG);
	while (end > line && isspace((unsigned char)end[-1]))
		end--;
	if (end - line > 5 && memcmp(line, "HTTP/", 5) == 0)
		return take_status(r, line, end) || stop(r, S3_HEADERS_ODD);
	if ((colon = memchr(line, ':', (size_t)(end - line))) == NULL)
		return true;
	for (p = colon + 1; p < end && isspace((unsigned char)*p); p++)
		;
	return take(r, line, (size_t)(colon - line), p, end) ||
	    stop(r, S3_HEADERS_ODD);
}

/* Does the header promise the bytes that were asked for? */
static enum s3_trouble
check_promise(const struct s3_reply *r)
{
	uint64_t end = r->offset + r->want;

	if (r->http == 206) {
		if (!r->has_range || r->first != r->offset ||
		    r->last >= end)
			return S3_RANGE_WRONG;
		if (r->last + 1 < end)
			return r->total < end ? S3_RANGE_SHORT :
			    S3_RANGE_WRONG;
		return S3_NO_TROUBLE;
	}
	/* the whole object; fine when that is what was wanted */
	if (r->http != 200 || r->offset != 0 || r->length == -1)
		return S3_RANGE_WRONG;
	if ((uint64_t)r->length < r->want)
		return S3_RANGE_SHORT;
	return (uint64_t)r->length == r->want ? S3_NO_TROUBLE :
	    S3_RANGE_WRONG;
}

static bool
object_body(struct s3_reply *r, const void *p, size_t n)
{
	enum s3_trouble trouble;

	if (r->got == 0 && (trouble = check_promise(r)) != S3_NO_TROUBLE)
		return stop(r, trouble);
	if (n > r->want - r->got)
		return stop(r, S3_BODY_TOO_LONG);
	if (r->to == NULL)
		memcpy(r->sink + r->got, p, n);
	else if (r->to->take(r->to->cookie, r->got, p, n, r->sink_says) == -1)
		return stop(r, S3_SINK_FAILED);
	r->got += n;
	return true;
}

bool
s3_reply_body(struct s3_reply *r, const void *p, size_t n)
{
	bool success = r->http >= 200 && r->http <= 299;
	struct err none;

	if (n == 0)
		return true;
	if (r->object && success)
		return object_body(r, p, n);
	if (!success && r->body.len + n > S3_ERROR_MAX)
		return stop(r, S3_BODY_TOO_LONG);
	if (buf_add(&r->body, p, n, &none) == -1)
		return stop(r, S3_BODY_TOO_LONG);
	return true;
}
