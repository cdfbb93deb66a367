/*
 * The file that all S3 clients share: sections of "name = value".  Its bytes
 * are secret: they live in guarded memory, and no message quotes a value.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/file.h"
#include "crypto/guard.h"
#include "store/s3/s3_ini.h"

#define FILE_MAX ((size_t)64 << 10)

struct ini {
	const char	 *path, *profile;
	struct s3_secret *out;
	unsigned	  line;
	bool		  here;		/* in the section that is wanted */
	bool		  seen;
	struct err	 *e;
};

static char *
trim(char *text)
{
	char *end = text + strlen(text);

	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

static int
wrong(const struct ini *ini, const char *what)
{
	return err_set(ini->e, ERR_INPUT, "%.300s:%u: %s", ini->path,
	    ini->line, what);
}

/* Of a value only printable ASCII can be a key, secret or token. */
static int
take_value(const struct ini *ini, const char *value, char *out, size_t size)
{
	size_t n = strlen(value), i;

	for (i = 0; i < n; i++)
		if (!isgraph((unsigned char)value[i]))
			return wrong(ini, "expected a value without blanks");
	if (n == 0 || n >= size)
		return wrong(ini, "the value is empty or too long");
	memcpy(out, value, n + 1);
	return 0;
}

static int
take_pair(const struct ini *ini, char *line)
{
	struct s3_secret *out = ini->out;
	char *eq = strchr(line, '='), *name, *value;

	if (eq == NULL)
		return wrong(ini, "expected [section] or name = value");
	*eq = '\0';
	name = trim(line);
	value = trim(eq + 1);
	if (!ini->here)
		return 0;
	if (strcasecmp(name, "aws_access_key_id") == 0)
		return take_value(ini, value, out->access,
		    sizeof(out->access));
	if (strcasecmp(name, "aws_secret_access_key") == 0)
		return take_value(ini, value, out->secret,
		    sizeof(out->secret));
	if (strcasecmp(name, "aws_session_token") == 0)
		return take_value(ini, value, out->token,
		    sizeof(out->token));
	return 0;			/* region and the like */
}

/* "[profile x]" is how the other file of AWS says "[x]". */
static int
take_section(struct ini *ini, char *line)
{
	size_t n = strlen(line);
	char *name;

	if (line[n - 1] != ']')
		return wrong(ini, "expected [section]");
	line[n - 1] = '\0';
	name = trim(line + 1);
	if (strncmp(name, "profile ", 8) == 0)
		name = trim(name + 8);
	ini->here = strcmp(name, ini->profile) == 0;
	ini->seen = ini->seen || ini->here;
	return 0;
}

static int
parse(struct ini *ini, char *text)
{
	char *line, *rest = text;

	while ((line = strsep(&rest, "\n")) != NULL) {
		ini->line++;
		/* nested settings ("s3 =" and lines further in) are no keys */
		if (line[0] == ' ' || line[0] == '\t')
			continue;
		line = trim(line);
		if (line[0] == '\0' || line[0] == '#' || line[0] == ';')
			continue;
		if ((line[0] == '[' ? take_section(ini, line) :
		    take_pair(ini, line)) == -1)
			return -1;
	}
	if (ini->out->access[0] != '\0' && ini->out->secret[0] != '\0')
		return 0;
	return err_set(ini->e, ERR_INPUT, "%.300s: expected "
	    "aws_access_key_id and aws_secret_access_key in [%.100s]%s",
	    ini->path, ini->profile,
	    ini->seen ? "" : ", which is not there");
}

int
s3_ini_load(const char *path, const char *profile, struct s3_secret *out,
    struct err *e)
{
	struct ini ini = {
		.path = path, .out = out, .e = e,
		.profile = profile != NULL ? profile : "default",
		.here = profile == NULL,
	};
	char *text;
	size_t n;
	int rc = -1;

	if ((text = guard_new(FILE_MAX + 1, e)) == NULL)
		return -1;
	if (file_load_secret(path, text, FILE_MAX, &n, e) == -1)
		goto done;
	if (memchr(text, '\0', n) != NULL) {
		(void)err_set(e, ERR_INPUT, "%.300s: not a file of "
		    "credentials: it has NULs", path);
		goto done;
	}
	rc = parse(&ini, text);
done:
	guard_free(text);
	return rc;
}
