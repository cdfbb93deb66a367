#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "base/buf.h"

struct err;

/*
 * An HTML page on its way.  The first error stays and makes every later call
 * do nothing, so that whoever writes looks once, at the end.
 */
struct page {
	struct buf	 b;
	struct err	*e;
	int		 rc;		/* -1 after an error */
};

/* An empty page of at most 16 MiB, and its release. */
void	page_init(struct page *, struct err *);
void	page_drop(struct page *);

/* Append markup as it is; formatted; or text with <, >, & and " escaped. */
void	page_raw(struct page *, const char *);
void	page_f(struct page *, const char *, ...)
	    __attribute__((format(printf, 2, 3)));
void	page_text(struct page *, const char *);

#endif
