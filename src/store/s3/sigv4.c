/*
 * Signature Version 4, byte for byte as botocore makes it (the test compares
 * them): see sigv4.h.  Whatever held a secret is wiped.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "crypto/digest.h"
#include "crypto/id.h"
#include "store/s3/sigv4.h"

#define CANONICAL_MAX ((size_t)64 << 10)
#define HEADERS_MAX 64
#define NAME_CHARS "abcdefghijklmnopqrstuvwxyz" \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
#define SCOPE_END "s3/aws4_request"

static int
compare_names(const void *a, const void *b)
{
	const struct sigv4_header *const *x = a, *const *y = b;

	return strcasecmp((*x)->name, (*y)->name);
}

static int
add_lower(const char *name, struct buf *b, struct err *e)
{
	for (; *name != '\0'; name++)
		if (buf_add_byte(b, (uint8_t)tolower((unsigned char)*name),
		    e) == -1)
			return -1;
	return 0;
}

/* Words of the value joined by single blanks. */
static int
add_value(const char *value, struct buf *b, struct err *e)
{
	bool blank = false, first = true;

	for (; *value != '\0'; value++) {
		if (isspace((unsigned char)*value)) {
			blank = true;
			continue;
		}
		if (blank && !first && buf_add_byte(b, ' ', e) == -1)
			return -1;
		blank = first = false;
		if (buf_add_byte(b, (uint8_t)*value, e) == -1)
			return -1;
	}
	return 0;
}

static int
check_headers(const struct sigv4_header **sorted, size_t n, struct err *e)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (sorted[i]->name[0] == '\0' ||
		    strspn(sorted[i]->name, NAME_CHARS) !=
		    strlen(sorted[i]->name))
			return err_set(e, ERR_INPUT, "\"%.60s\" is no name of "
			    "a header", sorted[i]->name);
		if (i > 0 && compare_names(&sorted[i - 1], &sorted[i]) == 0)
			return err_set(e, ERR_INPUT, "header %.60s is there "
			    "twice", sorted[i]->name);
	}
	return 0;
}

int
sigv4_canonical(const struct sigv4_request *r, struct buf *canonical,
    struct buf *names, struct err *e)
{
	const struct sigv4_header *sorted[HEADERS_MAX];
	size_t i;

	if (r->n_headers > HEADERS_MAX)
		return err_set(e, ERR_INPUT, "more than %d headers",
		    HEADERS_MAX);
	for (i = 0; i < r->n_headers; i++)
		sorted[i] = &r->headers[i];
	qsort(sorted, r->n_headers, sizeof(sorted[0]), compare_names);
	if (check_headers(sorted, r->n_headers, e) == -1 ||
	    buf_addf(canonical, e, "%s\n%s\n%s\n", r->verb, r->path,
	    r->query) == -1)
		return -1;
	for (i = 0; i < r->n_headers; i++) {
		if (add_lower(sorted[i]->name, canonical, e) == -1 ||
		    buf_add_byte(canonical, ':', e) == -1 ||
		    add_value(sorted[i]->value, canonical, e) == -1 ||
		    buf_add_byte(canonical, '\n', e) == -1)
			return -1;
		if ((i > 0 && buf_add_byte(names, ';', e) == -1) ||
		    add_lower(sorted[i]->name, names, e) == -1)
			return -1;
	}
	if (buf_add_byte(canonical, '\n', e) == -1 ||
	    buf_add(canonical, names->data, names->len, e) == -1)
		return -1;
	return buf_addf(canonical, e, "\n%s", r->payload);
}

static int
hmac_text(const struct id *key, const char *text, struct id *out,
    struct err *e)
{
	return digest_hmac(key->b, ID_SIZE, text, strlen(text), out, e);
}

/* The key of that day, region and service. */
static int
derive(const struct sigv4_key *k, const char *day, struct id *out,
    struct err *e)
{
	char first[512];
	struct id key;
	int n, rc = -1;

	n = snprintf(first, sizeof(first), "AWS4%s", k->secret);
	if (n < 0 || (size_t)n >= sizeof(first)) {
		(void)err_set(e, ERR_INPUT, "the secret access key is longer "
		    "than %zu bytes", sizeof(first) - 5);
		goto done;
	}
	if (digest_hmac(first, (size_t)n, day, strlen(day), &key, e) == -1 ||
	    hmac_text(&key, k->region, &key, e) == -1 ||
	    hmac_text(&key, "s3", &key, e) == -1 ||
	    hmac_text(&key, "aws4_request", out, e) == -1)
		goto done;
	rc = 0;
done:
	explicit_bzero(first, sizeof(first));
	explicit_bzero(&key, sizeof(key));
	return rc;
}

int
sigv4_sign(const struct sigv4_request *r, const struct sigv4_key *k,
    struct buf *out, struct err *e)
{
	char date[CLOCK_TEXT_MAX], day[9], hex[ID_TEXT_SIZE];
	struct buf canonical, names, text;
	struct id key, digest;
	int rc = -1;

	buf_init(&canonical, CANONICAL_MAX);
	buf_init(&names, CANONICAL_MAX);
	buf_init(&text, CANONICAL_MAX);
	(void)clock_format_compact(r->when, date);
	(void)snprintf(day, sizeof(day), "%.8s", date);
	if (sigv4_canonical(r, &canonical, &names, e) == -1)
		goto done;
	id_sha256(canonical.data, canonical.len, &digest);
	if (buf_addf(&text, e, "AWS4-HMAC-SHA256\n%s\n%s/%s/" SCOPE_END "\n%s",
	    date, day, k->region, id_format(&digest, hex)) == -1)
		goto done;
	if (derive(k, day, &key, e) == -1 || digest_hmac(key.b, ID_SIZE,
	    text.data, text.len, &digest, e) == -1)
		goto done;
	if (buf_addf(out, e, "AWS4-HMAC-SHA256 Credential=%s/%s/%s/" SCOPE_END
	    ", SignedHeaders=%.*s, Signature=%s", k->access, day, k->region,
	    (int)names.len, (const char *)names.data,
	    id_format(&digest, hex)) == -1)
		goto done;
	rc = 0;
done:
	explicit_bzero(&key, sizeof(key));
	buf_drop(&canonical);
	buf_drop(&names);
	buf_drop(&text);
	return rc;
}
