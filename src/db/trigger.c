/*
 * Which columns a trigger uses.
 *
 * A server lets a column be renamed that a trigger uses, and then fails each
 * statement that would run it; no server takes such a trigger again.  So its
 * text is read as far as that needs: words, quoted names, strings, comments,
 * and the dots between them.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "db/code_text.h"
#include "db/schema.h"

/* The text, and what the word at hand is. */
struct reader {
	const char	*p, *end;
	const char	*word;		/* NULL: not a name */
	size_t		 len;
	char		 quote;		/* that it stands in, or '\0' */
	bool		 ansi_quotes, no_backslash;
};

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' ||
	    (unsigned char)c >= 0x80;
}

/* Behind the quote that closes the one at p; doubled it goes on. */
static const char *
quoted_end(const struct reader *r, const char *p, bool backslash)
{
	const char quote = *p;

	for (p++; p < r->end; p++) {
		if (*p == '\\' && backslash)
			p++;
		else if (*p == quote && (p + 1 >= r->end || p[1] != quote))
			return p + 1;
		else if (*p == quote)
			p++;
	}
	return r->end;
}

/* Behind a comment that begins at p, or p. */
static const char *
comment_end(const struct reader *r, const char *p)
{
	const size_t n = (size_t)(r->end - p);
	const char *end;

	if (*p == '#' || (n > 2 && p[0] == '-' && p[1] == '-' &&
	    isspace((unsigned char)p[2])))
		end = memchr(p, '\n', n);
	else if (n > 1 && p[0] == '/' && p[1] == '*')
		end = (end = memmem(p + 2, n - 2, "*/", 2)) == NULL ? NULL :
		    end + 1;
	else
		return p;
	return end == NULL ? r->end : end + 1;
}

/* The next word, name, string or other byte; false at the end. */
static bool
next_word(struct reader *r)
{
	const char *p = r->p, *behind;

	while (p < r->end) {
		if (isspace((unsigned char)*p))
			p++;
		else if ((behind = comment_end(r, p)) != p)
			p = behind;
		else
			break;
	}
	r->word = NULL;
	r->quote = '\0';
	if ((r->p = p) >= r->end)
		return false;
	if (is_word(*p)) {
		while (r->p < r->end && is_word(*r->p))
			r->p++;
		r->word = p;
		r->len = (size_t)(r->p - p);
	} else if (*p == '`' || (*p == '"' && r->ansi_quotes)) {
		r->p = quoted_end(r, p, false);
		r->quote = *p;
		r->word = p + 1;
		r->len = r->p - p < 2 ? 0 : (size_t)(r->p - p) - 2;
	} else if (*p == '\'' || *p == '"')
		r->p = quoted_end(r, p, !r->no_backslash);
	else
		r->p++;
	return true;
}

static bool
is_row(const struct reader *r)
{
	return r->word != NULL && r->len == 3 &&
	    (strncasecmp(r->word, "new", 3) == 0 ||
	    strncasecmp(r->word, "old", 3) == 0);
}

/* Is the name one of a column?  When we cannot compare it, it is. */
static bool
is_column(const struct reader *r, const struct relation *t)
{
	size_t i;

	for (i = 0; i < r->len; i++)
		if ((unsigned char)r->word[i] >= 0x80 ||
		    (r->quote != '\0' && r->word[i] == r->quote))
			return true;
	for (i = 0; i < t->n_columns; i++)
		if (strlen(t->columns[i].name) == r->len &&
		    strncasecmp(t->columns[i].name, r->word, r->len) == 0)
			return true;
	return false;
}

/* Can a byte of a character of more than one be mistaken for a quote? */
static bool
is_unsafe(const char *charset)
{
	static const char *const unsafe[] = { "big5", "cp932", "gbk", "sjis" };
	size_t i;

	for (i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++)
		if (strcmp(unsafe[i], charset) == 0)
			return true;
	return false;
}

bool
trigger_strange_column(const struct relation *t, const struct code_text *x,
    char *name, size_t size)
{
	struct reader r = { .p = x->text, .end = x->text + x->len,
	    .ansi_quotes = strstr(x->mode, "ANSI_QUOTES") != NULL,
	    .no_backslash = strstr(x->mode, "NO_BACKSLASH_ESCAPES") != NULL };
	bool dot = false, row;

	if (is_unsafe(x->charset))
		return false;
	while (next_word(&r)) {
		row = !dot && is_row(&r);
		dot = r.word == NULL && r.p[-1] == '.';
		if (!row || !next_word(&r))
			continue;
		dot = r.word == NULL && r.p[-1] == '.';
		if (!dot || !next_word(&r))
			continue;
		dot = false;
		if (r.word == NULL || is_column(&r, t))
			continue;
		(void)snprintf(name, size, "%.*s", (int)r.len, r.word);
		return true;
	}
	return false;
}
