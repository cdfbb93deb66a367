/*
 * Small requests to metadata services: see s3_fetch.h.  The calls of libcurl
 * that s3_wire.c wraps for libs3 are made here by their real names.
 */
#include <stdbool.h>
#include <string.h>

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "base/err.h"
#include "store/s3/s3_fetch.h"

CURLcode	__real_curl_easy_setopt(CURL *, CURLoption, ...);
CURLcode	__real_curl_easy_perform(CURL *);

#define set __real_curl_easy_setopt

struct sink {
	char	*out;
	size_t	 size, len;
};

static size_t
take(char *p, size_t one, size_t n, void *cookie)
{
	struct sink *s = cookie;

	if (one * n >= s->size - s->len)
		return 0;
	memcpy(s->out + s->len, p, one * n);
	s->len += one * n;
	return one * n;
}

static bool
set_up(CURL *h, const struct s3_fetch *f, struct curl_slist *headers,
    struct sink *s)
{
	return set(h, CURLOPT_URL, f->url) == CURLE_OK &&
	    set(h, CURLOPT_CUSTOMREQUEST, f->verb) == CURLE_OK &&
	    set(h, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
	    set(h, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	    set(h, CURLOPT_NOPROXY, "*") == CURLE_OK &&
	    set(h, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	    set(h, CURLOPT_TIMEOUT_MS, (long)f->timeout) == CURLE_OK &&
	    set(h, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
	    set(h, CURLOPT_WRITEDATA, s) == CURLE_OK;
}

int
s3_fetch(const struct s3_fetch *f, char *out, size_t size, long *status,
    struct err *e)
{
	struct sink s = { .out = out, .size = size };
	struct curl_slist *headers = NULL, *more;
	CURL *h = NULL;
	CURLcode rc;
	size_t i;
	int done = -1;

	*status = 0;
	for (i = 0; i < 2 && f->header[i] != NULL; i++) {
		if ((more = curl_slist_append(headers, f->header[i])) == NULL)
			goto memory;
		headers = more;
	}
	if ((h = curl_easy_init()) == NULL || !set_up(h, f, headers, &s))
		goto memory;
	rc = __real_curl_easy_perform(h);
	if (rc == CURLE_OK)
		rc = curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, status);
	if (rc != CURLE_OK) {
		(void)err_set(e, rc == CURLE_WRITE_ERROR ? ERR_REMOTE :
		    ERR_ABSENT, "%.200s: %s", f->url, curl_easy_strerror(rc));
		goto done;
	}
	out[s.len] = '\0';
	done = 0;
	goto done;
memory:
	(void)err_memory(e);
done:
	if (h != NULL)
		curl_easy_cleanup(h);
	curl_slist_free_all(headers);
	return done;
}
