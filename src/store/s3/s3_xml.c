/*
 * The two documents that we read, with libxml2's reader: one pass, no tree.
 * Nothing is handed on before the document was read to its end and found well
 * formed, so that a list that was cut is never a short list.  A document type
 * is refused (entities), and so is depth.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/xmlreader.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/num.h"
#include "store/s3/s3_reply.h"
#include "store/s3/s3_xml.h"

#define KEY_TEXT_MAX (3 * S3_KEY_MAX)	/* encoded */
#define OPTIONS (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)

/* Where we are: names of the two elements below the root. */
struct walk {
	const char	*root;		/* the only one that is taken */
	char		 name[2][32];
	struct buf	 text;		/* of the element we are in */
	int		 (*end)(struct walk *, int depth);
	struct s3_page	*page;
	struct s3_reply	*reply;
	struct s3_item	 item;		/* key still encoded: in raw */
	char		*raw[S3_PAGE_MAX];
	char		*key;
	bool		 has_size, said_truncated, encoded;
	struct err	*e;
};

static int
odd(struct walk *w, const char *what)
{
	return err_set(w->e, ERR_REMOTE, "the server's answer is %s", what);
}

static bool
in(const struct walk *w, int depth, const char *first, const char *second)
{
	return depth == (second != NULL ? 2 : 1) &&
	    strcmp(w->name[0], first) == 0 &&
	    (second == NULL || strcmp(w->name[1], second) == 0);
}

/* The text of the element that ends, with its NUL; "" when too long. */
static const char *
text(struct walk *w)
{
	const char *p = buf_text(&w->text, w->e);

	return p != NULL ? p : "";
}

static int
keep_item(struct walk *w)
{
	struct s3_page *p = w->page;

	if (w->key == NULL || !w->has_size)
		return odd(w, "a list with an object that has no key or size");
	if (p->n == S3_PAGE_MAX)
		return odd(w, "a list of more objects than were asked for");
	w->raw[p->n] = w->key;
	w->key = NULL;
	p->item[p->n].size = w->item.size;
	p->item[p->n++].mtime = w->item.mtime;
	w->has_size = false;
	w->item.mtime = 0;
	return 0;
}

static int
list_end(struct walk *w, int depth)
{
	struct err none;

	if (in(w, depth, "Contents", NULL))
		return keep_item(w);
	if (in(w, depth, "Contents", "Key")) {
		if (w->key != NULL)
			return odd(w, "a list with an object of two keys");
		if ((w->key = strdup(text(w))) == NULL)
			return err_memory(w->e);
	} else if (in(w, depth, "Contents", "Size")) {
		if (num_parse(text(w), 0, INT64_MAX, &w->item.size, &none) ==
		    -1)
			return odd(w, "a list with a size that is none");
		w->has_size = true;
	} else if (in(w, depth, "Contents", "LastModified")) {
		if (clock_parse(text(w), &w->item.mtime, &none) == -1)
			w->item.mtime = 0;
	} else if (in(w, depth, "IsTruncated", NULL)) {
		w->page->truncated = strcmp(text(w), "true") == 0;
		w->said_truncated = w->page->truncated ||
		    strcmp(text(w), "false") == 0;
	} else if (in(w, depth, "EncodingType", NULL))
		w->encoded = strcmp(text(w), "url") == 0;
	return 0;
}

static int
error_end(struct walk *w, int depth)
{
	const struct {
		const char	*name;
		char		*out;
	} wanted[] = {
		{ "Code", w->reply->code },
		{ "Message", w->reply->message },
		{ "Region", w->reply->region },
	};
	size_t i;
	char *p;

	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (in(w, depth, wanted[i].name, NULL)) {
			p = wanted[i].out;
			(void)snprintf(p, S3_TEXT_MAX, "%s", text(w));
			for (; *p != '\0'; p++)
				if (!isprint((unsigned char)*p))
					*p = '?';
		}
	return 0;
}

