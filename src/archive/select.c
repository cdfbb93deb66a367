/*
 * Parts of an archive: entries by name or by pattern, with what is below
 * them.  A pattern is also a name, for a name may hold the same characters.
 * Where to look is known from the folders that a pattern begins with.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "archive/archive.h"
#include "archive/name.h"
#include "archive/select.h"
#include "base/err.h"

#define SELECT_SPECIAL "*?[\\"

/* The name of the folder that all of a pattern's matches are below. */
static char *
leading(const char *pattern, struct err *e)
{
	size_t len = strcspn(pattern, SELECT_SPECIAL);
	char *folder, *name;

	while (len > 0 && pattern[len - 1] != '/')
		len--;
	if ((folder = strndup(pattern, len)) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	name = name_from_path(folder, true, e);
	free(folder);
	return name;
}

static int
item_init(struct select_item *x, const char *path, struct err *e)
{
	if ((x->name = name_from_path(path, false, e)) == NULL)
		return -1;
	if (strpbrk(path, SELECT_SPECIAL) == NULL)
		return 0;
	x->whole = strchr(path, '/') != NULL;
	return (x->folder = leading(path, e)) == NULL ? -1 : 0;
}

int
select_init(struct select *s, const char *const *paths, struct err *e)
{
	size_t n = 0;

	*s = (struct select){ .n = 0 };
	while (paths != NULL && paths[n] != NULL)
		n++;
	if (n == 0)
		return 0;
	if ((s->v = calloc(n, sizeof(*s->v))) == NULL)
		return err_memory(e);
	s->n = n;
	while (n-- > 0)
		if (item_init(&s->v[n], paths[n], e) == -1) {
			select_drop(s);
			return -1;
		}
	return 0;
}

void
select_drop(struct select *s)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		free(s->v[i].name);
		free(s->v[i].folder);
	}
	free(s->v);
	*s = (struct select){ .n = 0 };
}

/* Does it, or a folder that it is below, match the pattern? */
static bool
matches(const struct select_item *x, const char *name)
{
	const char *part = name;

	for (;;) {
		if (fnmatch(x->name, part, FNM_PATHNAME |
		    FNM_LEADING_DIR) == 0)
			return true;
		if (x->whole || (part = strchr(part, '/')) == NULL)
			return false;
		part++;
	}
}

static bool
is_wanted(const struct select_item *x, const char *name)
{
	return name_is_below(name, x->name) ||
	    (x->folder != NULL && matches(x, name));
}

/* May something wanted be below it? */
static bool
leads_on(const struct select_item *x, const char *name)
{
	if (x->folder == NULL)
		return name_is_below(x->name, name);
	return name_is_below(x->folder, name) ||
	    name_is_below(name, x->folder);
}

enum select_answer
select_entry(struct select *s, const char *name)
{
	enum select_answer answer = SELECT_NO;
	size_t i;

	if (s->n == 0)
		return SELECT_YES;
	for (i = 0; i < s->n; i++) {
		if (is_wanted(&s->v[i], name)) {
			atomic_store(&s->v[i].found, true);
			answer = SELECT_YES;
		} else if (answer == SELECT_NO && leads_on(&s->v[i], name))
			answer = SELECT_PARENT;
	}
	return answer;
}

static bool
is_within(const char *name, const char *first, const char *last)
{
	return name_compare(first, name) <= 0 && name_compare(name, last) <= 0;
}

/* Is one of the folders that lead to it in the range? */
static bool
has_parent_within(const char *name, const char *first, const char *last)
{
	size_t len = strlen(name);
	char *copy = strndup(name, len);
	bool answer = copy == NULL;	/* without memory: look there */

	while (!answer && len > 0) {
		if (copy[--len] != '/')
			continue;
		copy[len] = '\0';
		answer = is_within(copy, first, last);
	}
	free(copy);
	return answer;
}

static bool
is_near(const char *name, const char *first, const char *last)
{
	return is_within(name, first, last) || name_is_below(first, name) ||
	    has_parent_within(name, first, last);
}

bool
select_range(const struct select *s, const char *first, const char *last)
{
	const struct select_item *x;

	for (x = s->v; x < s->v + s->n; x++)
		if (is_near(x->folder != NULL ? x->folder : x->name, first,
		    last))
			return true;
	return s->n == 0;
}

static int
not_found(const struct select_item *x, struct err *e)
{
	char text[NAME_TEXT_MAX];

	(void)name_format(x->name, text);
	if (x->folder != NULL)
		return err_set(e, ERR_ABSENT,
		    "what matches %s is not in the archive", text);
	return err_set(e, ERR_ABSENT, "%s is not in the archive: expected a "
	    "whole path (muster-cat lists them), or a pattern like '*%s'",
	    text, name_base(text));
}

int
select_check(const struct select *s, struct err *e)
{
	const struct select_item *x;

	for (x = s->v; x < s->v + s->n; x++)
		if (!atomic_load(&x->found))
			return not_found(x, e);
	return 0;
}
