/*
 * Restoring parts of an archive: entries by name, with what is below them.
 */
#include <stdlib.h>
#include <string.h>

#include "archive/archive.h"
#include "archive/name.h"
#include "archive/select.h"
#include "base/err.h"

int
select_init(struct select *s, const char *const *paths, struct err *e)
{
	size_t n = 0;

	*s = (struct select){ .n = 0 };
	while (paths != NULL && paths[n] != NULL)
		n++;
	if (n == 0)
		return 0;
	s->v = calloc(n, sizeof(*s->v));
	s->found = calloc(n, sizeof(*s->found));
	if (s->v == NULL || s->found == NULL) {
		select_drop(s);
		return err_memory(e);
	}
	for (; s->n < n; s->n++) {
		s->v[s->n] = name_from_path(paths[s->n], false, e);
		if (s->v[s->n] == NULL) {
			select_drop(s);
			return -1;
		}
	}
	return 0;
}

void
select_drop(struct select *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		free(s->v[i]);
	free(s->v);
	free(s->found);
	*s = (struct select){ .n = 0 };
}

enum select_answer
select_entry(struct select *s, const char *name)
{
	enum select_answer answer = SELECT_NO;
	size_t i;

	if (s->n == 0)
		return SELECT_YES;
	for (i = 0; i < s->n; i++) {
		if (name_is_below(name, s->v[i])) {
			atomic_store(&s->found[i], true);
			answer = SELECT_YES;
		} else if (answer == SELECT_NO && name_is_below(s->v[i], name))
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

bool
select_range(const struct select *s, const char *first, const char *last)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (is_within(s->v[i], first, last) ||
		    name_is_below(first, s->v[i]) ||
		    has_parent_within(s->v[i], first, last))
			return true;
	return s->n == 0;
}

int
select_check(const struct select *s, struct err *e)
{
	char text[NAME_TEXT_MAX];
	size_t i;

	for (i = 0; i < s->n; i++)
		if (!atomic_load(&s->found[i]))
			return err_set(e, ERR_ABSENT,
			    "%s is not in the archive",
			    name_format(s->v[i], text));
	return 0;
}
