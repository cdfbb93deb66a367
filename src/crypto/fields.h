#ifndef CRYPTO_FIELDS_H
#define CRYPTO_FIELDS_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct json_t;

/*
 * JSON from outside, of this room only: bounded before anything is allocated
 * for it, and read field by field.  All errors are ERR_DAMAGED and name the
 * field.
 */
struct fields_limits {
	size_t	depth;		/* of nesting */
	size_t	values;		/* of arrays and objects, at most about */
};

/*
 * The one object that these bytes are; no duplicate names.  The caller
 * decrefs it.
 */
struct json_t	*fields_parse(const void *, size_t,
		    const struct fields_limits *, struct err *);

/* There are exactly n fields (whose names the other functions ask for). */
int	fields_count(const struct json_t *, size_t n, struct err *);

/* The text of a field, borrowed; its length within [min, max]. */
const char	*fields_text(const struct json_t *, const char *name,
		    size_t min, size_t max, struct err *);

/* Exactly n bytes from canonical base64. */
int	fields_base64(const struct json_t *, const char *name, void *, size_t n,
	    struct err *);

/* A whole number within [min, max]. */
int	fields_number(const struct json_t *, const char *name, uint64_t min,
	    uint64_t max, uint64_t *, struct err *);

/* An array of min to max items, or an object; borrowed. */
struct json_t	*fields_array(const struct json_t *, const char *name,
		    size_t min, size_t max, struct err *);
struct json_t	*fields_object(const struct json_t *, const char *name,
		    struct err *);

#endif
