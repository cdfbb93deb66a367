/*
 * Any bytes are an answer of a server: headers up to an empty line, then a
 * body.  Whatever it is, it is judged, and nothing is written beyond what was
 * asked for.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "store/s3/s3_config.h"
#include "store/s3/s3_judge.h"
#include "store/s3/s3_reply.h"
#include "store/s3/s3_wire.h"
#include "store/s3/s3_xml.h"

#define WANT 16
#define GUARD 0x5a

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Feed the answer line by line, then its body in two pieces. */
static void
feed(struct s3_reply *r, const uint8_t *p, size_t n)
{
	const uint8_t *end;
	size_t len;

	while (n > 0) {
		end = memchr(p, '\n', n);
		len = end != NULL ? (size_t)(end - p) + 1 : n;
		if (!s3_reply_header(r, (const char *)p, len))
			return;
		p += len;
		n -= len;
		if (len <= 2)
			break;
	}
	if (s3_reply_body(r, p, n / 2))
		(void)s3_reply_body(r, p + n / 2, n - n / 2);
}

static void
try_one(const struct s3_request *q, bool object, const uint8_t *data,
    size_t size)
{
	static const struct s3_config config;
	uint8_t sink[2 * WANT];
	struct s3_reply r;
	struct s3_page page = { 0 };
	struct err e;
	enum s3_verdict v;
	bool whole = false;
	size_t i;

	memset(sink, GUARD, sizeof(sink));
	s3_reply_init(&r, object, sink, q->offset, q->want);
	feed(&r, data, size);
	r.curl = 0;
	r.sent = q->len;
	err_clear(&e);
	if (q->key[0] == '\0' && r.http == 200)
		whole = s3_xml_page(r.body.data, r.body.len, &page, &e) == 0;
	for (i = 0; i < page.n; i++)
		if (memchr(page.item[i].key, '\0', S3_KEY_MAX + 1) == NULL)
			abort();
	v = s3_judge(q, &r, whole);
	if (v == S3_DONE && object && r.got != WANT)
		abort();
	if (v != S3_DONE && (s3_judge_explain(&config, q, &r, v, &e) != -1 ||
	    e.kind == ERR_NONE || e.text[0] == '\0' ||
	    strchr(e.text, '\n') != NULL))
		abort();
	for (i = WANT; i < sizeof(sink); i++)
		if (sink[i] != GUARD)
			abort();
	s3_page_drop(&page);
	s3_reply_drop(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct s3_request get = {
		.verb = "GET", .key = "k", .offset = 4, .want = WANT,
	};
	const struct s3_request list = { .verb = "GET", .key = "" };
	const struct s3_request put = { .verb = "PUT", .key = "k", .len = 9 };
	const struct s3_request head = { .verb = "HEAD", .key = "k" };

	try_one(&get, true, data, size);
	try_one(&list, false, data, size);
	try_one(&put, false, data, size);
	try_one(&head, false, data, size);
	return 0;
}
