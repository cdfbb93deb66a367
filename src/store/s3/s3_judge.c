/*
 * Verdicts: see s3_judge.h.  The rule for all doubtful cases: success, absence
 * and existence are only what a complete answer says; everything else is a
 * failure, and the question is only whether to try again.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/err.h"
#include "store/s3/s3_config.h"
#include "store/s3/s3_judge.h"
#include "store/s3/s3_reply.h"
#include "store/s3/s3_wire.h"
#include "store/s3/s3_xml.h"

#define SECOND 1000000000ll
#define SKEW_MAX (300 * SECOND)	/* servers refuse beyond 15 minutes */
#define N(a) (sizeof(a) / sizeof(*(a)))

static bool
is(const struct s3_request *r, const char *verb)
{
	return strcmp(r->verb, verb) == 0;
}

static bool
says(const struct s3_reply *r, const char *const *codes, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(r->code, codes[i]) == 0)
			return true;
	return false;
}

/* How far our clock is ahead of the server's, in nanoseconds; 0 unknown. */
static int64_t
skew(const struct s3_reply *r)
{
	return r->date != 0 && r->began != 0 ? r->began - r->date : 0;
}

static enum s3_verdict
of_transport(const struct s3_reply *r)
{
	switch (r->curl) {
	case CURLE_ABORTED_BY_CALLBACK:
		return S3_STOPPED;
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
		return S3_UNREACHED;
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_SSL_CONNECT_ERROR:
		return r->connected ? S3_AGAIN : S3_UNREACHED;
	case CURLE_PARTIAL_FILE:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_FAIL_REWIND:
		return S3_AGAIN;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_INVALIDCERTSTATUS:
	case CURLE_SSL_ENGINE_NOTFOUND:
	case CURLE_OUT_OF_MEMORY:
	case CURLE_URL_MALFORMAT:
		return S3_REFUSED;
	default:
		return S3_ODD;
	}
}

/* 400 is everything that the server did not like. */
static enum s3_verdict
of_bad_request(const struct s3_reply *r)
{
	static const char *const again[] = {
		"RequestTimeout", "IncompleteBody", "BadDigest",
		"XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch",
	};
	static const char *const expired[] = {
		"ExpiredToken", "TokenRefreshRequired",
	};

	if (says(r, again, N(again)))
		return S3_ODD;
	return says(r, expired, N(expired)) ? S3_EXPIRED : S3_REFUSED;
}

static enum s3_verdict
of_denial(const struct s3_reply *r)
{
	static const char *const skewed[] = { "RequestTimeTooSkewed" };
	static const char *const expired[] = { "ExpiredToken" };

	if (says(r, expired, N(expired)))
		return S3_EXPIRED;
	/*
	 * With a right clock it was only a request that waited too long on
	 * its way: signed anew it will do.
	 */
	if (says(r, skewed, N(skewed)))
		return llabs(skew(r)) < SKEW_MAX ? S3_ODD : S3_REFUSED;
	return S3_DENIED;
}

/* Only S3's own words make an object absent: a proxy's 404 does not. */
static enum s3_verdict
of_absence(const struct s3_request *q, const struct s3_reply *r)
{
	static const char *const absent[] = { "NoSuchKey", "NoSuchVersion" };
	static const char *const bucket[] = { "NoSuchBucket" };

	if (r->curl != CURLE_OK)
		return of_transport(r);
	if (is(q, "HEAD") || says(r, absent, N(absent)))
		return S3_ABSENT;
	return says(r, bucket, N(bucket)) ? S3_REFUSED : S3_ODD;
}

static enum s3_verdict
of_refusal(const struct s3_request *q, const struct s3_reply *r)
{
	switch (r->http) {
	case 400:
		return of_bad_request(r);
	case 401:
	case 403:
		return of_denial(r);
	case 404:
		return of_absence(q, r);
	case 408:
	case 409:
		return S3_AGAIN;
	case 412:
		if (!is(q, "PUT"))
			return S3_ODD;
		return r->curl == CURLE_OK ? S3_EXISTS : S3_AGAIN;
	case 416:
		if (!is(q, "GET"))
			return S3_ODD;
		return r->curl == CURLE_OK ? S3_SHORT : S3_AGAIN;
	case 429:
	case 503:
		return S3_SLOWER;
	case 501:
		return S3_LACKING;
	case 507:
		return S3_REFUSED;
	default:
		return r->http >= 500 && r->http <= 599 ? S3_AGAIN :
		    S3_REFUSED;
	}
}

/* Every server of S3 gives an ETag; a portal's page has none. */
static bool
is_success(const struct s3_request *q, const struct s3_reply *r,
    bool list_is_whole)
{
	if (is(q, "DELETE"))
		return r->http == 204 || r->http == 200;
	if (is(q, "GET") && q->key[0] != '\0')
		return r->got == r->want;
	if (r->http != 200)
		return false;
	if (is(q, "GET"))
		return list_is_whole;
	if (r->etag[0] == '\0' && !q->untagged)
		return false;
	return is(q, "PUT") ? r->sent == q->len : r->length != -1;
}

