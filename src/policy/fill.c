/*
 * From the policy as written to the policy as meant.  Every complaint names
 * the key by its path, and the tree knows the line.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "policy/fill.h"
#include "policy/loaded.h"
#include "policy/schema.h"
#include "policy/tree.h"

#define DURATION_MAX (36500ull * 86400)	/* nanoseconds of it fit an int64_t */
#define NAME_MAX_BYTES 64
#define MILLION 1000000u

int
fill_keep(struct fill *f, const char *text, const char **out)
{
	if (text == NULL)
		return 0;
	*out = loaded_text(f->l, text, f->e);
	return *out == NULL ? -1 : 0;
}

int
fill_keep_path(struct fill *f, const char *path, const char **out)
{
	char *full;
	size_t len;

	if (path == NULL)
		return 0;
	if (path[0] == '/' || f->folder[0] == '\0')
		return fill_keep(f, path, out);
	while (path[0] == '.' && path[1] == '/')
		path += 2 + strspn(path + 2, "/");
	len = strlen(f->folder) + strlen(path) + 2;
	if ((full = loaded_alloc(f->l, len, 1, f->e)) == NULL)
		return -1;
	(void)snprintf(full, len, "%s%s%s", f->folder,
	    f->folder[strlen(f->folder) - 1] == '/' ? "" : "/", path);
	*out = full;
	return 0;
}

int
fill_keep_list(struct fill *f, const struct raw_list *list, bool paths,
    const char ***out)
{
	const char **item;
	uint32_t i;

	item = loaded_alloc(f->l, (size_t)list->n + 1, sizeof(*item), f->e);
	if (item == NULL)
		return -1;
	for (i = 0; i < list->n; i++)
		if ((paths ? fill_keep_path : fill_keep)(f, list->item[i],
		    &item[i]) == -1)
			return -1;
	*out = item;
	return 0;
}

int
fill_not_understood(struct fill *f, const char *path)
{
	struct err why = *f->e;

	return tree_fail_at(f->tree, path, f->e, "%s", why.text);
}

int
fill_keep_duration(struct fill *f, const char *path, const char *text,
    uint64_t min, uint64_t *out)
{
	uint64_t v;

	if (text == NULL)
		return 0;
	if (num_parse_duration(text, &v, f->e) == -1)
		return fill_not_understood(f, path);
	if (v < min)
		return tree_fail_at(f->tree, path, f->e, "expected a duration "
		    "of at least %llus, not %.60s", (unsigned long long)min,
		    text);
	if (v > DURATION_MAX)
		return tree_fail_at(f->tree, path, f->e, "expected a duration "
		    "of at most 36500d, not %.60s", text);
	*out = v;
	return 0;
}

int
fill_keep_number(struct fill *f, const char *path, const char *text,
    uint32_t max, uint32_t *out)
{
	uint64_t v;

	if (text == NULL)
		return 0;
	if (num_parse(text, 0, max, &v, f->e) == -1)
		return tree_fail_at(f->tree, path, f->e, "expected a whole "
		    "number up to %u, not %.60s", (unsigned)max, text);
	*out = (uint32_t)v;
	return 0;
}

int
fill_keep_percent(struct fill *f, const char *path, const char *text,
    uint32_t *out)
{
	if (text == NULL)
		return 0;
	if (num_parse_percent(text, out, f->e) == -1)
		return fill_not_understood(f, path);
	return 0;
}

/* Names become parts of paths and of object names. */
int
fill_check_name(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= NAME_MAX_BYTES && name[0] != '.' &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n ? 0 : -1;
}

