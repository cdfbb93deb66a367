/* See rig.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "crypto/keys.h"
#include "pack/check.h"
#include "rig.h"
#include "store/store.h"
#include "store_mem.h"

#define OK(x) do { if (!(x)) fail_msg("%s: %s", #x, e.text); } while (0)

void
rig_open(struct rig *r)
{
	const char *others[2] = { NULL, NULL };
	const char *tmp = getenv("TMPDIR");
	struct charter_signer who = { .name = "test", .roles = ROLE_ALL };
	struct charter_founding f;
	struct buf line, out;
	struct err e;

	memset(r, 0, sizeof(*r));
	buf_init(&line, 1000);
	buf_init(&out, 1 << 20);
	OK(keys_init(&e) == 0);
	OK((r->secret = store_secret_new(&e)) != NULL);
	OK((r->recovery = recovery_key_new(&e)) != NULL);
	OK((r->second = recovery_key_new(&e)) != NULL);
	OK((r->stranger = recovery_key_new(&e)) != NULL);
	OK((r->signer = signer_new(&e)) != NULL);
	OK((r->store = store_mem_new(&e)) != NULL);
	signer_public(r->signer, who.public);
	OK(recovery_key_public_text(r->second, &line, &e) == 0);
	OK((others[0] = buf_text(&line, &e)) != NULL);
	f = (struct charter_founding){ r->secret, r->recovery, others, &who };
	OK(charter_found(&r->charter, &f, &out, &e) == 0);
	r->charter.pack_size = RIG_PACK_SIZE;
	buf_drop(&line);
	buf_drop(&out);
	(void)snprintf(r->folder, sizeof(r->folder), "%s/test-rig-XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(r->folder));
}

void
rig_close(struct rig *r)
{
	struct err e;

	store_close(r->store);
	signer_free(r->signer);
	recovery_key_free(r->recovery);
	recovery_key_free(r->second);
	recovery_key_free(r->stranger);
	store_secret_free(r->secret);
	OK(file_remove_tree(r->folder, &e) == 0);
}

struct chunks_options
rig_options(struct rig *r, const char *index)
{
	static char path[PATH_MAX + 64];

	(void)snprintf(path, sizeof(path), "%s/%s", r->folder, index);
	return (struct chunks_options){
		.store = r->store, .charter = &r->charter,
		.secret = r->secret, .recovery = r->recovery, .index = path,
		.writable = true, .workers = 2,
	};
}

struct chunks *
rig_chunks(struct rig *r, const char *index)
{
	const struct chunks_options o = rig_options(r, index);
	struct chunks *c;
	struct err e;

	OK((c = chunks_open(&o, &e)) != NULL);
	return c;
}

void
rig_put(struct chunks *c, enum content content, const void *data, size_t n,
    struct refs *refs)
{
	const uint8_t *p = data;
	struct stream *s;
	struct err e;

	OK((s = stream_new(c, content, &e)) != NULL);
	for (size_t some; n > 0; p += some, n -= some) {
		some = n < 100000 ? n : 100000;
		OK(stream_write(s, p, some, &e) == 0);
	}
	OK(stream_end(s, refs, &e) == 0);
	stream_free(s);
}

uint8_t *
rig_get(struct chunks *c, const struct refs *refs, size_t *n)
{
	struct source *s;
	struct buf all;
	struct err e;
	const void *p;
	size_t len;
	int rc;

	buf_init(&all, (size_t)1 << 30);
	OK(buf_room(&all, 1, &e) != NULL);
	OK((s = source_new(c, refs->v, refs->n, &e)) != NULL);
	while ((rc = source_read(s, &p, &len, &e)) == 1)
		OK(buf_add(&all, p, len, &e) == 0);
	OK(rc == 0);
	source_free(s);
	*n = all.len;
	return all.data;
}

void
rig_replace(struct store *s, const char *name, const void *data, size_t n)
{
	struct id sha256;
	struct err e;

	(void)store_remove(s, name, &e);	/* it may not be there */
	id_sha256(data, n, &sha256);
	OK(store_put(s, name, data, n, &sha256, &e) == STORE_PUT);
}

struct search {
	char	*name;
	size_t	 wanted, seen;
};

static int
see(void *cookie, const struct store_info *info, struct err *e)
{
	struct search *s = cookie;

	(void)e;
	if (s->seen++ == s->wanted)
		(void)snprintf(s->name, STORE_NAME_MAX, "%s", info->name);
	return 0;
}

size_t
rig_pack(struct store *store, size_t n, char name[STORE_NAME_MAX])
{
	struct search s = { name, n, 0 };
	struct err e;

	name[0] = '\0';
	OK(store_list(store, "packs/", see, &s, &e) == 0);
	return s.seen;
}

struct checked {
	struct pack_report	*report;
	struct err		 why;
	unsigned		 n;
};

static int
checked(void *cookie, const struct id *sha256,
    const struct pack_report *report, const struct err *why, struct err *e)
{
	struct checked *c = cookie;

	(void)sha256;
	(void)e;
	*c->report = *report;
	if (why != NULL)
		c->why = *why;
	c->n++;
	return 0;
}

int
rig_check_pack(struct chunks *c, const struct id *sha256,
    struct pack_report *report, struct err *e)
{
	struct checked seen = { .report = report };
	struct pack_checker *p;
	int rc;

	if ((p = pack_checker_new(c, checked, &seen, e)) == NULL)
		return -1;
	if ((rc = pack_checker_add(p, sha256, e)) == 0)
		rc = pack_checker_end(p, e);
	pack_checker_free(p);
	assert_int_equal(rc, 0);
	assert_int_equal(seen.n, 1);
	if (seen.why.kind == ERR_NONE)
		return 0;
	*e = seen.why;
	return -1;
}
