/*
 * The predicate of a snapshot statement, written and read.  Reading trusts
 * nothing but the signature that was checked before: every number, name and
 * list has its bounds here.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/want.h"
#include "snapshot/snapshot.h"

#define FORMAT 1
#define DEPTH_MAX 8
#define REF_LEN_MAX (32u << 20)

static const char *const kind_words[] = {
	[PART_DB] = "db", [PART_FILES] = "files", [PART_CONFIG] = "config",
	[PART_STREAM] = "stream",
};

const char *
part_kind_word(enum part_kind k)
{
	return kind_words[k];
}

int
part_kind_parse(const char *word, enum part_kind *k)
{
	size_t i;

	for (i = 0; i < sizeof(kind_words) / sizeof(kind_words[0]); i++)
		if (strcmp(word, kind_words[i]) == 0) {
			*k = (enum part_kind)i;
			return 0;
		}
	return -1;
}

uint64_t
part_copy_size(const struct part *p, uint64_t size)
{
	if (p->kind != PART_DB)
		return size;
	return p->db.physical.used ? size + size / 4 : 3 * size;
}

bool
snapshot_is_physical(const struct snapshot *s)
{
	size_t i;

	for (i = 0; i < s->n_parts; i++)
		if (s->parts[i].db.physical.used)
			return true;
	return false;
}

const struct part *
snapshot_part(const struct snapshot *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->n_parts; i++)
		if (strcmp(s->parts[i].name, name) == 0)
			return &s->parts[i];
	return NULL;
}

int
snapshot_lacks(const struct snapshot *s, const char *name, struct err *e)
{
	char names[SNAPSHOT_PARTS_MAX * SNAPSHOT_NAME_MAX + 1] = "";
	size_t i, len = 0;

	for (i = 0; i < s->n_parts; i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len,
		    " %s", s->parts[i].name);
	return err_set(e, ERR_INPUT, "%s has no component %s: expected one "
	    "of%s", s->object, name, names);
}

uint64_t
snapshot_bytes(const struct snapshot *s)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < s->n_parts; i++)
		n += s->parts[i].root.size;
	return n;
}

uint64_t
snapshot_unread(const struct snapshot *s)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < s->n_parts; i++)
		n += s->parts[i].unread;
	return n;
}

json_t *
snapshot_id_json(const struct id *id)
{
	char text[ID_TEXT_SIZE];

	return json_string(id_format(id, text));
}

int
snapshot_id_want(const json_t *o, const char *key, struct id *id,
    struct err *e)
{
	char text[ID_TEXT_SIZE];

	if (want_text(o, key, text, sizeof(text), e) == -1)
		return -1;
	if (id_parse(text, id) == -1)
		return err_set(e, ERR_DAMAGED,
		    "%s: expected 64 hexadecimal digits", key);
	return 0;
}

static json_t *
ref_json(const struct ref *r)
{
	return json_pack("{s:o, s:I}", "id", snapshot_id_json(&r->id),
	    "len", (json_int_t)r->len);
}

static int
ref_parse(const json_t *o, struct ref *r, struct err *e)
{
	uint64_t len;

	if (snapshot_id_want(o, "id", &r->id, e) == -1 ||
	    want_u64(o, "len", REF_LEN_MAX, &len, e) == -1)
		return -1;
	r->len = (uint32_t)len;
	return 0;
}

static json_t *
physical_json(const struct db_physical *f)
{
	if (!f->used)
		return NULL;
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:s}", "tool", f->tool,
	    "lsn", (json_int_t)f->lsn, "page_size", (json_int_t)f->page_size,
	    "undo_tablespaces", (json_int_t)f->undo_tablespaces,
	    "lower_case_table_names", (json_int_t)f->lower_case,
	    "data_file_path", f->data_files);
}

static int
physical_parse(const json_t *o, struct db_physical *f, struct err *e)
{
	f->used = true;
	if (want_text(o, "tool", f->tool, sizeof(f->tool), e) == -1 ||
	    want_u64(o, "lsn", INT64_MAX, &f->lsn, e) == -1 ||
	    want_u32(o, "page_size", &f->page_size, e) == -1 ||
	    want_u32(o, "undo_tablespaces", &f->undo_tablespaces, e) == -1 ||
	    want_u32(o, "lower_case_table_names", &f->lower_case, e) == -1)
		return -1;
	return want_text(o, "data_file_path", f->data_files,
	    sizeof(f->data_files), e);
}

static json_t *
db_json(const struct db_point *p)
{
	json_t *lag = p->replica ? json_integer((json_int_t)p->lag) : NULL;
	json_t *cluster = p->cluster[0] == '\0' ? NULL :
	    json_string(p->cluster);

	return json_pack("{s:s, s:o, s:s, s:I, s:s, s:I, s:I, s:o*, s:o*, "
	    "s:o*}", "version", p->version, "time", want_make_time(p->utc),
	    "binlog_file", p->binlog_file,
	    "binlog_pos", (json_int_t)p->binlog_pos, "gtid", p->gtid,
	    "lock_us", (json_int_t)p->lock_us,
	    "not_transactional", (json_int_t)p->not_transactional,
	    "replica_lag", lag, "galera", cluster,
	    "physical", physical_json(&p->physical));
}

static int
db_parse(const json_t *o, struct db_point *p, struct err *e)
{
	const json_t *f = json_object_get(o, "physical");

	if (want_text(o, "version", p->version, sizeof(p->version), e) == -1 ||
	    want_time(o, "time", &p->utc, e) == -1 ||
	    want_text(o, "binlog_file", p->binlog_file,
	    sizeof(p->binlog_file), e) == -1 ||
	    want_u64(o, "binlog_pos", INT64_MAX, &p->binlog_pos, e) == -1 ||
	    want_text(o, "gtid", p->gtid, sizeof(p->gtid), e) == -1 ||
	    want_u64(o, "lock_us", INT64_MAX, &p->lock_us, e) == -1 ||
	    want_u32(o, "not_transactional", &p->not_transactional, e) == -1)
		return -1;
	if (json_object_get(o, "galera") != NULL && want_text(o, "galera",
	    p->cluster, sizeof(p->cluster), e) == -1)
		return -1;
	if (f != NULL && physical_parse(f, &p->physical, e) == -1)
		return err_add(e, "physical");
	p->replica = json_object_get(o, "replica_lag") != NULL;
	return p->replica ? want_u64(o, "replica_lag", UINT32_MAX, &p->lag,
	    e) : 0;
}

static json_t *
part_json(const struct part *p)
{
	json_t *o;

	o = json_pack("{s:s, s:s, s:o, s:f, s:I, s:o, s:I, s:I, s:I, s:o}",
	    "name", p->name, "kind", part_kind_word(p->kind),
	    "point", want_make_time(p->point), "seconds", p->seconds,
	    "unread", (json_int_t)p->unread,
	    "top", ref_json(&p->root.top),
	    "depth", (json_int_t)p->root.depth,
	    "entries", (json_int_t)p->root.entries,
	    "size", (json_int_t)p->root.size,
	    "fingerprint", snapshot_id_json(&p->root.fingerprint));
	if (o != NULL && p->kind == PART_DB &&
	    json_object_set_new(o, "db", db_json(&p->db)) == -1) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static int
root_parse(const json_t *o, struct archive_root *r, struct err *e)
{
	const json_t *top;
	uint64_t depth;

	if ((top = want_object(o, "top", e)) == NULL ||
	    ref_parse(top, &r->top, e) == -1 ||
	    want_u64(o, "depth", DEPTH_MAX, &depth, e) == -1 ||
	    want_u64(o, "entries", INT64_MAX, &r->entries, e) == -1 ||
	    want_u64(o, "size", INT64_MAX, &r->size, e) == -1)
		return -1;
	r->depth = (uint32_t)depth;
	return snapshot_id_want(o, "fingerprint", &r->fingerprint, e);
}

static int
part_parse(const json_t *o, struct part *p, struct err *e)
{
	char kind[SNAPSHOT_NAME_MAX];
	const json_t *db;

	if (want_text(o, "name", p->name, sizeof(p->name), e) == -1 ||
	    want_text(o, "kind", kind, sizeof(kind), e) == -1)
		return -1;
	if (part_kind_parse(kind, &p->kind) == -1)
		return err_set(e, ERR_DAMAGED,
		    "kind: expected db, files, config or stream");
	if (p->name[0] == '\0' || strpbrk(p->name, "/.") != NULL)
		return err_set(e, ERR_DAMAGED, "name: expected a plain word");
	p->db = (struct db_point){ .tries = 0 };
	if (want_time(o, "point", &p->point, e) == -1 ||
	    want_number(o, "seconds", &p->seconds, e) == -1 ||
	    want_u64(o, "unread", INT64_MAX, &p->unread, e) == -1 ||
	    root_parse(o, &p->root, e) == -1)
		return -1;
	if (p->kind != PART_DB)
		return 0;
	if ((db = want_object(o, "db", e)) == NULL)
		return -1;
	return db_parse(db, &p->db, e);
}

static int
lists_json(const struct snapshot *s, json_t *parts, json_t *sealed)
{
	size_t i;

	for (i = 0; i < s->n_parts; i++)
		if (json_array_append_new(parts, part_json(&s->parts[i])) == -1)
			return -1;
	for (i = 0; i < s->n_sealed; i++)
		if (json_array_append_new(sealed,
		    ref_json(&s->sealed[i])) == -1)
			return -1;
	return 0;
}

json_t *
snapshot_predicate(const struct snapshot *s, struct err *e)
{
	json_t *parts = json_array(), *sealed = json_array(), *o = NULL;

	if (parts == NULL || sealed == NULL ||
	    lists_json(s, parts, sealed) == -1)
		goto done;
	o = json_pack("{s:i, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:{s:o}, "
	    "s:O, s:O, s:{s:o, s:I}, s:I, s:o}",
	    "format", FORMAT, "site", s->site, "store", s->store,
	    "host", s->host, "muster", MUSTER_VERSION,
	    "started", want_make_time(s->started),
	    "finished", want_make_time(s->finished),
	    "point", want_make_time(s->point),
	    "policy", "sha256", snapshot_id_json(&s->policy),
	    "components", parts, "sealed", sealed,
	    "inventory", "sha256", snapshot_id_json(&s->inventory),
	    "packs", (json_int_t)s->packs,
	    "new_bytes", (json_int_t)s->new_bytes,
	    "previous", s->has_previous ? snapshot_id_json(&s->previous) :
	    json_null());
done:
	if (o == NULL)
		(void)err_memory(e);
	json_decref(parts);
	json_decref(sealed);
	return o;
}

json_t *
snapshot_subject(const struct snapshot *s, struct err *e)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; list != NULL && i < s->n_parts; i++)
		if (json_array_append_new(list, json_pack("{s:s, s:{s:o}}",
		    "name", s->parts[i].name, "digest", "musterFingerprint",
		    snapshot_id_json(&s->parts[i].root.fingerprint))) == -1) {
			json_decref(list);
			list = NULL;
		}
	if (list == NULL)
		(void)err_memory(e);
	return list;
}

static int
parse_lists(struct snapshot *s, const json_t *o, struct err *e)
{
	const json_t *parts, *sealed;
	size_t i;

	if ((parts = want_array(o, "components", SNAPSHOT_PARTS_MAX,
	    e)) == NULL ||
	    (sealed = want_array(o, "sealed", SNAPSHOT_SEALED_MAX, e)) == NULL)
		return -1;
	s->n_parts = json_array_size(parts);
	s->n_sealed = json_array_size(sealed);
	if (s->n_parts == 0)
		return err_set(e, ERR_DAMAGED, "components: expected one");
	for (i = 0; i < s->n_parts; i++)
		if (part_parse(json_array_get(parts, i), &s->parts[i],
		    e) == -1)
			return err_add(e, "components[%zu]", i);
	for (i = 0; i < s->n_sealed; i++)
		if (ref_parse(json_array_get(sealed, i), &s->sealed[i],
		    e) == -1)
			return err_add(e, "sealed[%zu]", i);
	return 0;
}

/* Two components of one name, or a subject that says something else? */
static int
check_agree(const struct snapshot *s, const json_t *statement, struct err *e)
{
	const json_t *list, *o, *digest;
	char name[SNAPSHOT_NAME_MAX];
	struct id id;
	size_t i;

	if ((list = want_array(statement, "subject", s->n_parts, e)) == NULL)
		return -1;
	for (i = 0; i < s->n_parts; i++) {
		if (snapshot_part(s, s->parts[i].name) != &s->parts[i])
			return err_set(e, ERR_DAMAGED, "components: expected "
			    "one %s", s->parts[i].name);
		o = json_array_get(list, i);
		if (want_text(o, "name", name, sizeof(name), e) == -1 ||
		    (digest = want_object(o, "digest", e)) == NULL ||
		    snapshot_id_want(digest, "musterFingerprint", &id,
		    e) == -1)
			return err_add(e, "subject[%zu]", i);
		if (strcmp(name, s->parts[i].name) != 0 ||
		    id_compare(&id, &s->parts[i].root.fingerprint) != 0)
			return err_set(e, ERR_DAMAGED, "subject[%zu]: expected "
			    "what the component says", i);
	}
	return 0;
}

