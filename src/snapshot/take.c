/*
 * Takes a snapshot.  Invariants:
 *
 *	1. Database first, then files, then configuration: every file that a
 *	   row names was there when the files were taken, or is noted.
 *	2. A component that fails ends it: no statement is written, what was
 *	   stored is unreferenced and harmless.
 *	3. Before the statement is put, every chunk it needs is durable
 *	   (chunks_flush) and the inventory is.
 *	4. The statement is the last object; until it is there, the snapshot
 *	   does not exist.
 *
 * capture_part* -> sealed_put -> chunks_flush -> put_inventory -> trail_put
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "archive/entry.h"
#include "archive/stat_cache.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/intr.h"
#include "pack/chunks.h"
#include "policy/policy.h"
#include "snapshot/capture.h"
#include "snapshot/take.h"
#include "snapshot/trail.h"
#include "store/store.h"

#define INVENTORY_MAX (256u << 20)
#define INVENTORY_PREFIX "inventories/"
/* "<64>  packs/xx/<64>\n" */
#define INVENTORY_LINE (64 + 2 + 6 + 3 + 64 + 1)
#define READ_SIZE (256u << 10)

char *
inventory_pack_name(const struct id *pack, char name[STORE_NAME_MAX])
{
	char hex[ID_TEXT_SIZE];

	(void)id_format(pack, hex);
	(void)snprintf(name, STORE_NAME_MAX, "packs/%.2s/%s", hex, hex);
	return name;
}

struct listing {
	struct buf	b;
	uint64_t	n;
};

static int
list_pack(void *cookie, const struct id *pack, struct err *e)
{
	struct listing *l = cookie;
	char hex[ID_TEXT_SIZE], name[STORE_NAME_MAX];

	l->n++;
	return buf_addf(&l->b, e, "%s  %s\n", id_format(pack, hex),
	    inventory_pack_name(pack, name));
}

static int
put_inventory(struct depot *d, struct snapshot *s, struct err *e)
{
	struct listing l = { .n = 0 };
	char name[STORE_NAME_MAX], hex[ID_TEXT_SIZE];
	int rc = -1;

	buf_init(&l.b, INVENTORY_MAX);
	if (chunks_used(d->chunks, list_pack, &l, e) == -1)
		goto done;
	id_sha256(l.b.data, l.b.len, &s->inventory);
	s->packs = l.n;
	(void)snprintf(name, sizeof(name), INVENTORY_PREFIX "%s",
	    id_format(&s->inventory, hex));
	if (store_put(d->store, name, l.b.data, l.b.len, &s->inventory,
	    e) == STORE_FAILED)
		goto done;
	rc = 0;
done:
	if (rc == -1)
		(void)err_add(e, "cannot store the inventory");
	buf_drop(&l.b);
	return rc;
}

static int
check_line(const uint8_t *line, struct id *pack)
{
	char hex[ID_TEXT_SIZE], name[STORE_NAME_MAX];
	size_t len;

	memcpy(hex, line, 64);
	hex[64] = '\0';
	if (id_parse(hex, pack) == -1)
		return -1;
	len = strlen(inventory_pack_name(pack, name));
	if (memcmp(line + 64, "  ", 2) != 0 ||
	    memcmp(line + 66, name, len) != 0 || line[66 + len] != '\n')
		return -1;
	return 0;
}

int
inventory_each(struct store *store, const struct id *inventory,
    int (*each)(void *, const struct id *, struct err *), void *cookie,
    struct err *e)
{
	char name[STORE_NAME_MAX], hex[ID_TEXT_SIZE];
	struct id seen, pack;
	struct buf b;
	size_t i;
	int rc = -1;

	buf_init(&b, INVENTORY_MAX);
	(void)snprintf(name, sizeof(name), INVENTORY_PREFIX "%s",
	    id_format(inventory, hex));
	if (store_get_all(store, name, &b, e) == -1)
		goto done;
	id_sha256(b.data, b.len, &seen);
	if (id_compare(&seen, inventory) != 0 || b.len % INVENTORY_LINE != 0) {
		(void)err_set(e, ERR_DAMAGED,
		    "its bytes do not have the SHA-256 in its name");
		goto done;
	}
	for (i = 0; i < b.len; i += INVENTORY_LINE) {
		if (check_line(b.data + i, &pack) == -1) {
			(void)err_set(e, ERR_DAMAGED,
			    "line %zu: expected a digest and its pack",
			    i / INVENTORY_LINE + 1);
			goto done;
		}
		if ((rc = each(cookie, &pack, e)) != 0)
			goto out;
	}
	rc = 0;
done:
	if (rc == -1)
		(void)err_add(e, "%s", name);
out:
	buf_drop(&b);
	return rc;
}

struct id_list {
	struct id	*v;
	size_t		 n, size;
};

