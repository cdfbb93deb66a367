/*
 * Where credentials come from, in the order of s3_keys.h.  The first place
 * that has some is theirs from then on: when they expire they are read from
 * there again, never from another.
 */
#include <ctype.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "crypto/guard.h"
#include "store/s3/s3_ini.h"
#include "store/s3/s3_keys.h"
#include "store/s3/s3_metadata.h"

#define SECOND 1000000000ll
#define EARLY (300 * SECOND)	/* fetch them again so long before the end */
#define SYSTEMD_NAME "muster-s3"

enum answer {
	FAILED = -1,
	NOTHING = 0,
	FOUND = 1
};

struct s3_keys {
	pthread_mutex_t	  mutex;
	struct s3_secret *secret;	/* guarded */
	int64_t		  loaded;	/* clock_utc() */
	enum answer	  (*from)(struct s3_keys *, struct s3_secret *,
			    struct err *);
	char		  origin[PATH_MAX + 32];
	char		  file[PATH_MAX];	/* from_file's */
	char		  profile[128];		/* or "" */
};

static const char *
env(const char *name)
{
	const char *text = getenv(name);

	return text != NULL && text[0] != '\0' ? text : NULL;
}

static enum answer
from_file(struct s3_keys *k, struct s3_secret *s, struct err *e)
{
	(void)snprintf(k->origin, sizeof(k->origin), "%s", k->file);
	return s3_ini_load(k->file, k->profile[0] != '\0' ? k->profile : NULL,
	    s, e) == -1 ? FAILED : FOUND;
}

/* A variable's value; it is already known to everybody who can see us. */
static int
take(const char *name, char *out, size_t size, struct err *e)
{
	const char *text = env(name);
	size_t n = text != NULL ? strlen(text) : 0, i;

	for (i = 0; i < n; i++)
		if (!isgraph((unsigned char)text[i]))
			return err_set(e, ERR_INPUT, "%s: expected a value "
			    "without blanks", name);
	if (n >= size)
		return err_set(e, ERR_INPUT, "%s is longer than %zu bytes",
		    name, size - 1);
	if (n > 0)
		memcpy(out, text, n + 1);
	return 0;
}

static enum answer
from_env(struct s3_keys *k, struct s3_secret *s, struct err *e)
{
	if (env("AWS_ACCESS_KEY_ID") == NULL &&
	    env("AWS_SECRET_ACCESS_KEY") == NULL)
		return NOTHING;
	(void)snprintf(k->origin, sizeof(k->origin), "%s",
	    "AWS_ACCESS_KEY_ID");
	if (take("AWS_ACCESS_KEY_ID", s->access, sizeof(s->access), e) == -1 ||
	    take("AWS_SECRET_ACCESS_KEY", s->secret, sizeof(s->secret), e) ==
	    -1 ||
	    take("AWS_SESSION_TOKEN", s->token, sizeof(s->token), e) == -1)
		return FAILED;
	if (s->access[0] == '\0' || s->secret[0] == '\0') {
		(void)err_set(e, ERR_INPUT, "of AWS_ACCESS_KEY_ID and "
		    "AWS_SECRET_ACCESS_KEY only one is set");
		return FAILED;
	}
	return FOUND;
}

/* What the formatted name stands for, if it is there. */
static enum answer
from_place(struct s3_keys *k, struct s3_secret *s, struct err *e)
{
	if (!file_exists(k->file))
		return NOTHING;
	return from_file(k, s, e);
}

static enum answer
from_systemd(struct s3_keys *k, struct s3_secret *s, struct err *e)
{
	const char *folder = env("CREDENTIALS_DIRECTORY");

	if (folder == NULL)
		return NOTHING;
	(void)snprintf(k->file, sizeof(k->file), "%s/" SYSTEMD_NAME, folder);
	k->profile[0] = '\0';
	return from_place(k, s, e);
}

static enum answer
from_shared(struct s3_keys *k, struct s3_secret *s, struct err *e)
{
	const char *file = env("AWS_SHARED_CREDENTIALS_FILE");
	const char *home = env("HOME"), *profile = env("AWS_PROFILE");

	if (file == NULL && home == NULL)
		return NOTHING;
	if (file != NULL)
		(void)snprintf(k->file, sizeof(k->file), "%s", file);
	else
		(void)snprintf(k->file, sizeof(k->file),
		    "%s/.aws/credentials", home);
	(void)snprintf(k->profile, sizeof(k->profile), "%s",
	    profile != NULL ? profile : "");
	/* asked for by name, they must be there */
	return file != NULL || profile != NULL ? from_file(k, s, e) :
	    from_place(k, s, e);
}

static enum answer
from_container(struct s3_keys *k, struct s3_secret *s, struct err *e)
{
	if (!s3_metadata_has_container())
		return NOTHING;
	(void)snprintf(k->origin, sizeof(k->origin), "%s",
	    "the container's metadata service");
	return s3_metadata_container(s, e) == -1 ? FAILED : FOUND;
}

