#ifndef DRILL_WELLFORMED_H
#define DRILL_WELLFORMED_H

#include <stddef.h>

struct err;
struct mask;

/* What a walk over restored configuration saw. */
struct wellformed {
	size_t	files, judged;		/* all; of a form that we know */
	size_t	bad;
	char	first[512];		/* of the bad ones, and why */
};

/*
 * Look at every regular file below a folder: what is named .json, .yaml, .yml,
 * .ini or .cnf must be well-formed.  Secrets in them are learnt by the mask
 * (may be NULL).  -1 when the folder could not be read.
 */
int	wellformed_folder(const char *folder, struct mask *,
	    struct wellformed *, struct err *);

/*
 * Is this an INI file, as supervisor, systemd or MariaDB read them: comments,
 * [sections], keys with or without a value, continued lines, !include?
 * ERR_INPUT with the line when not.
 */
int	wellformed_ini(const char *text, size_t, struct mask *, struct err *);

#endif
