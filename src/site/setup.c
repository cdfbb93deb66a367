/*
 * Sets a site up: everything is thought out and checked in memory first, so
 * that what can be refused is refused before anything is made; and each thing
 * is made by an operation that does not overwrite (file_create, store_put),
 * so that what was not seen when it was checked is still not lost.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "policy/policy.h"
#include "site/setup.h"
#include "site/starter.h"
#include "store/store.h"

#define TEXT_MAX ((size_t)1 << 20)

static char *
absolute(const char *path, struct err *e)
{
	char *cwd, *full = NULL;

	while (path[0] == '.' && path[1] == '/')
		path += 2 + strspn(path + 2, "/");
	if (path[0] == '\0') {
		(void)err_set(e, ERR_INPUT, "empty path");
		return NULL;
	}
	if (path[0] == '/') {
		if ((full = strdup(path)) == NULL)
			(void)err_memory(e);
		return full;
	}
	if ((cwd = getcwd(NULL, 0)) == NULL) {
		(void)err_sys(e, "cannot tell the current folder");
		return NULL;
	}
	if (asprintf(&full, "%s/%s", strcmp(cwd, "/") == 0 ? "" : cwd,
	    path) == -1) {
		full = NULL;
		(void)err_memory(e);
	}
	free(cwd);
	return full;
}

/* A path beside the policy. */
static char *
beside(const struct setup *s, const char *name, struct err *e)
{
	int n = (int)(strrchr(s->policy, '/') - s->policy);
	char *path;

	if (asprintf(&path, "%.*s/%s", n, s->policy, name) == -1) {
		(void)err_memory(e);
		return NULL;
	}
	return path;
}

static bool
is_bucket(const struct setup *s)
{
	return !store_is_path(s->want.store);
}

/* A bucket's settings: those at hand now are in the policy for good. */
static int
find_store(struct setup *s, struct err *e)
{
	if (!is_bucket(s)) {
		s->store = absolute(s->want.store, e);
		return s->store == NULL ? err_add(e, "--store") : 0;
	}
	if ((s->store = strdup(s->want.store)) == NULL)
		return err_memory(e);
	store_environment(&s->bucket);
	if (s->bucket.ca_file == NULL)
		return 0;
	s->bucket.ca_file = s->ca_file = absolute(s->bucket.ca_file, e);
	return s->ca_file == NULL ? -1 : 0;
}

static int
find_paths(struct setup *s, struct err *e)
{
	const struct setup_want *w = &s->want;

	if (find_store(s, e) == -1)
		return -1;
	s->policy = absolute(w->policy != NULL ? w->policy : "muster.yaml", e);
	if (s->policy == NULL)
		return err_add(e, "--output");
	s->recovery_key = w->recovery_key != NULL ?
	    absolute(w->recovery_key, e) : beside(s, "recovery.key", e);
	if (s->recovery_key == NULL)
		return err_add(e, "--recovery-key");
	if ((s->writer_key = beside(s, "writer.key", e)) == NULL)
		return -1;
	if (w->defaults_file != NULL) {
		s->defaults_file = absolute(w->defaults_file, e);
		if (s->defaults_file == NULL)
			return err_add(e, "--defaults-file");
		if (!file_exists(s->defaults_file))
			return err_set(e, ERR_ABSENT, "--defaults-file: there "
			    "is no file %s", s->defaults_file);
	}
	if (w->passphrase_file != NULL &&
	    (s->passphrase_file = absolute(w->passphrase_file, e)) == NULL)
		return err_add(e, "--passphrase-file");
	/* the state of a policy in /etc has its default in /var/lib */
	if (strncmp(s->policy, "/etc/", 5) == 0)
		return 0;
	return (s->state = beside(s, "state", e)) == NULL ? -1 : 0;
}

/* May something of that path be made, by the folder it will be in? */
static int
check_folder(const char *what, const char *path, struct err *e)
{
	char folder[PATH_MAX];
	char *slash;

	if (snprintf(folder, sizeof(folder), "%s", path) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return err_sys(e, "cannot make %s %s", what, path);
	}
	do {
		if ((slash = strrchr(folder, '/')) == NULL)
			return 0;
		slash[slash == folder] = '\0';
		if (access(folder, W_OK | X_OK) == 0)
			return 0;
	} while (errno == ENOENT && slash != folder);
	return err_sys(e, "cannot make %s %s: cannot write in %s", what, path,
	    folder);
}

