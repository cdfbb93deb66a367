#ifndef POLICY_TREE_H
#define POLICY_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/*
 * A YAML document as a tree that knows the line of everything in it: for
 * errors, and for keys that are free names.  Only what a policy needs: one
 * document, keys are text, no key twice, no anchors, aliases or tags, bounded
 * depth and number of keys.
 */
enum tree_kind {
	TREE_NOTHING,		/* empty, or null, or ~ */
	TREE_TEXT,
	TREE_LIST,
	TREE_KEYS
};

struct tree {
	enum tree_kind	 kind;
	char		*key;		/* below TREE_KEYS, else NULL */
	char		*text;		/* of TREE_TEXT */
	uint32_t	 line;		/* of the key, or of the value */
	uint32_t	 number;	/* below its parent, from 1 */
	uint32_t	 n;		/* children */
	const char	*file;		/* name for errors */
	struct tree	*parent, *first, *last, *next;
};

/*
 * Parse.  name is the file's name for errors and must outlive the tree.
 * ERR_INPUT with file and line when it is not such a document.
 */
struct tree	*tree_parse(const char *, size_t, const char *name,
		    struct err *);
void		 tree_free(struct tree *);

/* The value of a key, or NULL; also NULL when the tree has no keys. */
const struct tree	*tree_get(const struct tree *, const char *key);

/*
 * Set ERR_INPUT "file:line: path.key: text", where path leads to the node, and
 * the line is the node's; key may be NULL.  Always returns -1.
 */
int	tree_fail(const struct tree *, const char *key, struct err *,
	    const char *, ...) __attribute__((format(printf, 4, 5)));

/*
 * The node that a path such as "drill.assertions[2].expect" leads to (items
 * count from 1), or the nearest one above it that there is.
 */
const struct tree	*tree_find(const struct tree *, const char *path);

/* tree_fail() with the line of what the path leads to, and that path. */
int	tree_fail_at(const struct tree *, const char *path, struct err *,
	    const char *, ...) __attribute__((format(printf, 4, 5)));

#endif
