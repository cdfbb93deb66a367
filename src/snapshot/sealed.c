/*
 * Recipe, policy and notes of a snapshot, sealed as chunks: see sealed.h.
 */
#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/want.h"
#include "pack/chunks.h"
#include "policy/policy.h"
#include "snapshot/sealed.h"

#define SEALED_MAX (16u << 20)
#define POLICY_MAX (1u << 20)
#define LIST_MAX 100000

struct notes {
	pthread_mutex_t	 lock;
	json_t		*list;
	uint64_t	 dropped;
};

struct notes *
notes_new(struct err *e)
{
	struct notes *n;

	if ((n = calloc(1, sizeof(*n))) == NULL ||
	    (n->list = json_array()) == NULL) {
		free(n);
		(void)err_memory(e);
		return NULL;
	}
	(void)pthread_mutex_init(&n->lock, NULL);
	return n;
}

void
notes_free(struct notes *n)
{
	if (n == NULL)
		return;
	json_decref(n->list);
	(void)pthread_mutex_destroy(&n->lock);
	free(n);
}

/* Names are bytes; JSON wants UTF-8: other bytes become \xHH. */
static json_t *
text_json(const char *s)
{
	json_t *v = json_string(s);
	struct buf b;
	struct err e;

	if (v != NULL)
		return v;
	buf_init(&b, 4 * ERR_TEXT_MAX + 4 * ARCHIVE_PATH_MAX);
	for (; *s != '\0'; s++)
		if (((unsigned char)*s < 0x80 ?
		    buf_add_byte(&b, (uint8_t)*s, &e) :
		    buf_addf(&b, &e, "\\x%02x", (unsigned char)*s)) == -1)
			break;
	v = json_stringn(b.len > 0 ? (const char *)b.data : "", b.len);
	buf_drop(&b);
	return v;
}

void
notes_add(struct notes *n, const char *component, const char *kind,
    const char *object, const char *why)
{
	json_t *o = json_pack("{s:s, s:s, s:o, s:o}", "component", component,
	    "kind", kind, "object", text_json(object), "why", text_json(why));

	(void)pthread_mutex_lock(&n->lock);
	if (o == NULL || json_array_size(n->list) >= NOTES_MAX) {
		json_decref(o);
		n->dropped++;
	} else if (json_array_append_new(n->list, o) == -1)
		n->dropped++;
	(void)pthread_mutex_unlock(&n->lock);
}

static const char *
member(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL ? s : "";
}

uint64_t
notes_count(const struct notes *n, const char *component)
{
	uint64_t count = component == NULL ? n->dropped : 0;
	json_t *o;
	size_t i;

	json_array_foreach(n->list, i, o)
		if (component == NULL ||
		    strcmp(member(o, "component"), component) == 0)
			count++;
	return count;
}

json_t *
notes_list(const struct notes *n)
{
	return n->list;
}

void
notes_each(const struct notes *n, void (*each)(void *, const char *,
    const char *, const char *, const char *), void *cookie)
{
	json_t *o;
	size_t i;

	json_array_foreach(n->list, i, o)
		each(cookie, member(o, "component"), member(o, "kind"),
		    member(o, "object"), member(o, "why"));
}

static json_t *
list_json(const char **v)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; list != NULL && v != NULL && v[i] != NULL; i++)
		if (json_array_append_new(list, json_string(v[i])) == -1) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *
recipe_json(const struct policy *p)
{
	json_t *o = json_object();

	if (o == NULL)
		return NULL;
	if (p->db.present && json_object_set_new(o, "db",
	    json_pack("{s:o, s:o, s:s*}", "databases",
	    list_json(p->db.databases), "exclude", list_json(p->db.exclude),
	    "method", p->db.physical ? "physical" : NULL)) == -1)
		goto refuse;
	if (p->files.present && json_object_set_new(o, "files",
	    json_pack("{s:o, s:o, s:b}", "paths", list_json(p->files.paths),
	    "exclude", list_json(p->files.exclude),
	    "one_file_system", p->files.one_file_system)) == -1)
		goto refuse;
	if (p->config.present && json_object_set_new(o, "config",
	    json_pack("{s:o, s:o}", "paths", list_json(p->config.paths),
	    "exclude", list_json(p->config.exclude))) == -1)
		goto refuse;
	return o;
refuse:
	json_decref(o);
	return NULL;
}

static int
seal_text(struct chunks *c, const char *text, struct snapshot *s,
    struct err *e)
{
	struct stream *st;
	struct refs refs;
	int rc = -1;

	refs_init(&refs);
	if ((st = stream_new(c, CONTENT_RUN, e)) == NULL)
		goto done;
	if (stream_write(st, text, strlen(text), e) == -1 ||
	    stream_end(st, &refs, e) == -1)
		goto done;
	if (refs.n > SNAPSHOT_SEALED_MAX) {
		(void)err_set(e, ERR_MEMORY,
		    "policy and notes are too large to be sealed");
		goto done;
	}
	memcpy(s->sealed, refs.v, refs.n * sizeof(*refs.v));
	s->n_sealed = refs.n;
	rc = 0;
done:
	stream_free(st);
	refs_drop(&refs);
	return rc;
}