static int
check_new(const char *what, const char *path, struct err *e)
{
	struct stat st;

	if (lstat(path, &st) == 0)
		return err_set(e, ERR_EXISTS, "%s %s exists already: expected "
		    "a new file", what, path);
	if (errno != ENOENT)
		return err_sys(e, "cannot look at %s %s", what, path);
	return check_folder(what, path, e);
}

static int
any_object(void *cookie, const struct store_info *info, struct err *e)
{
	(void)e;
	(void)snprintf(cookie, STORE_NAME_MAX, "%s", info->name);
	return 1;
}

/* A new folder, or one that holds no objects; or such a place in a bucket. */
static int
check_store(const struct setup *s, struct err *e)
{
	char name[STORE_NAME_MAX] = "";
	struct store *store;
	int rc;

	if ((store = store_open(s->store, e)) == NULL) {
		if (e->kind != ERR_ABSENT || is_bucket(s))
			return -1;
		err_clear(e);
		return check_folder("store", s->store, e);
	}
	rc = store_list(store, "", any_object, name, e);
	store_close(store);
	if (rc == 1)
		return err_set(e, ERR_EXISTS, "store %s is in use: it has %s: "
		    "expected %s", s->store, name, is_bucket(s) ?
		    "another prefix" : "a new or empty folder");
	return rc == -1 ? err_add(e, "cannot use store %s", s->store) : rc;
}

static int
check_targets(const struct setup *s, struct err *e)
{
	if (strcmp(s->policy, s->writer_key) == 0 ||
	    strcmp(s->policy, s->recovery_key) == 0 ||
	    strcmp(s->writer_key, s->recovery_key) == 0)
		return err_set(e, ERR_INPUT, "policy, writer key and recovery "
		    "key would be one file: expected three names");
	if (check_new("policy", s->policy, e) == -1 ||
	    check_new("writer key", s->writer_key, e) == -1 ||
	    check_new("recovery key", s->recovery_key, e) == -1)
		return -1;
	return check_store(s, e);
}

