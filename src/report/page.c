/*
 * Writing of HTML: see page.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "report/page.h"

#define PAGE_MAX ((size_t)16 << 20)
#define PIECE 1024

void
page_init(struct page *p, struct err *e)
{
	buf_init(&p->b, PAGE_MAX);
	p->e = e;
	p->rc = 0;
}

void
page_drop(struct page *p)
{
	buf_drop(&p->b);
}

void
page_raw(struct page *p, const char *text)
{
	if (p->rc == 0)
		p->rc = buf_add_text(&p->b, text, p->e);
}

void
page_f(struct page *p, const char *format, ...)
{
	char piece[PIECE];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(piece, sizeof(piece), format, ap);
	va_end(ap);
	if (n < 0 || n >= PIECE) {
		if (p->rc == 0)
			p->rc = err_set(p->e, ERR_INPUT,
			    "a piece of the page is too long");
		return;
	}
	page_raw(p, piece);
}

void
page_text(struct page *p, const char *text)
{
	static const struct {
		char		 c;
		const char	*as;
	} escapes[] = {
		{ '<', "&lt;" }, { '>', "&gt;" }, { '&', "&amp;" },
		{ '"', "&quot;" },
	};
	size_t n, i;

	while (p->rc == 0 && *text != '\0') {
		n = strcspn(text, "<>&\"");
		p->rc = buf_add(&p->b, text, n, p->e);
		text += n;
		for (i = 0; *text != '\0' && i < 4; i++)
			if (escapes[i].c == *text)
				page_raw(p, escapes[i].as);
		text += *text != '\0';
	}
}
