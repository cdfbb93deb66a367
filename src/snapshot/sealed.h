#ifndef SNAPSHOT_SEALED_H
#define SNAPSHOT_SEALED_H

#include <stdbool.h>
#include <stdint.h>

#include "snapshot/snapshot.h"

struct chunks;
struct err;
struct json_t;
struct policy;

/*
 * What a snapshot carries besides its archives, sealed as they are, since it
 * names files and tables: the recipe (how each component was taken, so that a
 * drill can take it again the same way on a host without the policy), the
 * policy's text, and the notes (what could not be read, and why).
 *
 * One JSON object: {"format":1, "recipe":{...}, "policy":"...", "notes":[...]}.
 */
struct notes;

#define NOTES_MAX 10000			/* more are only counted */

/* An empty list, and its release; NULL is accepted. */
struct notes	*notes_new(struct err *);
void		 notes_free(struct notes *);

/* Note one object of a component.  Threads may share it. */
void	notes_add(struct notes *, const char *component, const char *kind,
	    const char *object, const char *why);

/* How many there are, and how many of them are of this component. */
uint64_t	notes_count(const struct notes *, const char *component);

/* What was kept: objects of component, kind, object, why; borrowed. */
struct json_t	*notes_list(const struct notes *);

/* Call each for every note kept, in order. */
void	notes_each(const struct notes *, void (*each)(void *cookie,
	    const char *component, const char *kind, const char *object,
	    const char *why), void *cookie);

/* How the policy has a component taken; freed by recipe_free(). */
struct recipe {
	const char	**databases, **db_exclude;
	bool		  physical;	/* the method */
	const char	**files, **files_exclude;
	bool		  files_one_fs;
	const char	**config, **config_exclude;
	char		 *policy;	/* its text */
	struct json_t	 *json;		/* what all of it lives in */
};

/* The recipe a policy gives; borrows from it and is not freed. */
void	recipe_of_policy(struct recipe *, const struct policy *);

/* Seal them as chunks; fills the snapshot's sealed refs. */
int	sealed_put(struct chunks *, const struct policy *,
	    const struct notes *, struct snapshot *, struct err *);

/* Read them back; the caller frees the recipe. */
int	sealed_get(struct chunks *, const struct snapshot *, struct recipe *,
	    struct err *);

/* Release what it holds; zeros are accepted. */
void	recipe_free(struct recipe *);

#endif
