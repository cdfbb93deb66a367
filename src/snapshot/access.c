/*
 * From what a user typed to an opened store: see access.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/lock.h"
#include "snapshot/access.h"
#include "store/store.h"

static bool
is_url(const char *s)
{
	return s != NULL && strpbrk(s, "/:") != NULL;
}

/* The first of the places a passphrase's file may be named in. */
static void
find_passphrase(const struct policy *p, const struct access_want *w,
    struct access_paths *paths, struct passphrase_source *s)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");

	s->prompt = "Passphrase of the recovery key";
	if (w->passphrase_file != NULL)
		s->file = w->passphrase_file;
	else if (p != NULL && p->passphrase_file != NULL)
		s->file = p->passphrase_file;
	else if (getenv("MUSTER_PASSPHRASE_FILE") != NULL)
		s->file = getenv("MUSTER_PASSPHRASE_FILE");
	else if (folder != NULL) {
		(void)snprintf(paths->credential, sizeof(paths->credential),
		    "%s/muster-passphrase", folder);
		if (file_exists(paths->credential))
			s->file = paths->credential;
	}
	if (s->file == NULL)
		s->ask = isatty(STDIN_FILENO) == 1;
}

/*
 * Each store has an index of its own: its folder is named by the URL, and by
 * the endpoint if one is named, for two may have buckets of the same name.
 */
static int
index_folder(const struct policy *p, const struct depot_options *o,
    struct access_paths *paths, struct err *e)
{
	const char *endpoint = o->bucket.endpoint;
	char hex[ID_TEXT_SIZE], text[ACCESS_PATH_SIZE];
	struct id id;
	int n;

	n = snprintf(text, sizeof(text), "%s%s%s", o->url,
	    endpoint != NULL ? "\n" : "", endpoint != NULL ? endpoint : "");
	if (n >= (int)sizeof(text))
		return err_set(e, ERR_INPUT, "the store's URL is too long");
	id_sha256(text, strlen(text), &id);
	(void)id_format(&id, hex);
	if (snprintf(paths->index, sizeof(paths->index), "%s/index-%.16s",
	    p->state, hex) >= (int)sizeof(paths->index))
		return err_set(e, ERR_INPUT, "state: the path is too long");
	return file_mkdirs(paths->index, 0700, e);
}

void
access_store_options(const struct policy_store *s, struct store_options *o)
{
	*o = (struct store_options){
		.endpoint = s->endpoint,
		.region = s->region,
		.ca_file = s->ca_file,
		.credentials = s->credentials,
		.profile = s->profile,
		.storage_class = s->storage_class,
		.style = !s->has_path_style ? STORE_STYLE_AUTO :
		    s->path_style ? STORE_STYLE_PATH : STORE_STYLE_HOST,
		.lock = s->lock == POLICY_COMPLIANCE ? STORE_COMPLIANCE :
		    s->lock == POLICY_GOVERNANCE ? STORE_GOVERNANCE :
		    STORE_UNLOCKED,
		.lock_days = s->lock_days,
		.limit_upload = s->limit_upload,
	};
}

struct store *
access_store_open(const struct policy_store *s, struct err *e)
{
	struct store_options o;

	access_store_options(s, &o);
	o.unread = true;
	return store_open_with(s->url, &o, e);
}

/* The policy's store that is meant, by name or URL; NULL: only a URL. */
static int
find_store(const struct policy *p, const char *name,
    const struct policy_store **out, struct err *e)
{
	uint32_t i;

	*out = NULL;
	if (!is_url(name))
		return (*out = policy_find_store(p, name, e)) == NULL ? -1 : 0;
	for (i = 0; i < p->n_stores && *out == NULL; i++)
		if (strcmp(p->stores[i].url, name) == 0)
			*out = &p->stores[i];
	return 0;
}

int
access_depot_options(const struct policy *p, const struct access_want *w,
    struct depot_options *o, struct access_paths *paths, struct err *e)
{
	const struct policy_store *store;
	const char *name = w->store;

	memset(o, 0, sizeof(*o));
	o->use = w->use;
	o->progress = w->progress;
	o->recovery_key = w->recovery_key;
	find_passphrase(p, w, paths, &o->pass);
	if (p == NULL) {
		o->url = w->store;
		return 0;
	}
	if (name == NULL && w->drill_store)
		name = p->drill_from;
	if (find_store(p, name, &store, e) == -1)
		return -1;
	o->url = store != NULL ? store->url : name;
	if (store != NULL)
		access_store_options(store, &o->bucket);
	o->writer_key = p->writer_key;
	if (o->recovery_key == NULL)
		o->recovery_key = p->recovery_key;
	o->scratch = p->drill_scratch;
	if (w->use > DEPOT_SIGN) {
		if (index_folder(p, o, paths, e) == -1)
			return -1;
		o->index = paths->index;
	}
	return 0;
}

static int
take_lock(struct access *a, const struct access_want *w, struct err *e)
{
	char path[ACCESS_PATH_SIZE];

	if (file_mkdirs(a->policy->state, 0700, e) == -1)
		return -1;
	if (snprintf(path, sizeof(path), "%s/%s%slock", a->policy->state,
	    w->lock != NULL ? w->lock : "", w->lock != NULL ? "-" : "") >=
	    (int)sizeof(path))
		return err_set(e, ERR_INPUT, "state: the path is too long");
	if ((a->lock = lock_take(path, w->lock_wait, e)) != NULL)
		return 0;
	return e->kind != ERR_LOCKED ? -1 : err_set(e, ERR_LOCKED,
	    "cannot lock %s: another run holds it (--lock-wait waits for its "
	    "end)", path);
}

/* Without a folder for them all statements are fetched: no error. */
static void
find_memory(struct access *a)
{
	char *path = NULL;
	struct err none;

	if (store_is_path(store_url(a->depot.store)) ||
	    asprintf(&path, "%s/statements", a->policy->state) == -1)
		return;
	if (file_mkdirs(path, 0700, &none) == 0)
		a->depot.memory = path;
	else
		free(path);
}

int
access_open(struct access *a, const struct access_want *w, struct err *e)
{
	struct access_paths paths;
	struct depot_options o;

	memset(a, 0, sizeof(*a));
	if (keys_init(e) == -1)
		return -1;
	if (!(w->bare && w->policy == NULL && is_url(w->store)) &&
	    (a->policy = policy_load(w->policy, e)) == NULL)
		return -1;
	if (w->exclusive && take_lock(a, w, e) == -1)
		goto refuse;
	if (access_depot_options(a->policy, w, &o, &paths, e) == -1)
		goto refuse;
	if (depot_open(&a->depot, &o, e) == -1)
		goto refuse;
	if (w->remember && a->policy != NULL)
		find_memory(a);
	return 0;
refuse:
	access_close(a);
	return -1;
}

void
access_close(struct access *a)
{
	depot_close(&a->depot);
	lock_free(a->lock);
	if (a->policy != NULL)
		policy_free(a->policy);
	memset(a, 0, sizeof(*a));
}