static int
fill_db(struct fill *f, const struct raw_db *raw)
{
	struct policy_db *db = &f->l->policy.db;

	if (raw == NULL)
		return 0;
	db->present = true;
	db->physical = raw->method == RAW_PHYSICAL;
	if (db->physical && raw->exclude.n > 0)
		return tree_fail_at(f->tree, "components.db.exclude", f->e,
		    "the physical method takes the whole server: expected "
		    "nothing to exclude, or method: logical");
	if (fill_keep_path(f, raw->defaults_file, &db->defaults_file) == -1 ||
	    fill_keep_path(f, raw->socket, &db->socket) == -1 ||
	    fill_keep(f, raw->user, &db->user) == -1 ||
	    fill_keep_list(f, &raw->databases, false, &db->databases) == -1 ||
	    fill_keep_list(f, &raw->exclude, false, &db->exclude) == -1)
		return -1;
	if (fill_keep_duration(f, "components.db.max-lag", raw->max_lag, 1,
	    &db->max_lag) == -1)
		return -1;
	return fill_keep_number(f, "components.db.connections",
	    raw->connections, 64, &db->connections);
}

static int
fill_files(struct fill *f, const struct raw_files *raw)
{
	struct policy_files *files = &f->l->policy.files;

	if (raw == NULL)
		return 0;
	files->present = true;
	files->one_file_system = raw->one_file_system != RAW_FALSE;
	files->allow_unreadable = raw->allow_unreadable == RAW_TRUE;
	if (fill_keep_list(f, &raw->paths, true, &files->paths) == -1)
		return -1;
	return fill_keep_list(f, &raw->exclude, false, &files->exclude);
}

/* One file of require-keys, with its list. */
static int
fill_require(struct fill *f, const struct tree *t, struct policy_require *r)
{
	const struct tree *item;
	uint32_t i = 0;

	if (t->key[0] == '\0' || strchr(t->key, '/') != NULL)
		return tree_fail(t, NULL, f->e, "expected the last part of a "
		    "config path, such as site_config.json");
	if (t->kind != TREE_LIST || t->n == 0)
		return tree_fail(t, NULL, f->e, "expected a list of keys that "
		    "the file must have");
	r->keys = loaded_alloc(f->l, (size_t)t->n + 1, sizeof(*r->keys), f->e);
	if (r->keys == NULL || fill_keep(f, t->key, &r->file) == -1)
		return -1;
	for (item = t->first; item != NULL; item = item->next) {
		if (item->kind != TREE_TEXT || item->text[0] == '\0')
			return tree_fail(item, NULL, f->e, "expected text");
		if (fill_keep(f, item->text, &r->keys[i++]) == -1)
			return -1;
	}
	return 0;
}

static int
fill_config(struct fill *f, const struct raw_config *raw)
{
	struct policy_config *config = &f->l->policy.config;
	const struct tree *t, *child;

	if (raw == NULL)
		return 0;
	config->present = true;
	if (fill_keep_list(f, &raw->paths, true, &config->paths) == -1 ||
	    fill_keep_list(f, &raw->exclude, false, &config->exclude) == -1)
		return -1;
	t = tree_find(f->tree, "components.config");
	if ((t = tree_get(t, "require-keys")) == NULL)
		return 0;
	if (t->kind != TREE_KEYS)
		return tree_fail(t, NULL, f->e, "expected names of files, each "
		    "with a list of keys");
	config->require = loaded_alloc(f->l, (size_t)t->n + 1,
	    sizeof(*config->require), f->e);
	if (config->require == NULL)
		return -1;
	for (child = t->first; child != NULL; child = child->next)
		if (fill_require(f, child,
		    &config->require[config->n_require++]) == -1)
			return -1;
	return 0;
}

static int
fill_components(struct fill *f, const struct raw_components *raw)
{
	if (raw->db == NULL && raw->files == NULL && raw->config == NULL)
		return tree_fail_at(f->tree, "components", f->e, "expected at "
		    "least one of db, files and config");
	if (fill_db(f, raw->db) == -1 || fill_files(f, raw->files) == -1)
		return -1;
	return fill_config(f, raw->config);
}

static int
fill_keys(struct fill *f, const struct raw_keys *raw)
{
	struct policy *p = &f->l->policy;

	if (raw->passphrase_file != NULL && raw->recovery == NULL)
		return tree_fail_at(f->tree, "keys.passphrase-file", f->e,
		    "there is no key it opens: expected keys.recovery, too");
	if (fill_keep_path(f, raw->writer, &p->writer_key) == -1 ||
	    fill_keep_path(f, raw->recovery, &p->recovery_key) == -1)
		return -1;
	return fill_keep_path(f, raw->passphrase_file, &p->passphrase_file);
}