/* The host's name, only with what a site's name may have. */
static void
host_name(char name[CHARTER_NAME_MAX])
{
	char host[HOST_NAME_MAX + 1] = "";
	size_t i, n = 0;

	if (gethostname(host, sizeof(host) - 1) == -1)
		host[0] = '\0';
	for (i = 0; host[i] != '\0' && n < CHARTER_NAME_MAX - 1; i++)
		if (strchr("abcdefghijklmnopqrstuvwxyz"
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", host[i]) !=
		    NULL && (n > 0 || host[i] != '.'))
			name[n++] = host[i];
	name[n] = '\0';
	if (n == 0)
		(void)snprintf(name, CHARTER_NAME_MAX, "site");
}

static int
find_site(struct setup *s, struct err *e)
{
	const char *name = s->want.site;

	host_name(s->site);
	if (s->want.bench != NULL) {
		if (site_find_bench(s->want.bench, &s->sites, e) == -1)
			return -1;
		s->found = sites_choose(&s->sites, name, e);
		if (s->found == NULL)
			return -1;
		name = s->found->name;
	}
	if (name != NULL &&
	    snprintf(s->site, sizeof(s->site), "%s", name) >=
	    (int)sizeof(s->site))
		return err_set(e, ERR_INPUT, "the site's name is too long: "
		    "expected at most 64 bytes");
	return 0;
}

static int
make_keys(struct setup *s, struct err *e)
{
	struct charter_signer signer = { .roles = ROLE_ALL };
	struct charter_founding f = {
		.others = s->want.recipients, .signer = &signer,
	};

	if ((s->secret = store_secret_new(e)) == NULL ||
	    (s->signer = signer_new(e)) == NULL ||
	    (s->root = recovery_key_new(e)) == NULL)
		return -1;
	host_name(signer.name);
	signer_public(s->signer, signer.public);
	recovery_key_name(s->root, s->root_name);
	f.secret = s->secret;
	f.root = s->root;
	return charter_found(&s->charter, &f, &s->envelope, e);
}

/* Write the policy, and see that it will be accepted. */
static int
make_policy(struct setup *s, struct err *e)
{
	const struct starter starter = {
		.site = s->site, .found = s->found,
		.defaults_file = s->defaults_file, .store = s->store,
		.writer_key = s->writer_key, .recovery_key = s->recovery_key,
		.passphrase_file = s->passphrase_file, .state = s->state,
		.bucket = is_bucket(s) ? &s->bucket : NULL,
	};
	struct policy *p = NULL;

	if (site_write_policy(&starter, &s->text, e) == -1)
		return -1;
	if (s->found == NULL)
		return 0;		/* it wants to be filled in first */
	if (policy_parse(&p, (const char *)s->text.data, s->text.len,
	    s->policy, e) == -1)
		return err_add(e, "the policy would be refused");
	policy_free(p);
	return 0;
}

int
setup_plan(struct setup *s, const struct setup_want *want, struct err *e)
{
	static const char *const none[] = { NULL };

	memset(s, 0, sizeof(*s));
	buf_init(&s->envelope, TEXT_MAX);
	buf_init(&s->text, TEXT_MAX);
	s->want = *want;
	if (s->want.recipients == NULL)
		s->want.recipients = none;
	if (find_paths(s, e) == -1 || find_site(s, e) == -1 ||
	    check_targets(s, e) == -1 || make_keys(s, e) == -1)
		return -1;
	return make_policy(s, e);
}

static int
make_folder_of(const char *path, struct err *e)
{
	char folder[PATH_MAX];

	(void)snprintf(folder, sizeof(folder), "%.*s",
	    (int)(strrchr(path, '/') - path), path);
	if (folder[0] == '\0')
		return 0;
	return file_mkdirs(folder, 0700, e);
}

static int
save_recovery_key(struct setup *s, struct err *e)
{
	const struct passphrase_source source = {
		.file = s->passphrase_file,
		.ask = s->passphrase_file == NULL,
		.prompt = "New passphrase of the recovery key",
	};

	if (make_folder_of(s->recovery_key, e) == -1)
		return -1;
	return recovery_key_save(s->root, s->recovery_key,
	    s->want.bare ? NULL : &source, NULL, e);
}

static int
save_charter(struct setup *s, struct err *e)
{
	char name[STORE_NAME_MAX], hex[ID_TEXT_SIZE];
	enum store_put_result rc;
	struct store *store;

	if ((store = store_open(s->store, e)) == NULL)
		return -1;
	(void)snprintf(name, sizeof(name), "charters/%s",
	    id_format(&s->charter.digest, hex));
	rc = store_put(store, name, s->envelope.data, s->envelope.len,
	    &s->charter.digest, e);
	store_close(store);
	if (rc == STORE_EXISTED)
		return err_set(e, ERR_EXISTS, "%s is there already", name);
	return rc == STORE_PUT ? 0 : -1;
}

static int
save_writer_key(struct setup *s, struct err *e)
{
	uint8_t root[SIGNER_PUBLIC_SIZE];

	if (make_folder_of(s->writer_key, e) == -1)
		return -1;
	recovery_key_root(s->root, root);
	return writer_key_save(s->writer_key, s->secret, s->signer, root, e);
}

static int
save_store(struct setup *s, struct err *e)
{
	return store_create(s->store, e);
}

static int
save_policy(struct setup *s, struct err *e)
{
	/* it names files and queries, no secret; still nobody else's matter */
	return file_create_path(s->policy, 0600, s->text.data, s->text.len, e);
}

/* End the error's line with what was made before it. */
static int
say_made(const struct setup *s, struct err *e)
{
	struct err why = *e;
	char made[256] = "";
	size_t i, n;

	for (i = 0; i < s->n_made; i++) {
		n = strlen(made);
		(void)snprintf(made + n, sizeof(made) - n, "%s%s",
		    i == 0 ? "" : ", ", s->made[i]);
	}
	if (s->n_made > 0) {
		(void)err_set(e, why.kind, "%.700s; made until then, and still "
		    "there: %s", why.text, made);
		e->sys = why.sys;
	}
	return -1;
}

int
setup_make(struct setup *s, struct err *e)
{
	static const struct {
		int		(*save)(struct setup *, struct err *);
		const char	*what;
	} steps[] = {
		{ save_recovery_key, "recovery key" },
		{ save_store, "store" },
		{ save_charter, "charter" },
		{ save_writer_key, "writer key" },
		{ save_policy, "policy" },
	};
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (steps[i].save(s, e) == -1)
			return say_made(s, e);
		s->made[s->n_made++] = steps[i].what;
	}
	return 0;
}

void
setup_drop(struct setup *s)
{
	store_secret_free(s->secret);
	signer_free(s->signer);
	recovery_key_free(s->root);
	buf_drop(&s->envelope);
	buf_drop(&s->text);
	sites_drop(&s->sites);
	free(s->store);
	free(s->policy);
	free(s->writer_key);
	free(s->recovery_key);
	free(s->defaults_file);
	free(s->passphrase_file);
	free(s->state);
	free(s->ca_file);
	memset(s, 0, sizeof(*s));
}
