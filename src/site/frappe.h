#ifndef SITE_FRAPPE_H
#define SITE_FRAPPE_H

#include <stdbool.h>
#include <stddef.h>

struct err;

/* A site of a bench, as its folder tells.  Lists end with NULL. */
struct site_found {
	char	 *name;			/* of its folder below sites/ */
	char	 *problem;		/* why it cannot be used: then what */
					/* follows is not set; or NULL */
	char	 *database;
	char	 *socket;		/* of the database, or NULL */
	char	**files;		/* folders, absolute */
	char	**config;		/* files, absolute */
	char	**keys;			/* of site_config.json, that a */
					/* restored one must have, too */
};

struct sites {
	char			*bench;	/* absolute, no symlinks */
	struct site_found	*site;	/* in order of their names */
	size_t			 n;
};

/*
 * Find the sites of a Frappe bench: the folders sites/NAME with a
 * site_config.json; symlinks to such folders are other names of sites and
 * passed over.  A site that cannot be understood is in the list with its
 * problem.  ERR_INPUT when the folder is no bench (it has no sites/).  On -1
 * there is nothing to drop.
 */
int	site_find_bench(const char *bench, struct sites *, struct err *);
void	sites_drop(struct sites *);

/*
 * The site of that name, or, when name is NULL, the only one there is.
 * ERR_ABSENT when there is none of that name or none at all; ERR_INPUT when
 * there are several to choose from, or it has a problem.  Borrowed.
 */
const struct site_found	*sites_choose(const struct sites *, const char *name,
			    struct err *);

#endif
