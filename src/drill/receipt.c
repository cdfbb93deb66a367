/*
 * The predicate of a receipt, written and read: see receipt.h.
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/want.h"
#include "drill/receipt.h"

#define FORMAT 1

bool
receipt_is_whole(const char *kind)
{
	return strcmp(kind, "full") == 0 || strcmp(kind, "exercise") == 0;
}

bool
receipt_is_drill(const char *kind)
{
	return receipt_is_whole(kind) || strcmp(kind, "sampled") == 0;
}

void
receipt_drop(struct receipt *r)
{
	size_t i;

	for (i = 0; i < r->n_checks; i++)
		free(r->checks[i].output);
	free(r->checks);
	memset(r, 0, sizeof(*r));
}

/* Cut at a character's border, so that the text stays UTF-8. */
static void
copy_text(char out[RECEIPT_TEXT_MAX], const char *text)
{
	size_t n = strlen(text);

	if (n >= RECEIPT_TEXT_MAX) {
		n = RECEIPT_TEXT_MAX - 1;
		while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
			n--;
	}
	memcpy(out, text, n);
	out[n] = '\0';
}

int
receipt_add(struct receipt *r, const struct outcome *o, struct err *e)
{
	struct check *v, *c;
	size_t size;

	if (r->n_checks == RECEIPT_CHECKS_MAX)
		return err_set(e, ERR_MEMORY, "more than %d checks",
		    RECEIPT_CHECKS_MAX);
	if (r->n_checks == r->checks_size) {
		size = r->checks_size > 0 ? r->checks_size * 2 : 16;
		if ((v = realloc(r->checks, size * sizeof(*v))) == NULL)
			return err_memory(e);
		r->checks = v;
		r->checks_size = size;
	}
	c = &r->checks[r->n_checks];
	c->output = NULL;
	if (o->output != NULL && (c->output = strndup(o->output,
	    RECEIPT_OUTPUT_MAX)) == NULL)
		return err_memory(e);
	r->n_checks++;
	copy_text(c->name, o->name);
	copy_text(c->required, o->required);
	copy_text(c->seen, o->seen);
	c->passed = o->passed;
	c->seconds = o->seconds;
	return 0;
}

/* Text that may hold other bytes than UTF-8 (from a database, a command). */
static json_t *
text_json(const char *s)
{
	char plain[RECEIPT_OUTPUT_MAX + 1];
	json_t *v = json_string(s);
	size_t i;

	if (v != NULL)
		return v;
	for (i = 0; s[i] != '\0' && i < sizeof(plain) - 1; i++)
		plain[i] = (unsigned char)s[i] < 0x80 ? s[i] : '?';
	plain[i] = '\0';
	return json_string(plain);
}

static json_t *
phases_json(const struct phase *p, size_t n)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; list != NULL && i < n; i++)
		if (json_array_append_new(list, json_pack(
		    "{s:s, s:f, s:I}", "name", p[i].name, "seconds",
		    p[i].seconds, "bytes", (json_int_t)p[i].bytes)) == -1) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *
check_json(const struct check *c)
{
	return json_pack("{s:o, s:o, s:o, s:b, s:f, s:o*}",
	    "name", text_json(c->name), "required", text_json(c->required),
	    "seen", text_json(c->seen), "passed", c->passed, "seconds",
	    c->seconds, "output", c->output != NULL ?
	    text_json(c->output) : NULL);
}

static json_t *
checks_json(const struct receipt *r)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; list != NULL && i < r->n_checks; i++)
		if (json_array_append_new(list,
		    check_json(&r->checks[i])) == -1) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static bool
is_sampled(const struct receipt *r)
{
	return strcmp(r->kind, "sampled") == 0;
}

/* NULL when it is none, or without memory. */
static json_t *
sample_json(const struct receipt_sample *s)
{
	return json_pack("{s:I, s:f, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
	    "seed", (json_int_t)s->seed, "share", (double)s->share / 1e6,
	    "tables", (json_int_t)s->tables,
	    "of_tables", (json_int_t)s->of_tables,
	    "rows_bytes", (json_int_t)s->rows_bytes,
	    "of_rows_bytes", (json_int_t)s->of_rows_bytes,
	    "entries", (json_int_t)s->entries,
	    "of_entries", (json_int_t)s->of_entries,
	    "files_bytes", (json_int_t)s->files_bytes,
	    "of_files_bytes", (json_int_t)s->of_files_bytes);
}