int
sealed_put(struct chunks *c, const struct policy *p, const struct notes *n,
    struct snapshot *s, struct err *e)
{
	json_t *o = NULL;
	struct buf b;
	char *text = NULL;
	int rc = -1;

	buf_init(&b, POLICY_MAX);
	if (file_load(p->path, &b, e) == -1)
		goto done;
	o = json_pack("{s:i, s:o, s:s%, s:O, s:I}", "format", 1,
	    "recipe", recipe_json(p), "policy", (const char *)b.data, b.len,
	    "notes", n->list, "notes_dropped", (json_int_t)n->dropped);
	if (o == NULL || (text = json_dumps(o, JSON_COMPACT |
	    JSON_SORT_KEYS)) == NULL) {
		(void)err_memory(e);
		goto done;
	}
	rc = seal_text(c, text, s, e);
done:
	if (rc == -1)
		(void)err_add(e, "cannot seal recipe and notes");
	free(text);
	json_decref(o);
	buf_drop(&b);
	return rc;
}

/* A list of texts as a NULL-terminated array that borrows them. */
static int
list_parse(const json_t *o, const char *key, const char ***out, struct err *e)
{
	const json_t *list, *v;
	size_t i;

	if ((list = want_array(o, key, LIST_MAX, e)) == NULL)
		return -1;
	if ((*out = calloc(json_array_size(list) + 1, sizeof(**out))) == NULL)
		return err_memory(e);
	json_array_foreach(list, i, v)
		if (((*out)[i] = json_string_value(v)) == NULL)
			return err_set(e, ERR_DAMAGED, "%s: expected texts",
			    key);
	return 0;
}

static int
recipe_parse(struct recipe *r, struct err *e)
{
	const json_t *all, *o;

	if ((all = want_object(r->json, "recipe", e)) == NULL)
		return -1;
	if ((o = json_object_get(all, "db")) != NULL &&
	    (list_parse(o, "databases", &r->databases, e) == -1 ||
	    list_parse(o, "exclude", &r->db_exclude, e) == -1))
		return -1;
	r->physical = json_object_get(o, "method") != NULL;
	if ((o = json_object_get(all, "files")) != NULL &&
	    (list_parse(o, "paths", &r->files, e) == -1 ||
	    list_parse(o, "exclude", &r->files_exclude, e) == -1 ||
	    want_bool(o, "one_file_system", &r->files_one_fs, e) == -1))
		return -1;
	if ((o = json_object_get(all, "config")) != NULL &&
	    (list_parse(o, "paths", &r->config, e) == -1 ||
	    list_parse(o, "exclude", &r->config_exclude, e) == -1))
		return -1;
	return 0;
}

int
sealed_get(struct chunks *c, const struct snapshot *s, struct recipe *r,
    struct err *e)
{
	struct buf b;
	uint8_t *p;
	uint64_t format;
	size_t i;
	int rc = -1;

	memset(r, 0, sizeof(*r));
	buf_init(&b, 2 * SEALED_MAX);
	for (i = 0; i < s->n_sealed; i++) {
		if ((p = buf_room(&b, s->sealed[i].len, e)) == NULL ||
		    chunks_get(c, &s->sealed[i], p, e) == -1)
			goto done;
		b.len += s->sealed[i].len;
	}
	if ((r->json = json_loadb((const char *)b.data, b.len,
	    JSON_REJECT_DUPLICATES, NULL)) == NULL) {
		(void)err_set(e, ERR_DAMAGED, "not JSON");
		goto done;
	}
	if (want_u64(r->json, "format", UINT32_MAX, &format, e) == -1)
		goto done;
	if (format != 1) {
		(void)err_set(e, ERR_UNSUPPORTED, "recipe of format %llu, "
		    "written by a newer muster", (unsigned long long)format);
		goto done;
	}
	if ((r->policy = malloc(POLICY_MAX + 1)) == NULL) {
		(void)err_memory(e);
		goto done;
	}
	if (want_text(r->json, "policy", r->policy, POLICY_MAX + 1, e) == -1)
		goto done;
	rc = recipe_parse(r, e);
done:
	if (rc == -1) {
		(void)err_add(e, "cannot read the snapshot's recipe");
		recipe_free(r);
	}
	buf_drop(&b);
	return rc;
}

void
recipe_of_policy(struct recipe *r, const struct policy *p)
{
	memset(r, 0, sizeof(*r));
	if (p->db.present) {
		r->databases = p->db.databases;
		r->db_exclude = p->db.exclude;
		r->physical = p->db.physical;
	}
	if (p->files.present) {
		r->files = p->files.paths;
		r->files_exclude = p->files.exclude;
		r->files_one_fs = p->files.one_file_system;
	}
	if (p->config.present) {
		r->config = p->config.paths;
		r->config_exclude = p->config.exclude;
	}
}

void
recipe_free(struct recipe *r)
{
	free(r->databases);
	free(r->db_exclude);
	free(r->files);
	free(r->files_exclude);
	free(r->config);
	free(r->config_exclude);
	free(r->policy);
	json_decref(r->json);
	memset(r, 0, sizeof(*r));
}
