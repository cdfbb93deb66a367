/*
 * SQL files.  Promise: split at the delimiter, a file gives back exactly the
 * statements that went in, whatever is in their strings and comments.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "db/statements.h"

#define STATEMENTS_MAX ((size_t)1 << 28)

void
statements_init(struct statements *s)
{
	*s = (struct statements){ 0 };
	buf_init(&s->text, STATEMENTS_MAX);
}

void
statements_drop(struct statements *s)
{
	buf_drop(&s->text);
	free(s->items);
	s->items = NULL;
	s->n = s->size = 0;
}

static int
add(struct statements *s, const void *p, size_t len, bool line, struct err *e)
{
	size_t size = s->size == 0 ? 8 : 2 * s->size;
	void *more;

	if (s->n == s->size) {
		more = realloc(s->items, size * sizeof(*s->items));
		if (more == NULL)
			return err_memory(e);
		s->items = more;
		s->size = size;
	}
	if (buf_add(&s->text, p, len, e) == -1)
		return -1;
	s->items[s->n].end = s->text.len;
	s->items[s->n++].line = line;
	return 0;
}

int
statements_add(struct statements *s, const void *p, size_t len, struct err *e)
{
	return add(s, p, len, false, e);
}

int
statements_addf(struct statements *s, struct err *e, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int n, rc;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n == -1)
		return err_memory(e);
	rc = add(s, text, (size_t)n, false, e);
	free(text);
	return rc;
}

int
statements_line(struct statements *s, const char *line, struct err *e)
{
	return add(s, line, strlen(line), true, e);
}

/*
 * The first word that no item holds.  Items stand one after the other in the
 * text, so one that is found across their border costs a candidate, no more.
 */
static void
choose_delimiter(const struct statements *s, char *d, size_t size)
{
	unsigned i;

	(void)snprintf(d, size, ";;");
	for (i = 0; s->text.len > 0 && memmem(s->text.data, s->text.len, d,
	    strlen(d)) != NULL; i++) {
		if (i == 0)
			(void)snprintf(d, size, "$$");
		else
			(void)snprintf(d, size, "$$%u", i);
	}
}

int
statements_format(const struct statements *s, struct buf *out, struct err *e)
{
	size_t at = 0, i;
	char d[16];

	choose_delimiter(s, d, sizeof(d));
	if (buf_addf(out, e, "DELIMITER %s\n", d) == -1)
		return -1;
	for (i = 0; i < s->n; i++) {
		if (buf_add(out, s->text.data + at, s->items[i].end - at,
		    e) == -1)
			return -1;
		at = s->items[i].end;
		if (buf_addf(out, e, s->items[i].line ? "\nDELIMITER %s\n" :
		    "\n%s\n", d) == -1)
			return -1;
	}
	return 0;
}