static int
parse_digests(struct snapshot *s, const json_t *o, struct err *e)
{
	const json_t *policy, *inventory;

	if ((policy = want_object(o, "policy", e)) == NULL ||
	    snapshot_id_want(policy, "sha256", &s->policy, e) == -1)
		return -1;
	if ((inventory = want_object(o, "inventory", e)) == NULL ||
	    snapshot_id_want(inventory, "sha256", &s->inventory, e) == -1 ||
	    want_u64(inventory, "packs", INT64_MAX, &s->packs, e) == -1)
		return -1;
	s->has_previous = !json_is_null(json_object_get(o, "previous"));
	s->previous_utc = 0;
	if (s->has_previous &&
	    (snapshot_id_want(o, "previous", &s->previous, e) == -1 ||
	    want_time(o, "previous_time", &s->previous_utc, e) == -1))
		return -1;
	return 0;
}

int
snapshot_parse(struct snapshot *s, const json_t *statement, struct err *e)
{
	const json_t *o;
	uint64_t format;

	if ((o = want_object(statement, "predicate", e)) == NULL ||
	    want_u64(o, "format", UINT32_MAX, &format, e) == -1)
		return -1;
	if (format != FORMAT)
		return err_set(e, ERR_UNSUPPORTED, "snapshot of format %llu: "
		    "this muster reads format %d; a newer one is needed",
		    (unsigned long long)format, FORMAT);
	if (want_text(o, "site", s->site, sizeof(s->site), e) == -1 ||
	    want_text(o, "store", s->store, sizeof(s->store), e) == -1 ||
	    want_text(o, "host", s->host, sizeof(s->host), e) == -1 ||
	    want_time(o, "started", &s->started, e) == -1 ||
	    want_time(o, "finished", &s->finished, e) == -1 ||
	    want_time(o, "point", &s->point, e) == -1 ||
	    want_u64(o, "new_bytes", INT64_MAX, &s->new_bytes, e) == -1)
		return -1;
	if (s->finished < s->started || s->point > s->finished)
		return err_set(e, ERR_DAMAGED,
		    "finished: expected a time after started and point");
	if (parse_digests(s, o, e) == -1 || parse_lists(s, o, e) == -1)
		return -1;
	return check_agree(s, statement, e);
}
