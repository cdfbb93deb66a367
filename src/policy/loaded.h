#ifndef POLICY_LOADED_H
#define POLICY_LOADED_H

#include <stddef.h>

#include "policy/policy.h"

struct err;
struct raw;
struct tree;

/* A policy with everything that it points at. */
struct loaded {
	struct policy	  policy;	/* first: policy_free() gets this */
	void		**owned;
	size_t		  n_owned, size;
};

/* Zeroed memory for n objects, released with the policy. */
void	*loaded_alloc(struct loaded *, size_t n, size_t size, struct err *);

/* A copy of the text, released with the policy. */
char	*loaded_text(struct loaded *, const char *, struct err *);

/*
 * Understand the raw policy: defaults, durations, sizes, percentages, paths
 * (relative ones are meant from folder), names, and what must agree with
 * what.  Errors as policy_load().
 */
int	loaded_fill(struct loaded *, const struct raw *, const struct tree *,
	    const char *folder, struct err *);

#endif
