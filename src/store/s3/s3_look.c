/*
 * How a bucket is, apart from what is in it: see s3_look.h.
 *
 * A key that may only put, get and list is refused here and there: that is no
 * error, it is what one hopes for.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <libxml/xmlreader.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/num.h"
#include "store/health.h"
#include "store/s3/s3_front.h"
#include "store/s3/s3_look.h"
#include "store/s3/s3_reply.h"
#include "store/s3/s3_send.h"
#include "store/s3/s3_xml.h"

#define HALF_SECOND 500000000
#define DEPTH_MAX 8
#define OPTIONS (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)
/* Nobody has an object of this name; see CAVEATS of muster-doctor(1). */
#define PROBE "muster-doctor.probe"

static int
ask(struct s3_sender *s, struct s3_request *r, struct s3_reply *reply,
    struct err *e)
{
	s3_reply_init(reply, false, NULL, 0, 0);
	if (s3_front_do(&s->link, r, reply, e) == -1)
		return -1;
	s3_xml_error(reply);
	return 0;
}

/* The text of the first element of that name; false when there is none. */
static bool
find_text(const struct s3_reply *r, const char *name, char *out, size_t size)
{
	xmlTextReaderPtr x;
	bool inside = false, found = false;
	int rc = 1;

	if (r->body.len == 0 || (x = xmlReaderForMemory(
	    (const char *)r->body.data, (int)r->body.len, NULL, NULL,
	    OPTIONS)) == NULL)
		return false;
	while (!found && (rc = xmlTextReaderRead(x)) == 1 &&
	    xmlTextReaderDepth(x) <= DEPTH_MAX &&
	    xmlTextReaderNodeType(x) != XML_READER_TYPE_DOCUMENT_TYPE) {
		if (xmlTextReaderNodeType(x) == XML_READER_TYPE_ELEMENT)
			inside = strcmp((const char *)
			    xmlTextReaderConstLocalName(x), name) == 0;
		else if (inside &&
		    xmlTextReaderNodeType(x) == XML_READER_TYPE_TEXT) {
			(void)snprintf(out, size, "%s",
			    (const char *)xmlTextReaderConstValue(x));
			found = true;
		}
	}
	xmlFreeTextReader(x);
	return found;
}

static bool
has_answered(const struct s3_reply *r)
{
	return r->curl == 0 && r->http == 200;
}

static int
look_versions(struct s3_sender *s, struct store_health *h, struct err *e)
{
	struct s3_request q = { .verb = "GET", .key = "", .fresh = true,
	    .query = { { "versioning", "" } }, .n_query = 1 };
	struct s3_reply r;
	char status[32] = "";
	int rc;

	if ((rc = ask(s, &q, &r, e)) == 0 && r.curl != 0)
		rc = err_set(e, ERR_REMOTE, "%s: %s", s->config.place.host,
		    r.why);
	if (rc == 0 && has_answered(&r))
		h->versioned = find_text(&r, "Status", status,
		    sizeof(status)) && strcmp(status, "Enabled") == 0 ?
		    HEALTH_YES : HEALTH_NO;
	if (rc == 0 && r.date != 0) {	/* it tells whole seconds */
		h->has_clock = true;
		h->ahead = r.date + HALF_SECOND - r.began / 2 -
		    clock_utc() / 2;
	}
	h->expires = r.expires;
	s3_reply_drop(&r);
	return rc;
}

static int
look_lock(struct s3_sender *s, struct store_health *h, struct err *e)
{
	struct s3_request q = { .verb = "GET", .key = "",
	    .query = { { "object-lock", "" } }, .n_query = 1 };
	struct s3_reply r;
	struct err none;
	char text[32] = "";
	uint64_t days;
	int rc;

	rc = ask(s, &q, &r, e);
	if (rc == 0 && has_answered(&r)) {
		h->locked = find_text(&r, "ObjectLockEnabled", text,
		    sizeof(text)) && strcmp(text, "Enabled") == 0 ?
		    HEALTH_YES : HEALTH_NO;
		(void)find_text(&r, "Mode", h->lock_mode,
		    sizeof(h->lock_mode));
		if (find_text(&r, "Days", text, sizeof(text)) &&
		    num_parse(text, 1, 36500, &days, &none) == 0)
			h->lock_days = (uint32_t)days;
	} else if (rc == 0 && strcmp(r.code,
	    "ObjectLockConfigurationNotFoundError") == 0)
		h->locked = HEALTH_NO;
	s3_reply_drop(&r);
	return rc;
}

static int
look_removal(struct s3_sender *s, struct store_health *h, struct err *e)
{
	char key[S3_KEY_MAX + 1];
	struct s3_request q = { .verb = "DELETE", .key = key };
	struct s3_reply r;
	int rc;

	(void)snprintf(key, sizeof(key), "%s" PROBE, s->config.prefix);
	rc = ask(s, &q, &r, e);
	if (rc == 0 && r.curl == 0 && (r.http == 204 || r.http == 200))
		h->removable = HEALTH_YES;
	else if (rc == 0 && r.curl == 0 && r.http == 403)
		h->removable = HEALTH_NO;
	s3_reply_drop(&r);
	return rc;
}

int
s3_look_bucket(struct s3_sender *s, struct store_health *h, struct err *e)
{
	h->remote = true;
	h->encrypted = s->config.place.tls ? HEALTH_YES : HEALTH_NO;
	if (look_versions(s, h, e) == -1 || look_lock(s, h, e) == -1)
		return -1;
	return look_removal(s, h, e);
}
