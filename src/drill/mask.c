/*
 * Masking of secrets: see mask.h.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "drill/mask.h"

#define SECRETS_MAX 10000
#define LEN_MAX 65536
#define DEPTH_MAX 64

struct secret {
	char	*text;
	size_t	 len;
};

struct mask {
	struct secret	*v;
	size_t		 n, size;
};

static bool
is_secret_name(const char *key)
{
	static const char *const words[] = {
		"pass", "secret", "token", "key", "credential", "pwd",
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(key, words[i]) != NULL)
			return true;
	return false;
}

int
mask_learn(struct mask *m, const char *key, const char *value, size_t len,
    struct err *e)
{
	struct secret *v;
	size_t size;

	if (!is_secret_name(key) || len < MASK_MIN)
		return 0;
	if (m->n == SECRETS_MAX || len > LEN_MAX)
		return err_set(e, ERR_INPUT, "too many or too long secrets in "
		    "the configuration to keep them out of a receipt");
	if (m->n == m->size) {
		size = m->size > 0 ? 2 * m->size : 32;
		if ((v = reallocarray(m->v, size, sizeof(*v))) == NULL)
			return err_memory(e);
		m->v = v;
		m->size = size;
	}
	if ((m->v[m->n].text = malloc(len)) == NULL)
		return err_memory(e);
	memcpy(m->v[m->n].text, value, len);
	m->v[m->n++].len = len;
	return 0;
}

struct mask *
mask_new(struct err *e)
{
	struct mask *m;
	char key[256];
	const char *eq;
	size_t i;

	if ((m = calloc(1, sizeof(*m))) == NULL) {
		(void)err_memory(e);
		return NULL;
	}
	for (i = 0; environ[i] != NULL; i++) {
		if ((eq = strchr(environ[i], '=')) == NULL ||
		    (size_t)(eq - environ[i]) >= sizeof(key))
			continue;
		memcpy(key, environ[i], (size_t)(eq - environ[i]));
		key[eq - environ[i]] = '\0';
		if (strlen(eq + 1) > LEN_MAX)
			continue;
		if (mask_learn(m, key, eq + 1, strlen(eq + 1), e) == -1) {
			mask_free(m);
			return NULL;
		}
	}
	return m;
}

void
mask_free(struct mask *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < m->n; i++) {
		explicit_bzero(m->v[i].text, m->v[i].len);
		free(m->v[i].text);
	}
	free(m->v);
	free(m);
}

static int
learn(struct mask *m, const char *key, const json_t *o, int depth,
    struct err *e)
{
	const json_t *v;
	const char *name;
	size_t i;

	if (depth == DEPTH_MAX)
		return err_set(e, ERR_INPUT, "configuration is nested deeper "
		    "than %d", DEPTH_MAX);
	if (json_is_string(o))
		return mask_learn(m, key, json_string_value(o),
		    json_string_length(o), e);
	if (json_is_object(o)) {
		json_object_foreach((json_t *)(uintptr_t)o, name, v)
			if (learn(m, name, v, depth + 1, e) == -1)
				return -1;
	} else if (json_is_array(o)) {
		json_array_foreach(o, i, v)
			if (learn(m, key, v, depth + 1, e) == -1)
				return -1;
	}
	return 0;
}

int
mask_learn_json(struct mask *m, const json_t *o, struct err *e)
{
	return learn(m, "", o, 0, e);
}

void
mask_apply(const struct mask *m, char *text, size_t len)
{
	char *p;
	size_t i;

	for (i = 0; len > 0 && i < m->n; i++)
		for (p = text; (p = memmem(p, len - (size_t)(p - text),
		    m->v[i].text, m->v[i].len)) != NULL; p += m->v[i].len)
			memset(p, '*', m->v[i].len);
}