static int
node(struct walk *w, xmlTextReaderPtr r)
{
	const char *name = (const char *)xmlTextReaderConstLocalName(r);
	const char *value = (const char *)xmlTextReaderConstValue(r);
	int depth = xmlTextReaderDepth(r);

	switch (xmlTextReaderNodeType(r)) {
	case XML_READER_TYPE_DOCUMENT_TYPE:
	case XML_READER_TYPE_ENTITY_REFERENCE:
		return odd(w, "XML with entities");
	case XML_READER_TYPE_ELEMENT:
		if (depth == 0 && strcmp(name, w->root) != 0)
			return odd(w, "not the document that was asked for");
		buf_clear(&w->text);
		if (depth == 1 || depth == 2)
			(void)snprintf(w->name[depth - 1],
			    sizeof(w->name[0]), "%s", name);
		if (xmlTextReaderIsEmptyElement(r) == 1)
			return w->end(w, depth);
		return 0;
	case XML_READER_TYPE_TEXT:
	case XML_READER_TYPE_CDATA:
	case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
		if (value == NULL)
			return 0;
		if (buf_add_text(&w->text, value, w->e) == -1)
			return odd(w, "XML with a longer text than expected");
		return 0;
	case XML_READER_TYPE_END_ELEMENT:
		return w->end(w, depth);
	default:
		return 0;
	}
}

/* 0 when the document was seen whole. */
static int
walk(struct walk *w, const void *p, size_t n)
{
	xmlTextReaderPtr r;
	int rc = -1, more = -1;

	xmlInitParser();
	if (n > S3_BODY_MAX || (r = xmlReaderForMemory(p, (int)n, NULL, NULL,
	    OPTIONS)) == NULL)
		return odd(w, "not XML");
	while ((more = xmlTextReaderRead(r)) == 1)
		if (node(w, r) == -1)
			goto done;
	if (more != 0) {
		(void)odd(w, "not well-formed XML, or cut short");
		goto done;
	}
	rc = 0;
done:
	xmlFreeTextReader(r);
	return rc;
}

/* Keys as they are: the encoding was known only at the end. */
static int
decode_keys(struct walk *w)
{
	struct buf b;
	size_t i;
	int rc = 0;

	buf_init(&b, KEY_TEXT_MAX + 1);
	for (i = 0; i < w->page->n && rc == 0; i++) {
		buf_clear(&b);
		if (w->encoded && s3_url_decode(w->raw[i],
		    strlen(w->raw[i]), true, &b, w->e) == -1)
			rc = odd(w, "a list with a key encoded wrongly");
		else if (!w->encoded)
			rc = buf_add_text(&b, w->raw[i], w->e);
		if (rc == 0 && b.len > S3_KEY_MAX)
			rc = odd(w, "a list with a key that is too long");
		if (rc == 0)
			(void)snprintf(w->page->item[i].key,
			    sizeof(w->page->item[i].key), "%.*s", (int)b.len,
			    (const char *)b.data);
	}
	buf_drop(&b);
	return rc;
}

int
s3_xml_page(const void *p, size_t n, struct s3_page *page, struct err *e)
{
	struct walk *w;
	int rc = -1;
	size_t i;

	memset(page, 0, sizeof(*page));
	if ((w = calloc(1, sizeof(*w))) == NULL ||
	    (page->item = calloc(S3_PAGE_MAX, sizeof(*page->item))) == NULL) {
		(void)err_memory(e);
		goto done;
	}
	w->root = "ListBucketResult";
	w->page = page;
	w->end = list_end;
	w->e = e;
	buf_init(&w->text, KEY_TEXT_MAX + 1);
	if (walk(w, p, n) == -1)
		goto done;
	if (!w->said_truncated) {
		(void)odd(w, "a list that does not say whether it is whole");
		goto done;
	}
	rc = decode_keys(w);
done:
	if (w != NULL) {
		for (i = 0; i < S3_PAGE_MAX; i++)
			free(w->raw[i]);
		free(w->key);
		buf_drop(&w->text);
		free(w);
	}
	if (rc == -1)
		s3_page_drop(page);
	return rc;
}

void
s3_page_drop(struct s3_page *page)
{
	free(page->item);
	memset(page, 0, sizeof(*page));
}

void
s3_xml_error(struct s3_reply *r)
{
	struct walk *w;
	struct err none;

	if (r->body.len == 0 || (w = calloc(1, sizeof(*w))) == NULL)
		return;
	w->root = "Error";
	w->reply = r;
	w->end = error_end;
	w->e = &none;
	buf_init(&w->text, S3_ERROR_MAX + 1);
	if (walk(w, r->body.data, r->body.len) == -1)
		r->code[0] = r->message[0] = r->region[0] = '\0';
	buf_drop(&w->text);
	free(w);
}
