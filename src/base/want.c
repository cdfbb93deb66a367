/*
 * Reads JSON that came from outside: every member is asked for by name, type
 * and bounds, and what is wrong is said by its key.
 */
#include <jansson.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/want.h"

int
want_text(const json_t *o, const char *key, char *out, size_t size,
    struct err *e)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_string(v))
		return err_set(e, ERR_DAMAGED, "%s: expected text", key);
	if (json_string_length(v) >= size ||
	    strlen(json_string_value(v)) != json_string_length(v))
		return err_set(e, ERR_DAMAGED,
		    "%s: expected at most %zu bytes of text", key, size - 1);
	memcpy(out, json_string_value(v), json_string_length(v) + 1);
	return 0;
}

int
want_u64(const json_t *o, const char *key, uint64_t max, uint64_t *out,
    struct err *e)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_integer(v) || json_integer_value(v) < 0 ||
	    (uint64_t)json_integer_value(v) > max)
		return err_set(e, ERR_DAMAGED,
		    "%s: expected a whole number up to %llu", key,
		    (unsigned long long)max);
	*out = (uint64_t)json_integer_value(v);
	return 0;
}

int
want_u32(const json_t *o, const char *key, uint32_t *out, struct err *e)
{
	uint64_t v;

	if (want_u64(o, key, UINT32_MAX, &v, e) == -1)
		return -1;
	*out = (uint32_t)v;
	return 0;
}

int
want_number(const json_t *o, const char *key, double *out, struct err *e)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_number(v) || !(json_number_value(v) >= 0))
		return err_set(e, ERR_DAMAGED,
		    "%s: expected a number of 0 or more", key);
	*out = json_number_value(v);
	return 0;
}

int
want_bool(const json_t *o, const char *key, bool *out, struct err *e)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_boolean(v))
		return err_set(e, ERR_DAMAGED, "%s: expected true or false",
		    key);
	*out = json_is_true(v);
	return 0;
}

int
want_time(const json_t *o, const char *key, int64_t *utc, struct err *e)
{
	char text[CLOCK_TEXT_MAX];

	if (want_text(o, key, text, sizeof(text), e) == -1)
		return -1;
	if (clock_parse(text, utc, e) == -1) {
		e->kind = ERR_DAMAGED;
		return err_add(e, "%s", key);
	}
	return 0;
}

json_t *
want_array(const json_t *o, const char *key, size_t max, struct err *e)
{
	json_t *v = json_object_get(o, key);

	if (json_is_array(v) && json_array_size(v) <= max)
		return v;
	(void)err_set(e, ERR_DAMAGED, "%s: expected a list of at most %zu",
	    key, max);
	return NULL;
}

json_t *
want_object(const json_t *o, const char *key, struct err *e)
{
	json_t *v = json_object_get(o, key);

	if (json_is_object(v))
		return v;
	(void)err_set(e, ERR_DAMAGED, "%s: expected an object", key);
	return NULL;
}

json_t *
want_make_time(int64_t utc)
{
	char text[CLOCK_TEXT_MAX];

	return json_string(clock_format(utc, text));
}
