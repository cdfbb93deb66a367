/*
 * Finds what belongs to a site of a Frappe bench by looking: no bench command
 * is run, and nothing is guessed.  A complete site is the database that
 * site_config.json names, the files of public and private (not
 * private/backups, locks, logs), and the configuration with its keys.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "site/frappe.h"

#define CONFIG_MAX ((size_t)1 << 20)
#define SITES_MAX 4096

static void
list_free(char **list)
{
	size_t i;

	for (i = 0; list != NULL && list[i] != NULL; i++)
		free(list[i]);
	free(list);
}

/* Append text, which the list owns from now on; NULL is out of memory. */
static int
list_add(char ***list, char *text, struct err *e)
{
	char **grown;
	size_t n = 0;

	while (*list != NULL && (*list)[n] != NULL)
		n++;
	if (text == NULL ||
	    (grown = reallocarray(*list, n + 2, sizeof(*grown))) == NULL) {
		free(text);
		return err_memory(e);
	}
	grown[n] = text;
	grown[n + 1] = NULL;
	*list = grown;
	return 0;
}

static char *path_of(const char *, ...) __attribute__((format(printf, 1, 2)));

static char *
path_of(const char *fmt, ...)
{
	char *path;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&path, fmt, ap) == -1)
		path = NULL;
	va_end(ap);
	return path;
}

/* Add the path if something of that type is there. */
static int
add_if(char ***list, char *path, mode_t type, struct err *e)
{
	struct stat st;

	if (path == NULL)
		return err_memory(e);
	if (stat(path, &st) == -1 || (st.st_mode & S_IFMT) != type) {
		free(path);
		return 0;
	}
	return list_add(list, path, e);
}

/* The object in site_config.json; it holds passwords: wiped from the buffer. */
static json_t *
load_config(const char *path, struct err *e)
{
	struct buf b;
	json_t *config = NULL;
	json_error_t why;

	buf_init(&b, CONFIG_MAX);
	if (file_load(path, &b, e) == -1)
		goto done;
	config = json_loadb((const char *)b.data, b.len,
	    JSON_REJECT_DUPLICATES, &why);
	if (config == NULL)
		(void)err_set(e, ERR_INPUT, "%s:%d: not JSON: %s", path,
		    why.line, why.text);
	else if (!json_is_object(config)) {
		(void)err_set(e, ERR_INPUT, "%s: expected an object", path);
		json_decref(config);
		config = NULL;
	}
done:
	if (b.data != NULL)
		explicit_bzero(b.data, b.len);
	buf_drop(&b);
	return config;
}

static const char *
text_of(const json_t *config, const char *key)
{
	const char *text = json_string_value(json_object_get(config, key));

	return text != NULL && text[0] != '\0' ? text : NULL;
}

static int
read_config(struct site_found *s, const json_t *config, struct err *e)
{
	static const char *const keys[] = {
		"db_name", "db_password", "encryption_key",
	};
	const char *type = text_of(config, "db_type");
	size_t i;

	if (type != NULL && strcmp(type, "mariadb") != 0 &&
	    strcmp(type, "mysql") != 0)
		return err_set(e, ERR_UNSUPPORTED, "site %s has a database of "
		    "type %.40s: expected mariadb", s->name, type);
	if (text_of(config, "db_name") == NULL)
		return err_set(e, ERR_INPUT, "site_config.json of %s has no "
		    "db_name", s->name);
	if ((s->database = strdup(text_of(config, "db_name"))) == NULL)
		return err_memory(e);
	if (text_of(config, "db_socket") != NULL &&
	    (s->socket = strdup(text_of(config, "db_socket"))) == NULL)
		return err_memory(e);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (text_of(config, keys[i]) != NULL &&
		    list_add(&s->keys, strdup(keys[i]), e) == -1)
			return -1;
	return 0;
}

/* *.conf of the bench's config/, in order of their names. */
static int
is_conf(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return d->d_name[0] != '.' && n > 5 &&
	    strcmp(d->d_name + n - 5, ".conf") == 0;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
add_bench_config(struct site_found *s, const char *bench, struct err *e)
{
	struct dirent **entry = NULL;
	char folder[PATH_MAX];
	int i, n, rc = 0;

	if (snprintf(folder, sizeof(folder), "%s/config", bench) >=
	    (int)sizeof(folder))
		return err_set(e, ERR_INPUT, "%s: the path is too long", bench);
	if ((n = scandir(folder, &entry, is_conf, by_name)) == -1) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;	/* a bench may have none */
		return err_sys(e, "cannot read %s", folder);
	}
	for (i = 0; i < n; i++) {
		if (rc == 0)
			rc = add_if(&s->config, path_of("%s/%s", folder,
			    entry[i]->d_name), S_IFREG, e);
		free(entry[i]);
	}
	free(entry);
	return rc;
}

