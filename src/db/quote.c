/*
 * Names and texts in statements: see conn.h.
 */
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "db/conn.h"

int
quote_name(struct buf *out, const char *name, struct err *e)
{
	if (buf_add_byte(out, '`', e) == -1)
		return -1;
	for (; *name != '\0'; name++) {
		if (*name == '`' && buf_add_byte(out, '`', e) == -1)
			return -1;
		if (buf_add_byte(out, (uint8_t)*name, e) == -1)
			return -1;
	}
	return buf_add_byte(out, '`', e);
}

const char *
unquote_name(const char *p, struct buf *out, struct err *e)
{
	buf_clear(out);
	if (*p++ != '`')
		return NULL;
	for (; *p != '\0'; p++) {
		if (*p == '`' && *++p != '`')
			return buf_text(out, e) == NULL ? NULL : p;
		if (buf_add_byte(out, (uint8_t)*p, e) == -1)
			return NULL;
	}
	return NULL;
}

int
quote_text(struct buf *out, const void *text, size_t len, struct err *e)
{
	const uint8_t *p = text;
	uint8_t *to;
	size_t i, n = 0;

	if (len > (SIZE_MAX - 2) / 2)
		return err_memory(e);
	if ((to = buf_room(out, 2 * len + 2, e)) == NULL)
		return -1;
	to[n++] = '\'';
	for (i = 0; i < len; i++) {
		if (p[i] == '\'' || p[i] == '\\' || p[i] == '\0')
			to[n++] = '\\';
		to[n++] = p[i] == '\0' ? '0' : p[i];
	}
	to[n++] = '\'';
	out->len += n;
	return 0;
}
