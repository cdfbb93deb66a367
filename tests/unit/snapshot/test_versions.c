/*
 * Version rule: a newer version of any kind of object is refused with a
 * sentence that says so, and never read by half or passed over in silence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/archive.h"
#include "archive/manifest.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/want.h"
#include "crypto/charter_json.h"
#include "crypto/key_info.h"
#include "crypto/statement.h"
#include "drill/receipt.h"
#include "../../lib/fixture.h"
#include "../../lib/keys_kit.h"
#include "pack/check.h"
#include "pack/chunks.h"
#include "pack/pack.h"
#include "snapshot/sealed.h"
#include "snapshot/trail.h"

struct scene {
	struct fixture	 f;
	struct snapshot	 s;
	char		 path[FIXTURE_PATH];
};

static int
make(void **state)
{
	struct scene *x = calloc(1, sizeof(*x));

	assert_non_null(x);
	fixture_make(&x->f);
	fixture_take(&x->f, &x->s);
	*state = x;
	return 0;
}

static int
drop(void **state)
{
	struct scene *x = *state;

	fixture_drop(&x->f);
	free(x);
	return 0;
}

static void
refused(const struct err *e, const char *sentence)
{
	if (e->kind != ERR_UNSUPPORTED || strstr(e->text, sentence) == NULL)
		fail_msg("kind %d: %s", (int)e->kind, e->text);
}

/* Put bytes into the store below a prefix, named by their SHA-256. */
static void
put_object(struct scene *x, const char *prefix, const void *p, size_t n)
{
	char name[STORE_NAME_MAX], hex[ID_TEXT_SIZE];
	struct store *s;
	struct id id;
	struct err e;

	id_sha256(p, n, &id);
	(void)snprintf(name, sizeof(name), "%s%s", prefix,
	    id_format(&id, hex));
	assert_non_null(s = store_open(x->f.store, &e));
	assert_int_equal(store_put(s, name, p, n, &id, &e), STORE_PUT);
	store_close(s);
}

static void
a_newer_charter_is_refused_though_an_older_one_is_there(void **state)
{
	static const char later[] = "{\"format\":2,\"anything\":\"else\"}";
	struct scene *x = *state;
	struct depot_options o = { .url = x->f.store,
	    .writer_key = x->f.writer, .use = DEPOT_LOOK };
	struct recovery_key *root;
	struct depot d;
	struct buf b;
	struct err e;

	buf_init(&b, 1u << 20);
	assert_non_null(root = recovery_key_load(x->f.recovery, NULL, &e));
	assert_int_equal(envelope_sign(CHARTER_TYPE, later, strlen(later),
	    recovery_key_signer(root), &b, &e), 0);
	put_object(x, "charters/", b.data, b.len);
	recovery_key_free(root);
	buf_drop(&b);
	assert_int_equal(depot_open(&d, &o, &e), -1);
	refused(&e, "the store is of format 2; this muster knows format 1: "
	    "use a newer muster");
}

static void
a_newer_charter_of_a_stranger_changes_nothing(void **state)
{
	static const char later[] = "{\"format\":2}";
	struct scene *x = *state;
	struct signer *stranger = kit_signer(1);
	struct buf b;
	struct err e;

	buf_init(&b, 1u << 20);
	assert_int_equal(envelope_sign(CHARTER_TYPE, later, strlen(later),
	    stranger, &b, &e), 0);
	put_object(x, "charters/", b.data, b.len);
	fixture_open(&x->f, DEPOT_SIGN);
	signer_free(stranger);
	buf_drop(&b);
}

/* Why the only statement of a kind cannot be believed. */
static int
keep_why(void *cookie, const struct trail_item *item, struct err *e)
{
	(void)e;
	if (item->statement == NULL)
		*(struct err *)cookie = *item->why;
	return 0;
}

static void
newer_statements_are_refused_by_type(void **state)
{
	static const struct {
		enum trail_kind	 kind;
		const char	*prefix, *type, *when;
	} cases[] = {
		{ TRAIL_SNAPSHOTS, "snapshots/", "urn:muster:snapshot:v2",
		    "finished" },
		{ TRAIL_RECEIPTS, "receipts/", "urn:muster:receipt:v11",
		    "finished" },
		{ TRAIL_VERDICTS, "verdicts/",
		    "https://slsa.dev/verification_summary/v3",
		    "timeVerified" },
	};
	struct scene *x = *state;
	char prefix[64], when[CLOCK_TEXT_MAX];
	json_t *subject, *predicate;
	struct err e, why;
	struct buf b;

	fixture_open(&x->f, DEPOT_SIGN);
	for (size_t i = 0; i < 3; i++) {
		subject = json_pack("[{s:s, s:{s:s}}]", "name", "x", "digest",
		    "sha256", "00");
		predicate = json_pack("{s:o}", cases[i].when,
		    want_make_time(clock_utc()));
		buf_init(&b, STATEMENT_MAX);
		assert_int_equal(statement_sign(cases[i].type, subject,
		    predicate, depot_signer(&x->f.depot), &b, &e), 0);
		(void)snprintf(prefix, sizeof(prefix), "%s%s-",
		    cases[i].prefix, clock_format_compact(clock_utc(), when));
		put_object(x, prefix, b.data, b.len);
		err_clear(&why);
		assert_int_equal(trail_each(&x->f.depot, cases[i].kind,
		    keep_why, &why, &e), 0);
		refused(&why, cases[i].type);
		refused(&why, "use a newer muster");
		json_decref(subject);
		json_decref(predicate);
		buf_drop(&b);
	}
}