static int
add_pack(void *cookie, const struct id *pack, struct err *e)
{
	struct id_list *l = cookie;
	size_t size = l->size > 0 ? 2 * l->size : 64;
	struct id *v;

	if (l->n == l->size) {
		if ((v = reallocarray(l->v, size, sizeof(*v))) == NULL)
			return err_memory(e);
		l->v = v;
		l->size = size;
	}
	l->v[l->n++] = *pack;
	return 0;
}

int
inventory_list(struct store *store, const struct id *inventory,
    struct id **list, size_t *n, struct err *e)
{
	struct id_list l = { .n = 0 };
	int rc = inventory_each(store, inventory, add_pack, &l, e);

	if (rc != 0) {
		free(l.v);
		l = (struct id_list){ .n = 0 };
	}
	*list = l.v;
	*n = l.n;
	return rc;
}

/* The files' stat cache is kept beside the index, if that is kept. */
static int
open_cache(const struct depot *d, const struct take_options *o,
    struct stat_cache **cache, struct err *e)
{
	char file[4096], owner[SNAPSHOT_SITE_MAX + CHARTER_ID_SIZE + 8];
	char hex[ID_TEXT_SIZE];
	struct stat_cache_options so = {
		.file = file, .owner = owner, .secret = d->secret,
		.reread = o->reread,
	};
	struct id id;

	if (d->lasting == NULL || o->dry_run || o->stream != NULL ||
	    o->policy->files.paths == NULL)
		return 0;
	(void)snprintf(owner, sizeof(owner), "%s\nfiles\n%s",
	    o->policy->site, d->charter.store);
	id_sha256(owner, strlen(owner), &id);
	if (snprintf(file, sizeof(file), "%s/stat-%.16s", d->lasting,
	    id_format(&id, hex)) >= (int)sizeof(file))
		return err_set(e, ERR_INPUT, "state: the path is too long");
	return (*cache = stat_cache_open(&so, e)) == NULL ? -1 : 0;
}

/* Standard input as one entry of an archive of its own. */
struct piping {
	struct archive_writer	*w;
};

static int
pipe_segment(void *cookie, const struct segment *s, struct err *e)
{
	struct piping *p = cookie;

	return archive_writer_add(p->w, s, e);
}

static int
pipe_content(struct entry_writer *w, struct err *e)
{
	uint8_t *buffer;
	struct buf b;
	ssize_t n;
	int rc = -1;

	buf_init(&b, READ_SIZE);
	if ((buffer = buf_room(&b, READ_SIZE, e)) == NULL)
		goto done;
	while ((n = read(STDIN_FILENO, buffer, READ_SIZE)) != 0) {
		if (n == -1) {
			if (intr_check(e) == 0)
				(void)err_sys(e, "cannot read standard input");
			goto done;
		}
		if (entry_writer_write(w, buffer, (size_t)n, e) == -1)
			goto done;
	}
	rc = 0;
done:
	buf_drop(&b);
	return rc;
}

static int
capture_stream(struct chunks *ch, const struct take_options *o,
    struct part *p, struct err *e)
{
	struct entry entry = { .path = o->stream, .mode = 0100600 };
	struct piping pipe = { NULL };
	struct entry_writer *w = NULL;
	int rc = -1;

	p->kind = PART_STREAM;
	p->point = clock_utc();
	if ((pipe.w = archive_writer_new(ch, e)) == NULL ||
	    (w = entry_writer_new(ch, pipe_segment, &pipe, e)) == NULL)
		goto done;
	if (entry_writer_begin(w, CONTENT_BIG, e) == -1 ||
	    pipe_content(w, e) == -1 ||
	    entry_writer_end(w, &entry, e) == -1 ||
	    archive_writer_end(pipe.w, &p->root, e) == -1)
		goto done;
	p->seconds = (double)(clock_utc() - p->point) / 1e9;
	rc = 0;
done:
	entry_writer_free(w);
	archive_writer_free(pipe.w);
	return rc;
}

static int
capture_all(const struct take_options *o, struct capture *c,
    struct chunks *chunks, struct snapshot *s, struct err *e)
{
	static const enum part_kind order[] = {
		PART_DB, PART_FILES, PART_CONFIG
	};
	struct part *p;
	size_t i;

	for (i = 0; i < 3; i++) {
		if (!capture_has(c->recipe, order[i]) ||
		    (o->only_one && o->only != order[i]))
			continue;
		if (o->step != NULL)
			o->step(o->cookie, part_kind_word(order[i]));
		p = &s->parts[s->n_parts];
		if (capture_part(chunks, c, order[i], p, e) == -1)
			return -1;
		(void)snprintf(p->name, sizeof(p->name), "%s",
		    part_kind_word(order[i]));
		s->n_parts++;
	}
	if (s->n_parts == 0)
		return err_set(e, ERR_INPUT, "%s: the policy has no component "
		    "%s", o->policy->path, part_kind_word(o->only));
	return 0;
}

