/*
 * The text of a routine, a trigger or an event, as it was given.
 *
 * What SHOW CREATE answers is not always one text in one character set: what
 * the server makes itself (an event's head, a trigger's definer, a routine's
 * comment and result) is UTF-8, and the rest is in the set of the client that
 * made the object.  Here all of it gets into that set, which is what will be
 * said when it is made again.  And of Oracle's routines the name behind the
 * last END is missing, which only information_schema shows.
 */
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "db/code_text.h"
#include "db/conn.h"
#include "db/schema.h"

#define SQL_MAX ((size_t)1 << 20)
#define TEXT_MAX ((size_t)1 << 26)

static bool
is_ascii(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((unsigned char)p[i] >= 0x80)
			return false;
	return true;
}

static bool
is_other(const char *charset)
{
	return strncmp(charset, "utf8", 4) != 0 &&
	    strcmp(charset, "binary") != 0;
}

static int
add_hex(struct buf *b, const char *p, size_t n, struct err *e)
{
	size_t i;

	if (buf_add_text(b, "CONVERT(x'", e) == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (buf_addf(b, e, "%02x", (unsigned char)p[i]) == -1)
			return -1;
	return buf_add_text(b, "' USING utf8mb4)", e);
}

/* Append n bytes of UTF-8 in the character set. */
static int
add_converted(struct buf *out, struct conn *c, const struct code_text *x,
    const char *p, size_t n, struct err *e)
{
	struct rows r = { 0 };
	struct buf b;
	int rc = -1;

	if (!is_other(x->charset) || is_ascii(p, n))
		return buf_add(out, p, n, e);
	buf_init(&b, TEXT_MAX);
	if (buf_add_text(&b, "SELECT CONVERT(t USING ", e) == -1 ||
	    buf_addf(&b, e, "%s), BINARY CONVERT(CONVERT(t USING %s) USING "
	    "utf8mb4)=BINARY t FROM (SELECT ", x->charset, x->charset) == -1 ||
	    add_hex(&b, p, n, e) == -1 ||
	    buf_add_text(&b, " AS t) AS one", e) == -1 ||
	    buf_text(&b, e) == NULL ||
	    rows_query(&r, c, (char *)b.data, e) == -1 ||
	    (rc = rows_next(&r, e)) == -1)
		goto done;
	rc = -1;
	if (r.v[0] == NULL || r.v[1] == NULL || strcmp(r.v[1], "1") != 0)
		(void)err_set(e, ERR_UNSUPPORTED, "its name or comment cannot "
		    "be said in its character set %s: make it again",
		    x->charset);
	else
		rc = buf_add(out, r.v[0], r.len[0], e);
done:
	rows_free(&r);
	buf_drop(&b);
	return rc;
}

/* Where the word is, outside of quotes; or the end. */
static const char *
find_word(const char *p, const char *word)
{
	const size_t n = strlen(word);
	char quote = '\0';

	for (; *p != '\0'; p++) {
		if (quote != '\0') {
			quote = *p == quote ? '\0' : quote;
			continue;
		}
		if (strncmp(p, word, n) == 0)
			return p;
		if (*p == '`' || *p == '"' || *p == '\'')
			quote = *p;
	}
	return p;
}

/* One column of information_schema's row on the routine, in UTF-8. */
static int
read_routine(struct conn *c, const struct code_text *x, const char *column,
    struct buf *out, struct err *e)
{
	struct buf sql;
	int rc = -1;

	buf_init(&sql, SQL_MAX);
	if (buf_addf(&sql, e, "SELECT %s FROM information_schema.routines "
	    "WHERE routine_schema=DATABASE() AND routine_type='%s' AND "
	    "routine_name=", column, x->verb) == 0 &&
	    quote_text(&sql, x->name, strlen(x->name), e) == 0 &&
	    buf_text(&sql, e) != NULL &&
	    conn_value(c, (char *)sql.data, 0, out, e) == 0 &&
	    buf_text(out, e) != NULL)
		rc = 0;
	else if (e->kind == ERR_ABSENT)
		e->kind = ERR_CHANGED;
	buf_drop(&sql);
	return rc;
}

/* The head of a routine: its result and its comment are in UTF-8. */
static int
add_routine(struct buf *out, struct conn *c, const struct code_text *x,
    struct err *e)
{
	static const char comment[] = "    COMMENT '";
	const char *p = x->text, *result, *end;
	struct buf said;
	int rc = -1;

	buf_init(&said, TEXT_MAX);
	if (read_routine(c, x, "routine_comment", &said, e) == -1)
		goto done;
	if (strcmp(x->verb, "FUNCTION") == 0 &&
	    ((result = strstr(p, ") RETURNS ")) != NULL ||
	    (result = strstr(p, ") RETURN ")) != NULL)) {
		end = strchrnul(result, '\n');
		if (buf_add(out, p, (size_t)(result - p), e) == -1 ||
		    add_converted(out, c, x, result, (size_t)(end - result),
		    e) == -1)
			goto done;
		p = end;
	}
	if (said.len > 0 && (result = strstr(p, comment)) != NULL) {
		end = schema_literal_end(result + strlen(comment) - 1);
		if (buf_add(out, p, (size_t)(result - p), e) == -1 ||
		    add_converted(out, c, x, result, (size_t)(end - result),
		    e) == -1)
			goto done;
		p = end;
	}
	rc = buf_add_text(out, p, e);
done:
	buf_drop(&said);
	return rc;
}

/* The text, all of it in its character set. */
static int
add_text(struct buf *out, struct conn *c, const struct code_text *x,
    struct err *e)
{
	const char *end;

	if (!is_other(x->charset) || is_ascii(x->text, x->len))
		return buf_add(out, x->text, x->len, e);
	if (strcmp(x->verb, "EVENT") == 0)
		end = find_word(x->text, " DO ");
	else if (strcmp(x->verb, "TRIGGER") == 0)
		end = find_word(x->text, " TRIGGER ");
	else
		return add_routine(out, c, x, e);
	if (add_converted(out, c, x, x->text, (size_t)(end - x->text),
	    e) == -1)
		return -1;
	return buf_add_text(out, end, e);
}

/* Are there only spaces and comments in [p, end)? */
static bool
is_blank(const char *p, const char *end)
{
	const char *q;

	while (p < end) {
		if (strchr(" \t\r\n", *p) != NULL)
			p++;
		else if (strncmp(p, "/*", 2) == 0 &&
		    (q = strstr(p + 2, "*/")) != NULL)
			p = q + 2;
		else if (strncmp(p, "--", 2) == 0 || *p == '#')
			p = strchrnul(p, '\n');
		else
			return false;
	}
	return p == end;
}

/* Behind the last END that only blanks follow, or NULL. */
static const char *
find_end(const char *text, const char *end)
{
	const char *p;

	for (p = end - 3; p > text; p--)
		if (strncasecmp(p, "end", 3) == 0 && is_blank(p + 3, end))
			return p + 3;
	return NULL;
}

/*
 * What stands behind the last word of a routine, END: blanks and its name, of
 * which the server forgets the closing quote.  Or NULL: nothing.
 */
static const char *
behind_end(const char *text, const char *name, char quote[2])
{
	const size_t n = strlen(text), len = strlen(name);
	const char *at;

	if (n <= len || strcasecmp(text + n - len, name) != 0)
		return NULL;
	at = text + n - len;
	if (at[-1] == '`' || at[-1] == '"')
		quote[0] = *--at;
	return find_end(text, at);
}

static int
add_closing_name(struct buf *out, struct conn *c, const struct code_text *x,
    struct err *e)
{
	char quote[2] = "";
	const char *shown = NULL, *tail;
	struct buf said;
	int rc = -1;

	if (strstr(x->mode, "ORACLE") != NULL &&
	    strcmp(x->verb, "EVENT") != 0 && strcmp(x->verb, "TRIGGER") != 0)
		shown = find_end(x->text, x->text + x->len);
	if (shown == NULL)
		return 0;
	buf_init(&said, TEXT_MAX);
	if (read_routine(c, x, "routine_definition", &said, e) == -1)
		goto done;
	tail = behind_end((char *)said.data, x->name, quote);
	if (tail != NULL)	/* blanks that are shown */
		tail += strlen(shown);
	rc = tail == NULL ? 0 : add_converted(out, c, x, tail, strlen(tail),
	    e) == -1 ? -1 : buf_add_text(out, quote, e);
done:
	buf_drop(&said);
	return rc;
}

int
code_text_add(struct buf *out, struct conn *c, const struct code_text *x,
    struct err *e)
{
	if (add_text(out, c, x, e) == -1)
		return -1;
	return add_closing_name(out, c, x, e);
}

int
code_text_broken(const char *verb, const char *why, struct err *e)
{
	return err_set(e, ERR_UNSUPPORTED, "the server cannot read its text "
	    "any more: %.400s: make it again, or drop it%s", why,
	    strcmp(verb, "TRIGGER") != 0 ? "" :
	    ", or exclude the table (components.db.exclude)");
}

int
code_text_check(struct conn *c, const struct code_text *x,
    const struct buf *text, struct err *e)
{
	struct buf sql;
	struct err why = { 0 };
	int rc = -1;

	buf_init(&sql, SQL_MAX);
	if (buf_addf(&sql, e, "SET @muster=@@sql_mode, SESSION "
	    "character_set_client=%s, SESSION sql_mode=", x->charset) == -1 ||
	    quote_text(&sql, x->mode, strlen(x->mode), e) == -1 ||
	    conn_exec_len(c, sql.data, sql.len, e) == -1)
		goto done;
	if (conn_parse(c, text->data, text->len, &why) == -1)
		(void)code_text_broken(x->verb, why.text, e);
	else
		rc = 0;
	if (conn_exec(c, "SET SESSION character_set_client=utf8mb4, "
	    "sql_mode=@muster", &why) == -1 && rc == 0) {
		*e = why;
		rc = -1;
	}
done:
	buf_drop(&sql);
	return rc;
}