enum s3_verdict
s3_judge(const struct s3_request *q, struct s3_reply *r, bool list_is_whole)
{
	if (r->curl == CURLE_ABORTED_BY_CALLBACK)
		return S3_STOPPED;
	if (r->trouble == S3_RANGE_SHORT)
		return S3_SHORT;
	if (r->trouble == S3_RANGE_WRONG)
		return S3_REFUSED;
	/* an early no, while we were still sending, ends with a reset */
	if (r->http >= 300) {
		s3_xml_error(r);
		return of_refusal(q, r);
	}
	if (r->curl != CURLE_OK)
		return of_transport(r);
	if (r->trouble != S3_NO_TROUBLE || r->http < 200)
		return S3_ODD;
	return is_success(q, r, list_is_whole) ? S3_DONE : S3_ODD;
}

static enum err_kind
kind_of(const struct s3_reply *r, enum s3_verdict v)
{
	switch (v) {
	case S3_ABSENT:
		return ERR_ABSENT;
	case S3_EXISTS:
		return ERR_EXISTS;
	case S3_SHORT:
		return ERR_DAMAGED;
	case S3_DENIED:
	case S3_EXPIRED:
		return ERR_DENIED;
	case S3_STOPPED:
		return ERR_INTERRUPTED;
	case S3_LACKING:
		return ERR_UNSUPPORTED;
	default:
		return r->curl == CURLE_OUT_OF_MEMORY ? ERR_MEMORY :
		    ERR_REMOTE;
	}
}

static const char *
trouble_text(const struct s3_request *q, const struct s3_reply *r)
{
	switch (r->trouble) {
	case S3_HEADERS_TOO_LONG:
		return "endless headers";
	case S3_HEADERS_ODD:
		return "headers that make no sense";
	case S3_BODY_TOO_LONG:
		return "more bytes than were asked for";
	case S3_RANGE_WRONG:
		return "other bytes than those that were asked for";
	case S3_TOO_EARLY:
		return "a success before it had all bytes";
	default:
		break;
	}
	if (r->curl != CURLE_OK && r->curl != CURLE_WRITE_ERROR)
		return r->why;
	if (is(q, "GET") && q->key[0] != '\0')
		return "fewer bytes than it promised";
	if (is(q, "GET"))
		return "a list that is not whole or makes no sense";
	return "a success without the signs of one (is it S3 that answers?)";
}

/* What can be said beyond the server's words. */
static const char *
hint(const struct s3_reply *r)
{
	static const struct {
		const char	*code, *text;
	} hints[] = {
		{ "InvalidAccessKeyId", ": the access key is not known there" },
		{ "SignatureDoesNotMatch",
		    ": the secret access key is not that key's" },
		{ "AuthorizationHeaderMalformed", ": is the region right?" },
		{ "NoSuchBucket", ": there is no such bucket" },
		{ "XAmzContentSHA256Mismatch",
		    ": the bytes changed on their way" },
		{ "BadDigest", ": the bytes changed on their way" },
	};
	size_t i;

	for (i = 0; i < N(hints); i++)
		if (strcmp(r->code, hints[i].code) == 0)
			return hints[i].text;
	return "";
}

static int
explain_status(const struct s3_config *c, const struct s3_reply *r,
    enum err_kind kind, struct err *e)
{
	const char *region = r->region[0] != '\0' ? r->region :
	    r->bucket_region;
	int64_t ahead = skew(r);

	if (r->http <= 399)
		return err_set(e, kind, "the server answered %ld: the bucket "
		    "is elsewhere%s%.60s: expected its own endpoint and "
		    "region", r->http, region[0] != '\0' ? ", in region " : "",
		    region);
	(void)err_set(e, kind, "the server answered %ld%s%.60s%s%.200s%s",
	    r->http, r->code[0] != '\0' ? " " : "", r->code,
	    r->message[0] != '\0' ? ", " : "", r->message, hint(r));
	if ((r->http == 403 || r->http == 400) && llabs(ahead) >= SKEW_MAX)
		return err_add(e, "the clock of this machine is %lld seconds "
		    "%s the server's", llabs(ahead) / SECOND,
		    ahead > 0 ? "ahead of" : "behind");
	if (region[0] != '\0' && strcmp(region, c->region) != 0)
		return err_add(e, "the bucket is in region %.60s, not %s",
		    region, c->region);
	return -1;
}

int
s3_judge_explain(const struct s3_config *c, const struct s3_request *q,
    const struct s3_reply *r, enum s3_verdict v, struct err *e)
{
	enum err_kind kind = kind_of(r, v);

	switch (v) {
	case S3_STOPPED:
		return err_set(e, kind, "interrupted");
	case S3_ABSENT:
		return err_set(e, kind, "there is no such object");
	case S3_EXISTS:
		return err_set(e, kind, "an object of that name is there");
	case S3_SHORT:
		return err_set(e, kind, "it ends before byte %llu",
		    (unsigned long long)(q->offset + q->want));
	default:
		break;
	}
	if (r->http >= 300)
		return explain_status(c, r, kind, e);
	if (r->curl == CURLE_OK || r->curl == CURLE_WRITE_ERROR)
		return err_set(e, kind, "the server answered %ld with %s",
		    r->http, trouble_text(q, r));
	if (of_transport(r) == S3_REFUSED && c->place.tls)
		return err_set(e, kind, "%s is not trusted: %s",
		    c->place.host, r->why);
	return err_set(e, kind, "%s: %s", c->place.host, r->why);
}
