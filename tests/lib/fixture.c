/*
 * A small real site for tests: see fixture.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "crypto/charter.h"
#include "fixture.h"
#include "snapshot/sealed.h"
#include "snapshot/take.h"
#include "snapshot/trail.h"
#include "store/store.h"

static void
must(int rc, const struct err *e)
{
	if (rc == -1)
		fail_msg("%s", e->text);
}

static void
found(struct fixture *f)
{
	struct charter_signer signer = { .name = "test host",
	    .roles = ROLE_ALL };
	struct store_secret *secret;
	struct recovery_key *root;
	struct signer *own;
	uint8_t public[SIGNER_PUBLIC_SIZE];
	char name[STORE_NAME_MAX], hex[ID_TEXT_SIZE];
	struct charter c;
	struct store *s;
	struct buf b;
	struct err e;

	assert_non_null(secret = store_secret_new(&e));
	assert_non_null(root = recovery_key_new(&e));
	assert_non_null(own = signer_new(&e));
	signer_public(own, signer.public);
	const struct charter_founding founding = { secret, root, NULL,
	    &signer };

	buf_init(&b, 1u << 20);
	must(charter_found(&c, &founding, &b, &e), &e);
	c.pack_size = 1u << 20;
	must(store_create(f->store, &e), &e);
	assert_non_null(s = store_open(f->store, &e));
	(void)snprintf(name, sizeof(name), "charters/%s",
	    id_format(&c.digest, hex));
	assert_int_equal(store_put(s, name, b.data, b.len, &c.digest, &e),
	    STORE_PUT);
	store_close(s);
	recovery_key_root(root, public);
	must(recovery_key_save(root, f->recovery, NULL, NULL, &e), &e);
	must(writer_key_save(f->writer, secret, own, public, &e), &e);
	buf_drop(&b);
	signer_free(own);
	recovery_key_free(root);
	store_secret_free(secret);
}

static void
make_policy(struct fixture *f)
{
	struct policy *p = &f->policy;
	static const char text[] = "site: test.example\n";
	struct err e;

	must(file_replace_path(f->policy_file, 0600, text, sizeof(text) - 1,
	    &e), &e);
	p->path = f->policy_file;
	id_sha256(text, sizeof(text) - 1, &p->digest);
	p->site = "test.example";
	p->config.present = true;
	f->config_paths[0] = f->config;
	p->config.paths = f->config_paths;
	f->require_keys[0] = "db_name";
	f->require.file = "site_config.json";
	f->require.keys = f->require_keys;
	p->config.require = &f->require;
	p->config.n_require = 1;
	f->store_entry.name = "local";
	f->store_entry.url = f->store;
	p->stores = &f->store_entry;
	p->n_stores = 1;
	p->drill_from = "local";
	p->drill_scratch = f->dir;
	p->state = f->dir;
	p->rto = 60;
	p->rpo = 900;
	p->gate_snapshot_age = 900;
	p->gate_drill_age = 7 * 86400;
	p->gate_clock_skew = 60;
	p->gate_valid = 3600;
	p->gate_coverage = 1000000;
	p->gate_full_age = 30 * 86400;
	p->gate_slowdown = 1000000;
	p->gate_shrink = 500000;
}

void
fixture_config(struct fixture *f, const char *text)
{
	char path[FIXTURE_PATH + 32];
	struct err e;

	(void)snprintf(path, sizeof(path), "%s/site_config.json", f->config);
	must(file_replace_path(path, 0600, text, strlen(text), &e), &e);
}

void
fixture_make(struct fixture *f)
{
	struct err e;

	memset(f, 0, sizeof(*f));
	must(keys_init(&e), &e);
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/muster-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	(void)snprintf(f->store, sizeof(f->store), "%s/store", f->dir);
	(void)snprintf(f->writer, sizeof(f->writer), "%s/writer.key", f->dir);
	(void)snprintf(f->recovery, sizeof(f->recovery), "%s/recovery.key",
	    f->dir);
	(void)snprintf(f->policy_file, sizeof(f->policy_file),
	    "%s/muster.yaml", f->dir);
	(void)snprintf(f->config, sizeof(f->config), "%s/config", f->dir);
	(void)snprintf(f->index, sizeof(f->index), "%s/index", f->dir);
	must(mkdir(f->config, 0755), &e);
	fixture_config(f, "{\"db_name\": \"_0123\", \"db_password\": \"x\"}");
	found(f);
	make_policy(f);
}

void
fixture_open(struct fixture *f, enum depot_use use)
{
	struct depot_options o = {
		.url = f->store, .writer_key = f->writer,
		.recovery_key = f->recovery, .index = f->index,
		.scratch = f->dir, .use = use,
	};
	struct err e;

	depot_close(&f->depot);
	must(depot_open(&f->depot, &o, &e), &e);
}

void
fixture_take(struct fixture *f, struct snapshot *s)
{
	struct take_options o = { .policy = &f->policy };
	struct notes *notes;
	struct err e;

	fixture_open(f, DEPOT_WRITE);
	assert_non_null(notes = notes_new(&e));
	must(take_snapshot(&f->depot, &o, notes, s, &e), &e);
	notes_free(notes);
}

void
fixture_sign_snapshot(struct fixture *f, struct snapshot *s)
{
	struct trail_new new = { .kind = TRAIL_SNAPSHOTS,
	    .site = s->site, .utc = s->finished };
	struct err e;

	assert_non_null(new.subject = snapshot_subject(s, &e));
	assert_non_null(new.predicate = snapshot_predicate(s, &e));
	must(trail_put(&f->depot, &new, s->object, &s->digest, &e), &e);
	json_decref(new.subject);
	json_decref(new.predicate);
}

static int
first(void *cookie, const struct store_info *info, struct err *e)
{
	char *name = cookie;

	(void)e;
	(void)snprintf(name, STORE_NAME_MAX, "%s", info->name);
	return 1;
}

char *
fixture_object(struct fixture *f, const char *prefix,
    char path[FIXTURE_PATH])
{
	char name[STORE_NAME_MAX] = "";
	struct store *s;
	struct err e;

	assert_non_null(s = store_open(f->store, &e));
	assert_int_equal(store_list(s, prefix, first, name, &e), 1);
	store_close(s);
	assert_true((size_t)snprintf(path, FIXTURE_PATH, "%s/%s", f->store,
	    name) < FIXTURE_PATH);
	return path;
}

void
fixture_drop(struct fixture *f)
{
	struct err e;

	depot_close(&f->depot);
	must(file_remove_tree(f->dir, &e), &e);
}

void
fixture_flip(const char *path, long offset)
{
	struct stat st;
	uint8_t byte;
	int fd;

	assert_int_equal(chmod(path, 0600), 0);
	assert_true((fd = open(path, O_RDWR | O_CLOEXEC)) != -1);
	assert_int_equal(fstat(fd, &st), 0);
	if (offset < 0)
		offset += (long)st.st_size;
	assert_int_equal(pread(fd, &byte, 1, offset), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
	(void)close(fd);
}