static int
add_paths(struct site_found *s, const char *bench, struct err *e)
{
	static const char *const beside[] = {
		"sites/common_site_config.json", "sites/apps.txt",
		"sites/apps.json", "Procfile",
	};
	size_t i;

	if (add_if(&s->files, path_of("%s/sites/%s/public/files", bench,
	    s->name), S_IFDIR, e) == -1 ||
	    add_if(&s->files, path_of("%s/sites/%s/private/files", bench,
	    s->name), S_IFDIR, e) == -1 ||
	    add_if(&s->config, path_of("%s/sites/%s/site_config.json", bench,
	    s->name), S_IFREG, e) == -1)
		return -1;
	for (i = 0; i < sizeof(beside) / sizeof(beside[0]); i++)
		if (add_if(&s->config, path_of("%s/%s", bench, beside[i]),
		    S_IFREG, e) == -1)
			return -1;
	return add_bench_config(s, bench, e);
}

/* Fill in what is known by the name; a problem is the site's, not ours. */
static int
look_at(struct site_found *s, const char *bench, struct err *e)
{
	char path[PATH_MAX];
	json_t *config = NULL;
	int rc = -1;

	(void)snprintf(path, sizeof(path), "%s/sites/%s/site_config.json",
	    bench, s->name);
	if ((config = load_config(path, e)) != NULL &&
	    read_config(s, config, e) == 0)
		rc = add_paths(s, bench, e);
	json_decref(config);
	if (rc == 0 || e->kind == ERR_MEMORY)
		return rc;
	s->problem = strdup(e->text);
	err_clear(e);
	return s->problem == NULL ? err_memory(e) : 0;
}

/* Is it a folder, and no symlink to one, with a site_config.json? */
static bool
is_site(const char *bench, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	if (snprintf(path, sizeof(path), "%s/sites/%s/site_config.json",
	    bench, name) >= (int)sizeof(path))
		return false;
	if (stat(path, &st) == -1 || !S_ISREG(st.st_mode))
		return false;
	*strrchr(path, '/') = '\0';
	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int
add_site(struct sites *f, const char *name, struct err *e)
{
	struct site_found *grown, *s;

	if (f->n == SITES_MAX)
		return err_set(e, ERR_INPUT, "more than %d sites", SITES_MAX);
	grown = reallocarray(f->site, f->n + 1, sizeof(*grown));
	if (grown == NULL)
		return err_memory(e);
	f->site = grown;
	s = &grown[f->n];
	memset(s, 0, sizeof(*s));
	if ((s->name = strdup(name)) == NULL)
		return err_memory(e);
	f->n++;
	return look_at(s, f->bench, e);
}

static int
not_hidden(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

int
site_find_bench(const char *bench, struct sites *f, struct err *e)
{
	struct dirent **entry = NULL;
	char folder[PATH_MAX];
	int i, n = 0, rc = -1;

	memset(f, 0, sizeof(*f));
	if ((f->bench = realpath(bench, NULL)) == NULL) {
		(void)err_sys(e, "cannot find bench %s", bench);
		goto done;
	}
	if (snprintf(folder, sizeof(folder), "%s/sites", f->bench) >=
	    (int)sizeof(folder) ||
	    (n = scandir(folder, &entry, not_hidden, by_name)) == -1) {
		n = 0;
		(void)err_set(e, ERR_INPUT, "%s is no bench: it has no folder "
		    "sites/ that can be read", bench);
		goto done;
	}
	for (i = 0; i < n; i++)
		if (is_site(f->bench, entry[i]->d_name) &&
		    add_site(f, entry[i]->d_name, e) == -1)
			goto done;
	rc = 0;
done:
	for (i = 0; i < n; i++)
		free(entry[i]);
	free(entry);
	if (rc == -1)
		sites_drop(f);
	return rc;
}

void
sites_drop(struct sites *f)
{
	struct site_found *s;
	size_t i;

	for (i = 0; i < f->n; i++) {
		s = &f->site[i];
		free(s->name);
		free(s->problem);
		free(s->database);
		free(s->socket);
		list_free(s->files);
		list_free(s->config);
		list_free(s->keys);
	}
	free(f->site);
	free(f->bench);
	memset(f, 0, sizeof(*f));
}

/* Several to choose from: say which. */
static int
ambiguous(const struct sites *f, struct err *e)
{
	char names[512] = "";
	size_t i, n;

	for (i = 0; i < f->n && (n = strlen(names)) < sizeof(names) - 1; i++)
		(void)snprintf(names + n, sizeof(names) - n, "%s%s",
		    i == 0 ? "" : ", ", f->site[i].name);
	return err_set(e, ERR_INPUT, "bench %s has %zu sites: choose one of "
	    "%s", f->bench, f->n, names);
}

const struct site_found *
sites_choose(const struct sites *f, const char *name, struct err *e)
{
	const struct site_found *s = NULL;
	size_t i;

	if (name == NULL && f->n > 1) {
		(void)ambiguous(f, e);
		return NULL;
	}
	for (i = 0; i < f->n && s == NULL; i++)
		if (name == NULL || strcmp(f->site[i].name, name) == 0)
			s = &f->site[i];
	if (s == NULL) {
		(void)err_set(e, ERR_ABSENT, "bench %s has no site%s%s",
		    f->bench, name != NULL ? " " : "",
		    name != NULL ? name : "");
		return NULL;
	}
	if (s->problem != NULL) {
		(void)err_set(e, ERR_INPUT, "site %s: %s", s->name, s->problem);
		return NULL;
	}
	return s;
}