/* systemd gives STATE_DIRECTORY, perhaps several, separated by colons. */
static int
fill_state(struct fill *f, const char *raw)
{
	const char *base = getenv("STATE_DIRECTORY");
	char text[4096];
	int n = (int)sizeof(text);

	if (raw != NULL)
		return fill_keep_path(f, raw, &f->l->policy.state);
	if (base == NULL || base[0] != '/')
		base = "/var/lib/muster";
	if (strcspn(base, ":") < sizeof(text))
		n = snprintf(text, sizeof(text), "%.*s/%s",
		    (int)strcspn(base, ":"), base, f->l->policy.site);
	if (n >= (int)sizeof(text))
		return err_set(f->e, ERR_INPUT, "STATE_DIRECTORY is too long");
	return fill_keep(f, text, &f->l->policy.state);
}

static int
fill_retention(struct fill *f, const struct raw_retention *raw)
{
	struct policy *p = &f->l->policy;
	const struct {
		const char	*path, *text;
		uint32_t	*out;
	} counts[] = {
		{ "retention.last", raw->last, &p->retention.last },
		{ "retention.hourly", raw->hourly, &p->retention.hourly },
		{ "retention.daily", raw->daily, &p->retention.daily },
		{ "retention.weekly", raw->weekly, &p->retention.weekly },
		{ "retention.monthly", raw->monthly, &p->retention.monthly },
		{ "retention.yearly", raw->yearly, &p->retention.yearly },
	};
	size_t i;

	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (fill_keep_number(f, counts[i].path, counts[i].text,
		    MILLION, counts[i].out) == -1)
			return -1;
	return fill_keep_duration(f, "retention.within", raw->within, 0,
	    &p->retention.within);
}

bool
policy_is_ping_url(const char *url)
{
	const char *host = strncmp(url, "https://", 8) == 0 ? url + 8 :
	    strncmp(url, "http://", 7) == 0 ? url + 7 : "";
	const char *c;

	for (c = url; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return false;
	return strcspn(host, "/?#") > 0;
}

/* A URL may be a secret, so that errors do not repeat it. */
static int
fill_notify(struct fill *f, const struct raw_notify *raw)
{
	struct policy *p = &f->l->policy;

	if (raw->ping != NULL && !policy_is_ping_url(raw->ping))
		return tree_fail_at(f->tree, "notify.ping", f->e,
		    "expected a URL, http:// or https://");
	if (fill_keep(f, raw->ping, &p->notify_ping) == -1 ||
	    fill_keep_path(f, raw->ping_file, &p->notify_ping_file) == -1)
		return -1;
	return fill_keep_path(f, raw->textfile, &p->notify_textfile);
}

int
loaded_fill(struct loaded *l, const struct raw *raw, const struct tree *tree,
    const char *folder, struct err *e)
{
	struct fill f = { .l = l, .tree = tree, .folder = folder, .e = e };
	struct policy *p = &l->policy;

	if (fill_check_name(raw->site) == -1)
		return tree_fail_at(tree, "site", e, "not a name of a site: "
		    FILL_NAME_EXPECTED);
	if (fill_keep(&f, raw->site, &p->site) == -1 ||
	    fill_components(&f, &raw->components) == -1 ||
	    fill_stores(&f) == -1 || fill_keys(&f, &raw->keys) == -1 ||
	    fill_state(&f, raw->state) == -1)
		return -1;
	if (fill_keep_duration(&f, "objectives.rto", raw->objectives.rto, 1,
	    &p->rto) == -1 ||
	    fill_keep_duration(&f, "objectives.rpo", raw->objectives.rpo, 1,
	    &p->rpo) == -1)
		return -1;
	if (fill_drill(&f, &raw->drill) == -1 ||
	    fill_gate(&f, &raw->gate) == -1)
		return -1;
	if (fill_notify(&f, &raw->notify) == -1)
		return -1;
	return fill_retention(&f, &raw->retention);
}
