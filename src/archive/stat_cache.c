/*
 * The stat cache's file: see stat_cache.h.
 *
 *	magic		"muster stat cache 1\n"
 *	digest		keyed, of the version of muster and the owner
 *	round		u64: how often it was made anew
 *	run ...		u32 length, body, keyed digest of the body
 *
 *	body		u16 and bytes of the first name; digest; u64 files,
 *			folders, others, bytes; u32 segments; for each u64
 *			entries, u64 size, u32 chunks, and these: id, u32
 *
 * Reading ends where the first thing is wrong.  The new file is not synced:
 * after a loss of power its digests show what is missing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/manifest.h"
#include "archive/name.h"
#include "archive/stat_cache.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "crypto/keys.h"

#define MAGIC "muster stat cache 1\n"
#define MAGIC_SIZE (sizeof(MAGIC) - 1)
#define HEADER_SIZE (MAGIC_SIZE + ID_SIZE + 8)
#define BODY_MAX ((size_t)64 << 20)
#define BLOCK ((size_t)256 << 10)

struct stat_cache {
	struct stat_cache_options with;
	char		*file, *tmp;
	struct id	 owner;
	uint64_t	 round;		/* of the old one */
	int		 in, out;	/* in: -1 when it was read or is bad */
	struct buf	 old, new;
	size_t		 used;		/* of old */
	struct stat_run	*ahead;		/* the next of the old ones */
	bool		 failed;	/* writing did: why */
	struct err	 why;
};

void
stat_run_free(struct stat_run *r)
{
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < r->n_segments; i++)
		segment_drop(&r->segments[i]);
	free(r->segments);
	free(r->name);
	free(r);
}

void
stat_cache_digest(const struct stat_cache *c, const void *data, size_t n,
    struct id *id)
{
	store_secret_fingerprint(c->with.secret, data, n, id);
}

/* The next n bytes of the old file, or NULL: from here on it is not used. */
static const uint8_t *
old_bytes(struct stat_cache *c, size_t n)
{
	struct err ignored;
	size_t got = 0;
	uint8_t *p;

	while (c->in != -1 && c->old.len - c->used < n) {
		buf_shift(&c->old, c->used);
		c->used = 0;
		p = buf_room(&c->old, BLOCK, &ignored);
		if (p == NULL || fd_read_some(c->in, p, BLOCK, &got,
		    &ignored) == -1 || got == 0)
			fd_drop(&c->in);
		else
			c->old.len += got;
	}
	if (c->in == -1)
		return NULL;
	c->used += n;
	return c->old.data + c->used - n;
}

static bool
parse_segment(struct cut *c, struct segment *s)
{
	struct err ignored;
	struct ref ref;
	const uint8_t *id;
	uint32_t n;

	s->entries = cut_u64(c);
	s->size = cut_u64(c);
	n = cut_u32(c);
	if (c->bad || s->entries == 0 || n > c->left / MANIFEST_REF_SIZE)
		return false;
	for (; n > 0; n--) {
		id = cut_bytes(c, ID_SIZE);
		ref.len = cut_u32(c);
		if (c->bad)
			return false;
		memcpy(ref.id.b, id, ID_SIZE);
		if (refs_add(&s->refs, &ref, &ignored) == -1)
			return false;
	}
	return true;
}

static bool
parse_body(struct cut *c, struct stat_run *r)
{
	size_t len = cut_u16(c);
	const uint8_t *name = cut_bytes(c, len), *digest;
	uint32_t n;

	if (name == NULL ||
	    (r->name = strndup((const char *)name, len)) == NULL ||
	    (digest = cut_bytes(c, ID_SIZE)) == NULL)
		return false;
	memcpy(r->digest.b, digest, ID_SIZE);
	r->stats.files = cut_u64(c);
	r->stats.folders = cut_u64(c);
	r->stats.others = cut_u64(c);
	r->stats.bytes = cut_u64(c);
	n = cut_u32(c);
	if (c->bad || n == 0 || n > c->left / 20 ||
	    (r->segments = calloc(n, sizeof(*r->segments))) == NULL)
		return false;
	for (; r->n_segments < n; r->n_segments++) {
		segment_init(&r->segments[r->n_segments]);
		if (!parse_segment(c, &r->segments[r->n_segments])) {
			refs_drop(&r->segments[r->n_segments].refs);
			return false;
		}
	}
	return c->left == 0;
}

