#ifndef ARCHIVE_RECORDED_H
#define ARCHIVE_RECORDED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct err;

/*
 * Owners that an archive records and that an ordinary user cannot give to
 * what he restores: by name, about 16 to 32 bytes for each.
 */
struct recorded;

struct recorded	*recorded_new(struct err *);
void		 recorded_free(struct recorded *);

/* From any thread. */
int	recorded_add(struct recorded *, const char *name, uid_t, gid_t,
	    struct err *);

/* While nobody adds: is there one for this name? */
bool	recorded_find(const struct recorded *, const char *name, uid_t *,
	    gid_t *);

/* How many names there are. */
size_t	recorded_count(const struct recorded *);

#endif
