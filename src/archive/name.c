/*
 * Names in archives: what may be one, and how they are ordered.  Every name
 * that comes out of an archive passes name_check() before it is used, and
 * every name that a person gave is brought into the same form.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/archive.h"
#include "archive/name.h"
#include "base/err.h"

/* What is wrong with one part of a name, or NULL. */
static const char *
part_fault(const char *part, size_t len)
{
	if (len == 0)
		return "it has an empty part";
	if (len > NAME_MAX)
		return "a part of it is too long";
	if (len == 1 && part[0] == '.')
		return "it has a part \".\"";
	if (len == 2 && part[0] == '.' && part[1] == '.')
		return "it has a part \"..\"";
	return NULL;
}

int
name_check(const char *name, struct err *e)
{
	const char *p = name, *fault = NULL;
	char text[NAME_TEXT_MAX];
	size_t len;

	if (name[0] == '/')
		fault = "it is absolute";
	else if (strlen(name) > ARCHIVE_PATH_MAX)
		fault = "it is too long";
	while (fault == NULL) {
		len = strcspn(p, "/");
		fault = part_fault(p, len);
		if (p[len] == '\0')
			break;
		p += len + 1;
	}
	if (fault == NULL)
		return 0;
	return err_set(e, ERR_DAMAGED, "impossible name \"%s\": %s",
	    name_format(name, text), fault);
}

/* The end sorts before '/', and that before every other byte. */
static int
rank(char c)
{
	return c == '\0' ? 0 : c == '/' ? 1 : 2 + (uint8_t)c;
}

int
name_compare(const char *a, const char *b)
{
	while (*a == *b && *a != '\0') {
		a++;
		b++;
	}
	return rank(*a) - rank(*b);
}

bool
name_is_below(const char *name, const char *folder)
{
	size_t n = strlen(folder);

	if (n == 0)
		return true;
	return strncmp(name, folder, n) == 0 &&
	    (name[n] == '\0' || name[n] == '/');
}

const char *
name_base(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash == NULL ? name : slash + 1;
}

/* Copy the parts that count; -1 when one is "..". */
static int
copy_parts(const char *p, char *name)
{
	char *out = name;
	size_t len;

	for (; *p != '\0'; p += len + (p[len] == '/')) {
		len = strcspn(p, "/");
		if (len == 0 || (len == 1 && p[0] == '.'))
			continue;
		if (len == 2 && p[0] == '.' && p[1] == '.')
			return -1;
		if (out != name)
			*out++ = '/';
		memcpy(out, p, len);
		out += len;
	}
	*out = '\0';
	return 0;
}

char *
name_from_path(const char *path, bool or_empty, struct err *e)
{
	char *name, *made = NULL;

	if ((name = malloc(strlen(path) + 1)) == NULL) {
		(void)err_memory(e);
		goto done;
	}
	if (copy_parts(path, name) == -1)
		(void)err_set(e, ERR_INPUT,
		    "%.500s: a path without \"..\" is expected", path);
	else if (strlen(name) > ARCHIVE_PATH_MAX)
		(void)err_set(e, ERR_INPUT, "%.500s: the path is too long",
		    path);
	else if (name[0] == '\0' && !or_empty)
		(void)err_set(e, ERR_INPUT, "an empty path names nothing");
	else {
		made = name;
		name = NULL;		/* it is the caller's now */
	}
done:
	free(name);
	return made;
}

/* FNV-1a, and a last mixing so that its low bits depend on every byte. */
uint64_t
name_hash(const char *name)
{
	uint64_t h = 0xcbf29ce484222325;

	for (; *name != '\0'; name++)
		h = (h ^ (uint8_t)*name) * 0x100000001b3;
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccd;
	return h ^ h >> 33;
}

/* What is not shown: controls, halves of pairs, marks of direction. */
static bool
is_hidden(uint32_t c)
{
	static const struct {
		uint32_t	from, to;
	} all[] = {
		{ 0, 0x1f }, { 0x7f, 0x9f }, { 0x200e, 0x200f },
		{ 0x2028, 0x202e }, { 0x2066, 0x2069 }, { 0xd800, 0xdfff },
		{ 0x110000, UINT32_MAX },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (c >= all[i].from && c <= all[i].to)
			return true;
	return false;
}

/* How many bytes a character of UTF-8 has that begins so; 0: none does. */
static size_t
length_of(uint8_t first)
{
	return first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 :
	    first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
}

/* The bytes of the character at s if it can be shown, else 0. */
static size_t
shown(const uint8_t *s)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t i, n = length_of(s[0]);
	uint32_t c = n == 1 ? s[0] : s[0] & (0x7fu >> n);

	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3fu);
	}
	return n == 0 || c < least[n] || is_hidden(c) ? 0 : n;
}

char *
name_format(const char *name, char text[NAME_TEXT_MAX])
{
	size_t n = 0, len;

	for (; *name != '\0'; name += len) {
		if (n > NAME_TEXT_MAX - 10) {
			memcpy(text + n, "...", 4);
			return text;
		}
		if ((len = shown((const uint8_t *)name)) > 0) {
			memcpy(text + n, name, len);
			n += len;
			continue;
		}
		len = 1;
		n += (size_t)snprintf(text + n, 5, "\\%03o",
		    (unsigned)(uint8_t)*name);
	}
	text[n] = '\0';
	return text;
}
