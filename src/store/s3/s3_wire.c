/*
 * The wire below libs3: see s3_wire.h.  What this file promises:
 *
 *   1. Nothing is sent but the one announced request: without it, or when
 *      libs3 has made another of it, perform fails before any byte.
 *   2. Every option of the handle is set here.  libs3 switches off the check
 *      of certificates, follows redirects and signs in a way of 2006: none of
 *      it gets to libcurl.
 *   3. Certificate and name of the server are verified, with TLS 1.2 or newer.
 *      No redirect is followed, no proxy but the environment's is used.
 *   4. Every transfer ends: a connection, a silence and the whole of it have
 *      their limits, and a signal ends it within a second.
 *   5. All headers that are sent, but those of curl's own, are signed.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/intr.h"
#include "store/s3/s3_config.h"
#include "store/s3/s3_feed.h"
#include "store/s3/s3_keys.h"
#include "store/s3/s3_reply.h"
#include "store/s3/s3_socket.h"
#include "store/s3/s3_wire.h"

CURLcode	__real_curl_easy_setopt(CURL *, CURLoption, ...);
CURLcode	__real_curl_easy_perform(CURL *);
CURLcode	__wrap_curl_easy_setopt(CURL *, CURLoption, ...);
CURLcode	__wrap_curl_easy_perform(CURL *);

#define set __real_curl_easy_setopt

#define HEADERS_MAX 48
#define TEXT_SIZE ((size_t)64 << 10)
#define RATE_MIN 1024		/* bytes a second; less is no connection */
#define BYTES_MAX ((uint64_t)1 << 40)
#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb924" \
    "27ae41e4649b934ca495991b7852b855"

/* A request while it is made: headers point into what is kept beside them. */
struct wire {
	const struct s3_link	 *link;
	const struct s3_request	 *request;
	struct s3_reply		 *reply;
	bool			  made;		/* or failed for good */
	struct err		  e;

	/* what libs3 said */
	char			 *url;
	struct curl_slist	 *theirs;	/* borrowed */
	char			  verb[16];

	struct buf		  full, path, query, host, authorization;
	struct sigv4_header	  header[HEADERS_MAX];
	size_t			  n_headers;
	char			 *owned[HEADERS_MAX];
	size_t			  n_owned;
	struct curl_slist	 *lines;
	struct s3_feed		  feed;
	int			  socket;	/* or -1 */
	char			  why[CURL_ERROR_SIZE];
};

static _Thread_local struct wire *current;

void
s3_wire_begin(const struct s3_link *link, const struct s3_request *request,
    struct s3_reply *reply)
{
	struct wire *w = calloc(1, sizeof(*w));

	current = w;
	if (w == NULL)
		return;
	w->link = link;
	w->request = request;
	w->reply = reply;
	w->socket = -1;
	reply->sink_says = &w->e;
	w->feed = (struct s3_feed){ request, link->limit, 0, &w->e };
	buf_init(&w->full, TEXT_SIZE);
	buf_init(&w->path, TEXT_SIZE);
	buf_init(&w->query, TEXT_SIZE);
	buf_init(&w->host, TEXT_SIZE);
	buf_init(&w->authorization, TEXT_SIZE);
	(void)snprintf(w->verb, sizeof(w->verb), "GET");
}

