#ifndef STORE_S3_S3_XML_H
#define STORE_S3_S3_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/s3/s3_url.h"

struct err;
struct s3_reply;

/* One page of a list of objects, as the server sent it. */
#define S3_PAGE_MAX 1000

struct s3_item {
	char		key[S3_KEY_MAX + 1];
	uint64_t	size;
	int64_t		mtime;		/* 0: it did not say */
};

struct s3_page {
	struct s3_item	*item;
	size_t		 n;
	bool		 truncated;	/* there are more */
};

/*
 * Understand a ListBucketResult.  0 only for a whole, well-formed one that
 * says whether it is truncated, with at most S3_PAGE_MAX objects, each with a
 * key and a size; else -1, ERR_REMOTE.  s3_page_drop() takes both.
 */
int	s3_xml_page(const void *, size_t, struct s3_page *, struct err *);
void	s3_page_drop(struct s3_page *);

/*
 * Take code, message and region from an error's body, if it is an Error
 * document of S3; else they stay empty.
 */
void	s3_xml_error(struct s3_reply *);

#endif