static void
begin(const struct depot *d, const struct take_options *o,
    struct snapshot *s)
{
	memset(s, 0, sizeof(*s));
	s->started = clock_utc();
	(void)snprintf(s->site, sizeof(s->site), "%s", o->policy->site);
	memcpy(s->store, d->charter.store, sizeof(s->store));
	if (gethostname(s->host, sizeof(s->host) - 1) == -1)
		(void)snprintf(s->host, sizeof(s->host), "unknown");
	s->policy = o->policy->digest;
}

/* The recovery point is the oldest moment that any part shows. */
static void
find_point(struct snapshot *s)
{
	size_t i;

	s->point = s->parts[0].point;
	for (i = 1; i < s->n_parts; i++)
		if (s->parts[i].point < s->point)
			s->point = s->parts[i].point;
}

static int
bind_all(struct depot *d, struct snapshot *s, struct err *e)
{
	struct trail_new new = { .kind = TRAIL_SNAPSHOTS, .site = s->site };
	struct chunks_stats stats;
	struct err none;		/* the first has no predecessor */
	int rc = -1;

	chunks_stats(d->chunks, &stats);
	s->new_bytes = stats.stored_bytes;
	s->finished = clock_utc();
	if (s->finished < s->point) {
		(void)err_set(e, ERR_INPUT, "the clocks disagree: the database "
		    "server's is ahead of this host's");
		goto done;
	}
	new.utc = s->finished;
	if ((new.subject = snapshot_subject(s, e)) == NULL ||
	    (new.predicate = snapshot_predicate(s, e)) == NULL)
		goto done;
	if ((rc = trail_put(d, &new, s->object, &s->digest, e)) == 0)
		s->has_previous = snapshot_id_want(new.predicate, "previous",
		    &s->previous, &none) == 0;
done:
	if (rc == -1)
		(void)err_add(e, "cannot bind the snapshot");
	json_decref(new.subject);
	json_decref(new.predicate);
	return rc;
}

static int
capture(const struct take_options *o, struct capture *c,
    struct chunks *chunks, struct snapshot *s, struct err *e)
{
	struct part *p = s->parts;

	if (o->stream == NULL)
		return capture_all(o, c, chunks, s, e);
	if (capture_stream(chunks, o, p, e) == -1)
		return err_add(e, "cannot take %s", o->stream);
	(void)snprintf(p->name, sizeof(p->name), "%s", o->stream);
	s->n_parts = 1;
	return 0;
}

/* Everything is read and fingerprinted, nothing is kept. */
static int
take_dry(struct depot *d, const struct take_options *o, struct capture *c,
    struct snapshot *s, struct err *e)
{
	struct chunks *dry;
	int rc;

	if ((dry = depot_dry(d, e)) == NULL)
		return -1;
	rc = capture(o, c, dry, s, e);
	chunks_close(dry);
	s->finished = clock_utc();
	return rc;
}

static int
take_stored(struct depot *d, const struct take_options *o, struct capture *c,
    struct snapshot *s, struct err *e)
{
	if (capture(o, c, d->chunks, s, e) == -1)
		return -1;
	find_point(s);
	if (sealed_put(d->chunks, o->policy, c->notes, s, e) == -1)
		return -1;
	if (chunks_flush(d->chunks, e) == -1)
		return err_add(e, "cannot store the snapshot's packs");
	if (put_inventory(d, s, e) == -1)
		return -1;
	if (intr_check(e) == -1)
		return -1;
	return bind_all(d, s, e);
}

int
take_snapshot(struct depot *d, const struct take_options *o,
    struct notes *notes, struct snapshot *s, struct err *e)
{
	struct recipe recipe;
	struct capture c = {
		.recipe = &recipe, .files_root = "/", .config_root = "/",
		.login = { .defaults_file = o->policy->db.defaults_file,
		    .socket = o->policy->db.socket,
		    .user = o->policy->db.user },
		.db_connections = (int)o->policy->db.connections,
		.db_max_lag = o->policy->db.max_lag != 0 ?
		    o->policy->db.max_lag : o->policy->rpo,
		.scratch = o->policy->drill_scratch,
		.notes = notes,
	};
	struct err ignored;
	int rc;

	recipe_of_policy(&recipe, o->policy);
	begin(d, o, s);
	if (o->dry_run) {
		if ((rc = take_dry(d, o, &c, s, e)) == 0)
			find_point(s);
		return rc;
	}
	if (open_cache(d, o, &c.cache, e) == -1)
		return -1;
	rc = take_stored(d, o, &c, s, e);
	if (rc == 0 && c.cache != NULL)
		/* The snapshot exists; without it, the next one reads more. */
		(void)stat_cache_commit(c.cache, &ignored);
	stat_cache_free(c.cache);
	return rc;
}
