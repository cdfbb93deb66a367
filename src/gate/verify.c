/*
 * Verdicts from a file: see verify.h.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/want.h"
#include "gate/verify.h"
#include "snapshot/trail.h"

#define NANO INT64_C(1000000000)
#define URN "urn:muster:site:"

static int
read_predicate(struct verdict_read *v, const json_t *o, char result[16],
    struct err *e)
{
	char uri[sizeof(v->site) + sizeof(URN)];
	const json_t *policy, *digest, *override;

	if (want_time(o, "timeVerified", &v->utc, e) == -1 ||
	    want_time(o, "musterExpires", &v->expires, e) == -1 ||
	    want_text(o, "resourceUri", uri, sizeof(uri), e) == -1 ||
	    want_text(o, "verificationResult", result, 16, e) == -1 ||
	    (policy = want_object(o, "policy", e)) == NULL ||
	    (digest = want_object(policy, "digest", e)) == NULL ||
	    want_text(digest, "sha256", v->policy, sizeof(v->policy), e) == -1)
		return -1;
	if (strncmp(uri, URN, strlen(URN)) != 0)
		return err_set(e, ERR_DAMAGED, "resourceUri: expected a site");
	(void)snprintf(v->site, sizeof(v->site), "%.*s",
	    (int)sizeof(v->site) - 1, uri + strlen(URN));
	if (json_object_get(o, "musterOverride") == NULL)
		return 0;
	if ((override = want_object(o, "musterOverride", e)) == NULL)
		return -1;
	return want_text(override, "reason", v->override, sizeof(v->override),
	    e);
}

/* Why it does not open the gate, or NULL. */
static const char *
refusal(const struct verdict_read *v, const struct verify_want_verdict *w,
    const char *result)
{
	int64_t now = clock_utc();

	if (strcmp(v->subject, w->subject) != 0)
		return "it is about another deploy";
	if (w->site != NULL && strcmp(v->site, w->site) != 0)
		return "it is of another site";
	if (strcmp(result, "PASSED") != 0)
		return "it is a NO-GO";
	if (v->utc > now + (int64_t)w->skew * NANO)
		return "it is from the future";
	if (v->expires <= now)
		return "it has expired";
	if (v->override[0] != '\0' && !w->accept_override)
		return "it is an override, and none is accepted here";
	return NULL;
}

int
verdict_verify(const void *p, size_t n, const struct verify_want_verdict *w,
    struct verdict_read *v, struct err *e)
{
	char result[16];
	const json_t *subject;
	const char *why;
	json_t *s;
	int rc = -1;

	memset(v, 0, sizeof(*v));
	if ((s = trail_believe(w->signers, TRAIL_VERDICTS, p, n, v->signer,
	    e)) == NULL)
		goto done;
	subject = json_array_get(json_object_get(s, "subject"), 0);
	if (want_text(subject, "name", v->subject, sizeof(v->subject),
	    e) == -1 || read_predicate(v, json_object_get(s, "predicate"),
	    result, e) == -1)
		goto done;
	why = refusal(v, w, result);
	v->go = why == NULL;
	(void)snprintf(v->why, sizeof(v->why), "%s", why != NULL ? why : "");
	rc = 0;
done:
	json_decref(s);
	return rc == -1 ? err_add(e, "not a verdict to be believed") : 0;
}