/* Headers hold the session's token: wiped, not only freed. */
static void
wipe(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

int
s3_wire_end(struct err *e)
{
	struct wire *w = current;
	int rc = -1;
	size_t i;

	current = NULL;
	if (w == NULL)
		return err_memory(e);
	if (w->e.kind != ERR_NONE)
		*e = w->e;
	else if (w->made)
		rc = 0;
	else
		(void)err_set(e, ERR_UNSUPPORTED,
		    "libs3 refused to make the request");
	for (i = 0; i < w->n_owned; i++)
		wipe(w->owned[i]);
	buf_drop(&w->full);
	buf_drop(&w->path);
	buf_drop(&w->query);
	buf_drop(&w->host);
	buf_drop(&w->authorization);
	free(w->url);
	free(w);
	return rc;
}

/* What libs3 sets is noted where it says which request it makes, or lost. */
CURLcode
__wrap_curl_easy_setopt(CURL *h, CURLoption option, ...)
{
	struct wire *w = current;
	const char *verb = NULL;
	va_list ap;

	(void)h;
	if (w == NULL)
		return CURLE_FAILED_INIT;
	va_start(ap, option);
	switch (option) {
	case CURLOPT_URL:
		free(w->url);
		w->url = strdup(va_arg(ap, const char *));
		break;
	case CURLOPT_HTTPHEADER:
		w->theirs = va_arg(ap, struct curl_slist *);
		break;
	case CURLOPT_CUSTOMREQUEST:
		verb = va_arg(ap, const char *);
		break;
	case CURLOPT_NOBODY:
		verb = va_arg(ap, long) != 0 ? "HEAD" : NULL;
		break;
	case CURLOPT_UPLOAD:
		verb = va_arg(ap, long) != 0 ? "PUT" : NULL;
		break;
	default:
		break;
	}
	va_end(ap);
	if (verb != NULL)
		(void)snprintf(w->verb, sizeof(w->verb), "%s", verb);
	return CURLE_OK;
}

/*
 * Is libs3's request the announced one?  Its URLs write a blank as '+' and
 * end a bucket's with '/': what counts is the path they mean.
 */
static int
check_theirs(struct wire *w)
{
	const char *path = w->url != NULL ? strstr(w->url, "://") : NULL;
	struct s3_place bare = w->link->config->place;
	struct buf b;
	struct err *e = &w->e;
	const char *mine;
	int rc = -1;

	buf_init(&b, TEXT_SIZE);
	if (path == NULL || (path = strchr(path + 3, '/')) == NULL ||
	    strcmp(w->verb, w->request->verb) != 0)
		goto done;
	if (bare.path_style) {
		if (strncmp(++path, bare.bucket, strlen(bare.bucket)) != 0)
			goto done;
		path += strlen(bare.bucket);
	}
	if (*path != '/' && *path != '\0')
		goto done;
	path += *path == '/' ? 1 : 0;
	if (s3_url_decode(path, strcspn(path, "?"), true, &b, e) == -1 ||
	    (mine = buf_text(&b, e)) == NULL)
		goto done;
	rc = strcmp(mine, w->request->key) == 0 ? 0 : -1;
done:
	buf_drop(&b);
	if (rc == -1 && e->kind != ERR_MEMORY)
		(void)err_set(e, ERR_UNSUPPORTED, "libs3 made another request "
		    "than the one that was asked for");
	return rc;
}

static int
make_url(struct wire *w)
{
	const struct s3_place *p = &w->link->config->place;
	const struct s3_request *r = w->request;
	struct err *e = &w->e;

	if (s3_url_host(p, &w->host, e) == -1 ||
	    s3_url_path(p, r->key, &w->path, e) == -1 ||
	    s3_url_query(r->query, r->n_query, &w->query, e) == -1 ||
	    buf_text(&w->host, e) == NULL || buf_text(&w->path, e) == NULL ||
	    buf_text(&w->query, e) == NULL)
		return -1;
	return buf_addf(&w->full, e, "%s://%s%s%s%s",
	    p->tls ? "https" : "http", (const char *)w->host.data,
	    (const char *)w->path.data, w->query.len > 0 ? "?" : "",
	    (const char *)w->query.data) == -1 ||
	    buf_text(&w->full, e) == NULL ? -1 : 0;
}

/* A header to sign and send; both texts are borrowed. */
static int
add(struct wire *w, const char *name, const char *value)
{
	if (w->n_headers == HEADERS_MAX)
		return err_set(&w->e, ERR_INPUT, "too many headers");
	if (strpbrk(value, "\r\n") != NULL)
		return err_set(&w->e, ERR_INPUT, "header %s: expected one "
		    "line", name);
	w->header[w->n_headers].name = name;
	w->header[w->n_headers++].value = value;
	return 0;
}

/* The same of text that does not live long enough. */
static int
add_copy(struct wire *w, const char *name, const char *value)
{
	char *copy;

	if (w->n_owned == HEADERS_MAX)
		return err_set(&w->e, ERR_INPUT, "too many headers");
	if ((copy = strdup(value)) == NULL)
		return err_memory(&w->e);
	w->owned[w->n_owned++] = copy;
	return add(w, name, copy);
}

/* Of libs3's headers: the range. */
static int
add_theirs(struct wire *w)
{
	static const char range[] = "Range: ";
	const struct curl_slist *l;

	for (l = w->theirs; l != NULL; l = l->next)
		if (strncasecmp(l->data, range, strlen(range)) == 0)
			return add_copy(w, "Range", l->data + strlen(range));
	if (w->request->want > 0)
		return err_set(&w->e, ERR_UNSUPPORTED,
		    "libs3 made a request without the range");
	return 0;
}

static int
add_headers(struct wire *w, const struct s3_secret *s)
{
	const struct s3_request *r = w->request;
	char date[CLOCK_TEXT_MAX];
	size_t i;

	(void)clock_format_compact(w->reply->began, date);
	if (add(w, "Host", (const char *)w->host.data) == -1 ||
	    add_copy(w, "x-amz-date", date) == -1 ||
	    add(w, "x-amz-content-sha256",
	    r->payload != NULL ? r->payload : EMPTY_SHA256) == -1 ||
	    add_theirs(w) == -1)
		return -1;
	if (s->token[0] != '\0' &&
	    add_copy(w, "x-amz-security-token", s->token) == -1)
		return -1;
	for (i = 0; i < r->n_extra; i++)
		if (add(w, r->extra[i].name, r->extra[i].value) == -1)
			return -1;
	return 0;
}

static int
sign(struct wire *w, const struct s3_secret *s)
{
	const struct sigv4_key key = {
		s->access, s->secret, w->link->config->region,
	};
	const struct sigv4_request r = {
		.verb = w->request->verb,
		.path = (const char *)w->path.data,
		.query = (const char *)w->query.data,
		.headers = w->header,
		.n_headers = w->n_headers,
		.payload = w->request->payload != NULL ? w->request->payload :
		    EMPTY_SHA256,
		.when = w->reply->began,
	};

	if (sigv4_sign(&r, &key, &w->authorization, &w->e) == -1 ||
	    buf_text(&w->authorization, &w->e) == NULL)
		return -1;
	return add(w, "Authorization", (const char *)w->authorization.data);
}

static int
add_lines(struct wire *w)
{
	struct curl_slist *more;
	struct buf b;
	const char *line;
	size_t i;
	int rc = -1;

	buf_init(&b, TEXT_SIZE);
	for (i = 0; i < w->n_headers; i++) {
		buf_clear(&b);
		if (buf_addf(&b, &w->e, "%s: %s", w->header[i].name,
		    w->header[i].value) == -1 ||
		    (line = buf_text(&b, &w->e)) == NULL)
			goto done;
		if ((more = curl_slist_append(w->lines, line)) == NULL) {
			(void)err_memory(&w->e);
			goto done;
		}
		w->lines = more;
	}
	rc = 0;
done:
	if (b.data != NULL)
		explicit_bzero(b.data, b.size);
	buf_drop(&b);
	return rc;
}

static void
drop_lines(struct wire *w)
{
	struct curl_slist *l;

	for (l = w->lines; l != NULL; l = l->next)
		explicit_bzero(l->data, strlen(l->data));
	curl_slist_free_all(w->lines);
	w->lines = NULL;
}

static int
on_socket(void *cookie, curl_socket_t fd, curlsocktype purpose)
{
	struct wire *w = cookie;

	(void)purpose;
	w->socket = fd;
	return CURL_SOCKOPT_OK;
}

static size_t
on_header(char *p, size_t one, size_t n, void *cookie)
{
	struct wire *w = cookie;
	struct s3_reply *r = w->reply;

	if (r->header_bytes == 0)
		s3_socket_acknowledge(w->socket);
	if (!s3_reply_header(r, p, one * n))
		return 0;
	if (r->http >= 200 && r->http <= 299 && w->feed.fed < w->request->len) {
		r->trouble = S3_TOO_EARLY;
		return 0;
	}
	return one * n;
}

static size_t
on_body(char *p, size_t one, size_t n, void *cookie)
{
	struct wire *w = cookie;

	return s3_reply_body(w->reply, p, one * n) ? one * n : 0;
}

static size_t
on_read(char *p, size_t one, size_t n, void *cookie)
{
	size_t len = s3_feed_read(cookie, p, one * n);

	return len == S3_FEED_FAILED ? CURL_READFUNC_ABORT : len;
}

/* A connection that turned out to be dead: once more from the start. */
static int
on_seek(void *cookie, curl_off_t offset, int origin)
{
	return origin == SEEK_SET && offset >= 0 &&
	    s3_feed_seek(cookie, (uint64_t)offset) == 0 ?
	    CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

static int
on_progress(void *cookie, curl_off_t a, curl_off_t b, curl_off_t c,
    curl_off_t d)
{
	(void)cookie;
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return intr_pending() != 0;
}

static bool
set_body(CURL *h, struct wire *w)
{
	const struct s3_request *r = w->request;

	/* refused of a handle whose last connection failed; only for speed */
	(void)set(h, CURLOPT_BUFFERSIZE, 256L << 10);
	(void)set(h, CURLOPT_UPLOAD_BUFFERSIZE, 512L << 10);
	if (strcmp(r->verb, "HEAD") == 0)
		return set(h, CURLOPT_NOBODY, 1L) == CURLE_OK;
	if (strcmp(r->verb, "GET") == 0)
		return set(h, CURLOPT_HTTPGET, 1L) == CURLE_OK;
	if (strcmp(r->verb, "PUT") != 0)
		return set(h, CURLOPT_CUSTOMREQUEST, r->verb) == CURLE_OK;
	return set(h, CURLOPT_UPLOAD, 1L) == CURLE_OK &&
	    set(h, CURLOPT_INFILESIZE_LARGE, (curl_off_t)r->len) ==
	    CURLE_OK &&
	    set(h, CURLOPT_EXPECT_100_TIMEOUT_MS,
	    (long)w->link->config->go_on) == CURLE_OK &&
	    set(h, CURLOPT_READFUNCTION, on_read) == CURLE_OK &&
	    set(h, CURLOPT_READDATA, &w->feed) == CURLE_OK &&
	    set(h, CURLOPT_SEEKFUNCTION, on_seek) == CURLE_OK &&
	    set(h, CURLOPT_SEEKDATA, &w->feed) == CURLE_OK;
}

static bool
set_time(CURL *h, struct wire *w)
{
	const struct s3_config *c = w->link->config;
	uint64_t bytes = w->request->len + w->request->want;
	long all;

	/*
	 * The whole must end, too, though every single byte comes in time; of
	 * a list it is not known how long it will be.
	 */
	if (bytes > BYTES_MAX)
		bytes = BYTES_MAX;
	all = (long)(c->connect + 10ull * c->idle + bytes * 1000 / RATE_MIN);
	return set(h, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	    set(h, CURLOPT_CONNECTTIMEOUT_MS, (long)c->connect) == CURLE_OK &&
	    set(h, CURLOPT_LOW_SPEED_LIMIT, 1L) == CURLE_OK &&
	    set(h, CURLOPT_LOW_SPEED_TIME, (long)(c->idle + 999) / 1000) ==
	    CURLE_OK &&
	    set(h, CURLOPT_TIMEOUT_MS, all) == CURLE_OK &&
	    set(h, CURLOPT_TCP_KEEPALIVE, 1L) == CURLE_OK &&
	    set(h, CURLOPT_SOCKOPTFUNCTION, on_socket) == CURLE_OK &&
	    set(h, CURLOPT_SOCKOPTDATA, w) == CURLE_OK;
}

static bool
set_trust(CURL *h, const struct wire *w)
{
	const struct s3_config *c = w->link->config;

	return (!w->request->fresh ||
	    (set(h, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK &&
	    set(h, CURLOPT_CERTINFO, 1L) == CURLE_OK)) &&
	    set(h, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
	    set(h, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
	    set(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) ==
	    CURLE_OK &&
	    (c->ca_file[0] == '\0' ||
	    set(h, CURLOPT_CAINFO, c->ca_file) == CURLE_OK) &&
	    set(h, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	    set(h, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
}

static bool
set_all(CURL *h, struct wire *w)
{
	return set(h, CURLOPT_URL, (const char *)w->full.data) == CURLE_OK &&
	    set(h, CURLOPT_PATH_AS_IS, 1L) == CURLE_OK &&
	    set(h, CURLOPT_HTTPHEADER, w->lines) == CURLE_OK &&
	    set(h, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) ==
	    CURLE_OK &&
	    set(h, CURLOPT_USERAGENT, "muster/" MUSTER_VERSION) == CURLE_OK &&
	    set(h, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
	    set(h, CURLOPT_HEADERDATA, w) == CURLE_OK &&
	    set(h, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
	    set(h, CURLOPT_WRITEDATA, w) == CURLE_OK &&
	    set(h, CURLOPT_NOPROGRESS, 0L) == CURLE_OK &&
	    set(h, CURLOPT_XFERINFOFUNCTION, on_progress) == CURLE_OK &&
	    set(h, CURLOPT_ERRORBUFFER, w->why) == CURLE_OK &&
	    set_time(h, w) && set_trust(h, w) && set_body(h, w);
}

/* Everything up to the first byte. */
static int
prepare(CURL *h, struct wire *w)
{
	const struct s3_secret *s;
	int rc = -1;

	w->reply->began = clock_utc();
	if (check_theirs(w) == -1 || make_url(w) == -1)
		return -1;
	if ((s = s3_keys_hold(w->link->keys, &w->e)) == NULL)
		return -1;
	if (add_headers(w, s) == 0 && sign(w, s) == 0 && add_lines(w) == 0)
		rc = 0;
	s3_keys_release(w->link->keys);
	if (rc == -1)
		return -1;
	w->socket = s3_socket_of(h);
	curl_easy_reset(h);
	if (!set_all(h, w))
		return err_set(&w->e, ERR_UNSUPPORTED,
		    "libcurl refuses an option that is needed");
	return 0;
}

CURLcode
__wrap_curl_easy_perform(CURL *h)
{
	struct wire *w = current;
	struct s3_reply *r;
	double spent = 0;
	CURLcode rc;

	if (w == NULL || w->made || w->e.kind != ERR_NONE)
		return CURLE_FAILED_INIT;
	if (prepare(h, w) == -1) {
		drop_lines(w);
		return CURLE_FAILED_INIT;
	}
	w->made = true;
	r = w->reply;
	rc = __real_curl_easy_perform(h);
	r->curl = (int)rc;
	r->sent = w->feed.fed;
	/* so curl calls a line of a header that is too long for it */
	if (rc == CURLE_OUT_OF_MEMORY && r->http != 0) {
		r->curl = CURLE_WRITE_ERROR;
		r->trouble = S3_HEADERS_TOO_LONG;
	}
	/* 0 until the connection, with its TLS, is there */
	if (curl_easy_getinfo(h, CURLINFO_PRETRANSFER_TIME, &spent) ==
	    CURLE_OK)
		r->connected = spent > 0;
	(void)snprintf(r->why, sizeof(r->why), "%s",
	    w->why[0] != '\0' ? w->why : curl_easy_strerror(rc));
	if (w->request->fresh)
		r->expires = s3_socket_expiry(h);
	/* the handle outlives all that it points at */
	curl_easy_reset(h);
	drop_lines(w);
	return rc;
}
