/*
 * The option file that names a server and how to log in there.
 *
 * The connector reads it.  Here it is seen to be private before, for it holds
 * a password; and it is read for what the mariadb client understands of TLS
 * and the connector passes over in silence: "ssl", and a word instead of a
 * number behind the others.
 */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/err.h"
#include "db/option_file.h"

static int
check_private(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) == -1 && errno == ENOENT)
		return err_set(e, ERR_ABSENT, "%s: no such option file", path);
	if (stat(path, &st) == -1)
		return err_sys(e, "cannot read option file %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_INPUT,
		    "option file %s is not a regular file", path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return err_set(e, ERR_DENIED,
		    "option file %s belongs to another user", path);
	if ((st.st_mode & 077) != 0)
		return err_set(e, ERR_DENIED, "option file %s can be read by "
		    "others: chmod 600 %s", path, path);
	if (access(path, R_OK) == -1)
		return err_sys(e, "cannot read option file %s", path);
	return 0;
}

/* Does a group of this name concern us?  p is behind its bracket. */
static bool
is_ours(const char *p)
{
	static const char *const groups[] = { "client]", "client-server]",
	    "client-mariadb]", "muster]" };
	size_t i;

	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (strncmp(p, groups[i], strlen(groups[i])) == 0)
			return true;
	return false;
}

/* The value behind a key that may have _ for -, in *value; is it that key? */
static bool
is_key(const char *line, const char *key, const char **value, size_t *len)
{
	for (; *key != '\0'; key++, line++)
		if (*line != *key && !(*key == '-' && *line == '_'))
			return false;
	line += strspn(line, " \t");
	if (strchr("=#\r\n", *line) == NULL)	/* or at the end */
		return false;
	line += *line == '=';
	line += strspn(line, " \t");
	*value = line;
	*len = strcspn(line, " \t\r\n");
	return true;
}

/* Is the line one about TLS?  Then *tls says whether it is wanted. */
static int
look_at(const char *path, unsigned number, const char *line, bool *tls,
    struct err *e)
{
	static const char *const numbers[] = { "ssl-verify-server-cert",
	    "ssl-enforce" };
	const char *v;
	size_t i, n;

	if (is_key(line, "ssl", &v, &n) &&
	    !(n == 1 && *v == '0') && strncasecmp(v, "off", 3) != 0 &&
	    strncasecmp(v, "false", 5) != 0)
		*tls = true;
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (!is_key(line, numbers[i], &v, &n))
			continue;
		if (n != 1 || (*v != '0' && *v != '1'))
			return err_set(e, ERR_INPUT, "option file %s: line "
			    "%u: %s: expected =1 or =0, which is all that "
			    "the connector understands", path, number,
			    numbers[i]);
		*tls = *tls || *v == '1';
	}
	return 0;
}

int
option_file_check(const char *path, bool *tls, struct err *e)
{
	char *line = NULL, *p;
	unsigned number = 0;
	bool ours = false;
	size_t size = 0;
	FILE *f;
	int rc = 0;

	if (check_private(path, e) == -1)
		return -1;
	if ((f = fopen(path, "re")) == NULL)
		return err_sys(e, "cannot read option file %s", path);
	while (rc == 0 && getline(&line, &size, f) != -1) {
		number++;
		p = line + strspn(line, " \t");
		if (*p == '[')
			ours = is_ours(p + 1);
		else if (ours)
			rc = look_at(path, number, p, tls, e);
	}
	if (rc == 0 && !feof(f))
		rc = err_sys(e, "cannot read option file %s", path);
	if (line != NULL)		/* it held a password */
		explicit_bzero(line, size);
	free(line);
	(void)fclose(f);		/* only read */
	return rc;
}