static void
newer_predicates_are_refused_by_format(void **state)
{
	struct scene *x = *state;
	struct snapshot *s = calloc(1, sizeof(*s));
	struct receipt r = { .site = "" };
	json_t *statement = json_pack("{s:{s:i}}", "predicate", "format", 2);
	struct err e;

	(void)x;
	assert_non_null(s);
	assert_int_equal(snapshot_parse(s, statement, &e), -1);
	refused(&e, "snapshot of format 2");
	assert_int_equal(receipt_parse(&r, statement, &e), -1);
	refused(&e, "receipt of format 2");
	json_decref(statement);
	free(s);
}

/* Well-formed by version 1's rules but for the number. */
static void
a_newer_pack_is_refused(void **state)
{
	uint8_t pack[PACK_HEADER_SIZE + PACK_TRAILER_SIZE] = { 0 };
	struct scene *x = *state;
	struct pack_report report;
	char prefix[16];
	struct id id;
	struct err e;

	pack_header(pack);
	pack[8] = 2;
	pack[sizeof(pack) - 16] = 2;
	memcpy(pack + sizeof(pack) - 8, "MUSTERPE", 8);
	id_sha256(pack, sizeof(pack), &id);
	(void)snprintf(prefix, sizeof(prefix), "packs/%02x/", id.b[0]);
	put_object(x, prefix, pack, sizeof(pack));
	fixture_open(&x->f, DEPOT_WRITE);
	assert_int_equal(chunks_bad(x->f.depot.chunks), 1);
	assert_int_equal(pack_check(x->f.depot.store, &id, &report, &e), -1);
	refused(&e, "a pack of version 2: this muster reads up to version 1");
	pack[8] = 1;			/* the end says so alone */
	id_sha256(pack, sizeof(pack), &id);
	(void)snprintf(prefix, sizeof(prefix), "packs/%02x/", id.b[0]);
	put_object(x, prefix, pack, sizeof(pack));
	assert_int_equal(pack_check(x->f.depot.store, &id, &report, &e), -1);
	refused(&e, "a pack of version 2");
}

static void
a_newer_manifest_is_refused(void **state)
{
	struct scene *x = *state;
	struct archive_root root = { .depth = 0 };
	struct archive_reader *r;
	struct stream *st;
	struct refs refs;
	struct err e;

	fixture_open(&x->f, DEPOT_WRITE);
	refs_init(&refs);
	assert_non_null(st = stream_new(x->f.depot.chunks, CONTENT_RUN, &e));
	assert_int_equal(stream_write(st, "muster archive 2", 16, &e), 0);
	assert_int_equal(stream_end(st, &refs, &e), 0);
	stream_free(st);
	assert_int_equal(chunks_flush(x->f.depot.chunks, &e), 0);
	root.top = refs.v[0];
	refs_drop(&refs);
	fixture_open(&x->f, DEPOT_READ);
	assert_int_equal(manifest_fingerprint(x->f.depot.chunks, &root,
	    &root.fingerprint, &e), 0);
	r = archive_reader_new(x->f.depot.chunks, &root, &e);
	assert_null(r);
	refused(&e, "it is of another version; this muster knows version 1");
}

static void
a_newer_recipe_is_refused(void **state)
{
	static const char text[] = "{\"format\":2}";
	struct scene *x = *state;
	struct recipe recipe;
	struct stream *st;
	struct refs refs;
	struct err e;

	fixture_open(&x->f, DEPOT_WRITE);
	refs_init(&refs);
	assert_non_null(st = stream_new(x->f.depot.chunks, CONTENT_RUN, &e));
	assert_int_equal(stream_write(st, text, strlen(text), &e), 0);
	assert_int_equal(stream_end(st, &refs, &e), 0);
	stream_free(st);
	assert_int_equal(chunks_flush(x->f.depot.chunks, &e), 0);
	x->s.sealed[0] = refs.v[0];
	x->s.n_sealed = 1;
	refs_drop(&refs);
	fixture_open(&x->f, DEPOT_READ);
	assert_int_equal(sealed_get(x->f.depot.chunks, &x->s, &recipe, &e),
	    -1);
	refused(&e, "recipe of format 2, written by a newer muster");
}

static void
newer_key_files_are_refused(void **state)
{
	static const char *const lines[] = {
		"muster recovery key 2\nx\ny\n", "muster writer key 3\nx\n",
	};
	struct scene *x = *state;
	char path[FIXTURE_PATH + 8];
	struct key_info i;
	struct err e;

	(void)snprintf(path, sizeof(path), "%s/new.key", x->f.dir);
	for (size_t k = 0; k < 2; k++) {
		kit_write(path, lines[k], strlen(lines[k]), 0600);
		assert_int_equal(key_info_load(&i, path, &e), -1);
		refused(&e, k == 0 ? "it is of version 2" :
		    "it is of version 3");
		refused(&e, "use a newer muster");
	}
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, make, drop)
	const struct CMUnitTest tests[] = {
		T(a_newer_charter_is_refused_though_an_older_one_is_there),
		T(a_newer_charter_of_a_stranger_changes_nothing),
		T(newer_statements_are_refused_by_type),
		T(newer_predicates_are_refused_by_format),
		T(a_newer_pack_is_refused),
		T(a_newer_manifest_is_refused),
		T(a_newer_recipe_is_refused),
		T(newer_key_files_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
