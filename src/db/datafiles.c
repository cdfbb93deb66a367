/*
 * Files of a data directory: see datafiles.h.
 *
 * An open file has a stream of chunks of its own; of one that was ended, the
 * list of its chunks is kept until all are there.  Their heads, which hold the
 * names, are written last: so a file may be renamed, and the order in which
 * they came does not show.
 */
#include <sys/stat.h>

#include <stdlib.h>
#include <string.h>

#include "archive/entry.h"
#include "archive/pax.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/intr.h"
#include "db/datafiles.h"
#include "db/folder.h"
#include "pack/chunks.h"

#define READ_SIZE ((size_t)256 << 10)

struct datafile {
	char		*name;
	struct stream	*stream;	/* NULL: ended */
	uint64_t	 size;
	struct refs	 refs;
};

struct datafiles {
	struct chunks	*chunks;
	struct datafile	*open;		/* few */
	size_t		 n_open, size_open;
	struct datafile	*v;		/* ended */
	size_t		 n, size;
};

static void
file_drop(struct datafile *f)
{
	stream_free(f->stream);
	refs_drop(&f->refs);
	free(f->name);
}

struct datafiles *
datafiles_new(struct chunks *c, struct err *e)
{
	struct datafiles *d;

	if ((d = calloc(1, sizeof(*d))) == NULL)
		(void)err_memory(e);
	else
		d->chunks = c;
	return d;
}

void
datafiles_free(struct datafiles *d)
{
	if (d == NULL)
		return;
	while (d->n_open > 0)
		file_drop(&d->open[--d->n_open]);
	while (d->n > 0)
		file_drop(&d->v[--d->n]);
	free(d->open);
	free(d->v);
	free(d);
}

static struct datafile *
find(struct datafile *v, size_t n, const char *name)
{
	while (n-- > 0)
		if (strcmp(v[n].name, name) == 0)
			return &v[n];
	return NULL;
}

/* Append a file to one of the lists; what it holds is the list's then. */
static struct datafile *
append(struct datafile **v, size_t *n, size_t *size, const struct datafile *f,
    struct err *e)
{
	size_t more = *size > 0 ? 2 * *size : 16;
	struct datafile *p = *v;

	if (*n == *size) {
		if ((p = reallocarray(*v, more, sizeof(*p))) == NULL) {
			(void)err_memory(e);
			return NULL;
		}
		*v = p;
		*size = more;
	}
	p[*n] = *f;
	return &p[(*n)++];
}

static struct datafile *
begin(struct datafiles *d, const char *name, struct err *e)
{
	struct datafile f = { .name = strdup(name) }, *kept = NULL;

	refs_init(&f.refs);
	if (f.name == NULL)
		(void)err_memory(e);
	else if ((f.stream = stream_new_blocks(d->chunks, CONTENT_RUN,
	    DATAFILES_BLOCK, e)) != NULL)
		kept = append(&d->open, &d->n_open, &d->size_open, &f, e);
	if (kept == NULL)
		file_drop(&f);
	return kept;
}

int
datafiles_write(struct datafiles *d, const char *name, uint64_t offset,
    const void *data, size_t len, struct err *e)
{
	struct datafile *f;

	if ((f = find(d->open, d->n_open, name)) == NULL &&
	    (f = begin(d, name, e)) == NULL)
		return -1;
	if (f->size != offset)
		return err_set(e, ERR_DAMAGED, "%s goes on at byte %llu, but "
		    "has %llu", name, (unsigned long long)offset,
		    (unsigned long long)f->size);
	f->size += len;
	return stream_write(f->stream, data, len, e);
}

int
datafiles_end(struct datafiles *d, const char *name, struct err *e)
{
	static const uint8_t zeros[PAX_BLOCK];
	struct datafile *f, done;

	if ((f = find(d->open, d->n_open, name)) == NULL &&
	    (f = begin(d, name, e)) == NULL)
		return -1;
	if (stream_write(f->stream, zeros, pax_padding(f->size), e) == -1 ||
	    stream_end(f->stream, &f->refs, e) == -1)
		return -1;
	stream_free(f->stream);
	f->stream = NULL;
	done = *f;
	*f = d->open[--d->n_open];
	if (append(&d->v, &d->n, &d->size, &done, e) == NULL) {
		file_drop(&done);
		return -1;
	}
	return 0;
}

static struct datafile *
find_ended(struct datafiles *d, const char *name, struct err *e)
{
	struct datafile *f = find(d->v, d->n, name);

	if (f == NULL)
		(void)err_set(e, ERR_DAMAGED, "%s is renamed or removed, but "
		    "never came", name);
	return f;
}

int
datafiles_rename(struct datafiles *d, const char *name, const char *to,
    struct err *e)
{
	struct datafile *f = find_ended(d, name, e);
	char *copy;

	if (f == NULL)
		return -1;
	if ((copy = strdup(to)) == NULL)
		return err_memory(e);
	free(f->name);
	f->name = copy;
	return 0;
}

int
datafiles_remove(struct datafiles *d, const char *name, struct err *e)
{
	struct datafile *f = find_ended(d, name, e);

	if (f == NULL)
		return -1;
	file_drop(f);
	*f = d->v[--d->n];
	return 0;
}

struct reading {
	struct datafiles	*d;
	uint8_t			*buffer;
};

static int
add_file(void *cookie, const struct folder_member *m, struct err *e)
{
	const struct reading *r = cookie;
	uint64_t offset = 0;
	size_t n;

	if (m->is_folder)
		return 0;
	do {
		if (intr_check(e) == -1 || fd_read_some(m->fd, r->buffer,
		    READ_SIZE, &n, e) == -1 || (n > 0 && datafiles_write(r->d,
		    m->name, offset, r->buffer, n, e) == -1))
			return err_add(e, "%s", m->name);
		offset += n;
	} while (n > 0);
	return datafiles_end(r->d, m->name, e);
}

int
datafiles_add_folder(struct datafiles *d, const char *path, struct err *e)
{
	struct reading r = { d, malloc(READ_SIZE) };
	int rc;

	rc = r.buffer == NULL ? err_memory(e) :
	    folder_walk(path, add_file, &r, e);
	free(r.buffer);
	return rc;
}

static int
compare_names(const void *a, const void *b)
{
	const struct datafile *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
add_segment(void *archive, const struct segment *s, struct err *e)
{
	return archive_writer_add(archive, s, e);
}

int
datafiles_archive(struct datafiles *d, struct archive_root *root,
    struct err *e)
{
	struct entry en = { .mode = S_IFREG | 0600 };
	struct archive_writer *archive = NULL;
	struct entry_writer *w = NULL;
	size_t i;
	int rc = -1;

	if (d->n_open > 0)
		return err_set(e, ERR_DAMAGED, "the end of %s never came",
		    d->open[0].name);
	qsort(d->v, d->n, sizeof(*d->v), compare_names);
	for (i = 1; i < d->n; i++)
		if (strcmp(d->v[i - 1].name, d->v[i].name) == 0)
			return err_set(e, ERR_DAMAGED, "%s came twice",
			    d->v[i].name);
	if ((archive = archive_writer_new(d->chunks, e)) == NULL ||
	    (w = entry_writer_new(d->chunks, add_segment, archive,
	    e)) == NULL)
		goto done;
	for (i = 0; i < d->n; i++) {
		en.path = d->v[i].name;
		en.size = d->v[i].size;
		if (entry_writer_put(w, &en, &d->v[i].refs, e) == -1)
			goto done;
	}
	rc = archive_writer_end(archive, root, e);
done:
	entry_writer_free(w);
	archive_writer_free(archive);
	return rc;
}
