/*
 * Splitting an archive's .sql entries into statements.  The delimiter was
 * chosen so that no statement holds it: no knowledge of SQL is needed here,
 * and none is used.
 */
#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "db/script.h"

#define DELIMITER "DELIMITER "

void
script_init(struct script *s, const void *text, size_t len)
{
	*s = (struct script){ .p = text, .left = len };
}

static bool
starts(const struct script *s, const char *word)
{
	size_t n = strlen(word);

	return s->left >= n && memcmp(s->p, word, n) == 0;
}

static void
skip(struct script *s, size_t n)
{
	s->p += n;
	s->left -= n;
}

/* Is there a line for the client?  Then pass over it. */
static bool
skip_line(struct script *s)
{
	const char *end = memchr(s->p, '\n', s->left);
	size_t n = end == NULL ? s->left : (size_t)(end - s->p);

	if (starts(s, DELIMITER)) {
		s->d = s->p + strlen(DELIMITER);
		s->d_len = n - strlen(DELIMITER);
	} else if (n != 0 && !starts(s, "-- ") && !starts(s, "SOURCE "))
		return false;
	skip(s, end == NULL ? n : n + 1);
	return true;
}

/* Where the line that is the delimiter begins. */
static const char *
find_end(const struct script *s)
{
	const char *p = s->p, *end = s->p + s->left;

	while ((p = memmem(p, (size_t)(end - p), s->d, s->d_len)) != NULL) {
		if (p > s->p && p[-1] == '\n' && p + s->d_len < end &&
		    p[s->d_len] == '\n')
			return p;
		p++;
	}
	return NULL;
}

int
script_next(struct script *s, const char **sql, size_t *len, struct err *e)
{
	const char *end;

	while (s->left > 0 && skip_line(s))
		;
	if (s->left == 0)
		return 0;
	if (s->d_len == 0)
		return err_set(e, ERR_DAMAGED, "no DELIMITER line before a "
		    "statement");
	if ((end = find_end(s)) == NULL)
		return err_set(e, ERR_DAMAGED, "a statement is not ended by "
		    "a line %.*s", (int)s->d_len, s->d);
	*sql = s->p;
	*len = (size_t)(end - 1 - s->p);
	skip(s, (size_t)(end - s->p) + s->d_len + 1);
	return 1;
}
