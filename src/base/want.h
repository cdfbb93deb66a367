#ifndef BASE_WANT_H
#define BASE_WANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct json_t;

/*
 * Members of JSON objects that came from outside, wanted in a certain form.
 * All answer 0, or -1 with ERR_DAMAGED "key: what was expected".
 */

/* Text of at most size - 1 bytes, copied with its NUL. */
int	want_text(const struct json_t *, const char *key, char *out,
	    size_t size, struct err *);

/* A whole number within [0, max]. */
int	want_u64(const struct json_t *, const char *key, uint64_t max,
	    uint64_t *, struct err *);
int	want_u32(const struct json_t *, const char *key, uint32_t *,
	    struct err *);

/* A number, whole or not, not negative. */
int	want_number(const struct json_t *, const char *key, double *,
	    struct err *);

/* true or false. */
int	want_bool(const struct json_t *, const char *key, bool *, struct err *);

/* A time as clock_parse() takes it. */
int	want_time(const struct json_t *, const char *key, int64_t *utc,
	    struct err *);

/* An array or object, borrowed; NULL with the error. */
struct json_t	*want_array(const struct json_t *, const char *key,
		    size_t max, struct err *);
struct json_t	*want_object(const struct json_t *, const char *key,
		    struct err *);

/* A time for a JSON member, as clock_format(); a new reference or NULL. */
struct json_t	*want_make_time(int64_t utc);

#endif
