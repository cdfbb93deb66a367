/*
 * Tables for people.  All cells are kept until the widths are known, so what
 * is listed here must be bounded: a table refuses to grow beyond its maximum.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "cli/table.h"

#define TABLE_MAX (64 * 1024 * 1024)	/* bytes of all cells */
#define COLUMNS_MAX 16

struct table {
	char		 align[COLUMNS_MAX + 1];
	size_t		 columns;
	size_t		 width[COLUMNS_MAX];
	size_t		 rows;		/* the head included */
	bool		 head;
	struct buf	 cells;		/* NUL-terminated, row by row */
};

static bool
steers(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

/* Columns on the screen: every byte that does not continue a character. */
static size_t
columns_of(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		if (((unsigned char)*s & 0xc0) != 0x80)
			n++;
	return n;
}

static int
add_cell(struct table *t, size_t column, const char *text, struct err *e)
{
	size_t start = t->cells.len, i, width;

	if (text == NULL)
		text = "";
	if (buf_add(&t->cells, text, strlen(text) + 1, e) == -1)
		return -1;
	for (i = start; i + 1 < t->cells.len; i++)
		if (steers(t->cells.data[i]))
			t->cells.data[i] = '?';
	width = columns_of(text);
	if (width > t->width[column])
		t->width[column] = width;
	return 0;
}

int
table_row(struct table *t, const char *const *cells, struct err *e)
{
	size_t i, before = t->cells.len;

	for (i = 0; i < t->columns; i++)
		if (add_cell(t, i, cells[i], e) == -1) {
			t->cells.len = before;
			return err_add(e, "cannot add to a table");
		}
	t->rows++;
	return 0;
}

struct table *
table_new(const char *align, const char *const *heads, struct err *e)
{
	struct table *t;
	size_t columns = strlen(align);

	if (columns == 0 || columns > COLUMNS_MAX) {
		(void)err_set(e, ERR_INPUT, "a table of %zu columns", columns);
		return NULL;
	}
	if ((t = calloc(1, sizeof(*t))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	memcpy(t->align, align, columns);
	t->columns = columns;
	buf_init(&t->cells, TABLE_MAX);
	if (heads != NULL && table_row(t, heads, e) == -1) {
		table_free(t);
		return NULL;
	}
	t->head = heads != NULL;
	return t;
}

void
table_free(struct table *t)
{
	if (t == NULL)
		return;
	buf_drop(&t->cells);
	free(t);
}

size_t
table_rows(const struct table *t)
{
	return t->rows - (t->head ? 1 : 0);
}

static void
print_row(const struct table *t, const char **cell)
{
	const char *text;
	size_t i, gap = 0, pad;

	for (i = 0; i < t->columns; i++) {
		text = *cell;
		*cell += strlen(text) + 1;
		pad = t->width[i] - columns_of(text);
		if (t->align[i] == 'r') {
			gap += pad;
			pad = 0;
		}
		if (*text != '\0') {
			(void)printf("%*s%s", (int)gap, "", text);
			gap = 0;
		} else if (t->align[i] != 'r')
			pad = t->width[i];
		gap += pad + 2;
	}
	(void)putchar('\n');
}

int
table_print(const struct table *t, struct err *e)
{
	const char *cell = (const char *)t->cells.data;
	size_t i;

	if (table_rows(t) == 0)
		return 0;
	for (i = 0; i < t->rows; i++)
		print_row(t, &cell);
	if (ferror(stdout))
		return err_set(e, ERR_SYSTEM, "cannot write standard output");
	return 0;
}
