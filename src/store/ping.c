/*
 * Pings: see ping.h.  The calls of libcurl that s3_wire.c wraps for libs3 are
 * made here by their real names.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "base/err.h"
#include "store/ping.h"

CURLcode	__real_curl_easy_setopt(CURL *, CURLoption, ...);
CURLcode	__real_curl_easy_perform(CURL *);

#define set __real_curl_easy_setopt
#define URL_MAX 2048
#define CONNECT_MS 3000L
#define ALL_MS 5000L

/* The answer's text is nothing to us. */
static size_t
pass_over(char *p, size_t one, size_t n, void *cookie)
{
	(void)p;
	(void)cookie;
	return one * n;
}

static bool
set_up(CURL *h, const char *url)
{
	return set(h, CURLOPT_URL, url) == CURLE_OK &&
	    set(h, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	    set(h, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	    set(h, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS) == CURLE_OK &&
	    set(h, CURLOPT_TIMEOUT_MS, ALL_MS) == CURLE_OK &&
	    set(h, CURLOPT_USERAGENT, "muster/" MUSTER_VERSION) == CURLE_OK &&
	    set(h, CURLOPT_WRITEFUNCTION, pass_over) == CURLE_OK;
}

/* "host:port" of a URL, for errors; without user and password. */
static void
host_of(const char *url, char *out, size_t size)
{
	const char *start = strstr(url, "://");
	const char *at;
	size_t n;

	start = start != NULL ? start + 3 : url;
	n = strcspn(start, "/?#");
	for (at = start; at < start + n; at++)
		if (*at == '@') {
			n -= (size_t)(at + 1 - start);
			start = at + 1;
		}
	(void)snprintf(out, size, "%.*s", (int)(n < size ? n : size - 1),
	    start);
}

int
ping(const char *url, const char *what, struct err *e)
{
	char full[URL_MAX], host[256];
	size_t path = strcspn(url, "?#");
	long status = 0;
	CURLcode rc = CURLE_OUT_OF_MEMORY;
	CURL *h;
	int n;

	host_of(url, host, sizeof(host));
	n = snprintf(full, sizeof(full), "%.*s%s%s%s", (int)path, url,
	    what[0] != '\0' && path > 0 && url[path - 1] != '/' ? "/" : "",
	    what, url + path);
	if (n < 0 || (size_t)n >= sizeof(full)) {
		explicit_bzero(full, sizeof(full));
		return err_set(e, ERR_INPUT, "cannot ping %s: the URL is too "
		    "long", host);
	}
	if ((h = curl_easy_init()) != NULL && set_up(h, full))
		rc = __real_curl_easy_perform(h);
	if (rc == CURLE_OK)
		rc = curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
	explicit_bzero(full, sizeof(full));
	if (h != NULL)
		curl_easy_cleanup(h);
	if (rc != CURLE_OK)
		return err_set(e, ERR_REMOTE, "cannot ping %s: %s", host,
		    curl_easy_strerror(rc));
	if (status < 200 || status > 299)
		return err_set(e, ERR_REMOTE, "cannot ping %s: it answered "
		    "%ld", host, status);
	return 0;
}