static enum answer
from_instance(struct s3_keys *k, struct s3_secret *s, struct err *e)
{
	const char *off = env("AWS_EC2_METADATA_DISABLED");

	if (off != NULL && strcasecmp(off, "true") == 0)
		return NOTHING;
	(void)snprintf(k->origin, sizeof(k->origin), "%s",
	    "the instance's metadata service");
	if (s3_metadata_instance(s, e) == 0)
		return FOUND;
	return e->kind == ERR_ABSENT ? NOTHING : FAILED;
}

static int
find(struct s3_keys *k, struct err *e)
{
	enum answer (*const places[])(struct s3_keys *, struct s3_secret *,
	    struct err *) = {
		from_env, from_systemd, from_shared, from_container,
		from_instance,
	};
	enum answer a;
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if ((a = places[i](k, k->secret, e)) == NOTHING)
			continue;
		k->from = places[i];
		if (a == FOUND)
			return 0;
		/* whoever sees this may only have forgotten the variables */
		return places[i] != from_instance ? -1 : err_add(e,
		    "there are no credentials in AWS_ACCESS_KEY_ID, "
		    "$CREDENTIALS_DIRECTORY/" SYSTEMD_NAME " or "
		    "~/.aws/credentials, and the instance gives none");
	}
	return err_set(e, ERR_DENIED, "there are no credentials: no file is "
	    "named in the policy, AWS_ACCESS_KEY_ID is not set, and there is "
	    "neither $CREDENTIALS_DIRECTORY/" SYSTEMD_NAME " nor "
	    "~/.aws/credentials nor a metadata service");
}

struct s3_keys *
s3_keys_new(const char *file, const char *profile, struct err *e)
{
	struct s3_keys *k;

	if ((k = calloc(1, sizeof(*k))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	(void)pthread_mutex_init(&k->mutex, NULL);
	if ((k->secret = guard_new(sizeof(*k->secret), e)) == NULL)
		goto failed;
	k->loaded = clock_utc();
	if (file == NULL) {
		if (find(k, e) == -1)
			goto failed;
		return k;
	}
	(void)snprintf(k->file, sizeof(k->file), "%s", file);
	(void)snprintf(k->profile, sizeof(k->profile), "%s",
	    profile != NULL ? profile : "");
	k->from = from_file;
	if (from_file(k, k->secret, e) == FOUND)
		return k;
failed:
	s3_keys_free(k);
	return NULL;
}

void
s3_keys_free(struct s3_keys *k)
{
	if (k == NULL)
		return;
	guard_free(k->secret);
	(void)pthread_mutex_destroy(&k->mutex);
	free(k);
}

/*
 * Read them again from where they came.  1: others than before, 0: the same
 * or none.  With the mutex held.
 */
static int
load(struct s3_keys *k, struct err *e)
{
	struct s3_secret *fresh;
	int64_t now = clock_utc();
	enum answer a;
	int rc = -1;

	if ((fresh = guard_new(sizeof(*fresh), e)) == NULL)
		return -1;
	if ((a = k->from(k, fresh, e)) == FAILED) {
		(void)err_add(e, "cannot renew the credentials");
		goto done;
	}
	rc = a == FOUND && (strcmp(fresh->access, k->secret->access) != 0 ||
	    strcmp(fresh->token, k->secret->token) != 0);
	if (rc == 1) {
		guard_free(k->secret);
		k->secret = fresh;
		fresh = NULL;		/* it is theirs now */
		k->loaded = now;
	}
done:
	guard_free(fresh);
	return rc;
}

const struct s3_secret *
s3_keys_hold(struct s3_keys *k, struct err *e)
{
	int64_t now = clock_utc();
	int rc;

	(void)pthread_mutex_lock(&k->mutex);
	if (k->secret->expires == 0 || now < k->secret->expires - EARLY)
		return k->secret;
	rc = load(k, e);
	/* until they have really expired the old ones will do */
	if (now < k->secret->expires)
		return k->secret;
	if (rc != -1)
		(void)err_set(e, ERR_DENIED, "the credentials have expired, "
		    "and %.200s has no others", k->origin);
	(void)pthread_mutex_unlock(&k->mutex);
	return NULL;
}

void
s3_keys_release(struct s3_keys *k)
{
	(void)pthread_mutex_unlock(&k->mutex);
}

int
s3_keys_renew(struct s3_keys *k, int64_t used, struct err *e)
{
	int rc;

	(void)pthread_mutex_lock(&k->mutex);
	/* another thread may have done it since */
	rc = k->loaded > used ? 1 : load(k, e);
	(void)pthread_mutex_unlock(&k->mutex);
	return rc;
}

const char *
s3_keys_origin(const struct s3_keys *k)
{
	return k->origin;
}
