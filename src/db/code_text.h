#ifndef DB_CODE_TEXT_H
#define DB_CODE_TEXT_H

#include <stddef.h>

struct buf;
struct conn;
struct err;

/* What SHOW CREATE says of a routine, a trigger or an event. */
struct code_text {
	const char	*verb;		/* PACKAGE BODY, TRIGGER, ... */
	const char	*name;		/* in UTF-8 */
	const char	*mode;		/* sql_mode */
	const char	*charset;	/* character_set_client */
	const char	*text;
	size_t		 len;		/* a NUL stands behind it */
};

/*
 * Append the text as it was given, in its character set.  ERR_UNSUPPORTED when
 * that set cannot say a part of it.
 */
int	code_text_add(struct buf *, struct conn *, const struct code_text *,
	    struct err *);

/*
 * Does the server still read what code_text_add() gave?  ERR_UNSUPPORTED when
 * it does not: of some comments it keeps less than it was told, and an upgrade
 * can reserve a word.
 */
int	code_text_check(struct conn *, const struct code_text *,
	    const struct buf *, struct err *);

/* Why it does not, for an object of this kind: ERR_UNSUPPORTED; -1. */
int	code_text_broken(const char *verb, const char *why, struct err *);

#endif
