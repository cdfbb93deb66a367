#ifndef DRILL_MASK_H
#define DRILL_MASK_H

#include <stddef.h>

struct err;
struct json_t;
struct mask;

/*
 * Secrets that the output of a command must not carry into a receipt: the
 * values, in the restored configuration and in our environment, of keys that
 * are named like secrets (password, secret, token, key, credential).  Values
 * shorter than MASK_MIN bytes are no secrets: masking them would only say
 * what they are.
 */
#define MASK_MIN 6

/* One that knows our environment. */
struct mask	*mask_new(struct err *);

/* Wipe and release; accepts NULL. */
void		 mask_free(struct mask *);

/* Learn a value, if the key is named like a secret. */
int		 mask_learn(struct mask *, const char *key, const char *value,
		    size_t len, struct err *);

/* Learn from all of a JSON document. */
int		 mask_learn_json(struct mask *, const struct json_t *,
		    struct err *);

/* Overwrite every known secret in the text with asterisks. */
void		 mask_apply(const struct mask *, char *text, size_t len);

#endif
