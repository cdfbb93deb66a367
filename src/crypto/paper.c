/*
 * Key files on paper and back: see paper.h.  A row is
 *
 *	07 groups_of eight_ch aracters 3fa2
 *
 * its number, its characters in groups, and the first four digits of the
 * SHA-256 of number and characters without blanks.  Rows are secrets like the
 * file itself and stay in guarded memory until they are written out.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/num.h"
#include "crypto/guard.h"
#include "crypto/id.h"
#include "crypto/key_file.h"
#include "crypto/paper.h"

#define GROUP 8
#define ROW (5 * GROUP)			/* characters of a row */
#define ROW_MAX 64			/* of a printed one */
#define ROWS_MAX 99
#define CHECK_SIZE 5
#define PAPER_MAX 16384

_Static_assert(3 + ROW + ROW / GROUP + CHECK_SIZE + 1 < ROW_MAX, "it fits");

/* What is read or written, in guarded memory. */
struct paper {
	size_t	len;
	size_t	rows;
	char	text[PAPER_MAX];
};

static void
check_of(size_t number, const char *content, size_t n, char out[CHECK_SIZE])
{
	char bytes[3 + ROW];
	struct id id;

	(void)snprintf(bytes, sizeof(bytes), "%02zu", number);
	memcpy(bytes + 2, content, n);
	id_sha256(bytes, n + 2, &id);
	(void)num_hex(id.b, 2, out);
	explicit_bzero(bytes, sizeof(bytes));
}

static int
print_row(struct paper *p, const char *content, size_t n, struct err *e)
{
	char *out = p->text + p->len;
	char check[CHECK_SIZE];
	size_t i;

	if (p->rows == ROWS_MAX || p->len > PAPER_MAX - ROW_MAX)
		return err_set(e, ERR_INPUT, "it is too long for paper");
	p->rows++;
	out += snprintf(out, ROW_MAX, "%02zu", p->rows);
	for (i = 0; i < n; i++) {
		if (i % GROUP == 0)
			*out++ = ' ';
		*out++ = content[i];
	}
	check_of(p->rows, content, n, check);
	out += snprintf(out, CHECK_SIZE + 2, " %s\n", check);
	p->len = (size_t)(out - p->text);
	return 0;
}

/* Blanks and ends of lines get characters of their own. */
static int
to_paper(char *text, size_t n, struct err *e)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (text[i] == '_' || text[i] == '$' || text[i] > '~' ||
		    (text[i] < ' ' && text[i] != '\n'))
			return err_set(e, ERR_INPUT, "it holds a character "
			    "that paper cannot");
		if (text[i] == ' ')
			text[i] = '_';
		else if (text[i] == '\n')
			text[i] = '$';
	}
	return 0;
}

int
paper_print(const char *path, int fd, struct err *e)
{
	struct paper *p = NULL;
	struct key_file f;
	size_t at, n;
	int rc = -1;

	if (key_file_load(&f, path, e) == -1)
		return -1;
	if ((p = guard_new(sizeof(*p), e)) == NULL ||
	    to_paper(f.text, f.len, e) == -1)
		goto done;
	for (at = 0; at < f.len; at += n) {
		n = f.len - at < ROW ? f.len - at : ROW;
		if (print_row(p, f.text + at, n, e) == -1)
			goto done;
	}
	rc = fd_write(fd, p->text, p->len, e);
done:
	if (rc == -1)
		(void)err_add(e, "cannot print key file %s", path);
	guard_free(p);
	key_file_drop(&f);
	return rc;
}

/*
 * The words of one row, joined in place: number first, check last.  Returns
 * how many characters, or 0 when a line does not count.
 */
static size_t
join(char *line, size_t n)
{
	size_t i, out = 0;

	if (n > 0 && line[0] == '#')
		return 0;
	for (i = 0; i < n; i++)
		if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
			line[out++] = line[i];
	return out;
}

static int
take_row(struct paper *p, char *line, size_t n, struct err *e)
{
	const size_t ends = 2 + CHECK_SIZE - 1;	/* number and check */
	char check[CHECK_SIZE], number[4];
	size_t i;

	(void)snprintf(number, sizeof(number), "%02zu", p->rows + 1);
	if (n <= ends || n > ends + ROW || memcmp(line, number, 2) != 0 ||
	    p->rows == ROWS_MAX)
		return err_set(e, ERR_INPUT, "row %s is not there, or not "
		    "whole", number);
	check_of(p->rows + 1, line + 2, n - ends, check);
	if (memcmp(check, line + n - (CHECK_SIZE - 1), CHECK_SIZE - 1) != 0)
		return err_set(e, ERR_INPUT, "row %s has a typing error",
		    number);
	p->rows++;
	for (i = 2; i < n - (CHECK_SIZE - 1); i++)
		p->text[p->len++] = line[i] == '_' ? ' ' :
		    line[i] == '$' ? '\n' : line[i];
	return 0;
}

/* The file's text out of all rows. */
static int
from_rows(struct paper *p, struct paper *typed, struct err *e)
{
	char *line = typed->text, *end = typed->text + typed->len, *next;
	size_t n;

	for (; line < end; line = next + 1) {
		if ((next = memchr(line, '\n', (size_t)(end - line))) == NULL)
			next = end;
		n = join(line, (size_t)(next - line));
		if (n > 0 && take_row(p, line, n, e) == -1)
			return -1;
	}
	return 0;
}

int
paper_type(int fd, const char *path, struct err *e)
{
	struct paper *typed = NULL, *p = NULL;
	struct key_file f = { 0 };
	int rc = -1;

	if ((typed = guard_new(sizeof(*typed), e)) == NULL ||
	    (p = guard_new(sizeof(*p), e)) == NULL)
		goto done;
	if (fd_read_some(fd, typed->text, PAPER_MAX, &typed->len, e) == -1)
		goto done;
	if (typed->len == PAPER_MAX) {
		(void)err_set(e, ERR_INPUT, "more than %d bytes of rows",
		    PAPER_MAX - 1);
		goto done;
	}
	if (from_rows(p, typed, e) == -1)
		goto done;
	if (key_file_parse(&f, p->text, p->len, e) == -1) {
		if (e->kind == ERR_DAMAGED)
			e->kind = ERR_INPUT;
		(void)err_add(e, "%zu rows are not all", p->rows);
		goto done;
	}
	rc = file_create_path(path, 0600, f.text, f.len, e);
done:
	if (rc == -1)
		(void)err_add(e, "cannot make key file %s", path);
	guard_free(typed);
	guard_free(p);
	key_file_drop(&f);
	return rc;
}
