/*
 * Metadata services of clouds: see s3_metadata.h.  Their answers are secret:
 * kept in guarded memory, and never quoted.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "crypto/guard.h"
#include "store/s3/s3_fetch.h"
#include "store/s3/s3_metadata.h"

#define ANSWER_MAX ((size_t)32 << 10)
#define URL_MAX 1024
#define ROLE_MAX 256
#define CONTAINER "http://169.254.170.2"
#define INSTANCE "http://169.254.169.254"
#define CREDENTIALS "/latest/meta-data/iam/security-credentials/"
#define RELATIVE_URI "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
#define FULL_URI "AWS_CONTAINER_CREDENTIALS_FULL_URI"
#define TOKEN "AWS_CONTAINER_AUTHORIZATION_TOKEN"

/* An instance that has none answers at once; elsewhere nobody does. */
#define PATIENCE 2000

static const char *
env(const char *name)
{
	const char *text = getenv(name);

	return text != NULL && text[0] != '\0' ? text : NULL;
}

/* A member of the answer, copied and wiped where it was. */
static int
take(json_t *o, const char *key, char *out, size_t size)
{
	const char *text = json_string_value(json_object_get(o, key));
	size_t n = text != NULL ? strlen(text) : 0, i;

	for (i = 0; i < n; i++)
		if (!isgraph((unsigned char)text[i]))
			return -1;
	if (n == 0 || n >= size)
		return -1;
	memcpy(out, text, n + 1);
	explicit_bzero((void *)(uintptr_t)text, n);
	return 0;
}

static int
understand(const char *answer, struct s3_secret *s, struct err *e)
{
	char expires[CLOCK_TEXT_MAX];
	json_t *o = json_loads(answer, 0, NULL);
	int rc = -1;

	if (take(o, "AccessKeyId", s->access, sizeof(s->access)) == -1 ||
	    take(o, "SecretAccessKey", s->secret, sizeof(s->secret)) == -1 ||
	    take(o, "Token", s->token, sizeof(s->token)) == -1 ||
	    take(o, "Expiration", expires, sizeof(expires)) == -1 ||
	    clock_parse(expires, &s->expires, e) == -1)
		(void)err_set(e, ERR_REMOTE, "the metadata service gave no "
		    "credentials: expected AccessKeyId, SecretAccessKey, Token "
		    "and Expiration");
	else
		rc = 0;
	json_decref(o);
	return rc;
}

static int
ask(const struct s3_fetch *f, char *out, size_t size, struct err *e)
{
	long status;

	if (s3_fetch(f, out, size, &status, e) == -1)
		return err_add(e, "cannot ask the metadata service");
	if (status == 200)
		return 0;
	return err_set(e, status == 404 ? ERR_ABSENT : ERR_REMOTE,
	    "the metadata service answered %ld to %.200s", status, f->url);
}

bool
s3_metadata_has_container(void)
{
	return env(RELATIVE_URI) != NULL || env(FULL_URI) != NULL;
}

/* The service's own token, from a file if one is named, as a header. */
static int
authorization(char *out, size_t size, struct err *e)
{
	static const char name[] = "Authorization: ";
	const char *file = env(TOKEN "_FILE"), *text = env(TOKEN);
	size_t n = strlen(name), got = 0;

	(void)snprintf(out, size, "%s", name);
	if (file != NULL) {
		if (file_load_secret(file, out + n, size - n - 1, &got, e) ==
		    -1)
			return err_add(e, TOKEN "_FILE");
		out[n + got] = '\0';
	} else if (text != NULL && (size_t)snprintf(out + n, size - n, "%s",
	    text) >= size - n)
		return err_set(e, ERR_INPUT, TOKEN " is too long");
	n = strlen(out);
	while (n > 0 && isspace((unsigned char)out[n - 1]))
		out[--n] = '\0';
	if (strpbrk(out, "\r\n") != NULL)
		return err_set(e, ERR_INPUT, TOKEN ": expected one line");
	return 0;
}