json_t *
receipt_predicate(const struct receipt *r, struct err *e)
{
	json_t *o;

	o = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, "
	    "s:{s:o}, s:{s:o}, s:o, s:o, s:o}",
	    "format", FORMAT, "site", r->site, "store", r->store,
	    "host", r->host, "from", r->from, "kind", r->kind, "key", r->key,
	    "server", r->server, "muster", MUSTER_VERSION,
	    "snapshot", "sha256", snapshot_id_json(&r->snapshot),
	    "policy", "sha256", snapshot_id_json(&r->policy),
	    "started", want_make_time(r->started),
	    "finished", want_make_time(r->finished),
	    "point", want_make_time(r->point));
	if (o == NULL || json_object_update_new(o, json_pack(
	    "{s:o, s:o, s:o, s:o, s:f, s:s, s:I, s:I, s:f, s:I, s:I, s:b}",
	    "phases", phases_json(r->phases, r->n_phases),
	    "work", phases_json(r->work, r->n_work),
	    "after", phases_json(r->after, r->n_after),
	    "checks", checks_json(r), "total_seconds", r->total,
	    "bottleneck", r->bottleneck,
	    "declared_seconds", (json_int_t)r->declared,
	    "bytes", (json_int_t)r->bytes, "coverage", r->coverage,
	    "rto_seconds", (json_int_t)r->rto, "rpo_seconds",
	    (json_int_t)r->rpo, "passed", r->passed)) == -1 ||
	    (is_sampled(r) && json_object_set_new(o, "sample",
	    sample_json(&r->sample)) == -1)) {
		json_decref(o);
		(void)err_memory(e);
		return NULL;
	}
	return o;
}

json_t *
receipt_subject(const struct receipt *r, struct err *e)
{
	json_t *list = json_pack("[{s:s, s:{s:o}}]", "name", "snapshot",
	    "digest", "sha256", snapshot_id_json(&r->snapshot));

	if (list == NULL)
		(void)err_memory(e);
	return list;
}

/* A list of phases; at most RECEIPT_PHASES_MAX. */
static int
phases_parse(const json_t *o, const char *key, struct phase *p, size_t *n,
    struct err *e)
{
	const json_t *list, *one;
	size_t i;

	if ((list = want_array(o, key, RECEIPT_PHASES_MAX, e)) == NULL)
		return -1;
	json_array_foreach(list, i, one)
		if (want_text(one, "name", p[i].name, sizeof(p[i].name),
		    e) == -1 ||
		    want_number(one, "seconds", &p[i].seconds, e) == -1 ||
		    want_u64(one, "bytes", INT64_MAX, &p[i].bytes, e) == -1)
			return err_add(e, "%s[%zu]", key, i);
	*n = json_array_size(list);
	return 0;
}

static int
check_parse(struct receipt *r, const json_t *o, struct err *e)
{
	struct check c;
	struct outcome made = { .name = c.name, .required = c.required,
	    .seen = c.seen };

	if (want_text(o, "name", c.name, sizeof(c.name), e) == -1 ||
	    want_text(o, "required", c.required, sizeof(c.required),
	    e) == -1 ||
	    want_text(o, "seen", c.seen, sizeof(c.seen), e) == -1 ||
	    want_bool(o, "passed", &c.passed, e) == -1 ||
	    want_number(o, "seconds", &c.seconds, e) == -1)
		return -1;
	made.passed = c.passed;
	made.seconds = c.seconds;
	made.output = json_string_value(json_object_get(o, "output"));
	return receipt_add(r, &made, e);
}

static int
parse_lists(struct receipt *r, const json_t *o, struct err *e)
{
	const json_t *checks;
	size_t i;

	if (phases_parse(o, "phases", r->phases, &r->n_phases, e) == -1 ||
	    phases_parse(o, "work", r->work, &r->n_work, e) == -1 ||
	    phases_parse(o, "after", r->after, &r->n_after, e) == -1 ||
	    (checks = want_array(o, "checks", RECEIPT_CHECKS_MAX, e)) == NULL)
		return -1;
	for (i = 0; i < json_array_size(checks); i++)
		if (check_parse(r, json_array_get(checks, i), e) == -1)
			return err_add(e, "checks[%zu]", i);
	return 0;
}

/* A share: n of so many. */
static int
parse_share(const json_t *o, const char *key, uint64_t *n, const char *of_key,
    uint64_t *of, struct err *e)
{
	if (want_u64(o, of_key, INT64_MAX, of, e) == -1)
		return -1;
	return want_u64(o, key, *of, n, e);
}

static int
parse_sample(struct receipt *r, const json_t *predicate, struct err *e)
{
	struct receipt_sample *s = &r->sample;
	double share;
	const json_t *o;

	if (!is_sampled(r))
		return 0;
	if ((o = want_object(predicate, "sample", e)) == NULL)
		return -1;
	if (want_u64(o, "seed", RECEIPT_SEED_MAX, &s->seed, e) == -1 ||
	    want_number(o, "share", &share, e) == -1 ||
	    parse_share(o, "tables", &s->tables, "of_tables", &s->of_tables,
	    e) == -1 ||
	    parse_share(o, "rows_bytes", &s->rows_bytes, "of_rows_bytes",
	    &s->of_rows_bytes, e) == -1 ||
	    parse_share(o, "entries", &s->entries, "of_entries",
	    &s->of_entries, e) == -1 ||
	    parse_share(o, "files_bytes", &s->files_bytes, "of_files_bytes",
	    &s->of_files_bytes, e) == -1)
		return err_add(e, "sample");
	if (share > 1)
		return err_set(e, ERR_DAMAGED, "sample: share: more than all");
	s->share = (uint32_t)(share * 1e6 + 0.5);
	return 0;
}