/* The next of the old runs, or NULL at the end or where it is damaged. */
static struct stat_run *
next_run(struct stat_cache *c)
{
	const uint8_t *p = old_bytes(c, 4);
	struct stat_run *r;
	struct id digest;
	struct cut cut;
	size_t len;

	if (p == NULL)
		return NULL;
	cut_init(&cut, p, 4);
	len = cut_u32(&cut);
	if (len > BODY_MAX || (p = old_bytes(c, len + ID_SIZE)) == NULL ||
	    (r = calloc(1, sizeof(*r))) == NULL)
		goto done;
	stat_cache_digest(c, p, len, &digest);
	cut_init(&cut, p, len);
	if (memcmp(digest.b, p + len, ID_SIZE) == 0 && parse_body(&cut, r))
		return r;
	stat_run_free(r);
done:
	fd_drop(&c->in);
	return NULL;
}

static void
open_old(struct stat_cache *c)
{
	const uint8_t *p;
	struct cut cut;

	c->in = open(c->file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if ((p = old_bytes(c, HEADER_SIZE)) == NULL)
		return;
	if (memcmp(p, MAGIC, MAGIC_SIZE) != 0 ||
	    memcmp(p + MAGIC_SIZE, c->owner.b, ID_SIZE) != 0) {
		fd_drop(&c->in);
		return;
	}
	cut_init(&cut, p + MAGIC_SIZE + ID_SIZE, 8);
	c->round = cut_u64(&cut);
	c->ahead = next_run(c);
}

static void
fail(struct stat_cache *c, const struct err *why)
{
	if (!c->failed)
		c->why = *why;
	c->failed = true;
}

static void
write_out(struct stat_cache *c)
{
	struct err e;

	if (!c->failed && c->new.len > 0 &&
	    fd_write(c->out, c->new.data, c->new.len, &e) == -1)
		fail(c, &e);
	buf_clear(&c->new);
}

static int
open_new(struct stat_cache *c, struct err *e)
{
	if (asprintf(&c->tmp, "%s.new", c->file) == -1) {
		c->tmp = NULL;
		return err_memory(e);
	}
	c->out = open(c->tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	if (c->out == -1)
		return err_sys(e, "%s", c->tmp);
	if (buf_add(&c->new, MAGIC, MAGIC_SIZE, e) == -1 ||
	    buf_add(&c->new, c->owner.b, ID_SIZE, e) == -1)
		return -1;
	return buf_add_u64(&c->new, c->round + 1, e);
}

/* Whose it is, and by which muster: another one might write other bytes. */
static int
find_owner(struct stat_cache *c, struct err *e)
{
	struct buf b;
	int rc;

	buf_init(&b, 1u << 16);
	rc = buf_addf(&b, e, "%s\n%s", MUSTER_VERSION, c->with.owner);
	if (rc == 0)
		stat_cache_digest(c, b.data, b.len, &c->owner);
	buf_drop(&b);
	return rc;
}

struct stat_cache *
stat_cache_open(const struct stat_cache_options *o, struct err *e)
{
	struct stat_cache *c;

	if ((c = calloc(1, sizeof(*c))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	c->with = *o;
	c->in = c->out = -1;
	buf_init(&c->old, BODY_MAX + 2 * BLOCK);
	buf_init(&c->new, BODY_MAX + 2 * BLOCK);
	if ((c->file = strdup(o->file)) == NULL)
		(void)err_memory(e);
	else if (find_owner(c, e) == 0) {
		open_old(c);
		if (open_new(c, e) == 0)
			return c;
	}
	(void)err_add(e, "cannot begin the stat cache");
	stat_cache_free(c);
	return NULL;
}

void
stat_cache_free(struct stat_cache *c)
{
	if (c == NULL)
		return;
	if (c->out != -1)
		(void)unlink(c->tmp);
	fd_drop(&c->in);
	fd_drop(&c->out);
	stat_run_free(c->ahead);
	buf_drop(&c->old);
	buf_drop(&c->new);
	free(c->file);
	free(c->tmp);
	free(c);
}

struct stat_run *
stat_cache_find(struct stat_cache *c, const char *name)
{
	struct stat_run *r;
	int order;

	while ((r = c->ahead) != NULL) {
		if ((order = name_compare(r->name, name)) > 0)
			return NULL;
		c->ahead = next_run(c);
		if (order == 0)
			return r;
		stat_run_free(r);
	}
	return NULL;
}

bool
stat_cache_samples(const struct stat_cache *c, const char *name)
{
	uint64_t turn = c->round % 100 * c->with.reread;

	return (name_hash(name) / 100 + turn) % 100 < c->with.reread;
}

static int
format_run(struct buf *b, const struct stat_run *r, struct err *e)
{
	const struct segment *s;
	size_t i, j, len = strlen(r->name);

	if (buf_add_u16(b, (uint16_t)len, e) == -1 ||
	    buf_add(b, r->name, len, e) == -1 ||
	    buf_add(b, r->digest.b, ID_SIZE, e) == -1 ||
	    buf_add_u64(b, r->stats.files, e) == -1 ||
	    buf_add_u64(b, r->stats.folders, e) == -1 ||
	    buf_add_u64(b, r->stats.others, e) == -1 ||
	    buf_add_u64(b, r->stats.bytes, e) == -1 ||
	    buf_add_u32(b, (uint32_t)r->n_segments, e) == -1)
		return -1;
	for (i = 0; i < r->n_segments; i++) {
		s = &r->segments[i];
		if (buf_add_u64(b, s->entries, e) == -1 ||
		    buf_add_u64(b, s->size, e) == -1 ||
		    buf_add_u32(b, (uint32_t)s->refs.n, e) == -1)
			return -1;
		for (j = 0; j < s->refs.n; j++)
			if (manifest_add_ref(b, &s->refs.v[j], e) == -1)
				return -1;
	}
	return 0;
}

/* Too long to be worth it: such a file is read again each time. */
static bool
is_long(const struct stat_run *r)
{
	size_t i, n = 0;

	for (i = 0; i < r->n_segments; i++)
		n += r->segments[i].refs.n;
	return n > BODY_MAX / 2 / MANIFEST_REF_SIZE;
}

void
stat_cache_add(struct stat_cache *c, const struct stat_run *r)
{
	struct buf *b = &c->new;
	size_t at = b->len, len;
	struct id digest;
	struct err e;

	if (c->failed || is_long(r))
		return;
	if (buf_add_u32(b, 0, &e) == -1 || format_run(b, r, &e) == -1) {
		fail(c, &e);
		return;
	}
	len = b->len - at - 4;
	for (int i = 0; i < 4; i++)
		b->data[at + (size_t)i] = (uint8_t)(len >> 8 * i);
	stat_cache_digest(c, b->data + at + 4, len, &digest);
	if (buf_add(b, digest.b, ID_SIZE, &e) == -1)
		fail(c, &e);
	if (b->len >= BLOCK)
		write_out(c);
}

int
stat_cache_commit(struct stat_cache *c, struct err *e)
{
	write_out(c);
	if (c->failed)
		*e = c->why;
	else if (fd_close(&c->out, e) == 0) {
		if (rename(c->tmp, c->file) == 0)
			return 0;
		(void)err_sys(e, "rename");
	}
	(void)unlink(c->tmp);
	return err_add(e, "cannot write the stat cache %s", c->file);
}
