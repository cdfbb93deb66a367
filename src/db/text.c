/*
 * Rows as text.  Promise: what LOAD DATA with its default options reads back
 * is what came in, byte for byte, NULL apart from the empty string.
 *
 * Nearly all bytes need no escape, so eight at a time are looked at and
 * copied.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "db/text.h"

#define PIECE (TEXT_SIZE / 4)
#define EACH(b) (UINT64_C(0x0101010101010101) * (b))

/* Not 0 if one of the eight bytes is 0; which one, it may not say. */
static inline uint64_t
has_zero(uint64_t x)
{
	return (x - EACH(1)) & ~x & EACH(0x80);
}

static inline uint64_t
needs_escape(uint64_t x)
{
	return has_zero(x) | has_zero(x ^ EACH('\\')) |
	    has_zero(x ^ EACH('\t')) | has_zero(x ^ EACH('\n'));
}

static inline uint8_t *
escape_byte(uint8_t *out, uint8_t c)
{
	switch (c) {
	case '\\':
		*out++ = '\\';
		break;
	case '\t':
		*out++ = '\\';
		c = 't';
		break;
	case '\n':
		*out++ = '\\';
		c = 'n';
		break;
	case '\0':
		*out++ = '\\';
		c = '0';
		break;
	}
	*out++ = c;
	return out;
}

size_t
text_escape(uint8_t *out, const uint8_t *in, size_t n)
{
	uint8_t *const start = out;
	uint64_t word;
	int i;

	while (n >= sizeof(word)) {
		memcpy(&word, in, sizeof(word));
		if (needs_escape(word) == 0) {
			memcpy(out, &word, sizeof(word));
			out += sizeof(word);
		} else {
			for (i = 0; i < (int)sizeof(word); i++)
				out = escape_byte(out, in[i]);
		}
		in += sizeof(word);
		n -= sizeof(word);
	}
	/* What is left is shorter than a word: most fields are. */
	for (; n > 0; n--, in++) {
		if (__builtin_expect(*in > '\n' && *in != '\\', 1))
			*out++ = *in;
		else
			out = escape_byte(out, *in);
	}
	return (size_t)(out - start);
}

int
text_init(struct text *t, struct err *e)
{
	t->len = 0;
	t->rows = t->bytes = 0;
	if ((t->data = malloc(TEXT_SIZE)) == NULL)
		return err_memory(e);
	return 0;
}

void
text_drop(struct text *t)
{
	free(t->data);
	t->data = NULL;
}

int
text_flush(struct text *t, struct err *e)
{
	size_t n = t->len;

	t->len = 0;
	t->bytes += n;
	return n == 0 ? 0 : t->write(t->cookie, t->data, n, e);
}

static int
add_piece(struct text *t, const void *p, size_t n, bool plain, struct err *e)
{
	if (TEXT_SIZE - t->len < 2 * n && text_flush(t, e) == -1)
		return -1;
	if (plain) {
		memcpy(t->data + t->len, p, n);
		t->len += n;
	} else
		t->len += text_escape(t->data + t->len, p, n);
	return 0;
}

static int
add_column(struct text *t, const char *p, size_t n, bool plain,
    struct err *e)
{
	size_t k;

	if (p == NULL)
		return add_piece(t, "\\N", 2, true, e);
	for (; n > 0; p += k, n -= k) {
		k = n < PIECE ? n : PIECE;
		if (add_piece(t, p, k, plain, e) == -1)
			return -1;
	}
	return 0;
}

/* A field into a buffer that has room: most are short, many need no care. */
static inline uint8_t *
put_field(uint8_t *out, const char *p, size_t n, bool plain)
{
	if (p == NULL) {
		*out++ = '\\';
		*out++ = 'N';
		return out;
	}
	if (!plain)
		return out + text_escape(out, (const uint8_t *)p, n);
	(void)memcpy(out, p, n);
	return out + n;
}

/* A row that does not fit as a whole goes piece by piece. */
static int
add_long_row(struct text *t, const char *const *v, const unsigned long *len,
    struct err *e)
{
	unsigned i;

	for (i = 0; i < t->columns; i++) {
		if (i > 0 && add_piece(t, "\t", 1, true, e) == -1)
			return -1;
		if (add_column(t, v[i], len[i], t->plain[i], e) == -1)
			return -1;
	}
	return add_piece(t, "\n", 1, true, e);
}

int
text_row(struct text *t, const char *const *v, const unsigned long *len,
    struct err *e)
{
	size_t most = 0;
	uint8_t *out;
	unsigned i;

	t->rows++;
	/* Each byte may become two; so is a NULL; one ends the field. */
	for (i = 0; i < t->columns; i++) {
		if (len[i] > TEXT_SIZE)
			return add_long_row(t, v, len, e);
		most += 2 * len[i] + 3;
	}
	if (most > TEXT_SIZE)
		return add_long_row(t, v, len, e);
	if (TEXT_SIZE - t->len < most && text_flush(t, e) == -1)
		return -1;
	out = t->data + t->len;
	for (i = 0; i < t->columns; i++) {
		out = put_field(out, v[i], len[i], t->plain[i]);
		*out++ = '\t';
	}
	out[-1] = '\n';
	t->len = (size_t)(out - t->data);
	return 0;
}
