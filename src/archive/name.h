#ifndef ARCHIVE_NAME_H
#define ARCHIVE_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/*
 * Names of entries: bytes, relative, parts between single '/'.  Never text:
 * nothing here knows of a character set.
 */

/* 0 when it is one that may be in an archive, else ERR_DAMAGED, naming it. */
int	name_check(const char *, struct err *);

/*
 * The order of an archive: by bytes, but '/' sorts lowest, so that a folder
 * is followed by all that is below it.  <0, 0, >0.
 */
int	name_compare(const char *, const char *);

/* Is the first one the second one, or below it? */
bool	name_is_below(const char *, const char *folder);

/* Its last part, inside of it. */
const char	*name_base(const char *);

/*
 * A path a person wrote, absolute or relative, as the name it has in an
 * archive: without leading, double and trailing '/' and "." parts.  The
 * caller frees it.  ERR_INPUT for "..", and for nothing left when !or_empty.
 */
char	*name_from_path(const char *, bool or_empty, struct err *);

/* A hash that decides where segments are cut (muster-format(5)). */
uint64_t	name_hash(const char *);

/*
 * For messages: the name as a person types it, with control characters, marks
 * of direction and bytes that are not UTF-8 as \ooo, cut when it is long.
 * Returns its buffer.
 */
#define NAME_TEXT_MAX 400
char	*name_format(const char *, char [NAME_TEXT_MAX]);

#endif
