/*
 * A private S3 server for tests: see live_s3.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/file.h"
#include "base/scratch.h"
#include "live_s3.h"

#define ARGS_MAX 16

static void
must(int ok, const struct err *e)
{
	if (!ok)
		fail_msg("%s", e->text);
}

/* "NAME=value" lines into the members of the same meaning. */
static void
take_line(struct live_s3 *l, const char *line)
{
	const struct {
		const char	*name;
		char		*out;
		size_t		 size;
	} names[] = {
		{ "S3_ENDPOINT=", l->endpoint, sizeof(l->endpoint) },
		{ "S3_ENDPOINT_TLS=", l->endpoint_tls,
		    sizeof(l->endpoint_tls) },
		{ "S3_CA=", l->ca, sizeof(l->ca) },
		{ "S3_OWNER_KEY=", l->owner_key, sizeof(l->owner_key) },
		{ "S3_OWNER_SECRET=", l->owner_secret,
		    sizeof(l->owner_secret) },
		{ "S3_WRITER_KEY=", l->writer_key, sizeof(l->writer_key) },
		{ "S3_WRITER_SECRET=", l->writer_secret,
		    sizeof(l->writer_secret) },
		{ "S3_BUCKET=", l->bucket, sizeof(l->bucket) },
		{ "S3_LOCKED=", l->locked, sizeof(l->locked) },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(line, names[i].name, strlen(names[i].name)) == 0)
			(void)snprintf(names[i].out, names[i].size, "%s",
			    line + strlen(names[i].name));
}

int
live_s3_start(struct live_s3 *l)
{
	const char *tmp = getenv("TMPDIR");
	char variable[PATH_MAX + 32], *line, *rest = NULL;
	const char *env[] = { variable, NULL };
	const char *argv[] = { "scripts/start-s3", NULL, NULL };
	struct child_spec spec = {
		.argv = argv, .env = env, .in = -1, .out = -1, .err = -1,
	};
	struct err e;
	struct buf out;
	int status;

	memset(l, 0, sizeof(*l));
	(void)setenv("no_proxy", "127.0.0.1,localhost", 1);
	if (access("/usr/bin/radosgw", X_OK) != 0) {
		print_message("radosgw is not installed\n");
		return 0;
	}
	l->scratch = scratch_new(tmp != NULL ? tmp : "/tmp", &e);
	must(l->scratch != NULL, &e);
	(void)snprintf(variable, sizeof(variable), "MUSTER_SCRATCH=%s",
	    scratch_path(l->scratch));
	argv[1] = scratch_path(l->scratch);
	buf_init(&out, 1 << 16);
	/* the daemons keep our pipe open no longer than the script does */
	must(child_run(&spec, 180, &out, &status, &e) == 0, &e);
	if (status != 0)
		fail_msg("start-s3: %.*s", (int)out.len,
		    (const char *)out.data);
	for (line = strtok_r(buf_text(&out, &e), "\n", &rest); line != NULL;
	    line = strtok_r(NULL, "\n", &rest))
		take_line(l, line);
	buf_drop(&out);
	return 1;
}

void
live_s3_stop(struct live_s3 *l)
{
	scratch_free(l->scratch);
	l->scratch = NULL;
}

static void
be(const char *key, const char *secret)
{
	(void)setenv("AWS_ACCESS_KEY_ID", key, 1);
	(void)setenv("AWS_SECRET_ACCESS_KEY", secret, 1);
	(void)unsetenv("AWS_SESSION_TOKEN");
}

void
live_s3_be_owner(const struct live_s3 *l)
{
	be(l->owner_key, l->owner_secret);
}

void
live_s3_be_writer(const struct live_s3 *l)
{
	be(l->writer_key, l->writer_secret);
}

void
live_s3_admin(const struct live_s3 *l, char *out, size_t size, ...)
{
	const char *argv[ARGS_MAX + 3] = {
		"/usr/bin/python3", "tests/lib/s3_admin.py",
	};
	const char *env[4];
	char key[128], secret[128], endpoint[256];
	const struct child_spec spec = {
		.argv = argv, .env = env, .in = -1, .out = -1, .err = -1,
	};
	struct buf b;
	struct err e;
	va_list ap;
	int i, status;

	(void)snprintf(key, sizeof(key), "AWS_ACCESS_KEY_ID=%s",
	    l->owner_key);
	(void)snprintf(secret, sizeof(secret), "AWS_SECRET_ACCESS_KEY=%s",
	    l->owner_secret);
	(void)snprintf(endpoint, sizeof(endpoint), "S3_ENDPOINT=%s",
	    l->endpoint);
	env[0] = key;
	env[1] = secret;
	env[2] = endpoint;
	env[3] = NULL;
	va_start(ap, size);
	for (i = 2; i < ARGS_MAX + 2; i++)
		if ((argv[i] = va_arg(ap, const char *)) == NULL)
			break;
	va_end(ap);
	buf_init(&b, 1 << 20);
	must(child_run(&spec, 600, &b, &status, &e) == 0, &e);
	if (status != 0)
		fail_msg("s3_admin.py %s: %.*s", argv[2], (int)b.len,
		    (const char *)b.data);
	if (out != NULL)
		(void)snprintf(out, size, "%.*s", (int)b.len,
		    (const char *)b.data);
	buf_drop(&b);
}
