#ifndef ARCHIVE_OWNERS_H
#define ARCHIVE_OWNERS_H

#include <sys/types.h>

struct err;
struct owners;

/* Names of users and groups, remembered.  For one thread. */
struct owners	*owners_new(struct err *);
void		 owners_free(struct owners *);

/* NULL when it has none; borrowed until the next call. */
const char	*owners_user(struct owners *, uid_t);
const char	*owners_group(struct owners *, gid_t);

#endif
