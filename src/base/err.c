/*
 * Errors as values: see err.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

void
err_clear(struct err *e)
{
	e->kind = ERR_NONE;
	e->sys = 0;
	e->text[0] = '\0';
}

int
err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	e->kind = kind;
	e->sys = 0;
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return -1;
}

int
err_sys(struct err *e, const char *fmt, ...)
{
	char head[ERR_TEXT_MAX], text[128];
	const char *why;
	int sys = errno;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(head, sizeof(head), fmt, ap);
	va_end(ap);
	why = strerror_r(sys, text, sizeof(text));	/* GNU's: never NULL */
	e->kind = sys == ENOMEM ? ERR_MEMORY : ERR_SYSTEM;
	e->sys = sys;
	(void)snprintf(e->text, sizeof(e->text), "%.800s: %s", head, why);
	return -1;
}

int
err_memory(struct err *e)
{
	return err_set(e, ERR_MEMORY, "out of memory");
}

int
err_add(struct err *e, const char *fmt, ...)
{
	char head[ERR_TEXT_MAX], old[ERR_TEXT_MAX];
	size_t n;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(head, sizeof(head), fmt, ap);
	va_end(ap);
	memcpy(old, e->text, sizeof(old));
	(void)snprintf(e->text, sizeof(e->text), "%.500s", head);
	n = strlen(e->text);
	(void)snprintf(e->text + n, sizeof(e->text) - n, ": %s", old);
	return -1;
}
