/*
 * Loads a policy: bytes, then a tree with lines (tree.c), then the shape that
 * libcyaml's schema demands (schema.c), then what it means (fill.c).  Each
 * step refuses with file, line, key and what was expected; what passes all is
 * a policy that later code need not check again.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "policy/loaded.h"
#include "policy/policy.h"
#include "policy/schema.h"
#include "policy/tree.h"

#define FILE_MAX ((size_t)1 << 20)

void *
loaded_alloc(struct loaded *l, size_t n, size_t size, struct err *e)
{
	void **grown, *p;
	size_t room;

	if (l->n_owned == l->size) {
		room = l->size > 0 ? 2 * l->size : 64;
		grown = reallocarray(l->owned, room, sizeof(*grown));
		if (grown == NULL) {
			(void)err_memory(e);
			return NULL;
		}
		l->owned = grown;
		l->size = room;
	}
	if ((p = calloc(n, size)) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	l->owned[l->n_owned++] = p;
	return p;
}

char *
loaded_text(struct loaded *l, const char *text, struct err *e)
{
	size_t size = strlen(text) + 1;
	char *copy;

	if ((copy = loaded_alloc(l, size, 1, e)) != NULL)
		memcpy(copy, text, size);
	return copy;
}

void
policy_free(struct policy *p)
{
	struct loaded *l = (struct loaded *)p;
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < l->n_owned; i++)
		free(l->owned[i]);
	free(l->owned);
	free(l);
}

/* What the file says gets into the error: it must stay one printable line. */
static void
make_printable(struct err *e)
{
	char *p;

	for (p = e->text; *p != '\0'; p++)
		if (iscntrl((unsigned char)*p))
			*p = '?';
}

/* name is for errors; relative paths are meant from folder, unless empty. */
static int
parse(struct policy **out, const char *text, size_t len, const char *name,
    const char *folder, struct err *e)
{
	struct loaded *l = NULL;
	struct tree *tree = NULL;
	struct raw *raw = NULL;
	int rc = -1;

	if ((l = calloc(1, sizeof(*l))) == NULL) {
		(void)err_memory(e);
		goto done;
	}
	if ((l->policy.path = loaded_text(l, name, e)) == NULL)
		goto done;
	id_sha256(text, len, &l->policy.digest);
	if ((tree = tree_parse(text, len, name, e)) == NULL)
		goto done;
	if ((raw = raw_load(text, len, tree, e)) == NULL)
		goto done;
	if (loaded_fill(l, raw, tree, folder, e) == -1)
		goto done;
	*out = &l->policy;
	l = NULL;			/* it is the caller's now */
	rc = 0;
done:
	if (rc == -1)
		make_printable(e);
	raw_free(raw);
	tree_free(tree);
	policy_free(l != NULL ? &l->policy : NULL);
	return rc;
}

/* "a/b" of "a/b/c", "/" of "/c", "" of "c". */
static void
folder_of(const char *path, char *out, size_t size)
{
	const char *slash = strrchr(path, '/');
	int n = slash == NULL ? 0 : slash == path ? 1 : (int)(slash - path);

	(void)snprintf(out, size, "%.*s", n, path);
}

int
policy_parse(struct policy **out, const char *text, size_t len,
    const char *name, struct err *e)
{
	char folder[PATH_MAX];

	if (len > FILE_MAX)
		return err_set(e, ERR_INPUT, "%s: larger than %zu bytes", name,
		    FILE_MAX);
	folder_of(name, folder, sizeof(folder));
	return parse(out, text, len, name, folder, e);
}

/* Where to look when no option says; *found: nobody named that file. */
static const char *
find(bool *found, struct err *e)
{
	static const char *const places[] = {
		"./muster.yaml", "/etc/muster/muster.yaml",
	};
	const char *path = getenv("MUSTER_POLICY");
	size_t i;

	if (path != NULL && path[0] != '\0')
		return path;
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (file_exists(places[i])) {
			*found = true;
			return places[i];
		}
	(void)err_set(e, ERR_ABSENT, "there is no policy: $MUSTER_POLICY is "
	    "not set, and there is no ./muster.yaml and no "
	    "/etc/muster/muster.yaml");
	return NULL;
}

/*
 * A policy names commands that are run, perhaps by root: it must not be what
 * anybody likes, nor what somebody left in the folder where we happen to be.
 */
static int
check_trust(const char *path, const struct stat *st, bool found,
    struct err *e)
{
	if ((st->st_mode & S_IWOTH) != 0)
		return err_set(e, ERR_DENIED, "policy %s can be changed by "
		    "everybody (mode %03o): chmod o-w it", path,
		    (unsigned)st->st_mode & 0777);
	if (found && st->st_uid != geteuid() && st->st_uid != 0)
		return err_set(e, ERR_DENIED, "policy %s belongs to another "
		    "user (uid %u): name it with --policy if it is meant",
		    path, (unsigned)st->st_uid);
	return 0;
}

struct policy *
policy_load(const char *path, struct err *e)
{
	struct policy *p = NULL;
	char given[PATH_MAX], folder[PATH_MAX];
	bool found = false;
	struct stat st;
	struct buf b;

	buf_init(&b, FILE_MAX);
	if (path == NULL && (path = find(&found, e)) == NULL)
		goto done;
	if (file_load_stat(path, &b, &st, e) == -1) {
		(void)err_add(e, "policy");
		goto done;
	}
	if (check_trust(path, &st, found, e) == -1)
		goto done;
	/* commands change their folder, so paths must be absolute */
	folder_of(path, given, sizeof(given));
	if (realpath(given[0] != '\0' ? given : ".", folder) == NULL) {
		(void)err_sys(e, "cannot find the folder of policy %s", path);
		goto done;
	}
	if (parse(&p, b.len > 0 ? (const char *)b.data : "", b.len, path,
	    folder, e) == -1)
		p = NULL;
done:
	buf_drop(&b);
	return p;
}

const struct policy_store *
policy_find_store(const struct policy *p, const char *name, struct err *e)
{
	uint32_t i;

	for (i = 0; i < p->n_stores; i++)
		if (name == NULL || strcmp(p->stores[i].name, name) == 0)
			return &p->stores[i];
	(void)err_set(e, ERR_INPUT, "%s: no store is named %.60s: the first "
	    "is %s", p->path, name, p->stores[0].name);
	return NULL;
}