/* Does it contradict itself? */
static int
parse_consistent(const struct receipt *r, struct err *e)
{
	bool passed = r->n_checks > 0;
	double sum = 0, span;
	size_t i;

	for (i = 0; i < r->n_checks; i++)
		passed = passed && r->checks[i].passed;
	if (passed != r->passed)
		return err_set(e, ERR_DAMAGED,
		    "passed: its checks say otherwise");
	for (i = 0; i < r->n_phases; i++)
		sum += r->phases[i].seconds;
	if (r->n_phases == 0 || fabs(sum - r->total) > 0.01)
		return err_set(e, ERR_DAMAGED,
		    "total_seconds: not the sum of the phases");
	if (r->coverage > 1)
		return err_set(e, ERR_DAMAGED, "coverage: more than all");
	span = (double)(r->finished - r->started) / 1e9;
	if (r->finished < r->started || r->point > r->finished ||
	    r->total > span + 1.5)
		return err_set(e, ERR_DAMAGED,
		    "finished: the times contradict each other");
	return 0;
}

static int
parse_words(struct receipt *r, const json_t *o, struct err *e)
{
	if (want_text(o, "site", r->site, sizeof(r->site), e) == -1 ||
	    want_text(o, "store", r->store, sizeof(r->store), e) == -1 ||
	    want_text(o, "host", r->host, sizeof(r->host), e) == -1 ||
	    want_text(o, "from", r->from, sizeof(r->from), e) == -1 ||
	    want_text(o, "kind", r->kind, sizeof(r->kind), e) == -1 ||
	    want_text(o, "key", r->key, sizeof(r->key), e) == -1 ||
	    want_text(o, "bottleneck", r->bottleneck, sizeof(r->bottleneck),
	    e) == -1)
		return -1;
	return want_text(o, "server", r->server, sizeof(r->server), e);
}

static int
parse_numbers(struct receipt *r, const json_t *o, struct err *e)
{
	const json_t *snapshot, *policy;

	if ((snapshot = want_object(o, "snapshot", e)) == NULL ||
	    snapshot_id_want(snapshot, "sha256", &r->snapshot, e) == -1 ||
	    (policy = want_object(o, "policy", e)) == NULL ||
	    snapshot_id_want(policy, "sha256", &r->policy, e) == -1)
		return -1;
	if (want_time(o, "started", &r->started, e) == -1 ||
	    want_time(o, "finished", &r->finished, e) == -1 ||
	    want_time(o, "point", &r->point, e) == -1 ||
	    want_number(o, "total_seconds", &r->total, e) == -1)
		return -1;
	if (want_u64(o, "declared_seconds", INT64_MAX, &r->declared,
	    e) == -1 ||
	    want_u64(o, "bytes", INT64_MAX, &r->bytes, e) == -1 ||
	    want_number(o, "coverage", &r->coverage, e) == -1)
		return -1;
	if (want_u64(o, "rto_seconds", INT64_MAX, &r->rto, e) == -1 ||
	    want_u64(o, "rpo_seconds", INT64_MAX, &r->rpo, e) == -1)
		return -1;
	return want_bool(o, "passed", &r->passed, e);
}

/* The statement is about the snapshot that the predicate names. */
static int
check_subject(const struct receipt *r, const json_t *statement,
    struct err *e)
{
	const json_t *list, *digest;
	struct id id;

	if ((list = want_array(statement, "subject", 1, e)) == NULL ||
	    (digest = want_object(json_array_get(list, 0), "digest",
	    e)) == NULL || snapshot_id_want(digest, "sha256", &id, e) == -1)
		return err_add(e, "subject");
	if (id_compare(&id, &r->snapshot) != 0)
		return err_set(e, ERR_DAMAGED,
		    "subject: expected the snapshot of the predicate");
	return 0;
}

int
receipt_parse(struct receipt *r, const json_t *statement, struct err *e)
{
	const json_t *o;
	uint64_t format;

	if ((o = want_object(statement, "predicate", e)) == NULL ||
	    want_u64(o, "format", UINT32_MAX, &format, e) == -1)
		return -1;
	if (format != FORMAT)
		return err_set(e, ERR_UNSUPPORTED, "receipt of format %llu: "
		    "this muster reads format %d; a newer one is needed",
		    (unsigned long long)format, FORMAT);
	if (parse_words(r, o, e) == -1 || parse_numbers(r, o, e) == -1 ||
	    parse_sample(r, o, e) == -1 ||
	    parse_lists(r, o, e) == -1 || check_subject(r, statement, e) == -1)
		return -1;
	return parse_consistent(r, e);
}
