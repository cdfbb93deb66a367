#ifndef DB_NAME_H
#define DB_NAME_H

struct buf;
struct err;

/* The longest file name part that an identifier becomes. */
#define NAME_PART_MAX 100

/*
 * Append an identifier as a part of a file name: [A-Za-z0-9_-] and bytes
 * beyond ASCII as they are, each other byte as @00xx.  What would be longer
 * than NAME_PART_MAX becomes a beginning of it, @@, and 32 digits of the
 * identifier's SHA-256: different identifiers keep different parts.
 */
int	name_escape(struct buf *, const char *, struct err *);

#endif
