/*
 * What a drill restores: everything, or of a sampled one all schema and
 * configuration and a random share of the tables' rows and of the runs of
 * files.  It is chosen from the manifests alone, before anything is restored,
 * and so is the fingerprint that the copy must have (archive_part()): a copy
 * that lacks what was chosen, or holds it changed, cannot have it.
 */
#include <stdio.h>
#include <string.h>

#include "archive/archive.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/num.h"
#include "db/sample.h"
#include "drill/inside.h"

static int
choose_tables(struct drill *x, const struct part *p,
    struct archive_root *root, struct err *e)
{
	struct receipt_sample *r = &x->r->sample;
	struct segment_choice c = { .has = db_sample_pick };
	struct db_sample_count count;

	c.cookie = x->tables = db_sample_new(x->d->chunks, &p->root, x->o->seed,
	    x->o->share, e);
	if (c.cookie == NULL || archive_part(x->d->chunks, &p->root, &c,
	    x->dry, root, e) == -1)
		return -1;
	db_sample_count(x->tables, &count);
	r->tables = count.tables;
	r->of_tables = count.of_tables;
	r->rows_bytes = count.bytes;
	r->of_rows_bytes = count.of_bytes;
	return 0;
}

static int
choose_files(struct drill *x, const struct part *p, size_t i, struct err *e)
{
	const struct segment_choice c = { sample_pick, &x->runs[i] };
	struct receipt_sample *r = &x->r->sample;
	uint64_t n;

	if (archive_count(x->d->chunks, &p->root, &n, e) == -1)
		return -1;
	sample_init(&x->runs[i], x->o->seed, x->o->share, n);
	if (archive_part(x->d->chunks, &p->root, &c, x->dry, &x->root[i],
	    e) == -1)
		return -1;
	x->part[i] = (struct tree_part){ x->d->chunks, &p->root,
	    &x->runs[i] };
	r->entries = x->root[i].entries;
	r->of_entries = p->root.entries;
	r->files_bytes = x->root[i].size;
	r->of_files_bytes = p->root.size;
	return 0;
}

static int
choose(struct drill *x, size_t i, struct err *e)
{
	const struct part *p = &x->s->parts[i];

	switch (p->kind) {
	case PART_DB:
		return choose_tables(x, p, &x->root[i], e);
	case PART_FILES:
		return choose_files(x, p, i, e);
	case PART_CONFIG: case PART_STREAM:
		break;
	}
	return 0;
}

char *
receipt_sample_text(const struct receipt_sample *s,
    char text[RECEIPT_TEXT_MAX])
{
	char rows[NUM_TEXT_MAX], of_rows[NUM_TEXT_MAX];
	char files[NUM_TEXT_MAX], of_files[NUM_TEXT_MAX];

	(void)snprintf(text, RECEIPT_TEXT_MAX, "rows of %llu of %llu tables, "
	    "%s of %s; %llu of %llu entries of the files, %s of %s",
	    (unsigned long long)s->tables, (unsigned long long)s->of_tables,
	    num_format_size(s->rows_bytes, rows),
	    num_format_size(s->of_rows_bytes, of_rows),
	    (unsigned long long)s->entries,
	    (unsigned long long)s->of_entries,
	    num_format_size(s->files_bytes, files),
	    num_format_size(s->of_files_bytes, of_files));
	return text;
}

/* Of each part what is to be restored; those that cannot be are lost. */
static int
choose_all(struct drill *x, struct err *why)
{
	struct err e;
	size_t i;
	int rc = 0;

	for (i = 0; i < x->s->n_parts; i++) {
		if (choose(x, i, &e) == 0)
			continue;
		(void)err_add(&e, "%s", x->s->parts[i].name);
		x->lost[i] = true;
		if (rc == 0)
			*why = e;
		rc = -1;
	}
	return rc;
}

int
drill_choose(struct drill *x, struct err *e)
{
	char required[RECEIPT_TEXT_MAX], seen[RECEIPT_TEXT_MAX];
	const struct step step = { "sample", required, seen,
	    clock_monotonic() };
	struct receipt *r = x->r;
	uint64_t all = snapshot_bytes(x->s);
	size_t i;
	int rc;

	for (i = 0; i < x->s->n_parts; i++)
		x->root[i] = x->s->parts[i].root;
	if (x->o->share == 0)
		return 0;
	r->sample.share = x->o->share;
	r->sample.seed = x->o->seed;
	rc = choose_all(x, e);
	for (r->bytes = 0, i = 0; i < x->s->n_parts; i++)
		r->bytes += x->lost[i] ? 0 : x->root[i].size;
	r->coverage = all > 0 ? (double)r->bytes / (double)all : 1;
	(void)snprintf(required, sizeof(required), "all schema and "
	    "configuration, %g %% of tables and files, by seed %llu",
	    (double)x->o->share * 100 / SAMPLE_ALL,
	    (unsigned long long)x->o->seed);
	(void)receipt_sample_text(&r->sample, seen);
	return drill_record(x, &step, rc, e);
}
