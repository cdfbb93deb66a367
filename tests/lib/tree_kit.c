/*
 * Trees in a temporary folder: see tree_kit.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/file.h"
#include "base/scratch.h"
#include "tree_kit.h"

void
tree_kit_open(struct tree_kit *k)
{
	const char *tmp = getenv("TMPDIR");
	struct err e;

	memset(k, 0, sizeof(*k));
	live_chunks_open(&k->live);
	k->scratch = scratch_new(tmp == NULL ? "/tmp" : tmp, &e);
	assert_non_null(k->scratch);
	(void)snprintf(k->src, sizeof(k->src), "%s/src",
	    scratch_path(k->scratch));
	(void)snprintf(k->dst, sizeof(k->dst), "%s/dst",
	    scratch_path(k->scratch));
	assert_int_equal(mkdir(k->src, 0755), 0);
	assert_int_equal(mkdir(k->dst, 0755), 0);
}

void
tree_kit_close(struct tree_kit *k)
{
	live_chunks_close(&k->live);
	scratch_free(k->scratch);
}

void
tree_kit_sh(struct tree_kit *k, const char *line)
{
	char src[300], dst[300];
	const char *const env[] = { src, dst, NULL };
	struct buf out;
	struct err e;
	int status;

	(void)snprintf(src, sizeof(src), "src=%s", k->src);
	(void)snprintf(dst, sizeof(dst), "dst=%s", k->dst);
	buf_init(&out, 1 << 16);
	if (child_shell(line, env, 120, &out,
	    &status, &e) == -1)
		fail_msg("%s: %s", line, e.text);
	if (status != 0)
		fail_msg("%s: status %d: %s", line, status,
		    buf_text(&out, &e));
	buf_drop(&out);
}

void
tree_kit_file(struct tree_kit *k, const char *name, const void *data,
    size_t len)
{
	char path[4096], *slash;
	struct err e;

	(void)snprintf(path, sizeof(path), "%s/%s", k->src, name);
	slash = strrchr(path, '/');
	*slash = '\0';
	assert_int_equal(file_mkdirs(path, 0755, &e), 0);
	*slash = '/';
	if (file_replace_path(path, 0644, data, len, &e) == -1)
		fail_msg("%s", e.text);
}

static void
add_note(struct tree_kit *k, const char *kind, const char *name,
    const char *why)
{
	size_t n = strlen(k->notes);

	(void)snprintf(k->notes + n, sizeof(k->notes) - n, "%s %s: %s\n",
	    kind, name, why);
}

static void
note_take(void *cookie, enum tree_note_kind kind, const char *name,
    const char *why)
{
	static const char *const kinds[] = { "unreadable", "vanished",
	    "changed", "special", "otherfs", "differs" };

	add_note(cookie, kinds[kind], name, why);
}

static void
note_restore(void *cookie, const char *name, const char *why)
{
	add_note(cookie, "restore", name, why);
}

struct tree_options
tree_kit_options(struct tree_kit *k)
{
	static const char *const paths[] = { "/src", NULL };

	return (struct tree_options){
		.root = scratch_path(k->scratch), .paths = paths,
		.note = note_take, .cookie = k,
	};
}

void
tree_kit_take_as(struct tree_kit *k, const struct tree_options *o)
{
	struct err e;

	k->notes[0] = '\0';
	if (tree_take(k->live.chunks, o, &k->root, &k->stats, &e) == -1)
		fail_msg("%s", e.text);
	if (!chunks_are_dry(k->live.chunks) &&
	    chunks_flush(k->live.chunks, &e) == -1)
		fail_msg("%s", e.text);
}

void
tree_kit_take(struct tree_kit *k)
{
	struct tree_options o = tree_kit_options(k);

	tree_kit_take_as(k, &o);
}

struct tree_restore_options
tree_kit_restore_options(struct tree_kit *k)
{
	return (struct tree_restore_options){
		.target = k->dst, .owners = true, .note = note_restore,
		.cookie = k,
	};
}

int
tree_kit_restore(struct tree_kit *k, const struct tree_restore_options *o,
    struct err *e)
{
	struct tree_restore_options all = tree_kit_restore_options(k);

	k->notes[0] = '\0';
	return tree_restore(k->live.chunks, &k->root, o == NULL ? &all : o,
	    &k->stats, e);
}

void
tree_kit_same(struct tree_kit *k)
{
	tree_kit_sh(k, "d=$(rsync -naHAXc --delete $src/ $dst/src/ 2>&1);"
	    " [ -z \"$d\" ] || { echo \"$d\"; exit 1; }");
}
