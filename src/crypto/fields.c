/*
 * JSON from outside: see fields.h.
 *
 * jansson bounds neither depth (2048) nor the memory that a text of many
 * small values takes (some forty bytes a value), so a scan that allocates
 * nothing runs first.  It need not understand JSON: whatever it miscounts in
 * a text that is none is refused by the parser afterwards.
 */
#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "crypto/fields.h"
#include "crypto/guard.h"

static int
bounded(const char *p, size_t n, const struct fields_limits *limits,
    struct err *e)
{
	size_t depth = 0, values = 0, i;
	bool quoted = false;

	for (i = 0; i < n; i++) {
		if (quoted) {
			if (p[i] == '\\')
				i++;
			else if (p[i] == '"')
				quoted = false;
			continue;
		}
		quoted = p[i] == '"';
		values += p[i] == ',' || p[i] == '[' || p[i] == '{';
		depth += p[i] == '[' || p[i] == '{';
		if (depth > limits->depth)
			return err_set(e, ERR_DAMAGED,
			    "JSON nested deeper than %zu", limits->depth);
		if (values > limits->values)
			return err_set(e, ERR_DAMAGED,
			    "JSON of more than %zu values", limits->values);
		if (depth > 0 && (p[i] == ']' || p[i] == '}'))
			depth--;
	}
	return 0;
}

json_t *
fields_parse(const void *p, size_t n, const struct fields_limits *limits,
    struct err *e)
{
	json_error_t why;
	json_t *json;

	if (bounded(p, n, limits, e) == -1)
		return NULL;
	json = json_loadb(p, n, JSON_REJECT_DUPLICATES, &why);
	if (json == NULL && json_error_code(&why) == json_error_out_of_memory)
		(void)err_memory(e);
	else if (json == NULL)
		(void)err_set(e, ERR_DAMAGED, "not JSON: %s, at byte %d",
		    why.text, why.position);
	else if (!json_is_object(json)) {
		(void)err_set(e, ERR_DAMAGED, "not a JSON object");
		json_decref(json);
		json = NULL;
	}
	return json;
}

int
fields_count(const json_t *json, size_t n, struct err *e)
{
	if (json_object_size(json) == n)
		return 0;
	return err_set(e, ERR_DAMAGED, "%zu fields where %zu were expected",
	    json_object_size(json), n);
}

const char *
fields_text(const json_t *json, const char *name, size_t min, size_t max,
    struct err *e)
{
	const json_t *field = json_object_get(json, name);
	size_t n = json_string_length(field);

	if (json_is_string(field) && n >= min && n <= max)
		return json_string_value(field);
	if (min == max)
		(void)err_set(e, ERR_DAMAGED,
		    "\"%s\" is not a text of %zu bytes", name, min);
	else
		(void)err_set(e, ERR_DAMAGED,
		    "\"%s\" is not a text of %zu to %zu bytes", name, min,
		    max);
	return NULL;
}

int
fields_base64(const json_t *json, const char *name, void *out, size_t n,
    struct err *e)
{
	const json_t *field = json_object_get(json, name);

	if (json_is_string(field) && base64_parse(json_string_value(field),
	    json_string_length(field), out, n) == 0)
		return 0;
	return err_set(e, ERR_DAMAGED, "\"%s\" is not base64 of %zu bytes",
	    name, n);
}

int
fields_number(const json_t *json, const char *name, uint64_t min, uint64_t max,
    uint64_t *out, struct err *e)
{
	const json_t *field = json_object_get(json, name);
	json_int_t v = json_integer_value(field);

	if (!json_is_integer(field) || v < 0 || (uint64_t)v < min ||
	    (uint64_t)v > max)
		return err_set(e, ERR_DAMAGED, "\"%s\" is not a whole number "
		    "from %llu to %llu", name, (unsigned long long)min,
		    (unsigned long long)max);
	*out = (uint64_t)v;
	return 0;
}

json_t *
fields_array(const json_t *json, const char *name, size_t min, size_t max,
    struct err *e)
{
	json_t *field = json_object_get(json, name);

	if (json_is_array(field) && json_array_size(field) >= min &&
	    json_array_size(field) <= max)
		return field;
	(void)err_set(e, ERR_DAMAGED, "\"%s\" is not a list of %zu to %zu",
	    name, min, max);
	return NULL;
}

json_t *
fields_object(const json_t *json, const char *name, struct err *e)
{
	json_t *field = json_object_get(json, name);

	if (json_is_object(field))
		return field;
	(void)err_set(e, ERR_DAMAGED, "\"%s\" is not an object", name);
	return NULL;
}