/* Plain HTTP only to this machine and to what is next to it. */
static bool
is_near(const char *url)
{
	static const char *const near[] = {
		"http://127.0.0.1", "http://localhost", "http://[::1]",
		CONTAINER, "http://169.254.170.23", "http://[fd00:ec2::23]",
	};
	size_t i, n;

	if (strncmp(url, "https://", 8) == 0)
		return true;
	for (i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
		n = strlen(near[i]);
		if (strncmp(url, near[i], n) == 0 &&
		    (url[n] == '/' || url[n] == ':'))
			return true;
	}
	return false;
}

int
s3_metadata_container(struct s3_secret *s, struct err *e)
{
	const char *relative = env(RELATIVE_URI), *full = env(FULL_URI);
	char url[URL_MAX], *mem, *header;
	struct s3_fetch f = { "GET", url, { NULL, NULL }, PATIENCE };
	int rc = -1;

	if ((size_t)snprintf(url, sizeof(url), "%s%s",
	    relative != NULL ? CONTAINER : "",
	    relative != NULL ? relative : full) >= sizeof(url))
		return err_set(e, ERR_INPUT, RELATIVE_URI " is too long");
	if (!is_near(url))
		return err_set(e, ERR_INPUT, FULL_URI ": expected https, or "
		    "an address of this machine");
	if ((mem = guard_new(2 * ANSWER_MAX, e)) == NULL)
		return -1;
	header = mem + ANSWER_MAX;
	if (authorization(header, ANSWER_MAX, e) == -1)
		goto done;
	f.header[0] = strchr(header, ' ') != NULL ? header : NULL;
	if (ask(&f, mem, ANSWER_MAX, e) == -1)
		goto done;
	rc = understand(mem, s, e);
done:
	guard_free(mem);
	return rc;
}

static const char *
instance(void)
{
	const char *endpoint = env("AWS_EC2_METADATA_SERVICE_ENDPOINT");

	return endpoint != NULL ? endpoint : INSTANCE;
}

/* One question of IMDSv2, with the session's token in header. */
static int
ask_instance(const char *role, const char *header, char *out, struct err *e)
{
	char url[URL_MAX];
	const struct s3_fetch f = { "GET", url, { header, NULL }, PATIENCE };

	if ((size_t)snprintf(url, sizeof(url), "%.*s" CREDENTIALS "%s",
	    (int)strcspn(instance(), "\r\n"), instance(), role) >= sizeof(url))
		return err_set(e, ERR_INPUT, "the address of the metadata "
		    "service is too long");
	return ask(&f, out, ANSWER_MAX, e);
}

static int
ask_role(const char *header, char *out, char role[ROLE_MAX], struct err *e)
{
	size_t n;

	if (ask_instance("", header, out, e) == -1)
		return -1;
	n = strspn(out, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+=,.@-");
	if (n == 0 || n >= ROLE_MAX)
		return err_set(e, ERR_ABSENT, "the instance has no role");
	(void)snprintf(role, ROLE_MAX, "%.*s", (int)n, out);
	return 0;
}

int
s3_metadata_instance(struct s3_secret *s, struct err *e)
{
	static const char name[] = "X-aws-ec2-metadata-token: ";
	char url[URL_MAX], role[ROLE_MAX], *mem, *header;
	const struct s3_fetch session = { "PUT", url,
	    { "X-aws-ec2-metadata-token-ttl-seconds: 300", NULL }, PATIENCE };
	int rc = -1;

	if ((size_t)snprintf(url, sizeof(url), "%s/latest/api/token",
	    instance()) >= sizeof(url))
		return err_set(e, ERR_INPUT, "the address of the metadata "
		    "service is too long");
	if ((mem = guard_new(2 * ANSWER_MAX, e)) == NULL)
		return -1;
	header = mem + ANSWER_MAX;
	(void)snprintf(header, ANSWER_MAX, "%s", name);
	if (ask(&session, header + strlen(name), ANSWER_MAX - sizeof(name),
	    e) == -1)
		goto done;
	if (strpbrk(header, "\r\n") != NULL) {
		(void)err_set(e, ERR_REMOTE, "the metadata service gave no "
		    "token");
		goto done;
	}
	if (ask_role(header, mem, role, e) == -1 ||
	    ask_instance(role, header, mem, e) == -1)
		goto done;
	rc = understand(mem, s, e);
done:
	guard_free(mem);
	return rc;
}
