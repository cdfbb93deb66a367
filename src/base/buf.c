/*
 * Growable bytes with a ceiling, and a cursor over bounded ones: see buf.h.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void
buf_drop(struct buf *b)
{
	free(b->data);
	b->data = NULL;
	b->len = b->size = 0;
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
}

uint8_t *
buf_room(struct buf *b, size_t n, struct err *e)
{
	size_t size = b->size > 0 ? b->size : 256;
	uint8_t *data;

	if (n > b->max || b->len > b->max - n) {
		(void)err_set(e, ERR_MEMORY, "more than %zu bytes", b->max);
		return NULL;
	}
	if (b->data != NULL && b->size - b->len >= n)
		return b->data + b->len;
	while (size < b->len + n)
		size = size > b->max / 2 ? b->max : size * 2;
	if ((data = realloc(b->data, size)) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	b->data = data;
	b->size = size;
	return data + b->len;
}

int
buf_add(struct buf *b, const void *data, size_t n, struct err *e)
{
	uint8_t *p;

	if ((p = buf_room(b, n, e)) == NULL)
		return -1;
	if (n > 0)
		memcpy(p, data, n);
	b->len += n;
	return 0;
}

int
buf_add_byte(struct buf *b, uint8_t byte, struct err *e)
{
	return buf_add(b, &byte, 1, e);
}

int
buf_add_text(struct buf *b, const char *text, struct err *e)
{
	return buf_add(b, text, strlen(text), e);
}

int
buf_addf(struct buf *b, struct err *e, const char *fmt, ...)
{
	va_list ap;
	uint8_t *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return err_set(e, ERR_INPUT, "cannot format text");
	if ((p = buf_room(b, (size_t)n + 1, e)) == NULL)
		return -1;
	va_start(ap, fmt);
	(void)vsnprintf((char *)p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
	return 0;
}

static int
add_le(struct buf *b, uint64_t v, size_t n, struct err *e)
{
	uint8_t le[8];
	size_t i;

	for (i = 0; i < n; i++)
		le[i] = (uint8_t)(v >> (8 * i));
	return buf_add(b, le, n, e);
}

int
buf_add_u16(struct buf *b, uint16_t v, struct err *e)
{
	return add_le(b, v, 2, e);
}

int
buf_add_u32(struct buf *b, uint32_t v, struct err *e)
{
	return add_le(b, v, 4, e);
}

int
buf_add_u64(struct buf *b, uint64_t v, struct err *e)
{
	return add_le(b, v, 8, e);
}

void
buf_shift(struct buf *b, size_t n)
{
	assert(n <= b->len);
	if (n > 0 && b->len > n)
		memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
}

char *
buf_text(struct buf *b, struct err *e)
{
	uint8_t *p;

	if ((p = buf_room(b, 1, e)) == NULL)
		return NULL;
	*p = '\0';
	return (char *)b->data;
}

void
cut_init(struct cut *c, const void *p, size_t len)
{
	*c = (struct cut){ .p = p, .left = len };
}

const uint8_t *
cut_bytes(struct cut *c, size_t n)
{
	const uint8_t *p = c->p;

	if (c->bad || c->left < n) {
		c->bad = 1;
		return NULL;
	}
	c->p += n;
	c->left -= n;
	return p;
}

static uint64_t
cut_le(struct cut *c, size_t n)
{
	const uint8_t *p;
	uint64_t v = 0;
	size_t i;

	if ((p = cut_bytes(c, n)) == NULL)
		return 0;
	for (i = n; i > 0; i--)
		v = v << 8 | p[i - 1];
	return v;
}

uint8_t
cut_u8(struct cut *c)
{
	return (uint8_t)cut_le(c, 1);
}

uint16_t
cut_u16(struct cut *c)
{
	return (uint16_t)cut_le(c, 2);
}

uint32_t
cut_u32(struct cut *c)
{
	return (uint32_t)cut_le(c, 4);
}

uint64_t
cut_u64(struct cut *c)
{
	return cut_le(c, 8);
}
