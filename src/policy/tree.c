/*
 * Builds the tree from libyaml's events, so that lines are at hand for every
 * key and value.  libcyaml, which loads the policy into structs, knows
 * positions only while it parses, accepts null as text, and has no mappings
 * whose keys are free: hence this file.
 *
 * Everything is bounded: depth, keys of a mapping (looking for a key that is
 * there twice is quadratic), and no aliases, which could make a small file
 * a huge document.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/err.h"
#include "policy/tree.h"

#define DEPTH_MAX 16
#define KEYS_MAX 256
#define PATH_MAX_BYTES 512

struct reader {
	yaml_parser_t	 parser;
	yaml_event_t	 event;		/* the current one */
	bool		 has_event;
	const char	*text;
	size_t		 len;
	const char	*file;
	struct err	*e;
};

static struct tree *
node_new(const char *file, uint32_t line, struct err *e)
{
	struct tree *t;

	if ((t = calloc(1, sizeof(*t))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	t->file = file;
	t->line = line;
	return t;
}

/* Recursion is bounded by DEPTH_MAX. */
void
tree_free(struct tree *t)
{
	struct tree *child, *next;

	if (t == NULL)
		return;
	for (child = t->first; child != NULL; child = next) {
		next = child->next;
		tree_free(child);
	}
	free(t->key);
	free(t->text);
	free(t);
}

static void
append(struct tree *t, struct tree *child)
{
	child->parent = t;
	child->number = ++t->n;
	if (t->last != NULL)
		t->last->next = child;
	else
		t->first = child;
	t->last = child;
}

static int
fail(struct reader *r, size_t line, const char *what)
{
	return err_set(r->e, ERR_INPUT, "%s:%zu: %s", r->file, line + 1, what);
}

static int
fail_here(struct reader *r, const char *what)
{
	return fail(r, r->event.start_mark.line, what);
}

/*
 * Bytes that are not UTF-8 are found by libyaml far ahead of its position:
 * their line is counted here.
 */
static size_t
line_at(const struct reader *r, size_t offset)
{
	size_t i, line = 0;

	for (i = 0; i < r->len && i < offset; i++)
		line += r->text[i] == '\n' ? 1 : 0;
	return line;
}

static int
syntax_error(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	char what[256];

	if (p->error == YAML_MEMORY_ERROR)
		return err_memory(r->e);
	(void)snprintf(what, sizeof(what), "not YAML: %s",
	    p->problem != NULL ? p->problem : "no reason given");
	return fail(r, p->error == YAML_READER_ERROR ?
	    line_at(r, p->problem_offset) : p->problem_mark.line, what);
}

/* Go to the next event. */
static int
advance(struct reader *r)
{
	if (r->has_event)
		yaml_event_delete(&r->event);
	r->has_event = false;
	if (!yaml_parser_parse(&r->parser, &r->event))
		return syntax_error(r);
	r->has_event = true;
	return 0;
}

static bool
is_nothing(const char *text)
{
	return text[0] == '\0' || strcmp(text, "~") == 0 ||
	    strcmp(text, "null") == 0 || strcmp(text, "Null") == 0 ||
	    strcmp(text, "NULL") == 0;
}

static int
check_plainness(struct reader *r, const yaml_char_t *anchor,
    const yaml_char_t *tag)
{
	if (anchor != NULL)
		return fail_here(r, "anchors (&name) are not supported");
	if (tag != NULL)
		return fail_here(r, "tags (!name) are not supported: text that "
		    "begins with '!' must be quoted");
	return 0;
}

/* The text of the current event, a scalar; the caller frees it. */
static char *
scalar(struct reader *r)
{
	const char *value = (const char *)r->event.data.scalar.value;
	char *text;

	if (check_plainness(r, r->event.data.scalar.anchor,
	    r->event.data.scalar.tag) == -1)
		return NULL;
	if (strlen(value) != r->event.data.scalar.length) {
		(void)fail_here(r, "text has a NUL in it");
		return NULL;
	}
	if ((text = strdup(value)) == NULL)
		(void)err_memory(r->e);
	return text;
}

static int	read_value(struct reader *, struct tree *, int);

/* The current event begins an item of the list t. */
static int
read_item(struct reader *r, struct tree *t, int depth)
{
	struct tree *child;

	child = node_new(r->file, (uint32_t)r->event.start_mark.line + 1, r->e);
	if (child == NULL)
		return -1;
	append(t, child);
	return read_value(r, child, depth);
}

/* The current event begins a key of t. */
static int
read_key(struct reader *r, struct tree *t, int depth)
{
	struct tree *child;
	char *key;

	if (t->n == KEYS_MAX)
		return fail_here(r, "too many keys");
	if (r->event.type != YAML_SCALAR_EVENT)
		return fail_here(r, "a key must be text");
	if ((key = scalar(r)) == NULL)
		return -1;
	child = node_new(r->file, (uint32_t)r->event.start_mark.line + 1, r->e);
	if (child == NULL) {
		free(key);
		return -1;
	}
	if (tree_get(t, key) != NULL) {
		child->key = key;
		child->parent = t;
		(void)tree_fail(child, NULL, r->e, "the key is there twice, "
		    "first on line %u", (unsigned)tree_get(t, key)->line);
		tree_free(child);
		return -1;
	}
	child->key = key;
	append(t, child);
	if (advance(r) == -1)
		return -1;
	return read_value(r, child, depth);
}

static int
read_children(struct reader *r, struct tree *t, int depth)
{
	yaml_event_type_t end = t->kind == TREE_LIST ?
	    YAML_SEQUENCE_END_EVENT : YAML_MAPPING_END_EVENT;
	int rc;

	if (depth == DEPTH_MAX)
		return fail_here(r, "nested too deeply");
	for (;;) {
		if (advance(r) == -1)
			return -1;
		if (r->event.type == end)
			return 0;
		rc = t->kind == TREE_LIST ? read_item(r, t, depth + 1) :
		    read_key(r, t, depth + 1);
		if (rc == -1)
			return -1;
	}
}

/* The current event begins the value of t. */
static int
read_value(struct reader *r, struct tree *t, int depth)
{
	switch (r->event.type) {
	case YAML_SCALAR_EVENT:
		if ((t->text = scalar(r)) == NULL)
			return -1;
		t->kind = TREE_TEXT;
		if (r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
		    is_nothing(t->text))
			t->kind = TREE_NOTHING;
		return 0;
	case YAML_SEQUENCE_START_EVENT:
		if (check_plainness(r, r->event.data.sequence_start.anchor,
		    r->event.data.sequence_start.tag) == -1)
			return -1;
		t->kind = TREE_LIST;
		return read_children(r, t, depth);
	case YAML_MAPPING_START_EVENT:
		if (check_plainness(r, r->event.data.mapping_start.anchor,
		    r->event.data.mapping_start.tag) == -1)
			return -1;
		t->kind = TREE_KEYS;
		return read_children(r, t, depth);
	default:
		return fail_here(r, "aliases (*name) are not supported");
	}
}

/* Everything from the start of the stream to its end. */
static int
read_stream(struct reader *r, struct tree *root)
{
	if (advance(r) == -1 || advance(r) == -1)
		return -1;
	if (r->event.type == YAML_STREAM_END_EVENT)
		return fail(r, 0, "the file is empty");
	if (advance(r) == -1 || read_value(r, root, 0) == -1)
		return -1;
	if (advance(r) == -1 || advance(r) == -1)
		return -1;
	if (r->event.type != YAML_STREAM_END_EVENT)
		return fail_here(r, "a second document is not supported");
	return 0;
}

struct tree *
tree_parse(const char *text, size_t len, const char *name, struct err *e)
{
	struct reader r = {
		.text = text, .len = len, .file = name, .e = e,
	};
	struct tree *root;
	int rc = -1;

	if ((root = node_new(name, 1, e)) == NULL)
		return NULL;
	if (!yaml_parser_initialize(&r.parser)) {
		(void)err_memory(e);
		goto done;
	}
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text,
	    len);
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	rc = read_stream(&r, root);
	if (r.has_event)
		yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
done:
	if (rc == -1) {
		tree_free(root);
		root = NULL;
	}
	return root;
}

const struct tree *
tree_get(const struct tree *t, const char *key)
{
	const struct tree *child;

	if (t->kind != TREE_KEYS)
		return NULL;
	for (child = t->first; child != NULL; child = child->next)
		if (strcmp(child->key, key) == 0)
			return child;
	return NULL;
}

/* The path of the node, cut if it does not fit. */
static void
path_of(const struct tree *t, char path[PATH_MAX_BYTES])
{
	size_t n;

	path[0] = '\0';
	if (t->parent == NULL)
		return;
	path_of(t->parent, path);	/* at most DEPTH_MAX deep */
	n = strlen(path);
	if (t->key == NULL)
		(void)snprintf(path + n, PATH_MAX_BYTES - n, "[%u]",
		    (unsigned)t->number);
	else
		(void)snprintf(path + n, PATH_MAX_BYTES - n, "%s%s",
		    n > 0 ? "." : "", t->key);
}

static int
fail_with(const struct tree *t, const char *path, struct err *e,
    const char *fmt, va_list ap)
{
	char text[ERR_TEXT_MAX];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	return err_set(e, ERR_INPUT, "%s:%u: %s%s%s", t->file,
	    (unsigned)t->line, path, path[0] != '\0' ? ": " : "", text);
}

int
tree_fail(const struct tree *t, const char *key, struct err *e,
    const char *fmt, ...)
{
	char path[PATH_MAX_BYTES];
	size_t n;
	va_list ap;

	path_of(t, path);
	n = strlen(path);
	if (key != NULL)
		(void)snprintf(path + n, sizeof(path) - n, "%s%s",
		    n > 0 ? "." : "", key);
	va_start(ap, fmt);
	(void)fail_with(t, path, e, fmt, ap);
	va_end(ap);
	return -1;
}

/* One step of a path: "key" or "[2]"; p is moved behind it. */
static const struct tree *
step(const struct tree *t, const char **p)
{
	const struct tree *child;
	unsigned long number;
	char key[64];
	size_t n;

	if (**p == '[') {
		number = strtoul(*p + 1, NULL, 10);
		*p += strcspn(*p, "]");
		*p += **p == ']' ? 1 : 0;
		for (child = t->first; child != NULL; child = child->next)
			if (t->kind == TREE_LIST && child->number == number)
				return child;
		return NULL;
	}
	*p += **p == '.' ? 1 : 0;
	n = strcspn(*p, ".[");
	if (n == 0 || n >= sizeof(key))
		return NULL;
	memcpy(key, *p, n);
	key[n] = '\0';
	*p += n;
	return tree_get(t, key);
}

const struct tree *
tree_find(const struct tree *t, const char *path)
{
	const struct tree *next;

	while (*path != '\0' && (next = step(t, &path)) != NULL)
		t = next;
	return t;
}

int
tree_fail_at(const struct tree *t, const char *path, struct err *e,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fail_with(tree_find(t, path), path, e, fmt, ap);
	va_end(ap);
	return -1;
}
